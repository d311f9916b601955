// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/geometry/formula.hpp"

#include <algorithm>
#include <functional>

#include "infwidth/expression/program.hpp"
#include "infwidth/expression/sign.hpp"
#include "infwidth/geometry/symbol.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

// A formula of this many characters fits on a line of a paper, more or less.
constexpr std::size_t one_line = 200;
// Nodes that are simplified in a few tenths of a second.
constexpr std::size_t largest = 250;
// Nodes of a formula in one piece: some 200 pages.
constexpr std::size_t largest_expanded = 200'000;

std::size_t length(const Expression& e) { return to_string(e).size(); }

/// The equations of intermediate quantities, in the order in which they arose.
class Equations {
 public:
  explicit Equations(Assumptions given) : given_(std::move(given)) { given_.positive.insert("s"); }

  const std::vector<Equation>& all() const { return all_; }
  const Assumptions& given() const { return given_; }
  Expression simplified(const Expression& e) const { return simplify(e, given_); }

  /// The name of a new quantity; numbers and single symbols need none.
  Symbol name(const std::string& name, const Symbol& value, bool positive) {
    const Expression formula = simplified(value.formula);
    if (formula.arguments().empty()) return formula;
    all_.push_back({name, formula});
    if (positive) given_.positive.insert(name);
    return Expression::variable(name);
  }

 private:
  Assumptions given_;
  std::vector<Equation> all_;
};

/// The hook of the recursion: q_2, dq_2, ddq_2 for a series in s, without index for the last kernel.
struct Naming {
  Equations& equations;
  int last;

  Symbol operator()(const char* name, int layer, Symbol&& value) const { return coefficient(name, layer, value); }
  template <int Order>
  Jet<Symbol, Order> operator()(const char* name, int layer, Jet<Symbol, Order>&& value) const {
    Jet<Symbol, Order> named;
    int factorial = 1;
    for (int k = 0; k <= Order; ++k) {
      factorial *= std::max(1, k);
      named[k] = coefficient(std::string(static_cast<std::size_t>(k), 'd') + name, layer, Symbol(factorial) * value[k]) / Symbol(factorial);
    }
    return named;
  }

 private:
  Symbol coefficient(const std::string& name, int layer, const Symbol& value) const {
    const std::string full = layer == last ? name : name + '_' + std::to_string(layer);
    const bool positive = name == "q" || name == "A" || name == "C";
    return equations.name(full, value, positive);
  }
};

/// Formulas without tanh, and with names for long constants.
class NamedConstants {
 public:
  explicit NamedConstants(Equations& equations) : equations_(equations) {}

  Expression named(const Expression& e) {
    if (e.arguments().empty()) return e;
    const bool constant = is_constant(e);
    if (constant && length(e) > longest_constant) return name_of(e);
    if (constant) return e;
    std::vector<Expression> arguments;
    for (const Expression& a : e.arguments()) arguments.push_back(named(a));
    if (e.op() != Op::tanh) return Expression::make(e.op(), std::move(arguments));
    const Expression square = exp(2 * arguments[0]);
    return (square - 1) / (square + 1);
  }

 private:
  static constexpr std::size_t longest_constant = 30;
  Equations& equations_;
  std::vector<std::pair<Expression, Expression>> known_;

  static bool is_constant(const Expression& e) {
    return e.op() != Op::variable && std::all_of(e.arguments().begin(), e.arguments().end(), is_constant);
  }
  Expression name_of(const Expression& constant) {
    for (const auto& [e, name] : known_) {
      if (e == constant) return name;
    }
    const Precision precision(128);
    const Program program({constant}, "");
    const bool positive = certainly_positive(Evaluator<Ball>(program).value(Ball(0))) == Truth::yes;
    const Symbol name = equations_.name("c_" + std::to_string(known_.size() + 1), constant, positive);
    known_.emplace_back(constant, name.formula);
    return name.formula;
  }
};

/// The jet of a layer's maps at the variance that has a name.
class LayerMaps {
 public:
  LayerMaps(const LayerFormulas& layer, NamedConstants& constants, const Equations& equations) : no_chi_(layer.no_chi) {
    const Expression Q = constants.named(layer.Q), chi = constants.named(layer.chi);
    Assumptions in_q = equations.given();
    in_q.positive.insert("q");
    const auto slope = [&](const Expression& e) { return simplify(differentiate(e, "q"), in_q); };
    Q_ = {simplify(Q, in_q)};
    chi_ = {simplify(chi, in_q)};
    for (std::size_t k = 0; k < 2; ++k) {
      Q_.push_back(slope(Q_[k]));
      chi_.push_back(slope(chi_[k]));
    }
  }

