// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "infwidth/expression/expression.hpp"

namespace infwidth {

struct FunctionName {
  std::string_view name;
  Op op;
};

/// The built-in functions of the language, in the order of the manual.
inline constexpr std::array<FunctionName, 22> function_names = {{
    {"exp", Op::exp},       {"log", Op::log},         {"sqrt", Op::sqrt},   {"sin", Op::sin},   {"cos", Op::cos},   {"tan", Op::tan},
    {"sinh", Op::sinh},     {"cosh", Op::cosh},       {"tanh", Op::tanh},   {"asin", Op::asin}, {"atan", Op::atan}, {"erf", Op::erf},
    {"erfc", Op::erfc},     {"Phi", Op::Phi},         {"sigmoid", Op::sigmoid}, {"softplus", Op::softplus}, {"relu", Op::relu},
    {"step", Op::step},     {"sign", Op::sign},       {"abs", Op::abs},     {"min", Op::min},   {"max", Op::max},
}};

inline std::string_view function_name(Op op) {
  for (const FunctionName& f : function_names) {
    if (f.op == op) return f.name;
  }
  return "";
}

inline std::optional<Op> function_named(std::string_view name) {
  for (const FunctionName& f : function_names) {
    if (f.name == name) return f.op;
  }
  return std::nullopt;
}

}  // namespace infwidth
