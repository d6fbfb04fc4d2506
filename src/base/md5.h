// MD5 (RFC 1321), where a form that others have fixed asks for it. Not for secrets.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace gh {

std::array<std::uint8_t, 16> md5(std::string_view bytes);
std::string md5_hex(std::string_view bytes);  // 32 lower-case digits

}  // namespace gh
