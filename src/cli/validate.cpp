// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>

#include "checkpoint.hpp"
#include "commands.hpp"
#include "convergence.hpp"
#include "infwidth/io/json.hpp"
#include "infwidth/io/points.hpp"
#include "infwidth/io/range.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/report/figure.hpp"
#include "infwidth/validation/network_study.hpp"
#include "quantities.hpp"
#include "study_rows.hpp"
#include "weights.hpp"

namespace infwidth::cli {

namespace {

struct Flags {
  NetworkFlags network;
  AnswerFlags answer;
  std::string widths, at, data, of, draws = "1000", seed = "1", alpha = "1e-3", convergence, figure, threads, checkpoint;
  std::vector<std::string> inject;
  bool extrapolate = false, resume = false;
};

constexpr const char* command = "infwidth validate";

constexpr const char* examples =
    "Examples:\n"
    "  infwidth validate --activation erf --widths 100 --at 0.6,0.8 --draws 10000\n"
    "  infwidth validate --activation tanh --widths 100,100,100 --sigma-w2 3/2 --sigma-b2 0.1 --at 0.6,0.8 --format json\n"
    "  infwidth validate --activation erf --widths 100 --at 0.6,0.8 --draws 100000 --inject 1%\n"
    "  infwidth validate --activation erf --widths 1000 --of metric,curvature --at 0.6,0.8 --draws 400 --extrapolate\n"
    "  infwidth validate --activation tanh --widths 25,25 --at 0.6,0.8 --draws 20000 --convergence 1,2,4,8,16 --figure convergence.pdf\n"
    "  infwidth validate --activation gelu --widths 200,200 --of kernel,ntk --data points.csv --extrapolate --draws 20000 --checkpoint run.state\n"
    "\n"
    "Draws random networks and holds the theory of the metric of their features against them. Each row has the theory's value at these\n"
    "widths (exact where it is known, else to first order in 1/n), the mean over the draws, its standard error, and\n"
    "z = (mean - theory) / standard error. The verdict is one test of all rows together, which takes account of their covariance: it calls\n"
    "a true theory false with probability --alpha. How often a metric is singular is counted, and tested by the binomial law. Rows of which so\n"
    "few draws do not tell the error (a long tail) stand outside. Exit code 5 if the theory disagrees, 0 if it stands or there is no verdict.\n"
    "What has no theory at finite width (curvature; kernels of deep networks) stands outside the verdict, or, with --extrapolate, is\n"
    "extrapolated to infinite width from networks of widths n, 2n and 4n. Curvatures are medians: in narrow networks they have no variance.\n"
    "--inject 1% makes the theory false by that much to see it caught, and says how probable that is: of the metric, or of another quantity\n"
    "by its name (--inject curvature=200%).\n"
    "--convergence draws networks of these multiples of the widths: how mean and standard deviation go to their limits, and the slopes in\n"
    "between, beside the -1 and -1/2 of theory; --figure draws them. There is no verdict then.";

std::map<std::string, double> injections(const Flags& flags) {
  std::map<std::string, double> found;
  for (const std::string& text : flags.inject) {
    const std::size_t equals = text.find('=');
    const std::string name = equals == std::string::npos ? "metric" : text.substr(0, equals);
    found[name] = parsed_share("--inject", equals == std::string::npos ? text : text.substr(equals + 1));
  }
  return found;
}

/// Those named; or all that networks of these widths have in d dimensions: a volume needs d units, curvature two dimensions and three derivatives.
StudyQuantities quantities(const std::string& text, const Architecture& network, const std::vector<std::uint64_t>& widths, std::size_t d) {
  if (text.empty()) {
    const bool regular = *std::min_element(widths.begin(), widths.end()) >= d;
    const bool smooth = std::all_of(network.activations.begin(), network.activations.end(), [](const Activation& phi) { return phi.pieces().size() == 1; });
    return {.volume = regular, .log_volume = regular, .curvature = regular && smooth && d > 1, .kernel = true, .ntk = true};
  }
  StudyQuantities of{false, false, false, false, false, false};
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    switch (choice("--of", text.substr(at, end - at), {"metric", "volume", "log-volume", "curvature", "kernel", "ntk"})) {
      case 0: of.metric = true; break;
      case 1: of.volume = true; break;
      case 2: of.log_volume = true; break;
      case 3: of.curvature = true; break;
      case 4: of.kernel = true; break;
      default: of.ntk = true;
    }
    at = end + 1;
  }
  return of;
}

std::vector<std::vector<Rational>> points_of(const Flags& flags) {
  if (flags.at.empty() == flags.data.empty()) throw UsageError("give either --at x1,x2,.. or --data FILE: where the networks are compared");
  if (!flags.at.empty()) return {for_flag("--at", [&] { return parse_list(flags.at); })};
  constexpr std::size_t most = 100;
  PointReader reader = for_flag("--data", [&] { return PointReader::open(flags.data); });
  std::vector<std::vector<Rational>> points;
  for (std::vector<Rational> x; reader.next(x); points.push_back(x)) {
    if (points.size() == most) throw UsageError("--data: more than " + std::to_string(most) + " points; each has rows of its own, so take fewer");
  }
  return points;
}

/// The network, whose depth is that of the widths unless it is given.
Architecture architecture_of(Flags& flags, std::vector<std::uint64_t>& widths) {
  if (flags.widths.empty()) throw UsageError("--widths is missing: how wide the networks are, like --widths 100 or --widths 100,50");
  widths = for_flag("--widths", [&] { return parsed_widths(flags.widths); });
  if (flags.network.depth.empty() && widths.size() > 1) flags.network.depth = std::to_string(widths.size());
  NetworkFlags network = flags.network;
  if (network.parameterization == "standard") network.widths = flags.widths;
  return network.architecture();
}

/// What is told of a run that ended early, and its exit code.
int stopped(const Flags& flags, std::uint64_t draws, const Budget& budget) {
  complain(command, "stopped after " + std::to_string(draws) + " draws; these are the statistics so far" +
                        (flags.checkpoint.empty() ? "" : ", and --resume goes on from " + shown(flags.checkpoint)));
  try {
    budget.check();
  } catch (const Stopped&) {
    return interrupted;
  } catch (const NotReached&) {
  }
  return not_reached;
}

int answer_convergence(const Flags& flags, const Architecture& network, const std::vector<std::uint64_t>& widths, const std::vector<std::vector<Rational>>& points, StudyOptions& options,
                       Answer& answer) {
  if (options.extrapolate) throw UsageError("--extrapolate compares limits, and --convergence shows the way to them; leave one of them out");
  const std::vector<std::uint64_t> factors = for_flag("--convergence", [&] { return parsed_widths(flags.convergence.empty() ? "1,2,4,8,16" : flags.convergence); });
  Output* figure = nullptr;
  if (!flags.figure.empty()) {
    for_flag("--figure", [&] { return require_figure(flags.figure), 0; });
    figure = &answer.file(flags.figure);
  }
  Progress progress = answer.progress(options.draws * factors.size());
  options.progress = &progress;
  const ConvergenceResult result = convergence(network, widths, points, factors, options);
  const std::string title = flags.network.description() + ", widths " + flags.widths + " and multiples";
  write_convergence(result, title + "; " + std::to_string(result.draws) + " draws of each, seed " + flags.seed + (result.complete ? "" : " (stopped before the last draw)"), widths[0], flags.answer, answer);
  if (figure != nullptr) figure->write(convergence_figure(result, widths[0], flags.figure));
  return result.complete ? answered : stopped(flags, result.draws, answer.budget());
}

int answer_question(Flags& flags, Answer& answer) {
  std::vector<std::uint64_t> widths;
  const Architecture network = architecture_of(flags, widths);
  const std::vector<std::vector<Rational>> points = points_of(flags);
  StudyOptions options;
  options.of = quantities(flags.of, network, widths, points.empty() ? 0 : points[0].size());
  options.draws = static_cast<std::uint64_t>(parse_count(flags.draws, 20, 1'000'000'000'000, "--draws"));
  options.seed = static_cast<std::uint64_t>(parse_count(flags.seed, 0, 1'000'000'000'000'000'000, "--seed"));
  options.extrapolate = flags.extrapolate;
  options.alpha = parsed_share("--alpha", flags.alpha);
  options.inject = injections(flags);
  options.threads = parsed_threads(flags.threads);
  options.checkpoint = flags.checkpoint;
  options.resume = flags.resume;
  require_checkpoint(flags.checkpoint, flags.resume);
  // What the numbers depend on, without what only says how they are computed or shown.
  options.identity = flags.network.description() + ", widths " + flags.widths + ", at " + contents_of(points) + ", of " + (flags.of.empty() ? "all" : flags.of) +
                     ", seed " + flags.seed;
  options.budget = answer.budget();
  Subject subject = flags.network.subject();
  subject.insert(subject.end(), {{"widths", flags.widths}, {"seed", flags.seed}, {"at", flags.at.empty() ? flags.data : flags.at}});
  answer.about(std::move(subject));
  if (!flags.convergence.empty() || !flags.figure.empty()) return answer_convergence(flags, network, widths, points, options, answer);
  Progress progress = answer.progress(study_draws(options));
  options.progress = &progress;
  const StudyResult result = validate(network, widths, points, options);
  write_study(result, flags.network.description() + ", widths " + flags.widths + "; " + std::to_string(result.draws) + " draws, seed " + flags.seed, command, flags.answer, answer);
  if (!result.complete) return stopped(flags, result.draws, answer.budget());
  return result.agrees() ? answered : disagrees;
}

}  // namespace

