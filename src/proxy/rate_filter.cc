#include "proxy/rate_filter.h"

#include <algorithm>
#include <array>
#include <string>

#include "net/timer_wheel.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace gh::proxy {

namespace {

constexpr std::size_t max_parts = 16;
constexpr std::int64_t most_rate = std::int64_t{1} << 40;  // a product with seconds stays within 64 bits

/// The first `bytes` of some parts.
class Cut {
 public:
  Cut(std::span<const iovec> parts, std::size_t bytes) {
    for (const iovec& part : parts) {
      if (bytes == 0 || count_ == max_parts) break;
      if (part.iov_len == 0) continue;
      const std::size_t taken = std::min(bytes, part.iov_len);
      parts_[count_++] = {part.iov_base, taken};
      bytes -= taken;
      bytes_ += taken;
    }
  }
  [[nodiscard]] std::span<const iovec> parts() const { return {parts_.data(), count_}; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::array<iovec, max_parts> parts_;
  std::size_t count_ = 0, bytes_ = 0;
};

class RateFilter final : public BodyFilter, private net::Timer {
 public:
  /// `counts_client`: what was sent to the client counts, head and framing included; else what passed here.
  RateFilter(Exchange& exchange, std::int64_t rate, std::int64_t after, std::int64_t start_ms, bool counts_client)
      : BodyFilter(exchange),
        rate_(std::min(rate, most_rate)),
        after_(after),
        start_ms_(start_ms),
        counts_client_(counts_client) {}
  ~RateFilter() override { x_.worker.loop.timers().clear(*this); }

  void put(std::span<const iovec> parts, bool last) override {
    last_ = last;
    std::size_t bytes = 0, skip = 0;
    for (const iovec& part : parts) bytes += part.iov_len;
    if (held_bytes() == 0) {
      // The usual case: what is within the budget goes on without a copy.
      const Cut now(parts, may_pass(bytes));
      skip = now.bytes();
      if (skip > 0 || (bytes == 0 && last && !is_set())) give(now.parts(), skip, last && skip == bytes);
      if (done_) return;
    }
    hold(parts, skip);
    pump();
  }

  [[nodiscard]] std::size_t held_bytes() const override { return held_.size() - at_; }

 private:
  void fire() override {
    pump();
    x_.on_filter_drained();
  }

  /// How much of `bytes` may go now; sets the timer when it is none of some.
  std::size_t may_pass(std::size_t bytes) {
    if (is_set() || bytes == 0) return 0;
    const std::int64_t seconds = (x_.clock().now_ms() - start_ms_) / 1000 + 1;
    const std::int64_t budget = rate_ * seconds - (sent() - after_);
    if (budget > 0) return static_cast<std::size_t>(std::min<std::int64_t>(budget, static_cast<std::int64_t>(bytes)));
    wait(-budget * 1000 / rate_ + 1);
    return 0;
  }

  void give(std::span<const iovec> parts, std::size_t bytes, bool last) {
    const std::int64_t before = std::max<std::int64_t>(sent() - after_, 0);
    passed_ += bytes;
    done_ = last;
    pass(parts, last);
    if (done_) return;
    const std::int64_t after = std::max<std::int64_t>(sent() - after_, 0);
    const std::int64_t delay = (after - before) * 1000 / rate_;
    if (delay > 0) wait(delay);
  }

  void hold(std::span<const iovec> parts, std::size_t skip) {
    if (at_ > 0 && at_ * 2 >= held_.size()) {
      held_.erase(0, at_);
      at_ = 0;
    }
    for (const iovec& part : parts) {
      const std::size_t left_out = std::min(skip, part.iov_len);
      skip -= left_out;
      held_.append(static_cast<const char*>(part.iov_base) + left_out, part.iov_len - left_out);
    }
  }

  void pump() {
    while (!done_ && !is_set()) {
      const std::size_t left = held_bytes();
      if (left == 0 && !last_) return;
      const std::size_t bytes = may_pass(left);
      if (bytes == 0 && left > 0) return;
      const iovec part{held_.data() + at_, bytes};
      at_ += bytes;
      give({&part, 1}, bytes, last_ && bytes == left);
      if (at_ != held_.size()) continue;
      held_.clear();
      at_ = 0;
    }
  }

  void wait(std::int64_t ms) { x_.worker.loop.timers().set(*this, std::min<std::int64_t>(ms, INT32_MAX)); }

  [[nodiscard]] std::int64_t sent() const {
    return static_cast<std::int64_t>(counts_client_ ? x_.client->bytes_sent() : passed_);
  }

  const std::int64_t rate_, after_;
  const std::int64_t start_ms_;  // on the loop's clock: when the wall clock's second began in which counting started
  const bool counts_client_;
  bool last_ = false, done_ = false;
  std::uint64_t passed_ = 0;
  std::string held_;
  std::size_t at_ = 0;   // of held_: passed on already
};

}  // namespace

std::unique_ptr<BodyFilter> make_rate_filter(Exchange& x) {
  return std::make_unique<RateFilter>(x, x.limit_rate, std::max<std::int64_t>(x.limit_rate_after, 0),
                                      x.started_us / 1000 - x.started_unix_ms % 1000, true);
}

std::unique_ptr<BodyFilter> make_source_rate_filter(Exchange& x, std::int64_t bytes_per_second) {
  return std::make_unique<RateFilter>(x, bytes_per_second, 0,
                                      x.clock().now_ms() - x.clock().unix_ms() % 1000, false);
}

}  // namespace gh::proxy
