// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/activation_values.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "infwidth/activation/recognise.hpp"
#include "infwidth/real/errors.hpp"
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
    std::fill(at + some, at + block, 0.0);
    double* const __restrict e = exponential[0].lane.data();
    for (std::size_t k = 0; k < block; ++k) e[k] = -std::abs(at[k]);
    for (std::size_t p = 0; p < packs; ++p) exponential[p] = exp(exponential[p]);
    double *const __restrict v = value + i, *const __restrict s = slope + i;
    for (std::size_t k = 0; k < some; ++k) {
      const double larger = 1 / (1 + e[k]), smaller = e[k] * larger;
      v[k] = at[k] > 0 ? larger : smaller;
      s[k] = larger * smaller;
    }
  }
}

}  // namespace

ActivationValues::ActivationValues(const Activation& phi) : name_(phi.name()) {
  for (const Piece& piece : phi.pieces()) {
    programs_.push_back(std::make_unique<const Program>(std::vector<Expression>{piece.value, piece.derivative}, "x"));
    with_second_.push_back(std::make_unique<const Program>(std::vector<Expression>{piece.value, piece.derivative, differentiate(piece.derivative, "x")}, "x"));
    if (piece.right) breaks_.push_back(piece.right->at.approximately());
  }
  is_sigmoid_ = phi.pieces().size() == 1 && phi.pieces()[0].value == sigmoid(Expression::variable("x"));
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
  if (of_->by_slopes_) {
    const double left = of_->left_, right = of_->right_;
    for (std::size_t i = 0; i < count; ++i) {
      const double at = x[i], factor = at < 0 ? left : right;
      value[i] = factor * at;
      if (slope != nullptr) slope[i] = factor;
    }
    if (second != nullptr) std::fill_n(second, count, 0.0);
    return;
  }
  if (of_->is_sigmoid_ && slope != nullptr && second == nullptr) {
    sigmoid_and_slope(x, count, value, slope);
    return;
  }
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
    double sound = 0;
    for (std::size_t k = 0; k < outputs; ++k) {
      for (std::size_t lane = 0; lane < lanes; ++lane) sound += 0 * out[k].lane[lane];
    }
    for (std::size_t lane = 0; lane < lanes && sound != 0; ++lane) {
      if (std::all_of(out, out + outputs, [&](const Pack& p) { return std::isfinite(p.lane[lane]); })) continue;
      throw NotReached(of_->name_ + " or a derivative of it is no number in double precision at the preactivation " + short_text(at.lane[lane]) + "; move the point, or rescale the network");
    }
    for (std::size_t k = 0; k < outputs; ++k) {
      if (into[k] != nullptr) std::copy_n(out[k].lane.begin(), lanes, into[k] + i);
    }
  }
}

}  // namespace infwidth
