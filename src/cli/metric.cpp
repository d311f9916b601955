// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>
#include <optional>

#include "commands.hpp"
#include "infwidth/io/points.hpp"
#include "infwidth/io/range.hpp"
#include "infwidth/real/errors.hpp"
#include "metric_rows.hpp"

namespace infwidth::cli {

namespace {

struct Flags {
  NetworkFlags network;
  AnswerFlags answer;
  std::string of, layers, at, norm, norm2, dim, data, kernel;

  NetworkMetric metric() const {
    if (kernel.empty()) {
      const auto which = meaning<MetricOf>("--of", of.empty() ? "feature" : of,
                                           {{"feature", MetricOf::feature}, {"derivative", MetricOf::derivative}, {"nngp", MetricOf::nngp}, {"ntk", MetricOf::ntk}});
      return NetworkMetric(network.architecture(), which);
    }
    if (!network.activations.empty()) throw UsageError("--kernel stands in place of a network; leave --activation out");
    if (!of.empty()) throw UsageError("--of chooses among the kernels of a network; leave it out beside --kernel");
    if (const auto arc_cosine = arc_cosine_network(kernel, network)) return NetworkMetric(*arc_cosine, MetricOf::nngp);
    return NetworkMetric(for_flag("--kernel", [&] { return DotKernel::from_text(kernel); }));
  }
  bool all_layers() const { return !layers.empty() && choice("--layers", layers, {"all"}) == 0; }
  Subject subject() const {
    Subject all = kernel.empty() ? network.subject() : kernel_subject(kernel, network);
    if (kernel.empty()) all.emplace_back("of", of.empty() ? "feature" : of);
    return all;
  }
  std::string caption(int d) const {
    const std::string where = ", d = " + std::to_string(d);
    if (!kernel.empty()) return kernel_description(kernel, network) + where;
    return network.description() + "; geometry of the " + (of.empty() || of == "feature" ? "features" : of + " kernel") + where;
  }
};

constexpr const char* command = "infwidth metric";
constexpr std::size_t block = 512;  // points in double precision that are computed and written together

constexpr const char* examples =
    "Examples:\n"
    "  infwidth metric --activation tanh --depth 3 --norm2 1 --dim 2\n"
    "  infwidth metric --activation 'erf(x/sqrt(2))' --sigma-w2 3/2 --sigma-b2 0.1 --at 1,0,3/5 --digits 50\n"
    "  infwidth metric --activation relu --activation tanh --norm2 0:4:0.1 --dim 3 --layers all\n"
    "  infwidth metric --activation tanh --norm 0:3:0.1 --dim 2 --format csv\n"
    "  infwidth metric --activation gelu --data points.csv --engine double --format csv --output metric.csv\n"
    "  infwidth metric --activation tanh --depth 3 --of ntk --norm2 1 --dim 2\n"
    "  infwidth metric --kernel arc-cosine:3/2 --depth 2 --norm2 1 --dim 3\n"
    "\n"
    "The metric of a random network at infinite width is g = A I + B x x^T, where A and B depend on |x|^2 alone. Printed are\n"
    "A and B, the eigenvalues, sqrt(det g) and its logarithm, the sectional curvatures of planes that hold x (radial) and\n"
    "that do not (tangential; from three dimensions on), the Ricci scalar (+2 for the unit sphere S^2), and for points of up to 12 numbers g itself.";

/// What a command works with.
struct Job {
  const Flags& flags;
  const NetworkMetric& network;
  Printing print;
  Answer& answer;
  MetricRows& rows;
  MetricOptions options;

