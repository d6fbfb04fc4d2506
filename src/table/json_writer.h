// A small writer of indented JSON: the caller opens and closes, the writer puts commas, blanks and escapes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gh::table {

class JsonWriter {
 public:
  JsonWriter& open(char bracket) {  // '{' or '['
    before_value();
    out_ += bracket;
    ++depth_;
    is_first_ = true;
    return *this;
  }
  JsonWriter& close(char bracket) {
    --depth_;
    if (!is_first_) new_line();
    out_ += bracket;
    is_first_ = false;
    return *this;
  }
  JsonWriter& open_row() {  // '[' with its values on one line
    open('[');
    is_row_ = true;
    return *this;
  }
  void close_row() {
    is_row_ = false;
    --depth_;
    out_ += ']';
    is_first_ = false;
  }
  JsonWriter& key(std::string_view name) {
    before_value();
    quote(name);
    out_ += ": ";
    after_key_ = true;
    return *this;
  }
  void value(std::string_view text) { before_value(), quote(text); }
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(const char* text) { value(std::string_view(text)); }
  void value(bool yes) { before_value(), out_ += yes ? "true" : "false"; }
  void value(std::int64_t number) { before_value(), out_ += std::to_string(number); }
  /// A member whose value differs from its default.
  template <class T>
  void changed(std::string_view name, const T& now, const T& fallback) {
    if (now != fallback) key(name).scalar(now);
  }
  std::string take() {
    out_ += '\n';
    return std::move(out_);
  }

 private:
  void scalar(bool yes) { value(yes); }
  void scalar(std::int64_t number) { value(number); }
  void scalar(int number) { value(static_cast<std::int64_t>(number)); }
  void scalar(std::uint32_t number) { value(static_cast<std::int64_t>(number)); }
  void scalar(const std::string& text) { value(text); }

  void new_line() {
    out_ += '\n';
    out_.append(static_cast<std::size_t>(depth_) * 2, ' ');
  }
  void before_value() {
    if (after_key_) {
      after_key_ = false;
      return;
    }
    if (depth_ == 0) return;
    if (!is_first_) out_ += is_row_ ? ", " : ",";
    if (!is_row_) new_line();
    is_first_ = false;
  }
  void quote(std::string_view text);

  std::string out_;
  int depth_ = 0;
  bool is_first_ = true;
  bool after_key_ = false;
  bool is_row_ = false;
};

}  // namespace gh::table
