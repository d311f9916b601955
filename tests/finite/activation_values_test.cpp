// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/activation_values.hpp"

#include <cmath>
#include <limits>
#include <random>

#include "catch.hpp"
#include "infwidth/activation/catalogue.hpp"
#include "infwidth/activation/double_form.hpp"
#include "infwidth/real/errors.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

/// phi, phi', phi'' and phi''' by balls, from the plain formulas.
class Truth {
 public:
  explicit Truth(const Activation& phi) : phi_(phi) {
    for (const Piece& piece : phi.pieces()) {
      const Expression second = differentiate(piece.derivative, "x");
      programs_.push_back(std::make_unique<const Program>(std::vector<Expression>{piece.value, piece.derivative, second, differentiate(second, "x")}, "x"));
    }
  }

  /// To 60 bits each, or below every double; infinite where that is not reached.
  std::array<double, 4> at(double x) const {
    std::size_t p = 0;
    while (phi_.pieces()[p].right && phi_.pieces()[p].right->at.approximately() <= x) ++p;
    for (long bits = 200; bits < 20000; bits *= 3) {
      const Precision precision(bits);
      Evaluator<Ball> evaluator(*programs_[p]);
      const std::span<const Ball> found = evaluator(Ball(x));
      std::array<double, 4> values{};
      bool sharp = true;
      for (std::size_t k = 0; k < 4; ++k) {
        values[k] = found[k].to_double();
        const bool tiny = found[k].is_finite() && arb_lt(abs(found[k]).get(), Ball(std::numeric_limits<double>::denorm_min()).get()) != 0;
        if (k == 3 && !found[k].is_finite()) values[k] = 0;  // x^(5/2) at 0 has no third slope
        sharp = sharp && (k == 3 || tiny || found[k].is_exact_zero() || (found[k].is_finite() && arb_rel_accuracy_bits(found[k].get()) > 60));
      }
      if (sharp) return values;
    }
    return {INFINITY, INFINITY, INFINITY, INFINITY};
  }

 private:
  const Activation& phi_;
  std::vector<std::unique_ptr<const Program>> programs_;
};

std::vector<double> whole_line(const Activation& phi) {
  std::vector<double> x = {0};
  for (const double r : {1e-300, 1e-200, 1e-100, 1e-50, 1e-20, 1e-12, 1e-10, 1e-8, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 0.3, 0.5, 0.7518, 1.0, 1.2785, 1.41421356, 2.0, 3.0, 5.0, 6.5, 8.0, 10.0, 15.0,
                         18.5, 20.0, 26.5, 30.0, 36.0, 38.0, 50.0, 100.0, 300.0, 354.0, 360.0, 372.0, 400.0, 708.0, 710.0, 745.0, 750.0, 1000.0}) {
    x.push_back(r);
    x.push_back(-r);
  }
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> exponent(-4, 3), near(-3, 3);
  for (int k = 0; k < 60; ++k) {
    const double r = std::pow(10, exponent(random));
    x.push_back(k % 2 == 0 ? r : -r);
    x.push_back(near(random));
  }
  for (const Piece& piece : phi.pieces()) {
    if (!piece.right) continue;
    const double t = piece.right->at.approximately();
    for (const double by : {1e-15, 1e-12, 1e-9, 1e-6, 1e-3}) {
      x.push_back(t + by * (1 + std::abs(t)));
      x.push_back(t - by * (1 + std::abs(t)));
    }
  }
  return x;
}

