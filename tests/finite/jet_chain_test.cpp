// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/jet_chain.hpp"

#include "infwidth/real/errors.hpp"
#include "support/agreement.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

/// The preactivations of layer `layer` in a network of equal layers, widths counted as 1: sigma_w2 = 3/2, sigma_b2 = 1/10, |x|^2 = 1.
template <class Real>
JetLaw<Real> preactivations(const char* activation, int layer) {
  const LayerAverages phi{Activation::from_text(activation)};
  const Real w = constant<Real>(3, 2), b = constant<Real>(1, 10);
  JetLaw<Real> jets = first_jets(Real(1), w, b);
  for (int l = 1; l < layer; ++l) jets = next_jets(jets, phi.at(jets.q, LayerAverages::Wanted::all), w, b, Real(1));
  return jets;
}

struct Row {
  const char* activation;
  int layer;
  const char *V, *q, *p, *radial, *tangential;
};
// Equal widths, times n: mpmath, tests/reference/inline_jets.py. The covariance of q, and the shifts of q, p_r, g_rr, g_tt.
const Row rows[] = {
    {"erf", 2, "0.2962190259519504505203722137", "0", "0", "0", "0"},
    {"erf", 3, "0.2940017167934016049299432987", "-0.0513948191358427692339612345", "0.01978886493532539802667091301", "-0.01862305319886896471878610847", "0.05408327252362278856019783896"},
    {"erf", 4, "0.2897306090237486677793150327", "-0.0881333337885063588445372524", "0.01844353707273655181442115506", "-0.01554808373215746554758822545", "0.1624426151382141146479788777"},
    {"tanh", 3, "0.2271276027698125364559298705", "-0.04511016364966867105977489055", "0.01146978991139692259361802500", "-0.007759888276974317063265546307", "0.03239025527238474782674203323"},
    {"tanh", 4, "0.2098794470883837095512116433", "-0.07614274945228406813188854653", "0.01132387088530354132936474822", "-0.006612719518503362268602512783", "0.07864294373902384453277759365"},
    {"gelu", 3, "7.401644537621110696328278894", "0.1312974466437935850586175398", "-0.06516780874239533495611932611", "-0.3756256808244825875510012906", "0.1253647874925492134599423128"},
    {"gelu", 4, "5.718937391150219233884220674", "0.3835290293567822007575430088", "-0.03262059461059963833602070537", "-0.8236615786486792839076324157", "0.4579288049051321371732189689"},
};

struct LogRow {
  const char* activation;
  int layer;
  const char *log_det, *shift, *variance;
};
// d = 2, by the same script.
const LogRow log_rows[] = {
    {"erf", 2, "-1.561498380825396791735953", "-4.781687005591716666908659", "7.5633740111834333338"},
    {"erf", 3, "-2.128932369245341073359689", "-10.61180579130122660530685", "18.074382982022692093"},
    {"erf", 4, "-2.292613502780635189121948", "-16.28370970160225127375777", "28.887028368065874674"},
    {"tanh", 2, "-1.832750651688020770987434", "-4.211093146047607769954347", "6.4221862920952155399"},
    {"tanh", 4, "-3.25926336720423997027014", "-14.44338753930077122386089", "25.138244145984206497"},
    {"gelu", 2, "0.3148092548334127682009132", "-7.320437040172957520932781", "12.640874080345915042"},
    {"gelu", 4, "-0.8220864418739860528430362", "-26.24191737639645177398167", "47.475736231148909037"},
};

template <class Real>
const Real& shift(const JetLaw<Real>& j, std::size_t a, std::size_t b) {
  return j.shift[JetLaw<Real>::entry(a, b)];
}

}  // namespace

TEST_CASE("the first correction of the jets' covariance holds mpmath's values", "[finite][jets]") {
  const Precision precision(160);
  for (const Row& row : rows) {
    CAPTURE(row.activation, row.layer);
    const JetLaw<Ball> jets = preactivations<Ball>(row.activation, row.layer);
    CHECK_THAT(jets.cov(0, 0, 0, 0), Holds(row.V, 26));
    CHECK_THAT(shift(jets, 0, 0), Holds(row.q, 26));
    CHECK_THAT(shift(jets, 0, 1), Holds(row.p, 25));
    CHECK_THAT(shift(jets, 1, 1), Holds(row.radial, 25));
    CHECK_THAT(shift(jets, 2, 2), Holds(row.tangential, 25));
    CHECK(is_narrow(jets.cov(0, 0, 0, 0), 30));
    CHECK(is_narrow(shift(jets, 2, 2), 30));
  }
}

TEST_CASE("the first correction of log det holds mpmath's values", "[finite][jets]") {
  const Precision precision(160);
  for (const LogRow& row : log_rows) {
    CAPTURE(row.activation, row.layer);
    const JetLaw<Ball> jets = preactivations<Ball>(row.activation, row.layer);
    const DeterminantLaw<Ball> law = determinant_law(jets, 2);
    CHECK_THAT(log(jets.radial * jets.tangential), Holds(row.log_det, 22));
    CHECK_THAT(law.log_shift, Holds(row.shift, 23));
    CHECK_THAT(law.log_variance, Holds(row.variance, 18));
    CHECK(is_narrow(law.log_shift, 30));
  }
}
