// Targets to their one normal form (LANGUAGE: $uri is decoded, without dot segments, slashes merged), Host values,
// escapes.
#include <doctest/doctest.h>

#include <string>

#include "http/target.h"

using namespace gh;
using namespace gh::http;

namespace {

struct Parsed {
  Arena arena;
  Target target;
  bool ok;
  explicit Parsed(std::string_view raw, Method method = Method::get, bool merge = true) {
    ok = parse_target(raw, method, merge, arena, target);
  }
};

std::string path_of(std::string_view raw, bool merge = true) {
  const Parsed p(raw, Method::get, merge);
  return p.ok ? std::string(p.target.path) : "400";
}

}  // namespace

TEST_CASE("a plain path is a slice of the target, nothing is copied") {
  const std::string_view raw = "/api/v1/items?page=2&a=%zz?";
  const Parsed p(raw);
  REQUIRE(p.ok);
  CHECK(p.target.path == "/api/v1/items");
  CHECK(p.target.path.data() == raw.data());
  CHECK(p.target.args == "page=2&a=%zz?");
  CHECK(p.target.has_args);
  CHECK(p.target.unparsed == raw);
  CHECK(p.target.path_is_plain);
  CHECK(p.arena.bytes_held() == 0);
  CHECK_FALSE(Parsed("/a").target.has_args);
  CHECK(Parsed("/a?").target.has_args);
  CHECK(Parsed("/a?").target.args.empty());
}

TEST_CASE("decoding, once") {
  CHECK(path_of("/a%20b") == "/a b");
  CHECK(path_of("/a%2Fb") == "/a/b");
  CHECK(path_of("/a%2fb") == "/a/b");
  CHECK(path_of("/%41%7a") == "/Az");
  CHECK(path_of("/%2541") == "/%41");
  CHECK(path_of("/a%3Fb?c") == "/a?b");
  CHECK(path_of("/a%23b") == "/a#b");
  CHECK(path_of("/%C3%A4") == "/\xc3\xa4");
  CHECK(path_of("/a+b;c=d,e") == "/a+b;c=d,e");
  for (const char* bad : {"/%", "/%4", "/%4g", "/%g4", "/a%00", "/%00b", "/%?a", "/%4?1"}) {
    CAPTURE(bad);
    CHECK(path_of(bad) == "400");
  }
}

TEST_CASE("dot segments and slashes") {
  struct Case {
    const char* raw;
    const char* merged;
    const char* kept;
  };
  const Case cases[] = {{"/", "/", "/"},
                        {"/a/./b", "/a/b", "/a/b"},
                        {"/a/../b", "/b", "/b"},
                        {"/a/b/..", "/a/", "/a/"},
                        {"/a/.", "/a/", "/a/"},
                        {"/.", "/", "/"},
                        {"/a/..", "/", "/"},
                        {"/a//b", "/a/b", "/a//b"},
                        {"//", "/", "//"},
                        {"//a", "/a", "//a"},
                        {"/a//", "/a/", "/a//"},
                        {"/a///b/", "/a/b/", "/a///b/"},
                        {"/a//../b", "/b", "/a/b"},
                        {"/a/%2e%2e/b", "/b", "/b"},
                        {"/a/.%2E/b", "/b", "/b"},
                        {"/a%2F..%2fb", "/b", "/b"},
                        {"/a%2F/b", "/a/b", "/a//b"},
                        {"/n/../../x", "400", "400"},
                        {"/..", "400", "400"},
                        {"/../", "400", "400"},
                        {"//..", "400", "/"},
                        {"/%2e%2e/", "400", "400"},
                        {"/.well-known/x", "/.well-known/x", "/.well-known/x"},
                        {"/...", "/...", "/..."},
                        {"/a/..b/.c", "/a/..b/.c", "/a/..b/.c"},
                        {"/a/...?../x", "/a/...", "/a/..."},
                        {"/a..", "/a..", "/a.."}};
  for (const Case& c : cases) {
    CAPTURE(c.raw);
    CHECK(path_of(c.raw, true) == c.merged);
    CHECK(path_of(c.raw, false) == c.kept);
  }
}

TEST_CASE("path_is_plain says whether the raw path may be used as it is") {
  CHECK(Parsed("/.well-known/x").target.path_is_plain);
  CHECK(Parsed("/a//b", Method::get, false).target.path_is_plain);
  CHECK_FALSE(Parsed("/a//b").target.path_is_plain);
  CHECK_FALSE(Parsed("/%41").target.path_is_plain);
  CHECK_FALSE(Parsed("/a/./b").target.path_is_plain);
}

