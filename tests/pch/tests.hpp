// SPDX-License-Identifier: GPL-3.0-or-later
// Precompiled for the tests: Catch2 and the numbers, most of a test file's compile time (4.4 s of 6.3 s).
#include "../../src/pch/numbers.hpp"
#include "../catch.hpp"
