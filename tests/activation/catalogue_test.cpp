// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>
#include <map>

#include "catch.hpp"
#include "infwidth/activation/catalogue.hpp"
#include "infwidth/real/functions.hpp"
#include "support/activation_text.hpp"

using namespace infwidth;

namespace {

double value(const std::string& name, double x) { return value_of(piece_at(Activation::from_text(name), x).value, x); }

}  // namespace

TEST_CASE("the catalogue has every entry, in the documented order", "[activation]") {
  std::string names;
  for (const CatalogueEntry& entry : catalogue()) names += entry.name + " ";
  CHECK(names == "identity relu leaky_relu abs step sign relu_power erf normal_cdf gelu sin cos exp gaussian tanh sigmoid softplus silu elu selu "
                 "hardtanh relu6 rbf monomial hermite ");
}

TEST_CASE("catalogue names have the values of the C library's functions", "[activation]") {
  const std::map<std::string, double (*)(double)> direct = {
      {"identity", [](double x) { return x; }},
      {"leaky_relu:1/5", [](double x) { return x > 0 ? x : x / 5; }},
      {"relu_power:5/2", [](double x) { return x > 0 ? std::pow(x, 2.5) : 0; }},
      {"normal_cdf", [](double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }},
      {"gelu", [](double x) { return x * std::erfc(-x / std::sqrt(2.0)) / 2; }},
      {"gaussian", [](double x) { return std::exp(-x * x); }},
      {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"softplus", [](double x) { return std::log1p(std::exp(x)); }},
      {"silu", [](double x) { return x / (1 + std::exp(-x)); }},
      {"elu:1/2", [](double x) { return x > 0 ? x : std::expm1(x) / 2; }},
      {"selu", [](double x) { return 1.0507009873554804934 * (x > 0 ? x : 1.6732632423543772848 * std::expm1(x)); }},
      {"hardtanh", [](double x) { return std::fmax(-1, std::fmin(1, x)); }},
      {"relu6", [](double x) { return std::fmin(std::fmax(x, 0), 6); }},
      {"rbf:1/2", [](double x) { return std::sin(x) + std::cos(x); }},
      {"monomial:3", [](double x) { return x * x * x; }},
      {"hermite:4", [](double x) { return (x * x - 6) * x * x + 3; }},
  };
  for (const auto& [name, f] : direct) {
    for (double x : {-2.3, -0.8, 0.45, 1.6, 7.2}) {
      INFO(name << " at " << x);
      CHECK(std::fabs(value(name, x) - f(x)) <= 1e-14 * (1 + std::fabs(f(x))));
    }
  }
}

TEST_CASE("the parameters of selu hold to thirty digits", "[activation]") {
  // Klambauer et al. 2017 give alpha and lambda as the fixed point (0, 1); these are its digits.
  Precision working(128);
  const Activation selu = Activation::from_text("selu");
  const Program program({selu.pieces()[1].derivative, selu.pieces()[0].derivative}, "x");
  Evaluator<Ball> slopes(program);
  const std::span<const Ball> at_zero = slopes(Ball(0));
  const Ball lambda(parse_rational("1.050700987355480493419334985294606")), alpha(parse_rational("1.673263242354377284817042991671652"));
  CHECK(std::fabs((at_zero[0] - lambda).to_double()) < 1e-30);
  CHECK(std::fabs((at_zero[1] - lambda * alpha).to_double()) < 1e-30);
}

TEST_CASE("Hermite polynomials are the probabilists' ones up to degree 100", "[activation]") {
  // He_k(x) = 2^(-k/2) H_k(x / sqrt 2), H_k of the C++ library by another recurrence
  for (unsigned k : {0U, 1U, 2U, 7U, 12U}) {
    const double x = 0.7, want = std::hermite(k, x / std::sqrt(2.0)) * std::pow(2.0, -0.5 * k);
    CHECK(std::fabs(value("hermite:" + std::to_string(k), x) - want) <= 1e-11 * (1 + std::fabs(want)));
  }
  CHECK(Activation::from_text("hermite:100").parity() == Parity::even);
}

TEST_CASE("catalogue names are functions inside formulas, with the parameter second", "[activation]") {
  CHECK(std::fabs(value("gelu(2*x) + x", 0.5) - (value("gelu", 1.0) + 0.5)) < 1e-15);
  CHECK(std::fabs(value("leaky_relu(x - 1, 1/10)", 0.5) + 0.05) < 1e-16);
  CHECK(value("hermite(x, 2)", 3.0) == 8.0);
}

TEST_CASE("a missing, superfluous or inadmissible parameter is refused with the cure", "[activation]") {
  const auto message = [](const char* text) -> std::string {
    try {
      Activation::from_text(text);
      return "accepted";
    } catch (const UsageError& error) {
      return error.what();
    }
  };
  using Catch::Matchers::ContainsSubstring;
  CHECK_THAT(message("leaky_relu"), ContainsSubstring("leaky_relu:1/5"));
  CHECK_THAT(message("leaky_relu:a"), ContainsSubstring("not a number"));
  CHECK_THAT(message("relu:2"), ContainsSubstring("takes no parameter"));
  CHECK_THAT(message("rbf:0"), ContainsSubstring("g > 0"));
  CHECK_THAT(message("hermite:101"), ContainsSubstring("0 to 100"));
  CHECK_THAT(message("hermite:1/2"), ContainsSubstring("integer"));
  CHECK_THAT(message("relu_power:-1/4"), ContainsSubstring("n >= 0"));
  CHECK_THAT(message("leaky_relu(x, x)"), ContainsSubstring("not a number"));
  CHECK_THAT(message("rleu"), ContainsSubstring("did you mean relu?"));
  CHECK_THAT(message("leaky_rleu:1/5"), ContainsSubstring("did you mean leaky_relu?"));
  CHECK_THAT(message("wibblewobble"), ContainsSubstring("formula in x"));
  CHECK_THAT(message(""), ContainsSubstring("empty"));
}
