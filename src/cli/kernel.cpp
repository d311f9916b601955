// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>
#include <memory>

#include "commands.hpp"
#include "infwidth/io/range.hpp"
#include "infwidth/kernel/network_kernel.hpp"
#include "infwidth/real/errors.hpp"
#include "quantities.hpp"

namespace infwidth::cli {

namespace {

struct Flags {
  NetworkFlags network;
  AnswerFlags answer;
  std::string of, layers, x, y;

  bool all_layers() const { return !layers.empty() && choice("--layers", layers, {"all"}) == 0; }
};

constexpr const char* command = "infwidth kernel";

constexpr const char* examples =
    "Examples:\n"
    "  infwidth kernel --activation tanh --depth 3 --sigma-w2 3/2 --sigma-b2 1/10 --x 1,0 --y 3/5,4/5 --digits 40\n"
    "  infwidth kernel --activation relu --sigma-w2 2 --x 1,0 --y=-1,0 --depth 4 --layers all\n"
    "  infwidth kernel --activation 'abs(x)+tanh(x)' --of ntk --parameterization standard --widths 500 --x 1,0 --y 0,1\n"
    "\n"
    "The kernels between two points of a random network of L hidden layers, as their widths go to infinity:\n"
    "  feature      E[phi(u) phi(v)], the mean product of the last hidden layer's features\n"
    "  derivative   E[phi'(u) phi'(v)] there\n"
    "  nngp         the covariance of the outputs: sigma_b2 + sigma_w2 feature, with the readout's variances\n"
    "  ntk          the tangent kernel of the outputs, weights and biases of every layer trained";

/// The kernels in the order of their columns.
constexpr std::size_t kernels = 4;
const std::array<Column, kernels> columns = {{{"feature", "feature kernel", "K"}, {"derivative", "derivative kernel", "\\dot K"}, {"nngp", "NNGP kernel", "\\Sigma"}, {"ntk", "NTK", "\\Theta"}}};

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
    which.push_back(choice("--of", of.substr(from, comma - from), {"feature", "derivative", "nngp", "ntk"}));
    from = comma + 1;
  }
  return which;
}

Quantity text_of(const KernelValue<Ball>& v, const LayerKernel<Ball>& layer, const Printing& print) { return quantity(v.value, layer.proven, layer.method, print); }
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

int between_points(const Flags& flags, Answer& answer) {
  if (flags.x.empty() || flags.y.empty()) throw UsageError("give two points, --x x1,x2,.. and --y y1,y2,..");
  const std::vector<Rational> x = for_flag("--x", [&] { return parse_list(flags.x); }), y = for_flag("--y", [&] { return parse_list(flags.y); });
  const InputPair input = InputPair::of(x, y);
  const std::vector<std::size_t> which = parsed_kernels(flags.of);
  const Printing print = printing(flags.answer);
  KernelOptions options{print.digits, flags.all_layers(), answer.budget()};
  const NetworkKernel kernel(flags.network.architecture());

  std::vector<Column> shown;
  if (options.all_layers) shown.push_back({"layer", "layer", "\\ell", everywhere, true});
  for (const std::size_t k : which) shown.push_back(columns[k]);
  shown.push_back({"digits", "digits", "N", in_json});
  answer.begin(std::move(shown), flags.network.description() + "; kernels between (" + flags.x + ") and (" + flags.y + ")");
  switch (print.engine) {
    case Engine::ball: return write_layers(kernel.at(input, options), which, options.all_layers, print, answer);
    case Engine::mpfr: return write_layers(kernel.at_by_digits(input, options), which, options.all_layers, print, answer);
    case Engine::number: break;
  }
  throw UsageError("--engine: double precision is for data files; take ball or mpfr for two points");
}

}  // namespace

Run add_kernel(CLI::App& program) {
  const auto flags = std::make_shared<Flags>();
  CLI::App& kernel = *program.add_subcommand("kernel", "the kernels of a network between points: features, NNGP, NTK");
  kernel.footer(examples);
  add_network_flags(kernel, flags->network);
  add_parameterization_flags(kernel, flags->network);
  kernel.add_option("--of", flags->of, "which kernels: feature, derivative, nngp, ntk, separated by commas; all four by default")->type_name("K[,K..]")->group("What");
  kernel.add_option("--layers", flags->layers, "all: every depth from 1 to L, in one run")->type_name("all")->group("What");
  kernel.add_option("--x", flags->x, "the first point; 3/2 and 0.1 are exact; write --x=-1,0 where it begins with a minus")->type_name("x1,x2,..")->group("Where");
  kernel.add_option("--y", flags->y, "the second point")->type_name("y1,y2,..")->group("Where");
  add_answer_flags(kernel, flags->answer);
  return [flags](const std::string& line) {
    return run_session(flags->answer.session(command, line), [&](Answer& answer) { return between_points(*flags, answer); });
  };
}

}  // namespace infwidth::cli
