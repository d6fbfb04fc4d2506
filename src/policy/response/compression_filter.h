// The stage of a body that encodes it. Small pieces are encoded on the loop, so that a short answer stays one write;
// larger ones by a thread of the pool, one piece at a time, while what comes next is held.
#pragma once

#include <memory>

#include "policy/response/compression_codec.h"
#include "proxy/body_filter.h"

namespace gh::policy {

struct CompressFilterSettings {
  CompressorSettings compressor;
  std::uint64_t length = 0;   // of the body, 0: not known
  bool flushes = false;       // what has come is passed on at once: the client waits for events
};

std::unique_ptr<proxy::BodyFilter> make_compress_filter(proxy::Exchange& exchange,
                                                        const CompressFilterSettings& settings);

}  // namespace gh::policy
