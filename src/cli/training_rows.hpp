// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "infwidth/report/figure.hpp"
#include "infwidth/training/history.hpp"
#include "quantities.hpp"
#include "session.hpp"

namespace infwidth::cli {

/// A row for each recorded epoch. What there is none of says why; points that are left out are counted.
void write_history(const History& history, const HistoryOptions& options, const Task& task, std::string caption, const AnswerFlags& flags, Answer& answer);

/// Maps of log-volume with the decision boundary and the data points, and of curvature if it was recorded, a panel an epoch; or log-volume and prediction along the line.
Figure history_panels(const History& history, const Probe& probe, const Task& task);
std::string history_figure(const History& history, const Probe& probe, const Task& task, const std::string& path);

}  // namespace infwidth::cli