Run add_validate(CLI::App& program) {
  const auto flags = std::make_shared<Flags>();
  flags->answer.engine = "double";
  CLI::App& validate = *program.add_subcommand("validate", "hold the theory against networks drawn at random");
  validate.footer(examples);
  add_network_flags(validate, flags->network);
  validate.add_option("--parameterization", flags->network.parameterization, "what is trained, for the NTK: ntk (the default) or standard")->type_name("P")->group("Network");
  validate.add_option("--residual", flags->network.residual, "residual connections between hidden layers: h + alpha (W phi(h) + b)")->type_name("alpha")->group("Network");
  validate.add_option("--widths", flags->widths, "widths of the hidden layers, one for all or one a layer, which then give the depth")->type_name("n[,n..]")->group("Network");
  validate.add_option("--at", flags->at, "the point")->type_name("x1,x2,..")->group("Where");
  validate.add_option("--data", flags->data, "up to 100 points: CSV or .npy, rows are points")->type_name("FILE")->group("Where");
  validate.add_option("--of", flags->of, "which of metric, volume, log-volume, curvature, kernel, ntk; all that the networks have by default")->type_name("Q[,Q..]")->group("Test");
  validate.add_option("--draws", flags->draws, "how many networks are drawn (1000)")->type_name("N")->group("Test");
  validate.add_option("--seed", flags->seed, "the random numbers' seed (1): the same seed gives the same bits on any number of threads")->type_name("S")->group("Test");
  validate.add_option("--alpha", flags->alpha, "how often a true theory is called false (1e-3)")->type_name("a")->group("Test");
  validate.add_option("--inject", flags->inject, "an error put into the theory, to see it caught: 1%, or curvature=200%")->type_name("[Q=]e")->group("Test")->allow_extra_args(false);
  validate.add_flag("--extrapolate", flags->extrapolate, "draw networks of widths n, 2n and 4n, and extrapolate what has no theory at finite width")->group("Test");
  validate.add_option("--convergence", flags->convergence, "draw networks of these multiples of the widths, and fit how they converge: 1,2,4,8,16")->type_name("F[,F..]")->group("Test");
  validate.add_option("--figure", flags->figure, "draw the convergence: .pdf, .svg or .png, by gnuplot")->type_name("FILE")->group("Answer");
  add_format_flags(validate, flags->answer);
  add_long_work_flags(validate, flags->answer);
  validate.add_option("--threads", flags->threads, "how many threads draw; all cores by default, the same bits for any number")->type_name("T")->group("Long work");
  validate.add_option("--checkpoint", flags->checkpoint, "a file that keeps what is known so far")->type_name("FILE")->group("Long work");
  validate.add_flag("--resume", flags->resume, "go on from the checkpoint")->group("Long work");
  const auto weights = std::make_shared<WeightsFlags>();
  add_weights_flags(validate, *weights);
  return [flags, weights, &validate](const std::string& line) {
    if (weights->any()) {
      const SessionOptions options = flags->answer.session(command, line);
      const WeightsQuestion question{flags->network, flags->answer, flags->at, flags->data, flags->threads};
      return run_session(options, [&](Answer& answer) { return answer_weights(validate, *weights, question, answer); });
    }
    return run_session(flags->answer.session(command, line), [&](Answer& answer) { return answer_question(*flags, answer); });
  };
}

}  // namespace infwidth::cli
