// SPDX-License-Identifier: GPL-3.0-or-later
// Precompiled for the library: the headers that every file needs and that take most of its compile time (2.4 s of 2.7 s).
#include <algorithm>
#include <array>
#include <boost/multiprecision/gmp.hpp>
#include <boost/multiprecision/mpfr.hpp>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "../../include/infwidth/real/errors.hpp"
#include "../../include/infwidth/real/functions.hpp"
