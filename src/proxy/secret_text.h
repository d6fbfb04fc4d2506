// Requests as logs show them: without the values of arguments that are keys or tokens (Table::secret_arguments),
// whatever has answered and whether or not the argument is taken away for services.
#pragma once

#include <string>
#include <string_view>

namespace gh::proxy {

class Exchange;

/// `text` is a query, a target with one, or a request line. `held` keeps the result where it is another text.
std::string_view without_secrets(const Exchange& exchange, std::string_view text, std::string& held);
/// The same for what is written seldom.
std::string without_secrets(const Exchange& exchange, std::string_view text);

}  // namespace gh::proxy
