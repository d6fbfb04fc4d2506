// geo (LANGUAGE.md 11.2): a variable whose value is selected by an address: the client's, or one that a variable holds.
// Networks are found by table/address_map; values are plain text.
#include "base/text.h"
#include "config/typing.h"
#include "http/forwarded.h"
#include "policy/computed.h"
#include "policy/policy.h"
#include "proxy/exchange.h"
#include "table/address_map.h"

namespace gh::policy {

using proxy::Exchange;
using table::AddressMap;

namespace {

constexpr std::uint32_t npos = AddressMap::npos;

struct Geo {
  table::Template source;           // "$variable"; empty: the client's address
  AddressMap networks;              // entries are indices of `values`
  std::vector<std::string> values;
  std::uint32_t fallback = npos;    // ranges: value of `default`
  http::TrustedProxies proxies;
  bool recursive = false;

  static std::string_view compute(Exchange& x, const table::VariableParam& param);
};

Address parse_plain(std::string_view text) {
  if (text.starts_with('[')) return {};
  const auto address = Address::parse_ip(text, 0);
  return address ? *address : Address();
}

std::uint32_t find(Exchange& x, const Geo& geo) {
  if (geo.source.is_empty() && geo.proxies.networks.empty()) return geo.networks.find(&x.client_address());
  Address address = geo.source.is_empty() ? x.client_address() : parse_plain(geo.source.render(x, x.arena));
  if (!address.is_set()) return geo.networks.find(nullptr);
  if (!geo.proxies.networks.empty()) {
    http::find_client_address(x.request.fields, geo.proxies, geo.recursive, address);
  }
  return geo.networks.find(&address);
}

std::string_view Geo::compute(Exchange& x, const table::VariableParam& param) {
  const Geo& geo = *static_cast<const Geo*>(param.object);
  std::uint32_t value = find(x, geo);
  if (value == npos) value = geo.fallback;
  return value == npos ? std::string_view("") : std::string_view(geo.values[value]);
}

// --- the block ---

/// The items of one block, in order: networks, or ranges behind `ranges`.
class Reader {
 public:
  Reader(table::Scope& scope, const config::Bound& directive, Geo& geo)
      : scope_(scope), directive_(directive), geo_(geo) {}

  void run() {
    if (directive_.values.size() > 1) {
      geo_.source = scope_.compile("$" + std::string(directive_.at(0).text), directive_.at(0).span);
      note_part(scope_, directive_, geo_.source);
    }
    config::for_each_directive(directive_.node->children, [this](const config::Node& item) { read(item); });
    geo_.networks = ranges_ ? by_range_.build() : by_network_.build();
  }

 private:
  void read(const config::Node& item) {
    if (is_empty_include(item)) return;
    const config::Word& key = item.words[0];
    if (item.words.size() == 1 && read_flag(key)) return;
    if (item.words.size() != 2) {
      scope_.error(table::code::argument_count, item.span, "a line of `geo` is a network and its value")
          .with_help("for example: 10.0.0.0/8 internal;");
      return;
    }
    if (key.value == "proxy") return add_proxy(item.words[1]);
    has_entries_ = true;
    if (key.value == "default") return add_default(key, item.words[1]);
    const bool removes = key.value == "delete";
    const config::Word& what = item.words[removes ? 1 : 0];
    const std::uint32_t value = removes ? npos : value_of(item.words[1]);
    if (ranges_) read_range(what, value);
    else read_network(what, value);
  }

  bool read_flag(const config::Word& word) {
    if (word.value == "proxy_recursive") geo_.recursive = true;
    else if (word.value == "volatile") make_volatile<Geo>(scope_, directive_);
    else if (word.value == "ranges") use_ranges(word);
    else return false;
    return true;
  }

  void use_ranges(const config::Word& word) {
    if (has_entries_ && !ranges_) {
      scope_.error(table::code::not_allowed_here, word.span, "`ranges` stands behind networks")
          .with_help("`ranges` comes first in a `geo`: all its lines are ranges then");
    }
    ranges_ = true;
  }

