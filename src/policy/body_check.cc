#include "policy/body_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "base/text.h"
#include "net/work.h"
#include "policy/schema_faults.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace gh::policy {

using proxy::Exchange;
using table::Verdict;

namespace {

constexpr std::size_t most_inline_bytes = 16 * 1024;  // of a body that is looked at on the loop's own thread

// ---- a body that takes longer --------------------------------------------------------------------------------------

class Job;

/// In the exchange's arena.
struct Question : proxy::AtEnd {
  const BodyRule* rule = nullptr;
  Job* job = nullptr;                // under way
  std::string_view errors, summary;  // when it is over
};

/// On a thread of the pool; the exchange may be gone when it is done.
class Job final : public net::Work {
 public:
  Job(Exchange& x, Question& question, const BodyRule& rule, std::string text)
      : x_(&x), question_(&question), schema_(rule.schema), text_(std::move(text)), most_bytes_(rule.most_bytes) {}
  void forget() {
    x_ = nullptr;
    cancel();
  }

 private:
  void run() override {
    faults_ = judge_text(*schema_, "body", text_, most_bytes_, {}).value_or(too_complex("body"));
  }
  void done() override {
    if (!x_) return;
    question_->job = nullptr;
    question_->errors = x_->arena.copy(faults_.errors);
    question_->summary = x_->arena.copy(faults_.summary);
    x_->resume();
  }

  Exchange* x_;
  Question* question_;
  std::shared_ptr<const json::Schema> schema_;
  std::string text_;
  std::size_t most_bytes_;
  SchemaFaults faults_;
};

void forget_job(proxy::AtEnd& end) {
  if (Job* const job = static_cast<Question&>(end).job) job->forget();
}

Question* find_question(const Exchange& x, const BodyRule& rule) {
  for (proxy::AtEnd* at = x.at_end; at; at = at->next) {
    if (at->run != forget_job) continue;
    auto* const question = static_cast<Question*>(at);
    if (question->rule == &rule) return question;
  }
  return nullptr;
}

Verdict ask_pool(Exchange& x, const BodyRule& rule, std::string text) {
  auto& question = *new (x.arena.allocate(sizeof(Question), alignof(Question))) Question;
  auto job = std::make_unique<Job>(x, question, rule, std::move(text));
  question.rule = &rule;
  question.job = job.get();
  question.run = forget_job;
  x.when_freed(question);
  net::Work::start(x.worker.loop, std::move(job));
  return Verdict::again;
}

// ---- a body --------------------------------------------------------------------------------------------------------

/// Nothing: it can be read.
std::optional<std::string_view> unreadable(const Exchange& x) {
  const http::Field* const coding = http::find(x.request.fields, http::HeaderId::content_encoding);
  if (coding && !iequals(coding->value, "identity")) return "has a coding: it is taken as plain JSON only";
  const http::Field* const type = http::find(x.request.fields, http::HeaderId::content_type);
  if (!type) return "has no Content-Type: application/json is taken";
  if (has_several_types(x)) return several_types;
  return is_json_type(type->value) ? std::nullopt : std::optional<std::string_view>("is no application/json");
}

std::optional<std::string> body_text(Exchange& x) {
  std::string text;
  if (!x.body.in_file()) {
    const std::string_view whole = x.body.whole(text);
    return whole.data() == text.data() ? std::move(text) : std::string(whole);
  }
  text.resize(x.body.size());
  for (std::size_t at = 0; at < text.size();) {
    const Result<std::size_t> some = x.body.read_file(at, text.data() + at, text.size() - at);
    if (!some || *some == 0) return std::nullopt;
    at += *some;
  }
  return text;
}

Verdict too_large(Exchange& x, const BodyRule& rule, bool is_read) {
  SchemaFaults faults;
  faults.add("body", "", "", fmt::format("is larger than {} bytes", rule.most_bytes));
  if (!is_read) x.discard_body();
  return refuse_request(x, rule.stated, 413, faults);
}

}  // namespace

bool has_several_types(const Exchange& x) {
  return std::count_if(x.request.fields.begin(), x.request.fields.end(),
                       [](const http::Field& field) { return field.id == http::HeaderId::content_type; }) > 1;
}

bool names_json(std::string_view value) {
  const std::string type = to_lower(trim(value.substr(0, value.find(';'))));
  return type == "application/json" || type.ends_with("+json");
}

bool is_json_type(std::string_view value) {
  if (!names_json(value)) return false;
  const std::size_t end = value.find(';');
  // RFC 8259 8.1: it is UTF-8. A service that believes another charset would read another text than was judged.
  const std::string rest = end == std::string_view::npos ? std::string() : to_lower(value.substr(end));
  const std::size_t charset = rest.find("charset");
  if (charset == std::string::npos) return true;
  const std::string_view parameter = std::string_view(rest).substr(charset + 7);
  const std::string_view stated = trim(parameter.substr(0, parameter.find(';')));
  return stated == "=utf-8" || stated == "=\"utf-8\"";
}

bool has_no_body(const Exchange& x) {
  return x.request.framing == http::BodyFraming::none ||
         (x.request.framing == http::BodyFraming::length && x.request.content_length == 0);
}

bool needs_body(const Exchange& x) {
  const http::Method method = x.request.method;
  return method == http::Method::post || method == http::Method::put || method == http::Method::patch;
}

Verdict refuse_body(Exchange& x, const table::Origin& by, unsigned status, std::string_view sentence) {
  SchemaFaults faults;
  faults.add("body", "", "", sentence);
  return refuse_request(x, by, status, faults);
}

Verdict check_json_body(Exchange& x, const BodyRule& rule) {
  if (const Question* const asked = find_question(x, rule)) {
    if (asked->job) return Verdict::again;
    if (asked->errors.empty()) return Verdict::next;
    return refuse_request(x, rule.stated, rule.status, asked->errors, asked->summary);
  }
  if (const auto why = unreadable(x)) return refuse_body(x, rule.stated, 415, *why);
  if (x.request.content_length > rule.most_bytes) return too_large(x, rule, false);
  if (!x.body_is_read()) return Verdict::wait;
  if (x.body.size() > rule.most_bytes) return too_large(x, rule, true);
  auto text = body_text(x);
  if (!text) return x.error(500, rule.stated, "the stored body cannot be read");
  if (text->size() > most_inline_bytes) return ask_pool(x, rule, std::move(*text));
  const auto faults = judge_text(*rule.schema, "body", *text, rule.most_bytes, inline_budget);
  if (!faults) return ask_pool(x, rule, std::move(*text));
  return faults->is_good() ? Verdict::next : refuse_request(x, rule.stated, rule.status, *faults);
}

}  // namespace gh::policy
