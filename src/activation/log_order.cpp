// SPDX-License-Identifier: GPL-3.0-or-later
#include "log_order.hpp"

#include <algorithm>

#include "infwidth/activation/rewrite.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

using MaybeOrder = std::optional<LocalOrder>;

class OrderWalker {
 public:
  OrderWalker(const RealPoint& t, int side, const std::vector<Expression>& vanishing) : t_(t), side_(side), vanishing_(vanishing) {}

  MaybeOrder walk(const Expression& e) const {
    if (MaybeOrder seen = by_series(e)) return seen;
    MaybeOrder order = by_operation(e);
    if (order && order->exponent > 0) order->limit = Coefficient(0);
    return order;
  }

 private:
  const RealPoint& t_;
  int side_;
  const std::vector<Expression>& vanishing_;

  /// From the expansion in roots of y, where there is one.
  MaybeOrder by_series(const Expression& e) const {
    try {
      const LocalSeries s = expand_at(e, t_, side_, vanishing_).series;
      if (s.terms <= 0) return LocalOrder{s.exponent(0), false, s.limit()};
      return LocalOrder{s.exponent(0), s.jet[0].is_proven_nonzero(), s.limit()};
    } catch (const NotReached&) {
      return std::nullopt;
    }
  }

  MaybeOrder by_operation(const Expression& e) const {
    switch (e.op()) {
      case Op::negate: return scaled(walk(e.argument()), -1);
      case Op::add: return sum(walk(e.argument(0)), walk(e.argument(1)));
      case Op::subtract: return sum(walk(e.argument(0)), scaled(walk(e.argument(1)), -1));
      case Op::multiply: return product(walk(e.argument(0)), walk(e.argument(1)));
      case Op::divide: return product(walk(e.argument(0)), raised(walk(e.argument(1)), Rational(-1)));
      case Op::sqrt: return raised(walk(e.argument()), Rational(1, 2));
      case Op::power: return e.argument(1).is_number() ? raised(walk(e.argument(0)), e.argument(1).value()) : std::nullopt;
      case Op::log: return logarithm(walk(e.argument()));
      case Op::sin: case Op::tanh: case Op::atan: case Op::erf: return bounded(e.op(), walk(e.argument()), true);
      case Op::cos: case Op::sigmoid: case Op::Phi: case Op::erfc: return bounded(e.op(), walk(e.argument()), false);
      case Op::softplus: {  // at most |u| + log 2
        const MaybeOrder u = walk(e.argument());
        return u ? MaybeOrder(LocalOrder{std::min(u->exponent, Rational(0)), false, std::nullopt}) : std::nullopt;
      }
      default: return std::nullopt;
    }
  }

  static MaybeOrder scaled(MaybeOrder a, int by) {
    if (a && a->limit) a->limit = *a->limit * Coefficient(by);
    return a;
  }
  static MaybeOrder sum(const MaybeOrder& a, const MaybeOrder& b) {
    if (!a || !b) return std::nullopt;
    LocalOrder r{std::min(a->exponent, b->exponent), a->exponent != b->exponent && (a->exponent < b->exponent ? a : b)->exact, std::nullopt};
    if (a->limit && b->limit) r.limit = *a->limit + *b->limit;
    return r;
  }
  static MaybeOrder product(const MaybeOrder& a, const MaybeOrder& b) {
    if (!a || !b) return std::nullopt;
    LocalOrder r{a->exponent + b->exponent, a->exact && b->exact, std::nullopt};
    if (a->limit && b->limit) r.limit = *a->limit * *b->limit;
    return r;
  }
  /// A power of what is exactly of its order; of a logarithm only a positive whole one, since it passes 0 elsewhere.
  static MaybeOrder raised(const MaybeOrder& a, const Rational& n) {
    if (!a || (!a->exact && (n < 0 || denominator(n) != 1))) return std::nullopt;
    if (n < 0 && a->exponent == 0 && !(a->limit && a->limit->is_proven_nonzero())) return std::nullopt;
    LocalOrder r{a->exponent * n, a->exact, std::nullopt};
    if (a->limit && a->exponent == 0) r.limit = denominator(n) == 1 ? pow(*a->limit, static_cast<long>(numerator(n))) : pow(*a->limit, Coefficient(n));
    return r;
  }
  /// Of the order log y, unless the argument has a limit other than 0.
  static MaybeOrder logarithm(const MaybeOrder& u) {
    if (!u || !u->exact) return std::nullopt;
    if (u->exponent == 0 && !(u->limit && u->limit->is_proven_nonzero())) return std::nullopt;
    LocalOrder r{0, true, std::nullopt};
    if (u->exponent == 0) r.limit = log(*u->limit);
    return r;
  }
  /// A bounded function, of the order of its argument where that tends to 0 and the function does with it.
  static MaybeOrder bounded(Op op, const MaybeOrder& u, bool vanishes_at_0) {
    if (!u) return LocalOrder{0, false, std::nullopt};
    if (vanishes_at_0 && u->exponent > 0) return LocalOrder{u->exponent, u->exact, std::nullopt};
    LocalOrder r{0, false, std::nullopt};
    if (u->limit) {
      switch (op) {
        case Op::sin: r.limit = sin(*u->limit); break;
        case Op::tanh: r.limit = tanh(*u->limit); break;
        case Op::atan: r.limit = atan(*u->limit); break;
        case Op::erf: r.limit = erf(*u->limit); break;
        case Op::cos: r.limit = cos(*u->limit); break;
        case Op::sigmoid: r.limit = sigmoid(*u->limit); break;
        case Op::Phi: r.limit = Phi(*u->limit); break;
        default: r.limit = erfc(*u->limit); break;
      }
    }
    return r;
  }
};

}  // namespace

std::optional<LocalOrder> order_at(const Expression& f, const RealPoint& t, int side, const std::vector<Expression>& vanishing) {
  const Precision working(256);
  return OrderWalker(t, side, vanishing).walk(f);
}

}  // namespace infwidth
