#include "upstream/fetch.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace gh::upstream {

namespace {

constexpr std::size_t most_head_bytes = 32 * 1024;  // of all heads of an answer, interim ones included
constexpr std::size_t most_addresses = 8;           // of a name are tried
constexpr std::int64_t least_connect_ms = 1000;     // so long each of them may take
constexpr unsigned switching_protocols = 101;

const http::HeadLimits& limits() {
  static const http::HeadLimits all{8 * 1024, most_head_bytes, 200, true, true};
  return all;
}

}  // namespace

std::string_view FetchAnswer::field(std::string_view name) const {
  const std::string wanted = to_lower(name);
  for (const auto& [each, value] : fields) {
    if (each == wanted) return value;
  }
  return {};
}

Fetch::Fetch(net::Loop& loop, net::Resolver& resolver, FetchRequest request, Done done)
    : loop_(loop), resolver_(resolver), request_(std::move(request)), done_(std::move(done)) {
  ends_ms_ = loop_.clock().now_ms() + request_.timeout_ms;
  loop_.timers().set(*this, request_.timeout_ms);
  lookup_ = resolver_.resolve(request_.url.host, [this](Result<net::Resolver::Answer> answer) {
    lookup_ = 0;
    resolved(std::move(answer));
  });
}

Fetch::~Fetch() {
  if (lookup_ != 0) resolver_.cancel(lookup_);
}

std::int64_t Fetch::left_ms() const { return std::max<std::int64_t>(ends_ms_ - loop_.clock().now_ms(), 0); }

// ---- the way there -------------------------------------------------------------------------------------------------

void Fetch::resolved(Result<net::Resolver::Answer> answer) {
  if (stage_ != Stage::resolving) return;
  if (!answer) return give_up(fmt::format("\"{}\" cannot be resolved: {}", request_.url.host, answer.error().text));
  addresses_ = std::move(answer->addresses);
  if (addresses_.size() > most_addresses) addresses_.resize(most_addresses);
  failure_ = fmt::format("\"{}\" has no address", request_.url.host);
  stage_ = Stage::connecting;
  connect_next();
}

void Fetch::connect_next() {
  while (next_address_ < addresses_.size()) {
    Address& to = addresses_[next_address_++];
    to.set_port(request_.url.port);
    const auto others = static_cast<std::int64_t>(addresses_.size() - next_address_);
    const std::int64_t share_ms = std::max(left_ms() / (others + 1), least_connect_ms);
    loop_.timers().set(*this, std::min(left_ms(), share_ms));
    const int error = stream_.connect(loop_, *this, to, nullptr);
    if (error == 0) return;
    failure_ = fmt::format("cannot connect to {}: {}", to.text(), uv_strerror(error));
  }
  give_up(failure_);
}

void Fetch::on_connected(int error) {
  if (stage_ != Stage::connecting) return;
  if (error == 0) return request_.url.tls ? secure() : send();
  failure_ = fmt::format("cannot connect to {}: {}", addresses_[next_address_ - 1].text(), uv_strerror(error));
  stream_.close();
  connect_next();
}

/// Who the peer is counts for the name, not for one of its addresses: when this fails, no other one is tried.
void Fetch::secure() {
  SSL* const ssl = request_.tls ? request_.tls->open(request_.url.host) : nullptr;
  if (!ssl) return give_up(request_.tls ? "no memory for TLS" : "https:// is not spoken here");
  stage_ = Stage::securing;
  loop_.timers().set(*this, left_ms());
  if (const int error = stream_.start_tls(ssl); error != 0) on_broken(error);
}

void Fetch::on_secured(int error) {
  if (stage_ != Stage::securing) return;
  if (error == 0) return send();
  give_up(FetchTls::failure(error, stream_.tls(), stream_.tls_error()));
}

void Fetch::send() {
  const http::HttpUrl& url = request_.url;
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", request_.method, url.target,
                                 url.authority);
  for (const auto& [name, value] : request_.fields) text += fmt::format("{}: {}\r\n", name, value);
  if (!request_.body.empty()) text += fmt::format("Content-Length: {}\r\n", request_.body.size());
  text += "\r\n";
  text += request_.body;
  stage_ = Stage::waiting;
  loop_.timers().set(*this, left_ms());
  stream_.start_reading();
  stream_.set_no_delay();
  if (const int failed = stream_.write(text); failed != 0) on_broken(failed);
}

// ---- the answer ----------------------------------------------------------------------------------------------------

