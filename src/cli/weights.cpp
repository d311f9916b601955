// SPDX-License-Identifier: GPL-3.0-or-later
#include "weights.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/core.h>

#include "infwidth/finite/geometry.hpp"
#include "infwidth/finite/measured_variances.hpp"
#include "infwidth/finite/read_network.hpp"
#include "infwidth/finite/rounding.hpp"
#include "infwidth/geometry/metric.hpp"
#include "infwidth/io/json.hpp"
#include "infwidth/io/points.hpp"
#include "infwidth/io/range.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/validation/symmetry_study.hpp"
#include "quantities.hpp"

namespace infwidth::cli {

namespace {

constexpr const char* command_name = "infwidth validate";

constexpr std::size_t most_points = 100'000;
constexpr std::size_t most_compared = 100;       // points of the symmetry-breaking index
constexpr std::size_t largest_curved = 50;       // dimensions: every unit has d (d + 1) / 2 second derivatives
constexpr std::size_t largest_symmetric = 50;    // dimensions: 100 Haar-random rotations of d x d take seconds
constexpr std::size_t most_entries = 1 << 22;    // of the metrics in memory

bool was_given(const CLI::App& command, const std::string& flag) { return command.get_option(flag)->count() > 0; }

void refuse_other_flags(const CLI::App& command) {
  static const std::vector<std::string> known = {"--weights", "--no-readout", "--arrays", "--without", "--layout", "--activation", "--sigma-w2", "--sigma-b2", "--input-scaling", "--at", "--data", "--format", "--output", "--timeout", "--quiet", "--threads"};
  for (const CLI::Option* option : command.get_options()) {
    const std::string flag = option->get_name();
    if (option->count() == 0 || std::find(known.begin(), known.end(), flag) != known.end()) continue;
    if (flag == "--depth" || flag == "--widths") throw UsageError(flag + ": the network of --weights has its own; leave it out");
    throw UsageError(flag + ": it is about networks drawn at random, and --weights is one network; leave it out");
  }
}

std::vector<std::vector<Rational>> points_of(const WeightsQuestion& question) {
  if (question.at.empty() == question.data.empty()) throw UsageError("give either --at x1,x2,.. or --data FILE: where the network is looked at");
  if (!question.at.empty()) return {for_flag("--at", [&] { return parse_list(question.at); })};
  std::vector<std::vector<Rational>> points;
  PointReader reader = for_flag("--data", [&] { return PointReader::open(question.data); });
  for (std::vector<Rational> x; reader.next(x); points.push_back(x)) {
    if (points.size() == most_points) throw UsageError("--data: more than " + std::to_string(most_points) + " points; take fewer");
  }
  return points;
}

/// All points have one length; is it the network's?
void check_dimension(const WeightsQuestion& question, std::size_t found, std::size_t wanted) {
  if (found == wanted) return;
  throw UsageError(std::string(question.at.empty() ? "--data" : "--at") + ": a point of " + std::to_string(found) + " coordinates, and the network takes " +
                   std::to_string(wanted) + "; is a matrix of the file transposed?");
}

/// "W1,b1,net.*"
std::vector<std::string> split(const std::string& flag, const std::string& text) {
  std::vector<std::string> names;
  if (text.empty()) return names;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    names.push_back(text.substr(at, end - at));
    if (names.back().empty()) throw UsageError(flag + ": '" + shown(text) + "' has an empty name; write the names of arrays between commas");
    at = end + 1;
  }
  return names;
}

NetworkFileOptions file_options(const WeightsFlags& flags, const WeightsQuestion& question, std::size_t dimension) {
  NetworkFileOptions options;
  for (const std::string& text : question.network.activations) {
    options.activations.push_back(for_flag("--activation", [&] { return Activation::from_text(text); }));
  }
  options.readout = !flags.no_readout;
  options.choice.arrays = split("--arrays", flags.arrays);
  options.choice.without = split("--without", flags.without);
  if (!flags.layout.empty()) options.choice.layout = static_cast<WeightLayout>(choice("--layout", flags.layout, {"outputs-inputs", "inputs-outputs"}));
  options.choice.dimension = dimension;
  return options;
}

/// Which arrays the network was made of: for people, and for programs.
std::string caption_of(const LayerArrays& arrays) {
  std::string text = "read as " + arrays.text() + " (" + to_string(arrays.layout) + ", " + arrays.layout_by + ")";
  if (arrays.left_out.empty()) return text;
  constexpr std::size_t most = 6;
  text += "; left out:";
  for (std::size_t k = 0; k < std::min(arrays.left_out.size(), most); ++k) text += (k == 0 ? " " : ", ") + shown(arrays.left_out[k]);
  return text + (arrays.left_out.size() > most ? " and " + std::to_string(arrays.left_out.size() - most) + " more" : "");
}
std::string json_of(const LayerArrays& arrays) {
  std::string layers, left_out;
  for (const LayerArrays::Layer& layer : arrays.layers) {
    layers += (layers.empty() ? "" : ",") + std::string("{\"weights\":") + json_string(layer.weights) +
              ",\"biases\":" + (layer.biases.empty() ? "null" : json_string(layer.biases)) + "}";
  }
  for (const std::string& name : arrays.left_out) left_out += (left_out.empty() ? "" : ",") + json_string(name);
  return "{\"layers\":[" + layers + "],\"layout\":" + json_string(to_string(arrays.layout)) + ",\"layout_by\":" + json_string(arrays.layout_by) +
         ",\"left_out\":[" + left_out + "]}";
}

/// Why the features have no metric or no curvature everywhere; "" where they have.
struct Smoothness {
  std::string no_metric, no_curvature;
};
Smoothness smoothness_of(const FiniteNetwork& network) {
  Smoothness s;
  for (std::size_t l = 0; l < network.depth(); ++l) {
    const Activation& phi = network.activations[l];
    const std::string layer = "hidden layer " + std::to_string(l + 1) + " (" + phi.name() + "): ";
    if (phi.jump() && s.no_metric.empty()) s.no_metric = layer + "phi jumps at x = " + short_text(phi.jump()->approximately()) + ": the features have no derivative there";
    if (!s.no_metric.empty() || !s.no_curvature.empty()) continue;
    const std::optional<RealPoint> kink = phi.derivative().jump();
    if (kink) s.no_curvature = layer + "phi' jumps at x = " + short_text(kink->approximately()) + ": the metric jumps where a preactivation crosses it, and has no curvature";
  }
  return s;
}

/// The text without its ends of lines.
std::string on_one_line(std::string text) {
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos;) text.replace(at, 1, "; ");
  return text;
}

