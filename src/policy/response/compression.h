// Settings of gzip, brotli and zstd, for their rows.
#pragma once

#include "policy/mime_types.h"
#include "policy/response/compression_codec.h"
#include "table/scope.h"

namespace gh::policy {

/// One group for each coding, so that they are inherited apart.
template <Coding Which>
struct CodingSettings {
  bool on = false;
  int level = Which == Coding::brotli ? 6 : 1;
  std::int64_t min_length = 20;
  std::int64_t window_bytes = Which == Coding::brotli ? 512 * 1024 : 32 * 1024;
  std::int64_t hash_bytes = 64 * 1024;
  bool no_buffer = false;
};
template <Coding Which>
struct CodingTypes { MimeTypes types; };

using GzipSettings = CodingSettings<Coding::gzip>;
using BrotliSettings = CodingSettings<Coding::brotli>;
using ZstdSettings = CodingSettings<Coding::zstd>;

template <Coding Which>
void apply_coding_types(table::Scope& scope, const config::Bound& directive) {
  scope.edit_list<CodingTypes<Which>>().types.add(scope, directive);
}

void finish_compression(table::Scope&, table::Route&);

}  // namespace gh::policy
