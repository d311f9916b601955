// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "infwidth/finite/network.hpp"
#include "infwidth/network/architecture.hpp"

namespace infwidth {

/// The random network that this one looks like: of the same activations, and of the variances that its own numbers have. Of layer 1 sigma_w2 is the mean square of the weights (unit
/// scaling), of later layers that times the number of their inputs; sigma_b2 is the mean square of the biases. Without a readout 1 and 0 stand for its variances.
///   Errors   NoSuchQuantity: the first layer's weights, or their squares in double precision, are all 0; a mean square beyond that range
Architecture measured_architecture(const FiniteNetwork& network);

}  // namespace infwidth
