// keyval: a variable whose value a zone has under a key. Zones of this node are read when the variable is. What a store
// has is asked for before a server's rewrite or, where only a location uses it, before that one's, so that all that
// comes later finds it in the zone.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/clock.h"
#include "base/text.h"
#include "policy/computed.h"
#include "policy/keyval.h"
#include "policy/store_denial.h"
#include "policy/variable_uses.h"
#include "policy/zones.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"
#include "state/keyval_zone.h"
#include "table/store_plan.h"
#include "upstream/store_client.h"
#include "upstream/stores.h"

namespace gh::policy {

using config::Phase;
using proxy::Exchange;
using state::KeyvalZone;
using table::Verdict;

namespace {

constexpr std::string_view zone_kind = "keyval/", usual_prefix = "keyval:";
constexpr std::int64_t usual_fresh_ms = 1000;
constexpr std::size_t most_in_stores = 16;

struct Zone {
  std::string name;
  std::shared_ptr<KeyvalZone> memory;
  std::shared_ptr<const table::StorePlan> store;  // null: all is here
  std::string prefix;                             // of keys there
  std::int64_t fresh_ms = usual_fresh_ms;         // how long a copy counts
};

struct Keyval {
  std::string name, zone_name;
  table::Template key;
  std::shared_ptr<const Zone> zone;  // null until all has been read
  config::Span where;

  static std::string_view compute(Exchange& x, const table::VariableParam& param) {
    const auto& keyval = *static_cast<const Keyval*>(param.object);
    if (!keyval.zone) return "";
    const auto found = keyval.zone->memory->find(keyval.key.render(x, x.arena), x.clock().now_ms(), x.arena);
    return found.value.data() ? found.value : std::string_view("");
  }
};

/// All keyvals of a configuration, local to its outermost scope.
struct All { std::vector<std::shared_ptr<Keyval>> list; };

/// What a step reads: keyvals in stores.
struct Plan {
  struct Use {
    std::shared_ptr<const Keyval> keyval;
    bool refuses;  // with `on_error deny`: more than a log needs it
  };
  std::vector<Use> uses;
};

struct Uses {  // local to the outermost scope
  std::unique_ptr<const VariableUses> known;
};

// ---- a request -----------------------------------------------------------------------------------------------------

class ValueCall;

struct Asking : proxy::AtEnd {
  const Plan* plan = nullptr;
  ValueCall* calls = nullptr;  // newest first
  std::uint32_t run_number = 0;
  unsigned pending = 0;
  const Keyval* denied = nullptr;  // what is refused for
};

/// One key that is asked for. In the arena of the exchange.
class ValueCall final : public redis::Call {
 public:
  ValueCall(Exchange& x, Asking& asking, const Zone& zone, std::string_view key, const Keyval* refuses)
      : next(asking.calls), x_(x), asking_(asking), zone_(zone), key_(key), refuses_(refuses) {
    char* const full = x.arena.chars(zone.prefix.size() + key.size());
    key.copy(full + zone.prefix.copy(full, zone.prefix.size()), key.size());
    command_[0] = "GET";
    command_[1] = {full, zone.prefix.size() + key.size()};
    words = command_;
  }
  bool on_reply(const redis::Reply& reply) override {
    using Kind = redis::Reply::Kind;
    if (reply.kind != Kind::text && reply.kind != Kind::nil) return false;
    const std::int64_t now_ms = x_.clock().now_ms();
    if (reply.kind == Kind::nil) zone_.memory->set_absent(key_, now_ms);
    else zone_.memory->set(key_, reply.text, now_ms);
    answered();
    return true;
  }
  void on_failure(std::string_view) override {
    if (refuses_) asking_.denied = refuses_;
    answered();
  }
  ValueCall* const next;

