#include "table/percent_split.h"

#include "base/hash.h"
#include "base/text.h"

namespace gh::table {

std::optional<std::uint32_t> parse_percent(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  const std::size_t dot = text.find('.');
  const std::string_view decimals = dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
  const std::string_view units = text.substr(0, dot);
  if ((units.empty() && decimals.empty()) || decimals.size() > 2) return std::nullopt;
  std::uint64_t number = 0;
  for (const std::string_view digits : {units, decimals}) {
    for (const char c : digits) {
      if (!is_digit(c)) return std::nullopt;
      number = number * 10 + static_cast<std::uint64_t>(c - '0');
      if (number > UINT32_MAX / 1000) return std::nullopt;
    }
  }
  for (std::size_t i = decimals.size(); i < 2; ++i) number *= 10;
  if (number == 0) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

namespace {

constexpr std::uint64_t end = std::uint64_t{1} << 32;  // behind all hashes

}  // namespace

// nginx's arithmetic, so that a key lies in the same part here and there.
bool PercentSplit::add(std::uint32_t hundredths) {
  if (hundredths > whole - sum_) return false;
  const std::uint64_t last = ends_.empty() ? 0 : ends_.back();
  sum_ += hundredths;
  ends_.push_back(last + hundredths * std::uint64_t{0xffffffff} / whole);
  if (sum_ == whole) ends_.back() = end;  // the few hashes that rounding leaves
  return true;
}

void PercentSplit::add_rest() {
  sum_ = whole;
  ends_.push_back(end);
}

std::uint32_t PercentSplit::find_hash(std::uint32_t hash) const {
  for (std::uint32_t i = 0; i < ends_.size(); ++i) {
    if (hash < ends_[i]) return i;
  }
  return npos;
}

std::uint32_t PercentSplit::find(std::string_view key) const { return find_hash(murmur2(key)); }

}  // namespace gh::table