std::string six_digits(double x) { return fmt::format("{:.6g}", x); }
std::string list(const std::vector<Rational>& values) {
  std::string text;
  for (const Rational& v : values) text += (text.empty() ? "" : ",") + six_digits(constant<double>(v));
  return text;
}

/// The symmetry-breaking index, and what it was measured against.
struct Symmetry {
  std::optional<NetworkSymmetry> found;
  std::string reason;  // why there is none
  Architecture like;
  bool measured = false;
  std::size_t points = 0;

  std::string caption() const {
    if (!found) return "symmetry-breaking index: none (" + reason + ")";
    std::string text = "symmetry-breaking index " + six_digits(found->index) + ", of random networks " + (found->expected ? six_digits(*found->expected) + " (" + found->standing + ")" : "not known");
    text += "; spread over directions: tangential " + six_digits(found->tangential_spread) + ", radial " + six_digits(found->radial_spread) + "\nmeasured against infinite width with " + variances();
    return text;
  }
  std::string variances() const {
    return "sigma_w2 = " + list(like.sigma_w2) + ", sigma_b2 = " + list(like.sigma_b2) + (measured ? " (from the weights)" : like.input_scaling == InputScaling::fan_in ? " (given; input scaling fan-in)" : " (given)");
  }
  std::string json() const {
    if (!found) return "{\"index\":{\"value\":null,\"reason\":" + json_string(reason) + "}}";
    const auto number = [](double x, const std::string& method) {
      const NumberText text = to_text(x, 1e-10 * std::abs(x));
      return "{\"value\":\"" + text.value + "\",\"error\":\"" + text.error + "\",\"proven\":false,\"method\":" + json_string(method) + "}";
    };
    const auto numbers = [](const std::vector<Rational>& values) {
      std::string text;
      for (const Rational& v : values) text += (text.empty() ? "\"" : ",\"") + to_text(constant<double>(v), 0).value + '"';
      return "[" + text + "]";
    };
    const std::string expected = found->expected ? number(*found->expected, found->standing) : std::string("{\"value\":null,\"reason\":\"no theory at these widths\"}");
    return "{\"index\":" + number(found->index, "projection onto I and x x^T") + ",\"expected\":" + expected + ",\"tangential_spread\":" + number(found->tangential_spread, "100 directions") +
           ",\"radial_spread\":" + number(found->radial_spread, "100 directions") + ",\"points\":" + std::to_string(points) + ",\"sigma_w2\":" + numbers(like.sigma_w2) +
           ",\"sigma_b2\":" + numbers(like.sigma_b2) + ",\"measured\":" + (measured ? "true" : "false") + "}";
  }
};