 private:
  void answered() {
    if (--asking_.pending == 0 && x_.run_number() == asking_.run_number) x_.resume();
  }
  Exchange& x_;
  Asking& asking_;
  const Zone& zone_;
  const std::string_view key_;
  const Keyval* const refuses_;  // null: nobody is refused for it
  std::string_view command_[2];
};

void forget(proxy::AtEnd& end) {
  for (ValueCall* call = static_cast<Asking&>(end).calls; call; call = call->next) call->forget();
}

void ask(Exchange& x, Asking& asking, const Plan::Use& use) {
  const Zone& zone = *use.keyval->zone;
  const bool denies = use.refuses && zone.store->on_error == table::OnStoreError::deny;
  const Keyval* const refuses = denies ? use.keyval.get() : nullptr;
  const std::string_view key = use.keyval->key.render(x, x.arena);
  if (key.empty() || key.size() > KeyvalZone::most_key_bytes) return;
  const auto found = zone.memory->find(key, x.clock().now_ms(), x.arena);
  if (found.known && found.age_ms < zone.fresh_ms) return;
  void* const room = x.arena.allocate(sizeof(ValueCall), alignof(ValueCall));
  auto* const call = new (room) ValueCall(x, asking, zone, key, refuses);
  if (x.worker.stores.client(zone.store).send(*call)) {
    asking.calls = call;
    ++asking.pending;
  } else if (refuses) {
    asking.denied = refuses;
  }
}

Verdict deny(Exchange& x, const Keyval& keyval) {
  return deny_without_store(x, keyval.zone->store, {"keyval", keyval.where});
}

Verdict run(Exchange& x, const void* params) {
  const Plan& plan = *static_cast<const Plan*>(params);
  for (proxy::AtEnd* end = x.at_end; end; end = end->next) {
    if (end->run != forget) continue;
    const auto& asked = static_cast<const Asking&>(*end);
    if (asked.plan != &plan || asked.run_number != x.run_number()) continue;
    if (asked.pending > 0) return Verdict::again;
    return asked.denied ? deny(x, *asked.denied) : Verdict::next;
  }
  auto& asking = *x.arena.make<Asking>();
  asking.run = forget;
  asking.plan = &plan;
  asking.run_number = x.run_number();
  for (const Plan::Use& use : plan.uses) ask(x, asking, use);
  if (asking.denied) {
    forget(asking);
    return deny(x, *asking.denied);
  }
  if (asking.pending == 0) return Verdict::next;
  x.when_freed(asking);
  return Verdict::again;
}

// ---- the configuration ---------------------------------------------------------------------------------------------

constexpr std::size_t most_state_bytes = 64 * 1024 * 1024;

/// Error::code is an errno.
Result<std::string> read_state(const std::string& path) {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "re"));
  if (!file) return fail(std::strerror(errno), errno);
  std::string text;
  char piece[16 * 1024];
  while (const std::size_t size = std::fread(piece, 1, sizeof piece, file.get())) {
    text.append(piece, size);
    if (text.size() > most_state_bytes) return fail("it is too large", EFBIG);
  }
  if (std::ferror(file.get())) return fail(std::strerror(errno), errno);
  return text;
}

/// One that is not there is empty, as before its first entry.
void load_state(table::Scope& scope, const config::Value& file, KeyvalZone& zone) {
  const Result<std::string> text = read_state(std::string(file.text));
  if (!text && text.error().code == ENOENT) {
    scope.note(table::code::no_effect, file.span, "the state file is not there: the zone is empty");
    return;
  }
  const Result<void> loaded = text ? zone.load(*text, Clock().now_ms()) : Result<void>(fail(text.error().text));
  if (loaded) return;
  scope.error(table::code::unreadable, file.span, "cannot read the state file: " + loaded.error().text)
      .with_help("it is a JSON object of texts: {\"10.0.0.1\": \"1\"}");
}

KeyvalZone::Match match_of(std::string_view type) {
  if (type == "ip") return KeyvalZone::Match::address;
  return type == "prefix" ? KeyvalZone::Match::prefix : KeyvalZone::Match::text;
}

/// What does not go together; true: said so.
bool contradicts(table::Scope& scope, const config::Bound& directive) {
  const bool has_store = directive.has("store=");
  const config::Value* const type = directive.find("type=");
  if (has_store && type && type->text != "string") {
    scope.error(table::code::bad_choice, type->span, "a store has whole keys only")
        .with_help("leave `type=` out, or `store=`");
    return true;
  }
  for (const std::string_view name : {"state=", "timeout="}) {
    const config::Value* const value = directive.find(name);
    if (!has_store || !value) continue;
    scope.error(table::code::bad_choice, value->span, fmt::format("`{}` and `store=` do not go together", name))
        .with_help("the store keeps the values, and how long each lives");
    return true;
  }
  return false;
}

/// When all stores are known.
void join_store(table::Scope& scope, const config::Bound& directive, const config::Value& store,
                const std::shared_ptr<Zone>& zone, std::size_t bytes) {
  zone->prefix = directive.has("prefix=") ? std::string(directive.text("prefix=")) : std::string(usual_prefix);
  zone->prefix += zone->name + ':';
  zone->fresh_ms = directive.number("fresh=", usual_fresh_ms);
  const auto make = [&](const auto&) {
    return std::make_shared<KeyvalZone>(bytes, KeyvalZone::Match::text, 0, true);
  };
  zone->memory = scope.builder.registry().adopt_or_create<KeyvalZone>(
      std::string(zone_kind) + zone->name, fmt::format("store={} prefix={} size={}", store.text, zone->prefix, bytes),
      make).object;
  find_store_later(scope, store, zone);
}

/// Zones may be defined behind their use.
void resolve(table::Builder& builder, Keyval& keyval, config::Span where) {
  const auto found = builder.zones.find(std::string(zone_kind) + keyval.zone_name);
  if (found == builder.zones.end()) {
    unknown_zone(builder, zone_kind, keyval.zone_name, where, "keyval_zone zone=" + keyval.zone_name + ":1m;");
    return;
  }
  found->second.used = true;
  keyval.zone = std::static_pointer_cast<const Zone>(found->second.object);
}

void check_late(table::Scope& main, const Keyval& keyval) {
  if (main.builder.variables.known_from(keyval.key) <= Phase::route) return;
  main.error(table::code::late_value, keyval.where, "a store is asked before this key is known")
      .with_help("use what the request itself brings, or a zone without `store=`");
}

