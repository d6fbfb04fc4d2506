#include "redis/command.h"

#include <doctest/doctest.h>

using namespace gh::redis;

TEST_CASE("command: words with any bytes") {
  std::string out = "x";
  const std::string_view first[] = {"EVALSHA", "sha"};
  const std::string_view rest[] = {"", std::string_view("a\r\n\0b", 5)};
  REQUIRE(append_command(out, first, rest));
  CHECK(out == std::string("x*4\r\n$7\r\nEVALSHA\r\n$3\r\nsha\r\n$0\r\n\r\n$5\r\na\r\n\0b\r\n", 44));
}

TEST_CASE("command: a script's digest is SHA-1") {
  CHECK(Script("return 1").sha == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}
