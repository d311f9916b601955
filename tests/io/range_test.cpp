// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/io/range.hpp"

#include "catch.hpp"
#include "infwidth/real/errors.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a range holds its end exactly when a step hits it", "[range]") {
  const Range tenths = parse_range("0:4:0.1");
  CHECK(tenths.count == 41);
  CHECK(tenths[3] == Rational(3, 10));
  CHECK(tenths[40] == 4);
  CHECK(parse_range("0:1:0.3").count == 4);
  CHECK(parse_range("1/3:1:1/3").count == 3);
  CHECK(parse_range("4:0:-1").count == 5);
  CHECK(parse_range("2:2:1").count == 1);
  const Range one = parse_range("3/2");
  CHECK(one.count == 1);
  CHECK(one[0] == Rational(3, 2));
  CHECK(parse_range("0:9999999:1").count == 10'000'000);
}

TEST_CASE("a range that does not end is refused", "[range]") {
  CHECK_THROWS_WITH(parse_range("0:4"), ContainsSubstring("'0:4' is not a range; write first:last:step"));
  CHECK_THROWS_WITH(parse_range("0:4:0"), ContainsSubstring("is 0"));
  CHECK_THROWS_WITH(parse_range("0:4:-1"), ContainsSubstring("away from its end"));
  CHECK_THROWS_WITH(parse_range("0:10000000:1"), ContainsSubstring("more than 10000000"));
  CHECK_THROWS_WITH(parse_range("0:1e99999:1e-99999"), ContainsSubstring("more than"));
  CHECK_THROWS_AS(parse_range("a:1:1"), UsageError);
  CHECK_THROWS_AS(parse_range(""), UsageError);
  CHECK_THROWS_AS(parse_range("1:2:3:4"), UsageError);
}

TEST_CASE("a list is read exactly and refused by entry", "[range]") {
  CHECK(parse_list("1,3/2, 0.1") == std::vector<Rational>{1, Rational(3, 2), Rational(1, 10)});
  CHECK(parse_list("-2") == std::vector<Rational>{-2});
  CHECK_THROWS_WITH(parse_list("1,,2"), ContainsSubstring("entry 2 of '1,,2'"));
  CHECK_THROWS_WITH(parse_list("1,x"), ContainsSubstring("'x' is not a number"));
  CHECK_THROWS_AS(parse_list(""), UsageError);
}

TEST_CASE("a number that no double is near is refused, never 0 or infinite", "[range]") {
  CHECK(parse_double("0.1") == 0.1);
  CHECK(parse_double("-1/3") == -1.0 / 3);
  CHECK(parse_double("0") == 0);
  CHECK(parse_double("0e-1000") == 0);
  CHECK(parse_double("2.3e-308") == 2.3e-308);
  CHECK(parse_double("1.7976931348623157e308") == 1.7976931348623157e308);
  CHECK(parse_doubles("1/4,1,-4e2") == std::vector<double>{0.25, 1, -400});
  for (const char* tiny : {"1e-400", "-1e-400", "1e-310", "1e-99999"}) CHECK_THROWS_WITH(parse_double(tiny), ContainsSubstring("'" + std::string(tiny) + "': the number is too near to 0"));
  for (const char* huge : {"1e309", "-1.8e308", "1e99999"}) CHECK_THROWS_WITH(parse_doubles("1," + std::string(huge)), ContainsSubstring("beyond double precision"));
  CHECK_THROWS_AS(parse_doubles("1,,2"), UsageError);
}
