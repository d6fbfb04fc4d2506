// What the gateway is and says as a client of an authorization server (RFC 6749): who it is, where the server is, what
// is sent there, what its answers mean. Settings are read by the build thread; the rest is for any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/http_url.h"
#include "json/document.h"
#include "table/scope.h"
#include "table/secret_value.h"
#include "upstream/fetch.h"

namespace gh::table {
struct ResolverSettings;
}
namespace gh::proxy {
class Exchange;
class Worker;
}

namespace gh::policy {

/// How the server knows that it is us (RFC 6749 2.3.1, OpenID Connect Core 9).
enum class ClientProof : std::uint8_t { none, basic, post };

struct OAuthClient {
  std::string id;
  std::shared_ptr<const table::SecretValue> secret;  // null: none
  ClientProof proof = ClientProof::none;
};

/// How servers are asked from one place of the configuration.
struct AskSettings {
  std::shared_ptr<const upstream::FetchTls> tls;
  std::shared_ptr<const table::ResolverSettings> resolver;  // null: the system's
  std::int64_t timeout_ms = 5000;
};

/// `name=value` with what a form must escape, behind "&" unless it is the first.
void append_form(std::string& form, std::string_view name, std::string_view value);
/// A POST of a form by `client`.
upstream::FetchRequest form_request(const http::HttpUrl& url, std::string form, const OAuthClient& client,
                                    const AskSettings& settings);
/// Asks on `worker`, whatever becomes of the request that wants to know. `then` is destroyed uncalled when the worker
/// ends before.
void ask(proxy::Worker& worker, const AskSettings& settings, upstream::FetchRequest request,
         std::function<void(const Result<upstream::FetchAnswer>&)> then);

/// The JSON object of an answer with status 200; else why there is none, which says no secret. Error::code is 400 when
/// the server refuses what it was asked (RFC 6749 5.2), and not who asks: asking again does not help.
Result<json::Document> read_answer(const Result<upstream::FetchAnswer>& answer);

struct TokenAnswer {
  std::string access_token, refresh_token, id_token;
  std::int64_t expires_in_s = 0;  // 0: not said
};
/// RFC 6749 5.1. A token type other than Bearer is an error.
Result<TokenAnswer> read_tokens(const Result<upstream::FetchAnswer>& answer);

// ---- settings ------------------------------------------------------------------------------------------------------

/// Nothing after a diagnostic. https://, or http:// (with a warning unless it is this machine).
std::optional<http::HttpUrl> read_url(table::Scope& scope, const config::Value& value);
/// The server that a directive names, and who the gateway is there.
struct OAuthServer {
  http::HttpUrl url;
  OAuthClient client;
  AskSettings settings;
};
/// `URL client=NAME secret=env:NAME auth=basic|post trusted=FILE timeout=TIME`. Nothing after a diagnostic.
std::optional<OAuthServer> read_server(table::Scope& scope, const config::Bound& directive);
/// From a finish function, where the resolver of the block is known.
void use_resolver(table::Scope& scope, AskSettings& settings);
/// Of the system when `file` is null. Shared by all who trust the same.
std::shared_ptr<const upstream::FetchTls> read_trust(table::Scope& scope, const config::Value* file,
                                                     const config::Value* revocations = nullptr);
/// May this be sent as a token (RFC 6750 2.1)?
bool is_bearer_token(std::string_view text);

}  // namespace gh::policy