void Fetch::on_read(std::string_view bytes) {
  if (stage_ == Stage::reading) return read_body(bytes);
  if (stage_ != Stage::waiting) return;
  heads_ += bytes;
  read_heads();
}

/// All heads that are complete, then what came behind the final one.
void Fetch::read_heads() {
  while (stage_ == Stage::waiting) {
    const std::size_t end = http::head_end(heads_, searched_);
    const std::size_t size = end == 0 ? heads_.size() : end;
    if (head_bytes_ + size > most_head_bytes) return give_up("the head of the answer is too large");
    if (end == 0) {
      const http::HeadError error = http::check_partial_response(heads_, limits());
      if (error.status != 0) return give_up(fmt::format("the answer is not HTTP: {}", error.reason));
      searched_ = heads_.size();
      return;
    }
    Arena arena;
    http::ResponseHead head;
    http::HeadError error;
    const std::string_view text = std::string_view(heads_).substr(0, end);
    if (!http::parse_response_head(text, limits(), request_.method == "HEAD", arena, head, error)) {
      return give_up(fmt::format("the answer's head is malformed: {}", error.reason));
    }
    if (head.status == switching_protocols) return give_up("the answer changes the protocol");
    head_bytes_ += end;
    searched_ = 0;
    if (head.status >= 200 && !begin_body(head)) return;
    heads_.erase(0, end);
  }
  const std::string rest = std::move(heads_);
  if (stage_ == Stage::reading) read_body(rest);
}

bool Fetch::begin_body(const http::ResponseHead& head) {
  answer_.status = head.status;
  for (const http::Field& field : head.fields) {
    answer_.fields.emplace_back(to_lower(field.name), field.value);
  }
  if (head.framing == http::BodyFraming::length && head.content_length > request_.most_bytes) {
    give_up(fmt::format("the answer has more than {} bytes", request_.most_bytes));
    return false;
  }
  reader_.start(head.framing, head.content_length, limits());
  stage_ = Stage::reading;
  return true;
}

void Fetch::read_body(std::string_view bytes) {
  while (!reader_.done()) {
    const http::BodyReader::Step step = reader_.read(bytes);
    bytes.remove_prefix(step.consumed);
    switch (step.state) {
      case http::BodyReader::State::more: return;
      case http::BodyReader::State::done: break;
      case http::BodyReader::State::bad: return give_up(fmt::format("the answer's body is malformed: {}", step.reason));
      case http::BodyReader::State::data:
        if (answer_.body.size() + step.data.size() > request_.most_bytes) {
          return give_up(fmt::format("the answer has more than {} bytes", request_.most_bytes));
        }
        answer_.body += step.data;
    }
  }
  succeed();
}

void Fetch::on_eof() {
  if (stage_ == Stage::reading && reader_.ends_at_eof() && !was_cut()) return succeed();
  if (stage_ != Stage::over) {
    give_up("the connection was closed before the answer was complete");
  }
}

/// Where the end of the connection is the end of the answer, anybody on the way could set it, but for TLS's own end.
bool Fetch::was_cut() const {
  const SSL* const ssl = stream_.tls();
  return ssl && (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) == 0;
}

void Fetch::on_broken(int error) {
  if (stage_ != Stage::over) give_up(fmt::format("the connection broke: {}", uv_strerror(error)));
}

// ---- the end -------------------------------------------------------------------------------------------------------

void Fetch::fire() {
  if (stage_ == Stage::connecting && left_ms() > 0) {
    stream_.close();
    failure_ = fmt::format("cannot connect to {}: it does not answer", addresses_[next_address_ - 1].text());
    return connect_next();
  }
  give_up(fmt::format("no answer within {} ms", request_.timeout_ms));
}

void Fetch::succeed() {
  failure_.clear();
  end();
}

void Fetch::give_up(std::string why) {
  failure_ = std::move(why);
  end();
}

/// Who waits is told at the end of the turn, as nothing is destroyed within its own callback.
void Fetch::end() {
  stage_ = Stage::over;
  loop_.timers().clear(*this);
  if (lookup_ != 0) resolver_.cancel(std::exchange(lookup_, 0));
  stream_.close();
  loop_.defer(*this);
}

void Fetch::run_deferred() {
  const Done done = std::move(done_);
  Result<FetchAnswer> result = failure_.empty() ? Result<FetchAnswer>(std::move(answer_)) : fail(std::move(failure_));
  done(std::move(result));  // may have destroyed this
}

}  // namespace gh::upstream