Symmetry symmetry_of(const CLI::App& command, const FiniteNetwork& network, const WeightsQuestion& question, const std::vector<std::vector<Rational>>& points, const Budget& budget) {
  Symmetry s;
  s.measured = !was_given(command, "--sigma-w2") && !was_given(command, "--sigma-b2");
  if (s.measured && was_given(command, "--input-scaling")) throw UsageError("--input-scaling: it says how --sigma-w2 is meant; give that too, or leave both out");
  if (!s.measured) {
    NetworkFlags like = question.network;
    like.depth = std::to_string(network.depth());
    s.like = like.architecture();
  }
  const std::size_t d = network.dimension();
  if (d < 2) s.reason = "in one dimension every metric is symmetric";
  if (d > largest_symmetric) s.reason = "more than " + std::to_string(largest_symmetric) + " dimensions";
  if (!s.reason.empty()) return s;
  s.points = std::min(points.size(), most_compared);
  try {
    if (s.measured) s.like = measured_architecture(network);
    s.found = network_symmetry(network, s.like, {points.begin(), points.begin() + static_cast<std::ptrdiff_t>(s.points)}, 100, 1, budget);
  } catch (const NoSuchQuantity& error) {
    s.reason = error.what();
  } catch (const NotReached& error) {
    budget.check();
    s.reason = error.what();  // out of reach is the infinite width that it is measured against, not the network
  }
  return s;
}

std::string no_metric_at_kink(int layer) { return "a preactivation of hidden layer " + std::to_string(layer) + " is where phi has no derivative: the network has no metric here"; }

class Rows {
 public:
  Rows(std::size_t dimension, Smoothness smoothness, const WeightsQuestion& question, Answer& answer)
      : d_(dimension), smoothness_(std::move(smoothness)), question_(question), answer_(answer), small_(d_ <= static_cast<std::size_t>(LayerMetric<Ball>::largest_matrix)) {}

  std::vector<Column> columns() const {
    std::vector<Column> all;
    constexpr std::size_t short_row = 3;
    for (std::size_t i = 1; small_ && i <= d_; ++i) all.push_back({"x_" + std::to_string(i), "x" + std::to_string(i), "x_{" + std::to_string(i) + "}", everywhere, true});
    if (!small_) all.push_back({"point", "point", "\\text{point}", everywhere, true});
    all.push_back({"norm2", "|x|^2", "|x|^2", in_json | in_csv});
    all.push_back({"dim", "d", "d", in_json | in_csv});
    if (small_) {
      for (std::size_t i = 1; i <= d_; ++i) {
        for (std::size_t j = i; j <= d_; ++j) {
          const std::string k = std::to_string(i), l = std::to_string(j);
          all.push_back({"g_" + k + "_" + l, "g[" + k + "," + l + "]", "g_{" + k + "," + l + "}", d_ <= short_row ? in_csv | in_table : in_csv});
        }
      }
    }
    all.push_back({"volume_element", "volume element", "\\sqrt{\\det g}"});
    all.push_back({"log_volume_element", "log volume element", "\\log\\sqrt{\\det g}"});
    all.push_back({"rank", "rank", "\\text{rank}"});
    all.push_back({"curvature.ricci_scalar", "Ricci scalar", "R"});
    if (small_) all.push_back({"metric", "metric", "g", in_json | in_block});
    return all;
  }

