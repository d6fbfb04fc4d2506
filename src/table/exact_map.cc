#include "table/exact_map.h"

#include <bit>
#include <cstring>

namespace gh::table {

namespace {

constexpr std::uint64_t multiplier = 0x9e3779b97f4a7c15;  // 2^64 over the golden ratio

std::uint64_t load(const char* at, std::size_t size) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, size);
  return word;
}

std::uint64_t mix(std::uint64_t state, std::uint64_t word) {
  state = (state ^ word) * multiplier;
  return state ^ (state >> 32);
}

std::uint32_t hash_of(std::string_view text) {
  std::uint64_t state = text.size();
  if (text.size() >= 8) {  // the last eight bytes may overlap those before: no load of a variable size
    for (std::size_t at = 0; at + 8 < text.size(); at += 8) state = mix(state, load(text.data() + at, 8));
    state = mix(state, load(text.data() + text.size() - 8, 8));
  } else if (!text.empty()) {
    state = mix(state, load(text.data(), text.size()));
  }
  return static_cast<std::uint32_t>(mix(state, 0) >> 8);
}

constexpr std::uint64_t length_bit(std::size_t size) { return std::uint64_t{1} << (size & 63); }

}  // namespace

ExactMap ExactMap::build(const std::vector<Entry>& entries) {
  ExactMap map;
  if (entries.empty()) return map;
  map.slots_.assign(std::bit_ceil(entries.size() * 2), Slot{0, 0, 0, npos});
  const std::size_t mask = map.slots_.size() - 1;
  for (const Entry& entry : entries) {
    if (map.find(entry.text) != npos) continue;
    const std::uint32_t hash = hash_of(entry.text);
    std::size_t at = hash & mask;
    while (map.slots_[at].value != npos) at = (at + 1) & mask;
    map.slots_[at] = {hash, static_cast<std::uint32_t>(map.texts_.size()),
                      static_cast<std::uint32_t>(entry.text.size()), entry.value};
    map.texts_ += entry.text;
    map.lengths_ |= length_bit(entry.text.size());
  }
  map.texts_.shrink_to_fit();
  return map;
}

std::uint32_t ExactMap::find(std::string_view text) const {
  if ((lengths_ & length_bit(text.size())) == 0) return npos;
  const std::uint32_t hash = hash_of(text);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask; slots_[at].value != npos; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.hash != hash || slot.size != text.size()) continue;
    if (std::string_view(texts_).substr(slot.begin, slot.size) == text) return slot.value;
  }
  return npos;
}

std::size_t ExactMap::memory_bytes() const { return slots_.capacity() * sizeof(Slot) + texts_.capacity(); }

}  // namespace gh::table
