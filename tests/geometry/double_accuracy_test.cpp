// SPDX-License-Identifier: GPL-3.0-or-later
// Double precision against balls of 1200 bits, through the same templates: the error is at most 1e-12 of the larger of |value| and its scale.
#include "infwidth/geometry/radial_metric.hpp"
#include "support/agreement.hpp"
#include "support/closed_forms.hpp"

using namespace infwidth;
using namespace closed_forms;

namespace {

constexpr double promised = 1e-12;
constexpr long reference_bits = 1200;

struct Net {
  double sigma_w2, sigma_b2;
};

template <class Real, class First, class Later>
std::vector<RadialMetric<Real>> metrics(const Real& s, const Net& net, int dim, First first, Later later) {
  const Real w(net.sigma_w2), b(net.sigma_b2);
  std::vector<RadialMetric<Real>> result;
  RadialKernel<Real> h = first_layer(s, w, b);
  for (int l = 1; l <= 6; ++l) {
    const VarianceJet<Real> phi = l == 1 ? first(h.q[0]) : later(h.q[0]);
    result.push_back(radial_metric(feature_kernel(h, phi), dim));
    h = next_layer(h, phi, w, b);
  }
  return result;
}

/// The largest error over depths 1..6 and all quantities, in units of max(|value|, scale).
template <class First, class Later>
double worst_error(double s, const Net& net, First first, Later later) {
  const Precision precision(reference_bits);
  auto truth = metrics(Ball(s), net, 3, first, later);
  auto found = metrics(s, net, 3, first, later);
  double worst = 0;
  for (std::size_t l = 0; l < truth.size(); ++l) {
    std::vector<Value<Ball>> want;
    truth[l].for_each([&](const Value<Ball>& v) { want.push_back(v); });
    std::size_t i = 0;
    found[l].for_each([&](const Value<double>& v) {
      const Value<Ball>& w = want[i++];
      REQUIRE(w.exists() == v.exists());
      if (!v.exists()) return;
      const Ball error = abs(Ball(v.value) - w.value), size = max(abs(w.value.mid()), abs(w.scale.mid()));
      REQUIRE(error.is_finite());
      if (!error.is_exact_zero()) worst = std::max(worst, Ball(error / size).to_double());
    });
  }
  return worst;
}

}  // namespace

TEST_CASE("double precision holds 12 digits from |x|^2 = 0 to 1e8, depths 1 to 6", "[geometry]") {
  for (const double s : {0.0, 1e-12, 1e-6, 1e-3, 0.1, 1.0, 30.0, 1e4, 1e8}) {
    for (const Net& net : {Net{1, 0}, Net{1.5, 0}, Net{1, 0.25}, Net{1.5, 0.125}, Net{2.5, 0}}) {
      CAPTURE(s, net.sigma_w2, net.sigma_b2);
      CHECK(worst_error(s, net, Erf{}, Erf{}) <= promised);
      CHECK(worst_error(s, net, Gelu{}, Gelu{}) <= promised);
      CHECK(worst_error(s, net, Erf{}, Gelu{}) <= promised);
      CHECK(worst_error(s, net, Relu{}, Relu{}) <= promised);
    }
    CHECK(worst_error(s, Net{1.5, 0.125}, Cosine{}, Cosine{}) <= promised);
    CHECK(worst_error(s, Net{1.5, 0.125}, Relu{}, Erf{}) <= promised);
  }
}

TEST_CASE("where cancellation takes more digits, the loss says so", "[geometry]") {
  const double rounding = 3 * 0x1p-53;  // for each unit of loss
  const auto check = [&](double s, const Net& net, auto first, auto later) {
    const Precision precision(reference_bits);
    const auto truth = metrics(Ball(s), net, 3, first, later);
    const auto found = metrics(s, net, 3, first, later);
    double most = 0;
    for (std::size_t l = 0; l < truth.size(); ++l) {
      const auto error = [](const Value<double>& v, const Value<Ball>& w) {
        return Ball(abs(Ball(v.value) - w.value) / max(abs(w.value.mid()), abs(w.scale.mid()))).to_double();
      };
      const RadialMetric<double>& m = found[l];
      CAPTURE(s, net.sigma_w2, net.sigma_b2, l);
      CHECK(error(m.radial, truth[l].radial) <= promised + rounding * m.radial_loss);
      CHECK(error(m.curvature_radial, truth[l].curvature_radial) <= promised + rounding * (m.curvature_loss + m.radial_loss));
      CHECK(error(m.curvature_tangential, truth[l].curvature_tangential) <= promised + rounding * (m.curvature_loss + m.radial_loss));
      most = std::max({most, error(m.radial, truth[l].radial), error(m.curvature_radial, truth[l].curvature_radial)});
    }
    return most;
  };
  CHECK(check(1e8, Net{1.5, 0.125}, Gelu{}, Erf{}) > promised);
  CHECK(check(1e-12, Net{100, 0}, Erf{}, Erf{}) > promised);
  CHECK(check(1e-12, Net{1.5, 0}, Cosine{}, Cosine{}) > promised);
  for (const double s : {1e-6, 1e-3, 1.0, 1e4, 1e8}) {
    for (const Net& net : {Net{1.5, 0.125}, Net{100, 0.125}, Net{100, 0}}) {
      check(s, net, Gelu{}, Erf{});
      check(s, net, Gelu{}, Gelu{});
      check(s, net, Erf{}, Erf{});
      check(s, net, Relu{}, Erf{});
    }
  }
}

TEST_CASE("the logarithm of the volume element holds its digits in a million dimensions", "[geometry]") {
  const Precision precision(reference_bits);
  const auto truth = metrics(Ball(30), Net{1.5, 0.125}, 1000000, Erf{}, Erf{});
  const auto found = metrics(30.0, Net{1.5, 0.125}, 1000000, Erf{}, Erf{});
  for (std::size_t l = 0; l < truth.size(); ++l) {
    const double want = truth[l].log_volume.value.to_double();
    CHECK(std::abs(found[l].log_volume.value - want) <= promised * std::abs(want));
    CHECK(found[l].volume.value == 0);  // underflow, which the engine refuses
  }
}