/// The worst |error| / (2^-53 (|f| + |x f'|)) of phi, phi' and phi'', `where` saying at which point; infinite where a number is given for what has none, or refused.
double worst_error(const std::string& name, double& where) {
  const Activation phi = Activation::from_text(name);
  const Truth truth(phi);
  const ActivationValues values(phi);
  ActivationValues::Reader reader(values);
  double worst = 0;
  for (const double x : whole_line(phi)) {
    const std::array<double, 4> f = truth.at(x);
    double got[3];
    bool refused = false;
    try {
      reader(&x, 1, &got[0], &got[1], &got[2]);
    } catch (const NotReached&) {
      refused = true;
    }
    const bool finite = std::isfinite(f[0]) && std::isfinite(f[1]) && std::isfinite(f[2]);
    double error = refused == finite ? INFINITY : 0;
    for (std::size_t k = 0; k < 3 && !refused && finite; ++k) {
      const double unit = std::numeric_limits<double>::epsilon() / 2 * (std::abs(f[k]) + std::abs(x * f[k + 1])) + (1 + std::abs(x)) * std::numeric_limits<double>::min();
      error = std::max(error, std::abs(got[k] - f[k]) / unit);
    }
    if (!refused && finite) {  // without the second slope: another way for some
      double value = 0, slope = 0;
      reader(&x, 1, &value, &slope, nullptr);
      for (const auto& [a, b, next] : {std::array{value, f[0], f[1]}, std::array{slope, f[1], f[2]}}) {
        error = std::max(error, std::abs(a - b) / (std::numeric_limits<double>::epsilon() / 2 * (std::abs(b) + std::abs(x * next)) + (1 + std::abs(x)) * std::numeric_limits<double>::min()));
      }
    }
    if (error > worst) {
      worst = error;
      where = x;
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("every activation of the catalogue is relatively accurate with both slopes over the whole line", "[activation_values]") {
  const std::map<std::string, std::vector<std::string>> parameters = {{"leaky_relu", {"1/5", "-2"}}, {"relu_power", {"0", "1/2", "1", "3/2", "2", "3", "5/2"}}, {"elu", {"1", "1/2", "-3"}},
                                                                      {"rbf", {"1", "1/7", "4"}},    {"monomial", {"0", "1", "2", "3", "7", "100"}},              {"hermite", {"0", "1", "2", "3", "4", "9", "20", "100"}}};
  std::size_t tried = 0;
  for (const CatalogueEntry& entry : catalogue()) {
    CAPTURE(entry.name);
    REQUIRE(entry.parameter.empty() != parameters.contains(entry.name));
    for (const std::string& parameter : entry.parameter.empty() ? std::vector<std::string>{""} : parameters.at(entry.name)) {
      const std::string name = entry.name + (parameter.empty() ? "" : ":" + parameter);
      const double degree = entry.name == "monomial" || entry.name == "hermite" ? std::max(1.0, std::stod(parameter)) : 1;
      double where = 0;
      const double worst = worst_error(name, where);
      CAPTURE(name, where, worst);
      CHECK(worst <= degree * double_form_ulps);
      ++tried;
    }
  }
  CHECK(tried == catalogue().size() + 23);
}

TEST_CASE("formulas made of them keep their slopes where they saturate", "[activation_values]") {
  for (const char* formula : {"x*tanh(softplus(x))", "x/2*(1+tanh(sqrt(2/pi)*(x+0.044715*x^3)))", "1-tanh(x)", "tanh(x)-1", "1-sigmoid(x)", "1-erf(x)", "1+erf(x)", "1-Phi(x)", "exp(-x)-1", "1-exp(x)", "1-cos(x)",
                             "x*sigmoid(1.702*x)", "atan(x)", "tanh(x/3)^3", "tanh(x)+x", "x*(1+erf(x/sqrt(2)))/2", "exp(x)/(1+exp(x))^2*0+sigmoid(x)"}) {
    double where = 0;
    const double worst = worst_error(formula, where);
    CAPTURE(formula, where, worst);
    CHECK(worst <= 4 * double_form_ulps);
  }
}

TEST_CASE("log cosh: tanh and sech^2, however far out", "[activation_values]") {
  const ActivationValues values(Activation::from_text("log(cosh(x))"));
  ActivationValues::Reader reader(values);
  for (const double x : {1e-9, 0.5, 20.0, -100.0, 300.0, -800.0}) {
    double value = 0, slope = 0, second = 0;
    reader(&x, 1, &value, &slope, &second);
    CAPTURE(x);
    CHECK(std::abs(slope - std::tanh(x)) <= 4e-16 * std::abs(std::tanh(x)));
    const double sech = 2 / (std::exp(x) + std::exp(-x));
    CHECK(std::abs(second - sech * sech) <= 1e-15 * sech * sech);
    CHECK(std::abs(value - (std::abs(x) + std::log1p(std::exp(-2 * std::abs(x))) - std::log(2.0))) <= 1e-15 * (1 + std::abs(x)));
  }
}

TEST_CASE("one rule for what is no finite number: it is refused, whatever way the activation takes", "[activation_values]") {
  for (const char* name : {"relu", "leaky_relu:1/5", "sigmoid", "tanh", "elu:1", "gelu", "x^3"}) {
    const ActivationValues values(Activation::from_text(name));
    ActivationValues::Reader reader(values);
    std::vector<double> x(20, 0.5), value(20), slope(20), second(20);
    CAPTURE(name);
    CHECK_NOTHROW(reader(x.data(), x.size(), value.data(), slope.data(), second.data()));
    x[17] = NAN;
    CHECK_THROWS_AS(reader(x.data(), x.size(), value.data(), nullptr, nullptr), NotReached);
    CHECK_THROWS_WITH(reader(x.data(), x.size(), value.data(), slope.data(), nullptr), ContainsSubstring("at the preactivation nan"));
    CHECK_THROWS_AS(reader(x.data(), x.size(), value.data(), slope.data(), second.data()), NotReached);
  }
  const double infinite = INFINITY;
  double value = 0;
  const ActivationValues values(Activation::from_text("relu"));
  CHECK_THROWS_AS(ActivationValues::Reader(values)(&infinite, 1, &value, nullptr, nullptr), NotReached);
}

TEST_CASE("where an activation has no derivative", "[activation_values]") {
  const auto of = [](const char* name) { return ActivationValues(Activation::from_text(name)).without_slope(); };
  CHECK(of("tanh").empty());
  CHECK(of("elu:1").empty());
  CHECK(of("relu_power:2").empty());
  CHECK(of("relu_power:3/2").empty());
  CHECK(of("sin(x)/x").empty());
  for (const char* name : {"relu", "abs", "step", "sign", "selu", "elu:2", "leaky_relu:1/5", "relu_power:1/2", "sqrt(abs(x))"}) {
    CAPTURE(name);
    CHECK(of(name) == std::vector<double>{0});
  }
  CHECK(of("hardtanh") == std::vector<double>{-1, 1});
  CHECK(of("relu6") == std::vector<double>{0, 6});
}
