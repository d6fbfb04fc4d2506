// HPACK for a peer that was told to keep no dynamic table (SETTINGS_HEADER_TABLE_SIZE 0 reaches it before it can
// answer): each block stands for itself, and none of its bytes is worth more than one static name or literal. RFC 7541.
#pragma once

#include <string_view>

#include "http/field_block.h"

namespace gh::http {

/// Adds the fields of a complete block; nullptr, or why it is malformed (the connection is of no use then).
const char* decode_hpack(std::string_view block, FieldBlock& out);

}  // namespace gh::http
