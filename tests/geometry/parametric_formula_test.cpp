// SPDX-License-Identifier: GPL-3.0-or-later
// Formulas with parameters against the quadrature of the pieces, once the parameters are numbers.
#include <map>

#include "infwidth/expression/program.hpp"
#include "infwidth/expression/sign.hpp"
#include "infwidth/gaussian/panels.hpp"
#include "infwidth/geometry/formula.hpp"
#include "infwidth/geometry/kernel_formula.hpp"
#include "infwidth/real/errors.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

using Values = std::map<std::string, Rational>;

struct Member {
  std::string activation, assumptions;
  Values values;
};

const std::vector<Member> members = {
    {"erf(a*x)", "", {{"a", Rational(-3, 2)}}},
    {"leaky_relu:a", "", {{"a", Rational(-2, 7)}}},
    {"elu:alpha", "", {{"alpha", Rational(7, 3)}}},
    {"a*sin(b*x) + relu(x - t)", "", {{"a", 2}, {"b", Rational(-5, 4)}, {"t", Rational(-1, 3)}}},
    {"rbf:g", "", {{"g", Rational(3, 5)}}},
    {"a*gelu(b*x)", "", {{"a", Rational(1, 2)}, {"b", -2}}},
    {"Phi(a*x + b)", "", {{"a", Rational(3, 2)}, {"b", -1}}},
    {"exp(-a*x^2)", "a>0", {{"a", Rational(4, 3)}}},
    {"x*exp(-x^2/(2*b^2))", "", {{"b", Rational(5, 2)}}},
    {"max(-t, min(t, a*x))", "a>0, t>0", {{"a", Rational(3, 2)}, {"t", Rational(2, 3)}}},
    {"relu(x - t) - relu(x - u)", "t<u", {{"t", -1}, {"u", Rational(1, 2)}}},
    {"relu(a*x + b)", "a<0", {{"a", Rational(-1, 2)}, {"b", Rational(3, 4)}}},
    {"abs(x)^3*a + b*x^2", "", {{"a", Rational(1, 3)}, {"b", -2}}},
    {"cos(w*x)*exp(k*x)", "", {{"w", 2}, {"k", Rational(-1, 3)}}},
    {"max(x, a*x + b)", "a<1, b>0", {{"a", Rational(1, 4)}, {"b", Rational(3, 2)}}},
};

Ball value_of(Expression e, const Values& values) {
  for (const auto& [name, value] : values) e = substitute(e, name, Expression(value));
  const Program program({e}, "");
  return Evaluator<Ball>(program).value(Ball(0));
}

}  // namespace

TEST_CASE("Q and chi of activations with parameters agree with quadrature to 30 digits", "[geometry]") {
  const Precision p(260);
  for (const Member& m : members) {
    CAPTURE(m.activation, m.assumptions);
    const ParametricActivation phi = ParametricActivation::from_text(m.activation);
    Assumptions given = phi.given;
    if (!m.assumptions.empty()) assume(given, m.assumptions, phi.parameters);
    REQUIRE(hold(given, m.values));
    const LayerFormulas layer = layer_formulas(phi, given);
    const Activation numeric = Activation::from_formula(phi.at(m.values), m.activation);
    const Rational q(17, 10);
    const auto wanted = PanelRule(numeric.pieces(), Integrands::square_and_slope_square, numeric.parity()).integrate(Ball(q), 160, 0);
    Values at = m.values;
    at["q"] = q;
    for (const bool chi : {false, true}) {
      const NamedFormulas f = variance_map_formula(layer, chi, given, true);
      CAPTURE(to_string(f.results[0].formula));
      const Ball value = value_of(f.results[0].formula, at);
      CHECK(value.overlaps(wanted.integrals[chi ? 1 : 0].moment[0]));
      CHECK(is_narrow(value, 30));
    }
  }
}

