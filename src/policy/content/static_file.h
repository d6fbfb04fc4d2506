// A file on its way to the client, piece by piece, no faster than the client takes it.
#pragma once

#include <cstdint>

#include "table/program.h"

namespace gh::proxy {
class Exchange;
}

namespace gh::policy {

/// Sends the reply's head (filled in already, for all of the body) and the `bytes` of `fd` from `begin` on, or the
/// parts of them that are asked for; it owns `fd` from now on. Large files are sent by the kernel.
table::Verdict start_file(proxy::Exchange& exchange, int fd, std::uint64_t bytes, std::uint64_t begin = 0);

}  // namespace gh::policy
