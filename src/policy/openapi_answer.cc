// A body is copied while it passes, and judged by a thread of the pool when its last byte has gone on: neither this
// client nor the others of its worker wait for that. What is copied at a time is bounded.
#include "policy/openapi_answer.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "base/text.h"
#include "net/work.h"
#include "policy/body_headers.h"
#include "policy/schema_faults.h"
#include "proxy/body_filter.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace gh::policy {

using http::HeaderId;
using proxy::Exchange;
using Kind = ApiAnswerReport::Kind;

namespace {

// Of one worker, in bodies that are being copied or judged.
constexpr std::size_t most_held_bytes = 32 * 1024 * 1024;
constexpr std::size_t most_held_bodies = 1024;
// Of one worker, for the pool: what waits there delays others who need it, and the end of the program.
constexpr std::size_t most_judged = 256;
constexpr json::Budget judge_budget{.steps = 500'000, .failures = 1};  // about 25 ms of a core

/// A body's copy. One worker's thread; a thread of the pool only reads the text.
class Copy {
 public:
  Copy() { ++held().bodies; }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;
  ~Copy() {
    --held().bodies;
    held().bytes -= text_.size();
  }
  void append(std::string_view bytes) {
    text_.append(bytes);
    held().bytes += bytes.size();
  }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] static bool is_room_for(std::size_t bytes) {
    return held().bodies < most_held_bodies && held().bytes + bytes <= most_held_bytes;
  }

 private:
  struct Held { std::size_t bytes = 0, bodies = 0; };
  static Held& held() {
    thread_local Held all;
    return all;
  }
  std::string text_;
};

/// Writes to the log of the location that answered, whether or not the exchange is still there.
struct Teller {
  std::shared_ptr<const ErrorLog> log;
  std::shared_ptr<ApiAnswerReport> report;
  std::uint64_t connection = 0;
  unsigned status = 0;
  std::string context;
  void tell(Kind kind, std::string_view why, std::int64_t now_ms) const {
    const std::string line = report->line(kind, status, why, now_ms);
    if (!line.empty()) log->write(level_of(kind), connection, line + context);
  }
  static LogLevel level_of(Kind kind) { return kind == Kind::wrong ? LogLevel::error : LogLevel::info; }
};

void tell(const Exchange& x, const ApiOperation& operation, Kind kind, std::string_view why) {
  if (!x.wants_log(Teller::level_of(kind))) return;
  const std::string line = operation.report->line(kind, x.reply.status, why, x.worker.loop.clock().now_ms());
  if (!line.empty()) x.log(Teller::level_of(kind), line);
}

/// A body's way through the pool. It holds nothing of the exchange, which is over by then.
class Judgement final : public net::Work {
 public:
  Judgement(net::Loop& loop, Teller teller, std::shared_ptr<const json::Schema> schema, std::unique_ptr<Copy> body)
      : loop_(loop), teller_(std::move(teller)), schema_(std::move(schema)), body_(std::move(body)) {
    ++under_way();
  }
  ~Judgement() override { --under_way(); }
  static std::size_t& under_way() {
    thread_local std::size_t count = 0;
    return count;
  }

 private:
  void run() override {
    faults_ = judge_text(*schema_, "body", body_->text(), body_->text().size(), judge_budget);
  }
  void done() override {
    const std::int64_t now_ms = loop_.clock().now_ms();
    if (!faults_) teller_.tell(Kind::not_looked_at, "its body is too complex", now_ms);
    else if (!faults_->is_good()) teller_.tell(Kind::wrong, faults_->summary, now_ms);
  }

  net::Loop& loop_;
  const Teller teller_;
  const std::shared_ptr<const json::Schema> schema_;
  const std::unique_ptr<Copy> body_;
  std::optional<SchemaFaults> faults_;
};

class Watch final : public proxy::BodyFilter {
 public:
  Watch(Exchange& exchange, const ApiOperation& operation, const std::shared_ptr<const json::Schema>& schema,
        std::size_t most_bytes)
      : BodyFilter(exchange), operation_(operation), schema_(schema), most_bytes_(most_bytes) {}

  void put(std::span<const iovec> parts, bool last) override {
    for (const iovec& part : parts) copy({static_cast<const char*>(part.iov_base), part.iov_len});
    net::Loop& loop = x_.worker.loop;
    std::unique_ptr<net::Work> judgement = last && body_ ? judge() : nullptr;  // while the exchange is sure to be whole
    pass(parts, last);
    if (judgement) net::Work::start(loop, std::move(judgement));
  }

