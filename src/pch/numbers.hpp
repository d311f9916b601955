// SPDX-License-Identifier: GPL-3.0-or-later
// Precompiled for the library: the headers that every file needs and that take most of its compile time (2.4 s of 2.7 s).
#include <algorithm>
#include <boost/multiprecision/gmp.hpp>
#include <boost/multiprecision/mpfr.hpp>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../../include/infwidth/real/arb.hpp"
