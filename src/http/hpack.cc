#include "http/hpack.h"

#include <array>
#include <cstdint>
#include <string>

namespace gh::http {

namespace {

// ---- Huffman: RFC 7541 appendix B. The code is canonical, so its lengths say it all. --------------------------------

constexpr std::array<std::uint8_t, 257> code_lengths = {
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
    28, 28, 28, 6,  10, 10, 12, 13, 6,  8,  11, 10, 10, 8,  11, 8,  6,  6,  6,  5,  5,  5,  6,  6,  6,  6,  6,  6,  6,
    7,  8,  15, 6,  12, 10, 13, 6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,
    7,  8,  7,  8,  13, 19, 13, 14, 6,  15, 5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,  6,  7,  6,  5,
    5,  6,  7,  7,  7,  7,  7,  15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24,
    24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22,
    23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26,
    27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23,
    22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30};
constexpr unsigned longest_code = 30;
constexpr unsigned end_symbol = 256;
constexpr unsigned short_bits = 8;
/// RFC 7541 5.2 takes 7 bits of padding at most. Encoders that add a whole octet of it are known, and no meaning hangs
/// on it.
constexpr unsigned most_padding = 15;

struct Huffman {
  struct Short {
    std::uint8_t symbol = 0;
    std::uint8_t bits = 0;   // 0: a longer code
  };
  std::array<Short, 1 << short_bits> by_first_bits{};
  std::array<std::uint32_t, longest_code + 2> first{};   // code of a length
  std::array<std::uint16_t, longest_code + 2> at{};      // its symbol's place in `symbols`
  std::array<std::uint16_t, 257> symbols{};              // by code
};

constexpr Huffman make_huffman() {
  Huffman h;
  std::uint32_t code = 0;
  std::uint16_t count = 0;
  for (unsigned bits = 1; bits <= longest_code; ++bits) {
    code <<= 1;
    h.first[bits] = code;
    h.at[bits] = count;
    for (unsigned symbol = 0; symbol < code_lengths.size(); ++symbol) {
      if (code_lengths[symbol] != bits) continue;
      h.symbols[count++] = static_cast<std::uint16_t>(symbol);
      if (bits <= short_bits) {
        const std::uint32_t from = code << (short_bits - bits);
        for (std::uint32_t i = 0; i < (1U << (short_bits - bits)); ++i)
          h.by_first_bits[from + i] = {static_cast<std::uint8_t>(symbol), static_cast<std::uint8_t>(bits)};
      }
      ++code;
    }
  }
  h.at[longest_code + 1] = count;
  return h;
}
constexpr Huffman huffman = make_huffman();
static_assert(huffman.at[longest_code + 1] == 257);

/// The symbol that `bits` (its first one topmost) begins with; `length` 0: they are too few, or none's.
unsigned first_symbol(std::uint64_t bits, unsigned count, unsigned& length) {
  const Huffman::Short near = huffman.by_first_bits[bits >> (64 - short_bits)];
  if (near.bits != 0) {
    length = near.bits <= count ? near.bits : 0;
    return near.symbol;
  }
  for (length = short_bits + 1; length <= longest_code && length <= count; ++length) {
    const auto code = static_cast<std::uint32_t>(bits >> (64 - length));
    const unsigned here = huffman.at[length + 1] - static_cast<unsigned>(huffman.at[length]);
    if (code - huffman.first[length] < here) return huffman.symbols[huffman.at[length] + code - huffman.first[length]];
  }
  length = 0;
  return 0;
}

const char* decode_huffman(std::string_view in, std::string& out) {
  std::uint64_t bits = 0;
  unsigned count = 0;
  std::size_t at = 0;
  while (true) {
    for (; count <= 56 && at < in.size(); ++at, count += 8)
      bits |= std::uint64_t{static_cast<unsigned char>(in[at])} << (56 - count);
    unsigned length = 0;
    const unsigned symbol = first_symbol(bits, count, length);
    if (length == 0) break;
    if (symbol == end_symbol) return "end symbol in a Huffman string";
    out.push_back(static_cast<char>(symbol));
    bits <<= length;
    count -= length;
  }
  if (at < in.size() || count > most_padding) return "invalid Huffman string";
  const std::uint64_t ones = count == 0 ? 0 : ~std::uint64_t{0} << (64 - count);
  return bits == ones ? nullptr : "invalid padding of a Huffman string";
}

// ---- the static table: appendix A ----------------------------------------------------------------------------------

constexpr FieldBlock::Pair static_table[] = {
    {":authority", ""}, {":method", "GET"}, {":method", "POST"}, {":path", "/"}, {":path", "/index.html"},
    {":scheme", "http"}, {":scheme", "https"}, {":status", "200"}, {":status", "204"}, {":status", "206"},
    {":status", "304"}, {":status", "400"}, {":status", "404"}, {":status", "500"}, {"accept-charset", ""},
    {"accept-encoding", "gzip, deflate"}, {"accept-language", ""}, {"accept-ranges", ""}, {"accept", ""},
    {"access-control-allow-origin", ""}, {"age", ""}, {"allow", ""}, {"authorization", ""}, {"cache-control", ""},
    {"content-disposition", ""}, {"content-encoding", ""}, {"content-language", ""}, {"content-length", ""},
    {"content-location", ""}, {"content-range", ""}, {"content-type", ""}, {"cookie", ""}, {"date", ""}, {"etag", ""},
    {"expect", ""}, {"expires", ""}, {"from", ""}, {"host", ""}, {"if-match", ""}, {"if-modified-since", ""},
    {"if-none-match", ""}, {"if-range", ""}, {"if-unmodified-since", ""}, {"last-modified", ""}, {"link", ""},
    {"location", ""}, {"max-forwards", ""}, {"proxy-authenticate", ""}, {"proxy-authorization", ""}, {"range", ""},
    {"referer", ""}, {"refresh", ""}, {"retry-after", ""}, {"server", ""}, {"set-cookie", ""},
    {"strict-transport-security", ""}, {"transfer-encoding", ""}, {"user-agent", ""}, {"vary", ""}, {"via", ""},
    {"www-authenticate", ""}};
static_assert(std::size(static_table) == 61);

// ---- representations: section 6 ------------------------------------------------------------------------------------

class Decoder {
 public:
  Decoder(std::string_view block, FieldBlock& out) : rest_(block), out_(out) {}

