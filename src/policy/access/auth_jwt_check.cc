// One token on its way to a verdict.
//
//   collecting keys -> verifying -> judging -> said
//        ^                             |
//        '------ keys are renewed -----'   at most once, when none is there for it
//
// Each stage may wait: for keys that somebody fetches, for another location, for a thread of the pool.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "net/timer_wheel.h"
#include "net/work.h"
#include "policy/access/auth_jwt.h"
#include "proxy/exchange.h"
#include "proxy/subexchange.h"
#include "proxy/worker.h"

namespace gh::policy {

using jose::Reason;
using proxy::Exchange;
using table::JwtKeys;
using table::JwtKeySetPtr;

namespace {

constexpr std::int64_t most_wait_ms = 5000;  // of a request, for keys
constexpr unsigned status_ok = 200;

using Sets = std::vector<JwtKeySetPtr>;

/// With each set in turn: the first that has a key for it decides.
jose::Verdict verify_with(std::string_view token, const Sets& sets, const jose::Rules& rules, std::int64_t now_s) {
  jose::Verdict verdict;
  verdict.finding = {Reason::key, "there are no keys"};
  for (const JwtKeySetPtr& set : sets) {
    verdict = jose::verify(token, set->keys, rules, now_s);
    if (verdict.finding.reason != Reason::key) return verdict;
  }
  return verdict;
}

bool is_slow(const Sets& sets) {
  return std::any_of(sets.begin(), sets.end(), [](const JwtKeySetPtr& set) { return set->is_slow; });
}

VerifiedTokenPtr token_of(jose::Verdict& verdict, const JwtPlan& plan, std::int64_t now_s) {
  auto token = std::make_shared<proxy::VerifiedToken>(std::move(verdict.header), std::move(*verdict.claims));
  const auto expires = token->claims.root().find("exp").as_double();
  token->plan = plan.number;
  token->checked_s = now_s;
  token->ends_s = expires ? *expires + static_cast<double>(plan.rules.leeway_s)
                          : std::numeric_limits<double>::infinity();
  return token;
}

/// `verdict` is taken to pieces.
JwtSaid conclude(Exchange& x, const JwtPlan& plan, std::string_view token, jose::Verdict& verdict,
                 std::uint64_t keys_number, bool lacks_keys) {
  if (!verdict) return {Access::refuse, verdict.finding, lacks_keys && verdict.finding.reason == Reason::key};
  VerifiedTokenPtr verified = token_of(verdict, plan, x.clock().unix_seconds());
  if (plan.cache) plan.cache->put(token, {plan.number, keys_number}, verified);
  hold_token(x, std::move(verified));
  return {Access::pass, {}, false};
}

}  // namespace

class JwtCheck final : public proxy::AtEnd, private net::Timer {
 public:
  JwtCheck(Exchange& x, const JwtPlan& plan, std::string_view token) : x_(x), plan_(plan), token_(token) {
    run = [](proxy::AtEnd& end) { static_cast<JwtCheck&>(end).~JwtCheck(); };
  }
  ~JwtCheck();
  JwtCheck(const JwtCheck&) = delete;
  JwtCheck& operator=(const JwtCheck&) = delete;

  JwtSaid judge();

 private:
  class Job;
  enum class Stage : std::uint8_t { collecting, verifying, judging };
  void collect();
  void collect_requested(JwtKeyRequest& source);
  void verify();
  bool renew_all();
  bool renew(JwtKeys& keys, table::JwtKeyUrl* url);
  bool join(JwtKeys& keys);
  void ask();
  static void answered(Exchange&, Exchange& sub, std::string_view body, void* context);
  void take_answer(unsigned status, std::string_view body);
  void told();
  void go_on();
  void stop_waiting();
  void fire() override { go_on(); }

