// Does a password fit a stored hash? The forms of auth_basic_user_file: {PLAIN}, {SHA}, {SSHA}, $apr1$, and all that
// crypt(3) of the system knows (DES, $1$, $5$, $6$, $2y$, $y$). Bytes in, verdict out; any thread.
#pragma once

#include <string>
#include <string_view>

namespace gh::policy {

/// True for hashes that take longer than a loop may stand still.
bool is_slow_hash(std::string_view stored);
bool password_fits(std::string_view password, std::string_view stored);
/// Apache's MD5: "$apr1$SALT$..." for this password, with the salt of `setting`. Empty: it has none.
std::string apr1(std::string_view password, std::string_view setting);

}  // namespace gh::policy
