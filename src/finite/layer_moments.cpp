// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/layer_moments.hpp"

#include <algorithm>
#include <string>

#include "infwidth/activation/match.hpp"
#include "infwidth/activation/pieces.hpp"
#include "infwidth/activation/recognise.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/gaussian/at_zero.hpp"
#include "infwidth/gaussian/boost_rule.hpp"
#include "infwidth/gaussian/panels.hpp"
#include "infwidth/geometry/cancellation.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"

namespace infwidth {

namespace {

/// The integrands, in x; `slope_cubed` stands for its product with x, whose average is q times what is wanted.
enum Product : std::size_t { square, slope_square, fourth, mixed, slope_cubed, slope_fourth, products };
constexpr const char* names[products] = {"phi^2", "phi'^2", "phi^4", "phi^2 phi'^2", "phi phi'^3 x", "phi'^4"};

Expression product_of(Product which, const Expression& phi, const Expression& slope) {
  switch (which) {
    case square: return phi * phi;
    case slope_square: return slope * slope;
    case fourth: return pow(phi, 4);
    case mixed: return pow(phi * slope, 2);
    case slope_cubed: return phi * pow(slope, 3) * Expression::variable("x");
    default: return pow(slope, 4);
  }
}

/// A product times a power of x, piece by piece.
std::vector<Piece> pieces_of(const Activation& phi, Product which, int power_of_x) {
  const Precision working(128);
  const Expression factor = pow(Expression::variable("x"), power_of_x);
  std::vector<Stretch> stretches;
  for (const Piece& p : phi.pieces()) {
    const auto end = [](const std::optional<PieceEnd>& e) { return e ? std::optional<RealPoint>(e->at) : std::nullopt; };
    stretches.push_back({{end(p.left), end(p.right)}, product_of(which, p.value, p.derivative) * factor});
  }
  return make_pieces(stretches);
}

/// Its average is infinite where it grows like |x - t|^-1 or faster.
bool grows_too_fast(const std::vector<Piece>& pieces) {
  return std::any_of(pieces.begin(), pieces.end(), [](const Piece& piece) {
    const auto infinite = [](const std::optional<PieceEnd>& end) { return end && end->kind == EndKind::algebraic && end->order <= -1; };
    return infinite(piece.left) || infinite(piece.right);
  });
}

/// Bits that the k-th derivative loses to cancelling Hermite weights at small q.
long bits_for_small_variance(const Ball& q) {
  constexpr long highest = 3, most = 2000000;
  const long e = log2_magnitude(q);
  return e >= 0 ? 0 : std::min(-highest * e + 8, most);
}

/// The first `moments.size() - 1` derivatives in q of m_0 = E f, from m_k = E[f z^(2k)]: E[f He_2k(z)] / (2q)^k.
template <class Real, std::size_t n>
std::array<Real, n> derivatives(const std::array<Real, n>& m, const Real& q) {
  static_assert(n <= 4);
  const Real two_q = Real(2) * q;
  std::array<Real, n> d = {m[0]};
  if constexpr (n > 1) d[1] = (m[1] - m[0]) / two_q;
  if constexpr (n > 2) d[2] = (m[2] - Real(6) * m[1] + Real(3) * m[0]) / (two_q * two_q);
  if constexpr (n > 3) d[3] = (m[3] - Real(15) * m[2] + Real(45) * m[1] - Real(15) * m[0]) / (two_q * two_q * two_q);
  return d;
}

template <class Real>
Real value_of(const Expression& constant) {
  const Program program({constant}, "x");
  return Evaluator<Real>(program).value(Real(0));
}

/// The averages of a homogeneous phi: no quadrature, right at q = 0 too.
template <class Real>
LayerMoments<Real> of_slopes(const Slopes& slopes, const Real& q) {
  const Real second = slopes.mean_square<Real>(), fourth = slopes.mean_fourth<Real>();
  LayerMoments<Real> r;
  r.Q = {second * q, second, Real(0), Real(0)};
  r.chi = {second, Real(0), Real(0), Real(0)};
  r.fourth = {Real(3) * fourth * q * q, Real(6) * fourth * q};
  r.mixed = {fourth * q, fourth};
  r.slope_cubed = {fourth, Real(0)};
  r.slope_fourth = {fourth, Real(0), Real(0)};
  return r;
}

}  // namespace

template <class Real>
Real Slopes::mean_square() const {
  return value_of<Real>((left * left + right * right) / 2);
}
template <class Real>
Real Slopes::mean_fourth() const {
  return value_of<Real>((pow(left, 4) + pow(right, 4)) / 2);
}
template Ball Slopes::mean_square() const;
template Digits Slopes::mean_square() const;
template Ball Slopes::mean_fourth() const;
template Digits Slopes::mean_fourth() const;

std::optional<Slopes> slopes_of(const Activation& phi) {
  const std::optional<Recognised> normal_form = recognise(phi);
  if (!normal_form) return std::nullopt;
  Slopes s;
  if (normal_form->kind == Recognised::Kind::slopes) {
    s.left = normal_form->left;
    s.right = normal_form->right;
  } else if (normal_form->kind == Recognised::Kind::polynomial && normal_form->coefficients.size() == 2 && equal_constants(normal_form->coefficients[0], 0)) {
    s.left = s.right = normal_form->coefficients[1];
  } else {
    return std::nullopt;
  }
  const bool no_left = equal_constants(s.left, 0), no_right = equal_constants(s.right, 0);
  if (no_left && no_right) return std::nullopt;
  if (no_left || no_right)
    s.kind = Slopes::Kind::half;
  else if (equal_constants(s.left * s.left, s.right * s.right))
    s.kind = Slopes::Kind::constant;
  return s;
}

struct LayerAverages::State {
  Activation phi;
  std::optional<Slopes> slopes;
  /// Of each product: its pieces, their parity, and the rule. Of Q and chi: times x^2, for the third derivative.
  struct Integral {
    std::vector<Piece> pieces;
    Parity parity = Parity::none;
    std::optional<PanelRule> rule = {};
  };
  std::array<Integral, products> plain;
  std::array<Integral, 2> times_x2;

