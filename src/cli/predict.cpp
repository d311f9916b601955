// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include <fmt/core.h>

#include "commands.hpp"
#include "data_words.hpp"
#include "infwidth/io/json.hpp"
#include "infwidth/io/matrix.hpp"
#include "infwidth/io/range.hpp"
#include "infwidth/kernel/gram.hpp"
#include "infwidth/kernel/rank.hpp"
#include "infwidth/kernel/regression.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/text.hpp"
#include "infwidth/run/memory.hpp"
#include "quantities.hpp"

namespace infwidth::cli {

namespace {

struct Flags {
  NetworkFlags network;
  AnswerFlags answer;
  std::string train, targets, test, test_targets, of, time, noise = "0", threads;
  bool classes = false;

  bool to_npy() const { return answer.output.ends_with(".npy"); }
};

constexpr const char* command = "infwidth predict";

constexpr const char* examples =
    "Examples:\n"
    "  infwidth predict --activation relu --depth 3 --sigma-w2 2 --of nngp --noise 0.1 --train X.npy --targets y.npy --test Z.npy\n"
    "  infwidth predict --activation erf --sigma-w2 3/2 --sigma-b2 0.1 --of ntk --time inf --train X.csv --targets y.csv --test Z.csv\n"
    "  infwidth predict --activation tanh --of ntk --time 10 --classes --train X.npy --targets labels.npy --test Z.npy --test-targets true.npy\n"
    "\n"
    "What an infinitely wide network predicts at the test points once it has seen the training points: mean and variance.\n"
    "  --of nngp   a Bayesian network: the posterior of its outputs, given the targets with independent noise of variance --noise\n"
    "  --of ntk    networks trained by gradient flow on 1/2 sum (f - y)^2 for the time --time: over their random initial parameters.\n"
    "              --noise v adds 1/2 v |theta - theta_0|^2 to the loss, which pulls to the initial parameters (not to 0: no weight decay)\n"
    "With --classes the targets are class labels; one column a class is fitted, 1 - 1/C for the class of the point and -1/C for the others,\n"
    "and the class of the largest mean is predicted. Double precision; errors are estimates. --output FILE.npy writes means, then the variance.";

double parsed_number(const std::string& flag, const std::string& text) {
  return for_flag(flag, [&] { return parse_double(text); });
}

double parsed_time(const std::string& text) {
  if (text == "inf" || text == "infinity") return std::numeric_limits<double>::infinity();
  const double time = parsed_number("--time", text);
  if (!(time > 0)) throw UsageError("--time: " + shown(text) + " is not a time of training; it is a number above 0, or inf");
  return time;
}

double parsed_noise(const std::string& text) {
  const double noise = parsed_number("--noise", text);
  if (!(noise >= 0)) throw UsageError("--noise: " + shown(text) + " is no variance; it is 0 or more");
  return noise;
}

MatrixView view(const DataMatrix& m, std::size_t first = 0, std::size_t rows = std::numeric_limits<std::size_t>::max()) {
  return {m.values.data() + first * m.columns, std::min(rows, m.rows - first), m.columns};
}

std::string counted(std::size_t n, const char* what) { return std::to_string(n) + " " + what + (n == 1 ? "" : "s"); }

DataMatrix read_flag(const std::string& flag, const std::string& path) {
  if (path.empty()) throw UsageError(flag + " is missing; give --train, --targets and --test, each a .npy or a CSV file");
  return for_flag(flag, [&] { return read_matrix(path); });
}

void check_rows(const std::string& flag, const DataMatrix& of, const std::string& points_flag, const DataMatrix& points) {
  if (of.rows != points.rows)
    throw UsageError(flag + ": " + counted(of.rows, "row") + " for the " + counted(points.rows, "point") + " of " + points_flag + "; give one row a point, in the same order");
}

/// What is learned from and asked for.
struct Job {
  DataMatrix train, test;
  DataMatrix targets, test_targets;        // one column a target, or a class; the second is empty where nobody knows
  std::vector<std::int64_t> classes;       // of the columns; none in a regression
  std::vector<std::int64_t> test_classes;

