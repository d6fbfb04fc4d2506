#include "proxy/proxy_plan.h"

#include <algorithm>

#include "base/text.h"

namespace gh::proxy {

using http::HeaderId;

void NameSet::add(std::string_view name) {
  const HeaderId id = http::header_id(name);
  if (id != HeaderId::other) bits_ |= bit(id);
  else if (!has_name(name)) names_.push_back(to_lower(name));
}

void NameSet::remove(std::string_view name) {
  const HeaderId id = http::header_id(name);
  if (id != HeaderId::other) bits_ &= ~bit(id);
  else std::erase_if(names_, [&](const std::string& n) { return iequals(n, name); });
}

bool NameSet::has_name(std::string_view name) const {
  return std::any_of(names_.begin(), names_.end(), [&](const std::string& n) { return iequals(n, name); });
}

namespace {

void add_set_headers(ProxyPlan& plan) {
  for (const table::HeaderSetting& header : plan.set_headers->list) {
    // RFC 9112 6: framing is the gateway's own business, whatever the configuration says.
    if (header.id == HeaderId::content_length || header.id == HeaderId::transfer_encoding) continue;
    const bool is_host = header.id == HeaderId::host;
    if (is_host && (!plan.default_host || header.value.is_empty())) continue;  // RFC 9112 3.2: exactly one
    plan.not_forwarded.add(header.name);
    if (is_host) plan.default_host = false;
    if (header.id == HeaderId::connection) plan.sets_connection = true;
    if (!header.value.is_constant()) {
      plan.pieces.push_back({{}, &header.value, header.name, is_host});
      continue;
    }
    const std::string_view text = header.value.constant_text();
    if (text.empty()) continue;  // an empty value removes the field (LANGUAGE 9.7)
    if (plan.pieces.empty() || plan.pieces.back().value) plan.pieces.emplace_back();
    plan.pieces.back().constant += header.name + ": " + std::string(text) + "\r\n";
  }
}

void set_default_redirect(ProxyPlan& plan, bool prefix_location) {
  const table::ProxyTarget& target = *plan.target;
  const bool wanted = plan.redirects ? plan.redirects->use_default && !plan.redirects->off : true;
  if (!wanted || target.has_variables) return;
  const std::string base = std::string(target.tls ? "https://" : "http://") + target.host;
  if (target.has_uri && prefix_location) {
    plan.redirect_from = base + target.uri;
    plan.redirect_to = plan.prefix;
  } else {
    plan.redirect_from = base + "/";
    plan.redirect_to = "/";
  }
}

}  // namespace

std::shared_ptr<ProxyPlan> make_proxy_plan(std::shared_ptr<const table::ProxyTarget> target,
                                           std::shared_ptr<const table::ProxySettings> settings,
                                           std::shared_ptr<const table::ProxySetHeaders> set_headers,
                                           const table::ProxyHideHeaders& hide, const table::ProxyPassHeaders& pass,
                                           std::shared_ptr<const table::ProxyRedirects> redirects,
                                           const std::string& location_prefix, bool prefix_location) {
  auto plan = std::make_shared<ProxyPlan>();
  plan->target = std::move(target);
  plan->settings = std::move(settings);
  plan->set_headers = std::move(set_headers);
  plan->redirects = std::move(redirects);
  plan->prefix = location_prefix;
  // RFC 9110 7.6.1: what is between client and gateway alone never reaches the upstream; framing is written anew.
  for (const HeaderId id : {HeaderId::host, HeaderId::connection, HeaderId::keep_alive, HeaderId::proxy_connection,
                            HeaderId::te, HeaderId::transfer_encoding, HeaderId::upgrade, HeaderId::content_length,
                            HeaderId::expect, HeaderId::http2_settings, HeaderId::trailer}) {
    plan->not_forwarded.add(id);
  }
  if (plan->set_headers) add_set_headers(*plan);
  for (const HeaderId id : {HeaderId::connection, HeaderId::keep_alive, HeaderId::proxy_connection, HeaderId::te,
                            HeaderId::transfer_encoding, HeaderId::upgrade, HeaderId::content_length}) {
    plan->hidden.add(id);
  }
  for (const char* name : {"Date", "Server", "X-Pad", "X-Accel-Expires", "X-Accel-Redirect", "X-Accel-Limit-Rate",
                           "X-Accel-Buffering", "X-Accel-Charset"}) {
    const bool passed =
        std::any_of(pass.list.begin(), pass.list.end(), [&](const std::string& p) { return iequals(p, name); });
    if (!passed) plan->hidden.add(name);
  }
  for (const std::string& name : hide.list) {
    const bool passed =
        std::any_of(pass.list.begin(), pass.list.end(), [&](const std::string& p) { return iequals(p, name); });
    if (!passed) plan->hidden.add(name);
  }
  set_default_redirect(*plan, prefix_location);
  return plan;
}

}  // namespace gh::proxy
