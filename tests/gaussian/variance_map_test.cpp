// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/variance_map.hpp"

#include <fstream>
#include <sstream>

#include "infwidth/real/errors.hpp"
#include "support/balls.hpp"
#include "support/paths.hpp"

using namespace infwidth;

namespace {

constexpr int reference_digits = 105;

struct Row {
  std::string activation, q;
  std::array<std::string, 6> value;  // Q, dQ, d2Q, chi, dchi, d2chi
};

std::vector<Row> reference() {
  std::ifstream file(source_folder() / "tests/reference/variance_maps.csv");
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#' || line.rfind("activation,", 0) == 0) continue;
    std::istringstream fields(line);
    Row row;
    std::getline(fields, row.activation, ',');
    std::getline(fields, row.q, ',');
    for (std::string& v : row.value) std::getline(fields, v, ',');
    rows.push_back(row);
  }
  return rows;
}

bool is_infinite(const std::string& text) { return text == "inf" || text == "-inf"; }
bool is_beyond(const std::string& text) { return text.find("huge") != std::string::npos || text.find("tiny") != std::string::npos; }

/// One value against its reference: held, and to 100 digits of itself or of its scale.
void check(const Ball& got, const std::string& want, const Ball& scale, bool exists) {
  CAPTURE(want);
  CHECK(exists == !is_infinite(want));
  if (!exists || is_infinite(want)) return;
  if (is_beyond(want)) {
    CHECK(got.is_finite());
    CHECK_FALSE(got.contains_zero());
    return;
  }
  CHECK_THAT(got, Holds(want, reference_digits - 1));
  CHECK(is_narrow(got, 100, scale));
  if (want == "0") CHECK(got.contains_zero());
}

}  // namespace

TEST_CASE("the maps agree with mpmath's 105 digits, for every catalogue activation", "[gaussian][variance_map]") {
  const std::vector<Row> rows = reference();
  REQUIRE(rows.size() > 150);
  std::string name;
  std::unique_ptr<const VarianceMap> map;
  for (const Row& row : rows) {
    CAPTURE(row.activation, row.q);
    if (row.activation != name) {
      name = row.activation;
      map = std::make_unique<const VarianceMap>(Activation::from_text(name));
    }
    const Precision p(Precision::bits_for(reference_digits) + 300);
    const Ball q = ball(row.q), per_q = q.is_exact_zero() ? Ball(1) : Ball(1) / q;
    const VarianceJet<Ball> jet = map->at(q);
    CHECK(jet.proven);
    check(jet.Q, row.value[0], Ball(0), jet.Q_order >= 0);
    check(jet.dQ, row.value[1], jet.Q * per_q, jet.Q_order >= 1);
    check(jet.d2Q, row.value[2], jet.Q * per_q * per_q, jet.Q_order >= 2);
    check(jet.chi, row.value[3], Ball(0), jet.chi_order >= 0);
    check(jet.dchi, row.value[4], jet.chi * per_q, jet.chi_order >= 1);
    check(jet.d2chi, row.value[5], jet.chi * per_q * per_q, jet.chi_order >= 2);
    if (jet.chi_order >= 1) CHECK(jet.radial.overlaps(jet.chi + Ball(2) * q * jet.dchi));
    if (jet.chi_order >= 2) CHECK(jet.dradial.overlaps(Ball(3) * jet.dchi + Ball(2) * q * jet.d2chi));
    CHECK(jet.reason.empty() == (jet.Q_order == 2 && jet.chi_order == 2));
  }
}

TEST_CASE("what does not exist says why", "[gaussian][variance_map]") {
  const Precision p(100);
  const auto at = [](const char* f) { return VarianceMap(Activation::from_text(f)).at(Ball(1)); };
  CHECK_THAT(at("step").reason, Catch::Matchers::ContainsSubstring("jumps"));
  CHECK(at("step").chi_order == -1);
  CHECK(at("atan(1/x)").chi_order == -1);
  CHECK(at("sqrt(abs(x))").chi_order == -1);
  CHECK_THAT(at("sqrt(abs(x))").reason, Catch::Matchers::ContainsSubstring("|x - t|^(-1/2)"));
  CHECK(at("abs(x)^(3/4)").chi_order == 2);  // phi' ~ |x|^(-1/4) is square integrable
  CHECK_THROWS_AS(at("exp(x^2/2)"), NoSuchQuantity);
  CHECK_THROWS_AS(VarianceMap(Activation::from_text("tanh")).at(Ball(0).widened(Ball(1))), NotReached);
}

