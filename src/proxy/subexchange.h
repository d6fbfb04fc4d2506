// Subexchange: an exchange that the gateway starts by itself, for another one: auth_request, mirror, parts of an
// aggregate. It has no connection; its Client is this class, which keeps what the starter wants of the answer. It
// shares the request's memory with its parent, so a parent is not freed before its last subexchange has ended.
//
//   start -> (end of turn) runs like an internal redirect -> answered -> done(parent, sub) -> freed
//
// With `done` the parent waits for it, and the end of the parent cancels it. Without, nobody waits. Worker thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "http/message.h"

namespace gh::proxy {

class Exchange;

struct SubRequest {
  std::string_view uri, args;               // in the parent's arena or the table's
  http::Method method = http::Method::get;
  bool with_body = false;                   // the parent's body, which has been read whole
  bool shares_variables = false;            // what it sets is set for the parent, too
  std::size_t keep_body_bytes = 0;          // of the answer's body for `done`; a longer one is cut there
  /// Told when the answer is there, with the sub still alive (its reply, upstream_head ...); `body` lives in the call.
  void (*done)(Exchange& parent, Exchange& sub, std::string_view body, void* context) = nullptr;
  void* context = nullptr;
};

/// False: too many of them, one in another (a cycle); said in the log.
bool start_subexchange(Exchange& parent, const SubRequest& request);

}  // namespace gh::proxy
