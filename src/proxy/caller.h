// Consumer: who may call, as the configuration names them. Caller: the one that a request was recognised as, for
// $consumer and its kin. A Consumer is the table's, a Caller lies in the arena of the exchange that the client asked
// for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "table/expression_value.h"

namespace gh::proxy {

class Exchange;

struct Consumer {
  std::string name;
  std::string plan;                             // empty: none is stated
  std::vector<std::string> groups;
  std::string groups_text;                      // "ops,partners"
  std::vector<table::ExprValue> group_values;   // of `groups`
};

struct Caller {
  enum class Way : std::uint8_t { key, certificate, basic };
  const Consumer* consumer = nullptr;  // null: no check has found one
  Way way = Way::key;                  // of the consumer
  std::string_view user;               // whose password auth_basic has found right; empty: none
};

/// The request is this consumer's; the first one that is found counts. Null: nothing is said.
void recognise(Exchange& exchange, const Consumer* consumer, Caller::Way way);
/// auth_basic has found the password right. `user` is copied.
void verify_user(Exchange& exchange, std::string_view user);

}  // namespace gh::proxy