TEST_CASE("eight variances at once are eight variances one by one", "[gaussian][variance_map]") {
  const char* formula = GENERATE("tanh", "erf", "elu:1", "hardtanh", "hermite:4", "x/sqrt(1+x^2)");
  const VarianceMap map(Activation::from_text(formula));
  const std::array<double, 8> q = {0, 1e-6, 0.01, 0.5, 1, 1.7, 25, 1e4};
  Pack pack;
  pack.lane = q;
  const VarianceJet<Pack> jets = map.at(pack);
  const Precision p(200);
  for (int i = 0; i < 8; ++i) {
    const double v = q[static_cast<std::size_t>(i)];
    const VarianceJet<Ball> want = map.at(Ball(v));
    CAPTURE(formula, v);
    const auto close = [](double got, const Ball& truth, double scale) {
      return std::abs(got - truth.to_double()) <= 1e-12 * std::max(std::abs(truth.to_double()), scale);
    };
    const double Q = want.Q.to_double(), chi = want.chi.to_double(), unit = v == 0 ? 1 : v;
    CHECK(close(jets.Q[i], want.Q, 0));
    CHECK(close(jets.chi[i], want.chi, 0));
    CHECK(close(jets.radial[i], want.radial, 0));
    CHECK(close(jets.dQ[i], want.dQ, Q / unit));
    CHECK(close(jets.dchi[i], want.dchi, chi / unit));
    CHECK(close(jets.d2Q[i], want.d2Q, Q / unit / unit));
    CHECK(close(jets.d2chi[i], want.d2chi, chi / unit / unit));
  }
}

TEST_CASE("closed forms keep their relative accuracy at every variance, derivatives too", "[gaussian][variance_map]") {
  for (const char* activation : {"gelu", "erf", "sin", "gelu(x/3) + erf(2*x)"}) {
    const VarianceMap map(Activation::from_text(activation));
    for (const char* q : {"1e-30", "1e-3", "1", "1e3", "1e30", "1e60", "1e300"}) {
      CAPTURE(activation, q);
      const Precision precision(128);
      const Ball middle = ball(q).mid();
      const VarianceJet<Ball> at = map.at(middle), around = map.at(middle.widened(middle * power_of_two(-100)));
      const auto check = [&](const Ball& value, const Ball& in_ball, const Ball& scale) {
        CHECK(is_narrow(value, 37, scale));
        CHECK(value.overlaps(in_ball));
        CHECK(is_narrow(in_ball, 26, scale));
      };
      check(at.Q, around.Q, Ball(0));
      check(at.dQ, around.dQ, at.Q / middle);
      check(at.chi, around.chi, Ball(0));
      check(at.dchi, around.dchi, at.chi / middle);
      check(at.d2chi, around.d2chi, at.chi / (middle * middle));
    }
  }
}

TEST_CASE("a variance that goes through many layers is known as well as the layers leave it", "[gaussian][variance_map]") {
  const Precision precision(128);
  const auto after = [](const char* activation, const char* w, const char* b, int layers) {
    const VarianceMap map(Activation::from_text(activation));
    Ball q = ball("17/10");
    for (int l = 0; l < layers; ++l) q = ball(b) + ball(w) * map.at(q).Q;
    return q;
  };
  CHECK(is_narrow(after("erf", "4", "1/10", 2000), 34));
  CHECK(is_narrow(after("gelu", "4", "1/10", 2000), 30));  // linear, which adds up
  CHECK(is_narrow(after("sin", "30", "1/10", 2000), 34));
  CHECK(is_narrow(after("tanh", "4", "1/10", 40), 33));
  CHECK(is_narrow(after("softplus", "1", "1/10", 12), 33));
}