  Exchange& x_;
  const JwtPlan& plan_;
  const std::string_view token_;
  Stage stage_ = Stage::collecting;
  bool has_collected_ = false;
  bool has_renewed_ = false;  // because of this token
  bool has_asked_ = false;    // plan_.request
  bool asks_ = false;         // and it is under way
  bool lacks_keys_ = false;   // a source has none
  bool works_ = false;        // a thread does
  std::size_t awaited_ = 0;   // renewals
  std::vector<std::pair<JwtKeys*, std::shared_ptr<table::JwtKeyWaiter>>> waiters_;
  JwtKeySetPtr requested_;    // without auth_jwt_key_cache
  Sets sets_;
  std::uint64_t keys_number_ = 0;
  Job* job_ = nullptr;
  jose::Verdict verdict_;
};

/// Verifying on a thread of the pool. It holds all that it needs, as whoever asked may leave.
class JwtCheck::Job final : public net::Work {
 public:
  Job(JwtCheck& check, std::int64_t now_s)
      : check_(&check),
        plan_(check.plan_.shared_from_this()),
        sets_(check.sets_),
        token_(check.token_),
        now_s_(now_s) {}
  void forget() {
    check_ = nullptr;
    cancel();
  }

 private:
  void run() override { verdict_ = verify_with(token_, sets_, plan_->rules, now_s_); }
  void done() override {
    if (!check_) return;
    check_->job_ = nullptr;
    check_->verdict_ = std::move(verdict_);
    check_->works_ = false;
    check_->go_on();
  }

