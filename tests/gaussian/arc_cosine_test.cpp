// SPDX-License-Identifier: GPL-3.0-or-later
#include <fstream>
#include <sstream>
#include <string>

#include "infwidth/gaussian/variance_map.hpp"
#include "support/balls.hpp"
#include "support/paths.hpp"

using namespace infwidth;

TEST_CASE("arc-cosine orders 0 to 10 and halves agree with mpmath's 105 digits", "[gaussian][variance_map]") {
  std::ifstream file(source_folder() / "tests/reference/arc_cosine.csv");
  int rows = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#' || line.rfind("activation,", 0) == 0) continue;
    std::istringstream fields(line);
    std::string name, q, Q, chi;
    for (std::string* field : {&name, &q, &Q, &chi}) std::getline(fields, *field, ',');
    CAPTURE(name, q);
    const Precision p(420);
    const VarianceJet<Ball> jet = VarianceMap(Activation::from_text(name)).at(ball(q));
    CHECK_THAT(jet.Q, Holds(Q, 104));
    CHECK((jet.chi_order < 0) == (chi == "inf"));
    if (chi != "inf") CHECK_THAT(jet.chi, Holds(chi, 104));
    ++rows;
  }
  CHECK(rows == 42);
}
