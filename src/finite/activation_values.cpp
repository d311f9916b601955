// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/activation_values.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "infwidth/activation/double_form.hpp"
#include "infwidth/activation/recognise.hpp"
#include "infwidth/activation/slope.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/real/text.hpp"

namespace infwidth {

namespace {

/// The most usual unit of the toy tasks, without a formula's steps in between. With e = exp(-|x|): 1 / (1 + e) or e / (1 + e), and e / (1 + e)^2.
void sigmoid_and_slope(const double* x, std::size_t count, double* value, double* slope) {
  constexpr std::size_t packs = 16, block = packs * Pack::size;
  std::array<Pack, packs> exponential{};
  double at[block];
  for (std::size_t i = 0; i < count; i += block) {
    const std::size_t some = std::min(block, count - i);
    std::copy_n(x + i, some, at);
    const std::size_t used = (some + Pack::size - 1) / Pack::size;
    std::fill(at + some, at + used * Pack::size, 0.0);
    double* const __restrict e = exponential[0].lane.data();
    for (std::size_t k = 0; k < used * Pack::size; ++k) e[k] = -std::abs(at[k]);
    for (std::size_t p = 0; p < used; ++p) exponential[p] = exp(exponential[p]);
    double *const __restrict v = value + i, *const __restrict s = slope + i;
    for (std::size_t k = 0; k < some; ++k) {
      const double larger = 1 / (1 + e[k]), smaller = e[k] * larger;
      v[k] = at[k] > 0 ? larger : smaller;
      s[k] = larger * smaller;
    }
  }
}

/// tanh and sech^2 from one exponential. With e = exp(-2|x|): (1 - e) / (1 + e) and 4 e / (1 + e)^2; where 1 - e would cancel, x + x^3 P(x^2)/Q(x^2), the rational function of
/// Cody and Waite as Moshier's Cephes has it, within 2 units for |x| < 0.625.
void tanh_and_slope(const double* x, std::size_t count, double* value, double* slope) {
  constexpr std::size_t packs = 16, block = packs * Pack::size;
  std::array<Pack, packs> exponential{};
  double at[block];
  for (std::size_t i = 0; i < count; i += block) {
    const std::size_t some = std::min(block, count - i);
    std::copy_n(x + i, some, at);
    const std::size_t used = (some + Pack::size - 1) / Pack::size;
    std::fill(at + some, at + used * Pack::size, 0.0);
    double* const __restrict e = exponential[0].lane.data();
    for (std::size_t k = 0; k < used * Pack::size; ++k) e[k] = -2 * std::abs(at[k]);
    for (std::size_t p = 0; p < used; ++p) exponential[p] = exp(exponential[p]);
    double *const __restrict v = value + i, *const __restrict s = slope + i;
    for (std::size_t k = 0; k < some; ++k) {
      const double u = at[k], u2 = u * u, inverse = 1 / (1 + e[k]);
      const double p = (-9.64399179425052238628e-1 * u2 - 9.92877231001918586564e1) * u2 - 1.61468768441708447952e3;
      const double q = ((u2 + 1.12811678491632931402e2) * u2 + 2.23548839060100448583e3) * u2 + 4.84406305325125486048e3;
      const double far = std::copysign((1 - e[k]) * inverse, u), near = u + u * u2 * (p / q);
      v[k] = std::abs(u) < 0.625 ? near : far;
      s[k] = 4 * e[k] * inverse * inverse;
    }
  }
}

}  // namespace

ActivationValues::ActivationValues(const Activation& phi) : name_(phi.name()) {
  for (const Piece& piece : phi.pieces()) {
    const DoubleForm form = double_form(piece.value);
    programs_.push_back(std::make_unique<const Program>(std::vector<Expression>{form.value, form.slope}, "x"));
    with_second_.push_back(std::make_unique<const Program>(std::vector<Expression>{form.value, form.slope, form.second}, "x"));
    if (piece.right) breaks_.push_back(piece.right->at.approximately());
  }
  for (const Rational& t : points_without_slope(phi)) {
    const double nearest = constant<double>(t);
    if (Rational(nearest) == t) without_slope_.push_back(nearest);
  }
  const auto is = [&](const Expression& formula) { return phi.pieces().size() == 1 && phi.pieces()[0].value == formula; };
  is_sigmoid_ = is(sigmoid(Expression::variable("x")));
  is_tanh_ = is(tanh(Expression::variable("x")));
  const std::optional<Recognised> form = recognise(phi);
  if (!form || form->kind != Recognised::Kind::slopes) return;
  const auto number = [](const Expression& constant) {
    const Precision precision(128);
    const Program program({constant}, "x");
    return Evaluator<Ball>(program).value(Ball(0)).to_double();
  };
  by_slopes_ = true;
  left_ = number(form->left);
  right_ = number(form->right);
}

ActivationValues::Reader::Reader(const ActivationValues& of) : of_(&of) {
  for (const auto& program : of.programs_) evaluators_.emplace_back(*program);
  for (const auto& program : of.with_second_) with_second_.emplace_back(*program);
}

/// One rule for every way of computing: what is asked for is a finite number, or refused.
void ActivationValues::Reader::require_finite(const double* x, std::size_t count, std::initializer_list<const double*> results) const {
  std::uint64_t unsound = 0;
  for (const double* r : results) {
    for (std::size_t i = 0; r != nullptr && i < count; ++i) unsound |= static_cast<std::uint64_t>(!(std::abs(r[i]) <= std::numeric_limits<double>::max()));
  }
  if (unsound == 0) return;
  for (std::size_t i = 0; i < count; ++i) {
    if (std::all_of(results.begin(), results.end(), [i](const double* r) { return r == nullptr || std::isfinite(r[i]); })) continue;
    throw NotReached(of_->name_ + " or a derivative of it is no number in double precision at the preactivation " + short_text(x[i]) + "; move the point, or rescale the network");
  }
}

/// Each piece that a lane lies in is evaluated with the other lanes moved to one of its own: a formula may overflow outside its piece.
void ActivationValues::Reader::by_pieces(std::vector<Evaluator<Pack>>& evaluators, const Pack& x, Pack* out, std::size_t outputs) {
  std::array<std::size_t, Pack::size> piece{};
  for (std::size_t i = 0; i < Pack::size; ++i) {
    piece[i] = static_cast<std::size_t>(std::upper_bound(of_->breaks_.begin(), of_->breaks_.end(), x.lane[i]) - of_->breaks_.begin());
  }
  for (std::size_t p = 0; p < evaluators.size(); ++p) {
    const auto first = std::find(piece.begin(), piece.end(), p);
    if (first == piece.end()) continue;
    Pack own = x;
    for (std::size_t i = 0; i < Pack::size; ++i) {
      if (piece[i] != p) own.lane[i] = x.lane[static_cast<std::size_t>(first - piece.begin())];
    }
    const std::span<const Pack> found = evaluators[p](own);
    for (std::size_t i = 0; i < Pack::size; ++i) {
      for (std::size_t k = 0; k < outputs && piece[i] == p; ++k) out[k].lane[i] = found[k].lane[i];
    }
  }
}

void ActivationValues::Reader::operator()(const double* x, std::size_t count, double* value, double* slope, double* second) {
  // In blocks whose arguments are kept: `value` may be x.
  constexpr std::size_t block = 256;
  double at[block];
  for (std::size_t i = 0; i < count; i += block) {
    const std::size_t some = std::min(block, count - i);
    std::copy_n(x + i, some, at);
    double *const v = value + i, *const s = slope == nullptr ? nullptr : slope + i, *const t = second == nullptr ? nullptr : second + i;
    if (of_->by_slopes_) {
      by_slopes(at, some, v, s, t);
    } else if (of_->is_sigmoid_ && s != nullptr && t == nullptr) {
      sigmoid_and_slope(at, some, v, s);
    } else if (of_->is_tanh_ && s != nullptr && t == nullptr) {
      tanh_and_slope(at, some, v, s);
    } else {
      by_program(at, some, v, s, t);
    }
    require_finite(at, some, {v, s, t});
  }
}

void ActivationValues::Reader::by_slopes(const double* x, std::size_t count, double* value, double* slope, double* second) const {
  const double left = of_->left_, right = of_->right_;
  for (std::size_t i = 0; i < count; ++i) {
    const double at = x[i], factor = at < 0 ? left : right;
    value[i] = factor * at;
    if (slope != nullptr) slope[i] = factor;
  }
  if (second != nullptr) std::fill_n(second, count, 0.0);
}

void ActivationValues::Reader::by_program(const double* x, std::size_t count, double* value, double* slope, double* second) {
  std::vector<Evaluator<Pack>>& evaluators = second != nullptr ? with_second_ : evaluators_;
  const std::size_t outputs = second != nullptr ? 3 : slope != nullptr ? 2 : 1;
  double* const into[3] = {value, slope, second};
  Pack of[3];
  for (std::size_t i = 0; i < count; i += Pack::size) {
    const std::size_t lanes = std::min<std::size_t>(Pack::size, count - i);
    Pack at(x[i]);
    std::copy_n(x + i, lanes, at.lane.begin());
    const Pack* out = of;
    if (evaluators.size() == 1) {
      out = evaluators[0](at).data();
    } else {
      by_pieces(evaluators, at, of, outputs);
    }
    for (std::size_t k = 0; k < outputs; ++k) {
      if (into[k] != nullptr) std::copy_n(out[k].lane.begin(), lanes, into[k] + i);
    }
  }
}

}  // namespace infwidth
