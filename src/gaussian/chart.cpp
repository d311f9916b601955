// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/chart.hpp"

#include <algorithm>
#include <cmath>

#include "infwidth/expression/simplify.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/text.hpp"

namespace infwidth {

namespace {

constexpr std::string_view x_name = "x", y_name = "y";

/// u^r near the origin of an algebraic chart, u = u(x) vanishing there: (y^root)^(j r) times an analytic unit to the power r.
Expression rooted_power(const Expression& base, const Rational& exponent, const Chart& chart) {
  const Expression w = Expression::variable("w");
  const Expression shifted = substitute(base, x_name, Expression(chart.origin) + Expression(chart.direction) * w);
  const std::optional<std::vector<Expression>> c = polynomial_coefficients(shifted, "w");
  if (!c) throw NotReached("the term " + to_string(base) + "^(" + to_string(exponent) + ") has a branch point where its base is no polynomial");
  std::size_t j = 0;
  while (j < c->size() && (*c)[j].is_number(0)) ++j;
  const Rational power = exponent * static_cast<int>(j) * chart.root;
  if (denominator(power) != 1) throw NotReached("the term " + to_string(base) + "^(" + to_string(exponent) + ") has no common root at its branch point");
  const Expression y = Expression::variable(y_name);
  Expression unit = 0;
  for (std::size_t i = c->size(); i-- > j;) unit = unit * pow(y, Expression(chart.root)) + (*c)[i];
  return pow(y, Expression(power)) * pow(unit, Expression(exponent));
}

/// f(origin +- y^root), with the powers whose base vanishes at the origin turned into powers of y.
Expression in_root_variable(const Expression& f, const Chart& chart) {
  const Expression x = Expression(chart.origin) + Expression(chart.direction) * pow(Expression::variable(y_name), Expression(chart.root));
  if (f.op() == Op::variable) return x;
  if (f.arguments().empty()) return f;
  const bool root = f.op() == Op::sqrt;
  const bool power = f.op() == Op::power && f.argument(1).is_number() && denominator(f.argument(1).value()) != 1;
  if (root || power) {
    const Expression at_origin = substitute(f.argument(0), x_name, Expression(chart.origin));
    if (at_origin.is_number(0) || is_identically_zero(at_origin)) return rooted_power(f.argument(0), root ? Rational(1, 2) : f.argument(1).value(), chart);
  }
  std::vector<Expression> arguments;
  for (const Expression& a : f.arguments()) arguments.push_back(in_root_variable(a, chart));
  return Expression::make(f.op(), std::move(arguments));
}

/// u = w^j (c_j + c_(j+1) w + ..) beside the origin of a chart, w = |x - origin|.
struct Vanishing {
  int order;
  std::vector<Expression> unit;  // c_j, c_(j+1), ..
};
Vanishing vanishing_at_origin(const Expression& u, const Chart& chart) {
  const Expression w = Expression::variable("w");
  const auto c = polynomial_coefficients(substitute(u, x_name, Expression(chart.origin) + Expression(chart.direction) * w), "w");
  if (!c) throw NotReached("the formula " + chart.name + " has a logarithm or a power of " + to_string(u) + ", which vanishes at x = " + to_string(chart.origin) + " and is no polynomial");
  std::size_t j = 0;
  while (j < c->size() && (*c)[j].is_number(0)) ++j;
  return {static_cast<int>(j), {c->begin() + static_cast<std::ptrdiff_t>(j), c->end()}};
}

/// Does u have a value other than 0 at the origin?
bool is_regular_at_origin(const Expression& u, const Chart& chart) {
  try {
    const Expression value = substitute(u, x_name, Expression(chart.origin));
    return !value.is_number(0) && !is_identically_zero(value);
  } catch (const UsageError&) {
    return false;  // it divides by 0 there
  }
}

Expression in_exponential_variable(const Expression& f, const Chart& chart);

/// log u in y: of a polynomial u = w^j (c_j + ..) it is log(c_j + ..) + j (log reach - y).
Expression logarithm_in_exponential_variable(const Expression& u, const Chart& chart) {
  if (is_regular_at_origin(u, chart)) return log(in_exponential_variable(u, chart));
  const auto of = [&](std::size_t i) { return logarithm_in_exponential_variable(u.argument(i), chart); };
  switch (u.op()) {
    case Op::sqrt: return Expression(Rational(1, 2)) * of(0);
    case Op::multiply: return of(0) + of(1);
    case Op::divide: return of(0) - of(1);
    case Op::power:
      if (u.argument(1).is_number() && !polynomial_coefficients(u, x_name)) return u.argument(1) * of(0);
      break;
    default: break;
  }
  const Vanishing v = vanishing_at_origin(u, chart);
  const Expression y = Expression::variable(y_name), w = Expression(chart.reach) * exp(-y);
  Expression unit = 0;
  for (std::size_t i = v.unit.size(); i-- > 0;) unit = unit * w + v.unit[i];
  return log(unit) + Expression(v.order) * (log(Expression(chart.reach)) - y);
}

/// f(origin +- reach e^-y), with the logarithms and powers of what vanishes at the origin turned into y and exponentials.
Expression in_exponential_variable(const Expression& f, const Chart& chart) {
  if (f.op() == Op::variable) return Expression(chart.origin) + Expression(chart.direction) * (Expression(chart.reach) * exp(-Expression::variable(y_name)));
  if (f.arguments().empty()) return f;
  const bool root = f.op() == Op::sqrt;
  const bool power = f.op() == Op::power && f.argument(1).is_number() && denominator(f.argument(1).value()) != 1;
  if (f.op() == Op::log) return logarithm_in_exponential_variable(f.argument(0), chart);
  if ((root || power) && !is_regular_at_origin(f.argument(0), chart)) {
    const Expression exponent = root ? Expression(Rational(1, 2)) : f.argument(1);
    return exp(exponent * logarithm_in_exponential_variable(f.argument(0), chart));
  }
  std::vector<Expression> arguments;
  for (const Expression& a : f.arguments()) arguments.push_back(in_exponential_variable(a, chart));
  return Expression::make(f.op(), std::move(arguments));
}

/// The part of a piece near an end that is a branch point: [0, reach] in the root y, or [0, infinity) in y where x = origin +- reach e^-y.
Chart chart_at_end(const Piece& piece, const PieceEnd& end, int direction, const Rational& reach, Integrands integrands) {
  if (!end.at.exact()) throw NotReached("the branch point of " + to_string(piece.value) + " near x = " + short_text(end.at.approximately()) + " is not a fraction");
  const bool exponential = end.kind == EndKind::logarithmic;
  Chart chart{.name = to_string(piece.value), .program = Program({Expression(0)}, y_name), .in_x = Program({piece.value}, x_name)};
  chart.variable = exponential ? Chart::Variable::exponential : Chart::Variable::root;
  chart.origin = *end.at.exact();
  chart.direction = direction;
  chart.root = end.root;
  chart.reach = reach;
  const Expression y = Expression::variable(y_name);
  const Expression f = exponential ? in_exponential_variable(piece.value, chart) : in_root_variable(piece.value, chart);
  const Expression slope = exponential ? Expression(reach) * exp(-y) : Expression(chart.root) * pow(y, Expression(chart.root - 1));  // |dx/dy|
  std::vector<Expression> outputs;
  if (integrands == Integrands::value) {
    outputs = {f * slope};
  } else {
    outputs = {f * f * slope};
    const Expression df = differentiate(f, y_name);
    if (integrands == Integrands::square_and_slope_square) outputs.push_back(df * df / slope);
  }
  for (Expression& e : outputs) e = simplify(e);  // a negative power of y meets the positive ones
  chart.program = Program(outputs, y_name);
  chart.direct = true;
  chart.left = RealPoint(Rational(0));
  if (exponential) {
    for (const Expression& e : outputs) chart.growth_formulas.push_back(substitute(e, y_name, Expression::variable(x_name)));
  } else {
    chart.right = RealPoint(reach);
    chart.removable.push_back(Ball(0));
  }
  return chart;
}

}  // namespace

void Chart::integrands(std::span<const Ball> outputs, std::vector<Ball>& values) const {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (squares) {
      arb_mul(values[i].get(), outputs[i].get(), outputs[i].get(), Precision::bits());
    } else {
      values[i] = outputs[i];
    }
  }
}

