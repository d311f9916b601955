// SPDX-License-Identifier: GPL-3.0-or-later
#include "piecewise_values.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "infwidth/activation/double_form.hpp"
#include "infwidth/gaussian/legendre.hpp"

namespace infwidth {

template class Evaluator<Pack>;

namespace {

bool is_branch_point(EndKind kind) { return kind == EndKind::algebraic || kind == EndKind::logarithmic; }

}  // namespace

PiecewiseValues::PiecewiseValues(const Activation& phi) : name_(phi.name()) {
  for (const Piece& piece : phi.pieces()) {
    const DoubleForm form = double_form(piece.value);
    programs_.push_back(std::make_unique<const Program>(std::vector<Expression>{form.value, form.slope}, "x"));
    if (!piece.right) continue;
    breaks_.push_back(piece.right->at.approximately());
    graded_.push_back(is_branch_point(piece.right->kind));
  }
  for (std::size_t i = 0; i < graded_.size(); ++i) {
    if (is_branch_point(phi.pieces()[i + 1].left->kind)) graded_[i] = true;
  }
}

PiecewiseValues::Reader::Reader(const PiecewiseValues& of) {
  for (const auto& program : of.programs_) evaluators_.emplace_back(*program);
}

void PiecewiseValues::Reader::operator()(std::size_t piece, std::span<const double> x, double* value, double* slope) {
  Evaluator<Pack>& evaluate = evaluators_[piece];
  for (std::size_t i = 0; i < x.size(); i += Pack::size) {
    const std::size_t lanes = std::min<std::size_t>(Pack::size, x.size() - i);
    Pack at(x[i]);
    std::copy_n(x.data() + i, lanes, at.lane.begin());
    const std::span<const Pack> out = evaluate(at);
    std::copy_n(out[0].lane.begin(), lanes, value + i);
    if (slope != nullptr) std::copy_n(out[1].lane.begin(), lanes, slope + i);
  }
}

const SmallRule& legendre_16() {
  static const SmallRule rule = [] {
    SmallRule r;
    const Precision precision(128);
    const auto half = legendre_rule(16, 128);
    for (const int sign : {-1, 1}) {
      for (std::size_t i = 0; i < half->nodes.size(); ++i) {
        r.nodes.push_back(sign * half->nodes[i].to_double());
        r.weights.push_back(half->weights[i].to_double());
      }
    }
    return r;
  }();
  return rule;
}

const SmallRule& standard_normal_24() {
  // Newton's method on the normalised He_24; weights 1 / sum of the squared normalised polynomials below.
  static const SmallRule rule = [] {
    constexpr int n = 24;
    SmallRule r;
    const auto polynomials = [](double z, double& last, double& slope, double& sum) {
      double before = 0, now = 1;
      sum = 1;
      for (int k = 0; k < n; ++k) {
        const double next = (z * now - std::sqrt(k) * before) / std::sqrt(k + 1.0);
        before = now;
        now = next;
        if (k + 1 < n) sum += now * now;
      }
      last = now;
      slope = std::sqrt(static_cast<double>(n)) * before;
    };
    // The zeros interlace: scan with a step below their least distance.
    double before = 0, value = 0, slope = 0, sum = 0;
    polynomials(-12, before, slope, sum);
    for (double z = -12; z < 12; z += 0.01) {
      polynomials(z + 0.01, value, slope, sum);
      if ((before < 0) != (value < 0)) {
        double root = z + 0.005, f = 0;
        for (int i = 0; i < 50; ++i) {
          polynomials(root, f, slope, sum);
          root -= f / slope;
        }
        polynomials(root, f, slope, sum);
        r.nodes.push_back(root);
        r.weights.push_back(1 / sum);
      }
      before = value;
    }
    return r;
  }();
  return rule;
}

}  // namespace infwidth
