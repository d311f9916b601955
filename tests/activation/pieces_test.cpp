// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>
#include <functional>

#include "catch.hpp"
#include "infwidth/activation/catalogue.hpp"
#include "infwidth/real/functions.hpp"
#include "support/activation_text.hpp"

using namespace infwidth;

namespace {

struct Case {
  const char* formula;
  std::function<double(double)> direct;  // the same function, written for doubles with its kinks
  const char* breaks;
};

double relu_of(double u) { return u > 0 ? u : 0; }

const std::vector<Case> cases = {
    {"max(-1, min(1, x))", [](double x) { return std::fmax(-1, std::fmin(1, x)); }, "-1 1"},
    {"abs(abs(x) - 1)", [](double x) { return std::fabs(std::fabs(x) - 1); }, "-1 0 1"},
    {"relu(exp(x) - 2)", [](double x) { return relu_of(std::exp(x) - 2); }, "~"},
    {"relu(exp(x) - 1)", [](double x) { return relu_of(std::exp(x) - 1); }, "0"},
    {"relu(relu(relu(x) - 1) - 1/2)", [](double x) { return relu_of(relu_of(relu_of(x) - 1) - 0.5); }, "3/2"},
    {"max(x, x - 1)", [](double x) { return x; }, ""},
    {"abs(x^2)", [](double x) { return x * x; }, ""},
    {"relu((3*x - 1)^3)", [](double x) { return relu_of(std::pow(3 * x - 1, 3)); }, "1/3"},
    {"relu(exp(3*x - 1) - 3*x)", [](double x) { return std::exp(3 * x - 1) - 3 * x; }, ""},
    {"abs(1 + sin(x))", [](double x) { return 1 + std::sin(x); }, ""},
    {"abs(x^2 - 2) + relu(x^2 - 2)", [](double x) { return std::fabs(x * x - 2) + relu_of(x * x - 2); }, "~ ~"},
    {"relu(x + 2*sin(x))", [](double x) { return relu_of(x + 2 * std::sin(x)); }, "0"},
    {"abs(x*Phi(x) + 1/10)", [](double x) { return std::fabs(x * std::erfc(-x / std::sqrt(2.0)) / 2 + 0.1); }, "~ ~"},
    {"max(exp(-x^2), 1/2)", [](double x) { return std::fmax(std::exp(-x * x), 0.5); }, "~ ~"},
    {"relu(sin(x)^2 + cos(x)^2 - 1)", [](double) { return 0.0; }, ""},
    {"sign(x)*relu(abs(x) - 1/4)", [](double x) { return std::copysign(relu_of(std::fabs(x) - 0.25), x); }, "-1/4 1/4"},
};

}  // namespace

TEST_CASE("pieces reproduce the function they were cut from, and its kinks", "[activation]") {
  for (const Case& c : cases) {
    INFO(c.formula);
    const Activation phi = Activation::from_text(c.formula);
    CHECK(breaks_of(phi.pieces()) == c.breaks);
    CHECK_FALSE(phi.jump());
    for (double x : {-3.3, -1.7, -1.2, -0.9, -0.3, -0.1, 0.05, 0.2, 0.4, 0.72, 1.1, 1.45, 1.9, 2.8}) {
      INFO("x = " << x);
      const double want = c.direct(x);
      CHECK(std::fabs(value_of(piece_at(phi, x).value, x) - want) <= 4e-15 * (1 + std::fabs(want)));
    }
  }
}

TEST_CASE("the derivative of a piece is the slope of the function", "[activation]") {
  for (const char* formula : {"gelu(x)", "elu(x, 1/2)", "abs(tanh(x) - 1/3)", "max(x^3 - x, 1/2)", "selu(x)", "sqrt(1 + x^2)", "hermite(x, 5)"}) {
    INFO(formula);
    const Activation phi = Activation::from_text(formula);
    for (double x : {-2.1, -0.6, 0.15, 0.9, 1.8}) {
      const Piece& p = piece_at(phi, x);
      const double h = 1e-5, slope = (value_of(p.value, x + h) - value_of(p.value, x - h)) / (2 * h);
      // central differences: h^2 f'''/6 and 1e-16/h of rounding, for |f'''| up to 100
      CHECK(std::fabs(value_of(p.derivative, x) - slope) <= 1e-8 * (1 + std::fabs(slope)));
    }
  }
}

