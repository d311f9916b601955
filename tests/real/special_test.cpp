// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/real/special.hpp"

#include <cmath>
#include <limits>

#include "infwidth/real/jet.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

// mpmath, 45 digits: the defining integral of Owen's T, and the Taylor series of erf at 0 in hundreds of digits. Found again, with other panels, by
// tests/reference/inline_special.py.
struct Row {
  const char *h, *a, *value;
};
const std::vector<Row> owen_table = {
    {"1/2", "1/3", "0.044988548898657945477049636931880239406927786"}, {"1", "1/2", "0.0430646911207853656323810902694286569828796352"},
    {"7/3", "9/10", "0.00481172630142602144429038991844666551884959193"}, {"5/2", "3", "0.00310483266288804587469894211234491199319533101"},
    {"1/10", "20", "0.229917891643736332898146441026804573878272061"}, {"1/1000000", "101/100", "0.125791809104319144534336367673389138215480897"},
    {"10", "1/10", "2.61890729224909685380098490626856981475961936e-24"}, {"40", "1/2", "1.82794677045751485187449290134414183252697231e-350"},
    {"30", "1/20", "2.1266073445335701134851659107607144054137002e-198"}, {"3", "1000001/1000000", "0.000674037913287738931631135868171960636758525075"},
    {"0", "2/3", "0.0935835209054994080931263737823892761673787875"}};
struct ErfRow {
  const char *x, *y, *re, *im;
};
const std::vector<ErfRow> erf_table = {
    {"1/2", "1/3", "0.571651578246184670441491146579666497531097062", "0.298379662213199604474379281508528176037541463"},
    {"1", "1", "1.31615128169794764488027108024367036902770653", "0.19045346923783468628410886196916244243777731"},
    {"3", "1/10", "0.999981983391462703052930329912407890637299441", "0.0000131463309966179717742559081615818184827430421"},
    {"1/5", "4", "1243768.35356933749557304851375512702508715921", "30492.1485764668390050520215227103557671363286"},
    {"6", "5", "1.00000065436552711410713278580772243671552476", "-0.00000101126807384451307851801159383289351597956633"},
    {"-2", "1/7", "-0.996151465719167669362534297966357091894633612", "0.00281261763167463662979335732471668686022519918"},
    {"30", "1", "1", "-2.34345652397626341917649504739532499649056264e-393"},
    {"1/1000000", "2", "0.0000616074150591703064762633350464755353214203619", "18.5648024144523377685858075496533522881086829"},
    {"5", "-5", "0.930379603743095115853579647524031257557882448", "-0.0389361908951213789539529761219693206486712874"}};

using BallFunction = Ball (*)(const Ball&, const Ball&);

/// A double and a number of run-time precision agree with the ball.
template <class F>
void check_other_numbers(F f, const Rational& x, const Rational& y, const Ball& want) {
  const Digits digits = f(constant<Digits>(x), constant<Digits>(y));
  Ball in_digits;
  arf_set_mpfr(arb_midref(in_digits.get()), digits.backend().data());
  // The arguments were rounded to 50 digits: two digits for the condition.
  CHECK(in_digits.overlaps(want.widened(abs(want) * pow(Ball(10), -47))));
  const double one = f(constant<double>(x), constant<double>(y));
  const Ball at_doubles = f(Ball(constant<double>(x)), Ball(constant<double>(y)));
  if (std::abs(one) > std::numeric_limits<double>::min()) CHECK(std::abs(one / at_doubles.to_double() - 1) <= 4e-15);
  CHECK(f(Pack(constant<double>(x)), Pack(constant<double>(y)))[5] == one);
}

}  // namespace

TEST_CASE("Owen's T agrees with mpmath's quadrature to 44 digits on every number", "[special]") {
  const Precision precision(200);
  const DigitsPrecision digits(50);
  for (const auto& [h, a, want] : owen_table) {
    INFO("T(" << h << ", " << a << ")");
    const Ball value = owens_t(ball(h), ball(a));
    CHECK_THAT(value, Holds(want, 44));
    CHECK(is_narrow(value, 55));
    check_other_numbers([](const auto& u, const auto& v) { return owens_t(u, v); }, parse_rational(h), parse_rational(a), value);
    CHECK(owens_t(ComplexBall(ball(h)), ComplexBall(ball(a))).re().overlaps(value));
  }
}

