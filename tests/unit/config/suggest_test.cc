#include "config/suggest.h"

#include <doctest/doctest.h>

using namespace gh::config;

TEST_CASE("the distance counts insertions, deletions, changes and swaps of neighbours") {
  CHECK(edit_distance("listen", "listen", 2) == 0);
  CHECK(edit_distance("proxy_passs", "proxy_pass", 2) == 1);
  CHECK(edit_distance("proxy_pas", "proxy_pass", 2) == 1);
  CHECK(edit_distance("lisetn", "listen", 2) == 1);
  CHECK(edit_distance("abcd", "wxyz", 2) == 3);  // limit + 1
  CHECK(edit_distance("a", "abcdef", 2) == 3);
}

TEST_CASE("short words allow one edit, longer ones two") {
  const std::vector<std::string_view> names = {"root", "return", "rewrite", "set", "server"};
  CHECK(nearest("rot", names) == "root");
  CHECK(nearest("roo", names) == "root");
  CHECK(nearest("retrun", names) == "return");
  CHECK(nearest("rewritte", names) == "rewrite");
  CHECK(nearest("xx", names).empty());
  CHECK(nearest("sevre", names) == "server");
  CHECK(nearest("frobnicate", names).empty());
}
