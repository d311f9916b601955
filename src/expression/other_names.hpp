// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>
#include <vector>

#include "infwidth/expression/expression.hpp"

namespace infwidth {

/// A function under the name that NumPy gives it, which our own functions and arithmetic express: arctan(u) is atan(u), acos(u) is pi/2 - asin(u).
struct OtherName {
  std::string_view name;
  std::size_t arity;
  Expression (*expand)(const std::vector<Expression>&);
};

/// The entry of that name, or a null pointer.
const OtherName* other_name(std::string_view name);
/// All of them, for suggestions.
const std::vector<OtherName>& other_names();

}  // namespace infwidth
