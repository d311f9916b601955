// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/expression/program.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <tuple>
#include <unordered_map>

#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

using Code = Program::Code;
using Instruction = Program::Instruction;

bool is_power_of_two(const Integer& n) { return n > 0 && mpz_popcount(n.backend().data()) == 1; }

/// Numbers the values of the trees: two nodes with the same code and the same arguments are one register.
class Compiler {
 public:
  explicit Compiler(const std::vector<std::string>& variables) : variables_(variables) {}

  std::vector<Rational> numbers;
  std::vector<Instruction> instructions;
  std::vector<bool> dependent;
  std::vector<std::array<std::int32_t, 3>> parameters;  // of hyp2f1

  std::int32_t compile(const Expression& e) {
    const void* id = &e.arguments();  // one address a node
    if (const auto found = by_node_.find(id); found != by_node_.end()) return found->second;
    const std::int32_t result = translate(e);
    by_node_.emplace(id, result);
    return result;
  }

 private:
  const std::vector<std::string>& variables_;
  std::unordered_map<const void*, std::int32_t> by_node_;
  std::map<std::tuple<Code, std::int32_t, std::int32_t>, std::int32_t> by_value_;
  std::map<Rational, std::int32_t> by_number_;

  std::int32_t emit(Code code, std::int32_t left, std::int32_t right, bool depends) {
    const auto [place, is_new] = by_value_.try_emplace({code, left, right}, static_cast<std::int32_t>(instructions.size()));
    if (is_new) {
      instructions.push_back({code, left, right});
      dependent.push_back(depends);
    }
    return place->second;
  }
  std::int32_t unary(Code code, std::int32_t a) { return emit(code, a, 0, depends(a)); }
  std::int32_t binary(Code code, std::int32_t a, std::int32_t b) {
    if ((code == Code::add || code == Code::multiply) && b < a) std::swap(a, b);
    if (code == Code::multiply && a == b) return unary(Code::square, a);
    return emit(code, a, b, depends(a) || depends(b));
  }
  bool depends(std::int32_t r) const { return dependent[static_cast<std::size_t>(r)]; }

  std::int32_t number(const Rational& value) {
    const auto [place, is_new] = by_number_.try_emplace(value, static_cast<std::int32_t>(numbers.size()));
    if (is_new) numbers.push_back(value);
    return emit(Code::number, place->second, 0, false);
  }

  std::int32_t integer_power(std::int32_t base, long n) {
    if (n == 1) return base;
    if (n == 2) return unary(Code::square, base);
    return emit(Code::integer_power, base, static_cast<std::int32_t>(n), depends(base));
  }

  std::int32_t power(const Expression& base, const Expression& exponent) {
    constexpr long largest = 1L << 30, largest_root_power = 64;
    if (exponent.is_number() && abs(exponent.value()) <= largest) {
      const long n = static_cast<long>(numerator(exponent.value()));
      if (denominator(exponent.value()) == 1) return integer_power(compile(base), n);
      // x^(n/2) by the root: also right at x = 0, where the logarithm of the general power is not.
      if (denominator(exponent.value()) == 2 && n >= -largest_root_power && n <= largest_root_power) {
        return integer_power(unary(Code::sqrt, compile(base)), n);
      }
    }
    return binary(Code::real_power, compile(base), compile(exponent));
  }

