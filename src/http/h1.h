// HTTP/1.1 heads: strict check, then llhttp, out come slices. Pure: bytes in, verdict out. RFC 9112.
//
// Every head is checked by our own rules first, because llhttp 8.1 in strict mode still takes what RFC 9112 forbids
// (see head_check.cc). Heads are only ever parsed whole: the caller collects bytes until head_end() finds the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "http/message.h"

namespace gh::http {

/// Limits on everything in a head that a peer controls. Units: bytes, fields.
struct HeadLimits {
  std::size_t line_bytes = 8 * 1024;    // one line: large_client_header_buffers SIZE / proxy_buffer_size
  std::size_t total_bytes = 32 * 1024;  // the whole head: NUMBER * SIZE
  std::size_t fields = 1000;            // max_headers
  bool underscores = false;             // underscores_in_headers: names with "_" are kept (else the field is dropped)
  bool ignore_invalid = true;           // ignore_invalid_headers: drop fields with unusual but token names, as nginx
};

/// Why a head was refused: `status` answers a client (0: none, close); a bad response head is always 502 to the client.
struct HeadError {
  std::uint16_t status = 400;
  const char* reason = "";  // static text for the log, e.g. "Transfer-Encoding is not exactly chunked"
  bool head_too_large = false;  // beyond HeadLimits: the client is told so
};

/// Search for the end of the head in `bytes` (blank line). Returns the offset behind it, 0 when it is not there yet.
/// `from` is where an earlier, shorter search stopped. Leading empty lines (RFC 9112 2.2) count as part of the head.
std::size_t head_end(std::string_view bytes, std::size_t from);

/// An unfinished head may already be too large or plainly not HTTP (a TLS hello, a lower-case method, HTTP/2 preface):
/// returns a HeadError with status != 0 when it is pointless to wait for more.
HeadError check_partial_request(std::string_view bytes, const HeadLimits& limits);
/// The same for an upstream's unfinished head (a backend that speaks HTTP/0.9, TLS or SSH): status 502 or 0.
HeadError check_partial_response(std::string_view bytes, const HeadLimits& limits);

/// `head` is one complete head in memory that outlives `out` (fields are slices of it; their array is in `arena`).
/// "Content-Length: 0" is BodyFraming::length with 0, no framing field is BodyFraming::none. A CONNECT parses. HTAB
/// behind the value of Content-Length or Transfer-Encoding is refused, as llhttp does not read it. A head whose first
/// line ends with a bare LF is written by hand: any of its lines may (RFC 9112 2.2 allows it). Behind a first line with
/// CRLF no bare LF is taken: another server on the way may have passed it as part of a value.
/// False: `error` says why; `out.request_line` and what was understood so far stay filled in for the log.
bool parse_request_head(std::string_view head, const HeadLimits& limits, Arena& arena, RequestHead& out,
                        HeadError& error);

/// `to_head`: the request was HEAD, so no body follows. Line ends are taken as in a request's
/// head (we write every head anew). Names of unusual characters are kept, whatever
/// `limits` says. A Content-Length that may not stand in a 1xx or 204 is taken out of `out.fields`.
/// Every error is 502.
bool parse_response_head(std::string_view head, const HeadLimits& limits, bool to_head, Arena& arena, ResponseHead& out,
                         HeadError& error);

/// A trailer section (fields up to and with the blank line), same strictness; forbidden trailer fields
/// (RFC 9110 6.5.1: framing, routing, authentication ...) are dropped from `out`.
bool parse_trailers(std::string_view section, const HeadLimits& limits, Arena& arena, std::span<Field>& out,
                    HeadError& error);

/// Reads a body off the wire. Pure and resumable: feed what arrived, take what it says. Chunk framing is a strict state
/// machine of our own (RFC 9112 7.1), the same for requests and responses; llhttp has no part in it, as it sets no
/// bound on chunk extensions and takes white space and line ends that the RFC does not. Limits: 16 hexadecimal digits,
/// a size line of 4 KiB, 16 KiB of extensions in a body, trailers as HeadLimits says.
class BodyReader {
 public:
  static constexpr std::size_t size_line_bytes = 4 * 1024;
  static constexpr std::size_t extension_bytes = 16 * 1024;