Ball Chart::x_of(const Ball& y) const {
  if (variable == Variable::x) return y;
  const Ball distance = variable == Variable::root ? pow(y, root) : Ball(reach) * exp(-y);
  return Ball(origin) + (direction > 0 ? distance : -distance);
}
double Chart::x_of(double y) const { return variable == Variable::x ? y : x_of(Ball(y)).to_double(); }
double Chart::dx_dy(double y) const {
  if (variable == Variable::x) return 1;
  return variable == Variable::root ? root * std::pow(y, root - 1) : constant<double>(reach) * std::exp(-y);
}

Ball Chart::square_of_x(const Ball& y) const {
  const Ball x = x_of(y);
  return x * x;
}

ChartSquare Chart::square_on_box(const Ball& re, const Ball& im) const {
  Ball x_re = re, x_im = im;
  if (variable != Variable::x) {
    const ComplexBall y(re, im), distance = variable == Variable::root ? pow(y, root) : ComplexBall(Ball(reach)) * exp(-y);
    const ComplexBall x = ComplexBall(Ball(origin)) + ComplexBall(direction) * distance;
    x_re = x.re();
    x_im = x.im();
  }
  const Ball most_re = x_re.magnitude(), least_re = x_re.mignitude(), most_im = x_im.magnitude();
  ChartSquare square;
  square.magnitude = (most_re * most_re + most_im * most_im).magnitude();
  const Ball least = least_re * least_re - most_im * most_im;
  square.least_real = least.mid() - least.radius();
  return square;
}

