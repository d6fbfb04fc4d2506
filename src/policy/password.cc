#include "policy/password.h"

#include <crypt.h>

#include <cstdint>
#include <memory>

#include "base/base64.h"
#include "base/digest.h"

namespace gh::policy {

namespace {

constexpr std::string_view plain_mark = "{PLAIN}", sha_mark = "{SHA}", ssha_mark = "{SSHA}", apr1_mark = "$apr1$";
constexpr std::size_t sha1_bytes = 20;

/// "{SHA}" and "{SSHA}": base64 of SHA-1 and, behind it, the salt.
bool fits_sha(std::string_view password, std::string_view encoded, bool salted) {
  std::string room(base64_decoded_bytes(encoded.size()), '\0');
  const auto decoded = decode_base64(encoded, room.data());
  if (!decoded || decoded->size() < sha1_bytes || (!salted && decoded->size() != sha1_bytes)) return false;
  return equal_secrets(digest(DigestKind::sha1, {password, decoded->substr(sha1_bytes)}),
                       decoded->substr(0, sha1_bytes));
}

bool fits_crypt(std::string_view password, std::string_view stored) {
  if (password.find('\0') != std::string_view::npos) return false;  // crypt would see less of it than was sent
  const auto data = std::make_unique<crypt_data>();
  const std::string key(password), setting(stored);
  const char* const made = ::crypt_r(key.c_str(), setting.c_str(), data.get());
  return made && made[0] != '*' && equal_secrets(made, stored);
}

/// crypt's own base 64, low bits first.
void append_to64(std::string& to, std::uint32_t bits, int digits) {
  static constexpr std::string_view alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (; digits > 0; --digits, bits >>= 6) to += alphabet[bits & 0x3f];
}

std::string md5_of(std::initializer_list<std::string_view> parts) { return digest(DigestKind::md5, parts); }

std::string apr1_rounds(std::string_view password, std::string_view salt) {
  std::string final = md5_of({password, salt, password});
  std::string rest;
  for (std::size_t left = password.size(); left > 0; left -= std::min<std::size_t>(left, 16)) {
    rest.append(final, 0, std::min<std::size_t>(left, 16));
  }
  for (std::size_t bits = password.size(); bits > 0; bits >>= 1) rest += bits & 1 ? '\0' : password.front();
  final = md5_of({password, apr1_mark, salt, rest});
  for (int i = 0; i < 1000; ++i) {
    const std::string_view none, odd = i & 1 ? password : std::string_view(final);
    final = md5_of({odd, i % 3 ? salt : none, i % 7 ? password : none, i & 1 ? std::string_view(final) : password});
  }
  return final;
}

}  // namespace

bool is_slow_hash(std::string_view stored) {
  return !stored.starts_with(plain_mark) && !stored.starts_with(sha_mark) && !stored.starts_with(ssha_mark);
}

bool password_fits(std::string_view password, std::string_view stored) {
  if (stored.starts_with(plain_mark)) return equal_secrets(password, stored.substr(plain_mark.size()));
  if (stored.starts_with(sha_mark)) return fits_sha(password, stored.substr(sha_mark.size()), false);
  if (stored.starts_with(ssha_mark)) return fits_sha(password, stored.substr(ssha_mark.size()), true);
  if (stored.starts_with(apr1_mark)) return equal_secrets(apr1(password, stored), stored);
  return fits_crypt(password, stored);
}

std::string apr1(std::string_view password, std::string_view setting) {
  if (!setting.starts_with(apr1_mark)) return {};
  std::string_view salt = setting.substr(apr1_mark.size());
  salt = salt.substr(0, std::min<std::size_t>(salt.find('$'), 8));
  const std::string raw = apr1_rounds(password, salt);
  if (raw.size() != 16) return {};
  std::string out = std::string(apr1_mark).append(salt) + "$";
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(raw[i])); };
  for (std::size_t i = 0; i < 5; ++i) {
    append_to64(out, byte(i) << 16 | byte(i + 6) << 8 | byte(i == 4 ? 5 : i + 12), 4);
  }
  append_to64(out, byte(11), 2);
  return out;
}

}  // namespace gh::policy
