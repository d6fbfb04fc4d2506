#include "proxy/body_events.h"

#include "proxy/exchange.h"

namespace gh::proxy {

using table::BodyInFile;

void body_was_there(Exchange& x) {
  if (x.request.framing == http::BodyFraming::none || x.body.size() > 0) return;
  if (x.request.expect_continue && x.request.version_minor >= 1) {
    x.request.expect_continue = false;
    x.client->send_interim(x, 100);  // nginx says so before an empty body, too; RFC 9110 10.1.1 leaves it free
  }
  if (x.core().client_body_in_file_only == BodyInFile::off || x.body.in_file()) return;
  if (const Result<void> made = x.body.to_file(x.core()); !made) x.log(LogLevel::crit, made.error().text);
}

void body_went_to_file(const Exchange& x) {
  const bool wanted = x.core().client_body_in_file_only != BodyInFile::off;
  x.log(wanted ? LogLevel::notice : LogLevel::warn, "a client request body is buffered to a temporary file");
}

}  // namespace gh::proxy