bool Chart::magnitudes(Evaluator<ComplexBall>& on_box, const ComplexBall& box, std::vector<Ball>& bounds) const {
  const auto store = [&](std::size_t i, const Ball& magnitude) { bounds[i] = squares ? magnitude * magnitude : magnitude; };
  for (const Ball& point : removable) {
    if (!box.re().overlaps(point)) continue;
    Evaluator<Removable> evaluate(program);
    // phi' by Cauchy's estimate from phi on a larger box: its own formula may hide the cancellation of two poles.
    const bool cauchy = squares && program.outputs() == 2;
    const Ball margin = (box.re().radius() + box.im().radius()) / Ball(4);
    const ComplexBall wide = cauchy ? ComplexBall(box.re().widened(margin), box.im().widened(margin)) : box;
    const ComplexBall hull = ComplexBall(Ball::hull(wide.re(), point), wide.im());
    const auto values = evaluate(Removable::variable(hull, point));
    for (std::size_t i = 0; i < (cauchy ? 1 : values.size()); ++i) {
      if (!values[i].on_box[0].is_finite()) return false;
      store(i, values[i].on_box[0].magnitude());
    }
    if (cauchy) store(1, values[0].on_box[0].magnitude() / margin);
    return true;
  }
  const auto values = on_box(box);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i].is_finite()) return false;
    store(i, values[i].magnitude());
  }
  return true;
}

double Chart::farthest_end() const {
  double farthest = 0;
  for (const auto& end : {left, right}) {
    if (end) farthest = std::max(farthest, std::abs(end->approximately()));
  }
  return farthest;
}

std::vector<Chart> make_charts(const std::vector<Piece>& pieces, Integrands integrands, bool folded) {
  std::vector<Chart> charts;
  for (const Piece& piece : pieces) {
    if (folded && piece.right && piece.right->at.approximately() <= 0) continue;
    if (piece.value.is_number(0)) continue;
    const auto removable = [](const std::optional<PieceEnd>& end) { return end && end->kind == EndKind::removable; };
    const bool quotient = removable(piece.left) || removable(piece.right);
    std::vector<Expression> outputs = {piece.value}, program = {quotient ? one_fraction(piece.value) : piece.value};
    if (integrands == Integrands::square_and_slope_square) {
      outputs.push_back(piece.derivative);
      program.push_back(piece.derivative);
    }
    Chart chart{.name = to_string(piece.value), .program = Program(program, x_name), .in_x = Program({piece.value}, x_name)};
    chart.squares = integrands != Integrands::value;
    chart.growth_formulas = outputs;
    if (piece.left) chart.left = piece.left->at;
    if (piece.right) chart.right = piece.right->at;
    const bool straddles = !piece.left || piece.left->at.approximately() < 0;
    if (folded && straddles) {
      chart.left = RealPoint(Rational(0));
      chart.mirror = true;
    }
    const auto treat_end = [&](const std::optional<PieceEnd>& end, std::optional<RealPoint>& bound, int direction) {
      if (!end || (folded && straddles && direction > 0)) return;
      if (end->kind == EndKind::removable && end->at.exact()) chart.removable.push_back(Ball(*end->at.exact()));
      if (end->kind != EndKind::algebraic && end->kind != EndKind::logarithmic) return;
      // A stretch of length reach^root, at most a third of the piece.
      Rational reach = 1, length = 1;
      const double room = piece.left && piece.right ? (piece.right->at.approximately() - piece.left->at.approximately()) / 3 : 1;
      while (constant<double>(length) > room) {
        reach /= 2;
        length = 1;
        for (int i = 0; i < end->root; ++i) length *= reach;
      }
      charts.push_back(chart_at_end(piece, *end, direction, reach, integrands));
      bound = RealPoint(Rational(*end->at.exact() + direction * length));
    };
    treat_end(piece.left, chart.left, 1);
    treat_end(piece.right, chart.right, -1);
    charts.push_back(std::move(chart));
  }
  return charts;
}

}  // namespace infwidth
