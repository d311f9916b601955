// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stdexcept>
#include <string>

namespace infwidth {

/// The three kinds of no, and the interruption. Each message says where, what, which value, and the cure.
/// The command line turns them into exit codes 2, 3, 4 and 130.

/// The input is not in the language or outside the mathematics: a typo, a negative variance, `log(x)` as an activation.
struct UsageError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};
/// The quantity asked for does not exist: a divergent expectation, the metric of an activation that jumps.
struct NoSuchQuantity : std::domain_error {
  using std::domain_error::domain_error;
};
/// The quantity may exist, but not at this accuracy, in this time, or by any method here.
struct NotReached : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// The user or a deadline stopped the work.
struct Stopped : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace infwidth
