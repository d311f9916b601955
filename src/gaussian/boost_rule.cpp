// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/boost_rule.hpp"

#include <boost/math/quadrature/exp_sinh.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "infwidth/expression/program.hpp"
#include "infwidth/real/errors.hpp"
#include "piece_end.hpp"

namespace infwidth {

namespace {

using ExpSinh = boost::math::quadrature::exp_sinh<Digits>;

/// Its tables of nodes cost as much as an integral, and are made once for each precision.
std::shared_ptr<ExpSinh> rule_of_this_precision() {
  constexpr std::size_t refinements = 14, most_kept = 16;
  static std::mutex mutex;
  static std::map<unsigned, std::shared_ptr<ExpSinh>> kept;
  const std::lock_guard lock(mutex);
  if (kept.size() >= most_kept) kept.clear();
  auto& rule = kept[Digits::default_precision()];
  if (!rule) rule = std::make_shared<ExpSinh>(refinements);
  return rule;
}

/// Integrates over the pieces. Every stretch is mapped to (0, infinity), where exp_sinh crowds its nodes at both ends: a kink, a feature at
/// x = 0 that is narrow beside sqrt q, and an algebraic end are all resolved there. (tanh_sinh of Boost 1.74 is not usable with MPFR.)
class BoostRule {
 public:
  BoostRule(const std::vector<Piece>& pieces, bool slope_wanted, const Digits& q, const Budget& budget)
      : pieces_(pieces), slope_wanted_(slope_wanted), root_q_(sqrt(q)), budget_(budget), samples_(pieces.size()) {
    tolerance_ = pow(Digits(10), -static_cast<int>(Digits::default_precision()) + 2);
  }

  /// For who does not ask for Boost's estimate of the error, the difference of the last two levels: halving the step nearly squares the error, so a
  /// difference of 10^-(2/3 digits) leaves one of rounding. A level less, of twice the nodes of the one before.
  void trust_last_level() { tolerance_ = pow(Digits(10), -2 * static_cast<int>(Digits::default_precision()) / 3); }

  /// integral w(phi, phi', z) n(z) dz, and Boost's estimate of its error.
  struct Result {
    Digits value, error;
  };
  using Weighted = std::function<Digits(const Digits& phi, const Digits& slope, const Digits& z)>;

  Result integrate(const Weighted& w) {
    Result total{0, 0};
    for (std::size_t k = 0; k < pieces_.size(); ++k) {
      const Piece& piece = pieces_[k];
      const Program program(slope_wanted_ ? std::vector<Expression>{piece.value, piece.derivative} : std::vector<Expression>{piece.value}, "x");
      Evaluator<Digits> evaluate(program);
      const auto f = [&](const Digits& x) {
        const Sample& s = sample(evaluate, samples_[k], x);
        if (s.gauss == 0) return Digits(0);
        const Digits value = w(s.phi, s.slope, s.z) * s.gauss;
        // Where both factors leave the range of MPFR the product is far below any tolerance.
        return isfinite(value) ? value : Digits(0);
      };
      std::vector<std::optional<Digits>> ends = {position(piece.left)};
      const Digits zero(0);
      if ((!ends[0] || *ends[0] < zero) && (!piece.right || *position(piece.right) > zero)) ends.emplace_back(zero);
      ends.push_back(position(piece.right));
      // Boost's nodes go on to exp(-10^8), where MPFR ends. What lies within t of an end that is no power weighs t, and t^(1/10) if it is |x|^(-9/10).
      const bool has_power = is_algebraic(piece.left) || is_algebraic(piece.right);
      const Digits nearest = pow(Digits(10), (has_power ? -40 : -4) * static_cast<int>(Digits::default_precision()));
      for (std::size_t i = 0; i + 1 < ends.size(); ++i) add(total, f, ends[i], ends[i + 1], nearest);
    }
    const Digits norm = root_q_ * sqrt(2 * pi<Digits>());  // dz = dx / sqrt q
    return {total.value / norm, total.error / norm};
  }

  std::uint64_t evaluations() const { return evaluations_; }

 private:
  /// What all integrands share at one node.
  struct Sample {
    Digits phi, slope, z, gauss;
  };

  const std::vector<Piece>& pieces_;
  bool slope_wanted_;
  Digits root_q_, tolerance_;
  const Budget& budget_;
  std::vector<std::map<Digits, Sample>> samples_;  // of each piece: Boost takes the same nodes for every integrand
  std::uint64_t evaluations_ = 0;
  std::shared_ptr<ExpSinh> rule_ = rule_of_this_precision();

  static bool is_algebraic(const std::optional<PieceEnd>& end) { return end && end->kind == EndKind::algebraic; }

  const Sample& sample(Evaluator<Digits>& evaluate, std::map<Digits, Sample>& known, const Digits& x) {
    const auto [place, is_new] = known.try_emplace(x);
    if (!is_new) return place->second;
    if (++evaluations_ % 256 == 0) budget_.check();
    Sample& s = place->second;
    s.z = x / root_q_;
    s.gauss = exp(-s.z * s.z / 2);
    if (s.gauss == 0) return s;
    const auto out = evaluate(x);
    s.phi = out[0];
    if (slope_wanted_) s.slope = out[1];
    return s;
  }

  template <class F>
  void add(Result& total, const F& f, const std::optional<Digits>& a, const std::optional<Digits>& b, const Digits& nearest) {
    const std::function<Digits(Digits)> on_half_line = [&](const Digits& t) -> Digits {  // t in (0, infinity), in units of sqrt q
      if (t < nearest || t * nearest > 1) return Digits(0);
      if (a && b) {
        const Digits s = 1 + t;
        return f(Digits(*a + (*b - *a) * t / s)) * (*b - *a) / (s * s);
      }
      return a ? f(Digits(*a + root_q_ * t)) * root_q_ : f(Digits(*b - root_q_ * t)) * root_q_;
    };
    Digits error = 0, size = 0;
    total.value += rule_->integrate(on_half_line, tolerance_, &error, &size);
    total.error += abs(error);
  }
};

}  // namespace

VarianceJet<Digits> boost_variance_jet(const Activation& activation, const Digits& q, const Budget& budget) {
  BoostRule rule(activation.pieces(), true, q, budget);
  rule.trust_last_level();
  const auto squares = [&](bool of_slope, const std::function<Digits(const Digits&)>& weight) {
    return rule
        .integrate([&](const Digits& phi, const Digits& slope, const Digits& z) { return of_slope ? slope * slope * weight(z) : phi * phi * weight(z); })
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
  BoostRule rule(activation.pieces(), false, q, budget);
  rule.trust_last_level();
  return rule.integrate([](const Digits& f, const Digits&, const Digits&) { return f * f; }).value;
}

Digits boost_expectation_of_slope_square(const Activation& activation, const Digits& q, const Budget& budget) {
  BoostRule rule(activation.pieces(), true, q, budget);
  rule.trust_last_level();
  return rule.integrate([](const Digits&, const Digits& slope, const Digits&) { return slope * slope; }).value;
}

Estimate<Digits> boost_expectation(const std::vector<Piece>& pieces, const Digits& q, const Budget& budget) {
  BoostRule rule(pieces, false, q, budget);
  const auto result = rule.integrate([](const Digits& f, const Digits&, const Digits&) { return f; });
  return {result.value, result.error, false, rule.evaluations(), "Boost exp_sinh"};
}

}  // namespace infwidth
