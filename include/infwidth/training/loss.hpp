// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <cstddef>

#include "infwidth/training/data.hpp"

namespace infwidth {

/// What is made small, of the outputs f of a point.
enum class Loss {
  squared,        // |f - y|^2 / 2
  cross_entropy,  // -log softmax(f)_label
  logistic,       // log(1 + exp(-y f)) of one output, y = 1 for label 1 and -1 for label 0
};

/// Over the points: their mean (as PyTorch has it) or their sum (as the theory of gradient flow has it).
enum class Reduction { mean, sum };

/// The loss of one point, and its derivative in f.
///   Real     double, or a number of more digits
///   target   of the squared loss: `outputs` numbers
///   slope    `outputs` numbers, written
template <class Real>
Real loss_of(Loss loss, const Real* f, std::size_t outputs, int label, const double* target, Real* slope) {
  using std::exp;
  using std::log1p;
  Real value(0);
  switch (loss) {
    case Loss::squared:
      for (std::size_t k = 0; k < outputs; ++k) {
        slope[k] = f[k] - Real(target[k]);
        value += slope[k] * slope[k] / 2;
      }
      break;
    case Loss::cross_entropy: {
      std::size_t largest = 0;
      for (std::size_t k = 1; k < outputs; ++k) {
        if (f[k] > f[largest]) largest = k;
      }
      // The largest has weight 1: what the others add keeps its digits in log1p.
      Real rest(0);
      for (std::size_t k = 0; k < outputs; ++k) {
        slope[k] = k == largest ? Real(1) : Real(exp(Real(f[k] - f[largest])));
        if (k != largest) rest += slope[k];
      }
      const std::size_t own = static_cast<std::size_t>(label);
      value = log1p(rest) + (f[largest] - f[own]);
      for (std::size_t k = 0; k < outputs; ++k) slope[k] /= 1 + rest;
      slope[own] -= 1;
      break;
    }
    case Loss::logistic: {
      const Real y(label == 1 ? 1 : -1), m = y * f[0];
      // Of the smaller exponential.
      const Real e = exp(Real(m > 0 ? Real(-m) : m));
      value = log1p(e) + (m > 0 ? Real(0) : Real(-m));
      slope[0] = -y * (m > 0 ? Real(e / (1 + e)) : Real(1 / (1 + e)));
      break;
    }
  }
  return value;
}

/// How many outputs a network needs.
///   Errors   UsageError: a loss that classifies without labels, logistic with other than two classes, squared without targets
std::size_t outputs_for(Loss loss, const TrainingData& data);

}  // namespace infwidth
