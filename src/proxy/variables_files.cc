// Variables of files: the folder and the path that a request stands for.
#include <stdlib.h>


#include "proxy/exchange.h"
#include "proxy/join.h"
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
  return join_path(x.arena, root, uri);
}

namespace {

std::string_view document_root(Exchange& x, const VariableParam&) { return x.route->files->root.render(x, x.arena); }

std::string_view realpath_root(Exchange& x, const VariableParam& param) {
  char* const real = ::realpath(join_path(x.arena, document_root(x, param)).data(), nullptr);
  if (!real) return not_found;
  const std::string_view kept = x.arena.copy(real);
  ::free(real);
  return kept;
}

std::string_view request_filename(Exchange& x, const VariableParam&) { return map_to_file(x, x.uri); }

std::string_view script_name(Exchange& x, const VariableParam&) { return x.uri; }

/// Of what is not served: the names are known, so that files load.
std::string_view not_served(Exchange&, const VariableParam&) { return not_found; }

constexpr table::VariableRow rows[] = {
    {"fastcgi_script_name", script_name, Phase::rewrite, false, "the path, as $uri"},
    {"fastcgi_path_info", not_served, Phase::rewrite, false, "not there: FastCGI is not spoken"},
    {"slice_range", not_served, Phase::rewrite, false, "not there: answers are not sliced"},
    {"uid_got", not_served, Phase::rewrite, false, "not there: userid is not served yet"},
    {"uid_set", not_served, Phase::rewrite, false, "not there: userid is not served yet"},
    {"uid_reset", not_served, Phase::rewrite, false, "not there: userid is not served yet"},
    {"date_local", not_served, Phase::rewrite, false, "not there: ssi is not served yet"},
    {"date_gmt", not_served, Phase::rewrite, false, "not there: ssi is not served yet"},
    {"document_root", document_root, Phase::rewrite, false, "value of root or alias"},
    {"realpath_root", realpath_root, Phase::rewrite, false, "root or alias with symbolic links resolved"},
    {"request_filename", request_filename, Phase::rewrite, false, "path of the file that the request stands for"},
};

}  // namespace

std::span<const table::VariableRow> file_variables() { return rows; }

}  // namespace gh::proxy
