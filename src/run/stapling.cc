#include "run/stapling.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"
#include "base/log.h"
#include "base/text.h"
#include "state/ocsp_staples.h"
#include "table/ocsp_answer.h"

namespace gh::run {

namespace {

constexpr std::size_t most_get_bytes = 255;  // RFC 6960 A.1: what is longer is sent with POST
constexpr unsigned status_ok = 200;
constexpr unsigned last_word = 100;  // counts as so many failures: it will not change in a moment

/// For a path: the three of base64 that mean something there are escaped.
std::string escaped(std::string_view base64) {
  std::string text;
  for (const char c : base64) {
    if (c == '+') text += "%2B";
    else if (c == '/') text += "%2F";
    else if (c == '=') text += "%3D";
    else text += c;
  }
  return text;
}

bool is_ocsp_answer(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return iequals(type, "application/ocsp-response");
}

Result<table::OcspVerdict> judged(const table::OcspSource& source, const table::TlsPlan& plan,
                                  const upstream::FetchAnswer& answer) {
  if (answer.status != status_ok) return fail(fmt::format("the responder answers with status {}", answer.status));
  if (!is_ocsp_answer(answer.field("Content-Type"))) {
    return fail("the responder's answer is not of the type application/ocsp-response");
  }
  // Without any authority nobody is trusted but the issuer in the certificate's own file.
  const table::CertificateStorePtr nobody(plan.trusted ? nullptr : X509_STORE_new());
  X509_STORE* const trusted = plan.trusted ? plan.trusted.get() : nobody.get();
  const table::TlsIdentity& identity = *source.identity;
  return table::judge_ocsp_answer(answer.body, {identity.certificate.get(), source.issuer.get(), identity.chain,
                                                source.verifies ? trusted : nullptr});
}

void say(const table::OcspSource& source, LogLevel level, const std::string& what, std::int64_t wait_s) {
  process_log()->write(level, 0,
                       fmt::format("OCSP status of the certificate \"{}\" from {}: {}; asked again in {} s",
                                   source.identity->name, source.responder, what, wait_s));
}

}  // namespace

/// One certificate of one plan, which it keeps.
struct Stapling::Job final : net::Timer {
  Job(Stapling& by, std::shared_ptr<const table::TlsPlan> of, const table::OcspSource& what, net::Resolver& names)
      : owner(by), plan(std::move(of)), source(what), resolver(names) {}
  void fire() override { owner.due(*this); }
  Stapling& owner;
  const std::shared_ptr<const table::TlsPlan> plan;
  const table::OcspSource& source;
  net::Resolver& resolver;
  std::unique_ptr<upstream::Fetch> fetch;
};

Stapling::Stapling(net::Loop& loop) : loop_(loop), resolvers_(loop) {}

Stapling::~Stapling() = default;

void Stapling::follow(const table::Table& table) {
  waiting_.clear();
  jobs_.clear();
  resolvers_.clear();
  asking_ = 0;
  for (const auto& server : table.servers) {
    if (!server->tls) continue;
    const std::shared_ptr<const table::TlsPlan> renewed = server->tls->renewal.get();
    add(renewed ? renewed : server->tls, server->base.resolver);
  }
}

void Stapling::add(const std::shared_ptr<const table::TlsPlan>& plan, const table::ResolverSettings* settings) {
  for (const table::OcspSource& source : plan->staples) {
    const bool is_known = std::any_of(jobs_.begin(), jobs_.end(),
                                      [&](const auto& job) { return job->source.staple == source.staple; });
    if (is_known) continue;
    net::Resolver& resolver = resolvers_.of(settings, timeout_ms, settings == nullptr);
    jobs_.push_back(std::make_unique<Job>(*this, plan, source, resolver));
    const std::int64_t wait_ms = source.staple->due_ms - loop_.clock().now_ms();
    loop_.timers().set(*jobs_.back(), source.staple->failures > 0 ? 0 : std::max<std::int64_t>(wait_ms, 0));
  }
}

void Stapling::due(Job& job) {
  if (asking_ < most_at_once) ask(job);
  else waiting_.push_back(&job);
}

void Stapling::ask(Job& job) {
  ++asking_;
  upstream::FetchRequest request;
  auto der = table::ocsp_request(job.source.identity->certificate.get(), job.source.issuer.get());
  request.url = *http::HttpUrl::parse(job.source.responder);  // as it was when the table was made
  request.timeout_ms = timeout_ms;
  request.fields.emplace_back("Accept", "application/ocsp-response");
  if (!der) return answered(job, fail(der.error().text));
  const std::string text = escaped(encode_base64(*der));
  if (text.size() <= most_get_bytes) {
    if (!request.url.target.ends_with('/')) request.url.target += '/';
    request.url.target += text;
  } else {
    request.method = "POST";
    request.fields.emplace_back("Content-Type", "application/ocsp-request");
    request.body = std::move(*der);
  }
  const auto done = [this, &job](const Result<upstream::FetchAnswer>& answer) { answered(job, answer); };
  job.fetch = std::make_unique<upstream::Fetch>(loop_, job.resolver, std::move(request), done);
}

void Stapling::answered(Job& job, const Result<upstream::FetchAnswer>& answer) {
  job.fetch.reset();
  --asking_;
  state::OcspStaple& staple = *job.source.staple;
  Clock& clock = loop_.clock();
  const auto verdict = answer ? judged(job.source, *job.plan, *answer)
                              : Result<table::OcspVerdict>(fail(answer.error().text));
  std::int64_t wait_s = 0;
  if (verdict && verdict->is_good) {
    staple.set(answer->body, verdict->valid_until_s);
    staple.failures = 0;
    wait_s = state::ocsp_refresh_s(clock.unix_seconds(), verdict->valid_until_s);
    say(job.source, LogLevel::info, "it is good", wait_s);
  } else {
    ++staple.failures;
    if (verdict && verdict->is_revoked) {
      staple.clear();  // an earlier one would say what is not true any more
      staple.failures = last_word;
    }
    wait_s = state::ocsp_retry_s(staple.failures);
    say(job.source, answer ? LogLevel::error : LogLevel::warn,
        verdict ? fmt::format("its status is \"{}\"", verdict->status) : verdict.error().text, wait_s);
  }
  staple.due_ms = clock.now_ms() + wait_s * 1000;
  loop_.timers().set(job, wait_s * 1000);
  if (waiting_.empty()) return;
  Job& next = *waiting_.front();
  waiting_.pop_front();
  ask(next);
}

}  // namespace gh::run
