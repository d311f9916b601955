// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/tanh_residue.hpp"

#include "infwidth/activation/activation.hpp"
#include "infwidth/expression/parse.hpp"
#include "infwidth/gaussian/panels.hpp"
#include "infwidth/gaussian/variance_map.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

/// E[g He_2k] by panels, for g = phi^2 and g = phi'^2, phi a formula in x.
struct ByPanels {
  std::array<Ball, 3> square, slope_square;
  ByPanels(const char* formula, const Ball& q) {
    const Activation phi = Activation::from_text(formula);
    const auto result = PanelRule(phi.pieces(), Integrands::square_and_slope_square, phi.parity()).integrate(q, Precision::bits() + 80, 2);
    const Precision p(Precision::bits() + 120);
    const auto by_hermite = [](const std::array<Ball, 3>& m) {
      return std::array<Ball, 3>{m[0], m[1] - m[0], m[2] - Ball(6) * m[1] + Ball(3) * m[0]};
    };
    square = by_hermite(result.integrals[0].moment);
    slope_square = by_hermite(result.integrals[1].moment);
  }
};

}  // namespace

TEST_CASE("residue trapezoid and panels give one value of tanh's and silu's expectations", "[gaussian][tanh_residue]") {
  const char* q_text = GENERATE("1/1000000", "1/10", "2/5", "1", "17/10", "25", "10000");
  const long bits = GENERATE(60L, 200L, 400L);
  const Precision p(bits);
  const Ball q = ball(q_text);
  CAPTURE(q_text, bits);
  const ByPanels tanh_panels("tanh(x)", q), silu_panels("x*tanh(x)", q);
  const TanhExpectations by_tanh = tanh_expectations(TanhIntegrand::tanh, q), by_silu = tanh_expectations(TanhIntegrand::silu, q);
  for (std::size_t k = 0; k < 3; ++k) {
    CAPTURE(k);
    CHECK(by_tanh.square[k].overlaps(tanh_panels.square[k]));
    CHECK(by_tanh.slope_square[k].overlaps(tanh_panels.slope_square[k]));
    CHECK(by_silu.square[k].overlaps(silu_panels.square[k]));
    CHECK(by_silu.slope_square[k].overlaps(silu_panels.slope_square[k]));
  }
  const int digits = static_cast<int>(static_cast<double>(bits) * 0.301) - 6;
  CHECK(is_narrow(by_tanh.square[0], digits));
  CHECK(is_narrow(by_tanh.slope_square[0], digits));
  CHECK(is_narrow(by_silu.square[0], digits));
  CHECK(is_narrow(by_silu.slope_square[0], digits));
}

TEST_CASE("residue trapezoid: every precision is inside every lower one", "[gaussian][tanh_residue]") {
  const char* q_text = GENERATE("1/100", "3/2", "1000");
  std::array<Ball, 3> square, slope_square;
  bool first = true;
  for (const long bits : {1000L, 500L, 250L, 120L, 60L, 30L, 10L}) {
    const Precision p(bits);
    const TanhExpectations e = tanh_expectations(TanhIntegrand::tanh, ball(q_text));
    CAPTURE(q_text, bits);
    for (std::size_t k = 0; k < 3 && !first; ++k) {
      CHECK(e.square[k].overlaps(square[k]));
      CHECK(e.slope_square[k].overlaps(slope_square[k]));
    }
    CHECK(tanh_chi(ball(q_text)).overlaps(e.slope_square[0]));
    if (first) {
      square = e.square;
      slope_square = e.slope_square;
    }
    first = false;
  }
}

TEST_CASE("residue trapezoid: a ball of variances holds the values at its ends", "[gaussian][tanh_residue]") {
  const Precision p(128);
  const Ball middle = ball("3/2"), radius = ball("1/100000");
  for (const TanhIntegrand g : {TanhIntegrand::tanh, TanhIntegrand::silu}) {
    const TanhExpectations wide = tanh_expectations(g, middle.widened(radius));
    for (const Ball& end : {middle - radius, middle + radius}) {
      const TanhExpectations sharp = tanh_expectations(g, end);
      for (std::size_t k = 0; k < 3; ++k) {
        CHECK(wide.square[k].contains(sharp.square[k]));
        CHECK(wide.slope_square[k].contains(sharp.slope_square[k]));
      }
    }
  }
}

TEST_CASE("residue trapezoid refuses a variance that may be 0 and one beyond its nodes", "[gaussian][tanh_residue]") {
  CHECK_THROWS_AS(tanh_expectations(TanhIntegrand::tanh, Ball(0).widened(Ball(1))), NotReached);
  CHECK_THROWS_AS(tanh_expectations(TanhIntegrand::tanh, ball("1e60")), NotReached);
}

TEST_CASE("tanh at huge variances comes by panels, and tends to the jump's values", "[gaussian][tanh_residue]") {
  const Precision p(160);
  const VarianceMap tanh_map(Activation::from_text("tanh(x)"));
  const Ball q = ball("1e40"), norm = Ball(1) / sqrt(Ball(2) * Ball::pi() * q);
  const VarianceJet<Ball> jet = tanh_map.at(q);
  // E sech^4 -> p_q(0) integral sech^4 = (4/3) p_q(0); 1 - E tanh^2 -> 2 p_q(0); relative corrections of order 1/q
  CHECK(is_narrow(jet.chi - norm * Ball(4) / Ball(3), 38, jet.chi));
  CHECK(abs(jet.chi / norm - Ball(4) / Ball(3)).magnitude().to_double() < 1e-38);
  CHECK(abs((Ball(1) - jet.Q) / norm - Ball(2)).magnitude().to_double() < 1e-18);
}
