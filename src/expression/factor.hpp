// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "polynomial.hpp"

namespace infwidth::algebra {

/// GiNaC counts references without atomics: whoever uses it holds this lock.
std::recursive_mutex& computer_algebra();

/// The irreducible factors over the rationals, with their multiplicities, of a primitive polynomial without negative exponents: primitive themselves,
/// their product is p. p alone where it is too large for the search to be quick.
std::vector<std::pair<Polynomial, int>> irreducible_factors(const Polynomial& p);

}  // namespace infwidth::algebra
