// Commands to a Redis server as bytes (hiredis' formatter), and scripts, which are named by their digest. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gh::redis {

/// Adds `first` and `rest` to `out` as one command. False: it was not possible (no memory, or beyond 2 GB).
bool append_command(std::string& out, std::span<const std::string_view> first, std::span<const std::string_view> rest);

/// A text that the server runs as a whole (Lua). Most servers know it by its SHA-1 after the first time.
struct Script {
  explicit Script(std::string_view text);
  std::string source;
  std::string sha;  // 40 hexadecimal digits; empty when the system has no SHA-1: then it is always sent whole
};

}  // namespace gh::redis
