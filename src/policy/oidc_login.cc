// From a code, or from an old session, to a session: tokens, the ID token's proof, userinfo.
#include <fmt/format.h>

#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "jose/base64url.h"
#include "jose/token.h"
#include "policy/oidc.h"
#include "policy/oidc_server.h"
#include "proxy/worker.h"

namespace gh::policy {

using upstream::FetchAnswer;
using upstream::FetchRequest;

namespace {

constexpr std::int64_t leeway_s = 30;              // between the provider's clock and ours
constexpr std::int64_t least_between_keys_ms = 5000;
constexpr std::int64_t renew_early_s = 10;
constexpr std::int64_t keep_renewed_ms = 60'000;   // for requests that still bring the old session
constexpr int refused_code = 400;
constexpr std::size_t result_bytes = 512;

/// What is found out, step by step. Shared by the steps' closures.
struct Work {
  proxy::Worker& worker;
  const std::shared_ptr<const OidcProvider> provider;
  ProviderDataPtr data;
  const std::shared_ptr<Inquiry> inquiry;
  std::string nonce;             // that the ID token must have; empty: any
  std::string subject;           // that it must be about; empty: any
  OidcSession session;           // as it was, then as it will be
  TokenAnswer tokens;
  bool is_renewal = false;
  bool has_new_keys = false;
};
using WorkPtr = std::shared_ptr<Work>;

std::int64_t now_ms(const Work& work) { return work.worker.loop.clock().now_ms(); }
std::int64_t now_s(const Work& work) { return work.worker.loop.clock().unix_seconds(); }

void give_up(Work& work, std::string why, bool is_refused) {
  auto result = std::make_shared<LoginResult>();
  result->failure = std::move(why);
  result->is_refused = is_refused;
  work.inquiry->conclude(std::move(result), work.is_renewal && is_refused ? now_ms(work) + keep_renewed_ms : 0,
                         result_bytes);
}

// ---- the ID token's proof -------------------------------------------------------------------------------------------

/// OpenID Connect Core 3.1.3.6: the left half of the hash that the token's algorithm is named after.
bool fits_access_token(json::Value at_hash, std::string_view algorithm, std::string_view access_token) {
  const bool is_long = algorithm.ends_with("512"), is_middle = algorithm.ends_with("384");
  if (!is_long && !is_middle && !algorithm.ends_with("256")) return true;  // EdDSA: nothing says which one
  const EVP_MD* const md = is_long ? EVP_sha512() : is_middle ? EVP_sha384() : EVP_sha256();
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(access_token.data(), access_token.size(), hash, &size, md, nullptr) != 1) return false;
  const std::string half(reinterpret_cast<const char*>(hash), size / 2);
  return equal_secrets(at_hash.text(), jose::encode_base64url(half));
}

/// What jose does not know of: nonce, azp, at_hash. Empty: all is right.
std::string_view judge(const Work& work, const jose::Verdict& verdict) {
  const json::Value claims = verdict.claims->root();
  const std::string& client = work.provider->client.id;
  const std::string_view type = verdict.header->root().find("typ").text();
  if (!type.empty() && !iequals(type, "JWT")) return "it is another kind of token";  // RFC 8725 3.11
  const json::Value azp = claims.find("azp"), at_hash = claims.find("at_hash");
  if (claims.find("sub").text().empty()) return "it is about nobody";
  if (!claims.find("iat")) return "it does not say when it was made";
  if (!work.subject.empty() && claims.find("sub").text() != work.subject) return "it is about somebody else";
  const json::Value nonce = claims.find("nonce");
  const bool needs_nonce = !work.is_renewal || nonce;
  if (!work.nonce.empty() && needs_nonce && !equal_secrets(nonce.text(), work.nonce)) {
    return "its nonce is not that of this login";
  }
  if (azp ? azp.text() != client : claims.find("aud").size() > 1) return "it was made for another client (azp)";
  if (at_hash && !fits_access_token(at_hash, verdict.header->root().find("alg").text(), work.tokens.access_token)) {
    return "it belongs to another access token (at_hash)";
  }
  return {};
}

void prove(const WorkPtr& work);

/// The token names a key that is not known: perhaps there are new ones.
void prove_with_new_keys(const WorkPtr& work) {
  work->has_new_keys = true;
  learn_provider(work->worker, work->provider, [work](const Result<ProviderDataPtr>& data) {
    if (!data) return give_up(*work, fmt::format("its new keys cannot be had: {}", data.error().text), false);
    keep_provider(*work->provider, *data, now_ms(*work));
    work->data = *data;
    prove(work);
  });
}

// ---- the end --------------------------------------------------------------------------------------------------------

void finish(Work& work) {
  const OidcProvider& provider = *work.provider;
  OidcSession& session = work.session;
  const TokenAnswer& tokens = work.tokens;
  if (!tokens.refresh_token.empty()) session.refresh_token = tokens.refresh_token;
  session.access_token = provider.keeps_access_token ? tokens.access_token : "";
  if (!tokens.id_token.empty()) session.id_token = provider.keeps_id_token ? tokens.id_token : "";
  session.ends_s = now_s(work) + provider.session_timeout_s;
  const bool is_renewed = tokens.expires_in_s > 0 && !session.refresh_token.empty();
  const std::int64_t life_s = std::max<std::int64_t>(tokens.expires_in_s - renew_early_s, tokens.expires_in_s / 2);
  session.renew_s = is_renewed ? now_s(work) + std::max<std::int64_t>(life_s, 1) : 0;
  auto result = std::make_shared<LoginResult>();
  result->session = std::move(session);
  const std::size_t bytes = result_bytes + result->session.claims.size() + result->session.userinfo.size();
  work.inquiry->conclude(std::move(result), work.is_renewal ? now_ms(work) + keep_renewed_ms : 0, bytes);
}

std::string claim_of(const std::string& claims, std::string_view name) {
  const auto document = json::Document::parse(claims);
  return document ? std::string(document->root().find(name).text()) : std::string();
}

/// OpenID Connect Core 5.3.2: it counts only when it is about the same one.
void take_userinfo(const WorkPtr& work, const Result<FetchAnswer>& answer) {
  const auto document = read_answer(answer);
  if (!document) return give_up(*work, fmt::format("userinfo: {}", document.error().text), false);
  if (document->root().find("sub").text() != claim_of(work->session.claims, "sub")) {
    return give_up(*work, "userinfo is about somebody else", true);
  }
  work->session.userinfo = document->root().raw();
  finish(*work);
}

void add_userinfo(const WorkPtr& work) {
  if (!work->provider->userinfo) return finish(*work);
  FetchRequest request;
  request.url = work->data->userinfo_url;
  request.fields = {{"Accept", "application/json"}, {"Authorization", "Bearer " + work->tokens.access_token}};
  request.timeout_ms = work->provider->settings.timeout_ms;
  request.tls = work->provider->settings.tls;
  ask(work->worker, work->provider->settings, std::move(request),
      [work](const Result<FetchAnswer>& answer) { take_userinfo(work, answer); });
}

void prove(const WorkPtr& work) {
  jose::Rules rules;
  rules.algorithms = jose::signature_algorithms;
  rules.leeway_s = leeway_s;
  rules.issuers = {work->provider->issuer};
  rules.audiences = {work->provider->client.id};
  const jose::Verdict verdict = jose::verify(work->tokens.id_token, work->data->keys, rules, now_s(*work));
  const bool may_be_new = verdict.finding.reason == jose::Reason::key && !work->has_new_keys;
  if (may_be_new && now_ms(*work) - work->data->made_ms >= least_between_keys_ms) return prove_with_new_keys(work);
  if (!verdict) return give_up(*work, fmt::format("the ID token is refused: {}", verdict.finding.words), true);
  if (const auto why = judge(*work, verdict); !why.empty()) {
    return give_up(*work, fmt::format("the ID token is refused: {}", why), true);
  }
  work->session.claims = verdict.claims->root().raw();
  add_userinfo(work);
}

void take_tokens(const WorkPtr& work, const Result<FetchAnswer>& answer) {
  auto tokens = read_tokens(answer);
  if (!tokens) return give_up(*work, tokens.error().text, tokens.error().code == refused_code);
  work->tokens = std::move(*tokens);
  if (!work->tokens.id_token.empty()) return prove(work);
  if (!work->is_renewal) return give_up(*work, "its answer has no ID token", true);
  add_userinfo(work);
}

OAuthClient client_of(const OidcProvider& provider, const ProviderData& data) {
  OAuthClient client = provider.client;
  client.proof = !client.secret ? ClientProof::none : data.takes_basic ? ClientProof::basic : ClientProof::post;
  return client;
}

void ask_for_tokens(const WorkPtr& work, std::string form) {
  const OidcProvider& provider = *work->provider;
  ask(work->worker, provider.settings,
      form_request(work->data->token_url, std::move(form), client_of(provider, *work->data), provider.settings),
      [work](const Result<FetchAnswer>& answer) { take_tokens(work, answer); });
}

}  // namespace

