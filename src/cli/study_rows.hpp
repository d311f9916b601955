// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "infwidth/validation/network_study.hpp"
#include "quantities.hpp"
#include "session.hpp"

namespace infwidth::cli {

/// The rows of a study and its verdict: behind the caption, in JSON a line of its own, with CSV on standard error.
void write_study(const StudyResult& result, std::string caption, const std::string& command, const AnswerFlags& flags, Answer& answer);

}  // namespace infwidth::cli
