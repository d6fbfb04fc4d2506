#include "table/percent_split.h"

#include <string>

#include <doctest/doctest.h>

using namespace gh::table;

TEST_CASE("percentages have two decimals at most") {
  CHECK(parse_percent("5%") == 500);
  CHECK(parse_percent("51.2%") == 5120);
  CHECK(parse_percent("0.01%") == 1);
  CHECK(parse_percent("100%") == 10000);
  CHECK(parse_percent("250%") == 25000);
  CHECK(parse_percent(".5%") == 50);
  for (const char* bad : {"", "%", "5", "0%", "0.00%", "1.234%", "-1%", "+1%", "1,5%", "a%", ".%", "1.2.3%", "5%%",
                          "99999999999999999999%"}) {
    CAPTURE(bad);
    CHECK(!parse_percent(bad));
  }
}

TEST_CASE("parts follow each other over all hashes") {
  PercentSplit split;
  CHECK(split.add(2500));
  CHECK(split.add(1));
  CHECK(!split.add(7500));
  CHECK(split.sum() == 2501);
  split.add_rest();
  CHECK(!split.add(1));
  CHECK(split.find_hash(0) == 0);
  CHECK(split.find_hash(1073741822) == 0);
  CHECK(split.find_hash(1073741823) == 1);
  CHECK(split.find_hash(1073741823 + 429495) == 1);
  CHECK(split.find_hash(1073741823 + 429496) == 2);
  CHECK(split.find_hash(0xffffffff) == 2);
}

TEST_CASE("what no part takes") {
  PercentSplit half;
  CHECK(half.add(5000));
  CHECK(half.find_hash(0x7ffffffe) == 0);
  CHECK(half.find_hash(0x7fffffff) == PercentSplit::npos);
  CHECK(PercentSplit().find("x") == PercentSplit::npos);
  PercentSplit thirds;
  for (const std::uint32_t part : {3333u, 3333u, 3334u}) CHECK(thirds.add(part));
  CHECK(thirds.find_hash(0xffffffff) == 2);  // 100 % are all hashes
}

TEST_CASE("the share of many keys is what was asked for") {
  PercentSplit split;
  split.add(1000);
  split.add(3000);
  split.add_rest();
  int counts[3] = {};
  for (int i = 0; i < 100000; ++i) ++counts[split.find("client-" + std::to_string(i))];
  CHECK(counts[0] == doctest::Approx(10000).epsilon(0.05));
  CHECK(counts[1] == doctest::Approx(30000).epsilon(0.05));
}