  explicit Job(const Flags& flags) : train(read_flag("--train", flags.train)), test(read_flag("--test", flags.test)), targets(read_flag("--targets", flags.targets)) {
    check_rows("--targets", targets, "--train", train);
    if (test.columns != train.columns)
      throw UsageError("--test: the points have " + counted(test.columns, "number") + ", those of --train " + std::to_string(train.columns) + "; they live in one space");
    if (!flags.test_targets.empty()) test_targets = read_flag("--test-targets", flags.test_targets);
    if (!flags.test_targets.empty()) check_rows("--test-targets", test_targets, "--test", test);
    if (flags.classes) {
      ClassTargets c = for_flag("--targets", [&] { return class_targets(labels_of(targets, shown(flags.targets))); });
      classes = std::move(c.classes);
      targets = std::move(c.targets);
      if (test_targets.rows > 0) test_classes = for_flag("--test-targets", [&] { return labels_of(test_targets, shown(flags.test_targets)); });
    } else if (test_targets.rows > 0 && test_targets.columns != targets.columns) {
      throw UsageError("--test-targets: " + counted(test_targets.columns, "number") + " a row, where --targets has " + std::to_string(targets.columns));
    }
  }
};

/// Kernels of the test points, block after block, handed to the regression.
template <class Regression>
Predictions predict_all(const Regression& regression, const Architecture& network, const Job& job, const GramRequest& request, GramOptions options, Progress& progress) {
  constexpr std::size_t entries = std::size_t{1} << 24, self_rows = 128;
  options.progress = nullptr;
  const std::size_t rows = std::max(self_rows, entries / job.train.rows);
  Predictions all;
  for (std::size_t first = 0; first < job.test.rows; first += rows) {
    const GramMatrices cross = gram(network, view(job.test, first, rows), view(job.train), request, options);
    const std::size_t count = std::min(rows, job.test.rows - first);
    std::vector<double> nngp_self, ntk_self;
    for (std::size_t at = 0; at < count; at += self_rows) {
      const GramMatrices self = gram(network, view(job.test, first + at, std::min(self_rows, count - at)), request, options);
      for (std::size_t i = 0; i < self.nngp[0].rows(); ++i) {
        nngp_self.push_back(self.nngp[0](i, i));
        if (request.ntk) ntk_self.push_back(self.ntk[0](i, i));
      }
    }
    const auto entries_of = [](const GramMatrix& m) { return std::span<const double>(m.data(), m.rows() * m.columns()); };
    const Predictions part = regression.at({entries_of(cross.nngp[0]), nngp_self, request.ntk ? entries_of(cross.ntk[0]) : std::span<const double>(), ntk_self});
    for (const auto field : {&Predictions::mean, &Predictions::mean_error, &Predictions::variance, &Predictions::variance_error})
      (all.*field).insert((all.*field).end(), (part.*field).begin(), (part.*field).end());
    all.clipped += part.clipped;
    progress.advance(count);
  }
  return all;
}

struct Answered {
  Predictions predictions;
  Extremes extremes;
};

/// The regression that `make` makes; where it cannot, there is no noise, and the training points' matrix is singular by an argument, that is what is said.
template <class Make>
auto learned(const Architecture& network, const Job& job, double noise, bool flow, Make make) {
  if (noise > 0) return make();
  const auto argument = [&] { return why_singular(network, view(job.train), flow); };
  const auto said = [](const std::string& why) { return "--train: " + why + "; no function of the network fits all targets. Leave a row out, or allow for noise (--noise)"; };
  try {
    return make();
  } catch (const UsageError&) {
    if (const auto why = argument()) throw UsageError(said(*why));
    throw;
  } catch (const NotReached&) {
    if (const auto why = argument()) throw UsageError(said(*why));
    throw;
  }
}

Answered predictions_of(const Flags& flags, const Job& job, Answer& answer) {
  const bool flow = choice("--of", flags.of, {"nngp", "ntk"}) == 1;
  if (!flow && !flags.time.empty()) throw UsageError("--time: the posterior (--of nngp) has no time of training; leave --time out, or take --of ntk");
  if (flow && flags.time.empty()) throw UsageError("--time is missing: how long the networks are trained, like --time 10 or --time inf");
  const double time = flow ? parsed_time(flags.time) : 0, noise = parsed_noise(flags.noise);
  const Architecture network = flags.network.architecture();
  const std::size_t n = job.train.rows;
  // The kernels, the copies that a factorization works in, and for finite times the eigenvectors.
  const std::uint64_t matrices = !flow ? 2 : std::isinf(time) ? 4 : 6;
  require_memory(matrices * sizeof(double) * n * n, "learning from " + counted(n, "point"));

  Progress progress = answer.progress(gram_tiles(n) + regression_steps(n) + job.test.rows);
  GramOptions options;
  options.threads = parsed_threads(flags.threads);
  options.budget = answer.budget();
  options.progress = &progress;
  GramRequest request;
  request.nngp = true;
  request.ntk = flow;
  request.errors = GramRequest::Errors::largest;
  const GramMatrices kernels = gram(network, view(job.train), request, options);
  request.errors = GramRequest::Errors::none;
  RegressionOptions regression_options;
  regression_options.entry_error = kernels.nngp_errors.largest[0];
  if (flow) regression_options.entry_error = std::max(regression_options.entry_error, kernels.ntk_errors.largest[0]);
  regression_options.budget = answer.budget();
  regression_options.progress = &progress;
  const std::span<const double> nngp(kernels.nngp[0].data(), n * n);
  if (!flow) {
    const NngpPosterior posterior = learned(network, job, noise, flow, [&] { return NngpPosterior(nngp, job.targets, noise, regression_options); });
    return {predict_all(posterior, network, job, request, options, progress), posterior.extremes()};
  }
  const NtkFlow trained = learned(network, job, noise, flow, [&] {
    return NtkFlow(nngp, {kernels.ntk[0].data(), n * n}, job.targets, time, noise, regression_options);
  });
  if (!std::isinf(time)) progress.advance(regression_steps(n));
  return {predict_all(trained, network, job, request, options, progress), trained.extremes()};
}

/// The numbers that belong to no row.
std::string summary(const Job& job, const Answered& a) {
  std::string line = fmt::format("condition number {:.3g}", a.extremes.condition());
  const std::size_t m = job.test.rows, k = job.targets.columns;
  if (!job.test_classes.empty()) {
    std::size_t right = 0;
    for (std::size_t i = 0; i < m; ++i) right += job.classes[largest_column(std::span(a.predictions.mean).subspan(i * k, k))] == job.test_classes[i] ? 1U : 0U;
    line += fmt::format(", accuracy {:.4g} ({} of {})", static_cast<double>(right) / static_cast<double>(m), right, m);
  } else if (job.test_targets.rows > 0) {
    double sum = 0;
    for (std::size_t i = 0; i < m * k; ++i) sum += std::pow(a.predictions.mean[i] - job.test_targets.values[i], 2);
    line += fmt::format(", root mean square error {:.4g}", std::sqrt(sum / static_cast<double>(m * k)));
  }
  if (a.predictions.clipped > 0) line += ", " + counted(a.predictions.clipped, "variance") + " below 0 by less than the error, set to 0";
  return line;
}

std::vector<Column> columns_of(const Job& job) {
  std::vector<Column> columns = {{"row", "row", "i", everywhere, true}};
  const std::size_t k = job.targets.columns;
  const bool by_class = !job.classes.empty();
  if (by_class) columns.push_back({"class", "class", "\\text{class}"});
  if (!job.test_classes.empty()) columns.push_back({"target", "target", "\\text{target}"});
  for (std::size_t j = 0; j < k; ++j) {
    const std::string name = by_class ? std::to_string(job.classes[j]) : std::to_string(j + 1);
    // A table of ten means a row is for programs.
    columns.push_back({k == 1 ? "mean" : "mean." + name, k == 1 ? "mean" : "mean " + name, k == 1 ? "\\mu" : "\\mu_{" + name + "}", by_class ? in_json | in_csv : everywhere});
  }
  columns.push_back({"variance", "variance", "\\sigma^2"});
  columns.push_back({"condition_number", "condition number", "\\kappa", in_json});
  return columns;
}

/// An estimate, also where its error is larger than itself: two digits then, with that error.
Quantity estimated(double value, double error, const std::string& method, const Printing& print) {
  if (print.shortest || value == 0 || error < std::abs(value) || !std::isfinite(value) || !std::isfinite(error)) return quantity(value, error, method, print);
  const NumberText two = to_text(Ball(value).widened(Ball(std::abs(value) / 250)), 2);
  return {two.value, three_digits(error), false, method};
}

void write_rows(const Flags& flags, const Job& job, const Answered& a, Answer& answer) {
  const Printing print = printing(flags.answer);
  const std::string method = flags.of == "nngp" ? "NNGP posterior" : "NTK gradient flow";
  std::string caption = flags.network.description() + "; " + method;
  if (!flags.time.empty()) caption += ", time " + flags.time;
  Subject subject = flags.network.subject();
  subject.insert(subject.end(), {{"of", flags.of}, {"time", flags.time}, {"noise", flags.noise}});
  answer.about(std::move(subject));
  answer.begin(columns_of(job), caption + ", noise " + flags.noise + "; " + data_words("--train", view(job.train), flags.network.architecture()) + "; " + summary(job, a));
  const Predictions& p = a.predictions;
  const std::size_t k = job.targets.columns;
  const double condition = a.extremes.condition();
  const Printing rough{3, Engine::number, false};
  for (std::size_t i = 0; i < job.test.rows; ++i) {
    std::vector<Cell> cells = {static_cast<long>(i + 1)};
    if (!job.classes.empty()) cells.emplace_back(static_cast<long>(job.classes[largest_column(std::span(p.mean).subspan(i * k, k))]));
    if (!job.test_classes.empty()) cells.emplace_back(static_cast<long>(job.test_classes[i]));
    for (std::size_t j = 0; j < k; ++j) cells.emplace_back(estimated(p.mean[i * k + j], p.mean_error[i * k + j], method, print));
    cells.emplace_back(estimated(p.variance[i], p.variance_error[i], method, print));
    cells.emplace_back(quantity(condition, 0.01 * condition, "Lanczos' method", rough));
    answer.row(std::move(cells));
  }
}

void write_npy(const Job& job, const Predictions& p, Answer& answer) {
  const std::size_t m = job.test.rows, k = job.targets.columns;
  std::string bytes = npy_header(std::vector<std::uint64_t>{m, k + 1});
  for (std::size_t i = 0; i < m; ++i) {
    append_npy(bytes, std::span(p.mean).subspan(i * k, k));
    append_npy(bytes, std::span(p.variance).subspan(i, 1));
  }
  answer.raw(bytes);
}

int answer_question(const Flags& flags, Answer& answer) {
  if (flags.of.empty()) throw UsageError("--of is missing: nngp for a Bayesian network, ntk for networks trained by gradient flow");
  if (flags.to_npy() && flags.answer.format != "text") throw UsageError("--format: a .npy file has no other; leave --format out, or name the file otherwise");
  const Job job(flags);
  const Answered a = predictions_of(flags, job, answer);
  if (flags.to_npy())
    write_npy(job, a.predictions, answer);
  else
    write_rows(flags, job, a, answer);
  // In text and LaTeX it stands above the rows.
  if (flags.to_npy() || flags.answer.format == "json" || flags.answer.format == "csv") complain(command, data_words("--train", view(job.train), flags.network.architecture()) + "; " + summary(job, a));
  return answered;
}

}  // namespace

Run add_predict(CLI::App& program) {
  const auto flags = std::make_shared<Flags>();
  flags->answer.engine = "double";
  CLI::App& predict = *program.add_subcommand("predict", "what an infinitely wide network predicts after it has learned from data");
  predict.footer(examples);
  add_network_flags(predict, flags->network);
  add_parameterization_flags(predict, flags->network);
  predict.add_option("--train", flags->train, "the training points: .npy or CSV, rows are points")->type_name("FILE")->group("Data");
  predict.add_option("--targets", flags->targets, "their targets, one row a point; with --classes whole numbers")->type_name("FILE")->group("Data");
  predict.add_option("--test", flags->test, "the points to predict")->type_name("FILE")->group("Data");
  predict.add_option("--test-targets", flags->test_targets, "what is true there: accuracy or root mean square error are reported")->type_name("FILE")->group("Data");
  predict.add_flag("--classes", flags->classes, "the targets are class labels")->group("Data");
  predict.add_option("--of", flags->of, "nngp: the posterior of a Bayesian network; ntk: gradient flow")->type_name("nngp|ntk")->group("Learning");
  predict.add_option("--time", flags->time, "how long the gradient flow runs, for --of ntk: a number above 0, or inf")->type_name("t")->group("Learning");
  predict.add_option("--noise", flags->noise, "the variance of the targets' noise; for --of ntk a penalty (see below); 0 by default")->type_name("v")->group("Learning");
  add_format_flags(predict, flags->answer);
  add_long_work_flags(predict, flags->answer);
  predict.add_option("--threads", flags->threads, "how many threads compute the kernels; all processors by default, the same bits for any number")->type_name("T")->group("Long work");
  return [flags](const std::string& line) {
    return run_session(flags->answer.session(command, line, flags->to_npy()), [&](Answer& answer) { return answer_question(*flags, answer); });
  };
}

}  // namespace infwidth::cli