 private:
  void copy(std::string_view bytes) {
    if (!body_ || bytes.empty()) return;
    const bool is_large = body_->text().size() + bytes.size() > most_bytes_;
    if (!is_large && Copy::is_room_for(bytes.size())) return body_->append(bytes);
    body_.reset();
    tell(x_, operation_, Kind::not_looked_at,
         is_large ? fmt::format("its body is larger than {} bytes", most_bytes_) : "too many are looked at");
  }

  std::unique_ptr<net::Work> judge() {
    if (!x_.wants_log(LogLevel::error)) return nullptr;
    if (Judgement::under_way() >= most_judged) {
      tell(x_, operation_, Kind::not_looked_at, "too many are looked at");
      return nullptr;
    }
    Teller teller{x_.route->logs->error_log, operation_.report, x_.client->serial(), x_.reply.status, x_.log_context()};
    return std::make_unique<Judgement>(x_.worker.loop, std::move(teller), schema_, std::move(body_));
  }

  const ApiOperation& operation_;
  const std::shared_ptr<const json::Schema>& schema_;
  const std::size_t most_bytes_;
  std::unique_ptr<Copy> body_ = std::make_unique<Copy>();
};

/// In the exchange's arena.
struct Watched : proxy::AtHead {
  const ApiOperation* operation = nullptr;
  std::size_t most_bytes = 0;
};

const ApiAnswer* find_answer(const ApiOperation& operation, unsigned status) {
  for (const ApiAnswer& answer : operation.answers) {
    if (status >= answer.first && status <= answer.last) return &answer;
  }
  return nullptr;
}

/// What the conditions and ranges of a request make of an answer need not be described.
bool is_of_protocol(unsigned status) { return status < 200 || status == 206 || status == 304; }

bool is_coded(const Exchange& x) {
  const http::Field* const coding = reply_field(x, HeaderId::content_encoding);
  return coding && !iequals(coding->value, "identity");
}

void watch_body(Exchange& x, const Watched& watched, const std::shared_ptr<const json::Schema>& schema) {
  const ApiOperation& operation = *watched.operation;
  const auto passes_by = [&](std::string_view why) { tell(x, operation, Kind::not_looked_at, why); };
  if (is_coded(x)) return passes_by("its body is compressed");
  if (x.reply.has_content_length && x.reply.content_length > watched.most_bytes) {
    return passes_by(fmt::format("its body is larger than {} bytes", watched.most_bytes));
  }
  if (!Copy::is_room_for(0)) return passes_by("too many are looked at");
  x.add_body_filter(std::make_unique<Watch>(x, operation, schema, watched.most_bytes));
}

/// The head of a service's answer, before anything of ours has changed it.
void look_at_head(Exchange& x, proxy::AtHead& at) {
  if (!x.reply.from_upstream || x.is_error_page) return;
  const auto& watched = static_cast<const Watched&>(at);
  const ApiOperation& operation = *watched.operation;
  const ApiAnswer* const answer = find_answer(operation, x.reply.status);
  const auto is_wrong = [&](std::string_view why) { tell(x, operation, Kind::wrong, why); };
  if (!answer && !is_of_protocol(x.reply.status)) return is_wrong("which is not described");
  if (!answer || answer->media.empty() || !x.sends_body()) return;
  const std::string_view type = x.reply.content_type;
  if (type.empty()) return is_wrong("it has no Content-Type");
  const ApiMedia* const media = find_media(answer->media, type);
  if (!media) return is_wrong(fmt::format("the type \"{}\" is not described", printable(type, 60)));
  if (media->rule.schema && is_json_type(type)) watch_body(x, watched, media->rule.schema);
}

Watched& find_or_make(Exchange& x) {
  for (proxy::AtHead* at = x.at_head; at; at = at->next) {
    if (at->add == look_at_head) return static_cast<Watched&>(*at);
  }
  auto& watched = *new (x.arena.allocate(sizeof(Watched), alignof(Watched))) Watched;
  watched.add = look_at_head;
  x.when_answered(watched);
  return watched;
}

}  // namespace

void watch_answer(Exchange& x, const ApiOperation& operation, std::size_t most_bytes) {
  if (operation.answers.empty() || !x.wants_log(LogLevel::error)) return;
  Watched& watched = find_or_make(x);
  watched.operation = &operation;
  watched.most_bytes = most_bytes;
}

}  // namespace gh::policy
