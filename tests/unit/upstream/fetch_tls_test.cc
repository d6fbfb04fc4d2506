#include "upstream/fetch_tls.h"

#include <openssl/pem.h>

#include <cstdio>
#include <optional>

#include "unit/net/tls_bench.h"
#include "unit/table/ocsp_party.h"
#include "upstream/fetch.h"

using namespace gh;
using namespace gh::net::test;
using table::test::Party;
using upstream::Fetch;
using upstream::FetchAnswer;
using upstream::FetchRequest;
using upstream::FetchTls;

namespace {

void write_pem(const Folder& folder, const char* name, X509* certificate) {
  FILE* const file = std::fopen(folder.file(name).c_str(), "w");
  REQUIRE(file);
  PEM_write_X509(file, certificate);
  std::fclose(file);
}

/// A server on loopback with a certificate for `names` ("DNS:localhost"), of an authority that the fetch trusts.
struct Scene {
  net::Loop loop;
  net::Resolver resolver{loop, {}};
  Server server{loop};
  Folder folder;
  Party authority{"authority", 1, nullptr}, party{"nobody", 2, &authority};
  Context context{SSL_CTX_new(TLS_server_method())};
  std::optional<Result<FetchAnswer>> got;
  std::unique_ptr<Fetch> fetch;

  explicit Scene(const char* names) {
    X509_EXTENSION* const san = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, const_cast<char*>(names));
    REQUIRE(san);
    X509_add_ext(party.certificate.get(), san, -1);
    X509_EXTENSION_free(san);
    REQUIRE(X509_sign(party.certificate.get(), authority.key.get(), EVP_sha256()) > 0);
    REQUIRE(SSL_CTX_use_certificate(context.get(), party.certificate.get()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(context.get(), party.key.get()) == 1);
    write_pem(folder, "authority.pem", authority.certificate.get());
  }
  std::shared_ptr<const FetchTls> trust() const {
    auto made = FetchTls::make(folder.file("authority.pem"));
    REQUIRE(made);
    return *made;
  }
  FetchRequest request(const std::string& host) const {
    FetchRequest made;
    made.url = *http::HttpUrl::parse("https://" + host + ":" + std::to_string(server.address.port()) + "/keys",
                                     http::HttpUrl::Schemes::http_and_https);
    made.tls = trust();
    return made;
  }
  /// Fetches; the server says `parts` when it was asked, and ends TLS or only the connection.
  const Result<FetchAnswer>& answered(FetchRequest request, const std::string& answer, bool ends_tls = true) {
    fetch = std::make_unique<Fetch>(loop, resolver, std::move(request), [this](Result<FetchAnswer> answer_) {
      got.emplace(std::move(answer_));
      fetch.reset();
    });
    REQUIRE(run_until(loop, [this] { return got.has_value() || !server.ends.empty(); }));
    if (got) return *got;
    End& end = *server.ends.front();
    end.stream.start_reading();
    REQUIRE(end.stream.start_tls(accepting(context)) == 0);
    const auto is_asked = [&] { return end.read.find("\r\n\r\n") != std::string::npos; };
    REQUIRE(run_until(loop, [&] { return got.has_value() || is_asked(); }));
    if (got) return *got;
    end.stream.write(answer);
    run_for(loop, 5);
    if (!ends_tls && !got) shutdown(end.stream.fd(), SHUT_WR);  // as one on the way would do it
    else if (!got) end.stream.shut_down_write();
    REQUIRE(run_until(loop, [this] { return got.has_value(); }));
    return *got;
  }
};

constexpr const char* hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
constexpr const char* endless = "HTTP/1.1 200 OK\r\n\r\nhello";

}  // namespace

TEST_CASE("https by name and by address") {
  Scene named("DNS:localhost");
  named.answered(named.request("localhost"), hello);
  REQUIRE(*named.got);
  CHECK((*named.got)->body == "hello");
  const std::string& read = named.server.ends.front()->read;
  CHECK(read.rfind("GET /keys HTTP/1.1\r\nHost: localhost:", 0) == 0);
  CHECK(std::string(SSL_get_servername(named.server.ends.front()->stream.tls(), TLSEXT_NAMETYPE_host_name)) ==
        "localhost");

  Scene numbered("IP:127.0.0.1");
  numbered.answered(numbered.request("127.0.0.1"), hello);
  REQUIRE(*numbered.got);
  CHECK((*numbered.got)->body == "hello");
}