TEST_CASE("volume and curvature with parameters are those of the network of numbers", "[geometry]") {
  for (const Member& m : {members[0], members[1], members[4]}) {
    CAPTURE(m.activation);
    const ParametricActivation phi = ParametricActivation::from_text(m.activation);
    SymbolicNetwork with_letters, with_numbers;
    for (SymbolicNetwork* n : {&with_letters, &with_numbers}) {
      n->sigma_w2 = {Expression::variable("sigma_w2"), 1};
      n->sigma_b2 = {Expression::variable("sigma_b2"), 0};
    }
    with_letters.given.add(phi.given);
    with_letters.layers = {layer_formulas(phi, with_letters.given)};
    with_numbers.layers = {layer_formulas(Activation::from_formula(phi.at(m.values), m.activation))};
    Values at = m.values;
    at.insert({{"s", Rational(7, 5)}, {"d", 3}, {"sigma_w2", Rational(3, 2)}, {"sigma_b2", Rational(1, 10)}});
    const Precision p(200);
    for (const GeometryQuantity quantity : {GeometryQuantity::metric, GeometryQuantity::volume, GeometryQuantity::curvature}) {
      const NamedFormulas f = geometry_formula(with_letters, quantity, MetricOf::feature, true), g = geometry_formula(with_numbers, quantity, MetricOf::feature, true);
      for (std::size_t i = 0; i < f.results.size(); ++i) {
        const Ball value = value_of(f.results[i].formula, at), wanted = value_of(g.results[i].formula, at);
        CAPTURE(to_string(f.results[i].formula), to_string(g.results[i].formula));
        CHECK(value.overlaps(wanted));
        CHECK(is_narrow(value, 30, Ball(1)));
      }
    }
  }
}

TEST_CASE("formulas with parameters are as short as a person writes them", "[geometry]") {
  const auto printed = [](const std::string& activation, bool chi, const std::string& assumptions = "") {
    const ParametricActivation phi = ParametricActivation::from_text(activation);
    Assumptions given = phi.given;
    if (!assumptions.empty()) assume(given, assumptions, phi.parameters);
    return to_string(variance_map_formula(layer_formulas(phi, given), chi, given).results[0].formula);
  };
  CHECK(printed("erf(a*x)", true) == "4*a^2/(pi*sqrt(1 + 4*a^2*q))");
  CHECK(printed("leaky_relu:a", true) == "(1 + a^2)/2");
  CHECK(printed("relu(a*x)", false, "a>0") == "a^2*q/2");
  CHECK(printed("relu(a*x)", false) == "a^2*q/2");
  CHECK(printed("abs(a)*x", true) == "a^2");
}

TEST_CASE("kernels with parameters", "[geometry]") {
  const auto printed = [](const std::string& activation, bool slope) {
    const KernelMaps maps = kernel_maps(ParametricActivation::from_text(activation));
    return to_string(kernel_formula({maps}, {1, 1}, {0, 0}, slope ? MetricOf::derivative : MetricOf::feature).results[0].formula);
  };
  CHECK(printed("a*x", false) == "a^2*c");
  // the diagonal q1 = q2 = c is Q
  for (const char* activation : {"erf(a*x)", "leaky_relu:a", "relu(a*x)", "a*x^2 + cos(b*x)"}) {
    CAPTURE(activation);
    const KernelMaps maps = kernel_maps(ParametricActivation::from_text(activation));
    const Precision p(260);
    const Values at = {{"a", Rational(3, 2)}, {"b", Rational(-2, 3)}, {"q", Rational(7, 5)}, {"q1", Rational(7, 5)}, {"q2", Rational(7, 5)}};
    Values near = at;
    near["c"] = Rational(7, 5) - Rational(1, 1000000) * Rational(1, 1000000);
    const Ball gap = value_of(maps.dual, near) - value_of(maps.Q, at);
    CHECK(certainly_positive(Ball(Rational(1, 1000000)) * Ball(Rational(1, 1000)) - abs(gap)) == Truth::yes);
  }
}

TEST_CASE("parameters whose sign decides are asked for", "[geometry]") {
  const auto formulas = [](const std::string& activation) { return layer_formulas(ParametricActivation::from_text(activation)); };
  CHECK_THROWS_AS(formulas("relu(a*x + b)"), OpenSign);
  CHECK_THROWS_AS(formulas("relu(x - t) + relu(x)"), OpenSign);
  CHECK_THROWS_AS(formulas("tanh(a*x)"), NotReached);
  CHECK_THROWS_AS(variance_map_formula(formulas("a*step(x)"), true, {}), NoSuchQuantity);
}
