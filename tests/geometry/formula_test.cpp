// SPDX-License-Identifier: GPL-3.0-or-later
// The formulas against the numbers: the same templates run on balls, whose variance maps come from the residue rule, quadrature or compiled closed forms.
#include "infwidth/geometry/formula.hpp"

#include <map>

#include "catch.hpp"
#include "infwidth/expression/parse.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/real/errors.hpp"

using namespace infwidth;

namespace {

using Values = std::map<std::string, Rational>;

/// The result `i` in balls of 200 bits, its named quantities put in.
Ball value_of(const NamedFormulas& f, std::size_t i, const Values& values) {
  Expression e = f.results.at(i).formula;
  for (std::size_t k = f.where.size(); k-- > 0;) e = substitute(e, f.where[k].name, f.where[k].formula);
  for (const auto& [name, value] : values) e = substitute(e, name, Expression(value));
  const Precision precision(200);
  const Program program({e}, "");
  return Evaluator<Ball>(program).value(Ball(0));
}

bool agree(const Ball& formula, const Ball& number) {
  const Precision precision(200);
  if (!formula.is_finite() || !number.is_finite()) return false;
  return certainly_positive(abs(number.mid()) * pow(Ball(10), -30) + pow(Ball(10), -40) - abs(formula - number)) == Truth::yes;
}

SymbolicNetwork symbolic(const std::vector<std::string>& activations, InputScaling scaling = InputScaling::unit) {
  SymbolicNetwork n;
  for (const std::string& name : activations) n.layers.push_back(layer_formulas(Activation::from_text(name)));
  for (std::size_t l = 0; l <= activations.size(); ++l) {
    n.sigma_w2.push_back(Expression::variable("sigma_w2"));
    n.sigma_b2.push_back(Expression::variable("sigma_b2"));
  }
  n.input_scaling = scaling;
  return n;
}

RadialMetric<Ball> numeric(const std::vector<std::string>& names, const Values& at, InputScaling scaling, MetricOf of) {
  std::vector<Activation> activations;
  for (const std::string& name : names) activations.push_back(Activation::from_text(name));
  const Architecture network = make_architecture(static_cast<int>(names.size()), activations, {at.at("sigma_w2")}, {at.at("sigma_b2")}, scaling);
  const InputPoint x = InputPoint::with_norm2(at.at("s"), static_cast<int>(numerator(at.at("d"))));
  LayerMetric<Ball> layer = NetworkMetric(network, of).at(x, {.digits = 32}).back();
  REQUIRE(layer.outcome == Outcome::answered);
  return std::move(layer.metric);
}

/// All quantities of a network, named and, where that is quick, in one piece.
void check_all(const std::vector<std::string>& names, const Values& at, InputScaling scaling, MetricOf of, bool expand) {
  CAPTURE(names, expand);
  const SymbolicNetwork network = symbolic(names, scaling);
  const RadialMetric<Ball> m = numeric(names, at, scaling, of);
  const auto check = [&](GeometryQuantity quantity, const std::vector<const Value<Ball>*>& wanted) {
    const NamedFormulas f = geometry_formula(network, quantity, of, expand);
    CHECK((f.where.empty() || !expand));
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      CAPTURE(f.results[i].name, to_string(f.results[i].formula));
      CHECK(agree(value_of(f, i, at), wanted[i]->value));
    }
  };
  check(GeometryQuantity::metric, {&m.A, &m.B});
  check(GeometryQuantity::eigenvalues, {&m.tangential, &m.radial});
  check(GeometryQuantity::volume, {&m.volume});
  check(GeometryQuantity::curvature, {&m.ricci_scalar});
  check(GeometryQuantity::sectional, {&m.curvature_radial, &m.curvature_tangential});
}

std::string printed(const std::string& activation, GeometryQuantity quantity, const Expression& sigma_b2 = Expression::variable("sigma_b2")) {
  SymbolicNetwork n = symbolic({activation});
  for (Expression& b : n.sigma_b2) b = sigma_b2;
  const NamedFormulas f = geometry_formula(n, quantity);
  CHECK(f.where.empty());
  return to_string(f.results.at(0).formula);
}

const Values here = {{"s", Rational(7, 5)}, {"d", 3}, {"sigma_w2", Rational(3, 2)}, {"sigma_b2", Rational(1, 10)}};
const Values there = {{"s", Rational(3, 11)}, {"d", 2}, {"sigma_w2", Rational(8, 3)}, {"sigma_b2", Rational(5, 7)}};

}  // namespace

TEST_CASE("formulas of one hidden layer have the values of the proven numbers", "[geometry]") {
  for (const char* name : {"erf", "sin", "relu", "relu_power:3/2", "monomial:3"}) check_all({name}, here, InputScaling::unit, MetricOf::feature, false);
  check_all({"hardtanh"}, there, InputScaling::fan_in, MetricOf::nngp, false);
}

