// least_time and slow_start, by a clock that is moved by hand.
#include "balance_fixture.h"

using namespace gh::upstream;
using namespace gh::upstream::test;
using gh::state::Peer;
using gh::state::ServerConfig;

namespace {

struct TimeRig : Rig {
  TimeRig(Policy the_policy, std::vector<ServerConfig> servers, TimeMeasure the_measure)
      : Rig(the_policy, std::move(servers)), measure(the_measure) {}
  Peer* pick_timed() {
    Selection selection;
    return pick(policy, view, selection, {.key = {}, .now_ms = now_ms, .measure = measure});
  }
  std::string timed_requests(int count) {
    std::string letters;
    for (int i = 0; i < count; ++i) {
      Peer* peer = pick_timed();
      letters += peer ? letter(*peer) : '-';
      if (peer) done(*group, *peer, Outcome::ok, now_ms);
    }
    return letters;
  }
  TimeMeasure measure;
};

}  // namespace

TEST_CASE("least_time: the quicker peer gets all, until the slow one's time is forgotten") {
  TimeRig rig(Policy::least_time, {server(1), server(2)}, TimeMeasure::last_byte);
  CHECK(rig.timed_requests(4) == "abab");
  add_time(rig.at(1), 4000, rig.now_ms);
  add_time(rig.at(2), 2, rig.now_ms);
  CHECK(rig.timed_requests(5) == "bbbbb");
  rig.now_ms += 4000;
  CHECK(rig.timed_requests(3) == "bbb");
  rig.now_ms += 5000;  // 4000 ms halved nine times is below the unit
  CHECK(count_of(rig.timed_requests(4), 'a') == 2);
  add_time(rig.at(1), 2, rig.now_ms);  // one quick answer is not yet a quick peer
  CHECK(rig.timed_requests(3) == "bbb");
}

TEST_CASE("least_time: connections in use and weights count, too") {
  TimeRig rig(Policy::least_time, {server(1), server(2)}, TimeMeasure::header);
  add_time(rig.at(1), 100, rig.now_ms);
  add_time(rig.at(2), 280, rig.now_ms);
  std::string letters;
  for (int i = 0; i < 4; ++i) letters += Rig::letter(*rig.pick_timed());  // none of them ends
  CHECK(letters == "aaba");
  TimeRig heavy(Policy::least_time, {server(1), server(2, 10)}, TimeMeasure::header);
  add_time(heavy.at(1), 100, heavy.now_ms);
  add_time(heavy.at(2), 300, heavy.now_ms);
  CHECK(heavy.timed_requests(3) == "bbb");
}

TEST_CASE("inflight: a peer that does not answer is slow already") {
  TimeRig rig(Policy::least_time, {server(1), server(2)}, TimeMeasure::last_byte_inflight);
  begin_inflight(rig.at(1), rig.now_ms);
  CHECK(time_units(rig.at(1), rig.measure, rig.now_ms) == 1);
  rig.now_ms += 2000;
  CHECK(time_units(rig.at(1), rig.measure, rig.now_ms) == 100);
  CHECK(time_units(rig.at(1), TimeMeasure::last_byte, rig.now_ms) == 1);
  CHECK(rig.timed_requests(4) == "bbbb");
  end_inflight(rig.at(1), start_ms);
  CHECK(time_units(rig.at(1), rig.measure, rig.now_ms) == 1);
}

TEST_CASE("random two least_time takes the quicker of two") {
  TimeRig rig(Policy::random_two_time, {server(1), server(2)}, TimeMeasure::last_byte);
  add_time(rig.at(1), 500, rig.now_ms);
  add_time(rig.at(2), 5, rig.now_ms);
  CHECK(rig.timed_requests(10) == "bbbbbbbbbb");
}

TEST_CASE("slow_start: a recovered peer's share grows to its weight") {
  ServerConfig slow = server(1);
  slow.slow_start_ms = 10000;
  slow.fail_timeout_ms = 1000;
  Rig rig(Policy::round_robin, {slow, server(2)});
  CHECK(count_of(rig.requests(10), 'a') == 5);  // not after the start
  CHECK(rig.fail_on(1));
  rig.now_ms += 1001;
  CHECK(count_of(rig.requests(4), 'a') == 1);   // the probe; its success begins the slow start
  CHECK(slow_weight(rig.at(1), 1, rig.now_ms) == 1);
  CHECK(count_of(rig.requests(20), 'a') == 0);
  rig.now_ms += 2500;                           // a quarter of the weight: one of five
  const auto early = count_of(rig.requests(100), 'a');
  CHECK(early >= 15);
  CHECK(early <= 25);
  rig.now_ms += 7500;
  CHECK(count_of(rig.requests(100), 'a') >= 49);
  CHECK(slow_weight(rig.at(1), 1, rig.now_ms) == weight_scale);
}

TEST_CASE("slow_start: least_conn gives a recovering peer fewer connections") {
  ServerConfig slow = server(1);
  slow.slow_start_ms = 10000;
  Rig rig(Policy::least_conn, {slow, server(2)});
  rig.at(1).live->recovered_ms = rig.now_ms - 2500;
  std::string letters;
  for (int i = 0; i < 20; ++i) {
    Selection selection;
    letters += Rig::letter(*rig.pick_with(selection));  // none of them ends
  }
  CHECK(count_of(letters, 'a') == 4);
}
