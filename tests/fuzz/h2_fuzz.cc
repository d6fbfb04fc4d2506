// The client side of HTTP/2: bytes through the gate into an nghttp2 server session, fields into requests. What must
// hold for any bytes: the gate says the same however they are split, passes what it takes and nothing else; the session
// takes what the gate passed, or names an error; a request that is taken, written as HTTP/1.1, is taken again with the
// same meaning. The first byte says what the rest is: a connection's bytes, frames behind a good opening, a field block.
#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "http/h1.h"
#include "http/h2_gate.h"
#include "http/h2_request.h"

using namespace gh;
using namespace gh::http;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// ---- the gate ------------------------------------------------------------------------------------------------------

struct Verdict {
  std::string passed;
  std::size_t consumed = 0, frames = 0;
  H2Error error = H2Error::none;
  bool refused = false;
};

/// All of `bytes`, in pieces of `piece`; `pass` is given what goes on and says whether the session has failed.
template <class Pass>
Verdict feed(std::string_view bytes, std::size_t piece, Pass&& pass) {
  Verdict verdict;
  H2Gate gate{H2GateLimits{}};
  while (!bytes.empty()) {
    std::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    while (!part.empty()) {
      const H2Gate::Step step = gate.take(part, 1000);
      require(step.consumed <= part.size() && step.pass.size() <= step.consumed);
      if (step.reason) {
        require(step.error != H2Error::none && step.reason[0] != '\0' && step.pass.empty());
        verdict.error = step.error;
        verdict.refused = true;
        return verdict;
      }
      require(step.consumed > 0);
      require(step.pass.empty() || step.pass == part.substr(0, step.consumed));
      verdict.consumed += step.consumed;
      verdict.frames += step.frame_ended ? 1 : 0;
      verdict.passed += step.pass;
      part.remove_prefix(step.consumed);
      if (!step.pass.empty() && !pass(gate, step.pass)) return verdict;
    }
  }
  return verdict;
}

void check_gate(std::string_view bytes) {
  const auto nothing = [](H2Gate&, std::string_view) { return true; };
  const Verdict whole = feed(bytes, bytes.size() + 1, nothing);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{10}}) {
    const Verdict split = feed(bytes, piece, nothing);
    require(split.passed == whole.passed || whole.refused);
    require(split.error == whole.error && split.frames == whole.frames);
  }
}

// ---- requests ------------------------------------------------------------------------------------------------------

std::string write_again(const RequestHead& head) {
  std::string out(head.method_text);
  out.append(" ").append(head.target).append(" HTTP/1.1\r\n");
  for (const Field& field : head.fields) out.append(field.name).append(": ").append(field.value).append("\r\n");
  if (head.framing == BodyFraming::chunked) out += "transfer-encoding: chunked\r\n";
  return out + "\r\n";
}

void check_taken(const RequestHead& head, HeadLimits limits) {
  for (const Field& field : head.fields) {
    require(field.name.find_first_of(std::string_view("\r\n\0: ", 5)) == std::string_view::npos && !field.name.empty());
    require(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  }
  if (head.method == Method::connect) return;  // goes nowhere; that of RFC 8441 is rewritten as a GET
  limits.line_bytes = limits.total_bytes = 1 << 20;
  ++limits.fields;
  const std::string again = write_again(head);
  require(head_end(again, 0) == again.size());
  Arena arena;
  RequestHead second;
  HeadError error;
  require(parse_request_head(again, limits, arena, second, error));
  require(second.method == head.method && second.target == head.target && second.host == head.host);
  require(second.framing == head.framing && second.content_length == head.content_length);
  require(second.fields.size() == head.fields.size() + (head.framing == BodyFraming::chunked ? 1 : 0));
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    require(second.fields[i].name == head.fields[i].name && second.fields[i].value == head.fields[i].value);
  }
}

/// The server: one request at a time is read, as streams do.
struct Server {
  HeadLimits limits;
  std::unique_ptr<Arena> arena;
  std::unique_ptr<H2RequestReader> reader;
  bool is_trailer = false;
};

int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  Server& server = *static_cast<Server*>(user);
  server.is_trailer = frame->headers.cat != NGHTTP2_HCAT_REQUEST;
  server.arena = std::make_unique<Arena>();
  server.reader = std::make_unique<H2RequestReader>(*server.arena, server.limits);
  return 0;
}

int header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name, std::size_t name_size,
           const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
  Server& server = *static_cast<Server*>(user);
  const std::string_view n(reinterpret_cast<const char*>(name), name_size);
  const std::string_view v(reinterpret_cast<const char*>(value), value_size);
  if (server.is_trailer) {
    static_cast<void>(judge_h2_trailer(n, v));
    return 0;
  }
  require(server.reader != nullptr);
  return server.reader->add(n, v) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  Server& server = *static_cast<Server*>(user);
  if (frame->hd.type != NGHTTP2_HEADERS || server.is_trailer || !server.reader) return 0;
  RequestHead head;
  HeadError error;
  if (server.reader->finish((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0, head, error)) {
    check_taken(head, server.limits);
  } else {
    require(error.status >= 400 && error.reason[0] != '\0');
  }
  server.reader.reset();
  return 0;
}

nghttp2_session* make_session(Server& server) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* options = nullptr;
  nghttp2_session* session = nullptr;
  require(nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&options) == 0);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
  nghttp2_option_set_no_recv_client_magic(options, 1);
  nghttp2_option_set_no_http_messaging(options, 1);
  nghttp2_option_set_no_auto_window_update(options, 1);
  nghttp2_option_set_no_closed_streams(options, 1);
  require(nghttp2_session_server_new2(&session, callbacks, &server, options) == 0);
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_option_del(options);
  return session;
}

void check_session(std::string_view bytes) {
  Server server;
  server.limits.underscores = !bytes.empty() && (bytes.back() & 1) != 0;
  server.limits.ignore_invalid = bytes.empty() || (bytes.back() & 2) == 0;
  nghttp2_session* const session = make_session(server);
  feed(bytes, bytes.size() + 1, [session](H2Gate& gate, std::string_view passed) {
    const ssize_t used = nghttp2_session_mem_recv(session, reinterpret_cast<const std::uint8_t*>(passed.data()),
                                                  passed.size());
    require(used == static_cast<ssize_t>(passed.size()) || used < 0);
    gate.note_data_sent();
    const std::uint8_t* out = nullptr;
    ssize_t size = 0;
    while ((size = nghttp2_session_mem_send(session, &out)) > 0) {}
    return used >= 0 && size == 0 && nghttp2_session_want_read(session) != 0;
  });
  nghttp2_session_del(session);
}

std::string frame(unsigned type, unsigned flags, unsigned stream, std::string_view payload) {
  std::string out;
  for (int shift = 16; shift >= 0; shift -= 8) out += static_cast<char>(payload.size() >> shift);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(stream >> shift);
  return out.append(payload);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string bytes;
  if (data[0] % 4 != 0) bytes = std::string(h2_preface) + frame(4, 0, 0, "");
  if (data[0] % 4 < 2) bytes += rest;
  else bytes += frame(1, data[0] % 4 == 2 ? 5 : 4, 1, rest.substr(0, 16384));  // a field block
  check_gate(bytes);
  check_session(bytes);
  return 0;
}
