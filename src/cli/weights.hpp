// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "options.hpp"

namespace CLI {
class App;
}

namespace infwidth::cli {

/// `infwidth validate --weights FILE`: the geometry of one network that somebody else has made.
struct WeightsFlags {
  std::string file, arrays, without, layout;
  bool no_readout = false;

  bool any() const { return no_readout || !(file + arrays + without + layout).empty(); }
};
void add_weights_flags(CLI::App& command, WeightsFlags& flags);

/// What else was typed, of the command's flags.
struct WeightsQuestion {
  NetworkFlags network;
  AnswerFlags answer;
  std::string at, data, threads;
};

/// The command's flags that mean nothing for one network are refused by their names.
int answer_weights(const CLI::App& command, const WeightsFlags& flags, const WeightsQuestion& question, Answer& answer);

}  // namespace infwidth::cli
