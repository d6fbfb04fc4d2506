// max_ranges and Range (RFC 9110 14): the last response step of routes whose replies may be asked for in parts. It acts
// on replies with status 200, a known length and Reply::allow_ranges, when all other fields stand. A source that can
// then sends what Reply::partial says (policy/content/static_file.h); of another one's body a filter passes one range.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/hash.h"
#include "http/byte_range.h"
#include "http/date.h"
#include "policy/body_headers.h"
#include "policy/policy.h"
#include "proxy/exchange.h"
#include "table/plan.h"

namespace gh::policy {

using http::HeaderId;
using proxy::Exchange;
using proxy::Reply;
using table::Verdict;

namespace {

struct RangeSettings { std::uint64_t most = UINT64_MAX; };

/// Passes what lies in one range. The rest is taken from the source all the same: it knows no other end than its own.
class RangeFilter final : public proxy::BodyFilter {
 public:
  RangeFilter(Exchange& exchange, const http::ByteRange& range)
      : BodyFilter(exchange), before_(range.first), left_(range.length) {}

  void put(std::span<const iovec> parts, bool last) override {
    std::vector<iovec> wanted;
    for (const iovec& part : parts) {
      const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(part.iov_len, before_));
      const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(part.iov_len - skipped, left_));
      before_ -= skipped;
      left_ -= taken;
      if (taken > 0) wanted.push_back({static_cast<char*>(part.iov_base) + skipped, taken});
    }
    if (last || !wanted.empty()) pass(wanted, last);
  }

 private:
  std::uint64_t before_, left_;  // bytes to come: to be dropped, then to be passed
};

/// RFC 9110 13.1.5. A date must be the very one; a weak tag is never equal.
bool if_range_holds(std::string_view condition, const Reply& reply) {
  if (condition.size() >= 2 && condition.ends_with('"')) return condition == etag_of(reply);
  const std::int64_t modified = last_modified_of(reply);
  const auto date = http::parse_http_date(condition);
  return date && modified >= 0 && *date == modified;
}

/// The value of Range when it counts: on a GET (14.2), and if there is an If-Range it holds. Else empty.
std::string_view wanted_range(const Exchange& x) {
  const http::Field* range = http::find(x.request.fields, HeaderId::range);
  if (!range || x.request.method != http::Method::get) return {};
  const http::Field* condition = http::find(x.request.fields, HeaderId::if_range);
  return !condition || if_range_holds(condition->value, x.reply) ? range->value : std::string_view();
}

/// Not to be guessed by who wrote the body (RFC 2046 5.1.1: it must not occur in it).
std::string_view make_boundary(Exchange& x) {
  thread_local std::uint64_t count = 0;
  const std::uint64_t seed[] = {++count, reinterpret_cast<std::uintptr_t>(&x),
                                static_cast<std::uint64_t>(x.started_us)};
  const std::uint64_t number = keyed_hash({reinterpret_cast<const char*>(seed), sizeof seed});
  return x.arena.copy(fmt::format("{:020}", number));
}

Verdict send_partial(Exchange& x, std::span<const http::ByteRange> ranges) {
  Reply& reply = x.reply;
  auto* const partial =
      x.arena.make<http::PartialBody>(ranges, reply.content_length, std::string_view(), reply.content_type);
  reply.fields.remove_if([](const http::Field& field) { return field.id == HeaderId::content_range; });
  reply.status = 206;
  reply.reason = {};
  if (partial->is_multipart()) {
    partial->boundary = make_boundary(x);
    reply.content_type = x.arena.copy(fmt::format("multipart/byteranges; boundary={}", partial->boundary));
  } else {
    const http::ByteRange& only = ranges.front();
    const std::string place = fmt::format("bytes {}-{}/{}", only.first, only.first + only.length - 1, partial->size);
    reply.fields.add(x.arena, "Content-Range", x.arena.copy(place), HeaderId::content_range);
  }
  reply.content_length = http::wire_length(*partial);
  reply.partial = partial;
  if (!reply.source_sends_parts) x.add_body_filter(std::make_unique<RangeFilter>(x, ranges.front()));
  return Verdict::next;
}

/// RFC 9110 15.5.17: the answer says how long the body is. What described that body does not describe the error's.
Verdict no_such_range(Exchange& x) {
  const std::uint64_t size = x.reply.content_length;
  x.reply.fields.clear();
  x.reply.last_modified = -1;
  x.reply.has_content_length = false;
  x.reply.fields.add(x.arena, "Content-Range", x.arena.copy(fmt::format("bytes */{}", size)), HeaderId::content_range);
  x.error(416, {}, "no such range");
  return Verdict::done;
}

Verdict run(Exchange& x, const void* params) {
  Reply& reply = x.reply;
  const std::uint64_t allowed = static_cast<const RangeSettings*>(params)->most;
  if (!reply.allow_ranges || reply.status != 200 || !reply.has_content_length || x.parent) return Verdict::next;
  const std::uint64_t most = reply.source_sends_parts ? allowed : 1;
  reply.fields.remove_if([](const http::Field& field) { return field.id == HeaderId::accept_ranges; });
  std::span<const http::ByteRange> ranges;
  const std::string_view wanted = wanted_range(x);
  if (!wanted.empty()) {
    const http::RangeVerdict judged = http::read_ranges(wanted, reply.content_length, most, x.arena, ranges);
    if (judged == http::RangeVerdict::part) return send_partial(x, ranges);
    if (judged == http::RangeVerdict::unsatisfiable) return no_such_range(x);
  }
  reply.fields.add(x.arena, "Accept-Ranges", "bytes", HeaderId::accept_ranges);
  return Verdict::next;
}

/// Proxied replies are only looked at where the configuration allows their ranges.
bool may_have_ranges(const table::Route& route) {
  if (route.proxy_target) return route.proxy->force_ranges;
  for (const table::Step& step : route.program.steps) {
    if (step.phase == config::Phase::content && step.name == "static") return true;
  }
  return false;
}

}  // namespace

void apply_max_ranges(table::Scope& scope, const config::Bound& directive) {
  scope.edit<RangeSettings>().most = static_cast<std::uint64_t>(directive.at(0).number);
}

void finish_range(table::Scope& scope, table::Route& route) {
  if (scope.get<RangeSettings>().most == 0 || !may_have_ranges(route)) return;
  table::add_step(route, config::Phase::response, run, scope.shared<RangeSettings>(), "max_ranges");
}

}  // namespace gh::policy
