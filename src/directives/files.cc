// Files served by locations without another handler: root, alias, index, types. The step is policy/content/static.cc.
#include "base/text.h"
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"
#include "table/build.h"
#include "table/plan.h"

namespace gh::directives {
namespace {

using table::FileSettings;
using Types = std::unordered_map<std::string, std::string>;

/// Local marks: what this block has stated already.
struct IndexStated { bool here = false; };
struct RootStated {
  bool here = false;
  config::Span where;
};

/// These variables are made of `root`: it cannot be made of them.
bool needs_itself(Scope& scope, const Value& value) {
  for (const std::string_view name : {"document_root", "realpath_root", "request_filename"}) {
    for (const std::string_view dollar : {"$", "${"}) {
      const std::size_t at = value.text.find(std::string(dollar) + std::string(name));
      if (at == std::string_view::npos) continue;
      scope.error(table::code::bad_variable, value.span, "`$" + std::string(name) + "` is made of `root` and `alias`")
          .with_help("write the folder itself, or keep it in a variable of its own");
      return true;
    }
  }
  return false;
}

table::Template absolute(Scope& scope, const Value& value) {
  if (needs_itself(scope, value)) return {};
  if (value.text.starts_with("/") || value.text.starts_with("$")) return scope.compile(value);
  return scope.compile(scope.builder.input.prefix + std::string(value.text), value.span);
}

bool first_root(Scope& scope, const Bound& directive) {
  auto& stated = scope.local<RootStated>();
  if (stated.here) {
    scope.error(table::code::duplicate, directive.span(), "`root` and `alias` in one block")
        .with_related(stated.where, "the first one")
        .with_help("`root` puts the whole path behind its folder, `alias` what follows the location: keep one of them");
    return false;
  }
  stated = {true, directive.span()};
  return true;
}

void apply_root(Scope& scope, const Bound& directive) {
  if (!first_root(scope, directive)) return;
  auto& files = scope.edit<FileSettings>();
  files.root = absolute(scope, directive.at(0));
  files.is_alias = false;
}

void apply_alias(Scope& scope, const Bound& directive) {
  if (!first_root(scope, directive)) return;
  if (table::route_of(scope)->kind == table::Route::Kind::named) {
    scope.error(table::code::not_allowed_here, directive.span(), "`alias` in a named location")
        .with_help("a named location stands for no part of the path: use `root`");
    return;
  }
  auto& files = scope.edit<FileSettings>();
  files.root = absolute(scope, directive.at(0));
  files.is_alias = true;
  const table::Route& route = *table::route_of(scope);
  files.alias_bytes = route.kind == table::Route::Kind::regex ? FileSettings::whole_alias : route.prefix.size();
}

void apply_index(Scope& scope, const Bound& directive) {
  auto& files = scope.edit<FileSettings>();
  auto& stated = scope.local<IndexStated>();
  if (!stated.here) files.index.clear();
  stated.here = true;
  for (const Value& value : directive.values) {
    if (value.text.empty()) scope.error(table::code::empty_value, value.span, "an empty file name in `index`");
    else files.index.push_back(scope.compile(value));
    if (value.text.starts_with("/") && &value != &directive.values.back()) {
      scope.note(table::code::no_effect, value.span, "what stands behind `" + std::string(value.text) + "` is not used")
          .with_help("a name that begins with / is not looked for: the request goes there; put it last");
    }
  }
}

/// types { text/html html htm; }: type first, then its extensions.
void apply_types(Scope& scope, const Bound& directive) {
  auto types = std::make_shared<Types>();
  config::for_each_directive(directive.node->children, [&](const config::Node& item) {
    if (item.name() == "include") return;  // a pattern without files
    if (item.words.size() < 2) {
      scope.error(table::code::argument_count, item.span, "a line of `types` is a type and its extensions")
          .with_help("for example: text/html html htm;");
    }
    for (std::size_t i = 1; i < item.words.size(); ++i) {
      types->insert_or_assign(to_lower(item.words[i].value), std::string(item.words[0].value));
    }
  });
  scope.edit<FileSettings>().types = std::move(types);
}

void apply_if_modified_since(Scope& scope, const Bound& directive) {
  const std::string_view word = directive.at(0).text;
  scope.edit<FileSettings>().if_modified_since = word == "off"     ? table::IfModifiedSince::off
                                                 : word == "exact" ? table::IfModifiedSince::exact
                                                                   : table::IfModifiedSince::before;
}

constexpr ArgSpec precompressed{"on|off|always", ArgType::one_of, Presence::required, "on|off|always"};

constexpr Row rows[] = {
    {.name = "root",
     .contexts = hsl | config::in_location_if,
     .args = {{{"folder", ArgType::templ}}},
     .fallback = "html",
     .apply = apply_root,
     .doc = "Folder of files; relative ones start at the prefix (-p)."},
    {.name = "alias",
     .contexts = config::in_location | config::not_in_route,
     .args = {{{"path", ArgType::templ}}},
     .inherit = Inherit::none,
     .apply = apply_alias,
     .doc = "What stands instead of the location's path in a file's path."},
    {.name = "index",
     .contexts = hsl,
     .args = {{{"file", ArgType::templ, Presence::repeat_one}}},
     .fallback = "index.html",
     .inherit = Inherit::replace,
     .repeatable = true,
     .apply = apply_index,
     .doc = "Files tried for a path that ends in /."},
    {.name = "types",
     .contexts = hsl,
     .block = Block::data,
     .fallback = "{ text/html html; image/gif gif; image/jpeg jpg; }",
     .apply = apply_types,
     .doc = "Content types by file name extension."},
    setting("default_type", hsl, {"type", ArgType::word}, "text/plain", set<&FileSettings::default_type>,
            "Content type of files without a known extension, and of `return CODE TEXT`."),
    setting("if_modified_since", hsl, {"how", ArgType::one_of, Presence::required, "off|exact|before"}, "exact",
            apply_if_modified_since, "How a file's time is compared with If-Modified-Since before a 304 is answered."),
    setting("gzip_static", hsl, precompressed, "off", policy::apply_precompressed,
            "FILE.gz is served for FILE to clients that take gzip; always: to all."),
    setting("brotli_static", hsl, precompressed, "off", policy::apply_precompressed,
            "FILE.br is served for FILE to clients that take br; always: to all."),
    setting("zstd_static", hsl, precompressed, "off", policy::apply_precompressed,
            "FILE.zst is served for FILE to clients that take zstd; always: to all."),
};

constexpr Row try_files_rows[] = {
    {.name = "try_files",
     .contexts = config::in_server | config::in_location,
     .args = {{{"file", ArgType::templ}, {"file|uri|@name|=code", ArgType::templ, Presence::repeat_one}}},
     .inherit = Inherit::none,
     .phase = Phase::precontent,
     .apply = policy::apply_try_files,
     .doc = "The first file (or folder, with a / at its end) that is there is served; else the last argument."},
};

constexpr Row range_rows[] = {
    setting("max_ranges", hsl, any_count, "", policy::apply_max_ranges,
            "Ranges of one request that are served; more get the whole body. 0: Range is not looked at."),
};

void start(Scope& main) {
  auto& files = main.edit<FileSettings>();
  files.root = table::Template::constant(main.builder.input.prefix + "html");
  files.index.push_back(table::Template::constant("index.html"));
  files.types =
      std::make_shared<const Types>(Types{{"html", "text/html"}, {"gif", "image/gif"}, {"jpg", "image/jpeg"}});
}

}  // namespace

constinit const table::Module files_module{"files", rows, policy::finish_static, start, nullptr};
constinit const table::Module try_files_module{"try_files", try_files_rows, policy::finish_try_files};
constinit const table::Module range_module{"range", range_rows, policy::finish_range};

}  // namespace gh::directives
