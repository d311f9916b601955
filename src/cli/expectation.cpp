// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <array>
#include <cmath>
#include <memory>
#include <optional>

#include "commands.hpp"
#include "infwidth/activation/catalogue.hpp"
#include "infwidth/expression/parse.hpp"
#include "infwidth/gaussian/expectation.hpp"
#include "infwidth/gaussian/two_variables.hpp"
#include "infwidth/gaussian/variance_map.hpp"
#include "infwidth/geometry/cancellation.hpp"
#include "infwidth/io/range.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/refine.hpp"
#include "quantities.hpp"

namespace infwidth::cli {

namespace {

struct Flags {
  std::string formula, activation, variance, covariance;
  AnswerFlags answer;
};

constexpr const char* examples =
    "Examples:\n"
    "  infwidth expectation 'tanh(x)^2' --variance 17/10 --digits 50\n"
    "      E[tanh(u)^2] for u normal with mean 0 and variance 17/10\n"
    "  infwidth expectation 'tanh(u)*relu(v)' --variance 1,2 --covariance 1/2\n"
    "      E[tanh(u) relu(v)] for u, v normal with mean 0, variances 1 and 2 and covariance 1/2\n"
    "  infwidth expectation --activation tanh --variance 3/2\n"
    "      Q(q) = E[phi(u)^2] and chi(q) = E[phi'(u)^2] at q = 3/2, with two derivatives in q\n"
    "  infwidth expectation --activation gelu --variance 0:4:0.5 --format csv\n"
    "      the same along a range of variances";

constexpr int extra_digits = 10;  // of MPFR's numbers, beyond those printed

/// By the second route: with more and more digits, until two of them agree. Its own estimate of the error knows of the quadrature, not of a formula that
/// cancels, as 1 + erf(x - 20) does.
///   lost   digits that are expected to cancel
template <class Compute>
Estimate<Digits> in_digits(const Printing& print, long lost, Compute compute) {
  constexpr long most_extra = 300;
  const auto at = [&](long digits) {
    const DigitsPrecision p(static_cast<unsigned>(digits + lost));
    return compute();
  };
  Estimate<Digits> coarse = at(print.digits + extra_digits);
  for (long extra = 2 * extra_digits;; extra *= 2) {
    Estimate<Digits> finer = at(print.digits + extra);
    const DigitsPrecision p(static_cast<unsigned>(print.digits + extra + lost));
    const Digits difference = abs(Digits(finer.value - coarse.value));
    if (difference <= abs(finer.value) * pow(Digits(10), -print.digits) || extra > most_extra) {
      finer.error += difference;
      return finer;
    }
    coarse = std::move(finer);
  }
}

/// Digits that a formula may lose where its expectation is as small as balls say, if they can.
long digits_below_one(const Activation& f, const Rational& q, const Budget& budget) {
  try {
    const Precision p(64);
    const double log2_scale = expectation(f, Ball(q), budget).log2_scale;
    return log2_scale < 0 && log2_scale > -1e5 ? static_cast<long>(-0.302 * log2_scale) + 1 : 0;
  } catch (const NotReached&) {
    budget.check();
    return 0;
  }
}

/// A variance for the double engine, which has no number for 1e-400.
double in_double(const Rational& q) {
  return for_flag("--variance", [&] { return nearest_double(q); });
}

/// E[f] of a typed f, to the digits asked for.
std::pair<Quantity, std::uint64_t> value_of(const Activation& f, const Rational& q, const Printing& print, const Budget& budget) {
  const auto finish = [&](const auto& estimate, Quantity text) { return std::pair{std::move(text), estimate.evaluations}; };
  switch (print.engine) {
    case Engine::number: {
      const Precision p(64);
      const auto estimate = expectation(f, in_double(q), budget);
      return finish(estimate, quantity(estimate.value, estimate.error, estimate.method, print));
    }
    case Engine::mpfr: {
      const auto estimate = in_digits(print, digits_below_one(f, q, budget), [&] { return expectation(f, constant<Digits>(q), budget); });
      const DigitsPrecision p(static_cast<unsigned>(print.digits + 2 * extra_digits));
      return finish(estimate, quantity(estimate.value, estimate.error, estimate.method, print));
    }
    case Engine::ball: break;
  }
  Expectation found;
  refine(print.digits, "expectation", [&] {
    budget.check();
    found = expectation(f, Ball(q), budget);
    const Ball scale = std::isfinite(found.log2_scale) ? power_of_two(static_cast<long>(found.log2_scale)) : Ball(0);
    return stands(found.estimate.value, print.digits, scale);
  });
  return finish(found.estimate, quantity(found.estimate.value, found.estimate.proven, found.estimate.method, print));
}

/// One variance for u and v, or two; the covariance within its bounds.
ExactCovariance parsed_covariance(const Flags& flags) {
  const std::vector<Rational> q = for_flag("--variance", [&] { return parse_list(flags.variance); });
  if (q.size() > 2) throw UsageError("--variance: " + flags.variance + " has " + std::to_string(q.size()) + " values; a formula in u and v takes one for both, or two");
  const std::vector<Rational> c = for_flag("--covariance", [&] { return parse_list(flags.covariance); });
  if (c.size() != 1) throw UsageError("--covariance: " + flags.covariance + " has " + std::to_string(c.size()) + " values; give one");
  const ExactCovariance r{q[0], q.back(), c[0]};
  if (r.q1 < 0 || r.q2 < 0) throw UsageError("--variance: " + flags.variance + " is negative; a variance is 0 or more");
  if (r.c * r.c > r.q1 * r.q2) {
    throw UsageError("--covariance: " + flags.covariance + " is beyond what the variances " + to_string(r.q1) + " and " + to_string(r.q2) + " allow; its square is at most their product");
  }
  return r;
}

bool is_in_u_and_v(const std::string& formula) {
  Language language = activation_language();
  language.variables = {"x", "u", "v"};
  try {
    const Expression e = parse(formula, language);
    return !e.depends_on("x") && (e.depends_on("u") || e.depends_on("v"));
  } catch (const UsageError&) {
    return false;  // said where the formula is read
  }
}

/// E of a typed sum of products f(u) g(v), to the digits asked for.
std::pair<Quantity, std::uint64_t> value_of(const TwoVariableExpectation& f, const ExactCovariance& covariance, const Printing& print, const Budget& budget) {
  switch (print.engine) {
    case Engine::number: throw UsageError("--engine: double precision has no rule for a formula in u and v; take ball or mpfr");
    case Engine::mpfr: {
      const auto estimate = in_digits(print, 0, [&] { return f.by_digits(covariance, budget); });
      const DigitsPrecision p(static_cast<unsigned>(print.digits + 2 * extra_digits));
      return {quantity(estimate.value, estimate.error, estimate.method, print), estimate.evaluations};
    }
    case Engine::ball: break;
  }
  PairExpectation::Value found;
  refine(print.digits, "expectation", [&] {
    budget.check();
    found = f.at(covariance, budget);
    return stands(found.value, print.digits, found.scale);
  });
  return {quantity(found.value, true, found.method, print), found.evaluations};
}

std::vector<Column> value_columns() {
  return {{"", "value", "E[f]"}, {"evaluations", "evaluations", "n", in_json | in_csv | in_block}, {"digits", "digits", "N", in_json}};
}

/// The six numbers of a variance map: Q, Q', Q'', chi, chi', chi''. Each with the size that a cancelled one is measured by.
template <class Real>
struct SixNumbers {
  SixNumbers(const VarianceJet<Real>& jet, const Rational& q) : jets{jet.Q, jet.dQ, jet.d2Q, jet.chi, jet.dchi, jet.d2chi} {
    // Near q = 0 a derivative is one of phi there, which no power of 1/q measures.
    const Real unit = q < 1 ? Real(1) : constant<Real>(q);
    scales = {Real(0), jet.Q / unit, jet.Q / (unit * unit), Real(0), jet.chi / unit, jet.chi / (unit * unit)};
  }
  std::array<Real, 6> jets, scales;
};

template <class Real>
bool exists(const VarianceJet<Real>& jet, std::size_t i) {
  return static_cast<int>(i % 3) <= (i < 3 ? jet.Q_order : jet.chi_order);
}

/// What cannot be reached or printed leaves a reason in its place, unless nothing else is left.
template <class Real, class Print>
std::vector<Cell> cells_of(const VarianceJet<Real>& jet, Print print) {
  std::vector<Cell> cells;
  std::optional<NotReached> unreached;
  std::size_t printed = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    if (!exists(jet, i)) {
      cells.emplace_back(Missing{jet.reason});
      continue;
    }
    try {
      cells.emplace_back(print(i));
      ++printed;
    } catch (const NotReached& why) {
      unreached = why;
      cells.emplace_back(Missing{why.what()});
    }
  }
  if (unreached && printed == 0) throw *unreached;
  return cells;
}

std::vector<Cell> map_in_doubles(const VarianceMap& map, const Rational& q, const Printing& print, const Budget& budget) {
  constexpr double accuracy = 1e-12;  // of the larger of value and size, measured
  const VarianceJet<Pack> jet = map.at(Pack(in_double(q)), budget);
  const SixNumbers<Pack> numbers(jet, q);
  return cells_of(jet, [&](std::size_t i) {
    const double value = numbers.jets[i][0], known_size = i % 3 == 0 ? 0 : jet.sizes[i - 1 - i / 3][0];
    const double size = known_size > 0 ? known_size : numbers.scales[i][0];
    return quantity(value, accuracy * std::max(std::abs(value), size), jet.method, print);
  });
}

std::vector<Cell> map_in_digits(const VarianceMap& map, const Rational& q, const Printing& print, const Budget& budget) {
  // The second route weighs with He_2k(z)/(2q)^k, which cancels to that power of a small q.
  const double log_q = q == 0 ? 0 : log10(constant<Digits>(q)).convert_to<double>();
  const long lost = log_q < 0 ? static_cast<long>(-2 * log_q) + 1 : 0;
  // The error is estimated from the same computation with more digits.
  const auto at_digits = [&](long digits) {
    const DigitsPrecision p(static_cast<unsigned>(digits + lost));
    return map.at(constant<Digits>(q), budget);
  };
  const VarianceJet<Digits> jet = at_digits(print.digits + extra_digits), finer = at_digits(print.digits + 2 * extra_digits);
  const DigitsPrecision p(static_cast<unsigned>(print.digits + 2 * extra_digits));
  const SixNumbers<Digits> numbers(finer, q), coarse(jet, q);
  return cells_of(finer, [&](std::size_t i) {
    const Digits difference = abs(Digits(numbers.jets[i] - coarse.jets[i]));
    return quantity(numbers.jets[i], difference + abs(numbers.jets[i]) * pow(Digits(10), -(print.digits + extra_digits)), finer.method, print);
  });
}

std::vector<Cell> map_in_balls(const VarianceMap& map, const Rational& q, const Printing& print, const Budget& budget) {
  std::optional<VarianceJet<Ball>> jet;
  const auto does_stand = [&](std::size_t i) {
    const SixNumbers<Ball> numbers(*jet, q);
    return stands(numbers.jets[i], print.digits, numbers.scales[i]);
  };
  std::optional<NotReached> unreached;
  try {
    refine(print.digits, "expectation", [&] {
      budget.check();
      jet = map.at(Ball(q), budget);
      for (std::size_t i = 0; i < 6; ++i) {
        if (exists(*jet, i) && !does_stand(i)) return false;
      }
      return true;
    });
  } catch (const NotReached& why) {
    if (!jet) throw;
    unreached = why;
  }
  const SixNumbers<Ball> numbers(*jet, q);
  return cells_of(*jet, [&](std::size_t i) {
    if (unreached && !does_stand(i)) throw *unreached;
    return quantity(numbers.jets[i], jet->proven, jet->method, print);
  });
}

std::vector<Cell> map_at(const VarianceMap& map, const Rational& q, const Printing& print, const Budget& budget) {
  switch (print.engine) {
    case Engine::number: return map_in_doubles(map, q, print, budget);
    case Engine::mpfr: return map_in_digits(map, q, print, budget);
    case Engine::ball: break;
  }
  return map_in_balls(map, q, print, budget);
}

std::vector<Column> map_columns() {
  return {{"variance", "variance", "q", everywhere, true}, {"Q", "Q", "Q"},         {"dQ", "Q'", "Q'"},      {"d2Q", "Q''", "Q''"}, {"chi", "chi", "\\chi"},
          {"dchi", "chi'", "\\chi'"},                      {"d2chi", "chi''", "\\chi''"}, {"digits", "digits", "N", in_json}};
}

int answer_question(const Flags& flags, Answer& answer) {
  if (flags.formula.empty() == flags.activation.empty())
    throw UsageError("give either a formula, like 'tanh(x)^2', or --activation F for Q and chi of that activation");
  if (flags.variance.empty()) throw UsageError("no variance is given; add one, like --variance 3/2");
  if (!flags.covariance.empty()) {
    if (flags.formula.empty()) throw UsageError("--covariance: needs a formula in u and v, like 'tanh(u)*relu(v)'; for an activation's kernels see infwidth kernel");
    const ExactCovariance covariance = parsed_covariance(flags);
    const Printing print = printing(flags.answer);
    const TwoVariableExpectation f(products_of_two(flags.formula));
    answer.begin(value_columns(), "E[" + flags.formula + "], u and v normal with mean 0, variances " + to_string(covariance.q1) + " and " + to_string(covariance.q2) + ", covariance " + to_string(covariance.c));
    auto [value, evaluations] = value_of(f, covariance, print, answer.budget());
    answer.row({std::move(value), static_cast<long>(evaluations), print.digits});
    return answered;
  }
  const Range variances = for_flag("--variance", [&] { return parse_range(flags.variance); });
  if (variances[0] < 0 || variances[variances.count - 1] < 0) throw UsageError("--variance: " + flags.variance + " is negative; a variance is 0 or more");
  const Printing print = printing(flags.answer);

  if (!flags.formula.empty()) {
    if (variances.count != 1) throw UsageError("--variance: a formula takes one variance, not the range " + flags.variance);
    if (is_in_u_and_v(flags.formula)) throw UsageError("the formula is in u and v; add their covariance, like --covariance 1/2");
    const Activation f = Activation::integrand_from_text(flags.formula);
    answer.begin(value_columns(), "E[f(u)], f(x) = " + flags.formula + ", u normal with mean 0 and variance " + flags.variance);
    auto [value, evaluations] = value_of(f, variances[0], print, answer.budget());
    answer.row({std::move(value), static_cast<long>(evaluations), print.digits});
    return answered;
  }
  const VarianceMap map(for_flag("--activation", [&] { return Activation::from_text(flags.activation); }));
  answer.about({{"activation", flags.activation}});
  answer.begin(map_columns(), "Q(q) = E[phi(u)^2], chi(q) = E[phi'(u)^2], phi = " + flags.activation + ", u normal with mean 0 and variance q");
  Progress progress = answer.progress(variances.count);
  for (std::uint64_t i = 0; i < variances.count; ++i, progress.advance()) {
    const Rational q = variances[i];
    std::vector<Cell> cells = map_at(map, q, print, answer.budget());
    cells.insert(cells.begin(), given(q, flags.answer));
    cells.emplace_back(print.digits);
    answer.row(std::move(cells));
  }
  return answered;
}

}  // namespace

Run add_expectation(CLI::App& program) {
  const auto flags = std::make_shared<Flags>();
  CLI::App& command = *program.add_subcommand("expectation", "Gaussian expectations of a formula, or Q and chi of an activation");
  command.footer(examples);
  command.add_option("formula", flags->formula, "f in x: E[f(u)] is computed, u normal with mean 0; with --covariance a formula in u and v")->type_name("");
  command.add_option("--activation", flags->activation, "Q, chi and their first two derivatives for this activation")->type_name("F")->group("What");
  command.add_option("--variance", flags->variance, "the variance of u (and of v: q1,q2); with --activation also a range, first:last:step")->type_name("q[,q2]")->group("What");
  command.add_option("--covariance", flags->covariance, "the covariance of u and v, for a formula in these two")->type_name("c")->group("What");
  add_answer_flags(command, flags->answer);
  return [flags](const std::string& line) {
    return run_session(flags->answer.session("infwidth expectation", line), [&](Answer& answer) { return answer_question(*flags, answer); });
  };
}

}  // namespace infwidth::cli
