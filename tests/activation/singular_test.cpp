// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>

#include "catch.hpp"
#include "infwidth/activation/local_series.hpp"
#include "infwidth/activation/singular.hpp"
#include "support/activation_text.hpp"

using namespace infwidth;

TEST_CASE("a formula that is not real on the whole line is refused as usage", "[activation]") {
  for (const char* formula : {"log(x)", "sqrt(x)", "x^(1/2)", "x^(1/3)", "x^x", "asin(x)", "sqrt(x^2 - 1)", "sqrt(-1)", "log(0)", "relu(log(x))"}) {
    INFO(formula);
    CHECK_THROWS_AS(Activation::from_text(formula), UsageError);
  }
}

TEST_CASE("roots and logarithms that stay off their branch points are ordinary", "[activation]") {
  for (const char* formula : {"log(1+x^2)", "sqrt(1+x^2)", "x/sqrt(1+x^2)", "asin(tanh(x))", "tan(tanh(x))", "1/(1+exp(-x))", "(1+x^2)^(1/3)", "log(2+sin(x))"}) {
    INFO(formula);
    CHECK(Activation::from_text(formula).pieces().size() == 1);
  }
}

TEST_CASE("a pole is no such quantity, an untreated singularity is not reached; the message names the point", "[activation]") {
  for (const char* formula : {"1/x", "1/(x-1)", "1/(x^2-2)", "tan(x)", "1/sin(x)", "abs(1/x)", "abs(x)^(-1/2)", "exp(x)/(exp(x)-1)", "1/relu(x)"}) {
    INFO(formula);
    CHECK_THROWS_AS(Activation::from_text(formula), NoSuchQuantity);
  }
  for (const char* formula : {"exp(-1/x^2)", "tanh(1/x)", "sin(1/x)", "abs(x)^sqrt(2)", "abs(x^2-2)^(1/2)"}) {
    INFO(formula);
    CHECK_THROWS_AS(Activation::from_text(formula), NotReached);
  }
  try {
    Activation::from_text("1/(x-1)");
    FAIL("1/(x-1) was accepted");
  } catch (const NoSuchQuantity& error) {
    CHECK(std::string(error.what()).find("x = 1") != std::string::npos);
  }
}

TEST_CASE("a removable singularity keeps the function continuous, with both ends marked", "[activation]") {
  for (const char* formula : {"sin(x)/x", "(exp(x)-1)/x", "x/tanh(x)", "(1-cos(x))/x^2", "erf(x)/x", "sin(x-1/3)/(x-1/3)", "sin(x^2-2)/(x^2-2)"}) {
    INFO(formula);
    const Activation phi = Activation::from_text(formula);
    CHECK(phi.pieces().size() >= 2);
    CHECK_FALSE(phi.jump());
    CHECK(phi.pieces()[0].right->kind == EndKind::removable);
    CHECK(phi.pieces()[1].left->kind == EndKind::removable);
  }
  CHECK(Activation::from_text("(x^2-1)/(x-1)").pieces().size() == 1);
}

TEST_CASE("the expansion at a removable singularity is the known series", "[activation]") {
  // x/tanh(x) = 1 + x^2/3 - x^4/45 + 2 x^6/945 - ...
  const Expression f = Activation::from_text("x/tanh(x)").pieces()[1].value;
  const LocalSeries s = expand_at(f, RealPoint(Rational(0)), +1).series;
  REQUIRE(s.valuation == 0);
  CHECK(s.jet[0].exact() == Rational(1));
  CHECK(s.jet[1].is_zero());
  CHECK(s.jet[2].exact() == Rational(1, 3));
  CHECK(s.jet[4].exact() == Rational(-1, 45));
  CHECK(s.jet[6].exact() == Rational(2, 945));
}

TEST_CASE("atan of a pole is cut into two analytic pieces, and the limits decide the jump", "[activation]") {
  const Activation phi = Activation::from_text("atan(1/x)");
  REQUIRE(phi.pieces().size() == 2);
  CHECK(phi.jump()->exact() == Rational(0));
  CHECK(phi.pieces()[0].right->kind == EndKind::analytic);
  for (double x : {-2.0, -0.3, 0.7, 5.0}) CHECK(std::fabs(value_of(piece_at(phi, x).value, x) - std::atan(1 / x)) < 1e-15);
  CHECK_FALSE(Activation::from_text("x*atan(1/x)").jump());
  CHECK_FALSE(Activation::from_text("atan(1/x^2)").jump());
  CHECK_FALSE(Activation::from_text("atan(1/abs(x))").jump());
  CHECK(Activation::from_text("max(-1, min(1, 1/x))").jump()->exact() == Rational(0));
}

TEST_CASE("fractional powers at a zero carry root and orders, in a positive base on each side", "[activation]") {
  const auto check = [](const char* formula, int root, const Rational& order, const Rational& derivative_order) {
    INFO(formula);
    const Activation phi = Activation::from_text(formula);
    const PieceEnd& end = *phi.pieces().back().left;
    CHECK(end.at.exact() == Rational(0));
    CHECK(end.kind == EndKind::algebraic);
    CHECK(end.root == root);
    CHECK(end.order == order);
    CHECK(end.derivative_order == derivative_order);
    CHECK_FALSE(phi.jump());
    CHECK(std::isfinite(value_of(phi.pieces()[0].value, -0.5)));
  };
  check("sqrt(abs(x))", 2, Rational(1, 2), Rational(-1, 2));
  check("(x^2)^(1/3)", 3, Rational(2, 3), Rational(-1, 3));
  check("abs(x)^(3/2)", 2, Rational(3, 2), Rational(1, 2));
  check("relu(x)^(1/2)", 2, Rational(1, 2), Rational(-1, 2));
  check("relu_power:5/2", 2, Rational(5, 2), Rational(3, 2));
  check("abs(x)^(-1/3)", 3, Rational(-1, 3), Rational(-4, 3));
  check("1 + sqrt(abs(x)) + abs(x)^(1/3)", 6, Rational(0), Rational(-2, 3));
  check("sqrt(abs(tanh(x)) + x^2)", 2, Rational(1, 2), Rational(-1, 2));
}

TEST_CASE("an even power under a root is an absolute value", "[activation]") {
  const Activation phi = Activation::from_text("sqrt(x^2)");
  REQUIRE(phi.pieces().size() == 2);
  CHECK(to_string(phi.pieces()[0].value) == "-x");
  CHECK(to_string(phi.pieces()[1].value) == "x");
  CHECK(phi.pieces()[0].right->kind == EndKind::analytic);
}
