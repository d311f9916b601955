// SPDX-License-Identifier: GPL-3.0-or-later
#include "activation_values.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "infwidth/activation/recognise.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/text.hpp"

namespace infwidth {

ActivationValues::ActivationValues(const Activation& phi) : name_(phi.name()) {
  for (const Piece& piece : phi.pieces()) {
    programs_.push_back(std::make_unique<const Program>(std::vector<Expression>{piece.value, piece.derivative, differentiate(piece.derivative, "x")}, "x"));
    if (piece.right) breaks_.push_back(piece.right->at.approximately());
  }
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
}

/// Each piece that a lane lies in is evaluated with the other lanes moved to one of its own: a formula may overflow outside its piece.
void ActivationValues::Reader::by_pieces(const Pack& x, Pack& value, Pack& slope, Pack& second) {
  std::array<std::size_t, Pack::size> piece{};
  for (std::size_t i = 0; i < Pack::size; ++i) {
    piece[i] = static_cast<std::size_t>(std::upper_bound(of_->breaks_.begin(), of_->breaks_.end(), x.lane[i]) - of_->breaks_.begin());
  }
  for (std::size_t p = 0; p < evaluators_.size(); ++p) {
    const auto first = std::find(piece.begin(), piece.end(), p);
    if (first == piece.end()) continue;
    Pack own = x;
    for (std::size_t i = 0; i < Pack::size; ++i) {
      if (piece[i] != p) own.lane[i] = x.lane[static_cast<std::size_t>(first - piece.begin())];
    }
    const std::span<const Pack> out = evaluators_[p](own);
    for (std::size_t i = 0; i < Pack::size; ++i) {
      if (piece[i] != p) continue;
      value.lane[i] = out[0].lane[i];
      slope.lane[i] = out[1].lane[i];
      second.lane[i] = out[2].lane[i];
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
  Pack of_value, of_slope, of_second;
  for (std::size_t i = 0; i < count; i += Pack::size) {
    const std::size_t lanes = std::min<std::size_t>(Pack::size, count - i);
    Pack at(x[i]);
    std::copy_n(x + i, lanes, at.lane.begin());
    if (evaluators_.size() == 1) {
      const std::span<const Pack> out = evaluators_[0](at);
      of_value = out[0];
      of_slope = out[1];
      of_second = out[2];
    } else {
      by_pieces(at, of_value, of_slope, of_second);
    }
    double sound = 0;
    for (std::size_t k = 0; k < lanes; ++k) sound += 0 * (of_value.lane[k] + (slope != nullptr ? of_slope.lane[k] : 0) + (second != nullptr ? of_second.lane[k] : 0));
    for (std::size_t k = 0; k < lanes && sound != 0; ++k) {
      if (std::isfinite(of_value.lane[k]) && (slope == nullptr || std::isfinite(of_slope.lane[k])) && (second == nullptr || std::isfinite(of_second.lane[k]))) continue;
      throw NotReached(of_->name_ + " or a derivative of it is no number in double precision at the preactivation " + short_text(at.lane[k]) + "; move the point, or rescale the network");
    }
    std::copy_n(of_value.lane.begin(), lanes, value + i);
    if (slope != nullptr) std::copy_n(of_slope.lane.begin(), lanes, slope + i);
    if (second != nullptr) std::copy_n(of_second.lane.begin(), lanes, second + i);
  }
}

}  // namespace infwidth
