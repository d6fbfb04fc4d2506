#include "http/grpc.h"

#include <algorithm>

#include "base/text.h"

namespace gh::http {

bool is_grpc_type(std::string_view content_type) {
  constexpr std::string_view type = "application/grpc";
  if (content_type.size() < type.size() || !iequals(content_type.substr(0, type.size()), type)) return false;
  const std::string_view rest = content_type.substr(type.size());
  return rest.empty() || rest[0] == '+' || rest[0] == ';' || rest[0] == ' ';
}

bool is_grpc_path(std::string_view path) {
  if (!path.starts_with('/')) return false;
  const std::size_t second = path.find('/', 1);
  return second != std::string_view::npos && second > 1 && second + 1 < path.size();
}

std::optional<std::int64_t> parse_grpc_timeout_ms(std::string_view text) {
  if (text.size() < 2 || text.size() > 9) return std::nullopt;
  const auto number = parse_uint(text.substr(0, text.size() - 1));
  if (!number) return std::nullopt;
  const auto value = static_cast<std::int64_t>(*number);
  switch (text.back()) {
    case 'H': return value * 3600 * 1000;
    case 'M': return value * 60 * 1000;
    case 'S': return value * 1000;
    case 'm': return value;
    case 'u': return (value + 999) / 1000;
    case 'n': return (value + 999999) / 1000000;
    default: return std::nullopt;
  }
}

GrpcStatus grpc_status_of(unsigned http_status) {
  switch (http_status) {
    case 400: return GrpcStatus::internal;
    case 401: return GrpcStatus::unauthenticated;
    case 403: return GrpcStatus::permission_denied;
    case 404: return GrpcStatus::unimplemented;
    case 429:
    case 502:
    case 503:
    case 504: return GrpcStatus::unavailable;
    default: return GrpcStatus::unknown;
  }
}

std::string encode_grpc_message(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (c >= 0x20 && c <= 0x7e && c != '%') {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(digits[byte >> 4]);
    out.push_back(digits[byte & 15]);
  }
  return out;
}

}  // namespace gh::http
