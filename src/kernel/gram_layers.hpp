// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "infwidth/kernel/gram.hpp"
#include "input_pairs.hpp"
#include "pair_dual.hpp"

namespace infwidth {

/// One point against some that follow each other, at most `longest_row`, between two layers; the errors of these numbers beside them where they are followed (else null).
struct StripRow {
  std::size_t first, second, count;
  double *tau, *theta, *value, *gap, *slope;
  double *tau_error = nullptr, *theta_error = nullptr, *value_error = nullptr, *gap_error = nullptr, *slope_error = nullptr;
};

/// The recursion of Sigma and Theta, on points once and on rows of pairs, and of their rounding errors. Derivations D-050, D-052.
class GramLayers {
 public:
  GramLayers(const Architecture& network, const InputPairs& input, const GramRequest& request, const Budget& budget);

  std::size_t depth() const { return hidden_.size(); }
  bool follows_ntk() const { return follows_ntk_; }
  bool follows_errors() const { return follows_errors_; }
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

  /// The errors of the above, to first order: of Sigma^1 and Theta^1 from tau; of a dual's values; of the step of Theta, before it is made; of that of tau, after it.
  void first_errors(const StripRow& r) const;
  void dual_errors(std::size_t l, const StripRow& r) const;
  void theta_errors(std::size_t l, const StripRow& r) const;
  void tau_errors(std::size_t l, const StripRow& r) const;
  void read_out_errors(std::size_t l, const StripRow& r, double* out) const;
  void read_out_ntk_errors(std::size_t l, const StripRow& r, double* out) const;

  [[noreturn]] void refuse_pair(std::size_t i, std::size_t j) const;

 private:
  /// What maps layer l to the next: Sigma' = keep Sigma + b + w F, Theta' = keep Theta + plain + per_value F + w F' Theta.
  struct Map {
    double keep = 0, w = 0, b = 0, plain = 0, per_value = 0;
  };
  /// Of each point, where errors are followed; q, Q and chi relative to themselves, theta absolute.
  ///   Q_of_q, chi_of_q   what of Q's and chi's error is that of q
  ///   own_Q            the rest of Q's
  ///   sway   sqrt(q P/Q), P = E[phi'^2 z^2]: by how much |phi(u)|^2 follows u's length;   bend   |d log(gap)/d log q| of near points;   radial   P/chi
  ///   and, of what is exact, inverse_root_q and its root (0 at 0), and root_chi
  struct PointErrors {
    std::vector<double> q, Q, Q_of_q, own_Q, chi, chi_of_q, theta, sway, bend, radial, inverse_root_q, inverse_fourth_root_q, root_chi;
  };
  struct Hidden {
    LayerPoints points;
    PointErrors errors;
    bool smooth = false, linear = false;  // phi' is continuous; is constant
    std::vector<double> theta;  // of the points, where it is followed
    std::unique_ptr<PairDual> dual;
    Map next, readout;
    std::vector<double> root_output;
  };
  std::vector<Hidden> hidden_;
  const InputPairs& input_;
  double first_w_, first_b_, own_bias_ = 1;  // own_bias_: the NTK of a layer's biases in the standard parameterization
  bool standard_, follows_ntk_, wants_slope_, follows_errors_;

  std::string name_of(std::size_t p) const;
  void prepare_points(std::size_t l, const VarianceMap& map, const Budget& budget);
  static void differentiate_for_errors(const VarianceMap& map, const Pack& q, const VarianceJet<Pack>& jet, const std::vector<std::size_t>& batch, std::vector<VarianceJet<double>>& jets,
                                       const Budget& budget);
  void prepare_errors(std::size_t l, const std::vector<VarianceJet<double>>& jets);
  double ntk_error(const Map& map, const StripRow& r, std::size_t j) const;
  template <bool Slope>
  void moved_by_tau(const Hidden& h, const StripRow& r, double* of_value, double* of_slope) const;
  template <bool Slope>
  void dual_errors(const Hidden& h, const StripRow& r) const;
  template <bool Keep, bool Bias>
  void tau_errors(const Hidden& h, const Hidden& after, const StripRow& r) const;
  /// tau after `map`, where `root_next` has the square roots of the variances there.
  template <bool Keep, bool Bias>
  void step_tau(const Map& map, const LayerPoints& from, const double* root_next, double root_next_of_first, const StripRow& r, double* out) const;
  void step_tau(const Map& map, const LayerPoints& from, const double* root_next, double root_next_of_first, const StripRow& r, double* out) const;
};

}  // namespace infwidth
