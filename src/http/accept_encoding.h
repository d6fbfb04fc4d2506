// Accept-Encoding (RFC 9110 12.5.3), read as nginx reads it. Pure. For compression and for files that lie compressed.
#pragma once

#include <span>
#include <string_view>

#include "http/message.h"

namespace gh::http {

/// True when one element of the field's value is `coding` with a weight above 0. "*" and x-gzip stand for nothing, and
/// an element whose weight is none (RFC 9110 12.4.2) is not accepted. The first element that names `coding` decides.
bool accepts_coding(std::string_view field, std::string_view coding);

/// The same for a request: the first Accept-Encoding field that names `coding` decides.
bool accepts_coding(std::span<const Field> fields, std::string_view coding);

}  // namespace gh::http
