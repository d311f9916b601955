// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/report/figure.hpp"

#include <cmath>

#include <string>
#include <utility>

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
  CHECK_THAT(svg, ContainsSubstring("<svg") && ContainsSubstring("log volume") && ContainsSubstring("{braces}") &&
                      ContainsSubstring("back\\slash"));
  CHECK_THAT(drawn(figure, "a.png").substr(1, 3), ContainsSubstring("PNG"));
  map.field = Field{1, 1, 0, 0, 0, 0, {NAN}};
  map.contours.clear();
  CHECK_NOTHROW(drawn({{map, Panel{}}, 1}, "a.pdf"));
  CHECK_THROWS_WITH(require_figure("a.jpg"), ContainsSubstring(".pdf, .svg or .png"));
  CHECK_THROWS_AS(drawn(figure, "a"), UsageError);
}

namespace {

bool has_label(const std::string& svg, const std::string& label) { return svg.find(">" + label + "<") != std::string::npos; }

}  // namespace

TEST_CASE("a logarithmic axis has three labels at least", "[figure]") {
  const auto axis = [](double low, double high) {
    Panel panel{"", "n", "y", true, true, {}, {}};
    panel.curves.push_back({"", {10, 20}, {low, high}});
    return drawn({{panel}, 1}, "a.svg");
  };
  const std::string decade = axis(0.05, 0.9);
  for (const char* label : {"0.05", "0.1", "0.2", "0.5", "1"}) CHECK(has_label(decade, label));
  const std::string narrow = axis(0.31, 0.36);
  CHECK((has_label(narrow, "0.3") && has_label(narrow, "0.32") && has_label(narrow, "0.34")));
  const std::string wide = axis(1e-9, 1e3);
  for (const char* exponent : {"-9", "-6", "-3"}) CHECK(has_label(wide, exponent));
}

TEST_CASE("one bar of colours for a row of maps, marked where values are beyond it", "[figure]") {
  Panel left, right;
  left.field = Field{2, 2, -1, 1, -1, 1, {0, 1, 2, 3}, 0.5, 2.5};
  right.field = Field{2, 2, -1, 1, -1, 1, {-9, 1, 2, 2}, 0.5, 2.5};
  left.field_label = right.field_label = "log volume";
  right.colour_bar = false;
  std::swap(left.colour_bar, right.colour_bar);
  const std::string svg = drawn({{left, right}, 2}, "a.svg");
  const std::size_t first = svg.find("log volume");
  REQUIRE(first != std::string::npos);
  CHECK(svg.find("log volume", first + 1) == std::string::npos);
  CHECK(has_label(svg, "≤ 0.5"));
  CHECK(has_label(svg, "≥ 2.5"));  // of the panel beside it
  right.field->values = left.field->values = {0.5, 1, 2, 2.5};
  const std::string whole = drawn({{left, right}, 2}, "a.svg");
  CHECK_FALSE(has_label(whole, "≤ 0.5"));
  CHECK_FALSE(has_label(whole, "≥ 2.5"));
}

TEST_CASE("one key stands below panels that share it", "[figure]") {
  Panel left{"", "n", "y", true, true, {}, {}}, right = left;
  left.curves.push_back({"volume", {10, 20}, {1, 0.5}, {0.9, 0.4}, {1.1, 0.6}, Curve::Style::points, 0});
  left.curves.push_back({"nothing seen", {}, {}, {}, {}, Curve::Style::bounds, 1});
  right.curves = left.curves;
  const std::string svg = drawn({{left, right}, 2, true}, "a.svg");
  for (const char* label : {"volume", "nothing seen"}) {
    const std::size_t first = svg.find(label);
    REQUIRE(first != std::string::npos);
    CHECK(svg.find(label, first + 1) == std::string::npos);
  }
}
