// validate: a request's body, query and fields are held to JSON Schemas before a service is asked. The answer to one
// that does not fit names the place (RFC 9457, with the JSON pointer of each fault) and never repeats a value.
#include <fmt/format.h>

#include <optional>

#include "base/text.h"
#include "json/write.h"
#include "net/work.h"
#include "policy/policy.h"
#include "policy/schema_file.h"
#include "policy/typed_values.h"
#include "proxy/error_page.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"
#include "table/codes.h"

namespace gh::policy {

using config::Phase;
using json::SchemaVerdict;
using proxy::Exchange;
using table::Verdict;

namespace {

constexpr std::size_t most_inline_bytes = 16 * 1024;  // of a body that is looked at on the loop's own thread
constexpr json::Budget inline_budget{.steps = 50'000};  // about 3 ms; what needs more is work for a thread of the pool

struct Plan {
  std::shared_ptr<const SchemaFile> body, query, headers;
  TypedValues query_values, header_values;
  unsigned status = 400;
  std::size_t most_bytes = 1024 * 1024;
  table::Origin stated;
};

struct Settings { std::shared_ptr<const Plan> plan; };  // null: off

/// What was found in one part of a request.
struct Finding {
  std::string errors;   // members of the answer's list; empty: nothing is wrong
  std::string summary;  // the first of them, for logs
  [[nodiscard]] bool is_good() const { return errors.empty(); }
};

// ---- judging: any thread -------------------------------------------------------------------------------------------

void add_error(Finding& finding, std::string_view part, std::string_view pointer, std::string_view keyword,
               std::string_view sentence) {
  std::string& out = finding.errors;
  if (!out.empty()) out += ',';
  out += "{\"in\":";
  json::append_text(out, part);
  out += ",\"pointer\":";
  json::append_text(out, pointer);
  if (!keyword.empty()) {
    out += ",\"keyword\":";
    json::append_text(out, keyword);
  }
  out += ",\"detail\":";
  json::append_text(out, sentence);
  out += '}';
  if (finding.summary.empty()) finding.summary = fmt::format("{}{} {}", part, printable(pointer, 100), sentence);
}

/// Nothing: the budget was not enough to say.
std::optional<Finding> judge(const json::Schema& schema, std::string_view part, std::string_view text,
                             std::size_t most_bytes, const json::Budget& budget) {
  Finding finding;
  const auto document = json::Document::parse(text, {.bytes = most_bytes}, json::Duplicates::refuse);
  if (!document) {
    add_error(finding, part, "", "",
              fmt::format("is no JSON that is taken here: {}, at byte {}", document.error().text,
                          document.error().offset));
    return finding;
  }
  const SchemaVerdict verdict = schema.validate(document->root(), budget);
  if (verdict.outcome == SchemaVerdict::Outcome::too_complex) return std::nullopt;
  for (const json::SchemaFailure& failure : verdict.failures) {
    add_error(finding, part, failure.pointer, failure.keyword, failure.sentence);
  }
  return finding;
}

Finding too_complex(std::string_view part) {
  Finding finding;
  add_error(finding, part, "", "", "is too complex to be looked at");
  return finding;
}

// ---- the answer ----------------------------------------------------------------------------------------------------

/// `errors` and `summary` live as long as the exchange.
Verdict refuse(Exchange& x, const Plan& plan, unsigned status, std::string_view errors, std::string_view summary) {
  x.log(LogLevel::info, fmt::format("the request is not as its schema says: {}", summary));
  if (proxy::find_error_page(*x.route, status)) return x.error(status, plan.stated, summary);
  std::string body = "{\"type\":\"about:blank\",\"title\":";
  json::append_text(body, http::reason_phrase(status));
  body += fmt::format(",\"status\":{},\"errors\":[{}]}}\n", status, errors);
  x.refused_by(plan.stated, summary);
  return x.respond(status, "application/problem+json", x.arena.copy(body));
}

Verdict refuse(Exchange& x, const Plan& plan, unsigned status, const Finding& finding) {
  return refuse(x, plan, status, x.arena.copy(finding.errors), x.arena.copy(finding.summary));
}

// ---- a body that takes longer --------------------------------------------------------------------------------------

class Job;

/// In the exchange's arena.
struct Question : proxy::AtEnd {
  const Plan* plan = nullptr;
  Job* job = nullptr;                // under way
  std::string_view errors, summary;  // when it is over
};

/// On a thread of the pool; the exchange may be gone when it is done.
class Job final : public net::Work {
 public:
  Job(Exchange& x, Question& question, const Plan& plan, std::string text)
      : x_(&x), question_(&question), schema_(plan.body), text_(std::move(text)), most_bytes_(plan.most_bytes) {}
  void forget() {
    x_ = nullptr;
    cancel();
  }

 private:
  void run() override {
    finding_ = judge(schema_->schema, "body", text_, most_bytes_, {}).value_or(too_complex("body"));
  }
  void done() override {
    if (!x_) return;
    question_->job = nullptr;
    question_->errors = x_->arena.copy(finding_.errors);
    question_->summary = x_->arena.copy(finding_.summary);
    x_->resume();
  }

  Exchange* x_;
  Question* question_;
  std::shared_ptr<const SchemaFile> schema_;
  std::string text_;
  std::size_t most_bytes_;
  Finding finding_;
};

void forget_job(proxy::AtEnd& end) {
  if (Job* const job = static_cast<Question&>(end).job) job->forget();
}

Question* find_question(const Exchange& x, const Plan& plan) {
  for (proxy::AtEnd* at = x.at_end; at; at = at->next) {
    if (at->run != forget_job) continue;
    auto* const question = static_cast<Question*>(at);
    if (question->plan == &plan) return question;
  }
  return nullptr;
}

Verdict ask_pool(Exchange& x, const Plan& plan, std::string text) {
  auto& question = *new (x.arena.allocate(sizeof(Question), alignof(Question))) Question;
  auto job = std::make_unique<Job>(x, question, plan, std::move(text));
  question.plan = &plan;
  question.job = job.get();
  question.run = forget_job;
  x.when_freed(question);
  net::Work::start(x.worker.loop, std::move(job));
  return Verdict::again;
}

// ---- a request -----------------------------------------------------------------------------------------------------

/// application/json, application/problem+json ...
bool is_json_type(std::string_view value) {
  const std::string type = to_lower(trim(value.substr(0, value.find(';'))));
  return type == "application/json" || type.ends_with("+json");
}

/// Nothing: it can be read.
std::optional<std::string_view> unreadable(const Exchange& x) {
  const http::Field* const coding = http::find(x.request.fields, http::HeaderId::content_encoding);
  if (coding && !iequals(coding->value, "identity")) return "has a coding: it is taken as plain JSON only";
  const http::Field* const type = http::find(x.request.fields, http::HeaderId::content_type);
  if (!type) return "has no Content-Type: application/json is taken";
  return is_json_type(type->value) ? std::nullopt : std::optional<std::string_view>("is no application/json");
}

bool has_no_body(const Exchange& x) {
  return x.request.framing == http::BodyFraming::none ||
         (x.request.framing == http::BodyFraming::length && x.request.content_length == 0);
}

/// These mean something without one (RFC 9110 9.3).
bool needs_no_body(http::Method method) {
  return method != http::Method::post && method != http::Method::put && method != http::Method::patch;
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

Verdict too_large(Exchange& x, const Plan& plan, bool is_read) {
  Finding finding;
  add_error(finding, "body", "", "", fmt::format("is larger than {} bytes", plan.most_bytes));
  if (!is_read) x.discard_body();
  return refuse(x, plan, 413, finding);
}

Verdict refuse_body(Exchange& x, const Plan& plan, unsigned status, std::string_view sentence) {
  Finding finding;
  add_error(finding, "body", "", "", sentence);
  return refuse(x, plan, status, finding);
}

Verdict check_body(Exchange& x, const Plan& plan) {
  if (const Question* const asked = find_question(x, plan)) {
    if (asked->job) return Verdict::again;
    return asked->errors.empty() ? Verdict::next : refuse(x, plan, plan.status, asked->errors, asked->summary);
  }
  if (has_no_body(x)) {
    return needs_no_body(x.request.method) ? Verdict::next : refuse_body(x, plan, plan.status, "is missing");
  }
  if (const auto why = unreadable(x)) return refuse_body(x, plan, 415, *why);
  if (x.request.content_length > plan.most_bytes) return too_large(x, plan, false);
  if (!x.body_is_read()) return Verdict::wait;
  if (x.body.size() > plan.most_bytes) return too_large(x, plan, true);
  auto text = body_text(x);
  if (!text) return x.error(500, plan.stated, "the stored body cannot be read");
  if (text->size() > most_inline_bytes) return ask_pool(x, plan, std::move(*text));
  const auto finding = judge(plan.body->schema, "body", *text, plan.most_bytes, inline_budget);
  if (!finding) return ask_pool(x, plan, std::move(*text));
  return finding->is_good() ? Verdict::next : refuse(x, plan, plan.status, *finding);
}

/// A query or fields, which are small: heads are.
Finding check_values(const SchemaFile& schema, std::string_view part, const std::string& object) {
  return judge(schema.schema, part, object, json::Limits{}.bytes, inline_budget).value_or(too_complex(part));
}

Finding check_head(Exchange& x, const Plan& plan) {
  Finding finding;
  std::string object;
  if (plan.query) {
    if (!plan.query_values.query(x.args, object)) add_error(finding, "query", "", "", "has too many parameters");
    else finding = check_values(*plan.query, "query", object);
  }
  if (plan.headers && finding.is_good()) {
    object.clear();
    plan.header_values.fields(x.request.fields, object);
    finding = check_values(*plan.headers, "headers", object);
  }
  return finding;
}

Verdict run(Exchange& x, const void* params) {
  if (x.parent || x.is_error_page) return Verdict::next;
  const auto& plan = *static_cast<const Plan*>(params);
  if (const Finding finding = check_head(x, plan); !finding.is_good()) return refuse(x, plan, plan.status, finding);
  return plan.body ? check_body(x, plan) : Verdict::next;
}

std::shared_ptr<const SchemaFile> read_schema(table::Scope& scope, const config::Bound& directive,
                                              std::string_view name) {
  const config::Value* const file = directive.find(name);
  return file ? load_schema(scope, *file) : nullptr;
}

}  // namespace

void apply_validate(table::Scope& scope, const config::Bound& directive) {
  std::shared_ptr<const Plan>& setting = scope.edit<Settings>().plan;
  setting = nullptr;
  const bool has_schema = directive.has("body=") || directive.has("query=") || directive.has("headers=");
  if (directive.has("off") == has_schema) {
    scope.error(table::code::argument_count, directive.span(), "`validate` needs schemas, or `off`")
        .with_help("write `validate body=order.json;`, and `query=` and `headers=` where they have schemas, too");
    return;
  }
  if (!has_schema) return;
  auto plan = std::make_shared<Plan>();
  plan->body = read_schema(scope, directive, "body=");
  plan->query = read_schema(scope, directive, "query=");
  plan->headers = read_schema(scope, directive, "headers=");
  if (plan->query) plan->query_values = TypedValues(plan->query->document.root());
  if (plan->headers) plan->header_values = TypedValues(plan->headers->document.root());
  plan->status = static_cast<unsigned>(directive.number("error=", plan->status));
  plan->most_bytes = static_cast<std::size_t>(
      directive.number("max_size=", static_cast<std::int64_t>(plan->most_bytes)));
  plan->stated = {directive.row->name, directive.span()};
  setting = std::move(plan);
}

void finish_validate(table::Scope& scope, table::Route& route) {
  if (!scope.has<Settings>()) return;
  if (const auto& plan = scope.get<Settings>().plan) table::add_step(route, Phase::request, run, plan, "validate");
}

}  // namespace gh::policy
