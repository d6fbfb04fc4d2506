// gunzip: answers that come as gzip are decoded for clients that do not take it. A small body can become a large one,
// so it is decoded only as fast as the client takes it, a bounded piece a time.
#include "policy/response/gunzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"
#include "policy/body_headers.h"
#include "policy/gzip_rules.h"
#include "proxy/body_filter.h"
#include "proxy/exchange.h"

namespace gh::policy {

using http::Field;
using http::HeaderId;
using proxy::Exchange;
using table::Verdict;

namespace {

constexpr std::size_t high_water_bytes = 128 * 1024;  // decoded and not yet taken: then decoding waits
constexpr std::size_t turn_bytes = 128 * 1024;        // decoded in one go, a part of a millisecond

class GunzipFilter final : public proxy::BodyFilter {
 public:
  explicit GunzipFilter(Exchange& exchange) : BodyFilter(exchange) {
    constexpr int gzip_only = 16;
    is_open_ = inflateInit2(&stream_, MAX_WBITS + gzip_only) == Z_OK;
  }
  ~GunzipFilter() override {
    if (is_open_) inflateEnd(&stream_);
  }

  void put(std::span<const iovec> parts, bool last) override {
    last_ = last;
    if (!is_open_) return fail("inflateInit2() failed");
    turn_left_ = turn_bytes;
    std::size_t i = 0;
    for (; i < parts.size() && at_ == held_.size() && !done_; ++i) {
      std::string_view bytes(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
      decode(bytes, last && i + 1 == parts.size());
      if (!bytes.empty() && !done_) hold(bytes);
    }
    for (; i < parts.size() && !done_; ++i) hold({static_cast<const char*>(parts[i].iov_base), parts[i].iov_len});
    finish();
  }

  [[nodiscard]] std::size_t held_bytes() const override { return held_.size() - at_; }

  void on_drained() override {
    if (done_ || (at_ == held_.size() && !more_inside_)) return;
    turn_left_ = turn_bytes;
    std::string_view bytes = std::string_view(held_).substr(at_);
    decode(bytes, last_);
    const std::size_t taken = held_.size() - bytes.size() - at_;
    at_ += taken;
    if (done_) return;
    finish();
    if (at_ == held_.size()) {
      held_.clear();
      at_ = 0;
    }
    if (taken > 0 || turn_left_ < turn_bytes) x_.on_filter_drained();  // else what is ahead wakes it
  }

 private:
  /// Takes from `bytes` what can be decoded now.
  void decode(std::string_view& bytes, bool is_end) {
    thread_local std::array<char, 32 * 1024> out;
    while (!done_ && (!bytes.empty() || more_inside_)) {
      if (turn_left_ == 0) return x_.on_filter_drained();
      if (bytes_ahead() >= high_water_bytes) return;
      if (member_ended_ && !begin_member()) return;
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
      stream_.avail_in = static_cast<uInt>(bytes.size());
      stream_.next_out = reinterpret_cast<Bytef*>(out.data());
      stream_.avail_out = out.size();
      const int result = inflate(&stream_, Z_NO_FLUSH);
      bytes = bytes.substr(bytes.size() - stream_.avail_in);
      if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
        return fail(fmt::format("inflate() failed: {}", stream_.msg ? stream_.msg : "corrupt data"));
      }
      began_ = true;
      member_ended_ = result == Z_STREAM_END;
      more_inside_ = stream_.avail_out == 0 && !member_ended_;
      const std::size_t made = out.size() - stream_.avail_out;
      turn_left_ -= std::min(made, turn_left_);
      const iovec part{out.data(), made};
      done_ = is_end && member_ended_ && bytes.empty();
      if (made > 0 || done_) pass({&part, 1}, done_);
    }
  }

  /// RFC 1952 2.2: a body may consist of several members.
  bool begin_member() {
    member_ended_ = false;
    if (inflateReset(&stream_) == Z_OK) return true;
    fail("inflateReset() failed");
    return false;
  }

  void hold(std::string_view bytes) {
    if (at_ > 0) {
      held_.erase(0, at_);
      at_ = 0;
    }
    held_.append(bytes);
  }

  /// When all was decoded: was it whole?
  void finish() {
    if (done_ || !last_ || at_ != held_.size() || more_inside_) return;
    if (began_ && !member_ended_) return fail("the gzip data of upstream ends too early");
    done_ = true;
    pass({}, true);
  }

  void fail(std::string_view text) {
    done_ = true;
    x_.log(LogLevel::error, text);
    x_.fail_answer();
  }

  z_stream stream_{};
  bool is_open_ = false, last_ = false, done_ = false;
  bool began_ = false;          // an empty body is no gzip data, but nothing is missing of it
  bool member_ended_ = false;
  bool more_inside_ = false;    // the last piece filled its buffer: there may be more without further input
  std::size_t turn_left_ = 0;
  std::string held_;            // not decoded yet
  std::size_t at_ = 0;
};

Verdict gunzip(Exchange& x, const void* params) {
  const auto& rules = *static_cast<const GzipRules*>(params);
  const Field* encoding = reply_field(x, HeaderId::content_encoding);
  if (!encoding || !iequals(encoding->value, "gzip") || x.parent) return Verdict::next;
  note_vary(x, rules);
  if (gzip_ok(x, rules)) return Verdict::next;
  x.reply.fields.remove_if([](const Field& field) { return field.id == HeaderId::content_encoding; });
  body_changes(x);
  if (x.sends_body()) x.add_body_filter(std::make_unique<GunzipFilter>(x));
  return Verdict::next;
}

}  // namespace

void finish_gunzip(table::Scope& scope, table::Route& route) {
  if (!scope.get<GunzipSettings>().on) return;
  table::add_step(route, config::Phase::response, gunzip, scope.shared<GzipRules>(), "gunzip");
}

}  // namespace gh::policy