  enum class State : std::uint8_t {
    more,  // everything given was used up; more is needed
    data,  // `data` holds body bytes (a slice of the input); call again with the rest
    done,  // the body is complete; bytes behind `consumed` belong to the next message
    bad    // malformed, for good; `reason` says why
  };
  struct Step {
    State state;
    std::size_t consumed;   // of the input given
    std::string_view data;  // only with State::data; never empty
    const char* reason;     // only with State::bad
  };
  /// `length` counts only for BodyFraming::length. `limits` bounds trailers.
  void start(BodyFraming framing, std::uint64_t length, const HeadLimits& limits);
  Step read(std::string_view in);
  /// Body bytes that may pass without being read here (any framing but chunked), and that so many have.
  [[nodiscard]] std::uint64_t may_skip() const { return stage_ == Stage::until_close ? UINT64_MAX : remaining(); }
  void skip(std::uint64_t bytes);
  /// End of the stream: true when the body is complete there (until_close), false when it is cut short.
  [[nodiscard]] bool ends_at_eof() const { return done() || stage_ == Stage::until_close; }
  [[nodiscard]] bool done() const { return stage_ == Stage::done; }
  /// Trailer section of a chunked body, raw, complete with its blank line ("\r\n" when there is none). Owned here.
  /// Empty until done, and for bodies that are not chunked.
  [[nodiscard]] std::string_view trailer_section() const { return done() ? std::string_view(trailers_) : ""; }
  /// Bytes of the chunk that is being read that are still to come, else 0.
  [[nodiscard]] std::uint64_t chunk_left() const { return stage_ == Stage::chunk ? left_ : 0; }
  /// Body bytes still to come when that is known (BodyFraming::length), else 0.
  [[nodiscard]] std::uint64_t remaining() const { return stage_ == Stage::length ? left_ : 0; }

  // Private members are the implementation's business (see body.cc); an idle reader holds no heap memory.
  // IMPLEMENTATION-BEGIN
 private:
  // size -> [blank ->] [extension ->] size_lf -> chunk -> chunk_cr -> chunk_lf -> size ...
  //                            size 0: size_lf -> trailers -> done
  enum class Stage : std::uint8_t {
    done,
    bad,
    length,
    until_close,
    size,
    blank,
    extension,
    size_lf,
    chunk,
    chunk_cr,
    chunk_lf,
    trailers
  };
  Step read_counted(std::string_view in, std::size_t at);
  Step read_chunked(std::string_view in);
  Step fail(std::size_t at, const char* reason);
  const char* framing_byte(char c);
  const char* size_byte(char c);
  const char* extension_byte(char c);
  const char* end_of_size_line(char c);
  const char* trailer_byte(char c);

  Stage stage_ = Stage::done;
  bool lone_cr_ = false;         // trailers: the last byte was CR
  std::uint16_t line_used_ = 0;  // bytes of the size line so far
  std::uint16_t extensions_used_ = 0;
  std::uint16_t field_limit_ = 0;
  std::uint32_t trailer_limit_ = 0;
  std::uint32_t line_limit_ = 0;
  std::uint64_t left_ = 0;  // of the body, or of this chunk
  const char* reason_ = "";
  std::string trailers_;
  // IMPLEMENTATION-END
};
static_assert(sizeof(BodyReader) <= 64, "one for each exchange and one for each attempt");

/// "1a2b\r\n" for a chunk of `bytes`; writes at most 18 bytes, returns how many.
std::size_t write_chunk_head(std::size_t bytes, char* to);

}  // namespace gh::http
