// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <memory>

#include "commands.hpp"
#include "infwidth/finite/theory.hpp"
#include "infwidth/io/range.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "quantities.hpp"

namespace infwidth::cli {

namespace {

struct Flags {
  NetworkFlags network;
  AnswerFlags answer;
  std::string widths, at, norm2, dim;
};

constexpr const char* command = "infwidth finite";

constexpr const char* examples =
    "Examples:\n"
    "  infwidth finite --widths 100,100 --activation tanh --sigma-w2 3/2 --sigma-b2 1/10 --at 1,0\n"
    "  infwidth finite --widths 50,20,50 --activation relu --sigma-w2 2 --norm2 1 --dim 5 --digits 30\n"
    "  infwidth finite --widths 64 --activation gelu --at 3/5,4/5 --format json\n"
    "\n"
    "The metric g = J^T J / n of the features of a network with hidden layers of so many units, over its random draws: of each quantity the value at infinite width, and\n"
    "mean and standard deviation of one draw (the mean of N draws deviates by that over sqrt(N)), each with what stands behind it:\n"
    "  exact         at these widths, every digit\n"
    "  leading 1/n   to first order in 1/width, whose formula has the digits; the rest is of the order 1/n^2, for the volume about (d/n)^2\n"
    "  limit         that of infinite width, where there is no expansion in 1/n\n"
    "Exact are: for one hidden layer the metric's mean and covariance and the mean of det g; for relu, leaky relu, abs and linear layers of any depth also the variance of\n"
    "det g, and (but for leaky relu) the laws of the volume element, of its logarithm (over the draws where g is not singular) and the probability that g is singular.";

std::vector<Column> columns() {
  return {{"quantity", "quantity", "\\mathrm{quantity}"},
          {"infinite_width", "infinite width", "n = \\infty"},
          {"mean", "mean", "\\mathrm{E}"},
          {"mean_standing", "", "\\mathrm{standing}"},
          {"deviation", "deviation", "\\sigma"},
          {"deviation_standing", "", "\\mathrm{standing}"},
          {"digits", "digits", "N", in_json}};
}

Quantity text_of(const Value<Ball>& v, bool proven, const std::string& method, const Printing& print) { return quantity(v.value, proven, method, print); }
Quantity text_of(const Value<Digits>& v, bool, const std::string& method, const Printing& print) { return quantity(v.value, v.error, method, print); }

/// The standard deviation.
Value<Ball> root(const Value<Ball>& variance) {
  Value<Ball> v = variance;
  const Precision precision(2 * Precision::bits() + 200);
  if (v.exists()) v.value = sqrt(v.value);
  return v;
}
Value<Digits> root(const Value<Digits>& variance) {
  Value<Digits> v = variance;
  if (!v.exists() || v.value == 0) return v;
  const DigitsPrecision precision(v.value.precision());
  v.value = sqrt(v.value);
  v.error = v.error / v.value;
  return v;
}

template <class Real>
class Rows {
 public:
  Rows(const FiniteTheory<Real>& theory, const Printing& print, Answer& answer) : theory_(theory), print_(print), answer_(answer) {}

  void write() {
    row("g along x", theory_.radial);
    if (theory_.x.dim > 1) row("g across x", theory_.tangential);
    const std::size_t d = theory_.x.coordinates.size();
    for (std::size_t i = 0; d <= LayerMetric<Real>::largest_matrix && i < d; ++i) {
      for (std::size_t j = i; j < d; ++j) row("g[" + std::to_string(i + 1) + "," + std::to_string(j + 1) + "]", theory_.entry(i, j));
    }
    row("det g", theory_.determinant);
    row("volume element", theory_.volume);
    row("log volume element", theory_.log_volume);
    FiniteLaw<Real> singular;
    singular.mean = singular.variance = theory_.singular;
    const Real& p = theory_.singular.value.value;
    singular.variance.value.value = p * (Real(1) - p);
    if (!theory_.log_volume.limit.exists()) singular.limit.value = Real(1);
    row("g is singular", singular);
  }

 private:
  const FiniteTheory<Real>& theory_;
  const Printing& print_;
  Answer& answer_;

  Cell cell(const Value<Real>& v) const { return v.exists() ? Cell(text_of(v, theory_.proven, "laws of finite width", print_)) : Cell(Missing{v.reason}); }
  static std::string standing(const Moment<Real>& m) { return m.exists() ? to_string(m.standing) : "none"; }

