// FieldBlock: one HTTP/2 header block as HPACK gives it, and what an answer's block means. RFC 9113 8.2, 8.3.
// A connection keeps one block and uses it again for each answer, as blocks never interleave.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "http/h1.h"
#include "http/message.h"

namespace gh::http {

class FieldBlock {
 public:
  struct Pair {
    std::string_view name, value;
  };
  /// A new block; of one beyond `most_bytes` (each field counts 4 more, as in HTTP/1) nothing more is kept.
  void clear(std::size_t most_bytes) {
    text_.clear();
    ends_.clear();
    bytes_ = 0;
    most_bytes_ = most_bytes;
  }
  void add(std::string_view name, std::string_view value) {
    bytes_ += name.size() + value.size() + 4;
    if (is_too_big()) return;
    text_.append(name).append(value);
    const auto end = static_cast<std::uint32_t>(text_.size());
    ends_.push_back({end - static_cast<std::uint32_t>(value.size()), end});
  }
  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  [[nodiscard]] Pair operator[](std::size_t i) const { return slice(text_, i); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] bool is_too_big() const { return bytes_ > most_bytes_; }

 private:
  friend class FieldBlockCopy;
  struct Ends {
    std::uint32_t name, value;   // offsets in text_
  };
  [[nodiscard]] Pair slice(std::string_view text, std::size_t i) const {
    const std::uint32_t from = i == 0 ? 0 : ends_[i - 1].value;
    return {text.substr(from, ends_[i].name - from), text.substr(ends_[i].name, ends_[i].value - ends_[i].name)};
  }
  std::string text_;
  std::vector<Ends> ends_;
  std::size_t bytes_ = 0;
  std::size_t most_bytes_ = 0;
};

/// The head of an answer; `out` lies in `arena`. `ends`: END_STREAM was set, no body follows. The framing of one that
/// does is until_close: END_STREAM says where it ends, and Content-Length is the caller's to compare.
/// False: malformed (RFC 9113 8.1.1), `error.reason` says why; the status is always 502.
bool read_response_block(const FieldBlock& block, bool to_head, bool ends, Arena& arena, ResponseHead& out,
                         HeadError& error);

/// A trailer section, same strictness; forbidden trailer fields are dropped from `out` (http/trailers.cc).
bool read_trailer_block(const FieldBlock& block, Arena& arena, std::span<Field>& out, HeadError& error);

/// A request's head in HTTP/1 form, as the gateway writes it, as the fields of a header block: pseudo fields first,
/// Host as :authority, names in lower case, without what belongs to one HTTP/1 connection. A TE of "trailers" stays.
/// Slices of `head` and `names`. False: it is no such head.
bool request_block_of(std::string_view head, std::string_view scheme, std::string& names,
                      std::vector<FieldBlock::Pair>& out);

}  // namespace gh::http
