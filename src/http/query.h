// Arguments of a query and pairs of a Cookie field, one by one. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/arena.h"

namespace gh::http {

/// Calls f(pair, name, value) for each `name=value` of a query, raw; a pair without `=` has an empty value.
template <class F>
void each_argument(std::string_view args, F&& f) {
  while (!args.empty()) {
    const std::size_t end = args.find('&');
    const std::string_view pair = args.substr(0, end);
    const std::size_t equals = pair.find('=');
    f(pair, pair.substr(0, equals),
      equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1));
    args.remove_prefix(end == std::string_view::npos ? args.size() : end + 1);
  }
}

/// Calls f(pair, name, value) for each pair of a Cookie value (RFC 6265 4.2.1), without the blanks around it.
template <class F>
void each_cookie(std::string_view cookies, F&& f) {
  while (!cookies.empty()) {
    const std::size_t end = cookies.find(';');
    std::string_view pair = cookies.substr(0, end);
    while (!pair.empty() && pair.front() == ' ') pair.remove_prefix(1);
    while (!pair.empty() && pair.back() == ' ') pair.remove_suffix(1);
    const std::size_t equals = pair.find('=');
    if (!pair.empty()) {
      f(pair, pair.substr(0, equals),
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1));
    }
    cookies.remove_prefix(end == std::string_view::npos ? cookies.size() : end + 1);
  }
}

/// Is `raw`, escaped or not, this name in any case?
bool is_argument(std::string_view raw, std::string_view name);
/// Without the arguments of that name, however escaped and in any case; `args` itself when there is none.
std::string_view without_argument(std::string_view args, std::string_view name, Arena& arena);
/// Without the cookies of that name; `cookies` itself when there is none.
std::string_view without_cookie(std::string_view cookies, std::string_view name, Arena& arena);
/// `text`, a query, a target with one, or a request line, with "***" in place of the values of arguments that have one
/// of these names (any case). False: there is none, and `out` is as it was.
bool mask_arguments(std::string_view text, std::span<const std::string> names, std::string& out);
/// %XX become bytes; what is no such triple stays as it is.
std::string_view percent_decode(std::string_view text, Arena& arena);

}  // namespace gh::http