TEST_CASE("bytes that no target may hold") {
  for (int c = 0; c < 256; ++c) {
    const bool legal = c > 0x20 && c < 0x7f && c != '#';
    const std::string byte(1, static_cast<char>(c));
    CAPTURE(c);
    if (c != '%') CHECK(Parsed("/a" + byte).ok == legal);
    CHECK(Parsed("/a?" + byte).ok == legal);
  }
}

TEST_CASE("other forms") {
  const Parsed absolute("HTTP://Shop.Test:81/a/../b?c");
  REQUIRE(absolute.ok);
  CHECK(absolute.target.authority == "Shop.Test:81");
  CHECK(absolute.target.path == "/b");
  CHECK(absolute.target.unparsed == "/a/../b?c");
  CHECK(absolute.target.args == "c");
  CHECK(Parsed("https://a").target.path == "/");
  const Parsed query("http://a?x=1");
  CHECK(query.target.path == "/");
  CHECK(query.target.unparsed == "/?x=1");
  CHECK(query.target.args == "x=1");
  CHECK(Parsed("*", Method::options).target.path == "*");
  CHECK(Parsed("http://a", Method::options).target.path == "*");
  CHECK_FALSE(Parsed("*").ok);
  CHECK_FALSE(Parsed("*a", Method::options).ok);
  CHECK_FALSE(Parsed("a:80", Method::connect).ok);
  for (const char* bad : {"", "a", "http:/a", "http://", "http:///a", "http://a b/", "http://u@a/", "ftp://a/", "?a",
                          "http://a:x/", "httpx://a/", "http://[::1/"}) {
    CAPTURE(bad);
    CHECK_FALSE(Parsed(bad).ok);
  }
}

TEST_CASE("paths written in a configuration are tidied, not decoded") {
  Arena arena;
  std::string_view out;
  CHECK(normalise_path("/a/%2e%2e/b", true, arena, out));
  CHECK(out == "/a/%2e%2e/b");
  CHECK(normalise_path("/a/../b c//d", true, arena, out));
  CHECK(out == "/b c/d");
  CHECK(normalise_path("/a//d", false, arena, out));
  CHECK(out == "/a//d");
  CHECK_FALSE(normalise_path("/..", true, arena, out));
  CHECK_FALSE(normalise_path("a", true, arena, out));
  CHECK_FALSE(normalise_path("", true, arena, out));
  CHECK_FALSE(normalise_path(std::string_view("/a\0b", 4), true, arena, out));
}

TEST_CASE("escapes") {
  Arena arena;
  const std::string_view plain = "/a-b_c.d~e/!$&'()*+,;=:@";
  CHECK(escape_path(plain, arena).data() == plain.data());
  CHECK(escape_path("/a b%?#\"<>\\^`{|}\x7f\xc3\xa4\n", arena) ==
        "/a%20b%25%3F%23%22%3C%3E%5C%5E%60%7B%7C%7D%7F%C3%A4%0A");
  CHECK(escape_args("a b&c+d;e=/f?%", arena) == "a%20b%26c%2Bd%3Be=/f%3F%25");
  CHECK(escape_args("", arena).empty());
}

TEST_CASE("decoding what was escaped gives the same path for every byte") {
  Arena arena;
  for (int c = 1; c < 256; ++c) {
    const std::string path = "/x" + std::string(1, static_cast<char>(c)) + "y";
    if (c == '/') continue;
    CHECK(path_of(escape_path(path, arena)) == path);
  }
}

TEST_CASE("the path of a redirect made of variables keeps what may not stand in a field") {
  Arena arena;
  const auto unescaped = [&](std::string_view path) { return std::string(http::unescape_redirect(path, arena)); };
  CHECK(unescaped("/plain") == "/plain");
  CHECK(unescaped("") == "");
  CHECK(unescaped("http%3A//h%2Fx") == "http://h/x");
  CHECK(unescaped("/%7e%41%61") == "/~Aa");
  CHECK(unescaped("/a%26b%3db%3D") == "/a&b=b=");
  // Everything up to "%" stays, and so do control bytes, DEL and what is no ASCII.
  CHECK(unescaped("/%20%22%23%24%25") == "/%20%22%23%24%25");
  CHECK(unescaped("/%0d%0a%00%1f%7F") == "/%0d%0a%00%1f%7F");
  CHECK(unescaped("/%80%c3%A4%ff") == "/%80%c3%A4%ff");
  // A "?" ends the decoding, written or encoded.
  CHECK(unescaped("/%41?%41") == "/A?%41");
  CHECK(unescaped("/%41%3F%41") == "/A?%41");
  // No two digits behind the percent sign.
  CHECK(unescaped("/%") == "/%");
  CHECK(unescaped("/%4") == "/%4");
  CHECK(unescaped("/%4g%g4%41") == "/%4g%g4A");
  CHECK(unescaped("/%%41") == "/%A");
}

