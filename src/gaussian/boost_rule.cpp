// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/boost_rule.hpp"

#include <boost/math/quadrature/exp_sinh.hpp>
#include <functional>

#include "infwidth/expression/program.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

/// Integrates over the pieces. Every stretch is mapped to (0, infinity), where exp_sinh crowds its nodes at both ends: a kink, a feature at
/// x = 0 that is narrow beside sqrt q, and an algebraic end are all resolved there. (tanh_sinh of Boost 1.74 is not usable with MPFR.)
class BoostRule {
 public:
  BoostRule(const std::vector<Piece>& pieces, const Digits& q, const Budget& budget) : pieces_(pieces), root_q_(sqrt(q)), budget_(budget) {
    tolerance_ = pow(Digits(10), -static_cast<int>(Digits::default_precision()) + 2);
  }

  /// integral w(phi, phi', z) n(z) dz, and Boost's estimate of its error.
  struct Result {
    Digits value, error;
  };
  using Weighted = std::function<Digits(const Digits& phi, const Digits& slope, const Digits& z)>;

  Result integrate(const Weighted& w, bool slope_wanted) {
    Result total{0, 0};
    for (const Piece& piece : pieces_) {
      std::vector<Expression> outputs = {piece.value};
      if (slope_wanted) outputs.push_back(piece.derivative);
      const Program program(outputs, "x");
      Evaluator<Digits> evaluate(program);
      const auto f = [&](const Digits& x) {
        if (++evaluations_ % 256 == 0) budget_.check();
        const Digits z = x / root_q_;
        const Digits gauss = exp(-z * z / 2);
        if (gauss == 0) return Digits(0);
        const auto out = evaluate(x);
        const Digits value = w(out[0], slope_wanted ? out[1] : Digits(0), z) * gauss;
        // Where both factors leave the range of MPFR the product is far below any tolerance.
        return isfinite(value) ? value : Digits(0);
      };
      std::vector<std::optional<Digits>> ends = {end(piece.left)};
      const Digits zero(0);
      if ((!ends[0] || *ends[0] < zero) && (!piece.right || *end(piece.right) > zero)) ends.emplace_back(zero);
      ends.push_back(end(piece.right));
      for (std::size_t i = 0; i + 1 < ends.size(); ++i) add(total, f, ends[i], ends[i + 1]);
    }
    const Digits norm = root_q_ * sqrt(2 * pi<Digits>());  // dz = dx / sqrt q
    return {total.value / norm, total.error / norm};
  }

  std::uint64_t evaluations() const { return evaluations_; }

 private:
  const std::vector<Piece>& pieces_;
  Digits root_q_, tolerance_;
  const Budget& budget_;
  std::uint64_t evaluations_ = 0;
  boost::math::quadrature::exp_sinh<Digits> rule_{14};

  static std::optional<Digits> end(const std::optional<PieceEnd>& e) {
    if (!e) return std::nullopt;
    if (e->at.exact()) return constant<Digits>(*e->at.exact());
    const Precision p(Precision::bits_for(Digits::default_precision()) + 16);
    Digits x;
    const Ball at = e->at.ball();
    arf_get_mpfr(x.backend().data(), arb_midref(at.get()), MPFR_RNDN);
    return x;
  }

  template <class F>
  void add(Result& total, const F& f, const std::optional<Digits>& a, const std::optional<Digits>& b) {
    const std::function<Digits(Digits)> on_half_line = [&](const Digits& t) -> Digits {  // t in (0, infinity), in units of sqrt q
      if (a && b) {
        const Digits s = 1 + t;
        return f(Digits(*a + (*b - *a) * t / s)) * (*b - *a) / (s * s);
      }
      return a ? f(Digits(*a + root_q_ * t)) * root_q_ : f(Digits(*b - root_q_ * t)) * root_q_;
    };
    Digits error = 0, size = 0;
    total.value += rule_.integrate(on_half_line, tolerance_, &error, &size);
    total.error += abs(error);
  }
};

}  // namespace

VarianceJet<Digits> boost_variance_jet(const Activation& activation, const Digits& q, const Budget& budget) {
  BoostRule rule(activation.pieces(), q, budget);
  const auto squares = [&](bool of_slope, const std::function<Digits(const Digits&)>& weight) {
    return rule
        .integrate([&](const Digits& phi, const Digits& slope, const Digits& z) { return of_slope ? slope * slope * weight(z) : phi * phi * weight(z); }, of_slope)
        .value;
  };
  const auto one = [](const Digits&) { return Digits(1); };
  const auto he2 = [](const Digits& z) { return z * z - 1; };
  const auto he4 = [](const Digits& z) { return z * z * (z * z - 6) + 3; };
  VarianceJet<Digits> jet;
  jet.method = "Boost exp_sinh";
  const Digits two_q = 2 * q;
  jet.Q = squares(false, one);
  jet.dQ = squares(false, he2) / two_q;
  jet.d2Q = squares(false, he4) / (two_q * two_q);
  jet.chi = squares(true, one);
  jet.dchi = squares(true, he2) / two_q;
  jet.d2chi = squares(true, he4) / (two_q * two_q);
  jet.radial = jet.chi + two_q * jet.dchi;
  jet.dradial = 3 * jet.dchi + two_q * jet.d2chi;
  jet.evaluations = rule.evaluations();
  return jet;
}

Digits boost_expectation_of_square(const Activation& activation, const Digits& q, const Budget& budget) {
  BoostRule rule(activation.pieces(), q, budget);
  return rule.integrate([](const Digits& f, const Digits&, const Digits&) { return f * f; }, false).value;
}

Estimate<Digits> boost_expectation(const std::vector<Piece>& pieces, const Digits& q, const Budget& budget) {
  BoostRule rule(pieces, q, budget);
  const auto result = rule.integrate([](const Digits& f, const Digits&, const Digits&) { return f; }, false);
  return {result.value, result.error, false, rule.evaluations(), "Boost exp_sinh"};
}

}  // namespace infwidth