/// Those of http have been read before any server.
bool is_in_store(const table::Builder& builder, const Keyval& keyval) {
  const auto found = builder.zones.find(std::string(zone_kind) + keyval.zone_name);
  if (found == builder.zones.end() || !found->second.object) return false;
  return !static_cast<const Zone*>(found->second.object.get())->prefix.empty();
}

const VariableUses& uses_of(table::Scope& main) {
  auto& known = main.local<Uses>().known;
  if (!known) known = std::make_unique<const VariableUses>(main.builder.loaded.bound);
  return *known;
}

/// What this route asks for that `before` has not.
std::shared_ptr<Plan> make_plan(table::Scope& main, const VariableUses::Names& names,
                                const VariableUses::Names& before) {
  auto plan = std::make_shared<Plan>();
  for (const auto& keyval : main.local<All>().list) {
    const bool in_answers = names.answers.contains(keyval->name);
    if (!in_answers && !names.logs.contains(keyval->name)) continue;
    if (before.answers.contains(keyval->name) || (!in_answers && before.logs.contains(keyval->name))) continue;
    if (!is_in_store(main.builder, *keyval)) continue;
    plan->uses.push_back({keyval, in_answers});
    if (plan->uses.size() != most_in_stores + 1) continue;
    main.error(table::code::out_of_bounds, keyval->where,
               fmt::format("a request would ask stores for more than {} values at a time", most_in_stores))
        .with_help("each value is asked for where a server or a location uses it: use fewer in one place");
  }
  return plan;
}

/// The scope of the server that a location lies in.
const table::Scope& server_around(const table::Scope& scope) {
  const table::Scope* s = &scope;
  while (s->context != config::in_server && s->parent) s = s->parent;
  return *s;
}

}  // namespace

void apply_keyval_zone(table::Scope& scope, const config::Bound& directive) {
  const config::Value& where = *directive.find("zone=");
  auto zone = std::make_shared<Zone>();
  std::int64_t bytes = 0;
  if (!read_zone(scope, where, KeyvalZone::least_bytes, zone->name, bytes)) return;
  auto* const entry = claim_zone(scope, zone_kind, zone->name, directive, where);
  if (!entry || contradicts(scope, directive)) return;
  if (const config::Value* const store = read_store(scope, directive, {"prefix=", "fresh="})) {
    join_store(scope, directive, *store, zone, static_cast<std::size_t>(bytes));
  } else {
    zone->memory = std::make_shared<KeyvalZone>(static_cast<std::size_t>(bytes), match_of(directive.text("type=")),
                                                directive.number("timeout=", 0), false);
    if (const config::Value* const file = directive.find("state=")) load_state(scope, *file, *zone->memory);
  }
  entry->object = std::move(zone);
}

void declare_keyval(table::Scope& main, const config::Bound& directive) {
  auto keyval = std::make_shared<Keyval>();
  keyval->where = directive.find("key")->span;
  keyval->name = directive.text("$variable");
  keyval->zone_name = directive.text("zone=");
  table::Computed* const computed =
      define_computed(main, *directive.find("$variable"), Keyval::compute, keyval.get());
  main.builder.variables.keep(keyval);
  main.local<ComputedObjects<Keyval>>().entries[directive.node] = {keyval, computed};
  main.local<All>().list.push_back(std::move(keyval));
}

void apply_keyval(table::Scope& scope, const config::Bound& directive) {
  Keyval& keyval = computed_object<Keyval>(scope, directive);
  keyval.key = scope.compile(*directive.find("key"));
  table::Builder& builder = scope.builder;
  builder.variables.note_part(directive.find("$variable")->text, keyval.key);
  builder.at_end([&builder, &keyval, where = directive.find("zone=")->span] { resolve(builder, keyval, where); });
}

/// Before all of the route that may use a value. An `if` block's uses are those of the block around it.
void finish_keyval(table::Scope& scope, table::Route& route) {
  using Kind = table::Route::Kind;
  if (route.kind == Kind::condition) return;
  table::Scope& main = table::outermost(scope);
  const auto& all = main.local<All>().list;
  const auto in_store = [&](const auto& keyval) { return is_in_store(main.builder, *keyval); };
  if (std::none_of(all.begin(), all.end(), in_store)) return;
  const VariableUses::Names of_server = uses_of(main).of_server(server_around(scope));
  const bool is_server = route.kind == Kind::server;
  auto plan = is_server ? make_plan(main, of_server, {}) : make_plan(main, uses_of(main).of_location(scope), of_server);
  if (plan->uses.empty()) return;
  table::add_step(route, is_server ? Phase::server_rewrite : Phase::rewrite, run, std::move(plan), "keyval");
}

void end_keyval(table::Scope& main) {
  warn_of_unused(main, zone_kind);
  main.builder.at_end([&main] {
    for (const auto& keyval : main.local<All>().list) {
      if (keyval->zone && keyval->zone->store) check_late(main, *keyval);
    }
  });
}

}  // namespace gh::policy