  void row(const std::string& name, const FiniteLaw<Real>& law) {
    answer_.row({name, cell(law.limit), cell(law.mean.value), standing(law.mean), cell(root(law.variance.value)), standing(law.variance), print_.digits});
  }
};

InputPoint point_of(const Flags& flags) {
  if (flags.at.empty() == flags.norm2.empty()) throw UsageError("give one of --at x1,x2,.. and --norm2 s with --dim d: where the metric is asked for");
  if (!flags.at.empty()) {
    if (!flags.dim.empty()) throw UsageError("--dim: the point of --at has its own dimension; leave --dim out");
    return InputPoint::at(for_flag("--at", [&] { return parse_list(flags.at); }));
  }
  if (flags.dim.empty()) throw UsageError("--norm2 needs the dimension of the input space; add it, like --dim 2");
  const std::vector<Rational> norm2 = for_flag("--norm2", [&] { return parse_list(flags.norm2); });
  if (norm2.size() != 1) throw UsageError("--norm2: " + flags.norm2 + " is more than one number; ask for one point at a time");
  return for_flag("--norm2", [&] { return InputPoint::with_norm2(norm2[0], static_cast<int>(parse_count(flags.dim, 1, 1'000'000, "--dim"))); });
}

int answer_question(const Flags& flags, Answer& answer) {
  const std::vector<std::uint64_t> widths = for_flag("--widths", [&] { return parsed_widths(flags.widths); });
  if (widths.empty()) throw UsageError("--widths: none are given; write the units of each hidden layer, like --widths 100,100");
  NetworkFlags network = flags.network;
  if (network.depth.empty()) network.depth = std::to_string(std::max(widths.size(), network.activations.size()));
  const InputPoint x = point_of(flags);
  const Printing print = printing(flags.answer);
  if (print.engine == Engine::number) throw UsageError("--engine: the laws of finite width are computed with proven digits (ball) or by a second route (mpfr); leave it out");
  const Architecture architecture = network.architecture();
  const FiniteWidth laws = for_flag("--widths", [&] { return FiniteWidth(architecture, widths); });
  const FiniteOptions options{print.digits, answer.budget()};
  Subject subject = network.subject();
  subject.insert(subject.end(), {{"widths", flags.widths}, {"at", flags.at}, {"norm2", flags.norm2}, {"dim", flags.dim}});
  answer.about(std::move(subject));
  answer.begin(columns(), network.description() + ", widths " + flags.widths + "; at " + (flags.at.empty() ? "|x|^2 = " + flags.norm2 + ", d = " + flags.dim : "(" + flags.at + ")"));
  if (print.engine == Engine::mpfr) {
    const DigitsPrecision precision(static_cast<unsigned>(print.digits + 20));
    Rows<Digits>(laws.at_by_digits(x, options), print, answer).write();
  } else {
    const Precision precision(Precision::bits_for(print.digits) + 60);
    Rows<Ball>(laws.at(x, {print.digits + 3, answer.budget()}), print, answer).write();
  }
  return answered;
}

}  // namespace

Run add_finite(CLI::App& program) {
  const auto flags = std::make_shared<Flags>();
  CLI::App& finite = *program.add_subcommand("finite", "the metric of networks of finite width: exact laws, and first corrections in 1/width");
  finite.footer(examples);
  add_network_flags(finite, flags->network);
  finite.add_option("--widths", flags->widths, "the units of the hidden layers: one number a layer (the depth follows), or one for all of --depth")->type_name("n[,n..]")->group("Network");
  finite.add_option("--at", flags->at, "one point; 3/2 and 0.1 are exact; write --at=-1,0 where it begins with a minus")->type_name("x1,x2,..")->group("Where");
  finite.add_option("--norm2", flags->norm2, "|x|^2, on which all but the entries of g depends; needs --dim")->type_name("s")->group("Where");
  finite.add_option("--dim", flags->dim, "the dimension of the input space")->type_name("d")->group("Where");
  add_answer_flags(finite, flags->answer);
  return [flags](const std::string& line) {
    return run_session(flags->answer.session(command, line), [&](Answer& answer) { return answer_question(*flags, answer); });
  };
}

}  // namespace infwidth::cli
