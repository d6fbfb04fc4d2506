#include "directives/directives.h"

namespace gh::directives {

std::span<const table::Module* const> all_modules() {
  static const table::Module* const modules[] = {
      &process_module,    &core_http_module, &server_module,  &location_module,    &upstream_module,
      &error_page_module, &log_module,     &return_module,      &limit_req_module,
      &access_group_module,
      &stub_status_module, &proxy_module,     &headers_module,
      &gunzip_module,     &sub_filter_module, &gzip_module,     &limit_rate_module,  // as a body passes them
      &files_module,
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