  MetricLayout layout(bool coordinates, std::size_t dim) const {
    return {options.all_layers, coordinates && dim <= static_cast<std::size_t>(LayerMetric<Ball>::largest_matrix), !flags.norm.empty()};
  }
};

/// A point, and |x| where that is what was asked for.
struct Place {
  InputPoint x;
  std::optional<Rational> norm = {};
};

template <class Real>
void write_point(const Job& job, const std::vector<LayerMetric<Real>>& layers, const Place& place, const MetricLayout& layout) {
  job.answer.budget().check();  // a point cut short by the deadline is no row
  std::vector<std::vector<Cell>> cells;
  std::vector<Cell> where;
  if (place.norm) where.emplace_back(given(*place.norm, job.flags.answer));
  where.emplace_back(given(place.x.norm2, job.flags.answer));
  for (const LayerMetric<Real>& layer : layers) cells.push_back(metric_cells(layer, place.x.dim, where, layout, job.print));
  job.rows.point(std::move(cells), outcome_of<Real>(layers));
}

void exact_point(const Job& job, const Place& place, const MetricLayout& layout) {
  switch (job.print.engine) {
    case Engine::ball: return write_point(job, job.network.at(place.x, job.options), place, layout);
    case Engine::mpfr: return write_point(job, job.network.at_by_digits(place.x, job.options), place, layout);
    case Engine::number: return write_point(job, job.network.at_by_double(place.x, job.options), place, layout);
  }
}

/// One number or a range of them: |x|^2, or |x| itself.
void at_range(const Job& job) {
  const bool squared = job.flags.norm.empty();
  const std::string flag = squared ? "--norm2" : "--norm", &text = squared ? job.flags.norm2 : job.flags.norm;
  const Range norms = for_flag(flag, [&] { return parse_range(text); });
  if (job.flags.dim.empty()) throw UsageError(flag + " needs the dimension of the input space; add it, like --dim 2");
  const int dim = static_cast<int>(parse_count(job.flags.dim, 1, 1'000'000'000, "--dim"));
  if (norms[0] < 0 || norms[norms.count - 1] < 0) throw UsageError(flag + ": " + text + " is negative; " + (squared ? "|x|^2" : "|x|") + " is 0 or more");
  const MetricLayout layout = job.layout(false, static_cast<std::size_t>(dim));
  job.answer.begin(metric_columns(layout), job.flags.caption(dim));
  Progress progress = job.answer.progress(norms.count);
  for (std::uint64_t i = 0; i < norms.count; ++i, progress.advance()) {
    const Rational r = norms[i];
    exact_point(job, squared ? Place{InputPoint::with_norm2(r, dim)} : Place{InputPoint::with_norm2(r * r, dim), r}, layout);
  }
}

int checked_dim(const Job& job, std::size_t found, const std::string& where) {
  if (!job.flags.dim.empty() && parse_count(job.flags.dim, 1, 1'000'000'000, "--dim") != static_cast<long>(found))
    throw UsageError(where + ": the point has " + std::to_string(found) + (found == 1 ? " number" : " numbers") + ", but --dim is " + job.flags.dim +
                     "; leave --dim out, or give a point of that length");
  return static_cast<int>(found);
}

void at_point(const Job& job) {
  const InputPoint x = InputPoint::at(for_flag("--at", [&] { return parse_list(job.flags.at); }));
  checked_dim(job, x.coordinates.size(), "--at");
  const MetricLayout layout = job.layout(true, x.coordinates.size());
  job.answer.begin(metric_columns(layout), job.flags.caption(x.dim));
  exact_point(job, {x}, layout);
}

/// `read` hands out the next point or points, or throws at a bad one, after the rows before it.
template <class Read>
auto next_or_stop(const Job& job, Read read) {
  try {
    return read();
  } catch (const UsageError&) {
    job.rows.release();
    throw;
  }
}

void at_exact_rows(const Job& job, PointReader& points) {
  Progress progress = job.answer.progress(points.size());
  MetricLayout layout;
  std::vector<Rational> coordinates;
  for (bool first = true; next_or_stop(job, [&] { return points.next(coordinates); }); first = false) {
    if (first) {
      layout = job.layout(true, coordinates.size());
      job.answer.begin(metric_columns(layout), job.flags.caption(checked_dim(job, coordinates.size(), "--data")));
    }
    exact_point(job, {InputPoint::at(coordinates)}, layout);
    progress.advance((points.size() ? points.bytes() : job.rows.points()) - progress.done());
  }
}

/// Rows of blocks in double precision, by the table writer or, for CSV, by the fast one.
class DoubleRows {
 public:
  DoubleRows(const Job& job, std::size_t dim) : job_(job), layout_(job.layout(true, dim)), dim_(dim), csv_(layout_, job.flags.subject()) {
    job.answer.begin(metric_columns(layout_), job.flags.caption(static_cast<int>(dim)));
  }

  void write(std::span<const double> coordinates) {
    norms_.clear();
    for (std::size_t i = 0; i < coordinates.size(); i += dim_) norms_.push_back(norm2(coordinates.subspan(i, dim_)));
    for (const double s : norms_)
      if (!std::isfinite(s)) throw NotReached("a point's |x|^2 is beyond the range of double precision; take --engine ball");
    std::vector<LayerMetric<double>> layers = job_.network.at_by_double(norms_, static_cast<int>(dim_), job_.options);
    job_.answer.budget().check();
    const std::size_t each = layers.size() / norms_.size();
    if (job_.rows.points() == 0) {
      // One point alone without an answer prints nothing: only the table writer's rows can be held back.
      fast_ = job_.flags.answer.format == "csv" && job_.print.shortest && outcome_of<double>(std::span(layers).first(each)).answered;
      if (fast_) job_.answer.raw(csv_.header());
    }
    std::string text;
    for (std::size_t i = 0; i < norms_.size(); ++i) {
      const std::span<LayerMetric<double>> of_point(layers.data() + i * each, each);
      if (fast_)
        fast_row(text, of_point, norms_[i]);
      else
        table_row(of_point, norms_[i], coordinates.subspan(i * dim_, dim_));
    }
    if (fast_) job_.answer.raw(text);
  }

 private:
  const Job& job_;
  MetricLayout layout_;
  std::size_t dim_;
  FastCsv csv_;
  bool fast_ = false;
  std::vector<double> norms_;

  void fast_row(std::string& text, std::span<const LayerMetric<double>> layers, double s) {
    for (const LayerMetric<double>& layer : layers) csv_.row(text, layer, static_cast<int>(dim_), s);
    job_.rows.count(outcome_of<double>(layers));
  }

  void table_row(std::span<LayerMetric<double>> layers, double s, std::span<const double> x) {
    std::vector<std::vector<Cell>> cells;
    for (LayerMetric<double>& layer : layers) {
      if (layout_.matrix && layer.outcome == Outcome::answered) layer.matrix = matrix_by_double(layer.metric, x);
      cells.push_back(metric_cells(layer, static_cast<int>(dim_), {quantity(s, 0, "", job_.print)}, layout_, job_.print));
    }
    job_.rows.point(std::move(cells), outcome_of<double>(layers));
  }
};

void at_double_rows(const Job& job, PointReader& points) {
  Progress progress = job.answer.progress(points.size());
  std::optional<DoubleRows> rows;
  std::vector<double> coordinates;
  for (;;) {
    coordinates.clear();
    job.answer.budget().check();
    if (next_or_stop(job, [&] { return points.next(coordinates, block); }) == 0) return;
    if (!rows) rows.emplace(job, static_cast<std::size_t>(checked_dim(job, points.dimension(), "--data")));
    rows->write(coordinates);
    progress.advance((points.size() ? points.bytes() : job.rows.points()) - progress.done());
  }
}

int answer_question(const Flags& flags, Answer& answer) {
  const int sources = (flags.at.empty() ? 0 : 1) + (flags.norm.empty() ? 0 : 1) + (flags.norm2.empty() ? 0 : 1) + (flags.data.empty() ? 0 : 1);
  if (sources != 1) throw UsageError("give one of --at x1,x2,.., --norm r or --norm2 s with --dim d, and --data FILE: where the metric is asked for");
  MetricOptions options;
  options.all_layers = flags.all_layers();
  options.budget = answer.budget();
  const Printing print = printing(flags.answer);
  options.digits = print.digits;
  const NetworkMetric network = flags.metric();
  answer.about(flags.subject());
  MetricRows rows(answer);
  const Job job{flags, network, print, answer, rows, options};
  if (!flags.at.empty()) {
    at_point(job);
  } else if (!flags.norm.empty() || !flags.norm2.empty()) {
    at_range(job);
  } else {
    PointReader points = for_flag("--data", [&] { return PointReader::open(flags.data); });
    if (print.engine == Engine::number)
      at_double_rows(job, points);
    else
      at_exact_rows(job, points);
  }
  return rows.finish(command);
}

}  // namespace

Run add_metric(CLI::App& program) {
  const auto flags = std::make_shared<Flags>();
  CLI::App& metric = *program.add_subcommand("metric", "the metric on input space, its volume element and its curvature");
  metric.footer(examples);
  add_network_flags(metric, flags->network);
  add_parameterization_flags(metric, flags->network);
  metric.add_option("--kernel", flags->kernel, "a classical kernel in place of a network: arc-cosine:n (with --depth), rbf:l2, polynomial:p,c, dot:F with F in t = x.y")
      ->type_name("K")
      ->group("Network");
  metric.add_option("--of", flags->of, "whose metric: of the last hidden layer's features (feature, the default), of their slopes (derivative), of the outputs' kernel (nngp) or tangent kernel (ntk)")
      ->type_name("K")
      ->group("Network");
  metric.add_option("--layers", flags->layers, "all: every depth from 1 to L, in one run")->type_name("all")->group("Network");
  metric.add_option("--at", flags->at, "one point; 3/2 and 0.1 are exact")->type_name("x1,x2,..")->group("Where");
  metric.add_option("--norm", flags->norm, "|x|, or a range of it, first:last:step; needs --dim")->type_name("r")->group("Where");
  metric.add_option("--norm2", flags->norm2, "|x|^2, or a range of it; needs --dim")->type_name("s")->group("Where");
  metric.add_option("--dim", flags->dim, "the dimension of the input space")->type_name("d")->group("Where");
  metric.add_option("--data", flags->data, "many points: a CSV or NumPy (.npy) file, one point a row (- is standard input)")->type_name("FILE")->group("Where");
  add_answer_flags(metric, flags->answer);
  return [flags](const std::string& line) {
    return run_session(flags->answer.session(command, line), [&](Answer& answer) { return answer_question(*flags, answer); });
  };
}

}  // namespace infwidth::cli