  VarianceJet<Symbol> at(const Symbol& q) const {
    const auto here = [&](const Expression& e) { return Symbol(substitute(e, "q", q.formula)); };
    VarianceJet<Symbol> jet;
    jet.Q = here(Q_[0]), jet.dQ = here(Q_[1]), jet.d2Q = here(Q_[2]);
    if (!no_chi_.empty()) {
      jet.chi_order = -1;
      jet.reason = no_chi_;
      return jet;
    }
    jet.chi = here(chi_[0]), jet.dchi = here(chi_[1]), jet.d2chi = here(chi_[2]);
    jet.radial = jet.chi + Symbol(2) * q * jet.dchi;
    jet.dradial = Symbol(3) * jet.dchi + Symbol(2) * q * jet.d2chi;
    return jet;
  }

 private:
  std::vector<Expression> Q_, chi_;
  std::string no_chi_;
};

/// The theory, run on symbols.
template <class Let>
RadialMetric<Symbol, Symbol> symbolic_metric(const SymbolicNetwork& n, const std::vector<LayerMaps>& maps, MetricOf of, const Let& let) {
  const Symbol first = n.input_scaling == InputScaling::fan_in ? Symbol(n.sigma_w2[0] / n.dim) : Symbol(n.sigma_w2[0]);
  RadialKernel<Symbol> h = first_layer(Symbol(Expression::variable("s")), first, Symbol(n.sigma_b2[0]), let);
  for (std::size_t l = 0; l < maps.size(); ++l) {
    const VarianceJet<Symbol> phi = maps[l].at(h.q[0]);
    const bool features = of == MetricOf::feature && l + 1 == maps.size();
    h = features ? feature_kernel(h, phi, let) : next_layer(h, phi, Symbol(n.sigma_w2[l + 1]), Symbol(n.sigma_b2[l + 1]), let);
  }
  return radial_metric(h, Symbol(n.dim), let);
}

std::vector<Equation> asked(const RadialMetric<Symbol, Symbol>& m, GeometryQuantity quantity) {
  const auto one = [](const std::string& name, const Value<Symbol>& v) {
    if (!v.exists()) throw NoSuchQuantity(v.reason);
    return Equation{name, v.value.formula};
  };
  switch (quantity) {
    case GeometryQuantity::metric: return {one("A", m.A), one("B", m.B)};
    case GeometryQuantity::eigenvalues: return {one("eigenvalue_tangential", m.tangential), one("eigenvalue_radial", m.radial)};
    case GeometryQuantity::volume: return {one("volume_element", m.volume)};
    case GeometryQuantity::curvature: return {one("ricci_scalar", m.ricci_scalar)};
    case GeometryQuantity::sectional:
      if (m.dim == Symbol(2)) return {one("K_radial", m.curvature_radial)};  // no plane is orthogonal to x
      return {one("K_radial", m.curvature_radial), one("K_tangential", m.curvature_tangential)};
  }
  return {};
}

/// Results that are a name alone take over its equation.
void unfold_names(std::vector<Equation>& results, const std::vector<Equation>& where) {
  for (Equation& r : results) {
    if (r.formula.op() != Op::variable) continue;
    const auto found = std::find_if(where.begin(), where.end(), [&](const Equation& e) { return e.name == r.formula.name(); });
    if (found != where.end()) r.formula = found->formula;
  }
}

/// The number of times that a name stands in a formula, up to 2.
int uses(const Expression& e, const std::string& name) {
  if (!e.depends_on(name)) return 0;
  if (e.op() == Op::variable) return 1;
  int sum = 0;
  for (const Expression& a : e.arguments()) {
    if (sum < 2) sum += uses(a, name);
  }
  return std::min(sum, 2);
}
int uses(const NamedFormulas& f, const std::string& name) {
  int sum = 0;
  for (const auto* list : {&f.results, &f.where}) {
    for (const Equation& e : *list) sum += uses(e.formula, name);
  }
  return sum;
}

/// Puts the chosen equations into all others, the last first, and leaves out those that are not used. Simplifies where something was put in, unless
/// the formula has become larger than `most` nodes; such a one is given up (none) or left as it is.
std::optional<NamedFormulas> inlined(NamedFormulas f, const Equations& equations, const std::function<bool(const Equation&)>& chosen,
                                     std::size_t most, bool give_up) {
  for (std::size_t i = f.where.size(); i-- > 0;) {
    const Equation e = f.where[i];
    const auto stands_in = [&](const Equation& other) { return other.formula.depends_on(e.name); };
    const bool used = std::any_of(f.results.begin(), f.results.end(), stands_in) || std::any_of(f.where.begin(), f.where.end(), stands_in);
    if (used && !chosen(e)) continue;
    f.where.erase(f.where.begin() + static_cast<std::ptrdiff_t>(i));
    if (!used) continue;
    for (auto* list : {&f.results, &f.where}) {
      for (Equation& other : *list) {
        if (!stands_in(other)) continue;
        other.formula = substitute(other.formula, e.name, e.formula);
        if (other.formula.size() <= most) {
          other.formula = equations.simplified(other.formula);
        } else if (give_up) {
          return std::nullopt;
        }
      }
    }
  }
  return f;
}

std::size_t length(const NamedFormulas& f) {
  std::size_t sum = 0;
  for (const auto* list : {&f.results, &f.where}) {
    for (const Equation& e : *list) sum += e.name.size() + 3 + length(e.formula);
  }
  return sum;
}

