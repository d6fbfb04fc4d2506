#include "http/accept_encoding.h"

#include <doctest/doctest.h>

#include <vector>

using gh::http::accepts_coding;

TEST_CASE("a coding is accepted when it is named with a weight above 0") {
  for (const char* yes : {"gzip", "gzip,deflate", "deflate, gzip", "GZip", "gzip;q=1", "gzip; q=0.001", "gzip ;q=0.5",
                          "gzip;Q=1.000", "br;q=0, gzip", "gzip;q=1.0, gzip;q=0"}) {
    CAPTURE(yes);
    CHECK(accepts_coding(yes, "gzip"));
  }
  for (const char* no : {"", "deflate", "gzip;q=0", "gzip;q=0.0", "gzip;q=0.000", "gzip;q=1.1", "gzip;q=2", "gzip;q=",
                         "gzip;q=0.1234", "gzip;q=.5", "gzip;q=0x5", "gzip;level=3", "gzip;", "x-gzip", "gzipped", "*",
                         "gzip deflate", "*;q=1", "gzip;q=0, gzip"}) {
    CAPTURE(no);
    CHECK_FALSE(accepts_coding(no, "gzip"));
  }
}

TEST_CASE("of several fields the first one that names the coding decides") {
  using gh::http::HeaderId;
  const std::vector<gh::http::Field> fields = {{"Accept", "gzip", HeaderId::accept},
                                               {"Accept-Encoding", "br", HeaderId::accept_encoding},
                                               {"Accept-Encoding", "gzip;q=0, zstd", HeaderId::accept_encoding},
                                               {"Accept-Encoding", "gzip", HeaderId::accept_encoding}};
  CHECK(accepts_coding(fields, "br"));
  CHECK(accepts_coding(fields, "zstd"));
  CHECK_FALSE(accepts_coding(fields, "gzip"));
  CHECK_FALSE(accepts_coding(fields, "deflate"));
}
