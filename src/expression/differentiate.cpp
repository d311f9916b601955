// SPDX-License-Identifier: GPL-3.0-or-later
#include <unordered_map>

#include "infwidth/expression/expression.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

/// Rewrites a tree from its leaves, each shared subtree once.
class Rewriter {
 public:
  virtual ~Rewriter() = default;
  Expression operator()(const Expression& e) {
    const void* id = &e.arguments();  // one address a node
    if (const auto found = done_.find(id); found != done_.end()) return found->second;
    Expression result = rewrite(e);
    done_.emplace(id, result);
    return result;
  }

 protected:
  virtual Expression rewrite(const Expression& e) = 0;

 private:
  std::unordered_map<const void*, Expression> done_;
};

/// f'(u) for a function of one argument; `e` is f(u) itself, which many derivatives share.
Expression outer_derivative(const Expression& e, const Expression& u) {
  const Expression pi = Expression::pi();
  switch (e.op()) {
    case Op::exp: return e;
    case Op::log: return 1 / u;
    case Op::sqrt: return 1 / (2 * e);
    case Op::sin: return cos(u);
    case Op::cos: return -sin(u);
    case Op::tan: return 1 + pow(e, 2);
    case Op::sinh: return cosh(u);
    case Op::cosh: return sinh(u);
    case Op::tanh: return 1 - pow(e, 2);
    case Op::asin: return 1 / sqrt(1 - pow(u, 2));
    case Op::atan: return 1 / (1 + pow(u, 2));
    case Op::asinh: return 1 / sqrt(1 + pow(u, 2));
    case Op::erf: return 2 * exp(-pow(u, 2)) / sqrt(pi);
    case Op::erfc: return -2 * exp(-pow(u, 2)) / sqrt(pi);
    case Op::Phi: return exp(-pow(u, 2) / 2) / sqrt(2 * pi);
    case Op::sigmoid: return e * sigmoid(-u);  // 1 - sigmoid(u) would lose the right tail
    case Op::softplus: return sigmoid(u);
    case Op::relu: return step(u);
    case Op::abs: return sign(u);
    case Op::gamma: throw UsageError("gamma has no derivative here: its argument must not depend on the variable, as it does in " + to_string(e));
    default: return 0;  // step, sign: off the jump
  }
}

/// The slopes of a special function of two arguments along each of them.
struct Slopes {
  Expression first, second;
};
Slopes slopes(Op op, const Expression& u, const Expression& v) {
  const Expression pi = Expression::pi(), u2 = pow(u, 2), v2 = pow(v, 2);
  if (op == Op::owens_t) {
    return {-(exp(-u2 / 2) * erf(u * v / sqrt(Expression(2)))) / (2 * sqrt(2 * pi)), exp(-(u2 * (1 + v2)) / 2) / (2 * pi * (1 + v2))};
  }
  // erf'(z) = 2/sqrt(pi) exp(-z^2); along the imaginary axis i times that.
  const Expression size = 2 * exp(v2 - u2) / sqrt(pi), real_part = size * cos(2 * (u * v)), minus_imaginary_part = size * sin(2 * (u * v));
  if (op == Op::erf_re) return {real_part, minus_imaginary_part};
  return {-minus_imaginary_part, real_part};
}

class Derivative : public Rewriter {
 public:
  explicit Derivative(std::string_view variable) : variable_(variable) {}

 protected:
  Expression rewrite(const Expression& e) override {
    if (!e.depends_on(variable_)) return 0;
    if (e.op() == Op::variable) return 1;
    if (e.op() == Op::hyp2f1) return of_hyp2f1(e);
    const Expression& u = e.argument();
    const Expression du = (*this)(u);
    if (e.arguments().size() == 1) {
      if (e.op() == Op::negate) return -du;
      if (e.op() == Op::log) return du / u;
      return outer_derivative(e, u) * du;
    }
    const Expression& v = e.argument(1);
    const Expression dv = (*this)(v);
    switch (e.op()) {
      case Op::add: return du + dv;
      case Op::subtract: return du - dv;
      case Op::multiply: return du * v + u * dv;
      case Op::divide:
        if (dv.is_number(0)) return du / v;
        if (du.is_number(0)) return -(u * dv) / pow(v, 2);
        return (du - e * dv) / v;  // shares e, and v^2 cannot overflow
      case Op::power:
        if (dv.is_number(0)) return v * pow(u, v - 1) * du;
        if (du.is_number(0)) return e * log(u) * dv;
        return e * (dv * log(u) + v * du / u);
      case Op::owens_t: case Op::erf_re: case Op::erf_im: {
        const Slopes slope = slopes(e.op(), u, v);
        return slope.first * du + slope.second * dv;
      }
      case Op::min: return du * step(v - u) + dv * step(u - v);
      default: return du * step(u - v) + dv * step(v - u);  // max
    }
  }

 private:
  std::string_view variable_;

  Expression of_hyp2f1(const Expression& e) {
    const Expression &a = e.argument(0), &b = e.argument(1), &c = e.argument(2), &z = e.argument(3);
    for (const Expression* parameter : {&a, &b, &c}) {
      if (parameter->depends_on(variable_)) throw UsageError("hyp2f1 has no derivative in its first three arguments here: they must not depend on the variable, as in " + to_string(e));
    }
    return a * b / c * hyp2f1(a + 1, b + 1, c + 1, z) * (*this)(z);
  }
};

class Substitution : public Rewriter {
 public:
  Substitution(std::string_view variable, const Expression& by) : variable_(variable), by_(by) {}

 protected:
  Expression rewrite(const Expression& e) override {
    if (e.op() == Op::variable) return e.name() == variable_ ? by_ : e;
    if (e.arguments().empty()) return e;
    std::vector<Expression> arguments;
    for (const Expression& a : e.arguments()) arguments.push_back((*this)(a));
    return Expression::make(e.op(), std::move(arguments));
  }

 private:
  std::string_view variable_;
  const Expression& by_;
};

}  // namespace

Expression differentiate(const Expression& e, std::string_view variable) { return Derivative(variable)(e); }

Expression substitute(const Expression& e, std::string_view variable, const Expression& by) { return Substitution(variable, by)(e); }

}  // namespace infwidth
