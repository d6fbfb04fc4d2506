#include "policy/oauth.h"

#include <doctest/doctest.h>

using namespace gh;
using namespace gh::policy;
using upstream::FetchAnswer;

namespace {

Result<FetchAnswer> answer(unsigned status, std::string body) {
  FetchAnswer made;
  made.status = status;
  made.body = std::move(body);
  return made;
}

std::string token_failure(std::string body) {
  const auto tokens = read_tokens(answer(200, std::move(body)));
  return tokens ? "none" : tokens.error().text;
}

}  // namespace

TEST_CASE("forms are escaped so that every reader reads the same") {
  std::string form;
  append_form(form, "grant_type", "client_credentials");
  append_form(form, "scope", "a b+c&d=e/\xc3\xa4~");
  CHECK(form == "grant_type=client_credentials&scope=a%20b%2Bc%26d%3De%2F%C3%A4~");
}

TEST_CASE("who asks is said in one way") {
  const http::HttpUrl url = *http::HttpUrl::parse("http://idp.example/token");
  const auto open = form_request(url, "a=b", {"web", nullptr, ClientProof::none}, {});
  CHECK(open.method == "POST");
  CHECK(open.body == "a=b&client_id=web");
  const auto secret =
      std::make_shared<const table::SecretValue>("env:X", Secret(std::string_view("s:e c")));
  const auto basic = form_request(url, "a=b", {"we b", secret, ClientProof::basic}, {});
  CHECK(basic.body == "a=b");
  CHECK(basic.fields.back().first == "Authorization");
  CHECK(basic.fields.back().second == "Basic d2UlMjBiOnMlM0FlJTIwYw==");  // we%20b:s%3Ae%20c
  const auto post = form_request(url, "", {"web", secret, ClientProof::post}, {});
  CHECK(post.body == "client_id=web&client_secret=s%3Ae%20c");
}

TEST_CASE("answers, and what they mean") {
  CHECK(read_answer(answer(200, R"({"a":1})")));
  const auto refused = read_answer(answer(400, R"({"error":"invalid_grant","error_description":"secret"})"));
  CHECK(refused.error().text == "it answers 400: invalid_grant");
  CHECK(refused.error().code == 400);
  CHECK(read_answer(answer(400, R"({"error":"invalid_client"})")).error().code == 0);
  CHECK(read_answer(answer(401, R"({"error":"invalid_client"})")).error().code == 0);
  CHECK(read_answer(answer(400, R"({"error":"a\nb"})")).error().text == "it answers 400");
  CHECK(read_answer(answer(503, "busy")).error().text == "it answers 503");
  CHECK(read_answer(answer(302, "{}")).error().code == 0);
  CHECK(read_answer(answer(200, "[]")).error().text == "its answer is no JSON object");
  CHECK_FALSE(read_answer(answer(200, R"({"a":1,"a":2})")));
  CHECK_FALSE(read_answer(answer(200, std::string(100, '[') + std::string(100, ']'))));
  CHECK(read_answer(fail("no answer within 5 ms")).error().text == "no answer within 5 ms");
}

TEST_CASE("tokens") {
  const auto tokens = read_tokens(
      answer(200, R"({"access_token":"a.b-c","token_type":"BEARER","expires_in":"60","refresh_token":"r","x":1})"));
  REQUIRE(tokens);
  CHECK(tokens->access_token == "a.b-c");
  CHECK(tokens->refresh_token == "r");
  CHECK(tokens->id_token.empty());
  CHECK(tokens->expires_in_s == 60);
  CHECK(read_tokens(answer(200, R"({"access_token":"a","token_type":"bearer","expires_in":-1})"))->expires_in_s == 0);
  CHECK(read_tokens(answer(200, R"({"access_token":"a","token_type":"bearer","expires_in":18446744073709551615})"))
            ->expires_in_s == 10LL * 365 * 86400);
  CHECK(token_failure(R"({"token_type":"bearer"})") == "its answer has no access token");
  CHECK(token_failure(R"({"access_token":"a\r\nX: y","token_type":"bearer"})") == "its answer has no access token");
  CHECK(token_failure(R"({"access_token":"a","token_type":"mac"})") == "its token is not of the type Bearer");
  CHECK(token_failure(R"({"access_token":"a"})") == "its token is not of the type Bearer");
  for (const char* good : {"a", "A-z._~+/0", "abc==" }) CHECK(is_bearer_token(good));
  for (const char* bad : {"", "=", "a b", "a=b", "a\n", "\xc3\xa4", "a,b"}) CHECK_FALSE(is_bearer_token(bad));
}