  void write(const FiniteGeometry& g, const GeometryRounding& rounding, std::size_t p, std::size_t number, const std::vector<Rational>& x) {
    const double* const metric = g.metric.data() + p * d_ * d_;
    if (g.kink[p] > 0) return write_kink(g.kink[p], number, x);
    if (!std::all_of(metric, metric + d_ * d_, [](double v) { return std::isfinite(v); })) {
      throw NotReached("point " + std::to_string(number) + ": the metric has left the range of double precision; scale the weights or the point down");
    }
    std::vector<Cell> cells = place(number, x);
    const auto entry = [&](std::size_t i, std::size_t j) { return cell(metric[i * d_ + j], rounding.metric[p] * std::sqrt(metric[i * d_ + i]) * std::sqrt(metric[j * d_ + j])); };
    for (std::size_t i = 0; small_ && i < d_; ++i) {
      for (std::size_t j = i; j < d_; ++j) cells.emplace_back(entry(i, j));
    }
    add_volume(cells, g.log_volume[p], rounding.log_volume[p], g.rank[p]);
    add_curvature(cells, g, rounding, p);
    if (small_) {
      Matrix matrix(d_);
      for (std::size_t i = 0; i < d_; ++i) {
        for (std::size_t j = 0; j < d_; ++j) matrix[i].push_back(entry(i, j));
      }
      cells.emplace_back(std::move(matrix));
    }
    answer_.row(std::move(cells));
    any_ = true;
  }

  /// Has any point a metric?
  bool any() const { return any_; }

 private:
  std::size_t d_;
  Smoothness smoothness_;
  const WeightsQuestion& question_;
  Answer& answer_;
  bool small_, any_ = false;

  std::vector<Cell> place(std::size_t number, const std::vector<Rational>& x) const {
    std::vector<Cell> cells;
    for (std::size_t i = 0; small_ && i < d_; ++i) cells.emplace_back(given(x[i], question_.answer));
    if (!small_) cells.emplace_back(static_cast<long>(number));
    Rational norm2 = 0;
    for (const Rational& c : x) norm2 += c * c;
    cells.emplace_back(given(norm2, question_.answer));
    cells.emplace_back(static_cast<long>(d_));
    return cells;
  }

  /// The row of a point at which the network has no metric.
  void write_kink(int layer, std::size_t number, const std::vector<Rational>& x) {
    const Missing none{no_metric_at_kink(layer)};
    std::vector<Cell> cells = place(number, x);
    cells.resize(columns().size(), none);
    answer_.row(std::move(cells));
  }

  Quantity cell(double x, double error) const {
    const bool for_programs = question_.answer.format == "json" || question_.answer.format == "csv";
    return quantity(x, error, "jets in double precision", for_programs ? Printing{15, Engine::number, true} : Printing{10, Engine::number, false});
  }

  void add_volume(std::vector<Cell>& cells, double log_volume, double error, int rank) const {
    if (rank == static_cast<int>(d_) && std::isfinite(error)) {
      const double volume = std::exp(log_volume);
      if (std::isnormal(volume)) cells.emplace_back(cell(volume, volume * error));
      else cells.emplace_back(Missing{"beyond the range of double precision; its logarithm is not"});
      cells.emplace_back(cell(log_volume, error));
    } else if (rank == static_cast<int>(d_)) {
      const Missing none{"the metric is too near to a singular one here"};
      cells.insert(cells.end(), {none, none});
    } else {
      cells.emplace_back(cell(0, 0));
      std::string reason = "the metric is singular: its rank is " + std::to_string(rank) + " of " + std::to_string(d_);
      if (rank > 0) reason += "; over its non-zero eigenvalues it is " + six_digits(log_volume);
      cells.emplace_back(Missing{reason});
    }
    cells.emplace_back(static_cast<long>(rank));
  }

  void add_curvature(std::vector<Cell>& cells, const FiniteGeometry& g, const GeometryRounding& rounding, std::size_t p) const {
    std::string reason = smoothness_.no_curvature;
    if (g.rank[p] < static_cast<int>(d_)) reason = "the metric is singular here";
    if (d_ > largest_curved) reason = "more than " + std::to_string(largest_curved) + " dimensions: every unit has d (d+1)/2 second derivatives";
    if (d_ == 1) {
      cells.emplace_back(cell(0, 0));
    } else if (!reason.empty()) {
      cells.emplace_back(Missing{reason});
    } else if (!std::isfinite(g.ricci[p]) || !std::isfinite(rounding.ricci[p])) {
      cells.emplace_back(Missing{"the metric is too near to a singular one here"});
    } else {
      cells.emplace_back(cell(g.ricci[p], rounding.ricci[p]));
    }
  }
};

}  // namespace

