// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>

#include "catch.hpp"
#include "infwidth/activation/catalogue.hpp"
#include "infwidth/activation/recognise.hpp"
#include "infwidth/real/functions.hpp"
#include "support/activation_text.hpp"

using namespace infwidth;

namespace {

using Kind = Recognised::Kind;

double number(const Expression& constant) { return value_of(constant, 0); }

/// The value of a normal form at x, from its fields alone.
double value(const Recognised& r, double x) {
  switch (r.kind) {
    case Kind::polynomial: {
      double sum = 0;
      for (std::size_t k = r.coefficients.size(); k-- > 0;) sum = sum * x + number(r.coefficients[k]);
      return sum;
    }
    case Kind::slopes: return x * number(x < 0 ? r.left : r.right);
    case Kind::powers: return number(x < 0 ? r.left : r.right) * std::pow(std::fabs(x), r.exponent.convert_to<double>());
    case Kind::sinusoid: return number(r.sine) * std::sin(number(r.b) * x) + number(r.cosine) * std::cos(number(r.b) * x);
    case Kind::shape: break;
  }
  const double u = number(r.b) * x;
  const std::string& f = r.entry;
  const double y = f == "erf"        ? std::erf(u)
                   : f == "gelu"     ? u * std::erfc(-u / std::sqrt(2.0)) / 2
                   : f == "exp"      ? std::exp(u)
                   : f == "gaussian" ? std::exp(-u * u)
                   : f == "tanh"     ? std::tanh(u)
                   : f == "softplus" ? std::log1p(std::exp(u))
                   : f == "silu"     ? u / (1 + std::exp(-u))
                   : f == "elu"      ? (u > 0 ? u : number(r.parameter) * std::expm1(u))
                   : f == "hardtanh" ? std::fmax(-1, std::fmin(1, u))
                   : f == "relu6"    ? std::fmin(std::fmax(u, 0), 6)
                                     : std::nan("");
  return number(r.c) + number(r.a) * y;
}

struct Case {
  const char* formula;
  Kind kind;
  const char* entry;
};

const std::vector<Case> cases = {
    // what has to be recognised
    {"(x+abs(x))/2", Kind::slopes, ""}, {"max(0,x)", Kind::slopes, ""}, {"1/(1+exp(-x))", Kind::shape, "tanh"}, {"x*Phi(x)", Kind::shape, "gelu"},
    {"x/2*(1+erf(x/sqrt(2)))", Kind::shape, "gelu"}, {"log(1+exp(x))", Kind::shape, "softplus"}, {"2*sigmoid(2*x)-1", Kind::shape, "tanh"},
    {"erf(x/sqrt(2))", Kind::shape, "erf"}, {"gelu(2*x)", Kind::shape, "gelu"}, {"3*tanh(x/2)", Kind::shape, "tanh"}, {"max(-1,min(1,x))", Kind::shape, "hardtanh"},
    // every catalogue name
    {"identity", Kind::polynomial, ""}, {"relu", Kind::slopes, ""}, {"leaky_relu:1/5", Kind::slopes, ""}, {"abs", Kind::slopes, ""}, {"step", Kind::powers, ""},
    {"sign", Kind::powers, ""}, {"relu_power:0", Kind::powers, ""}, {"relu_power:2", Kind::powers, ""}, {"relu_power:5/2", Kind::powers, ""},
    {"erf", Kind::shape, "erf"}, {"normal_cdf", Kind::shape, "erf"}, {"gelu", Kind::shape, "gelu"}, {"sin", Kind::sinusoid, ""}, {"cos", Kind::sinusoid, ""},
    {"exp", Kind::shape, "exp"}, {"gaussian", Kind::shape, "gaussian"}, {"tanh", Kind::shape, "tanh"}, {"sigmoid", Kind::shape, "tanh"},
    {"softplus", Kind::shape, "softplus"}, {"silu", Kind::shape, "silu"}, {"elu:1/2", Kind::shape, "elu"}, {"selu", Kind::shape, "elu"},
    {"hardtanh", Kind::shape, "hardtanh"}, {"relu6", Kind::shape, "relu6"}, {"rbf:3/2", Kind::sinusoid, ""}, {"monomial:3", Kind::polynomial, ""},
    {"hermite:4", Kind::polynomial, ""},
    // other ways to write them
    {"erfc(-x)", Kind::shape, "erf"}, {"(exp(2*x)-1)/(exp(2*x)+1)", Kind::shape, "tanh"}, {"sinh(x)/cosh(x)", Kind::shape, "tanh"}, {"x/(1+exp(-x))", Kind::shape, "silu"},
    {"-softplus(-2*x)/3", Kind::shape, "softplus"}, {"exp(1/2 - x^2/2)/pi", Kind::shape, "gaussian"}, {"2*exp(3 - x/pi)", Kind::shape, "exp"},
    {"sin(x)+cos(x)", Kind::sinusoid, ""}, {"sqrt(2)*sin(x+pi/4)", Kind::sinusoid, ""}, {"sin(x)*cos(x)", Kind::sinusoid, ""}, {"cos(1 - 2*x) - sin(2*x)/3", Kind::sinusoid, ""},
    {"relu(x) + x", Kind::slopes, ""}, {"x*abs(x)", Kind::powers, ""}, {"sqrt(abs(x))", Kind::powers, ""}, {"2*step(x) - 1", Kind::powers, ""},
    {"elu(2*x, 1/3)/5", Kind::shape, "elu"}, {"max(0,x)+min(0,exp(x)-1)", Kind::shape, "elu"}, {"elu(-x, 2)", Kind::shape, "elu"}, {"2*hardtanh(-x/3)", Kind::shape, "hardtanh"},
    {"relu6(-x)", Kind::shape, "relu6"}, {"-relu6(3*x)", Kind::shape, "relu6"}, {"pi*x^2 + (x - 1)^3", Kind::polynomial, ""}, {"(x^2-1)/(x-1)", Kind::polynomial, ""},
};

}  // namespace

