#include "policy/oauth.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/address.h"
#include "base/base64.h"
#include "base/text.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"
#include "table/codes.h"
#include "table/plan.h"

namespace gh::policy {

using http::HttpUrl;
using upstream::FetchAnswer;
using upstream::FetchRequest;

namespace {

constexpr unsigned bad_request = 400;
constexpr std::size_t most_answer_bytes = 256 * 1024;

/// application/x-www-form-urlencoded, as the WHATWG's URL standard writes it, but a blank is %20: both readings agree.
std::string form_escaped(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

/// The server's own word for an error: letters and few marks (RFC 6749 5.2), so that nothing else gets into logs.
std::string error_word(std::string_view body) {
  const auto document = json::Document::parse(body);
  if (!document || !document->root().is_object()) return {};
  const std::string_view word = document->root().find("error").text();
  const auto is_plain = [](char c) { return is_alpha(c) || is_digit(c) || c == '_' || c == '-'; };
  if (word.size() > 60 || !std::all_of(word.begin(), word.end(), is_plain)) return {};
  return std::string(word);
}

}  // namespace

void append_form(std::string& form, std::string_view name, std::string_view value) {
  if (!form.empty()) form += '&';
  form += form_escaped(name);
  form += '=';
  form += form_escaped(value);
}

FetchRequest form_request(const HttpUrl& url, std::string form, const OAuthClient& client,
                          const AskSettings& settings) {
  FetchRequest request;
  request.url = url;
  request.method = "POST";
  request.fields = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}};
  const std::string_view secret = client.secret ? client.secret->view() : std::string_view();
  if (client.proof == ClientProof::basic) {
    const std::string pair = form_escaped(client.id) + ':' + form_escaped(secret);
    request.fields.emplace_back("Authorization", "Basic " + encode_base64(pair));
  } else if (!client.id.empty()) {
    append_form(form, "client_id", client.id);
    if (client.proof == ClientProof::post) append_form(form, "client_secret", secret);
  }
  request.body = std::move(form);
  request.timeout_ms = settings.timeout_ms;
  request.most_bytes = most_answer_bytes;
  request.tls = settings.tls;
  return request;
}

namespace {

class Asking final : public upstream::Job {
 public:
  Asking(proxy::Worker& worker, const AskSettings& settings, FetchRequest request,
         std::function<void(const Result<FetchAnswer>&)> then)
      : worker_(worker), then_(std::move(then)) {
    static const table::ResolverSettings system;
    net::Resolver& names = worker.resolver(settings.resolver ? *settings.resolver : system, settings.timeout_ms);
    fetch_ = std::make_unique<upstream::Fetch>(worker.loop, names, std::move(request),
                                               [this](const Result<FetchAnswer>& answer) { answered(answer); });
  }

 private:
  void answered(const Result<FetchAnswer>& answer) {
    const auto then = std::move(then_);
    then(answer);
    worker_.jobs.end(*this);
  }
  proxy::Worker& worker_;
  std::function<void(const Result<FetchAnswer>&)> then_;
  std::unique_ptr<upstream::Fetch> fetch_;
};

}  // namespace

void ask(proxy::Worker& worker, const AskSettings& settings, FetchRequest request,
         std::function<void(const Result<FetchAnswer>&)> then) {
  worker.jobs.add(std::make_unique<Asking>(worker, settings, std::move(request), std::move(then)));
}

