// Variables of files: the folder and the path that a request stands for.
#include <stdlib.h>

#include <cstring>

#include "proxy/exchange.h"
#include "proxy/file_path.h"
#include "proxy/variables.h"

namespace gh::proxy {

using config::Phase;
using table::not_found;
using table::VariableParam;

/// An alias stands for the location's text; one of a regex location is the whole path (its captures say the rest), but
/// for a name that try_files found below it.
std::string_view map_to_file(Exchange& x, std::string_view uri) {
  const table::FileSettings& files = *x.route->files;
  const std::string_view root = files.root.render(x, x.arena);
  if (files.is_alias) {
    if (files.alias_is_whole()) uri = x.adds_uri_to_alias ? uri : std::string_view();
    else uri = files.alias_bytes > uri.size() ? std::string_view() : uri.substr(files.alias_bytes);
  }
  char* const to = x.arena.chars(root.size() + uri.size() + 1);
  std::memcpy(to, root.data(), root.size());
  if (!uri.empty()) std::memcpy(to + root.size(), uri.data(), uri.size());
  to[root.size() + uri.size()] = '\0';
  return {to, root.size() + uri.size()};
}

namespace {

std::string_view document_root(Exchange& x, const VariableParam&) { return x.route->files->root.render(x, x.arena); }

std::string_view realpath_root(Exchange& x, const VariableParam& param) {
  const std::string_view root = document_root(x, param);
  char* const path = x.arena.chars(root.size() + 1);
  std::memcpy(path, root.data(), root.size());
  path[root.size()] = '\0';
  char* const real = ::realpath(path, nullptr);
  if (!real) return not_found;
  const std::string_view kept = x.arena.copy(real);
  ::free(real);
  return kept;
}

std::string_view request_filename(Exchange& x, const VariableParam&) { return map_to_file(x, x.uri); }

constexpr table::VariableRow rows[] = {
    {"document_root", document_root, Phase::rewrite, false, "value of root or alias"},
    {"realpath_root", realpath_root, Phase::rewrite, false, "root or alias with symbolic links resolved"},
    {"request_filename", request_filename, Phase::rewrite, false, "path of the file that the request stands for"},
};

}  // namespace

std::span<const table::VariableRow> file_variables() { return rows; }

}  // namespace gh::proxy
