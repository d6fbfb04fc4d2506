// Accept-Encoding as nginx reads it. Pure.
#pragma once

#include <span>
#include <string_view>

#include "http/message.h"

namespace gh::http {

/// The q-value of `coding` in thousandths: 1000 without one, 0 when the coding is not named, not wanted or its q-value
/// cannot be read. As in nginx the first mention counts, and `*` names no coding.
unsigned accepted_q(std::string_view field, std::string_view coding);

/// For a request: its first Accept-Encoding field takes `coding`.
bool accepts_coding(std::span<const Field> fields, std::string_view coding);

}  // namespace gh::http
