// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "infwidth/validation/network_study.hpp"
#include "quantities.hpp"
#include "session.hpp"

namespace infwidth::cli {

/// Rows for each quantity and width, then for the slopes.
void write_convergence(const ConvergenceResult& result, const std::string& caption, std::uint64_t width, const AnswerFlags& flags, Answer& answer);

/// Deviation from the limit, and standard deviation, against width: estimates with error bars, and theory's lines.
std::string convergence_figure(const ConvergenceResult& result, std::uint64_t width, const std::string& path);

}  // namespace infwidth::cli
