// Reply: the answer that an exchange sends, before a protocol gives it its wire form. Slices live in the exchange.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "http/byte_range.h"
#include "http/message.h"

namespace gh::proxy {

class Exchange;

/// A growing array of fields in an arena.
class Fields {
 public:
  void add(Arena& arena, http::Field field) {
    if (size_ == capacity_) grow(arena);
    data_[size_++] = field;
  }
  void add(Arena& arena, std::string_view name, std::string_view value, http::HeaderId id = http::HeaderId::other) {
    add(arena, http::Field{name, value, id});
  }
  [[nodiscard]] std::span<http::Field> view() { return {data_, size_}; }
  [[nodiscard]] std::span<const http::Field> view() const { return {data_, size_}; }
  void clear() { size_ = 0; }
  /// Removes fields for which `gone` is true, keeping the order.
  template <class F>
  void remove_if(F&& gone) {
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < size_; ++i) {
      if (!gone(data_[i])) data_[kept++] = data_[i];
    }
    size_ = kept;
  }

 private:
  void grow(Arena& arena) {
    const std::uint32_t capacity = capacity_ ? capacity_ * 2 : 16;
    auto* bigger = arena.array<http::Field>(capacity);
    for (std::uint32_t i = 0; i < size_; ++i) new (bigger + i) http::Field(data_[i]);
    data_ = bigger;
    capacity_ = capacity;
  }
  http::Field* data_ = nullptr;
  std::uint32_t size_ = 0, capacity_ = 0;
};

struct Reply {
  std::uint16_t status = 0;
  std::string_view reason;            // empty: the standard phrase
  std::string_view content_type;      // empty: no Content-Type field
  std::string_view server;            // empty: our own Server field
  std::string_view date;              // empty: now
  std::string_view location;          // empty: none. Made absolute when it goes out, as absolute_redirect says
  Fields fields;                      // everything else, in order
  Fields trailers;                    // sent after a chunked body
  /// Adds to `trailers` when the body has ended, for values that are known only by then; null: nothing to add.
  void (*fill_trailers)(Exchange&, const void* params) = nullptr;
  const void* trailer_params = nullptr;
  std::uint64_t content_length = 0;
  std::int64_t last_modified = -1;    // seconds, -1: none
  bool has_content_length = false;
  bool allow_ranges = false;          // status 200 and a known length: a Range field counts (policy/response/range.cc)
  bool source_sends_parts = false;    // `partial` is the source's business; else a filter cuts one range out
  const http::PartialBody* partial = nullptr;  // set by the response steps: what of the body is to be sent (a 206)
  bool head_prepared = false;         // the response steps have run
  bool head_sent = false;
  bool body_at_once = false;          // its first bytes follow the head in the same turn: both may travel together
  bool complete = false;              // the last body byte was handed to the client side
  bool from_upstream = false;
  bool location_is_ours = false;      // rewritten by proxy_redirect: made absolute like one of the gateway's own
  bool close_connection = false;      // the connection cannot be used after this answer

  /// Another answer takes its place before it went out.
  void take_back_head() {
    head_prepared = allow_ranges = source_sends_parts = false;
    partial = nullptr;
  }
};

}  // namespace gh::proxy
