// Hashes made by openssl passwd, htpasswd and crypt(3), not by the code under test.
#include "policy/password.h"

#include <doctest/doctest.h>

using namespace gh::policy;

namespace {

constexpr std::string_view of_password[] = {
    "{PLAIN}password",
    "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
    "{SSHA}kp14nRiBA0c1Ay7qqISQ3s3Q6pVTQUxU",
    "$apr1$saltsalt$yAAkm4libquA.ZWLHbSBq/",
    "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
    "$5$rounds=1000$saltsalt$azOwbpkvuuBKkE82dQPwTsQE8JyT9Fflpr9aKid3aT9",
    "$6$rounds=1000$saltsalt$Z/J9iYO1iE9xnr8JPQL57ZWsVRtVjrUv3CiWc/wKWseqXgSqn3HFYJ/Ng7YXa8XlLj.wpdAwHOJJzuGFqBBRa0",
    "$2y$04$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm",
    "$y$j75$abcdefghijklmnop$N9VtQBnMZBfUGPXsEdXe5UwVLyMe6bKcaAgKzaddXZ9",
};

}  // namespace

TEST_CASE("all forms fit their password and no other") {
  for (const std::string_view stored : of_password) {
    CAPTURE(stored);
    CHECK(password_fits("password", stored));
    CHECK_FALSE(password_fits("passwor", stored));
    CHECK_FALSE(password_fits("password1", stored));
    CHECK_FALSE(password_fits("", stored));
    CHECK_FALSE(password_fits(std::string_view("password\0x", 10), stored));
  }
  CHECK(password_fits("password", "sa3tHJ3/KuYvI"));  // DES looks at eight bytes only
  CHECK_FALSE(password_fits("passwort", "sa3tHJ3/KuYvI"));
}

TEST_CASE("apr1 of passwords of all sizes") {
  CHECK(apr1("", "$apr1$s") == "$apr1$s$e2aCb9PLCjZ2t55SoAxXn.");
  CHECK(apr1("a rather long password of more than thirty-two bytes", "$apr1$12345678$") ==
        "$apr1$12345678$kqrDt6zJMEfVDi8gJPa7F1");
  CHECK(apr1("password", "$apr1$saltsalt$anything") == "$apr1$saltsalt$yAAkm4libquA.ZWLHbSBq/");
  CHECK(apr1("password", "$1$salt$").empty());
}

TEST_CASE("what is no hash fits nothing") {
  for (const std::string_view broken :
       {"", "*", "*0", "*1", "x", "$apr1$", "$apr1$salt", "$1$", "$6$", "{SHA}", "{SHA}Zm9vCg==", "{SSHA}", "{SSHA}Zm9vCg==",
        "{SHA}_____Mm5Pz8GgiULbPgzG37mj9g=", "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9gx", "{PLAIN}", "password", "!", "!!",
        "$2y$99$abcdefghijklmnopqrstuu"}) {
    CAPTURE(broken);
    CHECK_FALSE(password_fits("password", broken));
  }
}

TEST_CASE("what a loop may compute itself") {
  CHECK_FALSE(is_slow_hash("{PLAIN}x"));
  CHECK_FALSE(is_slow_hash("{SSHA}x"));
  CHECK(is_slow_hash("$apr1$x$y"));
  CHECK(is_slow_hash("$2y$10$x"));
  CHECK(is_slow_hash("sa3tHJ3/KuYvI"));
}
