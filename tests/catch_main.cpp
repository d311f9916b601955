// SPDX-License-Identifier: GPL-3.0-or-later
#define CATCH_CONFIG_MAIN  // Catch2 version 2 has its main in the header; version 3 in a library
#include "catch.hpp"