void add_weights_flags(CLI::App& command, WeightsFlags& flags) {
  command.add_option("--weights", flags.file, "the geometry of one network of yours in place of random ones: W1, b1, W2, b2, .. in an archive of numpy.savez (--data: up to 100000 points)")->type_name("FILE.npz")->group("Your network");
  command.add_option("--arrays", flags.arrays, "which arrays of --weights are the network's, in the order of its layers; 'actor.*' is all that begin so")->type_name("NAME[,NAME..]")->group("Your network");
  command.add_option("--without", flags.without, "arrays of --weights that are not the network's")->type_name("NAME[,NAME..]")->group("Your network");
  command.add_option("--layout", flags.layout, "how weights stand: outputs-inputs (h = W x, PyTorch) or inputs-outputs (h = x W, Keras, flax); found by their shapes and names where these tell")->type_name("L")->group("Your network");
  command.add_flag("--no-readout", flags.no_readout, "the last layer of --weights is a hidden one too")->group("Your network");
}

int answer_weights(const CLI::App& command, const WeightsFlags& flags, const WeightsQuestion& question, Answer& answer) {
  refuse_other_flags(command);
  for (const auto& [flag, given] : {std::pair{"--no-readout", flags.no_readout}, {"--arrays", !flags.arrays.empty()}, {"--without", !flags.without.empty()}, {"--layout", !flags.layout.empty()}}) {
    if (flags.file.empty() && given) throw UsageError(std::string(flag) + ": it is about the network of --weights; give that too");
  }
  if (question.network.activations.empty()) throw UsageError("no activation is given; add the network's, like --activation tanh");
  if (flags.file == "-" && question.data == "-") throw UsageError("--data: standard input is taken by --weights; give a file");
  const std::vector<std::vector<Rational>> points = points_of(question);
  const NetworkOfFile read = for_flag("--weights", [&] { return read_network(flags.file, file_options(flags, question, points[0].size())); });
  const FiniteNetwork& network = read.network;
  check_dimension(question, points[0].size(), network.dimension());
  const Smoothness smoothness = smoothness_of(network);
  if (!smoothness.no_metric.empty()) throw NoSuchQuantity(smoothness.no_metric);
  const int threads = parsed_threads(question.threads);
  const std::size_t d = network.dimension();
  const Symmetry symmetry = symmetry_of(command, network, question, points, answer.budget());

  std::string caption;
  for (const std::string& text : question.network.activations) caption += (caption.empty() ? "" : " | ") + text;
  answer.about({{"activation", caption}, {"weights", flags.file}});
  caption += ", " + shape_text(network) + " of " + shown(flags.file) + "; geometry of the features\n" + caption_of(read.arrays) + "\n" + symmetry.caption();
  if (symmetry.found && symmetry.points < points.size()) caption += ", over the first " + std::to_string(symmetry.points) + " points";
  if (question.answer.format != "text") caption = on_one_line(caption);
  Rows rows(d, smoothness, question, answer);
  answer.begin(rows.columns(), caption);
  Progress progress = answer.progress(points.size());
  const FiniteRequest request{.volume = true, .curvature = d > 1 && d <= largest_curved && smoothness.no_curvature.empty()};
  const std::size_t block = std::clamp<std::size_t>(most_entries / (d * d), 1, 4096);
  for (std::size_t first = 0; first < points.size(); first += block) {
    const std::size_t count = std::min(block, points.size() - first);
    std::vector<double> x;
    for (std::size_t p = first; p < first + count; ++p) {
      for (const Rational& c : points[p]) x.push_back(constant<double>(c));
    }
    const FiniteGeometry g = finite_geometry(network, {x.data(), count, d}, request, threads, answer.budget());
    if (points.size() == 1 && g.kink[0] > 0) throw NoSuchQuantity(no_metric_at_kink(g.kink[0]));
    const GeometryRounding rounding = geometry_rounding(network, {x.data(), count, d}, request, g, threads, answer.budget());
    for (std::size_t p = 0; p < count; ++p) rows.write(g, rounding, p, first + p + 1, points[first + p]);
    progress.advance(count);
  }
  if (question.answer.format == "json") answer.raw("{\"symmetry\":" + symmetry.json() + ",\"weights\":" + json_of(read.arrays) + "}\n");
  if (question.answer.format == "csv") {
    complain(command_name, caption_of(read.arrays));
    complain(command_name, on_one_line(symmetry.caption()));
  }
  return rows.any() ? answered : no_such_quantity;
}

}  // namespace infwidth::cli
