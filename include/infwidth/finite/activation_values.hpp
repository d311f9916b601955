// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "infwidth/activation/activation.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/real/pack.hpp"

namespace infwidth {

extern template class Evaluator<Pack>;

/// phi, phi' and phi'' of an activation on arrays of doubles, anywhere on the real line: at a kink from the right. Safe for concurrent reads.
class ActivationValues {
 public:
  explicit ActivationValues(const Activation& phi);

  const std::string& name() const { return name_; }

  /// One thread's copy.
  class Reader {
   public:
    explicit Reader(const ActivationValues& of);
    /// At x[0], .., x[count - 1]; `slope` and `second` may be null. `value` may be x.
    ///   Errors   NotReached where phi is 0/0 in doubles, naming the argument
    void operator()(const double* x, std::size_t count, double* value, double* slope, double* second);

   private:
    const ActivationValues* of_;
    std::vector<Evaluator<Pack>> evaluators_, with_second_;

    void by_pieces(std::vector<Evaluator<Pack>>& evaluators, const Pack& x, Pack* out, std::size_t outputs);
  };

 private:
  std::string name_;
  bool by_slopes_ = false;            // left x for x < 0, right x from 0 on
  bool is_sigmoid_ = false;
  double left_ = 0, right_ = 0;
  std::vector<double> breaks_;        // between the pieces, in increasing order
  std::vector<std::unique_ptr<const Program>> programs_, with_second_;  // of phi and phi'; of phi'' too
};

}  // namespace infwidth
