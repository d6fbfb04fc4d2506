// Reply: one answer of a Redis server as a value, and ReplyReader, which makes them from bytes as they come (RESP2,
// hiredis' parser). Bounded: a peer that promises or sends too much is broken, never a matter of memory. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct redisReader;      // hiredis'
struct redisReadTask;

namespace gh::redis {

struct Reply {
  enum class Kind : std::uint8_t { nil, text, status, integer, error, array };
  Kind kind = Kind::nil;
  std::int64_t integer = 0;
  std::string text;          // of text, status and error
  std::vector<Reply> items;  // of an array
};

struct ReplyLimits {
  std::size_t most_bytes = 1024 * 1024;  // of one reply on the wire
  std::size_t most_items = 16 * 1024;    // values in one reply, arrays counted as well
};

class ReplyReader {
 public:
  enum class Outcome : std::uint8_t { none, reply, broken };

  explicit ReplyReader(ReplyLimits limits = {});
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  void feed(std::string_view bytes);
  /// The next reply that is complete. Once broken, always broken: error() tells.
  Outcome next(Reply& reply);
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  struct Hooks;  // what hiredis calls
  Reply* place(const redisReadTask* task);
  struct Free {
    void operator()(redisReader* reader) const;
  };

  const ReplyLimits limits_;
  std::unique_ptr<redisReader, Free> reader_;
  std::unique_ptr<Reply> root_;     // under construction
  std::size_t items_ = 0;           // of it
  std::size_t unfinished_ = 0;      // bytes fed since the last complete reply
  std::string error_;
};

}  // namespace gh::redis
