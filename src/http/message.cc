#include "http/message.h"

#include <algorithm>

#include "http/method.h"

namespace gh::http {

namespace {

struct MethodRow {
  std::string_view text;
  Method method;
};
/// The frequent ones first.
constexpr MethodRow methods[] = {
    {"GET", Method::get},          {"POST", Method::post},         {"HEAD", Method::head},
    {"PUT", Method::put},          {"DELETE", Method::delete_},    {"OPTIONS", Method::options},
    {"PATCH", Method::patch},      {"CONNECT", Method::connect},   {"TRACE", Method::trace},
    {"COPY", Method::copy},        {"LOCK", Method::lock},         {"MKCOL", Method::mkcol},
    {"MOVE", Method::move},        {"PROPFIND", Method::propfind}, {"PROPPATCH", Method::proppatch},
    {"UNLOCK", Method::unlock},    {"SEARCH", Method::search}};

struct ReasonRow {
  unsigned status;
  std::string_view phrase;
};
constexpr ReasonRow reasons[] = {{100, "Continue"},
                                 {101, "Switching Protocols"},
                                 {102, "Processing"},
                                 {103, "Early Hints"},
                                 {200, "OK"},
                                 {201, "Created"},
                                 {202, "Accepted"},
                                 {203, "Non-Authoritative Information"},
                                 {204, "No Content"},
                                 {205, "Reset Content"},
                                 {206, "Partial Content"},
                                 {207, "Multi-Status"},
                                 {208, "Already Reported"},
                                 {226, "IM Used"},
                                 {300, "Multiple Choices"},
                                 {301, "Moved Permanently"},
                                 {302, "Found"},
                                 {303, "See Other"},
                                 {304, "Not Modified"},
                                 {305, "Use Proxy"},
                                 {307, "Temporary Redirect"},
                                 {308, "Permanent Redirect"},
                                 {400, "Bad Request"},
                                 {401, "Unauthorized"},
                                 {402, "Payment Required"},
                                 {403, "Forbidden"},
                                 {404, "Not Found"},
                                 {405, "Not Allowed"},
                                 {406, "Not Acceptable"},
                                 {407, "Proxy Authentication Required"},
                                 {408, "Request Timeout"},
                                 {409, "Conflict"},
                                 {410, "Gone"},
                                 {411, "Length Required"},
                                 {412, "Precondition Failed"},
                                 {413, "Content Too Large"},
                                 {414, "URI Too Long"},
                                 {415, "Unsupported Media Type"},
                                 {416, "Range Not Satisfiable"},
                                 {417, "Expectation Failed"},
                                 {418, "I'm a teapot"},
                                 {421, "Misdirected Request"},
                                 {422, "Unprocessable Content"},
                                 {423, "Locked"},
                                 {424, "Failed Dependency"},
                                 {425, "Too Early"},
                                 {426, "Upgrade Required"},
                                 {428, "Precondition Required"},
                                 {429, "Too Many Requests"},
                                 {431, "Request Header Fields Too Large"},
                                 {451, "Unavailable For Legal Reasons"},
                                 {500, "Internal Server Error"},
                                 {501, "Not Implemented"},
                                 {502, "Bad Gateway"},
                                 {503, "Service Unavailable"},
                                 {504, "Gateway Timeout"},
                                 {505, "HTTP Version Not Supported"},
                                 {506, "Variant Also Negotiates"},
                                 {507, "Insufficient Storage"},
                                 {508, "Loop Detected"},
                                 {511, "Network Authentication Required"}};

}  // namespace

bool find_method(std::string_view text, Method& method) {
  for (const MethodRow& row : methods) {
    if (row.text == text) {
      method = row.method;
      return true;
    }
  }
  method = Method::other;
  const auto is_usual = [](char c) { return (c >= 'A' && c <= 'Z') || c == '_' || c == '-'; };
  if (text.empty() || text.size() > longest_method || text == "PRI") return false;
  return std::all_of(text.begin(), text.end(), is_usual);
}

std::string_view method_name(Method method) {
  if (method == Method::other) return "OTHER";
  for (const MethodRow& row : methods)
    if (row.method == method) return row.text;
  return "OTHER";
}

std::string_view reason_phrase(unsigned status) {
  std::size_t low = 0;
  std::size_t high = std::size(reasons);
  while (low < high) {  // the rows are in ascending order
    const std::size_t middle = (low + high) / 2;
    if (reasons[middle].status < status)
      low = middle + 1;
    else
      high = middle;
  }
  if (low < std::size(reasons) && reasons[low].status == status) return reasons[low].phrase;
  return {};
}

}  // namespace gh::http
