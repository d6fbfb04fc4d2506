// Accept-Encoding: q-values as nginx reads them.
#include "http/accept_encoding.h"

#include <doctest/doctest.h>

using gh::http::accepted_q;

TEST_CASE("a coding that is named is taken, with its q-value") {
  CHECK(accepted_q("gzip", "gzip") == 1000);
  CHECK(accepted_q("GZip, deflate", "gzip") == 1000);
  CHECK(accepted_q("deflate,gzip", "gzip") == 1000);
  CHECK(accepted_q("deflate, gzip ;  q=0.5", "gzip") == 500);
  CHECK(accepted_q("br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip") == 800);
  CHECK(accepted_q("gzip;q=0.001", "gzip") == 1);
  CHECK(accepted_q("gzip;q=1", "gzip") == 1000);
  CHECK(accepted_q("gzip;q=1.", "gzip") == 1000);
  CHECK(accepted_q("gzip;Q=0.25,br", "gzip") == 250);
  CHECK(accepted_q("gzip;", "gzip") == 1000);
  CHECK(accepted_q("zstd, br", "br") == 1000);
}

TEST_CASE("a coding that is not named, not wanted or misspelt is not taken") {
  CHECK(accepted_q("", "gzip") == 0);
  CHECK(accepted_q("*", "gzip") == 0);
  CHECK(accepted_q("x-gzip", "gzip") == 0);
  CHECK(accepted_q("x-gzip, gzip;q=0.2", "gzip") == 200);
  CHECK(accepted_q("gzipped", "gzip") == 0);
  CHECK(accepted_q("gzip;q=0", "gzip") == 0);
  CHECK(accepted_q("gzip;q=0.000, gzip", "gzip") == 0);
  CHECK(accepted_q("gzip;q=", "gzip") == 0);
  CHECK(accepted_q("gzip;q=2", "gzip") == 0);
  CHECK(accepted_q("gzip;q=1.001", "gzip") == 0);
  CHECK(accepted_q("gzip;q=0.1234", "gzip") == 0);
  CHECK(accepted_q("gzip;q=0.x", "gzip") == 0);
  CHECK(accepted_q("gzip;level=1", "gzip") == 0);
  CHECK(accepted_q("gzip;q", "gzip") == 0);
}
