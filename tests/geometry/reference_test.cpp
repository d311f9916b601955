// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "infwidth/geometry/metric.hpp"
#include "support/balls.hpp"
#include "support/paths.hpp"

using namespace infwidth;

namespace {

constexpr int reference_digits = 52, depth = 6, dim = 3;

using Numbers = std::array<std::string, 7>;  // A, B, C, log_volume, kappa_radial, kappa_tangential, ricci

/// tests/reference/metric.csv: the rows of one activation and |x|^2, by depth.
std::map<std::pair<std::string, std::string>, std::map<int, Numbers>> reference() {
  std::ifstream file(source_folder() / "tests/reference/metric.csv");
  std::map<std::pair<std::string, std::string>, std::map<int, Numbers>> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#' || line.rfind("activation,", 0) == 0) continue;
    std::istringstream fields(line);
    std::array<std::string, 6> key;  // activation, depth, sigma_w2, sigma_b2, norm2, dim
    for (std::string& k : key) std::getline(fields, k, ',');
    Numbers& numbers = rows[{key[0], key[4]}][std::stoi(key[1])];
    for (std::string& n : numbers) std::getline(fields, n, ',');
  }
  return rows;
}

/// Held by the ball, and known to 45 digits of itself or of its scale: more were asked for.
void check(const Value<Ball>& got, const std::string& want) {
  CAPTURE(want);
  if (want == "huge" || want == "tiny") return;  // a decimal exponent beyond 10^6: the command refuses or prints it, a float could not compare
  REQUIRE(got.exists());
  CHECK_THAT(got.value, Holds(want, reference_digits - 2));
  CHECK(is_narrow(got.value, 45, got.scale));
}

}  // namespace

TEST_CASE("metric and curvature agree with mpmath's 52 digits, every catalogue activation, depths 1 to 6", "[geometry][metric]") {
  const auto rows = reference();
  REQUIRE(rows.size() > 100);
  std::string name;
  std::unique_ptr<const NetworkMetric> network;
  for (const auto& [key, by_depth] : rows) {
    if (key.first != name) {
      name = key.first;
      network = std::make_unique<const NetworkMetric>(make_architecture(depth, {Activation::from_text(name)}, {Rational(3, 2)}, {Rational(1, 10)}));
    }
    CAPTURE(key);
    const auto layers = network->at(InputPoint::with_norm2(parse_rational(key.second), dim), {.digits = 50, .all_layers = true});
    for (const LayerMetric<Ball>& layer : layers) {
      CAPTURE(layer.layer, layer.message);
      const Numbers& want = by_depth.at(layer.layer);
      if (want[0] == "none") {
        CHECK(layer.outcome == Outcome::no_metric);
        continue;
      }
      const Precision p(260);
      if (layer.outcome != Outcome::answered) {  // only a number out of range is a reason not to answer
        CHECK(layer.outcome == Outcome::not_reached);
        CHECK(std::find(want.begin(), want.end(), "huge") != want.end());
        continue;
      }
      CHECK(layer.proven);
      const RadialMetric<Ball>& g = layer.metric;
      const std::array<const Value<Ball>*, 7> got = {&g.A, &g.B, &g.radial, &g.log_volume, &g.curvature_radial, &g.curvature_tangential, &g.ricci_scalar};
      for (std::size_t i = 0; i < got.size(); ++i) check(*got[i], want[i]);
    }
  }
}