  explicit State(const Activation& activation) : phi(activation), slopes(slopes_of(activation)) {
    if (slopes) return;
    const auto integral = [&](Product which, int power_of_x) {
      Integral i;
      bool infinite = false;
      try {
        i.pieces = pieces_of(phi, which, power_of_x);
        infinite = grows_too_fast(i.pieces);
      } catch (const NoSuchQuantity&) {  // a pole
        infinite = true;
      }
      if (infinite) throw NoSuchQuantity("E[" + std::string(names[which]) + "] is infinite: phi' grows too fast at a point");
      i.parity = parity_of(i.pieces);
      i.rule.emplace(i.pieces, Integrands::value, i.parity);
      return i;
    };
    plain[infwidth::slope_fourth] = integral(infwidth::slope_fourth, 0);  // the first to be infinite
    for (std::size_t k = 0; k < slope_fourth; ++k) {
      plain[k] = integral(static_cast<Product>(k), 0);
      if (k <= slope_square) times_x2[k] = integral(static_cast<Product>(k), 2);
    }
  }

  /// E f and its derivatives in q: E f'' / 2, E f'''' / 4, .. at q = 0 from one analytic piece.
  template <std::size_t n>
  std::array<Ball, n> at_zero(Product which) const {
    const auto here = std::find_if(phi.pieces().begin(), phi.pieces().end(), [](const Piece& p) {
      return (!p.left || side_of_zero(p.left->at) < 0) && (!p.right || side_of_zero(p.right->at) > 0);
    });
    if (here == phi.pieces().end())
      throw NoSuchQuantity("the variance of the preactivations is 0 here, and the activation is not analytic at x = 0: the fluctuations have no expansion in 1/n");
    Expression f = which == slope_cubed ? differentiate(here->value * pow(here->derivative, 3), "x") : product_of(which, here->value, here->derivative);
    std::array<Ball, n> d;
    Rational factor = 1;
    for (std::size_t k = 0; k < n; ++k) {
      if (k > 0) f = differentiate(differentiate(f, "x"), "x");
      d[k] = value_of<Ball>(f) * Ball(factor);
      factor /= 2;
    }
    return d;
  }