std::size_t longest(const std::vector<Equation>& list) {
  std::size_t most = 0;
  for (const Equation& e : list) most = std::max(most, length(e.formula));
  return most;
}

}  // namespace

NamedFormulas variance_map_formula(const LayerFormulas& layer, bool chi, const Assumptions& given, bool expand) {
  if (chi && !layer.no_chi.empty()) throw NoSuchQuantity(layer.no_chi);
  Assumptions in_q = given;
  in_q.positive.insert("q");
  Equations equations(in_q);
  NamedConstants constants(equations);
  NamedFormulas f;
  f.results = {{chi ? "chi" : "Q", equations.simplified(constants.named(chi ? layer.chi : layer.Q))}};
  f.where = equations.all();
  return *inlined(std::move(f), equations, [&](const Equation&) { return expand; }, largest, false);
}

namespace {

/// Does the formula hold the letter in even powers alone?
bool is_even_in(const Expression& e, const std::string& letter) {
  if (e.op() == Op::variable) return e.name() != letter;
  if (e.op() == Op::power && e.argument(0).op() == Op::variable && e.argument(0).name() == letter) {
    return e.argument(1).is_number() && denominator(Rational(e.argument(1).value() / 2)) == 1;
  }
  return std::all_of(e.arguments().begin(), e.arguments().end(), [&](const Expression& a) { return is_even_in(a, letter); });
}

NamedFormulas formula_under(const SymbolicNetwork& network, GeometryQuantity quantity, MetricOf of, bool expand) {
  const int depth = static_cast<int>(network.layers.size());
  Assumptions given = network.given;
  if (network.dim.op() == Op::variable) given.positive.insert(network.dim.name());
  Equations equations(given);
  NamedConstants constants(equations);
  std::vector<LayerMaps> maps;
  for (const LayerFormulas& layer : network.layers) maps.emplace_back(layer, constants, equations);
  NamedFormulas named;
  named.results = asked(symbolic_metric(network, maps, of, Naming{equations, depth + 1}), quantity);
  named.where = equations.all();
  unfold_names(named.results, named.where);
  for (Equation& r : named.results) {
    const Expression shorter = equations.simplified(r.formula);
    if (length(shorter) < length(r.formula)) r.formula = shorter;
  }

  const auto none = [](const Equation&) { return false; };
  const auto every = [](const Equation&) { return true; };
  if (expand) {
    const NamedFormulas whole = *inlined(named, equations, every, largest, false);
    for (const Equation& r : whole.results) {
      if (r.formula.size() > largest_expanded) {
        throw NotReached("the formula in one piece has more than " + std::to_string(largest_expanded) + " symbols; leave the named quantities in it");
      }
    }
    return whole;
  }
  named = *inlined(named, equations, none, largest, false);
  if (depth > 1) {
    const auto whole = inlined(named, equations, every, one_line / 2, true);  // as for ReLU
    return whole && longest(whole->results) <= one_line / 2 ? *whole : named;
  }
  const auto in_q = inlined(named, equations, [](const Equation& e) { return e.name != "q_1" && !e.name.starts_with("c_"); }, largest, true);
  if (in_q) {
    const auto whole = inlined(*in_q, equations, every, largest, true);
    if (whole && longest(whole->results) <= one_line) return *whole;
  }
  const auto brief = [&](const Equation& e) { return e.name != "C" && uses(named, e.name) == 1 && length(e.formula) <= one_line / 4; };
  const NamedFormulas with_names = *inlined(named, equations, brief, largest, false);
  return in_q && length(*in_q) <= length(with_names) ? *in_q : with_names;
}

}  // namespace

NamedFormulas geometry_formula(const SymbolicNetwork& network, GeometryQuantity quantity, MetricOf of, bool expand) {
  // A parameter of open sign that stands in even powers alone may be taken for positive, if it stands so in the answer too.
  std::vector<std::string> even;
  for (const LayerFormulas& layer : network.layers) {
    for (const std::string& letter : letters_of(layer.Q + layer.chi)) {
      const bool is_open = letter != "q" && !network.given.positive.contains(letter) && std::find(even.begin(), even.end(), letter) == even.end();
      const auto is_even = [&](const LayerFormulas& l) { return is_even_in(l.Q, letter) && is_even_in(l.chi, letter); };
      if (is_open && std::all_of(network.layers.begin(), network.layers.end(), is_even)) even.push_back(letter);
    }
  }
  if (!even.empty()) {
    SymbolicNetwork positive = network;
    positive.given.positive.insert(even.begin(), even.end());
    NamedFormulas f = formula_under(positive, quantity, of, expand);
    const auto is_even = [&](const Equation& e) {
      return std::all_of(even.begin(), even.end(), [&](const std::string& letter) { return is_even_in(e.formula, letter); });
    };
    if (std::all_of(f.results.begin(), f.results.end(), is_even) && std::all_of(f.where.begin(), f.where.end(), is_even)) return f;
  }
  return formula_under(network, quantity, of, expand);
}

}  // namespace infwidth
