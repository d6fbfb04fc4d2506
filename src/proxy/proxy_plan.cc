#include "proxy/proxy_plan.h"

#include <algorithm>

#include "base/text.h"

namespace gh::proxy {

using http::HeaderId;

void NameSet::add(std::string_view name, HeaderId id) {
  if (id != HeaderId::other) {
    bits_ |= bit(id);
  } else if (find(name) == std::string::npos && name.find('\n') == std::string_view::npos) {
    names_.append(to_lower(name)).push_back('\n');
  }
}

void NameSet::remove(std::string_view name) {
  const HeaderId id = http::header_id(name);
  if (id != HeaderId::other) bits_ &= ~bit(id);
  else if (const std::size_t at = find(name); at != std::string::npos) names_.erase(at, name.size() + 1);
}

std::size_t NameSet::find(std::string_view name) const {
  for (std::size_t at = 0; at < names_.size(); at = names_.find('\n', at) + 1) {
    const bool same_size = at + name.size() < names_.size() && names_[at + name.size()] == '\n';
    if (same_size && iequals(std::string_view(names_).substr(at, name.size()), name)) return at;
  }
  return std::string::npos;
}

namespace {

void add_set_headers(ProxyPlan& plan) {
  for (const table::HeaderSetting& header : plan.set_headers->list) {
    // RFC 9112 6: framing is the gateway's own business, whatever the configuration says.
    if (header.id == HeaderId::content_length || header.id == HeaderId::transfer_encoding) continue;
    const bool is_host = header.id == HeaderId::host;
    if (is_host && (!plan.default_host || header.value.is_empty())) continue;  // RFC 9112 3.2: exactly one
    plan.not_forwarded.add(header.name, header.id);
    if (is_host) plan.default_host = false;
    if (header.id == HeaderId::connection) plan.connection = &header.value;
    if (header.id == HeaderId::upgrade) plan.upgrade = &header.value;
    if (!header.value.is_constant()) {
      plan.pieces.push_back({{}, &header.value, header.name, is_host});
      continue;
    }
    const std::string_view text = header.value.constant_text();
    if (text.empty()) continue;  // an empty value removes the field (LANGUAGE 9.7)
    if (plan.pieces.empty() || plan.pieces.back().value) plan.pieces.emplace_back();
    plan.pieces.back().constant.append(header.name).append(": ").append(text).append("\r\n");
  }
}

NameSet hidden_fields(const table::ProxyHideHeaders& hide, const table::ProxyPassHeaders& pass) {
  NameSet hidden;
  for (const HeaderId id : {HeaderId::connection, HeaderId::keep_alive, HeaderId::proxy_connection, HeaderId::te,
                            HeaderId::transfer_encoding, HeaderId::upgrade, HeaderId::content_length}) {
    hidden.add(id);
  }
  const auto add = [&](std::string_view name) {
    const auto same = [&](const std::string& passed) { return iequals(passed, name); };
    if (std::none_of(pass.list.begin(), pass.list.end(), same)) hidden.add(name);
  };
  for (const char* name : {"Date", "Server", "X-Pad", "X-Accel-Expires", "X-Accel-Redirect", "X-Accel-Limit-Rate",
                           "X-Accel-Buffering", "X-Accel-Charset"}) {
    add(name);
  }
  for (const std::string& name : hide.list) add(name);
  return hidden;
}

void set_default_redirect(ProxyPlan& plan, bool prefix_location) {
  const table::ProxyTarget& target = *plan.target;
  const bool wanted = !plan.redirects || (plan.redirects->use_default && !plan.redirects->off);
  if (!wanted || target.has_variables) return;
  const bool with_uri = target.has_uri && prefix_location;
  plan.redirect_from.append(target.tls ? "https://" : "http://").append(target.host);
  plan.redirect_from += with_uri ? target.uri : "/";
  plan.redirect_to = with_uri ? plan.prefix : "/";
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
  static const NameSet usually_hidden = hidden_fields({}, {});
  plan->hidden = hide.list.empty() && pass.list.empty() ? usually_hidden : hidden_fields(hide, pass);
  set_default_redirect(*plan, prefix_location);
  return plan;
}

}  // namespace gh::proxy