  std::uint32_t value_of(const config::Word& word) {
    const auto [known, is_new] = values_.try_emplace(word.value, static_cast<std::uint32_t>(geo_.values.size()));
    if (is_new) geo_.values.emplace_back(word.value);
    return known->second;
  }

  void say_twice(config::Span where, std::string_view what, std::uint32_t value, std::uint32_t before) {
    scope_.warning(table::code::network_twice, where, "`" + printable(what, 60) + "` is given twice in this `geo`")
        .with_label("`" + printable(geo_.values[value], 60) + "` counts")
        .with_help("the value before was `" + printable(geo_.values[before], 60) + "`: keep one of them");
  }

  void say_nothing_to_delete(const config::Word& what) {
    scope_
        .warning(table::code::nothing_to_delete, what.span, "there is no `" + printable(what.value, 60) + "` to delete")
        .with_help(ranges_ ? "it must be written as a line above has it, range for range"
                           : "it must be written as a line above has it, with the same prefix length");
  }

  void add_default(const config::Word& key, const config::Word& word) {
    const std::uint32_t value = value_of(word);
    std::optional<std::uint32_t> before;
    if (!ranges_) before = by_network_.add_default(value);
    else if (geo_.fallback != npos) before = geo_.fallback;
    if (ranges_) geo_.fallback = value;
    if (before) say_twice(key.span, key.value, value, *before);
  }

  std::optional<table::Network> network_of(const config::Word& word) {
    auto network = table::parse_network(word.value);
    if (!network) {
      scope_.error(table::code::bad_key, word.span, "`" + printable(word.value, 60) + "` is no network")
          .with_help("forms: 10.0.0.0/8, 10.1.2.3, 2001:db8::/32; with `ranges` as the first line: 10.0.0.0-10.0.0.9");
    } else if (network->had_low_bits) {
      config::warn_of_low_bits(word.value, word.span, scope_.builder.diagnostics);
    }
    return network;
  }

  void add_proxy(const config::Word& word) {
    if (!network_of(word)) return;
    auto cidr = Cidr::parse(word.value);
    if (!cidr) cidr = Cidr::parse(config::without_low_bits(word.value).value_or(std::string()));
    if (cidr) geo_.proxies.networks.push_back(*cidr);
  }

  void read_network(const config::Word& word, std::uint32_t value) {
    const auto network = network_of(word);
    if (!network) return;
    if (value == npos) {
      if (!by_network_.remove(*network)) say_nothing_to_delete(word);
    } else if (const auto before = by_network_.add(*network, value)) {
      say_twice(word.span, word.value, value, *before);
    }
  }

  void read_range(const config::Word& word, std::uint32_t value) {
    const auto range = table::parse_range(word.value);
    if (!range) {
      scope_.error(table::code::bad_key, word.span, "`" + printable(word.value, 60) + "` is no range of addresses")
          .with_help("with `ranges` every line is FIRST-LAST, in IPv4: 10.0.0.0-10.0.255.255");
    } else if (value == npos) {
      if (!by_range_.remove(*range)) say_nothing_to_delete(word);
    } else {
      add_range(word, *range, value);
    }
  }

  void add_range(const config::Word& word, table::AddressRange range, std::uint32_t value) {
    const auto added = by_range_.add(range, value);
    if (added.replaced) say_twice(word.span, word.value, value, *added.replaced);
    if (!added.overlapped) return;
    scope_.error(table::code::overlapping_ranges, word.span,
                 "`" + printable(word.value, 60) + "` reaches over the edge of an earlier range")
        .with_label("overlaps " + table::range_text(*added.overlapped))
        .with_help("write the larger range first: a later one may lie inside it");
  }

  table::Scope& scope_;
  const config::Bound& directive_;
  Geo& geo_;
  table::NetworkMapBuilder by_network_;
  table::RangeMapBuilder by_range_;
  std::unordered_map<std::string_view, std::uint32_t> values_;
  bool ranges_ = false, has_entries_ = false;
};

}  // namespace

void declare_geo(table::Scope& main, const config::Bound& directive) { declare_computed<Geo>(main, directive); }

void apply_geo(table::Scope& scope, const config::Bound& directive) {
  Reader(scope, directive, computed_object<Geo>(scope, directive)).run();
}

}  // namespace gh::policy
