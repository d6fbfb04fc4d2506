// THE TABLE: every directive of the language is one row in one of the files here (one file a module). This joins them.
// The modules stand in the order in which their policies act within one phase.
#pragma once

#include <span>

#include "config/directive.h"
#include "table/scope.h"

namespace gh::directives {

extern const table::Module
    access_group_module,
    allow_module,
    auth_basic_module, auth_key_module, auth_mtls_module,
    auth_request_module,
    auth_require_module, auth_jwt_module, auth_jwt_require_module,
    core_http_module,
    error_page_module,
    expires_module,
    files_module,
    grpc_module,
    grpc_pass_module,
    grpc_ssl_module,
    gunzip_module,
    gzip_module,
    headers_module,
    http2_module,
    introspect_module, oauth2_token_module, oidc_module,
    jwt_issue_module, jwt_issue_keys_module,
    keyval_module,
    limit_conn_module,
    limit_rate_module,
    limit_count_module, limit_req_module,
    location_module,
    log_module,
    map_module,
    mirror_module,
    process_module,
    proxy_buffers_module,
    proxy_module,
    proxy_rewrites_module,
    proxy_ssl_module,
    range_module,
    realip_module, identity_module,
    reason_module, cors_module, validate_module, openapi_module,
    rewrite_module,
    route_module,
    secure_link_module,
    server_module,
    ssl_module,
    ssl_sessions_module,
    store_module,
    stub_status_module,
    sub_filter_module,
    trailers_module,
    try_files_module,
    upgrade_module,
    upstream_module,
    valid_referers_module;

std::span<const table::Module* const> all_modules();

/// All rows and the names that are only known, for load().
config::Language language();

/// Names of nginx and of its neighbours that are not in the table, and what happens to them (known.cc).
std::span<const config::Known> known_names();

}  // namespace gh::directives
