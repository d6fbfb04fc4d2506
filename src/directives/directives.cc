#include "directives/directives.h"

namespace gh::directives {

std::span<const table::Module* const> all_modules() {
  static const table::Module* const modules[] = {
      &process_module, &core_http_module, &server_module, &ssl_module, &ssl_sessions_module, &location_module,
      &route_module,
      &upstream_module, &store_module,
      &error_page_module, &log_module, &keyval_module, &rewrite_module, &realip_module, &map_module, &limit_req_module,
      &limit_conn_module, &limit_count_module, &identity_module, &validate_module, &openapi_module,
      &oauth2_token_module,
      &allow_module,
      &auth_key_module, &auth_mtls_module, &auth_basic_module, &auth_jwt_module, &auth_request_module,
      &introspect_module, &oidc_module, &access_group_module, &auth_jwt_require_module, &auth_require_module,
      &secure_link_module,
      &valid_referers_module,
      &mirror_module, &proxy_buffers_module, &proxy_rewrites_module, &stub_status_module,
      &jwt_issue_module, &jwt_issue_keys_module, &proxy_ssl_module,
      &grpc_ssl_module, &upgrade_module, &proxy_module, &grpc_module, &grpc_pass_module, &http2_module,
      &try_files_module,
      &files_module, &expires_module, &reason_module, &headers_module, &cors_module,
      &gunzip_module, &sub_filter_module, &gzip_module, &range_module, &limit_rate_module,  // as a body passes them
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
