// try_files (LANGUAGE.md 11.7): the first name that is there becomes $uri of this very location; if none is, its last
// argument says how to go on: a URI, @name or =code. Not inherited.
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include "base/text.h"
#include "http/target.h"
#include "policy/policy.h"
#include "proxy/exchange.h"
#include "proxy/join.h"
#include "proxy/file_path.h"
#include "table/codes.h"
#include "table/plan.h"
#include "table/server_block.h"

namespace gh::policy {

using proxy::Exchange;
using table::FileSettings;
using table::Verdict;

namespace {

struct Candidate {
  table::Template name;
  bool is_folder = false;    // written with a "/" at its end
};
struct TryFiles {
  std::vector<Candidate> candidates;
  table::Template otherwise;
  unsigned status = 0;       // `=code`, instead of `otherwise`
  bool stated = false;
};

/// What a name of the list means under an alias: one made of variables usually begins with $uri, and its part that the
/// alias stands for is taken off (as in nginx also in the last argument).
std::string_view below_alias(const Exchange& x, const table::Template& name, std::string_view text) {
  const FileSettings& files = *x.route->files;
  if (!files.is_alias || files.alias_is_whole() || name.is_constant() || files.alias_bytes > x.uri.size() ||
      !text.starts_with(x.uri.substr(0, files.alias_bytes))) {
    return text;
  }
  return text.substr(files.alias_bytes);
}

/// root + name, as a C string.
const char* path_of(Exchange& x, std::string_view name) {
  return proxy::join_path(x.arena, x.route->files->root.render(x, x.arena), name).data();
}

/// A name made of what the client sent may hold anything: it must not lead out of the folder.
bool is_there(Exchange& x, std::string_view name, bool is_folder) {
  if (http::has_parent_segment(name) || name.find('\0') != std::string_view::npos) {
    x.log(LogLevel::error, fmt::format("`try_files` does not look for \"{}\"", printable(name)));
    return false;
  }
  const char* const path = path_of(x, name);
  struct stat info;
  if (::stat(path, &info) == 0) return S_ISDIR(info.st_mode) == is_folder;
  if (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG) {
    const int error = errno;
    x.log(LogLevel::crit,
          fmt::format("stat() \"{}\" failed ({}: {})", path, error, std::generic_category().message(error)));
  }
  return false;
}

/// The request stays in its location.
Verdict take(Exchange& x, std::string_view name, bool is_folder) {
  const FileSettings& files = *x.route->files;
  if (!files.is_alias) {
    x.uri = name;
  } else if (!files.alias_is_whole()) {
    const std::string_view kept = x.uri.substr(0, std::min(files.alias_bytes, x.uri.size()));
    x.uri = proxy::join(x.arena, kept, name);
  } else if (!is_folder) {
    x.uri = name;
    x.adds_uri_to_alias = true;
  }
  return Verdict::next;
}

Verdict none_is_there(Exchange& x, const TryFiles& list) {
  if (list.status == 444) return x.drop();
  if (list.status != 0) return x.error(list.status);
  const std::string_view text = below_alias(x, list.otherwise, list.otherwise.render(x, x.arena));
  if (text.starts_with('@')) return x.named_redirect(text);
  const std::size_t question = text.find('?');
  const bool has_args = question != std::string_view::npos;
  return x.internal_redirect(text.substr(0, question), has_args ? text.substr(question + 1) : std::string_view(""));
}

Verdict run(Exchange& x, const void* params) {
  const auto& list = *static_cast<const TryFiles*>(params);
  for (const Candidate& candidate : list.candidates) {
    const std::string_view name = below_alias(x, candidate.name, candidate.name.render(x, x.arena));
    if (is_there(x, name, candidate.is_folder)) return take(x, name, candidate.is_folder);
  }
  return none_is_there(x, list);
}

// ---- the configuration ---------------------------------------------------------------------------------------------

/// "=code": false when it is none.
bool read_code(table::Scope& scope, const config::Value& value, TryFiles& out) {
  const auto code = parse_uint(std::string_view(value.text).substr(1));
  if (!code || *code < 200 || *code > 999) {
    scope.error(table::code::bad_status, value.span, "`" + std::string(value.text) + "` is no status")
        .with_help("the last argument of `try_files` is a URI, @name, or = and a status from 200 to 999, such as =404");
    return false;
  }
  out.status = static_cast<unsigned>(*code);
  return true;
}

Candidate read_candidate(table::Scope& scope, const config::Value& value) {
  std::string_view text = value.text;
  const bool is_folder = text.ends_with('/');
  if (is_folder) text.remove_suffix(1);
  return {scope.compile(text, value.span), is_folder};
}

}  // namespace

void apply_try_files(table::Scope& scope, const config::Bound& directive) {
  auto& list = scope.local<TryFiles>();
  list.stated = true;
  const auto files = directive.values.first(directive.values.size() - 1);
  for (const config::Value& value : files) list.candidates.push_back(read_candidate(scope, value));
  const config::Value& last = directive.values.back();
  if (last.text.starts_with("=")) {
    read_code(scope, last, list);
    return;
  }
  list.otherwise = scope.compile(last);
  if (last.text.starts_with("@") && list.otherwise.is_constant()) {
    table::check_named_location(scope, std::string(last.text), last.span);
  }
}

void finish_try_files(table::Scope& scope, table::Route& route) {
  auto list = scope.local_or_null<TryFiles>();
  if (list && list->stated) table::add_step(route, config::Phase::precontent, run, std::move(list), "try_files");
}

}  // namespace gh::policy