  JwtCheck* check_;
  const std::shared_ptr<const JwtPlan> plan_;
  const Sets sets_;
  const std::string token_;
  const std::int64_t now_s_;
  jose::Verdict verdict_;
};

JwtCheck::~JwtCheck() {
  stop_waiting();
  if (job_) job_->forget();
  if (asks_ && plan_.request->cache_ms > 0) plan_.request->keys.give_up();
}

JwtSaid JwtCheck::judge() {
  while (true) {
    if (awaited_ > 0 || works_ || (asks_ && plan_.request->cache_ms == 0)) return {};
    switch (stage_) {
      case Stage::collecting: collect(); break;
      case Stage::verifying: verify(); break;
      case Stage::judging:
        if (verdict_.finding.reason != Reason::key || has_renewed_ || !renew_all()) {
          return conclude(x_, plan_, token_, verdict_, keys_number_, lacks_keys_);
        }
        stage_ = Stage::collecting;
        break;
    }
  }
}

void JwtCheck::verify() {
  stage_ = Stage::judging;
  const std::int64_t now_s = x_.clock().unix_seconds();
  if (!is_slow(sets_)) {
    verdict_ = verify_with(token_, sets_, plan_.rules, now_s);
    return;
  }
  auto job = std::make_unique<Job>(*this, now_s);
  job_ = job.get();
  works_ = true;
  net::Work::start(x_.worker.loop, std::move(job));
}

// ---- keys ----------------------------------------------------------------------------------------------------------

/// What is there. Sources that never gave any are waited for, once.
void JwtCheck::collect() {
  stage_ = Stage::verifying;
  sets_.clear();
  lacks_keys_ = false;
  keys_number_ = plan_.keys_number();
  if (plan_.fixed) sets_.push_back(plan_.fixed);
  for (const auto& url : plan_.urls) {
    JwtKeySetPtr set = url->keys.get();
    if (set) sets_.push_back(std::move(set));
    else if (has_collected_ || !renew(url->keys, url.get())) lacks_keys_ = true;
  }
  if (plan_.request) collect_requested(*plan_.request);
  has_collected_ = true;
  if (awaited_ > 0 || asks_) stage_ = Stage::collecting;
}

void JwtCheck::collect_requested(JwtKeyRequest& source) {
  JwtKeySetPtr set = source.cache_ms > 0 ? source.keys.get() : requested_;
  const bool is_fresh =
      set && (source.cache_ms == 0 || x_.clock().now_ms() - source.keys.renewed_ms() < source.cache_ms);
  if (!is_fresh && !has_asked_) {
    if (source.cache_ms == 0) return ask();
    // With keys in hand one asks for newer ones, and the others go on with those.
    if (source.keys.begin(x_.clock().now_ms())) {
      join(source.keys);
      return ask();
    } else if (!set && !has_collected_ && join(source.keys)) {
      return;
    }
  }
  if (set) sets_.push_back(std::move(set));
  else lacks_keys_ = true;
}

/// The token's key is in no set: an issuer may have begun to use a new one. True: it is worth trying again.
bool JwtCheck::renew_all() {
  has_renewed_ = true;
  bool some = plan_.keys_number() != keys_number_;  // came meanwhile
  for (const auto& url : plan_.urls) some = renew(url->keys, url.get()) || some;
  if (!plan_.request || plan_.request->cache_ms == 0 || has_asked_) return some;
  if (plan_.request->keys.begin(x_.clock().now_ms())) {
    join(plan_.request->keys);
    ask();
    return true;
  }
  return join(plan_.request->keys) || some;
}

/// True: there will be an answer.
bool JwtCheck::renew(JwtKeys& keys, table::JwtKeyUrl* url) {
  if (!keys.begin(x_.clock().now_ms())) return join(keys);
  const bool joined = join(keys);
  if (url->ask()) return joined;
  keys.give_up();
  return false;
}

bool JwtCheck::join(JwtKeys& keys) {
  auto waiter = std::make_shared<table::JwtKeyWaiter>(x_.worker.loop);
  waiter->ready = [this] { told(); };
  if (!keys.join(waiter)) return false;
  waiters_.emplace_back(&keys, std::move(waiter));
  ++awaited_;
  x_.worker.loop.timers().set(*this, most_wait_ms);
  return true;
}

void JwtCheck::told() {
  if (awaited_ > 0 && --awaited_ == 0) go_on();
}

void JwtCheck::go_on() {
  stop_waiting();
  if (x_.access.pending == this) x_.resume();  // else another answer was decided meanwhile
}

void JwtCheck::stop_waiting() {
  x_.worker.loop.timers().clear(*this);
  for (const auto& [keys, waiter] : waiters_) {
    waiter->ready = nullptr;
    keys->leave(*waiter);
  }
  waiters_.clear();
  awaited_ = 0;
}

// ---- another location ----------------------------------------------------------------------------------------------

void JwtCheck::ask() {
  has_asked_ = asks_ = true;
  proxy::SubRequest request;
  request.uri = plan_.request->uri;
  request.args = plan_.request->args;
  request.keep_body_bytes = jose::most_set_bytes + 1;
  request.done = answered;
  request.context = this;
  if (proxy::start_subexchange(x_, request)) return;
  asks_ = false;
  if (plan_.request->cache_ms > 0) plan_.request->keys.end(nullptr, x_.clock().now_ms());
}

void JwtCheck::answered(Exchange&, Exchange& sub, std::string_view body, void* context) {
  static_cast<JwtCheck*>(context)->take_answer(sub.reply.status, body);
}

void JwtCheck::take_answer(unsigned status, std::string_view body) {
  asks_ = false;
  Result<jose::ReadKeySet> read = fail(fmt::format("status {}", status));
  if (status == status_ok) read = table::read_remote_keys(body, plan_.remote_rules);
  JwtKeySetPtr set;
  if (read) {
    set = table::make_key_set(std::move(read->set));
    if (!read->skipped.empty()) {
      x_.log(LogLevel::warn, fmt::format("auth_jwt: keys of \"{}\" left out: {}", plan_.request->uri,
                                         table::skipped_text(read->skipped)));
    }
  } else {
    x_.log(LogLevel::error, fmt::format("auth_jwt: no keys from \"{}\": {}", plan_.request->uri, read.error().text));
  }
  if (plan_.request->cache_ms > 0) return plan_.request->keys.end(std::move(set), x_.clock().now_ms());
  requested_ = std::move(set);
  go_on();
}

// ---- for the check -------------------------------------------------------------------------------------------------

JwtSaid begin_judging(Exchange& x, const JwtPlan& plan, std::string_view token) {
  if (plan.judges_at_once()) {
    jose::Verdict verdict = jose::verify(token, plan.fixed->keys, plan.rules, x.clock().unix_seconds());
    return conclude(x, plan, token, verdict, plan.keys_number(), false);
  }
  auto* const check = new (x.arena.allocate(sizeof(JwtCheck), alignof(JwtCheck))) JwtCheck(x, plan, token);
  x.when_freed(*check);
  x.access.pending = check;
  return check->judge();
}

JwtSaid go_on_judging(JwtCheck& check) { return check.judge(); }

namespace {

struct Held final : proxy::AtEnd {
  VerifiedTokenPtr token;
};

}  // namespace

void hold_token(Exchange& x, VerifiedTokenPtr token) {
  auto* const held = new (x.arena.allocate(sizeof(Held), alignof(Held))) Held;
  held->token = std::move(token);
  held->run = [](proxy::AtEnd& end) { static_cast<Held&>(end).~Held(); };
  x.token = held->token.get();
  x.when_freed(*held);
}

}  // namespace gh::policy