  const char* run() {
    bool begun = false;
    while (!rest_.empty() && !fault_) {
      const auto byte = static_cast<unsigned char>(rest_[0]);
      if ((byte & 0x80) != 0) indexed();
      else if ((byte & 0xc0) == 0x40) literal(6);
      else if ((byte & 0xe0) == 0x20) change_size(begun);
      else literal(4);
      begun = begun || (byte & 0xe0) != 0x20;
    }
    return fault_;
  }

 private:
  void indexed() {
    const std::uint32_t index = number(7);
    if (fault_) return;
    if (const FieldBlock::Pair* pair = entry(index)) out_.add(pair->name, pair->value);
  }

  void literal(unsigned prefix) {
    const std::uint32_t index = number(prefix);
    if (fault_) return;
    std::string_view name;
    if (index == 0) name = text(name_);
    else if (const FieldBlock::Pair* pair = entry(index)) name = pair->name;
    if (fault_) return;
    const std::string_view value = text(value_);
    if (!fault_) out_.add(name, value);
  }

  void change_size(bool begun) {
    const std::uint32_t size = number(5);
    if (fault_) return;
    if (begun) fault_ = "dynamic table size update behind a header";
    else if (size != 0) fault_ = "dynamic table larger than allowed";
  }

  const FieldBlock::Pair* entry(std::uint32_t index) {
    if (index != 0 && index <= std::size(static_table)) return &static_table[index - 1];
    fault_ = "invalid index";
    return nullptr;
  }

  /// Section 5.1; more than 28 bits behind the prefix are none of a header's.
  std::uint32_t number(unsigned prefix) {
    const std::uint32_t most = (1U << prefix) - 1;
    std::uint32_t value = static_cast<unsigned char>(rest_[0]) & most;
    rest_.remove_prefix(1);
    if (value < most) return value;
    for (unsigned shift = 0; shift < 28; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<unsigned char>(rest_[0]);
      rest_.remove_prefix(1);
      value += (byte & 0x7fU) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    fault_ = rest_.empty() ? "block is cut short" : "number is too large";
    return 0;
  }

  std::string_view text(std::string& decoded) {
    if (rest_.empty()) {
      fault_ = "block is cut short";
      return {};
    }
    const bool packed = (static_cast<unsigned char>(rest_[0]) & 0x80) != 0;
    const std::uint32_t size = number(7);
    if (!fault_ && size > rest_.size()) fault_ = "block is cut short";
    if (fault_) return {};
    const std::string_view raw = rest_.substr(0, size);
    rest_.remove_prefix(size);
    if (!packed) return raw;
    decoded.clear();
    fault_ = decode_huffman(raw, decoded);
    return decoded;
  }

  std::string_view rest_;
  FieldBlock& out_;
  const char* fault_ = nullptr;
  std::string name_, value_;
};

}  // namespace

const char* decode_hpack(std::string_view block, FieldBlock& out) { return Decoder(block, out).run(); }

}  // namespace gh::http
