// Program: what a route does, as a flat list of steps by phase. The pipeline runs it with an index (proxy/pipeline).
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "config/directive.h"

namespace gh::proxy {
class Exchange;
}

namespace gh::table {

using config::Phase;

enum class Verdict : std::uint8_t {
  next,  // go on with the next step
  done,  // the answer is decided: the step has called one of the exchange's reply functions
  wait,  // the step will call Exchange::resume() (go on behind this step) or a reply function later
  again, // as wait, but resume() runs this step once more
};

using StepFn = Verdict (*)(proxy::Exchange&, const void* params);

struct Step {
  StepFn run = nullptr;
  const void* params = nullptr;  // owned by the route (Route::owned)
  Phase phase = Phase::none;
  std::string_view name;         // the directive's name, for dump and explain
};

struct Program {
  std::vector<Step> steps;     // phases address ... content, in order
  std::vector<Step> response;  // phase response: run once before the head of a final answer goes out
  std::vector<Step> log;       // phase log: run once when the exchange ends
};

}  // namespace gh::table