TEST_CASE("a recognised normal form has the values of the activation", "[activation]") {
  for (const Case& c : cases) {
    INFO(c.formula);
    const Activation phi = Activation::from_text(c.formula);
    const std::optional<Recognised> r = recognise(phi);
    REQUIRE(r);
    CHECK((r->kind == c.kind));
    CHECK(r->entry == c.entry);
    for (double x : {-4.1, -1.3, -0.4, 0.2, 0.7, 1.9, 3.6, 9.0}) {
      INFO("x = " << x);
      const double want = value_of(piece_at(phi, x).value, x);
      CHECK(std::fabs(value(*r, x) - want) <= 1e-13 * (1 + std::fabs(want)));
    }
  }
}

TEST_CASE("neighbours of the families are not taken for them", "[activation]") {
  for (const char* formula : {"tanh(x) + x", "sin(x) + cos(2*x)", "sin(x) + 1/100000", "x*Phi(x) + 1/10", "x*sigmoid(x)*2 + x", "exp(x) + 1", "relu(x - 1)", "max(-1, min(2, x))",
                              "relu(x) + 1/10", "tanh(x)*1.0000001 + erf(x)/1000000000", "erf(x + 1)", "step(x)*exp(x)", "x*Phi(x + 1/1000)", "elu(x, 1) + step(x)"}) {
    INFO(formula);
    CHECK_FALSE(recognise(Activation::from_text(formula)));
  }
}

TEST_CASE("the amplitudes of sin(x) + cos(x) and of rbf are exactly equal", "[activation]") {
  for (const char* formula : {"sin(x)+cos(x)", "rbf:1", "rbf:7/3", "sqrt(2)*cos(x - pi/4)"}) {
    const auto r = recognise(Activation::from_text(formula));
    REQUIRE(r);
    CHECK(r->sine == r->cosine);
  }
}