void redeem_code(proxy::Worker& worker, std::shared_ptr<const OidcProvider> provider, ProviderDataPtr data,
                 const std::string& code, const std::string& redirect_uri, const PendingLogin& login,
                 std::shared_ptr<Inquiry> inquiry) {
  const WorkPtr work(
      new Work{worker, std::move(provider), std::move(data), std::move(inquiry), login.nonce, {}, {}, {}});
  std::string form;
  append_form(form, "grant_type", "authorization_code");
  append_form(form, "code", code);
  append_form(form, "redirect_uri", redirect_uri);
  if (!login.verifier.empty()) append_form(form, "code_verifier", login.verifier);
  ask_for_tokens(work, std::move(form));
}

void renew_session(proxy::Worker& worker, std::shared_ptr<const OidcProvider> provider, ProviderDataPtr data,
                   const OidcSession& session, std::shared_ptr<Inquiry> inquiry) {
  const WorkPtr work(new Work{worker, std::move(provider), std::move(data), std::move(inquiry),
                              claim_of(session.claims, "nonce"), claim_of(session.claims, "sub"), session, {}, true});
  std::string form;
  append_form(form, "grant_type", "refresh_token");
  append_form(form, "refresh_token", session.refresh_token);
  ask_for_tokens(work, std::move(form));
}

}  // namespace gh::policy
