// SPDX-License-Identifier: GPL-3.0-or-later
#include <fstream>
#include <sstream>

#include "infwidth/gaussian/bivariate_rule.hpp"
#include "infwidth/real/errors.hpp"
#include "support/agreement.hpp"
#include "support/paths.hpp"

using namespace infwidth;

namespace {

Digits kernel(const std::string& phi, BivariateOf of, const char* q1, const char* q2, const char* c) {
  const auto number = [](const char* text) { return constant<Digits>(parse_rational(text)); };
  return bivariate_expectation(Activation::from_text(phi), of, number(q1), number(q2), number(c)).value;
}

struct Row {
  const char *phi, *value, *slope;
};

// At (q1, q2, c) = (7/10, 8/5, -2/5): mpmath, 40 digits carried, grids in two variables: tests/reference/inline_duals.py.
constexpr Row reference[] = {
    {"relu", "0.08061453168962020767790207675", "0.1883120713927875347581788333"},
    {"leaky_relu:1/5", "-0.02840669971864306708614267088", "0.3205197256913840222452344533"},
    {"abs", "0.7224581267584808307116083070", "-0.2467517144288498609672846670"},
    {"relu_power:2", "0.08404215050953178415436918783", "0.3224581267584808307116083070"},
    {"relu_power:5", "0.9850896875728684478593792219", "8.249819463223403335135352637"},
    {"relu_power:3/2", "0.07636352419878912054518723191", "0.2355631802823670768490120108"},
    {"step", "0.1883120713927875347581788333", "0.1624368335903491891470558438"},
    {"x^3", "-4.416", "12.96"},
    {"erf", "-0.1621610135323459105884624796", "0.4144041743669770078962976451"},
    {"gelu", "-0.00178418189203832734052427186", "0.1822859745019640103983839469"},
    {"exp", "2.117000016612674668545369820", "2.117000016612674668545369820"},
    {"hardtanh", "-0.1774595388445174940983693713", "0.4544734624601942870502831771"},
    {"elu:1", "-0.1961500273061798483672429764", "0.5479439021195012121498594296"},
    {"tanh", "-0.1404898318349886090268834237", "0.3575745533294833523964488383"},
    {"softplus", "0.5734768987291500966862250217", "0.2334571826761766524945198390"},
};

/// t^(n+1/2) 2F1(1/2, 1/2; n + 3/2; t): the arc-cosine kernel of order n as a function of t = (1 + rho)/2, up to a constant.
Digits arc_cosine(const Rational& order, const Digits& t) {
  const Precision p(200);
  Ball x, r;
  arf_set_mpfr(arb_midref(x.get()), t.backend().data());
  arb_hypgeom_2f1(r.get(), Ball(Rational(1, 2)).get(), Ball(Rational(1, 2)).get(), Ball(Rational(order + Rational(3, 2))).get(), x.get(), 0, Precision::bits());
  r *= pow(x, Ball(Rational(order + Rational(1, 2))));
  return to_digits(r);
}

}  // namespace

TEST_CASE("bivariate expectations agree with mpmath's 27 digits", "[gaussian][bivariate]") {
  const DigitsPrecision p(40);
  for (const Row& row : reference) {
    CAPTURE(row.phi);
    CHECK_THAT(kernel(row.phi, BivariateOf::value, "7/10", "8/5", "-2/5"), AgreesTo(row.value, 24));
    CHECK_THAT(kernel(row.phi, BivariateOf::derivative, "7/10", "8/5", "-2/5"), AgreesTo(row.slope, 26));
  }
}

TEST_CASE("bivariate expectations of x_+^n are the arc-cosine kernels between the variance maps of tests/reference/arc_cosine.csv", "[gaussian][bivariate]") {
  // E[u_+^n v_+^n] = sqrt(Q(q1) Q(q2)) J(t)/J(1), the limit of v = u being Q
  const DigitsPrecision p(52);
  std::ifstream file(source_folder() / "tests/reference/arc_cosine.csv");
  int orders = 0;
  for (std::string line, Q_small; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string name, q, Q;
    for (std::string* field : {&name, &q, &Q}) std::getline(fields, *field, ',');
    if (q == "0.1") Q_small = Q;
    if (q != "1.7") continue;
    CAPTURE(name);
    const Rational order = parse_rational(name.substr(name.find(':') + 1)), c = ++orders % 2 == 0 ? Rational(1, 5) : Rational(-1, 4);
    const Digits rho = constant<Digits>(c) / sqrt(constant<Digits>(17, 100));
    const Digits want = sqrt(Digits(Q) * Digits(Q_small)) * arc_cosine(order, (1 + rho) / 2) / arc_cosine(order, Digits(1));
    CHECK_THAT(kernel(name, BivariateOf::value, "1.7", "0.1", to_string(c).c_str()), AgreesTo(want, 39));
  }
  CHECK(orders == 14);
}

TEST_CASE("bivariate expectations stand at every precision, for narrow features and between strong correlations", "[gaussian][bivariate]") {
  const DigitsPrecision p(32);
  // sin: exp(-(q1+q2)/2) sinh c. An oscillation of wavelength 1/2 and rho = 0.95
  CHECK_THAT(kernel("sin(12*x)", BivariateOf::value, "1", "1", "19/20"), AgreesTo(exp(Digits(-144)) * sinh(constant<Digits>(684, 5)), 19));
  CHECK_THAT(kernel("exp(-50*x^2)", BivariateOf::value, "1", "2", "1/2"), AgreesTo(1 / sqrt(Digits(101 * 201) - constant<Digits>(2500, 1)), 19));
  for (const unsigned digits : {25U, 60U, 32U}) {
    const DigitsPrecision q(digits);
    CHECK_THAT(kernel("exp", BivariateOf::value, "2", "3", "3/2"), AgreesTo(exp(Digits(4)), static_cast<int>(digits) - 12));
  }
}

TEST_CASE("a bivariate expectation that is not there is refused", "[gaussian][bivariate]") {
  const DigitsPrecision p(32);
  CHECK_THROWS_AS(kernel("relu", BivariateOf::value, "1", "1", "1"), UsageError);
  CHECK_THROWS_AS(kernel("relu", BivariateOf::value, "0", "1", "0"), UsageError);
  CHECK_THROWS_AS(kernel("exp(x^2)", BivariateOf::value, "1", "1", "1/2"), NotReached);
}