TEST_CASE("a certificate for another name, of another authority, nobody's") {
  for (const char* wrong : {"DNS:example.com", "DNS:*.localhost", "IP:127.0.0.2", "IP:127.0.0.1"}) {
    CAPTURE(wrong);
    Scene scene(wrong);
    scene.answered(scene.request("localhost"), hello);
    REQUIRE_FALSE(*scene.got);
    CHECK(scene.got->error().text.find("the server's certificate cannot be trusted: hostname mismatch") == 0);
    CHECK(scene.server.ends.front()->read.empty());  // it got to know nothing
  }
  Scene scene("DNS:localhost"), other("DNS:localhost");
  FetchRequest request = scene.request("localhost");
  request.tls = other.trust();
  scene.answered(std::move(request), hello);
  REQUIRE_FALSE(*scene.got);
  CHECK(scene.got->error().text.find("the server's certificate cannot be trusted: ") == 0);
  CHECK(scene.server.ends.front()->read.empty());

  Scene strict("DNS:localhost");
  request = strict.request("localhost");
  const auto system = FetchTls::make({});
  REQUIRE(system);
  request.tls = *system;
  strict.answered(std::move(request), hello);
  CHECK_FALSE(*strict.got);
}

TEST_CASE("https is not asked in the clear, and not without trust") {
  Scene scene("DNS:localhost");
  FetchRequest request = scene.request("localhost");
  request.tls = nullptr;
  scene.answered(std::move(request), hello);
  REQUIRE_FALSE(*scene.got);
  CHECK(scene.got->error().text == "https:// is not spoken here");
}

TEST_CASE("an end of the connection that TLS did not say is no end of an answer") {
  Scene whole("DNS:localhost");
  whole.answered(whole.request("localhost"), endless);
  REQUIRE(*whole.got);
  CHECK((*whole.got)->body == "hello");
  Scene cut("DNS:localhost");
  cut.answered(cut.request("localhost"), endless, false);
  REQUIRE_FALSE(*cut.got);
  CHECK(cut.got->error().text == "the connection was closed before the answer was complete");
}

TEST_CASE("a server that does not speak TLS, or says nothing") {
  Scene plain("DNS:localhost");
  plain.fetch = std::make_unique<Fetch>(plain.loop, plain.resolver, plain.request("localhost"),
                                        [&](Result<FetchAnswer> answer) { plain.got.emplace(std::move(answer)); });
  REQUIRE(run_until(plain.loop, [&] { return !plain.server.ends.empty(); }));
  plain.server.ends.front()->stream.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  REQUIRE(run_until(plain.loop, [&] { return plain.got.has_value(); }));
  REQUIRE_FALSE(*plain.got);
  CHECK(plain.got->error().text.find("the TLS handshake failed: ") == 0);

  Scene silent("DNS:localhost");
  FetchRequest request = silent.request("localhost");
  request.timeout_ms = 50;
  silent.fetch = std::make_unique<Fetch>(silent.loop, silent.resolver, std::move(request),
                                         [&](Result<FetchAnswer> answer) { silent.got.emplace(std::move(answer)); });
  REQUIRE(run_until(silent.loop, [&] { return silent.got.has_value(); }));
  CHECK(silent.got->error().text == "no answer within 50 ms");
}

TEST_CASE("files of trust that are none") {
  const Folder folder;
  CHECK(FetchTls::make(folder.file("none.pem")).error().text.find("cannot load trusted certificates \"") == 0);
  Party party("x", 1, nullptr);
  write_pem(folder, "authority.pem", party.certificate.get());
  const auto no_list = FetchTls::make(folder.file("authority.pem"), folder.file("authority.pem"));
  REQUIRE_FALSE(no_list);
  CHECK(no_list.error().text.find("cannot load revocations \"") == 0);
}