  /// m_0, .. m_(n-1) of a product; the highest of four from the integral with x^2.
  template <std::size_t n>
  std::array<Ball, n> moments(Product which, const Ball& q, const Budget& budget) const {
    const long goal = Precision::bits() + bits_for_small_variance(q);
    std::array<Ball, n> m;
    const auto low = plain[which].rule->integrate(q, goal, n == 4 ? 0 : 2, budget);
    const Precision working(goal + 20);
    for (std::size_t k = 0; k < std::min<std::size_t>(n, n == 4 ? 1 : 3); ++k) m[k] = low.integrals[0].moment[k];
    if constexpr (n == 4) {
      const auto high = times_x2[which].rule->integrate(q, goal, 2, budget);
      for (std::size_t k = 0; k < 3; ++k) m[k + 1] = high.integrals[0].moment[k] / q;
    }
    return m;
  }
  template <std::size_t n>
  std::array<Digits, n> moments(Product which, const Digits& q, const Budget& budget) const {
    std::array<Digits, n> m;
    Digits power = 1;
    for (std::size_t k = 0; k < n; ++k, power *= q) {
      m[k] = boost_expectation(pieces_of(phi, which, 2 * static_cast<int>(k)), q, budget).value / power;
    }
    return m;
  }

  template <std::size_t n>
  std::array<Ball, n> averages(Product which, const Ball& q, const Budget& budget) const {
    if (q.is_exact_zero()) return at_zero<n>(which);
    const std::array<Ball, n> m = moments<n>(which, q, budget);
    const Precision working(Precision::bits() + bits_for_small_variance(q) + 20);
    return derivatives(m, q);
  }
  template <std::size_t n>
  std::array<Digits, n> averages(Product which, const Digits& q, const Budget& budget) const {
    if (q != 0) return derivatives(moments<n>(which, q, budget), q);
    const Precision working(Precision::bits_for(Digits::default_precision()) + 32);
    std::array<Digits, n> d;
    const std::array<Ball, n> exact = at_zero<n>(which);
    for (std::size_t k = 0; k < n; ++k) d[k] = to_digits(exact[k]);
    return d;
  }

  template <class Real>
  LayerMoments<Real> all(const Real& q, Wanted wanted, const Budget& budget) const {
    if (slopes) return of_slopes(*slopes, q);
    LayerMoments<Real> r;
    r.slope_fourth = averages<3>(infwidth::slope_fourth, q, budget);
    if (wanted == Wanted::slope_fourth) return r;
    r.chi = averages<4>(slope_square, q, budget);
    if (wanted == Wanted::metric) return r;
    r.Q = averages<4>(square, q, budget);
    r.fourth = averages<2>(fourth, q, budget);
    r.mixed = averages<2>(mixed, q, budget);
    r.slope_cubed = averages<2>(slope_cubed, q, budget);
    if (is_exact_zero(q)) return r;
    for (Real& c : r.slope_cubed) c = c / q;  // of the product with x: E[h x] = q E h'
    r.slope_cubed[1] = r.slope_cubed[1] - r.slope_cubed[0] / q;
    return r;
  }
};

LayerAverages::LayerAverages(const Activation& phi) : state_(std::make_unique<const State>(phi)) {}
LayerAverages::~LayerAverages() = default;
LayerAverages::LayerAverages(LayerAverages&&) noexcept = default;
LayerAverages& LayerAverages::operator=(LayerAverages&&) noexcept = default;

const std::optional<Slopes>& LayerAverages::slopes() const { return state_->slopes; }

LayerMoments<Ball> LayerAverages::at(const Ball& q, Wanted wanted, const Budget& budget) const {
  if (!q.is_exact_zero() && certainly_positive(q) != Truth::yes) throw NotReached("the variance of a layer cannot be told from 0 at this precision");
  return state_->all(q, wanted, budget);
}

LayerMoments<Digits> LayerAverages::at(const Digits& q, Wanted wanted, const Budget& budget) const { return state_->all(q, wanted, budget); }

}  // namespace infwidth