Result<json::Document> read_answer(const Result<FetchAnswer>& answer) {
  if (!answer) return fail(answer.error().text);
  if (answer->status != 200) {
    const std::string word = error_word(answer->body);
    const bool is_final = answer->status == bad_request && !word.empty() && word != "invalid_client";
    return fail(fmt::format("it answers {}{}{}", answer->status, word.empty() ? "" : ": ", word),
                is_final ? static_cast<int>(bad_request) : 0);
  }
  const json::Limits limits{most_answer_bytes, 32, 20'000};
  auto document = json::Document::parse(answer->body, limits, json::Duplicates::refuse);
  if (!document) return fail(fmt::format("its answer is not JSON: {}", document.error().text));
  if (!document->root().is_object()) return fail("its answer is no JSON object");
  return std::move(*document);
}

Result<TokenAnswer> read_tokens(const Result<FetchAnswer>& answer) {
  const auto document = read_answer(answer);
  if (!document) return Unexpected<Error>(document.error());
  const json::Value root = document->root();
  TokenAnswer tokens;
  tokens.access_token = root.find("access_token").text();
  tokens.refresh_token = root.find("refresh_token").text();
  tokens.id_token = root.find("id_token").text();
  if (!is_bearer_token(tokens.access_token)) return fail("its answer has no access token");
  if (!iequals(root.find("token_type").text(), "Bearer")) return fail("its token is not of the type Bearer");
  const json::Value expires = root.find("expires_in");
  const auto seconds = expires.is_text() ? parse_uint(expires.text()) : expires.as_uint64();  // some write "3600"
  constexpr std::uint64_t most_s = 10LL * 365 * 86400;
  if (seconds) tokens.expires_in_s = static_cast<std::int64_t>(std::min(*seconds, most_s));
  return tokens;
}

bool is_bearer_token(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  const auto fits = [](char c) {
    return is_alpha(c) || is_digit(c) || std::string_view("-._~+/").find(c) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

// ---- settings ------------------------------------------------------------------------------------------------------

namespace {

struct Trusts { std::map<std::string, std::shared_ptr<const upstream::FetchTls>> by_files; };  // of a whole file

/// Nothing after a diagnostic.
std::optional<OAuthClient> read_client(table::Scope& scope, const config::Bound& directive) {
  const config::Value* const id = directive.find("client=");
  const config::Value* const secret = directive.find("secret=");
  OAuthClient client;
  if (id) client.id = id->text;
  if (!secret) return client;
  if (!id) {
    scope.error(table::code::missing_parameter, secret->span, "`secret=` needs to say whose it is")
        .with_help("add the name under which the server knows the gateway: `client=NAME`");
    return std::nullopt;
  }
  client.secret = table::read_secret(scope, *secret);
  client.proof = directive.text("auth=", "basic") == "post" ? ClientProof::post : ClientProof::basic;
  if (!client.secret) return std::nullopt;
  return client;
}

bool is_this_machine(const std::string& host) {
  const auto address = Address::parse_ip(host, 0);
  return host == "localhost" || host == "::1" || (address && host.starts_with("127."));
}

}  // namespace

std::optional<HttpUrl> read_url(table::Scope& scope, const config::Value& value) {
  auto url = HttpUrl::parse(value.text, HttpUrl::Schemes::http_and_https);
  if (!url && value.text.find('@') != std::string_view::npos) {
    scope.error(table::code::plain_secret, value.span, "a secret does not stand in a configuration")
        .with_label("user and password in a URL")
        .with_help("say who the gateway is there: `client=NAME secret=env:NAME`, or in oidc_provider `client_id NAME; "
                   "client_secret env:NAME;`");
    return std::nullopt;
  }
  if (!url) {
    scope.error(table::code::bad_choice, value.span,
                fmt::format("`{}` is no URL that can be asked: {}", printable(value.text), url.error().text))
        .with_help("write `https://HOST[:PORT]/PATH`");
    return std::nullopt;
  }
  if (!url->tls && !is_this_machine(url->host)) {
    scope.warning(table::code::plain_credentials, value.span, "secrets and tokens go to this URL in the clear")
        .with_help("write https://; an authority of your own is named by `trusted=FILE`, or in oidc_provider by "
                   "`ssl_trusted_certificate FILE`");
  }
  return std::move(*url);
}

std::shared_ptr<const upstream::FetchTls> read_trust(table::Scope& scope, const config::Value* file,
                                                     const config::Value* revocations) {
  const std::string trusted(file ? file->text : ""), lists(revocations ? revocations->text : "");
  auto& known = table::outermost(scope).local<Trusts>().by_files;
  const auto at = known.find(trusted + '\n' + lists);
  if (at != known.end()) return at->second;
  auto made = upstream::FetchTls::make(trusted, lists);
  if (!made) {
    const config::Value* const place = file ? file : revocations;
    scope.error(table::code::file_missing, place ? place->span : scope.where, made.error().text)
        .with_help("it must be readable, and hold PEM");
    return nullptr;
  }
  return known[trusted + '\n' + lists] = *made;
}

std::optional<OAuthServer> read_server(table::Scope& scope, const config::Bound& directive) {
  auto url = read_url(scope, directive.at(0));
  auto client = read_client(scope, directive);
  auto trust = read_trust(scope, directive.find("trusted="));
  if (!url || !client || !trust) return std::nullopt;
  OAuthServer server{std::move(*url), std::move(*client), {}};
  server.settings.tls = std::move(trust);
  server.settings.timeout_ms = directive.number("timeout=", server.settings.timeout_ms);
  return server;
}

void use_resolver(table::Scope& scope, AskSettings& settings) {
  if (scope.has<table::ResolverSettings>()) settings.resolver = scope.shared<table::ResolverSettings>();
}

}  // namespace gh::policy
