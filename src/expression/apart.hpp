// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "infwidth/expression/simplify.hpp"

namespace infwidth {

/// The same formula with a/(b c) as a/b/c, and the root of a product as the product of the roots of its factors where those that are
/// sums are seen to be positive. The algebra multiplies out what stands in one denominator or under one root, and keeps apart what
/// stands in several: so it reads 2/((1 + q) (1 + 3 q)) as it was written.
Expression taken_apart(const Expression& e, const Assumptions& given);

}  // namespace infwidth
