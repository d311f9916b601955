// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <vector>

namespace infwidth {

/// What a network learns: points and, of each, its class or its targets.
///   inputs    points x dimension, row after row
///   labels    for losses that classify: 0 .. classes - 1
///   targets   for the squared loss: points x outputs
struct TrainingData {
  std::size_t points = 0, dimension = 0, classes = 0, outputs = 0;
  std::vector<double> inputs;
  std::vector<int> labels;
  std::vector<double> targets;
};

}  // namespace infwidth
