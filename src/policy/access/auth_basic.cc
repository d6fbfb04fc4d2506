// auth_basic (RFC 7617): name and password against a file of hashes. Quick answers (nobody there, a quick hash, a proof
// from a moment ago) are found on the spot; reading a file and slow hashes are work for a thread of the pool.
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "base/base64.h"
#include "base/text.h"
#include "net/work.h"
#include "policy/access.h"
#include "policy/challenge.h"
#include "policy/consumers.h"
#include "policy/password.h"
#include "policy/policy.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"
#include "state/user_files.h"
#include "table/build.h"

namespace gh::policy {

using proxy::Exchange;
using state::UserFile;
using state::UserFiles;

namespace {

struct Settings {
  table::Template realm, file;
  bool is_on = false, has_file = false;
  config::Span where;
};

struct Plan {
  Settings settings;
  std::string folder;  // of relative paths made of variables
  std::shared_ptr<UserFiles> files;
  std::shared_ptr<const Consumers> consumers;
};

struct Credentials {
  std::string_view user, password;
};

/// What looking into the file has given. Lies in the exchange's arena.
struct Outcome : proxy::AtEnd {
  enum class Kind : std::uint8_t { pending, fits, mismatch, unknown_user, no_file } kind = Kind::pending;
  int error = 0;
  class Job* job = nullptr;  // under way
};

// ---- a request's credentials ---------------------------------------------------------------------------------------

std::optional<Credentials> read_credentials(Exchange& x) {
  const http::Field* field = http::find(x.request.fields, http::HeaderId::authorization);
  if (!field || field->value.size() < 6 || !iequals(field->value.substr(0, 6), "basic ")) return std::nullopt;
  const std::string_view encoded = trim(field->value.substr(6));
  const auto decoded = decode_base64(encoded, x.arena.chars(base64_decoded_bytes(encoded.size())));
  const std::size_t colon = decoded ? decoded->find(':') : std::string_view::npos;
  if (colon == std::string_view::npos) return std::nullopt;
  return Credentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

// ---- looking into the file -----------------------------------------------------------------------------------------

/// On a thread of the pool; it has its own copies, and its exchange may be gone when it is done.
class Job final : public net::Work {
 public:
  Job(Exchange& x, Outcome& outcome, const Plan& plan, const Credentials& who, std::string path)
      : x_(&x),
        outcome_(&outcome),
        clock_(x.clock()),
        files_(plan.files),
        path_(std::move(path)),
        user_(who.user),
        password_(who.password) {}
  ~Job() override { explicit_bzero(password_.data(), password_.size()); }
  void forget() {
    x_ = nullptr;
    cancel();
  }

 private:
  void run() override {
    const auto file = files_->load(path_);
    if (!file) {
      kind_ = Outcome::Kind::no_file;
      error_ = file.error().code;
      return;
    }
    const auto line = (*file)->passwords.find(user_);
    if (line == (*file)->passwords.end()) {
      kind_ = Outcome::Kind::unknown_user;
      return;
    }
    const bool fits = password_fits(password_, line->second);
    kind_ = fits ? Outcome::Kind::fits : Outcome::Kind::mismatch;
    if (fits) proof_ = UserFiles::proof_of(user_, password_, line->second);
  }
  void done() override {
    if (kind_ == Outcome::Kind::fits) files_->remember(proof_, clock_.now_ms());
    if (!x_) return;
    outcome_->kind = kind_;
    outcome_->error = error_;
    outcome_->job = nullptr;
    if (x_->access.pending == outcome_) x_->resume();  // else another answer was decided meanwhile
  }

  Exchange* x_;
  Outcome* outcome_;
  Clock& clock_;
  std::shared_ptr<UserFiles> files_;
  std::string path_, user_, password_;
  Outcome::Kind kind_ = Outcome::Kind::pending;
  int error_ = 0;
  Proof proof_{};
};

void forget_job(proxy::AtEnd& end) {
  if (Job* const job = static_cast<Outcome&>(end).job) job->forget();
}

/// What can be said without waiting; `pending` when it cannot.
Outcome::Kind look_quickly(Exchange& x, const Plan& plan, const Credentials& who, const std::string& path) {
  const auto file = plan.files->current(path);
  if (!file) return Outcome::Kind::pending;
  const auto line = file->passwords.find(who.user);
  if (line == file->passwords.end()) return Outcome::Kind::unknown_user;
  if (!is_slow_hash(line->second)) {
    return password_fits(who.password, line->second) ? Outcome::Kind::fits : Outcome::Kind::mismatch;
  }
  const Proof proof = UserFiles::proof_of(who.user, who.password, line->second);
  return plan.files->was_right(proof, x.clock().now_ms()) ? Outcome::Kind::fits : Outcome::Kind::pending;
}

std::string path_of(Exchange& x, const Plan& plan) {
  const std::string_view text = plan.settings.file.render(x, x.arena);
  return text.starts_with("/") ? std::string(text) : plan.folder + std::string(text);
}

// ---- the check -----------------------------------------------------------------------------------------------------

Access challenge(Exchange& x, std::string_view realm) {
  add_challenge(x, "Basic", realm);
  return refuse(x, 401);
}

Access no_file(Exchange& x, const std::string& path, int error) {
  const bool is_missing = error == ENOENT;
  x.reason = "the file of users cannot be read";
  x.log(is_missing ? LogLevel::error : LogLevel::crit,
        fmt::format("open() \"{}\" failed ({}: {})", printable(path), error, std::strerror(error)));
  return refuse(x, is_missing ? 403 : 500);
}

Access conclude(Exchange& x, const Plan& plan, std::string_view realm, const Credentials& who, const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::fits:
      proxy::verify_user(x, who.user);
      proxy::recognise(x, plan.consumers->by_user(who.user), proxy::Caller::Way::basic);
      return Access::pass;
    case Outcome::Kind::no_file: return no_file(x, path_of(x, plan), outcome.error);
    case Outcome::Kind::unknown_user:
      x.log(LogLevel::error,
            fmt::format("user \"{}\" was not found in \"{}\"", printable(who.user), printable(path_of(x, plan))));
      x.reason = "no such user";
      break;
    default:
      x.log(LogLevel::error, fmt::format("user \"{}\": password mismatch", printable(who.user)));
      x.reason = "wrong password";
  }
  return challenge(x, realm);
}

Access check(Exchange& x, const void* params) {
  const Plan& plan = *static_cast<const Plan*>(params);
  const std::string_view realm = plan.settings.realm.render(x, x.arena);
  if (realm == "off") return Access::next;
  if (!plan.settings.has_file) {
    x.log(LogLevel::error, "auth_basic has no auth_basic_user_file here");
    return refuse(x, 403);
  }
  const auto who = read_credentials(x);
  if (!who) {
    x.log(LogLevel::info, "no user/password was provided for basic authentication");
    x.reason = "no user and password";
    return challenge(x, realm);
  }
  if (auto* const known = static_cast<Outcome*>(x.access.pending)) {
    return known->job ? Access::wait : conclude(x, plan, realm, *who, *known);
  }
  auto& outcome = *new (x.arena.allocate(sizeof(Outcome), alignof(Outcome))) Outcome;
  const std::string path = path_of(x, plan);
  outcome.kind = look_quickly(x, plan, *who, path);
  if (outcome.kind != Outcome::Kind::pending) return conclude(x, plan, realm, *who, outcome);
  auto job = std::make_unique<Job>(x, outcome, plan, *who, path);
  outcome.job = job.get();
  outcome.run = forget_job;
  x.when_freed(outcome);
  x.access.pending = &outcome;
  net::Work::start(x.worker.loop, std::move(job));
  return Access::wait;
}

}  // namespace

// ---- the configuration ---------------------------------------------------------------------------------------------

void apply_auth_basic(table::Scope& scope, const config::Bound& directive) {
  Settings& settings = scope.edit<Settings>();
  settings.realm = scope.compile(directive.at(0));
  settings.is_on = !settings.realm.is_constant() || settings.realm.constant_text() != "off";
  settings.where = directive.span();
}

void apply_auth_basic_user_file(table::Scope& scope, const config::Bound& directive) {
  Settings& settings = scope.edit<Settings>();
  settings.file = scope.compile(directive.at(0));
  settings.has_file = true;
}

namespace {

struct Warned { std::set<std::uint32_t> places; };  // local to the outermost scope

/// Once for each auth_basic, however many locations inherit it.
void warn_of_no_file(table::Scope& scope, const Settings& settings) {
  if (!table::outermost(scope).local<Warned>().places.insert(settings.where.begin).second) return;
  scope.warning(table::code::no_user_file, settings.where, "auth_basic has no auth_basic_user_file")
      .with_help("everybody gets 403: name the file of users");
}

}  // namespace

void finish_auth_basic(table::Scope& scope, table::Route& route) {
  if (!scope.has<Settings>() || !scope.get<Settings>().is_on) return;
  auto plan = std::make_shared<Plan>();
  plan->settings = scope.get<Settings>();
  plan->folder = scope.builder.loaded.main_dir;
  const auto make = [](const auto&) { return std::make_shared<UserFiles>(); };
  plan->files = scope.builder.registry().adopt_or_create<UserFiles>("auth_basic/files", "1", make).object;
  plan->consumers = consumers_of(scope);
  const bool is_location = route.kind != table::Route::Kind::server;  // a server may leave the file to its locations
  if (!plan->settings.has_file && is_location) warn_of_no_file(scope, plan->settings);
  add_check(scope, check, std::move(plan), "auth_basic");
}

}  // namespace gh::policy
