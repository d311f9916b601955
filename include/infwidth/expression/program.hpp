// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "infwidth/expression/expression.hpp"
#include "infwidth/real/in_domain.hpp"
#include "infwidth/real/jet.hpp"

namespace infwidth {

/// Formulas in one or a few variables, compiled once into straight-line code with shared subexpressions, to be run on any number.
/// Takes no kinked functions and no other variables (std::logic_error): kinked functions are cut into pieces first.
/// gamma and the parameters of hyp2f1 are known of what is free of the variable alone (UsageError).
class Program {
 public:
  enum class Code : std::uint8_t {
    number, pi, variable,
    add, subtract, multiply, divide, negate, square, integer_power, real_power,
    exp, log, sqrt, sin, cos, tan, sinh, cosh, tanh, asin, atan, asinh, erf, erfc, Phi, sigmoid, softplus,
    gamma, owens_t, erf_re, erf_im, hyp2f1,
  };
  struct Instruction {
    Code code;
    std::int32_t left = 0;   // register of the first argument; for Code::number the index into `numbers_`, for Code::variable that of the variable
    std::int32_t right = 0;  // register of the second; for Code::integer_power the exponent itself; for Code::hyp2f1 the index into `parameters_`, left being z
  };

  Program(const std::vector<Expression>& outputs, std::string_view variable) : Program(outputs, std::vector<std::string>{std::string(variable)}) {}
  Program(const std::vector<Expression>& outputs, const std::vector<std::string>& variables);

  std::size_t outputs() const { return outputs_.size(); }
  std::size_t variables() const { return variables_; }
  /// The instructions that depend on the variable: what one evaluation costs.
  std::size_t size() const { return instructions_.size() - first_dependent_; }

 private:
  template <class Real>
  friend class Evaluator;
  std::vector<Rational> numbers_;
  std::vector<std::array<std::int32_t, 3>> parameters_;  // registers of a, b, c
  std::vector<Instruction> instructions_;   // those below first_dependent_ are free of the variable
  std::vector<std::int32_t> outputs_;       // registers; register i is the result of instruction i
  std::size_t first_dependent_ = 0;
  std::size_t variables_ = 1;
};

/// A program bound to a number type and, where that has one, to the working precision at construction: what is free of the variable
/// has been computed. Refers to the program, which must outlive it. Not for sharing between threads: it holds the registers.
template <class Real>
class Evaluator {
 public:
  explicit Evaluator(const Program& program);
  explicit Evaluator(Program&&) = delete;
  /// The outputs at x, in a span that lives until the next call.
  std::span<const Real> operator()(const Real& x) { return (*this)(std::span<const Real>(&x, 1)); }
  /// The same for the variables in their order.
  std::span<const Real> operator()(std::span<const Real> x);
  /// The first output at x; the reference lives until the next call.
  const Real& value(const Real& x);

 private:
  const Program* program_;
  std::vector<Real> registers_;
  std::vector<Real> results_;
  void run(std::size_t from, std::size_t to, std::span<const Real> x);
};

}  // namespace infwidth

#include "infwidth/expression/program_impl.hpp"

namespace infwidth {

// Instantiated once, in src/expression/evaluators.cpp.
extern template class Evaluator<double>;
extern template class Evaluator<Ball>;
extern template class Evaluator<InDomain>;
extern template class Evaluator<ComplexBall>;
extern template class Evaluator<Digits>;
extern template class Evaluator<Jet<double, 5>>;
extern template class Evaluator<Jet<Pack, 2>>;
extern template class Evaluator<Jet<Ball, 2>>;
extern template class Evaluator<Jet<Ball, 5>>;

}  // namespace infwidth
