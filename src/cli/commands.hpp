// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace infwidth::cli {

/// A subcommand: adds itself and its flags, and returns what runs it once they are read; that returns the exit code.
/// `line` is the command as it was typed, for the tables that say what made them.
using Run = std::function<int(const std::string& line)>;

Run add_metric(CLI::App& program);
Run add_expectation(CLI::App& program);
Run add_predict(CLI::App& program);
Run add_kernel(CLI::App& program);
Run add_finite(CLI::App& program);
Run add_formula(CLI::App& program);
Run add_activations(CLI::App& program);
Run add_reproduce(CLI::App& program);
Run add_symmetry(CLI::App& program);
Run add_train(CLI::App& program);
Run add_validate(CLI::App& program);
Run add_verify(CLI::App& program);

}  // namespace infwidth::cli
