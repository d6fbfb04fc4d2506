// Output: a growing byte buffer for composing one message head. Reused; never shrinks below its first size.
#pragma once

#include <charconv>
#include <cstring>
#include <memory>
#include <string_view>

namespace gh::proxy {

class Output {
 public:
  Output() : data_(new char[first_bytes]), capacity_(first_bytes) {}
  void clear() { size_ = 0; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::string_view view() const { return {data_.get(), size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Space for `bytes` more, to be written directly; add() says how much was.
  char* room(std::size_t bytes) {
    if (size_ + bytes > capacity_) grow(bytes);
    return data_.get() + size_;
  }
  void add(std::size_t bytes) { size_ += bytes; }
  Output& operator<<(std::string_view text) {
    char* to = room(text.size());
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    size_ += text.size();
    return *this;
  }
  Output& operator<<(char c) {
    *room(1) = c;
    ++size_;
    return *this;
  }
  Output& number(std::uint64_t value) {
    char* to = room(20);
    size_ += static_cast<std::size_t>(std::to_chars(to, to + 20, value).ptr - to);
    return *this;
  }
  /// "Name: value\r\n"
  Output& field(std::string_view name, std::string_view value) {
    char* to = room(name.size() + value.size() + 4);
    std::memcpy(to, name.data(), name.size());
    to += name.size();
    *to++ = ':';
    *to++ = ' ';
    if (!value.empty()) std::memcpy(to, value.data(), value.size());
    to += value.size();
    *to++ = '\r';
    *to = '\n';
    size_ += name.size() + value.size() + 4;
    return *this;
  }

 private:
  static constexpr std::size_t first_bytes = 16 * 1024;
  void grow(std::size_t bytes) {
    std::size_t capacity = capacity_ * 2;
    while (capacity < size_ + bytes) capacity *= 2;
    std::unique_ptr<char[]> bigger(new char[capacity]);
    std::memcpy(bigger.get(), data_.get(), size_);
    data_ = std::move(bigger);
    capacity_ = capacity;
  }
  std::unique_ptr<char[]> data_;
  std::size_t capacity_, size_ = 0;
};

}  // namespace gh::proxy
