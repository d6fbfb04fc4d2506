// gzip_*, brotli_*, zstd_*: encoding of answers; gunzip: the way back. See policy/response/compression.cc.
#include <bit>

#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/gzip_rules.h"
#include "policy/response/compression.h"
#include "policy/response/gunzip.h"

namespace gh::directives {
namespace {

using policy::BrotliSettings;
using policy::Coding;
using policy::GunzipSettings;
using policy::GzipRules;
using policy::GzipSettings;
using policy::ZstdSettings;

constexpr config::Contexts with_if = hsl | config::in_location_if;

/// Only checked: memory is taken as it is needed.
void accept(Scope&, const Bound&) {}

/// A size that must be a power of two: `least` to `most` are the row's business.
template <auto Member>
void set_power(Scope& scope, const Bound& directive) {
  const Value& value = directive.at(0);
  if (!std::has_single_bit(static_cast<std::uint64_t>(value.number))) {
    scope.error(table::code::bad_choice, value.span, "`" + std::string(value.text) + "` is no power of two")
        .with_help("write 1k, 2k, 4k, 8k, 16k ...");
    return;
  }
  set<Member>(scope, directive);
}

constexpr Row types(std::string_view name, config::Apply apply) {
  return {.name = name,
          .contexts = hsl,
          .args = {{{"type", ArgType::word, Presence::repeat_one}}},
          .fallback = "text/html",
          .inherit = Inherit::replace,
          .repeatable = true,
          .apply = apply,
          .doc = "Content types that are encoded beside text/html; `*`: all."};
}

constexpr Row buffers(std::string_view name) {
  return {.name = name,
          .contexts = hsl,
          .args = {{{"number", ArgType::count, Presence::required, {}, 1},
                    {"size", ArgType::bytes, Presence::required, {}, 1}}},
          .fallback = "16 8k",
          .apply = accept,
          .doc = "Accepted: memory is taken as it is needed, and bounded by back pressure."};
}

constexpr ArgSpec level(std::int64_t least, std::int64_t most) {
  return {"level", ArgType::count, Presence::required, {}, least, most};
}

constexpr Row rows[] = {
    setting("gzip", with_if, on_off, "off", set<&GzipSettings::on>, "Encode answers as gzip for clients that take it."),
    types("gzip_types", policy::apply_coding_types<Coding::gzip>),
    setting("gzip_comp_level", hsl, level(1, 9), "1", set<&GzipSettings::level>, "1: fastest, 9: smallest."),
    setting("gzip_min_length", hsl, size_bytes, "20", set<&GzipSettings::min_length>,
            "Answers known to be shorter are not encoded."),
    {.name = "gzip_proxied",
     .contexts = hsl,
     .args = {{{"condition", ArgType::one_of, Presence::repeat_one,
                "off|expired|no-cache|no-store|private|no_last_modified|no_etag|auth|any"}}},
     .fallback = "off",
     .apply = policy::apply_gzip_proxied,
     .doc = "Which answers are encoded when the request came through a proxy (Via)."},
    setting("gzip_http_version", hsl, {"version", ArgType::one_of, Presence::required, "1.0|1.1"}, "1.1",
            policy::apply_gzip_http_version, "Lowest version of requests whose answers are encoded."),
    setting("gzip_vary", hsl, on_off, "off", set<&GzipRules::vary>,
            "Vary: Accept-Encoding on answers that may be encoded."),
    {.name = "gzip_disable",
     .contexts = hsl,
     .args = {{{"regex", ArgType::regex, Presence::repeat_one}}},
     .apply = policy::apply_gzip_disable,
     .doc = "User agents whose answers are not encoded; msie6 stands for old Internet Explorers."},
    buffers("gzip_buffers"),
    setting("gzip_window", hsl, {"size", ArgType::bytes, Presence::required, {}, 1024, 32 * 1024}, "32k",
            set_power<&GzipSettings::window_bytes>, "Window of gzip: less memory, larger answers."),
    setting("gzip_hash", hsl, {"size", ArgType::bytes, Presence::required, {}, 512, 128 * 1024}, "64k",
            set_power<&GzipSettings::hash_bytes>, "Hash of gzip: less memory, slower."),
    setting("gzip_no_buffer", hsl, on_off, "off", set<&GzipSettings::no_buffer>,
            "Pass on each piece of an answer at once instead of gathering more."),
    setting("postpone_gzipping", hsl, size_bytes, "0", accept, "Accepted: encoding begins with the first bytes."),

    setting("gunzip", hsl, on_off, "off", set<&GunzipSettings::on>,
            "Decode gzip answers for clients that do not take them."),
    buffers("gunzip_buffers"),

    setting("brotli", with_if, on_off, "off", set<&BrotliSettings::on>,
            "Encode answers as br for clients that take it."),
    types("brotli_types", policy::apply_coding_types<Coding::brotli>),
    setting("brotli_comp_level", hsl, level(0, 11), "6", set<&BrotliSettings::level>, "0: fastest, 11: smallest."),
    setting("brotli_min_length", hsl, size_bytes, "20", set<&BrotliSettings::min_length>,
            "Answers known to be shorter are not encoded."),
    setting("brotli_window", hsl, {"size", ArgType::bytes, Presence::required, {}, 1024, 16 * 1024 * 1024}, "512k",
            set_power<&BrotliSettings::window_bytes>, "Window of brotli: more memory, smaller answers."),
    buffers("brotli_buffers"),

    setting("zstd", with_if, on_off, "off", set<&ZstdSettings::on>, "Encode answers as zstd for clients that take it."),
    types("zstd_types", policy::apply_coding_types<Coding::zstd>),
    setting("zstd_comp_level", hsl, level(1, 22), "1", set<&ZstdSettings::level>, "1: fastest, 22: smallest."),
    setting("zstd_min_length", hsl, size_bytes, "20", set<&ZstdSettings::min_length>,
            "Answers known to be shorter are not encoded."),
};

}  // namespace

constinit const table::Module gunzip_module{"gunzip", {}, policy::finish_gunzip};
constinit const table::Module gzip_module{"gzip", rows, policy::finish_compression};

}  // namespace gh::directives
