// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <vector>

#include "infwidth/activation/activation.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/real/pack.hpp"

namespace infwidth {

extern template class Evaluator<Pack>;

/// phi, phi' and phi'' of an activation on arrays of doubles, anywhere on the real line: at a kink from the right. Safe for concurrent reads.
///   Accuracy   relative, far out and near 0 too: `double_form_ulps`
class ActivationValues {
 public:
  explicit ActivationValues(const Activation& phi);

  const std::string& name() const { return name_; }
  /// Where phi has no derivative, in increasing order: those of the points that are doubles.
  const std::vector<double>& without_slope() const { return without_slope_; }

  /// One thread's copy.
  class Reader {
   public:
    explicit Reader(const ActivationValues& of);
    /// At x[0], .., x[count - 1]; `slope` and `second` may be null. `value` may be x.
    ///   Errors   NotReached where one of the three that is asked for is no finite number, naming the argument
    void operator()(const double* x, std::size_t count, double* value, double* slope, double* second);

   private:
    const ActivationValues* of_;
    std::vector<Evaluator<Pack>> evaluators_, with_second_;

    void by_slopes(const double* x, std::size_t count, double* value, double* slope, double* second) const;
    void by_program(const double* x, std::size_t count, double* value, double* slope, double* second);
    void by_pieces(std::vector<Evaluator<Pack>>& evaluators, const Pack& x, Pack* out, std::size_t outputs);
    void require_finite(const double* x, std::size_t count, std::initializer_list<const double*> results) const;
  };

 private:
  std::string name_;
  bool by_slopes_ = false;            // left x for x < 0, right x from 0 on
  bool is_sigmoid_ = false, is_tanh_ = false;
  double left_ = 0, right_ = 0;
  std::vector<double> without_slope_;
  std::vector<double> breaks_;        // between the pieces, in increasing order
  std::vector<std::unique_ptr<const Program>> programs_, with_second_;  // of phi and phi'; of phi'' too
};

}  // namespace infwidth
