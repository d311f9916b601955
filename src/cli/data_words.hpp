// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "infwidth/network/architecture.hpp"
#include "infwidth/real/matrix_view.hpp"

namespace infwidth::cli {

/// The variance q_1 = sigma_b2 + sigma_w2 |x|^2 (fan-in: sigma_w2 |x|^2 / d) of the first layer's preactivations at a row of median |x|^2 of one row or more.
double typical_q1(const MatrixView& points, const Architecture& network);

/// What a file was read as, so that a transposed one is seen, and what the first layer makes of it, so that inputs of many numbers are:
/// "--train: 5 points of 200 numbers, q_1 = 201 at the median row (fan-in: 1)". Behind q_1 that of input
/// scaling fan-in, where the network has unit scaling and more inputs than one.
std::string data_words(const std::string& flag, const MatrixView& points, const Architecture& network);

}  // namespace infwidth::cli
