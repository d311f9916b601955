// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "infwidth/network/architecture.hpp"
#include "infwidth/real/matrix_view.hpp"

namespace infwidth {

/// Why the kernel matrix of these points is singular exactly, whatever their other rows: the network is 0 at one of them, or a multiple at one of what it is at another.
///   Argument   without biases all features of layer l at c x are a multiple of those at x as long as phi(c u) = r phi(u): c > 0 for straight pieces that meet at 0, c = -1 for even and odd phi
///   Proof      arithmetic with the doubles as rational numbers: nothing is called a multiple that is one only to a rounding
///   Answer     a text that names the rows, counted from 1; none if these arguments do not apply (the matrix may be singular for another reason)
///   tangent    of the tangent kernel, of the NNGP kernel else
std::optional<std::string> why_singular(const Architecture& network, MatrixView points, bool tangent);

}  // namespace infwidth
