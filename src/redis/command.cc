#include "redis/command.h"

#include <hiredis/hiredis.h>

#include <vector>

#include "base/digest.h"

namespace gh::redis {

bool append_command(std::string& out, std::span<const std::string_view> first,
                    std::span<const std::string_view> rest) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  texts.reserve(first.size() + rest.size());
  sizes.reserve(first.size() + rest.size());
  for (const auto words : {first, rest}) {
    for (const std::string_view word : words) {
      texts.push_back(word.empty() ? "" : word.data());
      sizes.push_back(word.size());
    }
  }
  char* bytes = nullptr;
  const int size = redisFormatCommandArgv(&bytes, static_cast<int>(texts.size()), texts.data(), sizes.data());
  if (size <= 0) return false;
  out.append(bytes, static_cast<std::size_t>(size));
  redisFreeCommand(bytes);
  return true;
}

Script::Script(std::string_view text) : source(text), sha(hex_digest(DigestKind::sha1, text)) {}

}  // namespace gh::redis
