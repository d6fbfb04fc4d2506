#include "observe/frozen_line.h"

#include <doctest/doctest.h>

namespace gh::observe {
namespace {

using Late = FrozenLine::Late;

TEST_CASE("places of a frozen line are filled in when it is written") {
  FrozenLine line;
  line.add("GET / ");
  line.add(Late::bytes_sent);
  line.add(" ");
  line.add(Late::body_bytes_sent);
  line.add(" [");
  line.add(Late::time_iso8601);
  line.add("] 0.001, ");
  line.add(Late::upstream_response_time);
  line.add(Late::request_time);
  line.add(" end");
  line.shrink();
  proxy::TunnelFigures figures;
  figures.bytes_sent = 12345;
  figures.body_bytes_sent = 45;
  figures.response_ms = 90061001;
  figures.request_ms = 7;
  Clock clock(Clock::Kind::manual);
  proxy::Output out;
  line.write(figures, clock, out);
  CHECK(out.view() == "GET / 12345 45 [1994-11-06T08:49:37+00:00] 0.001, 90061.0010.007 end");
  clock.advance(86400000);
  out.clear();
  line.write(figures, clock, out);
  CHECK(out.view() == "GET / 12345 45 [1994-11-07T08:49:37+00:00] 0.001, 90061.0010.007 end");
}

TEST_CASE("the other values of a tunnel's line") {
  FrozenLine line;
  for (const Late late : {Late::upstream_bytes_received, Late::upstream_bytes_sent, Late::connection_time, Late::msec,
                          Late::time_local}) {
    line.add(late);
    line.add("|");
  }
  proxy::TunnelFigures figures;
  figures.peer_bytes_received = 1;
  figures.peer_bytes_sent = UINT64_MAX;
  figures.connection_ms = 2500;
  Clock clock(Clock::Kind::manual);
  proxy::Output out;
  line.write(figures, clock, out);
  CHECK(out.view() == "1|18446744073709551615|2.500|784111777.000|06/Nov/1994:08:49:37 +0000|");
}

TEST_CASE("the request line comes from the tunnel") {
  FrozenLine line;
  line.add("\"");
  line.add(Late::request);
  line.add("\" 101");
  proxy::TunnelFigures figures;
  figures.request_line = "GET /chat HTTP/1.1";
  Clock clock(Clock::Kind::manual);
  proxy::Output out;
  line.write(figures, clock, out);
  CHECK(out.view() == "\"GET /chat HTTP/1.1\" 101");
}

TEST_CASE("a line without places is its text") {
  FrozenLine line;
  line.add("all of it");
  proxy::Output out;
  Clock clock(Clock::Kind::manual);
  line.write({}, clock, out);
  CHECK(out.view() == "all of it");
}

}  // namespace
}  // namespace gh::observe
