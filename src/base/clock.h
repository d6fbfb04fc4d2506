// Clock: the time of one loop turn, read once and cached, so that asking costs nothing. Owned by one thread.
// Tests make one with `manual` and move it by hand; it starts at Sun, 06 Nov 1994 08:49:37 GMT (RFC 9110's example).
#pragma once

#include <cstdint>
#include <string_view>

namespace gh {

class Clock {
 public:
  enum class Kind : std::uint8_t { real, manual };
  explicit Clock(Kind kind = Kind::real);

  /// Reads the real clocks; called once per loop turn. A manual clock does not move.
  void update();
  /// Manual clocks only: moves both clocks forward.
  void advance(std::int64_t ms);

  [[nodiscard]] std::int64_t now_ms() const { return monotonic_us_ / 1000; }   // monotonic, for timers
  [[nodiscard]] std::int64_t now_us() const { return monotonic_us_; }          // monotonic
  [[nodiscard]] std::int64_t unix_ms() const { return unix_us_ / 1000; }       // wall clock
  [[nodiscard]] std::int64_t unix_seconds() const { return unix_us_ / 1000000; }

  // Texts of the current second, made at most once a second. Valid until the next update().
  std::string_view http_date();    // RFC 9110 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT"
  std::string_view time_local();   // nginx $time_local: "06/Nov/1994:08:49:37 +0000"
  std::string_view time_iso8601(); // "1994-11-06T08:49:37+00:00"
  std::string_view log_time();     // error log: "1994/11/06 08:49:37"

 private:
  void format();
  Kind kind_;
  std::int64_t monotonic_us_ = 0;
  std::int64_t unix_us_ = 0;
  std::int64_t formatted_second_ = -1;
  char http_date_[32];
  char time_local_[32];
  char iso8601_[32];
  char log_time_[32];
  std::uint8_t http_date_size_ = 0, time_local_size_ = 0, iso8601_size_ = 0, log_time_size_ = 0;
};

/// "Sun, 06 Nov 1994 08:49:37 GMT" for any second; writes 29 bytes to `to`.
void write_http_date(std::int64_t unix_seconds, char* to);

}  // namespace gh
