// What the policies give to the directive table (src/directives): for each directive what its rows call (`apply_...`
// while a block is read), and for each policy what turns its settings into steps of a route (`finish_...`). Implemented
// in PHASE/NAME.cc, one file a policy; no policy includes another. Build thread only.
#pragma once

#include "table/scope.h"

namespace gh::policy {

// rewrite/rewrite.cc, return.cc, condition.cc: a block's operations in the order of the file
void apply_return(table::Scope&, const config::Bound&);
void apply_rewrite(table::Scope&, const config::Bound&);
void apply_break(table::Scope&, const config::Bound&);
void declare_set(table::Scope&, const config::Bound&);
void apply_set(table::Scope&, const config::Bound&);
void apply_if(table::Scope&, const config::Bound&);
void finish_rewrite(table::Scope&, table::Route&);

// access/satisfy.cc: satisfy and auth_delay; asks the checks of all access policies
void apply_satisfy(table::Scope&, const config::Bound&);
void apply_auth_delay(table::Scope&, const config::Bound&);
void finish_access(table::Scope&, table::Route&);
void list_exempt_routes(table::Scope& main);

// rewrite/map.cc, rewrite/geo.cc, rewrite/split_clients.cc: variables that the configuration computes
void declare_map(table::Scope&, const config::Bound&);
void apply_map(table::Scope&, const config::Bound&);
void declare_geo(table::Scope&, const config::Bound&);
void apply_geo(table::Scope&, const config::Bound&);
void declare_split_clients(table::Scope&, const config::Bound&);
void apply_split_clients(table::Scope&, const config::Bound&);

// access/allow.cc, auth_basic.cc, auth_request.cc: checks of that group
void apply_allow(table::Scope&, const config::Bound&);
void apply_deny(table::Scope&, const config::Bound&);
void finish_allow(table::Scope&, table::Route&);
void apply_auth_basic(table::Scope&, const config::Bound&);
void apply_auth_basic_user_file(table::Scope&, const config::Bound&);
void finish_auth_basic(table::Scope&, table::Route&);
void apply_auth_request(table::Scope&, const config::Bound&);
void declare_auth_request_set(table::Scope& main, const config::Bound&);
void apply_auth_request_set(table::Scope&, const config::Bound&);
void apply_auth_request_cache(table::Scope&, const config::Bound&);
void finish_auth_request(table::Scope&, table::Route&);

// consumers.cc: consumer blocks; access/auth_key.cc: a check of the access group
void apply_consumer(table::Scope&, const config::Bound&);
void apply_consumer_key(table::Scope&, const config::Bound&);
void apply_consumer_plan(table::Scope&, const config::Bound&);
void apply_consumer_group(table::Scope&, const config::Bound&);
void apply_consumer_user(table::Scope&, const config::Bound&);
void apply_consumer_certificate(table::Scope&, const config::Bound&);
void end_consumers(table::Scope& main);
void apply_auth_mtls(table::Scope&, const config::Bound&);
void finish_auth_mtls(table::Scope&, table::Route&);
void end_auth_mtls(table::Scope& main);
void apply_auth_key(table::Scope&, const config::Bound&);
void finish_auth_key(table::Scope&, table::Route&);
void end_auth_key(table::Scope& main);
// access/auth_jwt_settings.cc, auth_jwt_keys.cc, auth_jwt_claims.cc: verified tokens
void apply_auth_jwt(table::Scope&, const config::Bound&);
void apply_auth_jwt_key_file(table::Scope&, const config::Bound&);
void apply_auth_jwt_key_request(table::Scope&, const config::Bound&);
void apply_auth_jwt_key_cache(table::Scope&, const config::Bound&);
void apply_auth_jwt_key_url(table::Scope&, const config::Bound&);
void apply_auth_jwt_secret(table::Scope&, const config::Bound&);
void apply_auth_jwt_issuer(table::Scope&, const config::Bound&);
void apply_auth_jwt_audience(table::Scope&, const config::Bound&);
void apply_auth_jwt_leeway(table::Scope&, const config::Bound&);
void apply_auth_jwt_type(table::Scope&, const config::Bound&);
void apply_auth_jwt_require_exp(table::Scope&, const config::Bound&);
void apply_auth_jwt_error(table::Scope&, const config::Bound&);
void apply_auth_jwt_cache(table::Scope&, const config::Bound&);
void finish_auth_jwt(table::Scope&, table::Route&);
void declare_auth_jwt_claim_set(table::Scope& main, const config::Bound&);
void declare_auth_jwt_header_set(table::Scope& main, const config::Bound&);
void apply_auth_jwt_set(table::Scope&, const config::Bound&);
void apply_auth_jwt_require(table::Scope&, const config::Bound&);
void finish_auth_jwt_require(table::Scope&, table::Route&);

// access/auth_introspect.cc
void apply_auth_introspect(table::Scope&, const config::Bound&);
void finish_auth_introspect(table::Scope&, table::Route&);

// access/oidc_provider.cc, auth_oidc.cc
void declare_oidc_provider(table::Scope& main, const config::Bound&);
void apply_oidc_provider(table::Scope&, const config::Bound&);
void apply_oidc_setting(table::Scope&, const config::Bound&);
void end_oidc(table::Scope& main);
void apply_auth_oidc(table::Scope&, const config::Bound&);
void finish_auth_oidc(table::Scope&, table::Route&);

// request/proxy_oauth2_token.cc
void apply_proxy_oauth2_token(table::Scope&, const config::Bound&);
void finish_proxy_oauth2_token(table::Scope&, table::Route&);

// access/auth_require.cc
void apply_auth_require(table::Scope&, const config::Bound&);
void finish_auth_require(table::Scope&, table::Route&);

// access/secure_link.cc, valid_referers.cc: settings of variables
void apply_secure_link(table::Scope&, const config::Bound&);
void apply_secure_link_md5(table::Scope&, const config::Bound&);
void apply_secure_link_secret(table::Scope&, const config::Bound&);
void finish_secure_link(table::Scope&, table::Route&);
void apply_valid_referers(table::Scope&, const config::Bound&);
void finish_valid_referers(table::Scope&, table::Route&);

// address/set_real_ip_from.cc
void apply_set_real_ip_from(table::Scope&, const config::Bound&);
void apply_real_ip_header(table::Scope&, const config::Bound&);
void apply_real_ip_recursive(table::Scope&, const config::Bound&);
void finish_real_ip(table::Scope&, table::Route&);
void end_real_ip(table::Scope& main);

// address/identity_header.cc
void apply_identity_header(table::Scope&, const config::Bound&);
void finish_identity_header(table::Scope&, table::Route&);

// cors/cors.cc: cors, and the lines of its block
void apply_cors(table::Scope&, const config::Bound&);
void apply_cors_origins(table::Scope&, const config::Bound&);
void apply_cors_methods(table::Scope&, const config::Bound&);
void apply_cors_headers(table::Scope&, const config::Bound&);
void apply_cors_expose(table::Scope&, const config::Bound&);
void apply_cors_credentials(table::Scope&, const config::Bound&);
void apply_cors_max_age(table::Scope&, const config::Bound&);
void apply_cors_private_network(table::Scope&, const config::Bound&);
void finish_cors(table::Scope&, table::Route&);

// request/validate.cc
void apply_validate(table::Scope&, const config::Bound&);
void finish_validate(table::Scope&, table::Route&);

// request/openapi.cc
void apply_openapi(table::Scope&, const config::Bound&);
void finish_openapi(table::Scope&, table::Route&);

// limit/limit_conn.cc
void apply_limit_conn_zone(table::Scope&, const config::Bound&);
void apply_limit_conn(table::Scope&, const config::Bound&);
void apply_limit_conn_status(table::Scope&, const config::Bound&);
void apply_limit_conn_log_level(table::Scope&, const config::Bound&);
void apply_limit_conn_dry_run(table::Scope&, const config::Bound&);
void finish_limit_conn(table::Scope&, table::Route&);

// usage_plan.cc
void apply_plan(table::Scope&, const config::Bound&);
void apply_plan_rate(table::Scope&, const config::Bound&);
void apply_plan_quota(table::Scope&, const config::Bound&);
void end_plans(table::Scope& main);

// limit/limit_count_zone.cc, limit_count.cc
void apply_limit_count_zone(table::Scope&, const config::Bound&);
void apply_limit_count(table::Scope&, const config::Bound&);
void apply_limit_count_log_level(table::Scope&, const config::Bound&);
void apply_limit_count_dry_run(table::Scope&, const config::Bound&);
void finish_limit_count(table::Scope&, table::Route&);
void end_limit_count(table::Scope& main);

// limit/limit_req.cc
void apply_limit_req_zone(table::Scope&, const config::Bound&);
void apply_limit_req(table::Scope&, const config::Bound&);
void apply_limit_req_status(table::Scope&, const config::Bound&);
void apply_limit_req_log_level(table::Scope&, const config::Bound&);
void apply_limit_req_dry_run(table::Scope&, const config::Bound&);
void finish_limit_req(table::Scope&, table::Route&);

// content/proxy_pass.cc: reads the scope's ProxyTarget (table/proxy_target.h) and the proxy lists of table/plan.h
void finish_proxy(table::Scope&, table::Route&);

// content/grpc_pass.cc
void finish_grpc_pass(table::Scope&, table::Route&);

// content/mirror.cc
void apply_mirror(table::Scope&, const config::Bound&);
void apply_mirror_request_body(table::Scope&, const config::Bound&);
void finish_mirror(table::Scope&, table::Route&);

// content/stub_status.cc
void apply_stub_status(table::Scope&, const config::Bound&);
void finish_stub_status(table::Scope&, table::Route&);

// content/static.cc: the last content step of every route: root and index; gzip_static, brotli_static, zstd_static
void apply_precompressed(table::Scope&, const config::Bound&);
void finish_static(table::Scope&, table::Route&);

// content/try_files.cc
void apply_try_files(table::Scope&, const config::Bound&);
void finish_try_files(table::Scope&, table::Route&);

// response/expires.cc
void apply_expires(table::Scope&, const config::Bound&);
void finish_expires(table::Scope&, table::Route&);

// response/range.cc: max_ranges
void apply_max_ranges(table::Scope&, const config::Bound&);
void finish_range(table::Scope&, table::Route&);

// response/gateway_reason.cc
void apply_gateway_reason_header(table::Scope&, const config::Bound&);
void finish_gateway_reason_header(table::Scope&, table::Route&);

// response/headers.cc: add_header and add_trailer
void apply_add_header(table::Scope&, const config::Bound&);
void apply_add_header_inherit(table::Scope&, const config::Bound&);
void apply_add_trailer(table::Scope&, const config::Bound&);
void apply_add_trailer_inherit(table::Scope&, const config::Bound&);
void finish_headers(table::Scope&, table::Route&);
void finish_trailers(table::Scope&, table::Route&);

}  // namespace gh::policy
