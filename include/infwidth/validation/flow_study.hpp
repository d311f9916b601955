// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "infwidth/network/architecture.hpp"
#include "infwidth/training/data.hpp"
#include "infwidth/validation/network_study.hpp"

namespace infwidth {

/// Trained networks against the theory of training. Which rows there are:
///   drift         n E[dg/dt] at the start, exact at every width, and n E[g(t) - g(0)] in the ntk parameterization
///   prediction    mean and variance of the trained network's output at x, over the draws
///   mean_field    d^2 g/dt^2 at the start in mean-field scaling (gamma = sqrt(n))
///   posterior     n (E[g] - g_infinite) given the targets with independent noise of variance `noise` > 0
struct FlowQuantities {
  bool drift = true, prediction = true, mean_field = true, posterior = true;
};

/// How.
///   times      of gradient flow on 1/2 sum (f - y)^2
///   draws      pairs of networks of the width and as many of four times it: a pair has one w and readouts v and -v. What has no exact theory at the width is the
///              combination of both that is free of the next order, (4 m(4n) - m(n))/3
///   alpha      the level of the verdict
///   inject     a relative error that all values of the theory get, to see it caught
struct FlowStudyOptions {
  FlowQuantities of = {};
  std::vector<double> times = {0.25, 1, 4};
  double noise = 0.25;
  std::uint64_t draws = 1000, seed = 1;
  double alpha = 1e-3, inject = 0;
  double tolerance = 1e-7;  // of the flow
  int threads = 1;
  std::string checkpoint = {}, identity = {};
  bool resume = false;
  Budget budget = {};
  Progress* progress = nullptr;  // advances by pairs: twice `draws`
};

/// Networks of one hidden layer of `width` and four times as many units, one output, trained by gradient flow from random starts in the ntk parameterization.
///   network   one hidden layer, no bias of the readout
///   data      points with one target each
///   x         where the metric and the output are looked at
///   Errors    UsageError: more layers, a readout with a bias, no targets or several, x of another dimension or of more than 4, no times, fewer than 20 draws; what MetricDrift refuses
///   Derivation D-083
StudyResult validate_flow(const Architecture& network, std::uint64_t width, const TrainingData& data, const std::vector<double>& x, const FlowStudyOptions& options);

}  // namespace infwidth
