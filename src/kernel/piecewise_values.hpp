// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "infwidth/activation/activation.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/real/pack.hpp"

namespace infwidth {

extern template class Evaluator<Pack>;

/// phi and phi' of an activation's pieces, in double precision. Safe for concurrent reads.
class PiecewiseValues {
 public:
  explicit PiecewiseValues(const Activation& phi);

  /// The ends between the pieces, in increasing order: one fewer than pieces.
  const std::vector<double>& breaks() const { return breaks_; }
  /// Of each, whether phi or phi' is a power of the distance there, not analytic on both sides.
  const std::vector<bool>& graded() const { return graded_; }
  std::size_t pieces() const { return programs_.size(); }
  const std::string& name() const { return name_; }

  /// One thread's copy.
  class Reader {
   public:
    explicit Reader(const PiecewiseValues& of);
    /// value and slope of piece `piece` at each of `x`; `slope` may be empty.
    void operator()(std::size_t piece, std::span<const double> x, double* value, double* slope);

   private:
    std::vector<Evaluator<Pack>> evaluators_;
  };

 private:
  std::string name_;
  std::vector<double> breaks_;
  std::vector<bool> graded_;
  std::vector<std::unique_ptr<const Program>> programs_;
};

/// The 16-point Gauss-Legendre rule on [-1, 1] and the standard normal rule of 24 points (weights add up to 1).
struct SmallRule {
  std::vector<double> nodes, weights;
};
const SmallRule& legendre_16();
const SmallRule& standard_normal_24();

}  // namespace infwidth
