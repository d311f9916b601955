// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "commands.hpp"
#include "infwidth/geometry/dot_kernel.hpp"
#include "infwidth/io/matrix.hpp"
#include "infwidth/io/range.hpp"
#include "infwidth/kernel/gram.hpp"
#include "infwidth/kernel/network_kernel.hpp"
#include "infwidth/kernel/regression.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/refine.hpp"
#include "infwidth/run/memory.hpp"
#include "data_words.hpp"
#include "quantities.hpp"

namespace infwidth::cli {

namespace {

struct Flags {
  NetworkFlags network;
  AnswerFlags answer;
  std::string of, layers, x, y, data, data2, threads, kernel;

  /// The network that is meant: the one of the flags, or that of an arc-cosine kernel.
  Architecture architecture() const {
    if (kernel.empty()) return network.architecture();
    if (!network.activations.empty()) throw UsageError("--kernel stands in place of a network; leave --activation out");
    if (auto arc_cosine = arc_cosine_network(kernel, network)) return *arc_cosine;
    throw UsageError("--kernel: for data files it is arc-cosine:n; " + kernel + " is known between two points, --x and --y");
  }
  std::string description() const { return kernel.empty() ? network.description() : kernel_description(kernel, network); }
  Subject subject() const { return kernel.empty() ? network.subject() : kernel_subject(kernel, network); }
  bool all_layers() const { return !layers.empty() && choice("--layers", layers, {"all"}) == 0; }
};

constexpr const char* command = "infwidth kernel";

constexpr const char* examples =
    "Examples:\n"
    "  infwidth kernel --activation tanh --depth 3 --sigma-w2 3/2 --sigma-b2 1/10 --x 1,0 --y 3/5,4/5 --digits 40\n"
    "  infwidth kernel --activation relu --sigma-w2 2 --x 1,0 --y=-1,0 --depth 4 --layers all\n"
    "  infwidth kernel --activation 'abs(x)+tanh(x)' --of ntk --parameterization standard --widths 500 --x 1,0 --y 0,1\n"
    "  infwidth kernel --activation erf --depth 5 --data points.npy --of nngp,ntk --output gram.npy\n"
    "      writes gram.nngp.npy and gram.ntk.npy, the Gram matrices of all pairs of rows, in double precision\n"
    "\n"
    "The kernels between two points of a random network of L hidden layers, as their widths go to infinity:\n"
    "  feature      E[phi(u) phi(v)], the mean product of the last hidden layer's features\n"
    "  derivative   E[phi'(u) phi'(v)] there\n"
    "  nngp         the covariance of the outputs: sigma_b2 + sigma_w2 feature, with the readout's variances\n"
    "  ntk          the tangent kernel of the outputs, weights and biases of every layer trained";

/// The kernels in the order of their columns.
constexpr std::size_t kernels = 4;
const std::vector<std::string> names = {"feature", "derivative", "nngp", "ntk"};
const std::array<Column, kernels> kernel_columns = {{{"feature", "feature kernel", "K"}, {"derivative", "derivative kernel", "\\dot K"}, {"nngp", "NNGP kernel", "\\Sigma"}, {"ntk", "NTK", "\\Theta"}}};

template <class Real>
const KernelValue<Real>& value_of(const LayerKernel<Real>& layer, std::size_t which) {
  const std::array<const KernelValue<Real>*, kernels> all = {&layer.feature, &layer.derivative, &layer.nngp, &layer.ntk};
  return *all[which];
}

std::vector<std::size_t> parsed_kernels(const std::string& of) {
  std::vector<std::size_t> which;
  if (of.empty()) return {0, 1, 2, 3};
  for (std::size_t from = 0; from <= of.size();) {
    const std::size_t comma = std::min(of.find(',', from), of.size());
    const std::size_t kernel = choice("--of", of.substr(from, comma - from), names);
    if (std::find(which.begin(), which.end(), kernel) != which.end()) throw UsageError("--of: " + names[kernel] + " is named twice");
    which.push_back(kernel);
    from = comma + 1;
  }
  return which;
}

Quantity text_of(const KernelValue<Ball>& v, const LayerKernel<Ball>& layer, const Printing& print) { return quantity(v.value, layer.proven, layer.method, print); }
Quantity text_of(const KernelValue<double>& v, const LayerKernel<double>& layer, const Printing& print) { return quantity(v.value, v.error, layer.method, print); }
Quantity text_of(const KernelValue<Digits>& v, const LayerKernel<Digits>& layer, const Printing& print) { return quantity(v.value, v.error, layer.method, print); }

/// One row a layer. A kernel that is asked for and not there is a reason; if none is there, so says the exit code.
template <class Real>
int write_layers(const std::vector<LayerKernel<Real>>& layers, const std::vector<std::size_t>& which, bool all_layers, const Printing& print, Answer& answer) {
  const KernelValue<Real>* absent = nullptr;
  std::vector<std::vector<Cell>> rows;
  bool any = false;
  for (const LayerKernel<Real>& layer : layers) {
    std::vector<Cell> cells;
    if (all_layers) cells.emplace_back(static_cast<long>(layer.layer));
    for (const std::size_t k : which) {
      const KernelValue<Real>& v = value_of(layer, k);
      any = any || !v.absence;
      if (v.absence) absent = &v;
      cells.push_back(v.absence ? Cell(Missing{v.absence.reason}) : Cell(text_of(v, layer, print)));
    }
    cells.emplace_back(print.digits);
    rows.push_back(std::move(cells));
  }
  if (!any && absent->absence.infinite) throw NoSuchQuantity(absent->absence.reason);
  if (!any) throw NotReached(absent->absence.reason);
  for (std::vector<Cell>& row : rows) answer.row(std::move(row));
  return answered;
}

const GramMatrices::Errors& errors_of(const GramMatrices& result, std::size_t which) {
  return *std::array{&result.feature_errors, &result.derivative_errors, &result.nngp_errors, &result.ntk_errors}[which];
}

/// The same pair in double precision, as a Gram matrix of two rows.
std::vector<LayerKernel<double>> by_double(const Architecture& network, const std::vector<Rational>& x, const std::vector<Rational>& y, const std::vector<std::size_t>& which, const KernelOptions& options) {
  std::vector<double> rows, off;
  for (const auto* point : {&x, &y}) {
    double sum = 0;
    for (const Rational& c : *point) {
      rows.push_back(constant<double>(c));
      const double rest = constant<double>(Rational(c - Rational(rows.back())));
      sum += rest * rest;
    }
    off.push_back(std::sqrt(sum));
  }
  GramRequest request;
  for (const std::size_t k : which) *std::array{&request.feature, &request.derivative, &request.nngp, &request.ntk}[k] = true;
  request.errors = GramRequest::Errors::all;
  request.all_layers = options.all_layers;
  GramOptions gram_options;
  gram_options.budget = options.budget;
  gram_options.point_errors = off;
  const GramMatrices result = gram(network, {rows.data(), 2, x.size()}, request, gram_options);
  std::vector<LayerKernel<double>> layers(options.all_layers ? static_cast<std::size_t>(network.depth()) : 1);
  for (std::size_t l = 0; l < layers.size(); ++l) {
    LayerKernel<double>& layer = layers[l];
    layer.layer = options.all_layers ? static_cast<int>(l) + 1 : network.depth();
    layer.method = "double precision";
    for (const std::size_t k : which) {
      const GramMatrix& m = (*std::array{&result.feature, &result.derivative, &result.nngp, &result.ntk}[k])[l];
      const GramMatrix& errors = errors_of(result, k).entries[l];
      const double scale = std::sqrt(std::abs(m(0, 0))) * std::sqrt(std::abs(m(1, 1)));
      *std::array{&layer.feature, &layer.derivative, &layer.nngp, &layer.ntk}[k] = {m(0, 1), errors(0, 1), scale, {}};
    }
  }
  return layers;
}

/// What the rows are about: the network, and the two points.
Subject of_points(const Flags& flags) {
  Subject all = flags.subject();
  all.emplace_back("x", flags.x);
  all.emplace_back("y", flags.y);
  return all;
}

/// A kernel of the inputs themselves: one formula.
int of_inputs(const Flags& flags, const std::vector<Rational>& x, const std::vector<Rational>& y, const Printing& print, Answer& answer) {
  if (!flags.network.activations.empty()) throw UsageError("--kernel stands in place of a network; leave --activation out");
  const DotKernel kernel = for_flag("--kernel", [&] { return DotKernel::from_text(flags.kernel); });
  const InputPair input = InputPair::of(x, y);
  const Rational argument = kernel.is_radial() ? Rational(input.xx + input.yy - 2 * input.xy) : input.xy;
  const Program program({kernel.formula()}, kernel.is_radial() ? "r2" : "t");
  Ball value;
  refine(print.digits, "kernel", [&] {
    value = Evaluator<Ball>(program).value(Ball(argument));
    return stands(value, print.digits, Ball(1));
  });
  if (!value.is_finite()) throw NoSuchQuantity("the kernel " + flags.kernel + " has no value there");
  answer.begin({kernel_columns[0], {"digits", "digits", "N", in_json}}, "kernel " + flags.kernel + " between (" + flags.x + ") and (" + flags.y + ")");
  answer.row({quantity(value, true, "closed form", print), print.digits});
  return answered;
}

int between_points(const Flags& flags, Answer& answer) {
  if (flags.x.empty() || flags.y.empty()) throw UsageError("give two points, --x x1,x2,.. and --y y1,y2,..");
  const std::vector<Rational> x = for_flag("--x", [&] { return parse_list(flags.x); }), y = for_flag("--y", [&] { return parse_list(flags.y); });
  const InputPair input = InputPair::of(x, y);
  const Printing print = printing(flags.answer);
  answer.about(of_points(flags));
  if (!flags.kernel.empty() && !arc_cosine_network(flags.kernel, flags.network)) return of_inputs(flags, x, y, print, answer);
  const std::vector<std::size_t> which = flags.kernel.empty() || !flags.of.empty() ? parsed_kernels(flags.of) : std::vector<std::size_t>{2};
  KernelOptions options{print.digits, flags.all_layers(), answer.budget()};
  const NetworkKernel kernel(flags.architecture());

  std::vector<Column> shown;
  if (options.all_layers) shown.push_back({"layer", "layer", "\\ell", everywhere, true});
  for (const std::size_t k : which) shown.push_back(kernel_columns[k]);
  shown.push_back({"digits", "digits", "N", in_json});
  answer.begin(std::move(shown), flags.description() + "; kernels between (" + flags.x + ") and (" + flags.y + ")");
  switch (print.engine) {
    case Engine::ball: return write_layers(kernel.at(input, options), which, options.all_layers, print, answer);
    case Engine::mpfr: return write_layers(kernel.at_by_digits(input, options), which, options.all_layers, print, answer);
    case Engine::number: return write_layers(by_double(kernel.architecture(), x, y, which, options), which, options.all_layers, print, answer);
  }
  return bug;
}

// ---- Gram matrices ----

constexpr std::string_view suffix = ".npy";

/// gram.npy for one kernel alone, gram.nngp.npy and so on for several.
std::string file_of(const std::string& output, std::size_t kernel, std::size_t kernels_asked) {
  if (kernels_asked == 1) return output;
  return output.substr(0, output.size() - suffix.size()) + "." + names[kernel] + std::string(suffix);
}

MatrixView view(const DataMatrix& m) { return {m.values.data(), m.rows, m.columns}; }

/// Of a square matrix of one set of points: largest over smallest eigenvalue.
Cell condition_of(const GramMatrix& m, bool one_set, const Budget& budget) {
  constexpr std::size_t most = 3000;  // a factorization of more takes longer than the matrix itself
  if (!one_set) return Missing{"the matrix between two sets of points has no eigenvalues"};
  if (m.rows() > most) return Missing{"not computed for more than " + std::to_string(most) + " points; infwidth predict does"};
  const std::optional<Extremes> found = extremes_of({m.data(), m.rows() * m.columns()}, m.rows(), budget);
  if (!found) return Missing{"the matrix is singular to double precision"};
  return quantity(found->condition(), 0.01 * found->condition(), "Lanczos' method", Printing{3, Engine::number, false});
}

int of_data(const Flags& flags, Answer& answer) {
  if (!flags.x.empty() || !flags.y.empty()) throw UsageError("give either two points, --x and --y, or data files, --data FILE [--data2 FILE]");
  if (flags.data.empty()) throw UsageError("--data2 is a second data set beside --data FILE; give that too");
  if (flags.answer.output.size() <= suffix.size() || !flags.answer.output.ends_with(suffix)) {
    throw UsageError("--output: Gram matrices go to a NumPy file; name one, like --output gram.npy");
  }
  if (flags.answer.engine == "mpfr") throw UsageError("--engine: Gram matrices of data files are in double precision; for proven digits give two points, --x and --y");
  std::vector<std::size_t> which = parsed_kernels(flags.of);
  if (flags.of.empty()) which = {2, 3};
  const int threads = parsed_threads(flags.threads);
  const bool all_layers = flags.all_layers();
  const Architecture network = flags.architecture();
  const DataMatrix first = for_flag("--data", [&] { return read_matrix(flags.data); });
  std::optional<DataMatrix> second;
  if (!flags.data2.empty()) second = for_flag("--data2", [&] { return read_matrix(flags.data2); });
  if (second && second->columns != first.columns) {
    throw UsageError("--data2: its points have " + std::to_string(second->columns) + " numbers, those of --data " + std::to_string(first.columns) + "; give as many for both");
  }
  const std::uint64_t rows = first.rows, columns = second ? second->rows : rows, layers = all_layers ? static_cast<std::uint64_t>(network.depth()) : 1;
  require_memory(8 * which.size() * layers * rows * columns, std::to_string(which.size() * layers) + " Gram matrices of " + std::to_string(rows) + " x " + std::to_string(columns));

  std::vector<Output*> files;  // made first: an output that cannot be made should not cost hours
  for (const std::size_t k : which) files.push_back(&answer.file(file_of(flags.answer.output, k, which.size())));
  GramRequest request;
  for (const std::size_t k : which) *std::array{&request.feature, &request.derivative, &request.nngp, &request.ntk}[k] = true;
  request.errors = GramRequest::Errors::largest;
  request.all_layers = all_layers;
  Progress progress = answer.progress(gram_tiles(rows, second ? columns : 0));
  GramOptions options{threads, answer.budget(), &progress};
  const GramMatrices result = second ? gram(network, view(first), view(*second), request, options) : gram(network, view(first), request, options);

  answer.about(flags.subject());
  answer.begin({{"kernel", "kernel", "K"}, {"file", "file", "\\mathrm{file}"}, {"matrices", "matrices", "L"}, {"rows", "rows", "n"}, {"columns", "columns", "m"},
                {"dimension", "d", "d"}, {"q_1", "q_1", "q_1"}, {"error", "error", "\\epsilon"}, {"condition_number", "condition number", "\\kappa"}},
               flags.description() + "; " + data_words("--data", view(first), network) + (second ? "; " + data_words("--data2", view(*second), network) : "") +
                   "; Gram matrices in double precision; error: the largest of an entry, estimated from above, relative to sqrt(K(x,x) K(y,y)); condition number: of the matrix" +
                   (all_layers ? " of the last layer" : ""));
  for (std::size_t i = 0; i < which.size(); ++i) {
    const std::vector<GramMatrix>& matrices = *std::array{&result.feature, &result.derivative, &result.nngp, &result.ntk}[which[i]];
    std::vector<std::uint64_t> shape = {rows, columns};
    if (all_layers) shape.insert(shape.begin(), layers);
    NpyWriter writer(*files[i], shape);
    for (const GramMatrix& m : matrices) {
      for (std::size_t row = 0; row < m.rows(); ++row) {
        answer.budget().check();
        writer.write(m.row(row));
      }
    }
    writer.end();
    const Printing print{3, Engine::number, false};
    const std::vector<double>& largest = errors_of(result, which[i]).largest;
    answer.row({names[which[i]], file_of(flags.answer.output, which[i], which.size()), static_cast<long>(layers), static_cast<long>(rows), static_cast<long>(columns),
                static_cast<long>(first.columns), quantity(typical_q1(view(first), network), 0, "", print),
                quantity(*std::max_element(largest.begin(), largest.end()), 0, "", print), condition_of(matrices.back(), !second, answer.budget())});
  }
  return answered;
}

}  // namespace

Run add_kernel(CLI::App& program) {
  const auto flags = std::make_shared<Flags>();
  CLI::App& kernel = *program.add_subcommand("kernel", "the kernels of a network between points: features, NNGP, NTK");
  kernel.footer(examples);
  add_network_flags(kernel, flags->network);
  add_parameterization_flags(kernel, flags->network);
  kernel.add_option("--kernel", flags->kernel, "a classical kernel in place of a network: arc-cosine:n (with --depth), rbf:l2, polynomial:p,c, dot:F with F in t = x.y")
      ->type_name("K")
      ->group("Network");
  kernel.add_option("--of", flags->of, "which kernels: feature, derivative, nngp, ntk, separated by commas; all four by default")->type_name("K[,K..]")->group("What");
  kernel.add_option("--layers", flags->layers, "all: every depth from 1 to L, in one run")->type_name("all")->group("What");
  kernel.add_option("--x", flags->x, "the first point; 3/2 and 0.1 are exact; write --x=-1,0 where it begins with a minus")->type_name("x1,x2,..")->group("Where");
  kernel.add_option("--y", flags->y, "the second point")->type_name("y1,y2,..")->group("Where");
  kernel.add_option("--data", flags->data, "many points, CSV or .npy, one a row: the Gram matrix of all pairs goes to --output FILE.npy")->type_name("FILE")->group("Where");
  kernel.add_option("--data2", flags->data2, "a second data set: the matrix between the rows of the two")->type_name("FILE")->group("Where");
  add_answer_flags(kernel, flags->answer);
  kernel.add_option("--threads", flags->threads, "how many threads work on Gram matrices; all cores by default, the same result for any number")->type_name("T")->group("Long work");
  return [flags](const std::string& line) {
    const bool data = !flags->data.empty() || !flags->data2.empty();
    SessionOptions options = flags->answer.session(command, line, data);
    if (data) options.output.clear();  // the matrices' file; what is said about them goes to standard output
    return run_session(options, [&](Answer& answer) { return data ? of_data(*flags, answer) : between_points(*flags, answer); });
  };
}

}  // namespace infwidth::cli
