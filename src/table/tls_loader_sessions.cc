// TlsLoader's part for the resumption of sessions (caches and ticket keys, which outlive the table: state/registry.h),
// and for the OCSP response that is stapled.
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "net/tls.h"
#include "state/tls_sessions.h"
#include "state/tls_tickets.h"
#include "table/tls_loader.h"

namespace gh::table {

namespace {

constexpr std::size_t usual_session_bytes = 4096;

std::string hex(std::span<const unsigned char> bytes) {
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

/// As it is, when it is a response that says something.
Result<std::string> check_stapled(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* const end = at + der.size();
  const std::unique_ptr<OCSP_RESPONSE, TlsFree<OCSP_RESPONSE_free>> response(
      d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (!response || at != end) return fail("it is no OCSP response");
  const int status = OCSP_response_status(response.get());
  if (status == OCSP_RESPONSE_STATUS_SUCCESSFUL) return std::string(der);
  return fail(std::string("the responder has refused: ") + OCSP_response_status_str(status));
}

}  // namespace

std::shared_ptr<state::TlsTickets> TlsLoader::tickets_of(const Stated& stated) {
  std::vector<state::TlsTicketKey> keys;
  bool complete = true;
  for (const TlsWord& file : stated.ticket_files->list) {
    const Result<SecretText> text = read_pem(file.text);
    if (!text) {
      complete = report(file, "ticket key", text.error());
      continue;
    }
    auto key = state::TlsTicketKey::parse(text->view());
    if (key) {
      keys.push_back(*key);
      continue;
    }
    diagnostics_
        .error(code::tls_content, file.where,
               fmt::format("cannot load ticket key \"{}\": {}", file.text, key.error().text))
        .with_help("make one: openssl rand 80 > FILE");
    complete = false;
  }
  if (!complete) return nullptr;
  if (!keys.empty()) return std::make_shared<state::TlsTickets>(std::move(keys));
  const std::int64_t lifetime_s = stated.settings->session_timeout_s;
  const auto make = [lifetime_s](const auto&) { return std::make_shared<state::TlsTickets>(lifetime_s); };
  return builder_->registry()
      .adopt_or_create<state::TlsTickets>(fmt::format("ssl_session_tickets/{}", lifetime_s), "", make)
      .object;
}

void TlsLoader::keep_resumption(TlsPlan& plan, const TlsPlan& before) {
  plan.session_timeout_s = before.session_timeout_s;
  plan.hides_session_id = before.hides_session_id;
  plan.sessions = before.sessions;
  plan.tickets = before.tickets;
}

bool TlsLoader::add_resumption(TlsPlan& plan, const Stated& stated) {
  const TlsSettings& settings = *stated.settings;
  const TlsSessionCache& cache = settings.session_cache;
  plan.session_timeout_s = static_cast<long>(settings.session_timeout_s);
  plan.hides_session_id = cache.kind == TlsSessionCache::Kind::off;
  plan.sessions = cache.zone;
  if (cache.kind == TlsSessionCache::Kind::builtin) {
    const auto most = static_cast<std::size_t>(cache.builtin_sessions);
    const auto make = [most](const auto&) {
      return std::make_shared<state::TlsSessions>(most * usual_session_bytes, most);
    };
    plan.sessions = builder_->registry()
                        .adopt_or_create<state::TlsSessions>("ssl_session_cache/builtin/" + hex(plan.session_context),
                                                             fmt::format("sessions={}", most), make)
                        .object;
  }
  if (!settings.has_tickets) return true;
  plan.tickets = tickets_of(stated);
  return plan.tickets != nullptr;
}

bool TlsLoader::add_stapled(TlsPlan& plan, const TlsSettings& settings) {
  const TlsWord& file = settings.stapling_file;
  if (!settings.staples) return true;
  if (file.text.empty()) {
    diagnostics_
        .warning(code::not_served_yet, settings.stapling_where, "responders are not asked for OCSP responses yet")
        .with_help("name a file of one, `ssl_stapling_file`, and renew it: handshakes work without it");
    return true;
  }
  const Result<SecretText> der = read_pem(file.text);
  if (!der) return report(file, "OCSP response", der.error());
  auto checked = check_stapled(der->view());
  if (checked) {
    plan.stapled = std::move(*checked);
    return true;
  }
  diagnostics_
      .error(code::tls_content, file.where,
             fmt::format("cannot load OCSP response \"{}\": {}", file.text, checked.error().text))
      .with_help("a file in DER form, as `openssl ocsp ... -respout FILE` writes it");
  return false;
}

}  // namespace gh::table
