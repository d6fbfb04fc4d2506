// What a provider says of itself: its endpoints and its keys.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "policy/oidc.h"
#include "policy/oidc_server.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace gh::policy {

using http::HttpUrl;
using upstream::FetchAnswer;
using upstream::FetchRequest;

namespace {

constexpr std::int64_t keep_ms = 3600 * 1000;    // what was learnt
constexpr std::int64_t pause_ms = 2000;          // after a failure
constexpr std::int64_t pause_with_old_ms = 30'000;  // ... when what was learnt before still serves
const std::string about_key = "provider";

FetchRequest get(const HttpUrl& url, const AskSettings& settings) {
  FetchRequest request;
  request.url = url;
  request.fields = {{"Accept", "application/json"}};
  request.timeout_ms = settings.timeout_ms;
  request.most_bytes = jose::most_set_bytes;
  request.tls = settings.tls;
  return request;
}

/// Secrets go there: in the clear only where the issuer itself is stated so.
Result<HttpUrl> read_endpoint(json::Value said, std::string_view name, const OidcProvider& provider) {
  const std::string_view text = said.find(name).text();
  auto url = HttpUrl::parse(text, HttpUrl::Schemes::http_and_https);
  if (!url) return fail(fmt::format("its {} is no URL: {}", name, url.error().text));
  if (!url->tls && provider.config_url.tls) return fail(fmt::format("its {} is not https://", name));
  return url;
}

/// Goes into a Location field.
Result<std::string> read_page(json::Value said, std::string_view name, const OidcProvider& provider) {
  const auto url = read_endpoint(said, name, provider);
  if (!url) return Unexpected<Error>(url.error());
  return std::string(said.find(name).text());
}

bool lists(json::Value list, std::string_view word) {
  for (const json::Value item : list.elements()) {
    if (item.text() == word) return true;
  }
  return false;
}

Result<std::shared_ptr<ProviderData>> read_provider(const Result<FetchAnswer>& answer, const OidcProvider& provider) {
  const auto document = read_answer(answer);
  if (!document) return Unexpected<Error>(document.error());
  const json::Value said = document->root();
  if (said.find("issuer").text() != provider.issuer) {
    return fail(fmt::format("it says to be \"{}\", and not \"{}\"", printable(said.find("issuer").text()),
                            provider.issuer));
  }
  auto data = std::make_shared<ProviderData>();
  auto page = read_page(said, "authorization_endpoint", provider);
  if (!page) return Unexpected<Error>(page.error());
  data->authorization_url = *page;
  const std::pair<std::string_view, HttpUrl*> endpoints[] = {
      {"token_endpoint", &data->token_url}, {"jwks_uri", &data->keys_url}, {"userinfo_endpoint", &data->userinfo_url}};
  for (const auto& [name, to] : endpoints) {
    if (to == &data->userinfo_url && !provider.userinfo) continue;
    auto url = read_endpoint(said, name, provider);
    if (!url) return Unexpected<Error>(url.error());
    *to = std::move(*url);
  }
  if (said.find("end_session_endpoint")) {
    if (auto logout = read_page(said, "end_session_endpoint", provider)) data->logout_url = *logout;
  }
  const json::Value methods = said.find("token_endpoint_auth_methods_supported");
  data->takes_basic = !methods.is_array() || lists(methods, "client_secret_basic");
  data->says_issuer = said.find("authorization_response_iss_parameter_supported").as_bool().value_or(false);
  return data;
}

Result<void> read_keys(const Result<FetchAnswer>& answer, ProviderData& data) {
  if (!answer) return fail(answer.error().text);
  if (answer->status != 200) return fail(fmt::format("its keys are answered with {}", answer->status));
  jose::KeyRules rules;
  rules.secrets = false;
  auto read = jose::read_key_set(answer->body, rules);
  if (!read) return fail(fmt::format("its keys cannot be read: {}", read.error().text));
  if (read->set.empty()) return fail("it has no usable keys");
  data.keys = std::move(read->set);
  return {};
}

}  // namespace

void learn_provider(proxy::Worker& worker, const std::shared_ptr<const OidcProvider>& provider,
                    std::function<void(Result<ProviderDataPtr>)> then) {
  ask(worker, provider->settings, get(provider->config_url, provider->settings),
      [&worker, provider, then = std::move(then)](const Result<FetchAnswer>& answer) {
        auto data = read_provider(answer, *provider);
        if (!data) return then(Unexpected<Error>(data.error()));
        ask(worker, provider->settings, get((*data)->keys_url, provider->settings),
            [&worker, provider, then, data = *data](const Result<FetchAnswer>& keys) {
              if (auto read = read_keys(keys, *data); !read) return then(fail(read.error().text));
              data->made_ms = worker.loop.clock().now_ms();
              {
                const std::lock_guard hold(provider->state->lock);
                provider->state->last_good = data;
              }
              then(ProviderDataPtr(data));
            });
      });
}

void keep_provider(const OidcProvider& provider, const ProviderDataPtr& data, std::int64_t now_ms) {
  provider.state->about->conclude(about_key, data, now_ms + keep_ms, 1);
}

namespace {

void begin(proxy::Worker& worker, const std::shared_ptr<const OidcProvider>& provider) {
  auto inquiry = std::make_shared<Inquiry>(provider->state->about, about_key);
  learn_provider(worker, provider, [&worker, provider, inquiry](const Result<ProviderDataPtr>& data) {
    const std::int64_t now_ms = worker.loop.clock().now_ms();
    if (data) return inquiry->conclude(*data, now_ms + keep_ms, 1);
    process_log()->write(LogLevel::error, 0, fmt::format("OpenID provider \"{}\" ({}): {}", provider->name,
                                                         provider->issuer, data.error().text));
    ProviderDataPtr old;
    {
      const std::lock_guard hold(provider->state->lock);
      old = provider->state->last_good;
    }
    if (old) return inquiry->conclude(old, now_ms + pause_with_old_ms, 1);
    inquiry->fail(data.error().text, now_ms + pause_ms);
  });
}

}  // namespace

Waits await_provider(proxy::Exchange& x, const std::shared_ptr<const OidcProvider>& provider, ProviderDataPtr& data,
                     std::string& failure) {
  const auto& about = provider->state->about;
  FindingPtr finding;
  const Waits waits = look_again(x, *about, about_key, finding);
  if (waits == Waits::yes) return waits;
  if (waits == Waits::no) finding = about->find(about_key, x.clock().now_ms());
  if (!finding && wait_for(x, about, about_key, [&] { begin(x.worker, provider); })) return Waits::yes;
  if (!finding) failure = "too much is asked already";
  else if (!finding->failure.empty()) failure = finding->failure;
  else data = std::static_pointer_cast<const ProviderData>(finding);
  return Waits::over;
}

}  // namespace gh::policy
