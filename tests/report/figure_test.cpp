// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/report/figure.hpp"

#include <cmath>

#include "catch.hpp"
#include "infwidth/real/errors.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("figures are drawn in each format, whatever their texts", "[figure]") {
  Figure figure;
  Panel lines{"a \"title\" with {braces}, 50 %, back\\slash & x_1", "width n", "|y|", true, true, {}, {}};
  lines.curves.push_back({"points", {1, 10, 100}, {1, 0.1, -1}, {0.5, -0.1, -2}, {1.5, 0.2, 0}, Curve::Style::points, 0});
  lines.curves.push_back({"line", {1, 10, 100}, {1, NAN, 0.01}, {}, {}, Curve::Style::dashed, 9});
  lines.curves.push_back({"nothing", {1, 2}, {NAN, NAN}});
  Panel map;
  map.field = Field{3, 2, -1, 1, 0, 1, {0, 1, 2, 3, NAN, 5}};
  map.field_label = "log volume";
  map.contours.push_back({Field{3, 2, -1, 1, 0, 1, {-1, 0, 1, -1, 0, 1}}, 0});
  figure.panels = {lines, map};
  figure.columns = 2;
  CHECK_THAT(drawn(figure, "a.pdf").substr(0, 5), ContainsSubstring("%PDF"));
  const std::string svg = drawn(figure, "a.svg");
  CHECK_THAT(svg, ContainsSubstring("<svg") && ContainsSubstring("log volume") && ContainsSubstring("{braces}") && ContainsSubstring("back\\slash"));
  CHECK_THAT(drawn(figure, "a.png").substr(1, 3), ContainsSubstring("PNG"));
  map.field = Field{1, 1, 0, 0, 0, 0, {NAN}};
  map.contours.clear();
  CHECK_NOTHROW(drawn({{map, Panel{}}, 1}, "a.pdf"));
  CHECK_THROWS_WITH(require_figure("a.jpg"), ContainsSubstring(".pdf, .svg or .png"));
  CHECK_THROWS_AS(drawn(figure, "a"), UsageError);
}
