// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/io/fingerprint.hpp"

#include <set>
#include <vector>

#include "catch.hpp"

using namespace infwidth;

TEST_CASE("a fingerprint is that of the bytes, however they come", "[fingerprint]") {
  // CRC-32's own check value, that of "123456789", and Adler-32 of the same (RFC 1950's sums: 477 and 2334).
  CHECK(Fingerprint().add("123456789").text() == "cbf43926-091e01de-9");
  CHECK(Fingerprint().add("1234").add("").add("56789").text() == "cbf43926-091e01de-9");
  CHECK(Fingerprint().text() == "00000000-00000001-0");
  const std::vector<double> numbers = {1, 2, 3};
  const std::vector<int> labels = {0, 1};
  std::set<std::string> seen;
  for (std::size_t k = 0; k < numbers.size(); ++k) {
    std::vector<double> other = numbers;
    other[k] += 0x1p-50;
    seen.insert(Fingerprint().add(other).add(labels).text());
  }
  seen.insert(Fingerprint().add(numbers).add(labels).text());
  seen.insert(Fingerprint().add(labels).add(numbers).text());
  seen.insert(Fingerprint().add(numbers).add(std::vector<int>{1, 0}).text());
  CHECK(seen.size() == 6);
}
