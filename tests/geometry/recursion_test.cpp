// SPDX-License-Identifier: GPL-3.0-or-later
// The recursion against values of mpmath, 30 digits, found again by tests/reference/inline_geometry.py from Q and chi at neighbouring |x|^2.
#include "infwidth/geometry/recursion.hpp"

#include "infwidth/geometry/radial_metric.hpp"
#include "support/agreement.hpp"
#include "support/closed_forms.hpp"

using namespace infwidth;
using namespace closed_forms;

namespace {

/// k_l, the kernel of layer l's preactivations, with sigma_w2 = 3/2 and sigma_b2 = 1/10 everywhere.
template <class Phi>
RadialKernel<Digits> kernel(int l, const Digits& s, Phi phi) {
  const Digits w = constant<Digits>(3, 2), b = constant<Digits>(1, 10);
  RadialKernel<Digits> k = first_layer(s, w, b);
  for (int i = 1; i < l; ++i) k = next_layer(k, phi(k.q[0]), w, b);
  return k;
}

struct Row {
  RadialKernel<Digits> kernel;
  const char *q, *dq, *A, *B;
};
struct CurvatureRow {
  RadialKernel<Digits> at_one, at_zero;
  const char *radial, *tangential, *at_origin;
};

}  // namespace

TEST_CASE("variance, its slope, A and B of erf, GELU, ReLU and x_+^2 networks", "[geometry]") {
  const DigitsPrecision precision(45);
  const Row rows[] = {
      {kernel(2, 1, Erf{}), "0.927206774263574029846028554537", "0.250742231442148515869743186154", "1.05311737205702376665292138185", "-0.853878950316505756745611931228"},
      {kernel(4, 1, Erf{}), "0.723996105803381576375047620687", "0.028587363773042584395145960978", "0.874124762098902035305072344141", "-0.758578158687636526270410874991"},
      {kernel(2, 1, Gelu{}), "1.18259383847936244403711375234", "1.12324824045786615570047256197", "1.08149714667733099341661106222", "0.185263445111067414851231789648"},
      {kernel(4, 1, Gelu{}), "0.644885707326974941119513230528", "0.598018758702260501147897493567", "0.506658805768520860447882144377", "0.360815858524820474696432571079"},
      {kernel(4, 1, Relu{}), "0.90625", "0.6328125", "0.6328125", "0"},
      {kernel(3, 1, SquaredRelu{}), "77.3641", "284.796", "126.576", "937.17"},
  };
  for (const Row& row : rows) {
    CHECK_THAT(row.kernel.q[0], AgreesTo(row.q, 28));
    CHECK_THAT(row.kernel.q[1], AgreesTo(row.dq, 28));
    CHECK_THAT(row.kernel.A[0], AgreesTo(row.A, 28));
    CHECK_THAT(row.kernel.B[0], AgreesTo(row.B, 28));
    CHECK_THAT(row.kernel.radial[0], AgreesTo(row.kernel.A[0] + row.kernel.B[0], 40));
  }
}

TEST_CASE("sectional curvatures of erf and GELU networks, positive at the origin from the second hidden layer on", "[geometry]") {
  const DigitsPrecision precision(45);
  const CurvatureRow rows[] = {
      {kernel(2, 1, Erf{}), kernel(2, 0, Erf{}), "-1.64981775398693036573918957771", "-0.824908876993465182869594788855", "0"},
      {kernel(3, 1, Erf{}), kernel(3, 0, Erf{}), "-2.11144527922864793221335049404", "-0.777267711475592711379712769945", "0.203682225370436827179145170707"},
      {kernel(4, 1, Erf{}), kernel(4, 0, Erf{}), "-2.30128166954572247178254726918", "-0.611592042067871472329935884019", "0.490064316345743471635565536272"},
      {kernel(2, 1, Gelu{}), kernel(2, 0, Gelu{}), "0.00836967859132416000898024676966", "-0.00579127489483798631167471255048", "0"},
      {kernel(3, 1, Gelu{}), kernel(3, 0, Gelu{}), "0.0260427418120578696437256522745", "-0.0289372891775733517693259659075", "0.402533798907910353255221046938"},
      {kernel(4, 1, Gelu{}), kernel(4, 0, Gelu{}), "0.0468372266671488074356509862084", "-0.0902437813725755159562472913349", "1.70238412968286960023637898195"},
  };
  for (const CurvatureRow& row : rows) {
    const auto curvature = sectional_curvature(row.at_one), origin = sectional_curvature(row.at_zero);
    CHECK_THAT(curvature.radial, AgreesTo(row.radial, 28));
    CHECK_THAT(curvature.tangential, AgreesTo(row.tangential, 28));
    CHECK_THAT(origin.radial, AgreesTo(row.at_origin, 28));
    CHECK_THAT(origin.tangential, AgreesTo(row.at_origin, 28));
  }
}

