// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace infwidth::detail {

struct Range {
  double low = 0, high = 1;
};

/// Of the finite values (on a logarithmic axis: the positive ones), with a margin.
Range range_of(const std::vector<double>& values, bool log);

/// gnuplot's list of tics of a logarithmic axis, three labels and more where the range has them: powers of ten, else 1, 2, 5 of each
/// decade, else steps as on a linear axis; with small tics between.
std::string log_tics(const Range& range);

/// The tics of a bar of colours; an end beyond which there are values is marked as such.
std::string bar_tics(const Range& range, bool below, bool above);

}  // namespace infwidth::detail
