// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "infwidth/training/history.hpp"
#include "session.hpp"

namespace infwidth::cli {

/// Refuses before the training a prefix under which no files can be made.
void require_save(const std::string& prefix, Answer& answer);

/// What was recorded, as NumPy files PREFIX.NAME.npy whose first axis is that of PREFIX.epochs.npy, and the network at the end as PREFIX.weights.npz, which `--weights` reads: W1, b1, ..,
/// the readout divided by the output scale. (A residual network has an array `residual` of its alpha too, so that nobody takes it for a chain of layers.)
void save_history(const std::string& prefix, const History& history, const HistoryOptions& options, Answer& answer);

}  // namespace infwidth::cli