TEST_CASE("the parts of erf(x + i y) agree with a Taylor series in mpmath to 44 digits on every number", "[special]") {
  const Precision precision(200);
  const DigitsPrecision digits(50);
  for (const auto& [x, y, re, im] : erf_table) {
    INFO("erf(" << x << " + i " << y << ")");
    const Ball u = ball(x), v = ball(y), real = erf_re(u, v), imaginary = erf_im(u, v);
    CHECK_THAT(real, Holds(re, 44));
    CHECK_THAT(imaginary, Holds(im, 44));
    check_other_numbers([](const auto& s, const auto& t) { return erf_re(s, t); }, parse_rational(x), parse_rational(y), real);
    check_other_numbers([](const auto& s, const auto& t) { return erf_im(s, t); }, parse_rational(x), parse_rational(y), imaginary);
    CHECK(erf_re(ComplexBall(u), ComplexBall(v)).re().overlaps(real));
    CHECK(erf_im(ComplexBall(u), ComplexBall(v)).re().overlaps(imaginary));
    CHECK(erf_im(ComplexBall(u), ComplexBall(v)).im().contains_zero());
  }
}

TEST_CASE("Owen's T satisfies the functional equation of its slopes a and 1/a", "[special]") {
  // T(h, a) + T(ah, 1/a) = (Phi(h) + Phi(ah))/2 - Phi(h) Phi(ah), on both sides of every choice of method.
  for (const long bits : {64L, 220L, 1100L}) {
    const Precision precision(bits);
    for (const char* h : {"1e-40", "1/10", "1", "4", "12", "37", "500"}) {
      for (const char* a : {"1e-40", "1/20", "7/10", "99/100", "1", "11/10", "3", "100", "1e30"}) {
        INFO(bits << " bits, h = " << h << ", a = " << a);
        const Ball u = ball(h), s = ball(a), us = u * s;
        const Ball left = owens_t(u, s) + owens_t(us, Ball(1) / s), P = Phi(-u), R = Phi(-us);
        const Ball right = (P + R) / Ball(2) - P * R;
        CHECK(left.overlaps(right));
        CHECK(arb_rel_accuracy_bits(owens_t(u.mid(), s.mid()).get()) >= bits - 4);
      }
    }
  }
}

TEST_CASE("Owen's T and the parts of erf have their parities and limits", "[special]") {
  const Precision precision(120);
  const Ball h = ball("7/5"), a = ball("2/3");
  CHECK(owens_t(-h, a).overlaps(owens_t(h, a)));
  CHECK(owens_t(h, -a).overlaps(-owens_t(h, a)));
  CHECK(owens_t(h, Ball(0)).is_exact_zero());
  CHECK(owens_t(Ball(0), Ball(0)).is_exact_zero());
  CHECK(owens_t(h, Ball(1)).overlaps(Phi(h) * Phi(-h) / Ball(2)));
  CHECK(owens_t(h, ball("1e40")).overlaps(Phi(-h) / Ball(2)));
  CHECK(erf_re(-h, a).overlaps(-erf_re(h, a)));
  CHECK(erf_re(h, -a).overlaps(erf_re(h, a)));
  CHECK(erf_im(-h, a).overlaps(erf_im(h, a)));
  CHECK(erf_im(h, -a).overlaps(-erf_im(h, a)));
  CHECK(erf_re(h, Ball(0)).overlaps(erf(h)));
  CHECK(erf_re(Ball(0), a).is_exact_zero());
  CHECK(erf_im(h, Ball(0)).is_exact_zero());
  CHECK(erf_im(Ball(0), a).overlaps(erf_im(ball("1e-60"), a)));
  CHECK_FALSE(owens_t(ComplexBall(h, Ball(1)), ComplexBall(a)).is_finite());
  CHECK_FALSE(owens_t(h / Ball(0), a).is_finite());
}