TEST_CASE("what is propagated is what would be formed: C, S, q' - A and B - 2A'", "[geometry]") {
  const DigitsPrecision precision(60);
  const auto check = [](const RadialKernel<Digits>& k) {
    const Digits S = k.A[0] + k.s * k.B[0] - k.s * k.q[1] * k.q[1] / k.q[0];
    CHECK_THAT(k.radial[0], AgreesTo(k.A[0] + k.s * k.B[0], 50));
    CHECK_THAT(k.radial[1], AgreesTo(k.A[1] + k.B[0] + k.s * k.B[1], 50, k.A[0]));
    CHECK_THAT(k.beside[0], AgreesTo(S, 50, k.A[0]));
    CHECK(k.beside[0] >= 0);
    CHECK_THAT(k.excess[0], AgreesTo(k.q[1] - k.A[0], 50, k.A[0]));
    CHECK_THAT(k.excess[1], AgreesTo(2 * k.q[2] - k.A[1], 50, k.A[0]));
    CHECK_THAT(k.defect[0], AgreesTo(k.B[0] - 2 * k.A[1], 50, k.A[0]));
    CHECK_THAT(k.defect[1], AgreesTo(k.B[1] - 4 * k.A[2], 50, k.A[0]));
  };
  for (int l = 1; l <= 5; ++l) {
    check(kernel(l, constant<Digits>(7, 5), Erf{}));
    check(kernel(l, constant<Digits>(7, 5), Gelu{}));
    check(kernel(l, constant<Digits>(7, 5), Cosine{}));
  }
  check(kernel(3, constant<Digits>(7, 5), SquaredRelu{}));
}

TEST_CASE("without bias the origin needs no limits of the caller", "[geometry]") {
  const DigitsPrecision precision(40);
  const auto kernel_at_origin = [](int l, auto phi) {
    RadialKernel<Digits> k = first_layer(Digits(0), constant<Digits>(3, 2), Digits(0));
    for (int i = 1; i < l; ++i) k = next_layer(k, phi(k.q[0]), constant<Digits>(3, 2), Digits(0));
    return k;
  };
  for (int l = 1; l <= 4; ++l) {
    const RadialKernel<Digits> k = kernel_at_origin(l, Erf{});
    CHECK_THAT(k.radial[0], AgreesTo(k.A[0], 38));
    CHECK(k.excess[0] == 0);
    CHECK(k.defect[0] == 0);  // phi(0) = 0: flat to second order at the origin, at every depth
    const auto curvature = sectional_curvature(k);
    CHECK(curvature.radial == 0);
    CHECK(curvature.tangential == 0);
  }
  const Precision bits(100);
  RadialKernel<Ball> k = first_layer(Ball(0), constant<Ball>(3, 2), Ball(0));
  for (int l = 1; l <= 3; ++l) k = next_layer(k, Erf{}(k.q[0]), constant<Ball>(3, 2), Ball(0));
  CHECK(sectional_curvature(k).radial.is_exact_zero());  // by structure, not a small ball
  CHECK(kernel_at_origin(2, Cosine{}).singular);
  CHECK(kernel_at_origin(3, Cosine{}).singular);
  CHECK_FALSE(kernel_at_origin(2, Relu{}).singular);
}

TEST_CASE("what a layer's chi and Q do not have, the metric does not have", "[geometry]") {
  const DigitsPrecision precision(30);
  const Digits one(1), zero(0);
  const RadialKernel<Digits> h = first_layer(zero, one, zero);

  VarianceJet<Digits> jump = Erf{}(zero);
  jump.chi_order = -1;
  jump.reason = "phi jumps";
  CHECK(feature_kernel(h, jump).no_metric == "phi jumps");
  CHECK(next_layer(next_layer(h, jump, one, zero), Erf{}(one), one, zero).no_metric == "phi jumps");
  CHECK(radial_metric(feature_kernel(h, jump), 2).A.reason == "phi jumps");

  VarianceJet<Digits> kink = Gelu{}(zero);  // as ELU's: chi' infinite at q = 0
  kink.chi_order = 0;
  kink.dchi = kink.d2chi = zero;
  kink.reason = "phi' jumps";
  const RadialMetric<Digits> m = radial_metric(feature_kernel(h, kink), 2);
  CHECK(m.A.exists());
  CHECK(m.radial.value == m.A.value);
  CHECK(m.volume.value == m.A.value);
  CHECK(m.B.reason == "phi' jumps");
  CHECK(m.curvature_radial.reason == "phi' jumps");
  CHECK_FALSE(radial_metric(feature_kernel(h, kink), 1).curvature_radial.exists());  // there is no plane

  VarianceJet<Digits> steep = Relu{}(zero);  // as relu(x) + 1: Q' infinite at q = 0, chi constant
  steep.Q = one;
  steep.Q_order = 0;
  steep.dQ = zero;
  steep.reason = "phi(0) phi' jumps";
  const RadialKernel<Digits> second = next_layer(h, steep, one, zero);
  CHECK(second.no_metric.empty());
  CHECK(next_layer(second, Relu{}(second.q[0]), one, zero).no_metric.empty());
  CHECK(next_layer(second, Erf{}(second.q[0]), one, zero).no_metric == "phi(0) phi' jumps; the metric has no limit at this point");
}
