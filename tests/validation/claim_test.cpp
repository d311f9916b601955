// SPDX-License-Identifier: GPL-3.0-or-later
#include "catch.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/validation/claim.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

ClaimedNetwork network(const std::string& activation) {
  ClaimedNetwork n;
  n.activations = [activation](const Assignment&) { return std::vector<Activation>{Activation::from_text(activation)}; };
  return n;
}

ClaimVerdict verdict(const std::string& quantity, const ClaimedNetwork& n, const std::string& claim, int points = 3, long digits = 16) {
  ClaimOptions options;
  options.points = points;
  options.digits = digits;
  return verify(Claim(claim_quantity(quantity), n, claim), options);
}
ClaimVerdict verdict(const std::string& quantity, const std::string& activation, const std::string& claim, int points = 3, long digits = 16) {
  return verdict(quantity, network(activation), claim, points, digits);
}

ClaimedNetwork deep_readout() {
  ClaimedNetwork n = network("erf");
  n.depth = 2;
  n.of_readout = true;
  return n;
}

std::string refusal(const std::string& quantity, const ClaimedNetwork& n, const std::string& claim) {
  try {
    (void)Claim(claim_quantity(quantity), n, claim);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("right claims about variance maps agree, with one digit changed they do not", "[validation]") {
  const std::string chi_of_gelu = "1/4+(asin(q/(1+q))+2*q/((1+q)*sqrt(1+2*q))+q/(1+2*q)^(3/2))/(2*pi)";
  CHECK(verdict("chi", "gelu", chi_of_gelu, 2, 40).agrees());
  CHECK(verdict("Q", "erf", "2/pi*asin(2*q/(1+2*q))").agrees());
  CHECK(verdict("dQ", "sin", "exp(-2*q)").agrees());
  CHECK(verdict("dchi", "erf", "-8/(pi*(1+4*q)^(3/2))").agrees());
  CHECK(verdict("P", "erf", "4/(pi*(1+4*q)^(3/2))").agrees());
  CHECK(verdict("Q", "step", "1/2").agrees());
  const ClaimVerdict wrong = verdict("chi", "gelu", chi_of_gelu + "+q/10^38", 2, 40);
  CHECK(wrong.disagreements == 2);
  REQUIRE(wrong.first);
  CHECK(wrong.first->at.count("q") == 1);
}

TEST_CASE("a value that is 0 agrees with 0, and with nothing else", "[validation]") {
  ClaimedNetwork n = network("relu");
  n.dim = 3;
  CHECK(verdict("curvature", n, "0", 1).agrees());
  CHECK(verdict("dchi", "relu", "0").agrees());
  CHECK(verdict("dchi", "relu", "sin(q)^2+cos(q)^2-1").agrees());
  const ClaimVerdict wrong = verdict("dchi", "relu", "1/10^18");
  CHECK_FALSE(wrong.agrees());
  CHECK_FALSE(wrong.factor);
}

TEST_CASE("constant ratios and differences are found and named", "[validation]") {
  CHECK(verdict("chi", "erf", "12/(pi*sqrt(1+4*q))").factor == "3");
  CHECK(verdict("chi", "erf", "-4/sqrt(1+4*q)").factor == "-pi");
  CHECK(verdict("Q", "relu", "q^2").factor == "2*q");
  CHECK(verdict("Q", "relu", "q/sqrt(2)").factor == "sqrt(2)");
  CHECK(verdict("Q", "normal_cdf", "asin(q/(1+q))/(2*pi)").difference == "-1/4");
  const ClaimVerdict neither = verdict("chi", "erf", "4/(pi*sqrt(1+3*q))");
  CHECK_FALSE(neither.factor);
  CHECK_FALSE(neither.difference);
  CHECK_FALSE(verdict("chi", "erf", "12/(pi*sqrt(1+4*q))", 1).factor);  // one point is no constant
}

TEST_CASE("the curvature of one erf layer with -3/4 in place of -1/4 is found to be 3 times the value", "[validation]") {
  const std::string shape = "(d-1)*(d+2)*pi*sigma_w2*s/((1+4*sigma_b2)*sqrt(1+4*sigma_b2+4*sigma_w2*s))";
  CHECK(verdict("curvature", "erf", "-" + shape, 1, 40).agrees());
  const ClaimVerdict slip = verdict("curvature", "erf", "-3*" + shape);
  CHECK(slip.disagreements == 3);
  CHECK(slip.factor == "3");
}

TEST_CASE("kernels: right ones agree, at every depth", "[validation]") {
  const std::string F = "2/pi*asin(2*c/sqrt((1+2*q1)*(1+2*q2)))";
  CHECK(verdict("kernel", "erf", F, 2).agrees());
  CHECK(verdict("derivative-kernel", "erf", "4/(pi*sqrt((1+2*q1)*(1+2*q2)-4*c^2))", 2).agrees());
  CHECK(verdict("derivative-kernel", "step", "1/(2*pi*sqrt(q1*q2-c^2))", 2).agrees());
  CHECK(verdict("kernel", "erf", "2*" + F, 2).factor == "2");
  ClaimedNetwork deep = network("erf");
  deep.depth = 2;
  const std::string layer =
      "k = sigma_b2+sigma_w2*2/pi*asin(2*c/sqrt((1+2*q1)*(1+2*q2)));"
      "u = sigma_b2+sigma_w2*2/pi*asin(2*q1/(1+2*q1)); v = sigma_b2+sigma_w2*2/pi*asin(2*q2/(1+2*q2));";
  CHECK(verdict("kernel", deep, layer + "2/pi*asin(2*k/sqrt((1+2*u)*(1+2*v)))", 1).agrees());
  ClaimedNetwork shallow = network("erf");
  const std::string by_c = "r = (1+2*q1)*(1+2*q2); sigma_b2 + sigma_w2*(2/pi*asin(2*c/sqrt(r)) + 4*c/(pi*sqrt(r-4*c^2)))";
  CHECK(verdict("ntk", shallow, by_c, 2).agrees());
  CHECK(verdict("ntk", shallow, "t = 1; " + by_c + " + t/10^9", 2).disagreements == 2);
  CHECK_THAT(refusal("ntk", deep_readout(), "c"), ContainsSubstring("has no readout to choose"));
  deep.of_readout = true;
  CHECK(verdict("kernel", deep, layer + "sigma_b2+sigma_w2*2/pi*asin(2*k/sqrt((1+2*u)*(1+2*v)))", 1).agrees());
}

TEST_CASE("geometry: metric, volume and curvatures", "[validation]") {
  const std::string q = "r = 1+4*sigma_b2+4*sigma_w2*s; ";
  CHECK(verdict("metric-A", "erf", q + "4*sigma_w2/(pi*sqrt(r))", 2).agrees());
  CHECK(verdict("metric-B", "erf", q + "-16*sigma_w2^2/(pi*sqrt(r)^3)", 2).agrees());
  CHECK(verdict("metric-radial", "erf", q + "4*sigma_w2*(1+4*sigma_b2)/(pi*sqrt(r)^3)", 2).agrees());
  CHECK(verdict("volume", "erf", q + "(4*sigma_w2/pi)^(d/2)*sqrt((1+4*sigma_b2)/r)*r^(-d/4)", 2).agrees());
  CHECK(verdict("curvature-tangential", "erf", q + "-pi*sigma_w2*s/((1+4*sigma_b2)*sqrt(r))", 2).agrees());
  CHECK(verdict("metric-A", "erf", q + "4/(pi*sqrt(r))", 4).factor == "1/sigma_w2");
  ClaimedNetwork fixed = network("relu");
  fixed.dim = 4;
  fixed.sigma_w2 = {3};
  CHECK(verdict("volume", fixed, "(sigma_w2/2)^2", 1).agrees());
  fixed.input_scaling = InputScaling::fan_in;
  CHECK(verdict("volume", fixed, "(3/8)^2", 1).agrees());
}

TEST_CASE("letters of the activation get values, in it and in the claim", "[validation]") {
  ClaimedNetwork n;
  n.letters = {"a"};
  n.activations = [](const Assignment& at) {
    return std::vector<Activation>{Activation::from_formula(erf(Expression(at.at("a")) * Expression::variable("x")), "erf(a*x)")};
  };
  CHECK(verdict("chi", n, "4*a^2/(pi*sqrt(1+4*a^2*q))").agrees());
  CHECK(verdict("chi", n, "4*a/(pi*sqrt(1+4*a^2*q))", 4).factor == "1/a");
}

TEST_CASE("a claim that is not real says where; kinked functions take their branch", "[validation]") {
  const ClaimVerdict v = verdict("Q", "erf", "log(-q)");
  CHECK(v.disagreements == 3);
  CHECK_FALSE(v.first->claimed.is_finite());
  CHECK_FALSE(v.factor);
  CHECK(verdict("Q", "relu", "max(q, -q)/2").agrees());
  CHECK(verdict("Q", "relu", "abs(-q)*step(q)/2+relu(-q)+min(0,q)").agrees());
}

TEST_CASE("claims are read as formulas are printed, with names before every line and the functions of closed forms", "[validation]") {
  CHECK(verdict("chi", "erf", "r = sqrt(1 + 4*q)\n\nchi(q) = 4/(pi*r)\n").agrees());
  CHECK(verdict("Q", "relu_power:5/2", "q^(5/2)*2^(3/2)*gamma(3)/sqrt(pi)").agrees());
  // P(u > 1, v > 1) by Owen's T
  CHECK(verdict("kernel", "step(x-1)",
                "h = 1/sqrt(q1); k = 1/sqrt(q2); rho = c*h*k; r = sqrt(1-rho^2);"
                "(Phi(-h)+Phi(-k))/2 - owens_t(h, (k-rho*h)/(h*r)) - owens_t(k, (h-rho*k)/(k*r))", 2)
            .agrees());
}

TEST_CASE("the same seed draws the same points, another one others", "[validation]") {
  const auto first = [](std::uint64_t seed) {
    ClaimOptions options;
    options.points = 1;
    options.digits = 12;
    options.seed = seed;
    return verify(Claim(ClaimQuantity::kernel, network("x"), "1"), options).first->at;
  };
  CHECK(first(1) == first(1));
  CHECK(first(1) != first(2));
}

TEST_CASE("claims that cannot be read say what is wrong", "[validation]") {
  const ClaimedNetwork erf = network("erf");
  CHECK_THAT(refusal("Q", erf, "q+p"), ContainsSubstring("column 3: unknown name 'p'") && ContainsSubstring("known are q, pi"));
  CHECK_THAT(refusal("metric-A", erf, "sigma*s"), ContainsSubstring("unknown name 'sigma'") && ContainsSubstring("s, d, sigma_w2, sigma_b2"));
  CHECK_THAT(refusal("Q", erf, " ; "), ContainsSubstring("it is empty"));
  CHECK_THAT(refusal("Q", erf, "1+q; q"), ContainsSubstring("defines nothing"));
  CHECK_THAT(refusal("Q", erf, "q = 1; q"), ContainsSubstring("cannot be defined"));
  CHECK_THAT(refusal("Q", erf, "r = 1+(q; q"), ContainsSubstring("definition of r: formula, column 3"));
  CHECK_THAT(refusal("volume", erf, "1/2"), ContainsSubstring("depends on the dimension"));
  ClaimedNetwork deep = erf;
  deep.depth = 2;
  CHECK_THAT(refusal("chi", deep, "q"), ContainsSubstring("belongs to one layer"));
  deep.sigma_w2 = {1, 2};
  CHECK_THAT(refusal("metric-A", deep, "sigma_w2"), ContainsSubstring("several values"));
  CHECK_THROWS_AS(claim_quantity("curvatur"), UsageError);
  CHECK_THROWS_AS(verdict("chi", "step", "1"), NoSuchQuantity);
}

TEST_CASE("errors of the first layers are carried to the last, and the readout's factor with them", "[validation]") {
  // Deep erf kernels in the chaotic phase, where an error grows by sigma_w2 chi a layer, beside their closed form.
  for (const auto& [depth, w] : {std::pair{1, 1000}, {2, 400}, {3, 40}}) {
    for (const bool of_readout : depth == 3 ? std::vector<bool>{false} : std::vector<bool>{true}) {
      ClaimedNetwork n = network("erf");
      n.depth = depth;
      n.sigma_w2 = {w};
      n.sigma_b2 = {Rational(1, 10)};
      n.of_readout = of_readout;
      const Assignment at = {{"q1", 1}, {"q2", 2}, {"c", Rational(1, 2)}};
      constexpr long digits = 12;
      const QuadratureValue found = Claim(claim_quantity("kernel"), n, "0").true_value(at, digits);
      const DigitsPrecision precision(60);
      Digits q1 = 1, q2 = 2, c = constant<Digits>(1, 2), k = 0;
      const auto F = [](const Digits& a, const Digits& b, const Digits& ab) { return Digits(2 / pi<Digits>() * asin(Digits(2 * ab / sqrt((1 + 2 * a) * (1 + 2 * b))))); };
      const Digits sigma_w2 = w, sigma_b2 = constant<Digits>(1, 10);
      for (int l = 0; l < depth; ++l) {
        k = F(q1, q2, c);
        const Digits next1 = sigma_b2 + sigma_w2 * F(q1, q1, q1), next2 = sigma_b2 + sigma_w2 * F(q2, q2, q2);
        c = sigma_b2 + sigma_w2 * k;
        q1 = next1;
        q2 = next2;
      }
      const Digits truth = of_readout ? c : k, off = abs(found.value - truth);
      CAPTURE(depth, w, of_readout, found.value.convert_to<double>(), truth.convert_to<double>(), off.convert_to<double>(), found.error.convert_to<double>());
      CHECK(off <= found.error + abs(truth) * pow(Digits(10), -25));
      CHECK(off <= abs(truth) * pow(Digits(10), -digits));
      CHECK(found.error <= abs(truth) * pow(Digits(10), -digits));
    }
  }
}
