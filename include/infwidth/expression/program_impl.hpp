// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stdexcept>

#include "infwidth/expression/program.hpp"
#include "infwidth/real/functions.hpp"

namespace infwidth {

/// Arithmetic into a register that exists. The general form builds a temporary; balls write in place and allocate nothing.
namespace in_place {

template <class Real>
void add(Real& r, const Real& a, const Real& b) { r = a + b; }
template <class Real>
void subtract(Real& r, const Real& a, const Real& b) { r = a - b; }
template <class Real>
void multiply(Real& r, const Real& a, const Real& b) { r = a * b; }
template <class Real>
void divide(Real& r, const Real& a, const Real& b) { r = a / b; }
template <class Real>
void negate(Real& r, const Real& a) { r = -a; }
template <class Real>
void power(Real& r, const Real& a, long n) { r = pow(a, n); }

inline void add(Ball& r, const Ball& a, const Ball& b) { arb_add(r.get(), a.get(), b.get(), Precision::bits()); }
inline void subtract(Ball& r, const Ball& a, const Ball& b) { arb_sub(r.get(), a.get(), b.get(), Precision::bits()); }
inline void multiply(Ball& r, const Ball& a, const Ball& b) { arb_mul(r.get(), a.get(), b.get(), Precision::bits()); }
inline void divide(Ball& r, const Ball& a, const Ball& b) { arb_div(r.get(), a.get(), b.get(), Precision::bits()); }
inline void negate(Ball& r, const Ball& a) { arb_neg(r.get(), a.get()); }

inline void add(ComplexBall& r, const ComplexBall& a, const ComplexBall& b) { acb_add(r.get(), a.get(), b.get(), Precision::bits()); }
inline void subtract(ComplexBall& r, const ComplexBall& a, const ComplexBall& b) { acb_sub(r.get(), a.get(), b.get(), Precision::bits()); }
inline void multiply(ComplexBall& r, const ComplexBall& a, const ComplexBall& b) { acb_mul(r.get(), a.get(), b.get(), Precision::bits()); }
inline void divide(ComplexBall& r, const ComplexBall& a, const ComplexBall& b) { acb_div(r.get(), a.get(), b.get(), Precision::bits()); }
inline void negate(ComplexBall& r, const ComplexBall& a) { acb_neg(r.get(), a.get()); }

inline void power(double& r, double a, long n) {
  if (n < -64 || n > 64) {
    r = std::pow(a, static_cast<double>(n));
    return;
  }
  double result = 1;  // at most 6 squarings and 6 products: within 64 units in the last place of the base's rounding, as any x^64 is
  double base = a;
  for (long k = n < 0 ? -n : n; k > 0; k /= 2) {
    if (k % 2 == 1) result *= base;
    base *= base;
  }
  r = n < 0 ? 1 / result : result;
}
inline void power(Digits& r, const Digits& a, long n) {
  Digits result;
  mpfr_pow_si(result.backend().data(), a.backend().data(), n, MPFR_RNDN);
  r = result;
}

}  // namespace in_place

/// gamma where a program calls it: of a constant.
template <class Real>
Real gamma_of_constant(const Real& a) { return tgamma(a); }
template <class Real, int Order>
Jet<Real, Order> gamma_of_constant(const Jet<Real, Order>& a) { return Jet<Real, Order>(gamma_of_constant(a[0])); }

/// The special functions, for numbers that have them. The numbers that only activations are run on need not (std::logic_error).
template <class Real>
Real special_function(Program::Code code, const Real& a, const Real& b) {
  if constexpr (requires { owens_t(a, b); }) {
    switch (code) {
      case Program::Code::gamma: return gamma_of_constant(a);
      case Program::Code::owens_t: return owens_t(a, b);
      case Program::Code::erf_re: return erf_re(a, b);
      default: return erf_im(a, b);
    }
  }
  throw std::logic_error("Program: this number has no special functions");
}

template <class Real>
Real hypergeometric_function(const Real& a, const Real& b, const Real& c, const Real& z) {
  if constexpr (requires { hyp2f1(a, b, c, z); }) return hyp2f1(a, b, c, z);
  throw std::logic_error("Program: this number has no special functions");
}

template <class Real>
Evaluator<Real>::Evaluator(const Program& program) : program_(&program), registers_(program.instructions_.size()), results_(program.outputs()) {
  run(0, program.first_dependent_, {});
}

template <class Real>
std::span<const Real> Evaluator<Real>::operator()(std::span<const Real> x) {
  run(program_->first_dependent_, program_->instructions_.size(), x);
  for (std::size_t i = 0; i < results_.size(); ++i) results_[i] = registers_[static_cast<std::size_t>(program_->outputs_[i])];
  return results_;
}

template <class Real>
const Real& Evaluator<Real>::value(const Real& x) {
  run(program_->first_dependent_, program_->instructions_.size(), {&x, 1});
  return registers_[static_cast<std::size_t>(program_->outputs_[0])];
}

template <class Real>
void Evaluator<Real>::run(std::size_t from, std::size_t to, std::span<const Real> x) {
  using Code = Program::Code;
  const Program::Instruction* const code = program_->instructions_.data();
  Real* const registers = registers_.data();
  for (std::size_t i = from; i < to; ++i) {
    const Program::Instruction& instruction = code[i];
    Real& r = registers[i];
    const bool plain = instruction.code == Code::number || instruction.code == Code::variable;
    const Real& a = registers[plain ? 0 : instruction.left];
    const Real& b = registers[instruction.code == Code::integer_power ? 0 : instruction.right];
    switch (instruction.code) {
      case Code::number: r = constant<Real>(program_->numbers_[static_cast<std::size_t>(instruction.left)]); break;
      case Code::pi: r = pi<Real>(); break;
      case Code::variable: r = x[static_cast<std::size_t>(instruction.left)]; break;
      case Code::add: in_place::add(r, a, b); break;
      case Code::subtract: in_place::subtract(r, a, b); break;
      case Code::multiply: in_place::multiply(r, a, b); break;
      case Code::divide: in_place::divide(r, a, b); break;
      case Code::negate: in_place::negate(r, a); break;
      case Code::square: in_place::multiply(r, a, a); break;
      case Code::integer_power: in_place::power(r, a, static_cast<long>(instruction.right)); break;
      case Code::real_power: r = pow(a, b); break;
      case Code::exp: r = exp(a); break;
      case Code::log: r = log(a); break;
      case Code::sqrt: r = sqrt(a); break;
      case Code::sin: r = sin(a); break;
      case Code::cos: r = cos(a); break;
      case Code::tan: r = tan(a); break;
      case Code::sinh: r = sinh(a); break;
      case Code::cosh: r = cosh(a); break;
      case Code::tanh: r = tanh(a); break;
      case Code::asin: r = asin(a); break;
      case Code::atan: r = atan(a); break;
      case Code::asinh: r = asinh(a); break;
      case Code::erf: r = erf(a); break;
      case Code::erfc: r = erfc(a); break;
      case Code::Phi: r = Phi(a); break;
      case Code::sigmoid: r = sigmoid(a); break;
      case Code::softplus: r = softplus(a); break;
      case Code::gamma: case Code::owens_t: case Code::erf_re: case Code::erf_im: r = special_function(instruction.code, a, b); break;
      case Code::hyp2f1: {
        const std::array<std::int32_t, 3>& p = program_->parameters_[static_cast<std::size_t>(instruction.right)];
        r = hypergeometric_function(registers[p[0]], registers[p[1]], registers[p[2]], a);
        break;
      }
    }
  }
}

}  // namespace infwidth
