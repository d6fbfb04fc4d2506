#include "json/compare.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace gh::json {

namespace {

// 64 bits of mantissa or more: holds each int64, uint64 and double exactly (x86-64: 64, aarch64: 113).
using Wide = long double;
static_assert(std::numeric_limits<Wide>::digits >= 64);

Wide wide(Value number) {
  if (const auto integer = number.as_int64()) return static_cast<Wide>(*integer);
  if (const auto integer = number.as_uint64()) return static_cast<Wide>(*integer);
  return static_cast<Wide>(number.as_double().value_or(0));
}

/// digits × 10^exponent, without its sign; the last digit is not 0.
struct Decimal { std::uint64_t digits = 0; long exponent = 0; bool is_exact = true; };

Decimal decimal(std::string_view text) {
  constexpr long most = 1'000'000'000;  // an exponent beyond is 0 or no double
  Decimal d;
  bool is_fraction = false, is_full = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.') is_fraction = true;
    if (c == 'e' || c == 'E') {
      d.exponent += std::clamp(std::strtol(std::string(text.substr(at + 1)).c_str(), nullptr, 10), -most, most);
      break;
    }
    if (c < '0' || c > '9') continue;
    if (is_fraction) --d.exponent;
    if (d.digits == 0 && c == '0') continue;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    is_full = is_full || d.digits > (std::numeric_limits<std::uint64_t>::max() - digit) / 10;
    if (is_full) {
      d.is_exact = d.is_exact && c == '0';
      ++d.exponent;
      continue;
    }
    d.digits = d.digits * 10 + digit;
  }
  while (d.digits != 0 && d.digits % 10 == 0) {
    d.digits /= 10;
    ++d.exponent;
  }
  return d;
}

__extension__ using Product = unsigned __int128;

std::uint64_t multiply(std::uint64_t a, std::uint64_t b, std::uint64_t modulus) {
  return static_cast<std::uint64_t>(static_cast<Product>(a) * b % modulus);
}

std::uint64_t power_of_ten(long exponent, std::uint64_t modulus) {
  std::uint64_t result = 1 % modulus, base = 10 % modulus;
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = multiply(result, base, modulus);
    base = multiply(base, base, modulus);
  }
  return result;
}

constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  a ^= b + 0x9e3779b97f4a7c15ULL + (a << 6) + (a >> 2);
  a *= 0xff51afd7ed558ccdULL;
  return a ^ (a >> 33);
}

bool take(std::uint64_t& steps, std::uint64_t count = 1) {
  if (steps <= count) {
    steps = 0;
    return false;
  }
  steps -= count;
  return true;
}

std::vector<Value::Member> sorted_members(Value object) {
  std::vector<Value::Member> members;
  members.reserve(object.size());
  for (const Value::Member member : object.members()) members.push_back(member);
  std::stable_sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return members;
}

bool equal_objects(Value a, Value b, std::uint64_t& steps) {
  if (a.size() != b.size() || !take(steps, a.size())) return false;
  const auto left = sorted_members(a), right = sorted_members(b);
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i].name != right[i].name) return false;
  }
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (!equal(left[i].value, right[i].value, steps)) return false;
  }
  return true;
}

bool equal_arrays(Value a, Value b, std::uint64_t& steps) {
  if (a.size() != b.size()) return false;
  const auto left = a.elements(), right = b.elements();
  for (auto l = left.begin(), r = right.begin(); l != left.end(); ++l, ++r) {
    if (!equal(*l, *r, steps)) return false;
  }
  return true;
}

}  // namespace

std::strong_ordering compare_numbers(Value a, Value b) {
  const Wide left = wide(a), right = wide(b);
  return left < right ? std::strong_ordering::less
         : left > right ? std::strong_ordering::greater : std::strong_ordering::equal;
}

bool is_whole(Value number) {
  if (number.kind() == Kind::integer) return true;
  const auto value = number.as_double();
  return value && std::trunc(*value) == *value;
}

bool is_multiple(Value number, Value unit) {
  const Decimal a = decimal(number.raw()), b = decimal(unit.raw());
  if (b.digits == 0) return false;
  if (a.digits == 0) return true;
  if (!a.is_exact || !b.is_exact) return std::fmod(*number.as_double(), *unit.as_double()) == 0;
  if (a.exponent >= b.exponent) {
    return multiply(a.digits % b.digits, power_of_ten(a.exponent - b.exponent, b.digits), b.digits) == 0;
  }
  return false;  // the last digit of `number` is smaller than any of `unit`'s: it is not 0
}

bool equal(Value a, Value b, std::uint64_t& steps) {
  if (!take(steps)) return false;
  if (a.is_number() && b.is_number()) return compare_numbers(a, b) == 0;
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::boolean: return a.as_bool() == b.as_bool();
    case Kind::text: return take(steps, a.text().size() / 64) && a.text() == b.text();
    case Kind::array: return equal_arrays(a, b, steps);
    case Kind::object: return equal_objects(a, b, steps);
    default: return true;
  }
}

std::uint64_t fingerprint(Value value, std::uint64_t& steps) {
  if (!take(steps)) return 0;
  if (value.is_number()) return mix(1, std::hash<Wide>()(wide(value)));
  const auto kind = static_cast<std::uint64_t>(value.kind());
  std::uint64_t result = mix(kind, value.size());
  if (value.kind() == Kind::boolean) return mix(result, *value.as_bool() ? 2 : 1);
  if (value.is_text() && !take(steps, value.text().size() / 64)) return 0;
  if (value.is_text()) return mix(result, std::hash<std::string_view>()(value.text()));
  for (const Value element : value.elements()) result = mix(result, fingerprint(element, steps));
  std::uint64_t members = 0;  // a sum, as they have no order
  for (const Value::Member member : value.members()) {
    members += mix(std::hash<std::string_view>()(member.name), fingerprint(member.value, steps));
  }
  return mix(result, members);
}

}  // namespace gh::json