TEST_CASE("a kink that is no fraction is enclosed to any precision", "[activation]") {
  const Activation phi = Activation::from_text("relu(exp(x) - 2)");
  const Activation root = Activation::from_text("relu(x^3 - 2)");
  for (long bits : {64L, 300L, 2000L}) {
    Precision working(bits);
    const Ball kink = phi.pieces()[1].left->at.ball();
    CHECK(kink.overlaps(log(Ball(2))));
    CHECK(kink.radius().to_double() <= std::ldexp(1.0, static_cast<int>(8 - bits)));
    CHECK(pow(root.pieces()[1].left->at.ball(), 3).contains(Ball(2)));
  }
}

TEST_CASE("infinitely many kinks are refused as usage, undecidable ones as not reached", "[activation]") {
  for (const char* formula : {"relu(sin(x))", "abs(cos(3*x) + 1/2)", "max(x*sin(x), 1)", "step(sin(x) - 1/2)"}) {
    INFO(formula);
    CHECK_THROWS_AS(Activation::from_text(formula), UsageError);
  }
  // a double zero at no fraction; more zeros than anyone wants
  CHECK_THROWS_AS(Activation::from_text("relu(exp(x - sqrt(2)) - 1 - x + sqrt(2))"), NotReached);
  CHECK_THROWS_AS(Activation::from_text("abs(sin(1000*x) + x/10)"), NotReached);
}

TEST_CASE("jumps of phi are found, and only jumps", "[activation]") {
  CHECK(Activation::from_text("step").jump());
  CHECK(Activation::from_text("sign(x - 1/2)").jump()->exact() == Rational(1, 2));
  CHECK(Activation::from_text("step(exp(x) - 2)").jump());
  CHECK(Activation::from_text("relu_power:0").jump());
  CHECK_FALSE(Activation::from_text("step(exp(x) - 2)*(exp(x) - 2)").jump());
  CHECK_FALSE(Activation::from_text("step(x)*x").jump());
  CHECK_FALSE(Activation::from_text("sign(x)*sin(x)").jump());
  CHECK_FALSE(Activation::from_text("sign(x)^2 + x").jump());
}

TEST_CASE("a user's callable with declared kinks gives the pieces of the typed formula", "[activation]") {
  const auto f = [](const auto& x, std::size_t piece) { return piece == 0 ? exp(x) - 1 : x; };
  const Activation mine = Activation::from_callable("mine", f, {Rational(0)});
  const Activation typed = Activation::from_text("elu:1");
  REQUIRE(mine.pieces().size() == 2);
  for (std::size_t i = 0; i < 2; ++i) CHECK(mine.pieces()[i].value == typed.pieces()[i].value);
  CHECK_FALSE(mine.jump());
  CHECK(mine.name() == "mine");

  const auto clipped = [](const auto& x, std::size_t piece) { return piece == 0 ? x * 0 : piece == 1 ? x : x * 0 + 2; };
  CHECK(Activation::from_callable("gap", clipped, {Rational(0), Rational(1)}).jump()->exact() == Rational(1));
  CHECK_THROWS_AS(Activation::from_callable("wrong order", clipped, {Rational(1), Rational(0)}), UsageError);
  CHECK_THROWS_AS(Activation::from_callable("a pole", [](const auto& x, std::size_t) { return 1 / x; }, {}), NoSuchQuantity);
}

TEST_CASE("parity is proven for the catalogue and for typed formulas", "[activation]") {
  for (const char* odd : {"identity", "erf", "tanh", "sin", "sign", "hardtanh", "monomial:3", "hermite:5", "atan(1/x)", "x*abs(x)", "x/(1+abs(x))"}) {
    INFO(odd);
    CHECK(Activation::from_text(odd).parity() == Parity::odd);
  }
  for (const char* even : {"abs", "cos", "gaussian", "hermite:4", "sqrt(abs(x))", "log(exp(x) + exp(-x))", "abs(x^2 - 2)", "sin(x)/x", "x*atan(1/x)"}) {
    INFO(even);
    CHECK(Activation::from_text(even).parity() == Parity::even);
  }
  for (const char* none : {"relu", "gelu", "sigmoid", "elu:1", "exp", "relu(x - 1)", "leaky_relu:1/5"}) {
    INFO(none);
    CHECK(Activation::from_text(none).parity() == Parity::none);
  }
}
