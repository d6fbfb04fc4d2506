#include "base/clock.h"

#include <cstring>
#include <ctime>

#include <fmt/format.h>

namespace gh {

namespace {

constexpr std::int64_t manual_start_us = 784111777LL * 1000000;  // RFC 9110 5.6.7's example date

std::int64_t read_us(clockid_t id) {
  timespec now;
  clock_gettime(id, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000000 + now.tv_nsec / 1000;
}

const char* month_name(int month) {
  static constexpr const char* names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return names[month];
}

void put_two_digits(char* to, int number) {  // 0-99
  to[0] = static_cast<char>('0' + number / 10);
  to[1] = static_cast<char>('0' + number % 10);
}

template <std::size_t N, class... A>
std::uint8_t print(char (&to)[N], fmt::format_string<A...> format, A&&... args) {
  const auto result = fmt::format_to_n(to, N, format, std::forward<A>(args)...);
  return static_cast<std::uint8_t>(result.size < N ? result.size : N);
}

struct Zone {
  char sign;
  long hours, minutes;
};
Zone zone_of(const tm& local) {
  const long minutes = (local.tm_gmtoff < 0 ? -local.tm_gmtoff : local.tm_gmtoff) / 60;
  return {local.tm_gmtoff < 0 ? '-' : '+', minutes / 60, minutes % 60};
}

}  // namespace

Clock::Clock(Kind kind) : kind_(kind) {
  if (kind_ == Kind::manual) {
    monotonic_us_ = 1000000;  // not 0: timers take 0 for "not set"
    unix_us_ = manual_start_us;
  }
  update();
}

void Clock::update() {
  if (kind_ == Kind::manual) return;
  monotonic_us_ = read_us(CLOCK_MONOTONIC);
  unix_us_ = read_us(CLOCK_REALTIME);
}

void Clock::advance(std::int64_t ms) {
  if (kind_ != Kind::manual) return;
  monotonic_us_ += ms * 1000;
  unix_us_ += ms * 1000;
}

void Clock::format() {
  const std::int64_t second = unix_seconds();
  if (second == formatted_second_) return;
  formatted_second_ = second;
  write_http_date(second, http_date_);
  http_date_size_ = 29;
  const std::time_t time = second;
  tm t;
  localtime_r(&time, &t);
  const Zone zone = zone_of(t);
  const int year = t.tm_year + 1900;
  time_local_size_ = print(time_local_, "{:02}/{}/{:04}:{:02}:{:02}:{:02} {}{:02}{:02}", t.tm_mday,
                           month_name(t.tm_mon), year, t.tm_hour, t.tm_min, t.tm_sec, zone.sign, zone.hours,
                           zone.minutes);
  iso8601_size_ = print(iso8601_, "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{:02}:{:02}", year, t.tm_mon + 1, t.tm_mday,
                        t.tm_hour, t.tm_min, t.tm_sec, zone.sign, zone.hours, zone.minutes);
  log_time_size_ = print(log_time_, "{:04}/{:02}/{:02} {:02}:{:02}:{:02}", year, t.tm_mon + 1, t.tm_mday, t.tm_hour,
                         t.tm_min, t.tm_sec);
}

std::string_view Clock::http_date() {
  format();
  return {http_date_, http_date_size_};
}

std::string_view Clock::time_local() {
  format();
  return {time_local_, time_local_size_};
}

std::string_view Clock::time_iso8601() {
  format();
  return {iso8601_, iso8601_size_};
}

std::string_view Clock::log_time() {
  format();
  return {log_time_, log_time_size_};
}

void write_http_date(std::int64_t unix_seconds, char* to) {
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  const std::time_t time = unix_seconds;
  tm t;
  if (!gmtime_r(&time, &t) || t.tm_year > 9999 - 1900 || t.tm_year < -1900) {  // four digits is all the form has
    const std::time_t epoch = 0;
    gmtime_r(&epoch, &t);
  }
  std::memcpy(to, "Day, 00 Mon 0000 00:00:00 GMT", 29);
  std::memcpy(to, days[t.tm_wday], 3);
  put_two_digits(to + 5, t.tm_mday);
  std::memcpy(to + 8, month_name(t.tm_mon), 3);
  put_two_digits(to + 12, (t.tm_year + 1900) / 100);
  put_two_digits(to + 14, (t.tm_year + 1900) % 100);
  put_two_digits(to + 17, t.tm_hour);
  put_two_digits(to + 20, t.tm_min);
  put_two_digits(to + 23, t.tm_sec);
}

}  // namespace gh