TEST_CASE("formulas of two layers have the values of the proven numbers", "[geometry]") {
  check_all({"erf", "relu_power:2"}, there, InputScaling::fan_in, MetricOf::nngp, false);
}

TEST_CASE("formulas of all activations of one hidden layer have the values of the proven numbers", "[geometry][slow]") {
  for (const char* name : {"gelu", "cos", "exp", "gaussian", "abs", "relu_power:2", "hermite:3", "rbf:2", "normal_cdf", "elu:1", "selu", "relu6"}) {
    check_all({name}, here, InputScaling::unit, MetricOf::feature, false);
    check_all({name}, there, InputScaling::fan_in, MetricOf::nngp, false);
  }
  for (const char* name : {"erf", "sin", "monomial:2", "gelu"}) check_all({name}, there, InputScaling::fan_in, MetricOf::feature, true);
}

TEST_CASE("formulas of deeper networks have the values of the proven numbers", "[geometry][slow]") {
  check_all({"relu_power:2", "monomial:2"}, there, InputScaling::unit, MetricOf::feature, true);
  check_all({"erf", "erf"}, here, InputScaling::unit, MetricOf::feature, true);
  check_all({"gelu", "sin"}, there, InputScaling::fan_in, MetricOf::nngp, false);
  check_all({"gelu", "elu:1"}, there, InputScaling::unit, MetricOf::nngp, true);
  check_all({"erf", "relu", "gaussian"}, here, InputScaling::unit, MetricOf::feature, false);
}

TEST_CASE("formulas are as short as a person writes them", "[geometry]") {
  using enum GeometryQuantity;
  CHECK(printed("relu", volume) == "(sigma_w2/2)^(d/2)");
  CHECK(printed("relu", curvature) == "0");
  CHECK(printed("erf", volume) == "sqrt(1 + 4*sigma_b2)*(4*sigma_w2/pi)^(d/2)/(1 + 4*sigma_b2 + 4*sigma_w2*s)^((d + 2)/4)");
  CHECK(printed("erf", curvature) == "-pi*sigma_w2*s*(d - 1)*(d + 2)/((1 + 4*sigma_b2)*sqrt(1 + 4*sigma_b2 + 4*sigma_w2*s))");
  CHECK(printed("exp", volume) == "sigma_w2^(d/2)*sqrt(1 + 4*sigma_w2*s)*exp(d*(sigma_b2 + sigma_w2*s))");
  CHECK(printed("sin", metric) == "sigma_w2*(1 + exp(-2*(sigma_b2 + sigma_w2*s)))/2");
  // a cone: flat in the plane
  CHECK(printed("monomial:3", curvature, 0) == "-4*(d - 1)*(d - 2)/(135*sigma_w2^3*s^3)");
}

TEST_CASE("the variance maps as formulas, long constants named", "[geometry]") {
  const auto map = [](const char* name, bool chi) { return variance_map_formula(layer_formulas(Activation::from_text(name)), chi, {}); };
  CHECK(to_string(map("relu", true).results[0].formula) == "1/2");
  CHECK(to_string(map("cos", true).results[0].formula) == "(1 - exp(-2*q))/2");
  CHECK(map("selu", true).where.size() == 2);
  CHECK(map("erf", true).where.empty());
  // Q' = chi + E[phi phi''] = S + q (5 + 11 q + 4 q^2) / (2 pi (1+q)^2 (1+2q)^(3/2)): theory of GELU, another derivation
  const Expression slope = differentiate(map("gelu", false).results[0].formula, "q");
  const Language language{.variables = {"q"}, .functions = {}};
  const Expression known = parse("1/4+asin(q/(1+q))/(2*pi)+q*(5+11*q+4*q^2)/(2*pi*(1+q)^2*(1+2*q)^(3/2))", language);
  CHECK(simplify(slope - known, {.positive = {"q"}, .not_negative = {}}).is_number(0));
}

TEST_CASE("what has no formula says why", "[geometry]") {
  CHECK_THROWS_AS(layer_formulas(Activation::from_text("tanh")), NotReached);
  CHECK_THROWS_AS(geometry_formula(symbolic({"step"}), GeometryQuantity::volume), NoSuchQuantity);
  CHECK_THROWS_AS(variance_map_formula(layer_formulas(Activation::from_text("step")), true, {}), NoSuchQuantity);
  CHECK(to_string(variance_map_formula(layer_formulas(Activation::from_text("step")), false, {}).results[0].formula) == "1/2");
  SymbolicNetwork line = symbolic({"erf"});
  line.dim = 1;
  CHECK_THROWS_AS(geometry_formula(line, GeometryQuantity::eigenvalues), NoSuchQuantity);
  CHECK(to_string(geometry_formula(line, GeometryQuantity::curvature).results[0].formula) == "0");
}
