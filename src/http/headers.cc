#include <array>

#include "base/text.h"
#include "http/message.h"

namespace gh::http {

namespace {

struct NameRow {
  std::string_view name;  // lower case
  HeaderId id;
};
/// Ordered by length, so that a name is compared only with those of its own length and first letter.
constexpr NameRow names[] = {{"te", HeaderId::te},
                             {"host", HeaderId::host},
                             {"date", HeaderId::date},
                             {"etag", HeaderId::etag},
                             {"vary", HeaderId::vary},
                             {"link", HeaderId::link},
                             {"range", HeaderId::range},
                             {"accept", HeaderId::accept},
                             {"cookie", HeaderId::cookie},
                             {"origin", HeaderId::origin},
                             {"expect", HeaderId::expect},
                             {"server", HeaderId::server},
                             {"referer", HeaderId::referer},
                             {"upgrade", HeaderId::upgrade},
                             {"trailer", HeaderId::trailer},
                             {"expires", HeaderId::expires},
                             {"refresh", HeaderId::refresh},
                             {"location", HeaderId::location},
                             {"if-range", HeaderId::if_range},
                             {"if-match", HeaderId::if_match},
                             {"x-real-ip", HeaderId::x_real_ip},
                             {"connection", HeaderId::connection},
                             {"keep-alive", HeaderId::keep_alive},
                             {"user-agent", HeaderId::user_agent},
                             {"set-cookie", HeaderId::set_cookie},
                             {"retry-after", HeaderId::retry_after},
                             {"content-type", HeaderId::content_type},
                             {"authorization", HeaderId::authorization},
                             {"cache-control", HeaderId::cache_control},
                             {"last-modified", HeaderId::last_modified},
                             {"if-none-match", HeaderId::if_none_match},
                             {"accept-ranges", HeaderId::accept_ranges},
                             {"content-range", HeaderId::content_range},
                             {"content-length", HeaderId::content_length},
                             {"http2-settings", HeaderId::http2_settings},
                             {"accept-encoding", HeaderId::accept_encoding},
                             {"x-forwarded-for", HeaderId::x_forwarded_for},
                             {"x-accel-expires", HeaderId::x_accel_expires},
                             {"x-accel-charset", HeaderId::x_accel_charset},
                             {"content-encoding", HeaderId::content_encoding},
                             {"proxy-connection", HeaderId::proxy_connection},
                             {"www-authenticate", HeaderId::www_authenticate},
                             {"x-accel-redirect", HeaderId::x_accel_redirect},
                             {"transfer-encoding", HeaderId::transfer_encoding},
                             {"if-modified-since", HeaderId::if_modified_since},
                             {"x-accel-buffering", HeaderId::x_accel_buffering},
                             {"x-accel-limit-rate", HeaderId::x_accel_limit_rate},
                             {"proxy-authorization", HeaderId::proxy_authorization},
                             {"if-unmodified-since", HeaderId::if_unmodified_since}};

constexpr std::size_t longest_name = 19;

constexpr bool ordered_by_length() {
  for (std::size_t i = 1; i < std::size(names); ++i)
    if (names[i - 1].name.size() > names[i].name.size()) return false;
  return names[std::size(names) - 1].name.size() == longest_name;
}
static_assert(ordered_by_length());
static_assert(std::size(names) == static_cast<std::size_t>(HeaderId::http2_settings), "one row for each id but other");

/// first[n] is the first row whose name has at least n letters; first[longest + 1] is the end.
constexpr std::array<std::uint8_t, longest_name + 2> make_index() {
  std::array<std::uint8_t, longest_name + 2> first{};
  for (std::size_t n = 0; n < first.size(); ++n) {
    std::size_t row = 0;
    while (row < std::size(names) && names[row].name.size() < n) ++row;
    first[n] = static_cast<std::uint8_t>(row);
  }
  return first;
}
constexpr auto first_of_length = make_index();

/// `wanted` is lower case and of the same size.
bool same_name(std::string_view name, std::string_view wanted) {
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (lower(name[i]) != wanted[i]) return false;
  return true;
}

}  // namespace

HeaderId header_id(std::string_view name) {
  const std::size_t size = name.size();
  if (size == 0 || size > longest_name) return HeaderId::other;
  const char first = lower(name[0]);
  for (std::size_t row = first_of_length[size]; row < first_of_length[size + 1]; ++row)
    if (names[row].name[0] == first && same_name(name, names[row].name)) return names[row].id;
  return HeaderId::other;
}

const Field* find(std::span<const Field> fields, HeaderId id) {
  for (const Field& field : fields)
    if (field.id == id) return &field;
  return nullptr;
}

const Field* find(std::span<const Field> fields, std::string_view name) {
  for (const Field& field : fields)
    if (field.name.size() == name.size() && iequals(field.name, name)) return &field;
  return nullptr;
}

bool named_by_connection(std::span<const Field> fields, std::string_view name) {
  for (const Field& field : fields)
    if (field.id == HeaderId::connection && list_has(field.value, name)) return true;
  return false;
}

bool is_hop_by_hop(HeaderId id) {
  switch (id) {
    case HeaderId::connection:
    case HeaderId::keep_alive:
    case HeaderId::proxy_connection:
    case HeaderId::te:
    case HeaderId::transfer_encoding:
    case HeaderId::trailer:
    case HeaderId::upgrade:
    case HeaderId::http2_settings:  // RFC 9113 3.1: belongs to an h2c upgrade, which we never pass on
      return true;
    default:
      return false;
  }
}

}  // namespace gh::http