TEST_CASE("Host values") {
  struct Case {
    const char* host;
    bool ok;
    const char* name;
    unsigned port;
  };
  const Case cases[] = {{"a", true, "a", 0},
                        {"Shop.Example:8080", true, "shop.example", 8080},
                        {"a.test.", true, "a.test", 0},
                        {"A.test.:1", true, "a.test", 1},
                        {"a:", true, "a", 0},
                        {"a_b", true, "a_b", 0},
                        {"", true, "", 0},
                        {"[::1]:80", true, "[::1]", 80},
                        {"[2001:DB8::1]", true, "[2001:db8::1]", 0},
                        {"[::ffff:1.2.3.4]", true, "[::ffff:1.2.3.4]", 0},
                        {"1.2.3.4:65535", true, "1.2.3.4", 65535},
                        {"a:65536", false, "", 0},
                        {"a:0", false, "", 0},
                        {"a:000080", false, "", 0},
                        {"a:+1", false, "", 0},
                        {"a:8 0", false, "", 0},
                        {":80", false, "", 0},
                        {".", false, "", 0},
                        {"a..b", false, "", 0},
                        {"a/b", false, "", 0},
                        {"a@b", false, "", 0},
                        {"a b", false, "", 0},
                        {"a\tb", false, "", 0},
                        {"[::1", false, "", 0},
                        {"[::1]x", false, "", 0},
                        {"[1.2.3.4]", false, "", 0},
                        {"[fe80::1%25eth0]", false, "", 0},
                        {"::1", false, "", 0},
                        {"a\x80", false, "", 0}};
  for (const Case& c : cases) {
    Arena arena;
    std::string_view name;
    unsigned port = 0;
    CAPTURE(c.host);
    REQUIRE(parse_host(c.host, arena, name, port) == c.ok);
    if (!c.ok) continue;
    CHECK(name == c.name);
    CHECK(port == c.port);
  }
}

TEST_CASE("an internal URI is decoded, and refused where it is unsafe") {
  Arena arena;
  std::string_view path, args;
  CHECK(parse_internal_uri("/a%20b/\xc3\xa9 c?x=%2e", arena, path, args));
  CHECK((path == "/a b/\xc3\xa9 c" && args == "x=%2e"));
  CHECK(parse_internal_uri("/a..b/...", arena, path, args));
  CHECK((path == "/a..b/..." && args.empty()));
  using namespace std::string_view_literals;
  for (const std::string_view bad : {""sv, "a"sv, "?x"sv, ".."sv, "../a"sv, "/.."sv, "/a/../b"sv, "/%2e%2e/b"sv,
                                     "/a/.%2E"sv, "/..%2fb"sv, "/%"sv, "/%4"sv, "/%zz"sv, "/%00"sv, "/a\0b"sv,
                                     "/a?\0"sv}) {
    CAPTURE(bad);
    CHECK(!parse_internal_uri(bad, arena, path, args));
  }
}

TEST_CASE("the path that routes compare keeps encoded slashes within their segments") {
  using namespace std::string_view_literals;
  struct Case {
    std::string_view raw, path;  // no path: it fits no route
  };
  const Case cases[] = {{"/a/b", "/a/b"},
                        {"/a%20b/%63?x=%2F", "/a b/c"},
                        {"/a%2Fb/c", "/a\0b/c"sv},
                        {"/a%2fb%2F/", "/a\0b\0/"sv},
                        {"/a%252Fb", "/a%2Fb"},
                        {"/a%2Fb/../c//d/./", "/c/d/"},
                        {"/%2F", "/\0"sv},
                        {"/a/..%2Fb", {}},
                        {"/a/b%2F..", {}},
                        {"/a/b%2F%2e%2Fc", {}},
                        {"/c/%2e%2e%2Fb", {}},
                        {"/a%2Fb/../..", {}},  // above the root, as the segment is one
                        {"/a/...%2F..b", "/a/...\0..b"sv}};
  for (const Case& c : cases) {
    CAPTURE(c.raw);
    Arena arena;
    Target target;
    REQUIRE(parse_target(c.raw, Method::get, true, arena, target));
    std::string_view path;
    REQUIRE(route_path(target, true, arena, path) == (c.path.data() != nullptr));
    if (c.path.data()) CHECK(path == c.path);
  }
  Arena arena;
  CHECK(plain_segments("a\0b/c"sv, arena) == "a/b/c");
  CHECK(plain_segments("a b", arena) == "a b");
  CHECK(escape_segments("a-b_c.d~e/f", arena) == "a-b_c.d~e/f");
  CHECK(escape_segments("a\0b?c&d=e%\xc3\r"sv, arena) == "a%2Fb%3Fc%26d%3De%25%C3%0D");
}