TEST_CASE("extreme arguments keep their relative accuracy, or go to their limits", "[special]") {
  const Precision precision(100);
  for (const char* h : {"1e-300", "1e-3", "20", "1e6", "1e9"}) {
    for (const char* a : {"1e-300", "1e-9", "1/2", "1", "2", "1e300"}) {
      INFO(h << ", " << a);
      CHECK(arb_rel_accuracy_bits(owens_t(ball(h).mid(), ball(a).mid()).get()) >= 90);
    }
  }
  for (const char* x : {"1e-300", "1/3", "25", "3000"}) {
    for (const char* y : {"1e-300", "1/5", "1", "24", "1e4"}) {
      INFO(x << ", " << y);
      CHECK(arb_rel_accuracy_bits(erf_re(ball(x).mid(), ball(y).mid()).get()) >= 90);
      CHECK(arb_rel_accuracy_bits(erf_im(ball(x).mid(), ball(y).mid()).get()) >= 90);
    }
  }
  CHECK(owens_t(ball("1e200"), ball("1/2")).magnitude().to_double() == 0);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK(owens_t(1.0, infinity) == owens_t(1.0, 1e300));
  CHECK(owens_t(-infinity, 2.0) == 0);
  CHECK(erf_re(infinity, 3.0) == 1);
  CHECK(erf_im(infinity, 3.0) == 0);
  CHECK(erf_im(0.0, infinity) == infinity);
  CHECK(erf_im(0.0, 40.0) == infinity);
  CHECK(std::isnan(erf_re(1.0, infinity)));
  CHECK(std::isnan(erf_im(std::nan(""), 1.0)));
}

TEST_CASE("wide balls hold the values at all their points", "[special]") {
  const Precision precision(80);
  for (const BallFunction f : {BallFunction(owens_t), BallFunction(erf_re), BallFunction(erf_im)}) {
    for (const char* x : {"-1/10", "0", "2", "9"}) {
      for (const char* y : {"-2", "0", "1/3", "1", "5"}) {
        for (const char* r : {"1e-10", "1/100", "2"}) {
          INFO(x << ", " << y << " +- " << r);
          const Ball u = ball(x), v = ball(y), radius = ball(r), value = f(u.widened(radius), v.widened(radius));
          for (int i = -2; i <= 2; ++i) {
            for (int j = -2; j <= 2; ++j) CHECK(f(u + radius * Ball(i) / Ball(2), v + radius * Ball(j) / Ball(2)).overlaps(value));
          }
        }
      }
    }
  }
  const Ball narrow = owens_t(Ball(30).widened(ball("1e-10")), ball("1/2").widened(ball("1e-10")));
  CHECK(is_narrow(narrow, 8));  // the condition in h is about h^2
}

TEST_CASE("erfc of a large ball keeps its condition", "[special]") {
  const Precision precision(100);
  for (const char* x : {"1023", "1025", "1e6", "1e8"}) {
    const Ball t = ball(x), wide = t.widened(t * power_of_two(-90)), value = erfc(wide);
    CHECK(value.overlaps(erfc(t + t * power_of_two(-91))));
    CHECK(arb_rel_accuracy_bits(value.get()) >= 80 - 2 * log2_magnitude(t));
  }
}

TEMPLATE_TEST_CASE("jets of the special functions are divided differences of 80 digits", "[special]", Digits, Ball) {
  const Precision precision(400);
  const DigitsPrecision digits(100);
  using J = Jet<TestType, 3>;
  using Function = TestType (*)(const TestType&, const TestType&);
  using JetFunction = J (*)(const J&, const J&);
  const std::vector<std::pair<Function, JetFunction>> functions = {{owens_t, owens_t}, {erf_re, erf_re}, {erf_im, erf_im}};
  const auto along = [](auto t) {  // a curve through both arguments
    using T = decltype(t);
    return std::pair<T, T>(T(t * t), T(1) / (T(1) + t));
  };
  for (const auto& function : functions) {
    const auto& f = function.first;
    const auto& jet_of = function.second;
    const TestType at = constant<TestType>(6, 7), step = constant<TestType>(Rational(1, Integer("100000000000000000000")));
    const auto curve = along(J::variable(at));
    const J jet = jet_of(curve.first, curve.second);
    const auto value = [&](int i) {
      const auto p = along(TestType(at + TestType(i) * step));
      return TestType(f(p.first, p.second));
    };
    const auto close = [](const TestType& a, const TestType& b, double tolerance) {
      if constexpr (std::is_same_v<TestType, Ball>) return (a - b).magnitude().to_double() < tolerance;
      else return abs(TestType(a - b)) < tolerance;
    };
    CHECK(close(jet[0], value(0), 1e-90));
    CHECK(close(jet[1], TestType((value(1) - value(-1)) / (TestType(2) * step)), 1e-36));  // f''' step^2/6
    CHECK(close(jet[2], TestType((value(1) - TestType(2) * value(0) + value(-1)) / (TestType(2) * step * step)), 1e-36));
    CHECK(close(jet[3], TestType((value(2) - TestType(2) * value(1) + TestType(2) * value(-1) - value(-2)) / (TestType(12) * step * step * step)), 1e-16));
  }
}
