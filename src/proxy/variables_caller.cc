// Variables of the consumer that a request was recognised as: not there before the checks that find out, and without
// one.
#include "proxy/caller.h"
#include "proxy/exchange.h"
#include "proxy/variables.h"

namespace gh::proxy {

using config::Phase;
using table::ExprValue;
using table::not_found;
using table::VariableParam;

namespace {

/// A Caller is not changed once it is seen: variables may point into it.
void set_caller(Exchange& main, const Caller& caller) { main.caller = main.arena.make<Caller>(caller); }

}  // namespace

void recognise(Exchange& x, const Consumer* consumer, Caller::Way way) {
  Exchange& main = x.main();
  if (!consumer || (main.caller && main.caller->consumer)) return;
  set_caller(main, {consumer, way, main.caller ? main.caller->user : std::string_view()});
}

void verify_user(Exchange& x, std::string_view user) {
  Exchange& main = x.main();
  Caller caller = main.caller ? *main.caller : Caller{};
  caller.user = main.arena.copy(user);
  set_caller(main, caller);
}

namespace {

const Consumer* consumer_of(Exchange& x) {
  const Caller* const caller = x.main().caller;
  return caller ? caller->consumer : nullptr;
}

std::string_view name(Exchange& x, const VariableParam&) {
  const Consumer* const consumer = consumer_of(x);
  return consumer ? std::string_view(consumer->name) : not_found;
}

std::string_view plan(Exchange& x, const VariableParam&) {
  const Consumer* const consumer = consumer_of(x);
  return consumer && !consumer->plan.empty() ? std::string_view(consumer->plan) : not_found;
}

std::string_view groups(Exchange& x, const VariableParam&) {
  const Consumer* const consumer = consumer_of(x);
  return consumer && !consumer->groups.empty() ? std::string_view(consumer->groups_text) : not_found;
}

/// Of one group its text, so that `==` compares it; of several a list.
ExprValue group_value(Exchange& x, const VariableParam&) {
  const Consumer* const consumer = consumer_of(x);
  if (!consumer || consumer->group_values.empty()) return {};
  const auto& values = consumer->group_values;
  return values.size() == 1 ? values.front() : ExprValue::list(values.data(), values.size());
}

std::string_view basic_user(Exchange& x, const VariableParam&) {
  const Caller* const caller = x.main().caller;
  return caller && !caller->user.empty() ? caller->user : not_found;
}

constexpr table::VariableRow rows[] = {
    {"auth_basic_user", basic_user, Phase::access, false, "the user whose password auth_basic has found right"},
    {"consumer", name, Phase::access, false, "name of the consumer that asks (auth_key, auth_basic)"},
    {"consumer_plan", plan, Phase::access, false, "its plan"},
    {.name = "consumer_group", .get = groups, .known_from = Phase::access,
     .doc = "its groups, with commas; in expressions a list when there are several", .get_value = group_value},
};

}  // namespace

std::span<const table::VariableRow> caller_variables() { return rows; }

}  // namespace gh::proxy
