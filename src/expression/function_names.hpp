// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "infwidth/expression/expression.hpp"

namespace infwidth {

struct FunctionName {
  std::string_view name;
  Op op;
  std::size_t arity = 1;
  bool special = false;  // `Language::special_functions`
};

/// The built-in functions of the language, in the order of the manual.
inline constexpr std::array<FunctionName, 28> function_names = {{
    {"exp", Op::exp},       {"log", Op::log},         {"sqrt", Op::sqrt},   {"sin", Op::sin},   {"cos", Op::cos},   {"tan", Op::tan},
    {"sinh", Op::sinh},     {"cosh", Op::cosh},       {"tanh", Op::tanh},   {"asin", Op::asin}, {"atan", Op::atan}, {"asinh", Op::asinh}, {"erf", Op::erf},
    {"erfc", Op::erfc},     {"Phi", Op::Phi},         {"sigmoid", Op::sigmoid}, {"softplus", Op::softplus}, {"relu", Op::relu},
    {"step", Op::step},     {"sign", Op::sign},       {"abs", Op::abs},     {"min", Op::min, 2}, {"max", Op::max, 2},
    {"gamma", Op::gamma, 1, true}, {"owens_t", Op::owens_t, 2, true}, {"erf_re", Op::erf_re, 2, true}, {"erf_im", Op::erf_im, 2, true},
    {"hyp2f1", Op::hyp2f1, 4, true},
}};

inline std::string_view function_name(Op op) {
  for (const FunctionName& f : function_names) {
    if (f.op == op) return f.name;
  }
  return "";
}

/// The built-in function of this name, or a null pointer.
inline const FunctionName* function_named(std::string_view name) {
  for (const FunctionName& f : function_names) {
    if (f.name == name) return &f;
  }
  return nullptr;
}

}  // namespace infwidth
