// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "infwidth/kernel/gram.hpp"
#include "input_pairs.hpp"
#include "pair_dual.hpp"

namespace infwidth {

constexpr std::size_t longest_row = 512;

/// One point against some that follow each other, at most `longest_row`, between two layers.
struct StripRow {
  std::size_t first, second, count;
  double *tau, *theta, *value, *gap, *slope;
};

/// The recursion of Sigma and Theta, on points once and on rows of pairs. Derivation D-050.
class GramLayers {
 public:
  GramLayers(const Architecture& network, const InputPairs& input, const GramRequest& request, const Budget& budget);

  std::size_t depth() const { return hidden_.size(); }
  bool follows_ntk() const { return follows_ntk_; }
  double condition() const { return condition_; }
  const LayerPoints& points(std::size_t l) const { return hidden_[l - 1].points; }
  /// Sigma^(l+1)(x, x) and Theta^(l+1)(x, x) of the network of l hidden layers.
  double output_variance(std::size_t l, std::size_t p) const { return hidden_[l - 1].readout.b + hidden_[l - 1].readout.w * points(l).Q[p]; }
  double output_ntk(std::size_t l, std::size_t p) const;

  /// theta from tau: Theta^1.
  void first_ntk(const StripRow& r) const;
  /// value, gap and slope from tau, at hidden layer l.
  void apply_dual(std::size_t l, const StripRow& r) const;
  /// tau and theta of hidden layer l + 1.
  void step(std::size_t l, const StripRow& r) const;
  /// The outputs of the network of l hidden layers.
  void read_out(std::size_t l, const StripRow& r, double* out) const;
  void read_out_ntk(std::size_t l, const StripRow& r, double* out) const;
  void read_out_gap(std::size_t l, const StripRow& r, double* out) const;

  [[noreturn]] void refuse_pair(std::size_t i, std::size_t j) const;

 private:
  /// What maps layer l to the next: Sigma' = keep Sigma + b + w F, Theta' = keep Theta + plain + per_value F + w F' Theta.
  struct Map {
    double keep = 0, w = 0, b = 0, plain = 0, per_value = 0;
  };
  struct Hidden {
    LayerPoints points;
    std::vector<double> theta;  // of the points, where it is followed
    std::unique_ptr<PairDual> dual;
    Map next, readout;
    std::vector<double> root_output;
  };
  std::vector<Hidden> hidden_;
  const InputPairs& input_;
  double first_w_, first_b_, own_bias_ = 1;  // own_bias_: the NTK of a layer's biases in the standard parameterization
  bool standard_, follows_ntk_, wants_slope_;
  double condition_ = 1;

  std::string name_of(std::size_t p) const;
  void prepare_points(std::size_t l, const VarianceMap& map, const Budget& budget, std::vector<double>& log_condition);
  /// tau after `map`, where `root_next` has the square roots of the variances there.
  template <bool Keep, bool Bias>
  void step_tau(const Map& map, const LayerPoints& from, const double* root_next, double root_next_of_first, const StripRow& r, double* out) const;
  void step_tau(const Map& map, const LayerPoints& from, const double* root_next, double root_next_of_first, const StripRow& r, double* out) const;
};

}  // namespace infwidth