  std::int32_t translate(const Expression& e) {
    switch (e.op()) {
      case Op::number: return number(e.value());
      case Op::pi: return emit(Code::pi, 0, 0, false);
      case Op::variable: {
        const auto found = std::find(variables_.begin(), variables_.end(), e.name());
        if (found == variables_.end()) throw std::logic_error("Program: the formula has another variable, " + e.name());
        return emit(Code::variable, static_cast<std::int32_t>(found - variables_.begin()), 0, true);
      }
      case Op::add: return binary(Code::add, compile(e.argument(0)), compile(e.argument(1)));
      case Op::subtract: return binary(Code::subtract, compile(e.argument(0)), compile(e.argument(1)));
      case Op::multiply: return binary(Code::multiply, compile(e.argument(0)), compile(e.argument(1)));
      case Op::divide: {
        const Expression& by = e.argument(1);
        // x/4 = x*(1/4) without any rounding; x/3 stays a division.
        if (by.is_number() && denominator(by.value()) == 1 && is_power_of_two(numerator(by.value())) && by.value() < Integer(1) << 60) {
          return binary(Code::multiply, compile(e.argument(0)), number(1 / by.value()));
        }
        return binary(Code::divide, compile(e.argument(0)), compile(by));
      }
      case Op::negate: return unary(Code::negate, compile(e.argument()));
      case Op::power: return power(e.argument(0), e.argument(1));
      case Op::exp: return unary(Code::exp, compile(e.argument()));
      case Op::log: return unary(Code::log, compile(e.argument()));
      case Op::sqrt: return unary(Code::sqrt, compile(e.argument()));
      case Op::sin: return unary(Code::sin, compile(e.argument()));
      case Op::cos: return unary(Code::cos, compile(e.argument()));
      case Op::tan: return unary(Code::tan, compile(e.argument()));
      case Op::sinh: return unary(Code::sinh, compile(e.argument()));
      case Op::cosh: return unary(Code::cosh, compile(e.argument()));
      case Op::tanh: return unary(Code::tanh, compile(e.argument()));
      case Op::asin: return unary(Code::asin, compile(e.argument()));
      case Op::atan: return unary(Code::atan, compile(e.argument()));
      case Op::asinh: return unary(Code::asinh, compile(e.argument()));
      case Op::erf: return unary(Code::erf, compile(e.argument()));
      case Op::erfc: return unary(Code::erfc, compile(e.argument()));
      case Op::Phi: return unary(Code::Phi, compile(e.argument()));
      case Op::sigmoid: return unary(Code::sigmoid, compile(e.argument()));
      case Op::softplus: return unary(Code::softplus, compile(e.argument()));
      case Op::gamma: {
        const std::int32_t u = compile(e.argument());
        if (depends(u)) throw UsageError("gamma is known of constants only, not as in " + to_string(e));
        return unary(Code::gamma, u);
      }
      case Op::owens_t: return binary(Code::owens_t, compile(e.argument(0)), compile(e.argument(1)));
      case Op::erf_re: return binary(Code::erf_re, compile(e.argument(0)), compile(e.argument(1)));
      case Op::erf_im: return binary(Code::erf_im, compile(e.argument(0)), compile(e.argument(1)));
      case Op::hyp2f1: return hypergeometric(e);
      case Op::relu: case Op::step: case Op::sign: case Op::abs: case Op::min: case Op::max: break;
    }
    throw std::logic_error("Program: a kinked function must be cut into its pieces first");
  }

  std::int32_t hypergeometric(const Expression& e) {
    std::array<std::int32_t, 3> of{};
    for (std::size_t i = 0; i < of.size(); ++i) {
      of[i] = compile(e.argument(i));
      if (depends(of[i])) throw UsageError("hyp2f1 is known for constant parameters only, not as in " + to_string(e));
    }
    const std::int32_t z = compile(e.argument(3));
    const auto known = std::find(parameters.begin(), parameters.end(), of);
    const auto index = static_cast<std::int32_t>(known - parameters.begin());
    if (known == parameters.end()) parameters.push_back(of);
    return emit(Code::hyp2f1, z, index, depends(z));
  }
};

}  // namespace

Program::Program(const std::vector<Expression>& outputs, const std::vector<std::string>& variables) : variables_(variables.size()) {
  Compiler compiler(variables);
  for (const Expression& e : outputs) outputs_.push_back(compiler.compile(e));
  numbers_ = std::move(compiler.numbers);

  // What is free of the variable goes first, to be run once. Within each half the order stays, so arguments come before their use.
  std::vector<std::int32_t> place(compiler.instructions.size());
  std::int32_t next = 0;
  for (const bool depends : {false, true}) {
    if (depends) first_dependent_ = static_cast<std::size_t>(next);
    for (std::size_t i = 0; i < place.size(); ++i) {
      if (compiler.dependent[i] == depends) place[i] = next++;
    }
  }
  instructions_.resize(place.size());
  for (std::size_t i = 0; i < place.size(); ++i) {
    Instruction instruction = compiler.instructions[i];
    const auto moved = [&](std::int32_t r) { return place[static_cast<std::size_t>(r)]; };
    if (instruction.code != Code::number && instruction.code != Code::variable) {
      instruction.left = moved(instruction.left);
      if (instruction.code != Code::integer_power && instruction.code != Code::hyp2f1) instruction.right = moved(instruction.right);
    }
    instructions_[static_cast<std::size_t>(place[i])] = instruction;
  }
  parameters_ = std::move(compiler.parameters);
  for (auto& of : parameters_) {
    for (std::int32_t& r : of) r = place[static_cast<std::size_t>(r)];
  }
  for (std::int32_t& r : outputs_) r = place[static_cast<std::size_t>(r)];
}

}  // namespace infwidth
