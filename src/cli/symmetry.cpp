// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "commands.hpp"
#include "infwidth/geometry/metric.hpp"
#include "infwidth/geometry/symmetry.hpp"
#include "infwidth/io/json.hpp"
#include "infwidth/io/points.hpp"
#include "infwidth/io/range.hpp"
#include "infwidth/kernel/network_kernel.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/validation/symmetry_study.hpp"
#include "quantities.hpp"

namespace infwidth::cli {

namespace {

struct Flags {
  NetworkFlags network;
  AnswerFlags answer;
  std::string widths, at, draws = "1000", rotations = "3", seed = "1", alpha = "1e-3", threads;
};

constexpr const char* command = "infwidth symmetry";

constexpr const char* examples =
    "Examples:\n"
    "  infwidth symmetry --activation erf --depth 3 --sigma-b2 0.1 --at 0.6,0.8,0.2\n"
    "  infwidth symmetry --activation tanh --widths 100,100 --at 0.6,0.8 --draws 5000\n"
    "\n"
    "Is the metric of random networks invariant under rotations of the input space?\n"
    "At infinite width (no --widths) the kernel alone is asked, by differences: g(Ox) = O g(x) O^T for Haar-random O, the Killing equation\n"
    "for every generator of so(d), and the form A I + B x x^T; each deviation is relative to the largest entry of g.\n"
    "With --widths, random networks are drawn: each breaks the symmetry, but O^T g(Ox) O - g(x) is 0 on average, which is tested with the\n"
    "false-alarm rate --alpha. The symmetry-breaking index |g - Pg|^2 / |g_infinite|^2, P the projection onto the span of I and x x^T, has\n"
    "a mean that theory knows: a trained network is broken by training where its index is beyond that. Exit code 5 if the symmetry is broken, 0 if it\n"
    "stands or there is no verdict.";

double parsed_alpha(const std::string& text) {
  const double alpha = parsed_share("--alpha", text);
  if (!(alpha > 0 && alpha < 1)) throw UsageError("--alpha: " + shown(text) + "; a false-alarm rate lies between 0 and 1");
  return alpha;
}

std::vector<Column> columns() {
  return {{"quantity", "quantity", "\\text{quantity}", everywhere, true}, {"value", "value", "\\text{value}"}, {"expected", "expected", "\\text{expected}"},
          {"standard_error", "standard error", "\\text{standard error}"}, {"note", "note", "\\text{note}"}};
}

void write_verdict(const Flags& flags, Answer& answer, const char* verdict, const std::string& rest, const std::string& text) {
  if (flags.answer.format == "json") answer.raw("{\"verdict\":" + json_string(verdict) + rest + "}\n");
  if (flags.answer.format == "csv") complain(command, text);
}

/// The digits are not the user's choice here, so no refusal may speak of fewer.
KernelValue<Ball> kernel_value(const NetworkKernel& kernel, const InputPair& points, long digits, const Budget& budget) {
  try {
    return kernel.at(points, {.digits = digits, .budget = budget}).back().feature;
  } catch (const NotReached&) {
    budget.check();
    throw NotReached("the kernels between rotated points cannot be had to the accuracy of the test, since the layers multiply every error; "
                     "take fewer layers, smaller weight variances or a shorter point");
  }
}

int of_the_limit(const Flags& flags, const std::vector<Rational>& x, Answer& answer) {
  const Architecture network = flags.network.architecture();
  const LayerMetric<Ball> known = NetworkMetric(network).at(InputPoint::at(x), {.digits = 15, .budget = answer.budget()}).back();
  if (known.outcome == Outcome::no_metric) throw NoSuchQuantity(known.message);
  const NetworkKernel kernel(network);
  SymmetryOptions options;
  options.kinked = std::any_of(network.activations.begin(), network.activations.end(), [](const Activation& phi) { return phi.pieces().size() > 1; });
  options.rotations = static_cast<int>(parse_count(flags.rotations, 1, 1000, "--rotations"));
  options.seed = static_cast<std::uint64_t>(parse_count(flags.seed, 0, 1'000'000'000'000'000'000, "--seed"));
  options.budget = answer.budget();
  Progress progress = answer.progress(symmetry_steps(x.size(), options));
  options.progress = &progress;
  const SettledSymmetry settled = settled_symmetry(
      [&](long digits) {
        return [&kernel, &answer, digits](const std::vector<Rational>& a, const std::vector<Rational>& b) {
          const KernelValue<Ball> value = kernel_value(kernel, InputPair::of(a, b), digits, answer.budget());
          if (!value.absence.reason.empty()) throw NoSuchQuantity(value.absence.reason);
          return value.value;
        };
      },
      x, options);
  const SymmetryDeviation& found = settled.deviation;
  const bool open = settled.verdict == SymmetryVerdict::open, holds = settled.verdict == SymmetryVerdict::holds;
  const std::string why = "the metric changes over lengths too short for the differences of the kernel, whose steps still change what they find; "
                          "take smaller weight variances or a point farther from 0";
  const std::string text = open ? "no verdict: " + why
                                : std::string(holds ? "the metric is invariant" : "THE METRIC IS NOT INVARIANT") + " (what is below " + three_digits(found.resolution) + " is not resolved)";
  const double resolved = std::max({found.resolution, found.noise, open ? found.largest() : 0});
  answer.about(flags.network.subject());
  answer.begin(columns(), flags.network.description() + ", infinite width; " + text);
  const Printing rough{3, Engine::number, false};
  const auto row = [&](const char* name, double value, const char* note) {
    answer.row({name, quantity(value, resolved, "differences of the kernel", rough), quantity(0.0, 0, "", rough), Missing{"not random"}, note});
  };
  row("g(Ox) - O g(x) O^T", found.rotation, "the largest entry, relative to g's");
  row("Killing equation", found.killing, "the largest entry of the Lie derivative of g along a rotation");
  row("g - (A I + B x x^T)", found.form, "with the A and B that fit best");
  write_verdict(flags, answer, open ? "none" : holds ? "symmetric" : "not symmetric", open ? ",\"reason\":" + json_string(why) : "", text);
  return open || holds ? answered : disagrees;
}

int of_networks(const Flags& flags, const std::vector<Rational>& x, Answer& answer) {
  const std::vector<std::uint64_t> widths = for_flag("--widths", [&] { return parsed_widths(flags.widths); });
  NetworkFlags network = flags.network;
  if (network.depth.empty() && widths.size() > 1) network.depth = std::to_string(widths.size());
  SymmetryStudyOptions options;
  options.draws = static_cast<std::uint64_t>(parse_count(flags.draws, 20, 1'000'000'000'000, "--draws"));
  options.seed = static_cast<std::uint64_t>(parse_count(flags.seed, 0, 1'000'000'000'000'000'000, "--seed"));
  options.rotations = static_cast<int>(parse_count(flags.rotations, 1, 1000, "--rotations"));
  options.threads = parsed_threads(flags.threads);
  options.budget = answer.budget();
  const double alpha = parsed_alpha(flags.alpha);
  Progress progress = answer.progress(options.draws);
  options.progress = &progress;
  const EnsembleSymmetry found = ensemble_symmetry(network.architecture(), widths, {x}, options);
  const bool tested = found.test.reason.empty(), holds = found.test.p_value >= alpha;
  std::string text = std::string(holds ? "the law is invariant" : "THE LAW IS NOT INVARIANT") + ": p = " + three_digits(found.test.p_value) + " for " + std::to_string(found.test.used.size()) +
                     " of " + std::to_string(found.components) + " components together, alpha = " + three_digits(alpha);
  if (!tested) text = "no verdict: " + found.test.reason;
  Subject subject = network.subject();
  subject.insert(subject.end(), {{"widths", flags.widths}, {"seed", flags.seed}, {"at", flags.at}});
  answer.about(std::move(subject));
  answer.begin(columns(), network.description() + ", widths " + flags.widths + "; " + std::to_string(found.draws) + " draws, seed " + flags.seed + "; " + text);
  const Printing print{6, Engine::number, false}, rough{3, Engine::number, false};
  const Cell expected = found.expected ? Cell(quantity(*found.expected, 1e-14 * *found.expected, found.standing, print)) : Cell(Missing{"no theory has it"});
  std::string note = "|g - Pg|^2 / |g_infinite|^2, its mean over the draws";
  if (found.expected) note += "; expected: " + found.standing + (found.standard_error > 0 ? ", z = " + three_digits((found.index - *found.expected) / found.standard_error) : "; the networks do not differ in it");
  answer.row({"symmetry-breaking index", quantity(found.index, found.standard_error / 20, "Monte Carlo", print), expected, quantity(found.standard_error, 0, "", rough), note});
  answer.row({"equivariance p-value", tested ? Cell(quantity(found.test.p_value, 0, "Hotelling's T^2", rough)) : Cell(Missing{found.test.reason}), Missing{"a p-value is no mean over the draws"}, Missing{"a p-value is no mean over the draws"}, "of the mean of O^T g(Ox) O - g(x)"});
  const std::string p_value = tested ? three_digits(found.test.p_value) : "null,\"reason\":" + json_string(found.test.reason);
  write_verdict(flags, answer, !tested ? "none" : holds ? "symmetric" : "not symmetric", ",\"p_value\":" + p_value + ",\"alpha\":" + three_digits(alpha), text);
  if (!found.complete) {
    complain(command, "stopped after " + std::to_string(found.draws) + " draws; these are the statistics so far");
    try {
      answer.budget().check();
    } catch (const NotReached&) {
      return not_reached;
    } catch (const Stopped&) {
      return interrupted;
    }
  }
  return holds ? answered : disagrees;
}

}  // namespace

Run add_symmetry(CLI::App& program) {
  const auto flags = std::make_shared<Flags>();
  flags->answer.engine = "double";
  CLI::App& symmetry = *program.add_subcommand("symmetry", "whether the metric is invariant under rotations, at infinite width or of networks");
  symmetry.footer(examples);
  add_network_flags(symmetry, flags->network);
  symmetry.add_option("--residual", flags->network.residual, "residual connections between hidden layers: h + alpha (W phi(h) + b)")->type_name("alpha")->group("Network");
  symmetry.add_option("--widths", flags->widths, "draw networks of these widths, one for all hidden layers or one a layer; without it, infinite width")->type_name("n[,n..]")->group("Network");
  symmetry.add_option("--at", flags->at, "the point")->type_name("x1,x2,..")->group("Where");
  symmetry.add_option("--rotations", flags->rotations, "how many Haar-random rotations (3)")->type_name("M")->group("Test");
  symmetry.add_option("--draws", flags->draws, "how many networks are drawn (1000)")->type_name("N")->group("Test");
  symmetry.add_option("--seed", flags->seed, "the random numbers' seed (1)")->type_name("S")->group("Test");
  symmetry.add_option("--alpha", flags->alpha, "how often a true symmetry is called broken (1e-3)")->type_name("a")->group("Test");
  add_format_flags(symmetry, flags->answer);
  add_long_work_flags(symmetry, flags->answer);
  symmetry.add_option("--threads", flags->threads, "how many threads draw; all cores by default, the same bits for any number")->type_name("T")->group("Long work");
  return [flags](const std::string& line) {
    return run_session(flags->answer.session(command, line), [&](Answer& answer) {
      if (flags->at.empty()) throw UsageError("--at is missing: the point at which the symmetry is looked at, like --at 0.6,0.8");
      const std::vector<Rational> x = for_flag("--at", [&] { return parse_list(flags->at); });
      return flags->widths.empty() ? of_the_limit(*flags, x, answer) : of_networks(*flags, x, answer);
    });
  };
}

}  // namespace infwidth::cli
