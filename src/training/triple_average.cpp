// SPDX-License-Identifier: GPL-3.0-or-later
#include "triple_average.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/real/text.hpp"

namespace infwidth {

namespace {

constexpr int most_levels = 14;
constexpr double agreement = 2e-14;  // of E|h| and of the largest moment: rounding leaves about a tenth of it

std::vector<Expression> derivatives_of(const Activation& phi, int order) {
  std::vector<Expression> all = {phi.pieces()[0].value, phi.pieces()[0].derivative};
  while (static_cast<int>(all.size()) <= order) all.push_back(differentiate(all.back(), "x"));
  return all;
}

/// The one analytic piece there must be.
const Activation& refuse_pieces(const Activation& phi) {
  if (phi.pieces().size() == 1) return phi;
  const std::string why = "; the drift of the metric holds phi'' and phi''' at every preactivation, so phi must be smooth (tanh, erf, gelu, softplus)";
  const auto refuse = [&](const char* which, const RealPoint& at) {
    throw NoSuchQuantity("drift of the metric: " + std::string(which) + " of " + phi.name() + " jumps at x = " + short_text(at.approximately()) + why);
  };
  if (phi.jump()) refuse("phi", *phi.jump());
  const Activation slope = phi.derivative();
  if (slope.jump()) refuse("phi'", *slope.jump());
  const Activation second = slope.derivative();
  if (second.jump()) refuse("phi''", *second.jump());
  throw NotReached("drift of the metric: " + phi.name() + " consists of several formulas or has a removable singularity at x = " +
                   short_text(phi.pieces()[0].right->at.approximately()) + ", which the rule in double precision does not treat; write phi as one smooth formula");
}

struct Node {
  double t, weight;
};

/// The axis' nodes within `length` of 0; one of weight 1 where it is absent.
std::vector<Node> nodes_of(bool present, double step, double shift, double length) {
  if (!present) return {{0, 1}};
  std::vector<Node> nodes;
  const double norm = step / std::sqrt(2 * pi<double>());
  const int n = static_cast<int>(length / step) + 1;
  for (int k = -n; k <= n; ++k) {
    const double t = (k + shift) * step;
    nodes.push_back({t, norm * std::exp(-t * t / 2)});
  }
  return nodes;
}

}  // namespace

const std::array<Monomial, monomials>& monomial_list() {
  static const std::array<Monomial, monomials> list = [] {
    std::array<Monomial, monomials> made{};
    std::size_t i = 0;
    for (int degree = 0; degree <= 4; ++degree) {
      for (int a = degree; a >= 0; --a) {
        for (int b = degree - a; b >= 0; --b) made[i++] = {a, b, degree - a - b};
      }
    }
    return made;
  }();
  return list;
}

std::size_t monomial_index(int a, int b, int c) {
  const int degree = a + b + c, rest = degree - a;  // those with a larger exponent a come first, rest (rest + 1)/2 of them
  const std::size_t before = degree == 0 ? 0 : monomials_to_degree[static_cast<std::size_t>(degree - 1)];
  return before + static_cast<std::size_t>(rest * (rest + 1) / 2 + c);
}

std::size_t axes_index(std::initializer_list<int> axes) {
  std::array<int, 3> exponent{};
  for (const int axis : axes) ++exponent[static_cast<std::size_t>(axis)];
  return monomial_index(exponent[0], exponent[1], exponent[2]);
}

std::size_t AverageSet::offset(Average a) {
  static const std::array<std::size_t, averages + 1> offsets = [] {
    std::array<std::size_t, averages + 1> made{};
    for (std::size_t i = 0; i < averages; ++i) made[i + 1] = made[i] + monomials_to_degree[static_cast<std::size_t>(average_shapes[i].degree)];
    return made;
  }();
  return offsets[a];
}

AverageSet::AverageSet(bool with_fourth) : values_(offset(with_fourth ? averages : fourth)) {}

TripleAverage::TripleAverage(const Activation& phi) : name_(phi.name()), program_(derivatives_of(refuse_pieces(phi), 3), "x"), inner_(derivatives_of(phi, 2), "x") {}

/// Beyond this many deviations nothing counts: the products have at most four factors of phi and its derivatives, with T2 six, and the monomials.
double TripleAverage::range(const TripleFrame& frame, bool with_fourth) const {
  double widest = 0;
  for (const auto& row : frame.c) widest = std::max(widest, std::hypot(row[0], row[1], row[2]));
  Evaluator<double> phi(program_);
  const auto log_size = [&](double t) {
    double largest = 1;
    for (const double x : {widest * t, -widest * t}) {
      for (const double f : phi(x)) largest = std::max(largest, std::abs(f));  // a NaN is met by the rule
    }
    return std::log(largest);
  };
  const double typical = log_size(1), factors = with_fourth ? 6 : 4;
  for (double t = 8.5; t < 60; t += 0.25) {
    if (factors * (log_size(t) - typical) + 3 * std::log(t) - t * t / 2 < -35) return t;
  }
  throw NotReached("drift of the metric: products of " + name_ +
                   " and its derivatives do not fall off against the Gaussian of the weights; are their averages finite at these variances?");
}

/// One product rule with the step 0.6 0.8^level, in units in which no preactivation changes by more than 1 along an axis.
void TripleAverage::rule(const TripleFrame& frame, int level, double length, bool with_fourth, AverageSet& into, std::array<double, averages>& size) const {
  const auto& c = frame.c;
  const double shift = level % 2 == 0 ? 0 : 0.5;
  const auto nodes = [&](std::size_t axis) {
    const double widest = std::max({1.0, std::abs(c[0][axis]), std::abs(c[1][axis]), std::abs(c[2][axis])});
    return nodes_of(frame.present[axis], 0.6 * std::pow(0.8, level) / widest, shift, length);
  };
  const std::vector<Node> first = nodes(0), second_axis = nodes(1), third_axis = nodes(2);
  // The third axis in packs: nodes, and weights times powers of the node.
  const std::size_t packs = (third_axis.size() + Pack::size - 1) / Pack::size;
  std::vector<Pack> at(packs, Pack(0));
  std::vector<std::array<Pack, 5>> weight(packs);
  for (std::array<Pack, 5>& w : weight) w.fill(Pack(0));
  for (std::size_t k = third_axis.size(); k < packs * Pack::size; ++k) at[k / Pack::size].lane[k % Pack::size] = third_axis.back().t;  // of weight 0
  for (std::size_t k = 0; k < third_axis.size(); ++k) {
    at[k / Pack::size].lane[k % Pack::size] = third_axis[k].t;
    double w = third_axis[k].weight;
    for (std::size_t p = 0; p < 5; ++p, w *= third_axis[k].t) weight[k / Pack::size][p].lane[k % Pack::size] = w;
  }

  std::array<double, 5> one = {1, 0, 0, 0, 0};  // E t_3^p
  if (frame.present[2]) one = {1, 0, 1, 0, 3};
  const int degree = with_fourth ? 4 : 2;
  const std::size_t powers = static_cast<std::size_t>(degree) + 1;
  const std::size_t used = with_fourth ? averages : static_cast<std::size_t>(fourth);
  Evaluator<double> phi(program_);
  Evaluator<Pack> packed(inner_);
  const auto refuse = [&](double x) {
    throw NotReached("drift of the metric: " + name_ + " or one of its first three derivatives is no number in double precision near the preactivation " + short_text(x) +
                     "; are the averages finite at these variances?");
  };
  size.fill(0);
  std::fill(into.of(metric), into.of(metric) + into.all().size(), 0.0);
  for (const Node& n1 : first) {
    const std::span<const double> u = phi(c[0][0] * n1.t);
    const double p1 = u[1], p2 = u[2], p3 = u[3], a0 = p1 * p1, a1 = 2 * p1 * p2, a2 = 2 * (p2 * p2 + p1 * p3);
    if (!std::isfinite(p1) || !std::isfinite(a2)) refuse(c[0][0] * n1.t);
    const std::array<double, outers> outer = {1, a0, a1, a2, a0 * a0, a0 * a1, a1 * a1};

    // E[f(y) g(z) t_2^b t_3^c] given t_1, and E|f g|.
    std::array<std::array<std::array<double, 5>, 5>, inners> inner{};
    std::array<double, inners> inner_size{};
    for (const Node& n2 : second_axis) {
      if (n1.t * n1.t + n2.t * n2.t > length * length) continue;
      const std::span<const double> y = phi(c[1][0] * n1.t + c[1][1] * n2.t);
      const std::array<double, 3> f = {y[0], y[1], y[2]};
      std::array<std::array<Pack, 5>, 3> sum;
      std::array<Pack, 3> size_sum;
      for (std::array<Pack, 5>& s : sum) s.fill(Pack(0));
      size_sum.fill(Pack(0));
      const Pack centre(c[2][0] * n1.t + c[2][1] * n2.t), slope(c[2][2]);
      const double reach = std::sqrt(length * length - n1.t * n1.t - n2.t * n2.t);
      for (std::size_t k = 0; k < packs; ++k) {
        if (at[k].lane.front() > reach || at[k].lane.back() < -reach) continue;
        const std::span<const Pack> g = packed(centre + slope * at[k]);
        for (std::size_t m = 0; m < 3; ++m) {
          for (std::size_t p = 0; p < powers; ++p) sum[m][p] += g[m] * weight[k][p];
          size_sum[m] += abs(g[m]) * weight[k][0];
        }
      }
      std::array<std::array<double, 5>, 3> g{};
      std::array<double, 3> g_size{};
      double sound = 0;
      for (std::size_t m = 0; m < 3; ++m) {
        for (std::size_t p = 0; p < powers; ++p) g[m][p] = sum[m][p].sum();
        g_size[m] = size_sum[m].sum();
        sound += 0 * (f[m] + g_size[m]);
      }
      if (sound != 0) refuse(centre.lane[0]);
      const auto add = [&](Inner which, double left, const std::array<double, 5>& right, double right_size) {
        const auto i = static_cast<std::size_t>(which);
        double w = left * n2.weight;
        inner_size[i] += std::abs(w) * right_size;
        for (std::size_t b = 0; b < powers; ++b, w *= n2.t) {
          for (std::size_t p = 0; p + b < powers; ++p) inner[i][b][p] += w * right[p];
        }
      };
      add(Inner::none, 1, one, 1);
      add(Inner::f0_g0, f[0], g[0], g_size[0]);
      add(Inner::f1_g0, f[1], g[0], g_size[0]);
      add(Inner::f0_g1, f[0], g[1], g_size[1]);
      add(Inner::f2_g1, f[2], g[1], g_size[1]);
      add(Inner::f1_g2, f[1], g[2], g_size[2]);
      add(Inner::f1_g1, f[1], g[1], g_size[1]);
    }

    std::array<double, 5> power{};
    double w = n1.weight;
    for (std::size_t p = 0; p < 5; ++p, w *= n1.t) power[p] = w;
    for (std::size_t i = 0; i < used; ++i) {
      const AverageShape& shape = average_shapes[i];
      const double of_u = outer[static_cast<std::size_t>(shape.outer)];
      const auto& rest = inner[static_cast<std::size_t>(shape.inner)];
      double* out = into.of(static_cast<Average>(i));
      for (std::size_t m = 0; m < monomials_to_degree[static_cast<std::size_t>(shape.degree)]; ++m) {
        const Monomial& e = monomial_list()[m];
        out[m] += power[static_cast<std::size_t>(e.a)] * of_u * rest[static_cast<std::size_t>(e.b)][static_cast<std::size_t>(e.c)];
      }
      size[i] += n1.weight * std::abs(of_u) * inner_size[static_cast<std::size_t>(shape.inner)];
    }
  }
}

TwoRules TripleAverage::at(const TripleFrame& frame, bool with_fourth) {
  TwoRules rules{AverageSet(with_fourth), AverageSet(with_fourth)};
  std::array<double, averages> size{};
  const int start = std::max(0, first_level_ - 1);
  const double length = range(frame, with_fourth);
  // The second rule reaches further too.
  const auto length_at = [&](int level) { return length + (level % 2 == 0 ? 0 : 0.4); };
  rule(frame, start, length_at(start), with_fourth, rules.coarse, size);
  for (int level = start + 1; level < most_levels; ++level) {
    rule(frame, level, length_at(level), with_fourth, rules.fine, size);
    bool agree = true;
    for (std::size_t i = 0; i < (with_fourth ? averages : static_cast<std::size_t>(fourth)); ++i) {
      const auto a = static_cast<Average>(i);
      const std::size_t count = monomials_to_degree[static_cast<std::size_t>(average_shapes[i].degree)];
      double largest = size[i], difference = 0;
      for (std::size_t m = 0; m < count; ++m) {
        largest = std::max(largest, std::abs(rules.fine.of(a)[m]));
        difference = std::max(difference, std::abs(rules.fine.of(a)[m] - rules.coarse.of(a)[m]));
      }
      if (!std::isfinite(largest)) throw NotReached("drift of the metric: an average of " + name_ + " overflows; are the averages finite at these variances?");
      agree = agree && difference <= agreement * largest;
    }
    if (agree) {
      first_level_ = level - 1;
      return rules;
    }
    std::swap(rules.fine, rules.coarse);
  }
  throw NotReached("drift of the metric: the averages of " + name_ + " do not settle to 13 digits with steps down to " + short_text(0.6 * std::pow(0.8, most_levels - 1)) +
                   " of a deviation; are they finite, and is the function smooth on that scale?");
}

}  // namespace infwidth
