// TunnelContext: who asked for what, as the error log says it, kept for as long as a tunnel lasts. A request line may
// be long, and comes up again as the upstream's URL and in lines of access logs: it is kept once. Worker thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gh::proxy {

class TunnelContext {
 public:
  TunnelContext() = default;
  /// `text`: Exchange::log_context(); empty when no line can come.
  TunnelContext(std::string_view request_line, std::string_view text);
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::string_view request_line() const { return std::string_view(text_).substr(0, line_bytes_); }

 private:
  [[nodiscard]] std::string_view target() const;

  std::string text_;  // the request line, and the context, where a mark stands for it, another one for its target
  std::uint32_t line_bytes_ = 0;
};

}  // namespace gh::proxy
