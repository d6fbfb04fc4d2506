#include "directives/directives.h"

namespace gh::directives {

std::span<const table::Module* const> all_modules() {
  static const table::Module* const modules[] = {
      &process_module,    &core_http_module, &server_module,  &location_module,    &upstream_module,
      &error_page_module, &log_module,     &rewrite_module,      &limit_req_module, &map_module,
      &access_group_module,
      &stub_status_module, &proxy_module, &grpc_pass_module, &try_files_module, &files_module,
      &compression_module, &expires_module, &headers_module,  &range_module,
      &trailers_module,
  };
  return modules;
}

config::Language language() {
  config::Language out;
  for (const table::Module* module : all_modules()) {
    for (const config::Row& row : module->rows) out.rows.push_back(&row);
  }
  out.known = known_names();
  return out;
}

}  // namespace gh::directives
