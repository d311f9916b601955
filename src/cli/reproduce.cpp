// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include <fmt/core.h>

#include "commands.hpp"
#include "infwidth/io/json.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/validation/rank_correlation.hpp"
#include "quantities.hpp"
#include "training_rows.hpp"

namespace infwidth::cli {

namespace {

struct Flags {
  AnswerFlags answer;
  std::string study, folder, seeds = "5", epochs, points, labels, threads;
};

constexpr const char* command = "infwidth reproduce";

constexpr const char* examples =
    "Examples:\n"
    "  infwidth reproduce xor\n"
    "  infwidth reproduce sinusoid-shallow --seeds 5 --folder sinusoid\n"
    "  infwidth reproduce lazy-to-rich --quiet\n"
    "  infwidth reproduce digits --points share/infwidth/digits.csv --labels share/infwidth/digits_labels.csv\n"
    "\n"
    "Studies, with their settings (sigmoid units, weights and biases N(0,1), readout N(0,1/n), cross-entropy, as in arXiv:2301.11375's code):\n"
    "  xor               [2,w,2], w = 10, 100, 250; SGD 0.02, momentum 0.9, decay 1e-4, 2000 epochs of the four points\n"
    "  sinusoid-shallow  [2,w,2], w = 20, 250; SGD 0.1, momentum 0.9, 10000 epochs of 400 points in batches of 50;\n"
    "                    and w = 20 without momentum, in batches and with all points at once, which learns no boundary\n"
    "  sinusoid-deep     [2,8,8,8,2], the same, log-volume of every layer\n"
    "  lazy-to-rich      noisy XOR, squared loss, [2,n,2] tanh in the ntk parameterization, n = 64 to 4096, gamma = 1, n^(1/4), n^(1/2): does training break\n"
    "                    the symmetry beyond what finite width does?\n"
    "  digits            [64,512,512,10] relu, Adam 1e-3, 20 epochs of batches of 100: the line between two digits, the plane through three\n"
    "The folder (by default the study's name) gets table.txt, table.csv, table.tex and figures. In the tables a number is a mean over the seeds; its\n"
    "interval is the bootstrap's, 95 %.";

/// One setting of a study, run for several seeds.
struct Variant {
  std::string name, task;
  HistoryOptions options;
};

struct Result {
  const Variant* variant;
  std::uint64_t seed;
  Task task;
  History history;
};

Architecture sigmoid_network(int depth) { return make_architecture(depth, {Activation::from_text("sigmoid")}, {Rational(1)}, {Rational(1)}); }

Variant variant(const std::string& name, const std::string& task, Architecture network, std::vector<std::uint64_t> widths, const Optimiser& optimiser, std::uint64_t epochs, std::uint64_t batch,
                std::vector<std::uint64_t> record, double window) {
  Variant v;
  v.name = name;
  v.task = task;
  v.options.network = std::move(network);
  v.options.widths = std::move(widths);
  v.options.training.optimiser = optimiser;
  v.options.training.epochs = epochs;
  v.options.training.batch = batch;
  v.options.record = std::move(record);
  if (window > 0) v.options.probe = grid_probe(window, 40);
  return v;
}

/// Epochs given for a run of another length, scaled.
std::vector<std::uint64_t> scaled(std::vector<std::uint64_t> epochs, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t& e : epochs) e = e * to / from;
  epochs.erase(std::unique(epochs.begin(), epochs.end()), epochs.end());
  return epochs;
}

std::vector<Variant> variants_of(const Flags& flags) {
  std::vector<Variant> all;
  const auto epochs = [&](std::uint64_t usual) { return flags.epochs.empty() ? usual : static_cast<std::uint64_t>(parse_count(flags.epochs, 1, 1'000'000'000, "--epochs")); };
  switch (choice("STUDY", flags.study, {"xor", "sinusoid-shallow", "sinusoid-deep", "lazy-to-rich", "digits"})) {
    case 0:
      for (const std::uint64_t w : {10UL, 100UL, 250UL}) {
        const std::uint64_t e = epochs(2000);
        all.push_back(variant(fmt::format("w = {}", w), "xor", sigmoid_network(1), {w}, {Method::gradient_descent, 0.02, 0.9, 1e-4}, e, 0, scaled({0, 50, 500, 2000}, 2000, e), 1.5));
        all.back().options.of.curvature = true;
      }
      break;
    case 1:
    case 2: {
      const bool deep = flags.study == "sinusoid-deep";
      const std::uint64_t e = epochs(10000);
      const auto add = [&](const std::string& name, std::vector<std::uint64_t> widths, double momentum, std::uint64_t batch) {
        const int depth = static_cast<int>(widths.size());
        all.push_back(variant(name, "sinusoid", sigmoid_network(depth), std::move(widths), {Method::gradient_descent, 0.1, momentum}, e, batch, scaled(deep ? std::vector<std::uint64_t>{0, 200, 1200, 10000} : std::vector<std::uint64_t>{0, 200, 5000, 10000}, 10000, e), 1));
        all.back().options.of.all_layers = deep;
        all.back().options.of.curvature = !deep;
      };
      if (deep) {
        add("8, 8, 8", {8, 8, 8}, 0.9, 50);
      } else {
        add("w = 20", {20}, 0.9, 50);
        add("w = 250", {250}, 0.9, 50);
        add("w = 20, no momentum", {20}, 0, 50);
        add("w = 20, all points at once, no momentum", {20}, 0, 0);
      }
      break;
    }
    case 3:
      for (const std::uint64_t n : {64UL, 256UL, 1024UL, 4096UL}) {
        for (const auto& [label, power] : {std::pair{"1", 0.0}, std::pair{"n^1/4", 0.25}, std::pair{"n^1/2", 0.5}}) {
          const std::uint64_t e = epochs(200);
          all.push_back(variant(fmt::format("n = {}, gamma = {}", n, label), "noisy-xor", make_architecture(1, {Activation::from_text("tanh")}, {Rational(1)}, {Rational(1, 4)}), {n},
                                {Method::gradient_descent, 0.5, 0}, e, 0, {0}, 0));
          all.back().options.training.loss = Loss::squared;
          all.back().options.training.parameters = {Parameterization::ntk, std::pow(static_cast<double>(n), power)};
        }
      }
      break;
    default: {
      const std::uint64_t e = epochs(20);
      for (const char* name : {"line", "plane"}) {
        all.push_back(variant(name, "", make_architecture(2, {Activation::from_text("relu")}, {Rational(2), Rational(2), Rational(1)}, {Rational(0)}, InputScaling::fan_in), {512, 512}, {Method::adam, 1e-3}, e,
                              100, scaled({0, 1, 20}, 20, e), 0));
        all.back().options.symmetry_points = 0;
      }
    }
  }
  return all;
}

/// The seeds of the variants, several at a time. Stops where the budget ends; what was finished is there.
std::vector<Result> run_all(const std::vector<Variant>& variants, const Flags& flags, Answer& answer) {
  const std::uint64_t seeds = flags.study == "digits" ? 1 : static_cast<std::uint64_t>(parse_count(flags.seeds, 1, 10000, "--seeds"));
  const int threads = parsed_threads(flags.threads);
  const bool wide = flags.study == "digits";
  std::vector<Result> results;
  for (const Variant& v : variants) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) results.push_back({&v, seed, {}, {}});
  }
  std::uint64_t total = 0;
  for (const Result& r : results) total += r.variant->options.training.epochs;
  Progress progress = answer.progress(total);
  std::mutex mutex;
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      for (std::size_t k = next++; k < results.size(); k = next++) {
        Result& r = results[k];
        HistoryOptions options = r.variant->options;
        if (wide) {
          r.task = read_task(flags.points, flags.labels);
          for (double& x : r.task.data.inputs) x /= 16;
          // The first digits 1, 6 (of the line), and 5, 6, 1 (of the plane) of the set.
          const auto first_of = [&](int label) {
            const auto at = std::find(r.task.data.labels.begin(), r.task.data.labels.end(), label);
            if (at == r.task.data.labels.end()) throw UsageError("--labels: there is no digit " + std::to_string(label) + " among them; these are not the handwritten digits");
            return std::span<const double>(r.task.data.inputs.data() + static_cast<std::size_t>(at - r.task.data.labels.begin()) * r.task.data.dimension, r.task.data.dimension);
          };
          options.probe = r.variant->name == "line" ? line_probe(first_of(1), first_of(6), 64) : plane_probe(first_of(5), first_of(6), first_of(1), 32);
        } else {
          r.task = make_task(r.variant->task, r.seed);
        }
        if (options.training.loss == Loss::squared && r.task.data.targets.empty()) add_class_targets(r.task.data);
        options.training.seed = r.seed;
        options.training.threads = wide ? threads : 1;
        options.budget = answer.budget();
        options.see = [&](std::uint64_t, const EpochResult& result) {
          const std::lock_guard lock(mutex);
          progress.advance();
          answer.note(fmt::format("{}, seed {}, loss {:.3g}", r.variant->name, r.seed, result.loss));
        };
        r.history = train(r.task, options);
        if (!r.history.complete) break;
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      next = results.size();
    }
  };
  std::vector<std::thread> team;
  for (int k = 1; k < (wide ? 1 : threads); ++k) team.emplace_back(work);
  work();
  for (std::thread& t : team) t.join();
  if (failure) std::rethrow_exception(failure);
  return results;
}

std::vector<Column> columns(bool layers) {
  std::vector<Column> all = {{"variant", "variant", "\\text{variant}", everywhere, true}, {"epoch", "epoch", "\\text{epoch}", everywhere, true}};
  if (layers) all.push_back({"layer", "layer", "\\ell", everywhere, true});
  for (const auto& [key, title, latex] : {std::tuple{"accuracy", "accuracy", "\\text{accuracy}"}, std::tuple{"contrast", "contrast", "\\Delta\\log\\sqrt{\\det g}"},
                                          std::tuple{"correlation", "correlation", "r"}, std::tuple{"partial_correlation", "given |x|", "r_{\\cdot|x|}"},
                                          std::tuple{"change_correlation", "of change", "r_\\Delta"}, std::tuple{"symmetry_index", "symmetry index", "\\text{index}"}}) {
    all.push_back({key, title, latex});
  }
  all.push_back({"symmetry_expected", "of random networks", "\\text{index}_0"});
  all.push_back({"symmetry_z", "in standard errors", "z"});
  all.push_back({"seeds", "seeds", "\\text{seeds}"});
  return all;
}

/// What the seeds of one variant say, of each record.
struct Sample {
  std::vector<double> accuracy, contrast, plain, partial, change, index, expected;
};

using Rows = std::vector<std::vector<Cell>>;

Rows rows_of(const std::vector<Variant>& variants, const std::vector<Result>& results, bool layers) {
  Rows rows;
  for (const Variant& v : variants) {
    std::map<std::pair<std::uint64_t, std::size_t>, Sample> samples;
    std::string why = "no plane to look at";
    for (const Result& r : results) {
      if (r.variant != &v || !r.history.complete) continue;
      const std::vector<HistoryEntry>& entries = r.history.entries;
      for (std::size_t k = 0; k < entries.size(); ++k) {
        const std::size_t count = std::max<std::size_t>(1, entries[k].geometry.log_volume.size());
        for (std::size_t layer = 0; layer < count; ++layer) {
          Sample& s = samples[{entries[k].epoch, layer + 1}];
          s.accuracy.push_back(entries[k].result.accuracy);
          if (entries[k].symmetry && layer + 1 == count) {
            s.index.push_back(entries[k].symmetry->index);
            if (entries[k].symmetry->expected) s.expected.push_back(*entries[k].symmetry->expected);
          }
          if (!v.options.probe) continue;
          try {
            const std::vector<double>& distance = entries.back().geometry.distance;
            ProbeRecord one = entries[k].geometry;
            one.log_volume = {entries[k].geometry.log_volume[layer]};
            const Magnification m = magnification(one, *v.options.probe, distance);
            s.contrast.push_back(m.contrast);
            s.plain.push_back(m.plain);
            s.partial.push_back(m.partial);
            if (k == 0) continue;
            std::vector<double> change = one.log_volume[0];
            for (std::size_t p = 0; p < change.size(); ++p) change[p] -= entries[0].geometry.log_volume[layer][p];
            s.change.push_back(rank_correlation(change, distance));
          } catch (const NotReached& error) {
            why = error.what();
          }
        }
      }
    }
    for (const auto& [place, s] : samples) {
      std::vector<Cell> row = {v.name, static_cast<long>(place.first)};
      if (layers) row.emplace_back(static_cast<long>(place.second));
      const auto cell = [&](const std::vector<double>& sample, const std::string& missing) {
        if (sample.empty()) return row.emplace_back(Missing{missing});
        const Bootstrap b = bootstrap_mean(sample);
        return row.emplace_back(sample.size() == 1 ? fmt::format("{:.3g}", b.mean) : fmt::format("{:.3g} [{:.3g}, {:.3g}]", b.mean, b.low, b.high));
      };
      cell(s.accuracy, "");
      cell(s.contrast, why);
      cell(s.plain, why);
      cell(s.partial, why);
      cell(s.change, place.first == 0 ? "the first record" : why);
      cell(s.index, "not taken here");
      cell(s.expected, "not taken here");
      // How far the mean index is from what random networks have, in standard errors of the seeds.
      if (s.expected.size() == s.index.size() && s.index.size() > 1) {
        double mean = 0, square = 0, target = 0;
        const double n = static_cast<double>(s.index.size());
        for (std::size_t k = 0; k < s.index.size(); ++k) {
          mean += s.index[k] / n;
          target += s.expected[k] / n;
        }
        for (const double i : s.index) square += (i - mean) * (i - mean) / (n - 1);
        row.emplace_back(square > 0 ? Cell(fmt::format("{:.1f}", (mean - target) / std::sqrt(square / n))) : Cell(Missing{"no spread"}));
      } else {
        row.emplace_back(Missing{"not taken here"});
      }
      row.emplace_back(static_cast<long>(s.accuracy.size()));
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

void write_table(const std::string& path, Format format, const Rows& rows, bool layers, const std::string& caption, const std::string& line, Answer& answer) {
  Heading heading;
  heading.caption = caption;
  heading.command = line;
  heading.width = 200;
  const std::unique_ptr<TableWriter> writer = make_table_writer(format, columns(layers), heading, answer.file(path));
  for (const std::vector<Cell>& row : rows) writer->row(row);
  writer->end();
}

/// How the symmetry-breaking index goes with the width, after training and as expected of random networks.
Figure lazy_to_rich_figure(const std::vector<Variant>& variants, const std::vector<Result>& results) {
  Panel panel{"symmetry-breaking index after training", "width n", "index", true, true, {}, {}};
  std::map<std::string, Curve> curves;
  Curve expected{"random networks", {}, {}, {}, {}, Curve::Style::line, 6};
  for (const Variant& v : variants) {
    std::vector<double> index;
    double of_random = 0;
    for (const Result& r : results) {
      if (r.variant != &v || !r.history.complete || !r.history.entries.back().symmetry) continue;
      index.push_back(r.history.entries.back().symmetry->index);
      of_random = r.history.entries.back().symmetry->expected.value_or(NAN);
    }
    if (index.empty()) continue;
    const double n = static_cast<double>(v.options.widths[0]);
    const Bootstrap b = bootstrap_mean(index);
    const std::string label = v.name.substr(v.name.find("gamma"));
    Curve& c = curves.try_emplace(label, Curve{label, {}, {}, {}, {}, Curve::Style::points, static_cast<int>(curves.size())}).first->second;
    c.x.push_back(n);
    c.y.push_back(b.mean);
    c.low.push_back(b.low);
    c.high.push_back(b.high);
    if (expected.x.empty() || expected.x.back() != n) {
      expected.x.push_back(n);
      expected.y.push_back(of_random);
    }
  }
  panel.curves.push_back(expected);
  for (const auto& [label, curve] : curves) panel.curves.push_back(curve);
  return {{panel}, 1};
}

void write_figures(const std::string& folder, const std::vector<Variant>& variants, const std::vector<Result>& results, const Flags& flags, Answer& answer) {
  if (flags.study == "lazy-to-rich") {
    const std::string path = folder + "/symmetry.pdf";
    answer.file(path).write(drawn(lazy_to_rich_figure(variants, results), path));
    return;
  }
  for (const Result& r : results) {
    if (r.seed != 1 || !r.history.complete) continue;
    std::string name;
    for (const char c : r.variant->name) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? std::string(1, c) : name.empty() || name.back() == '_' ? "" : "_";
    const std::string path = folder + "/" + name + ".pdf";
    Probe probe = r.variant->options.probe ? *r.variant->options.probe : Probe();
    if (flags.study == "digits") {
      // The axis of a line, the grid of a plane: from the numbers of the points alone.
      probe.kind = r.variant->name == "line" ? Probe::Kind::line : Probe::Kind::plane;
      probe.dimension = r.task.data.dimension;
      const std::size_t count = r.history.entries[0].geometry.count;
      if (probe.kind == Probe::Kind::line) {
        for (std::size_t k = 0; k < count; ++k) probe.axis.push_back(-0.1 + 1.2 * static_cast<double>(k) / static_cast<double>(count - 1));
      } else {
        probe.grid = {static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(count)))), 1};
      }
    }
    answer.file(path).write(history_figure(r.history, probe, r.task, path));
    if (!r.variant->options.of.all_layers) continue;
    // The last record, layer by layer.
    History by_layer;
    for (std::size_t layer = 0; layer < r.history.entries.back().geometry.log_volume.size(); ++layer) {
      HistoryEntry e = r.history.entries.back();
      e.geometry.log_volume = {e.geometry.log_volume[layer]};
      by_layer.entries.push_back(std::move(e));
    }
    Figure figure = history_panels(by_layer, probe, r.task);
    for (std::size_t layer = 0; layer < figure.panels.size(); ++layer) {
      figure.panels[layer].title = fmt::format("layer {}, epoch {}", layer + 1, r.history.entries.back().epoch);
      figure.panels[layer].field->low.reset();  // volumes of different layers differ in scale
      figure.panels[layer].field->high.reset();
    }
    const std::string layers = folder + "/" + name + "_layers.pdf";
    answer.file(layers).write(drawn(figure, layers));
  }
}

int answer_question(const Flags& flags, const std::string& line, Answer& answer) {
  const std::vector<Variant> variants = variants_of(flags);
  if (flags.study == "digits" && (flags.points.empty() || flags.labels.empty())) {
    throw UsageError("digits: --points and --labels name the data's two files; they are installed as share/infwidth/digits.csv and digits_labels.csv");
  }
  const std::string folder = flags.folder.empty() ? flags.study : flags.folder;
  require_figure("figure.pdf");
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (problem) throw UsageError("--folder: " + shown(folder) + " cannot be made (" + problem.message() + "); name another one");
  answer.stops_slowly();
  const std::vector<Result> results = run_all(variants, flags, answer);
  const bool all = std::all_of(results.begin(), results.end(), [](const Result& r) { return r.history.complete; });
  const bool layers = flags.study == "sinusoid-deep";
  const Rows rows = rows_of(variants, results, layers);
  const std::string caption = flags.study + (flags.study == "digits" ? ", seed 1" : ", seeds 1 to " + flags.seeds) + ": means over the seeds, [95 % bootstrap intervals]; contrast and correlations of log-volume with the distance to the final boundary" +
                              (all ? "" : " (stopped: finished trainings alone)");
  for (const auto& [name, format] : {std::pair{"table.txt", Format::text}, std::pair{"table.csv", Format::csv}, std::pair{"table.tex", Format::latex}}) {
    write_table(folder + "/" + name, format, rows, layers, caption, line, answer);
  }
  write_figures(folder, variants, results, flags, answer);
  answer.begin(columns(layers), caption);
  for (const std::vector<Cell>& row : rows) answer.row(row);
  if (all) return answered;
  complain(command, "stopped; " + shown(folder) + " has what was finished");
  return interrupted;
}

}  // namespace

Run add_reproduce(CLI::App& program) {
  const auto flags = std::make_shared<Flags>();
  flags->answer.engine = "double";
  CLI::App& reproduce = *program.add_subcommand("reproduce", "studies of how training shapes the geometry, with tables and figures");
  reproduce.footer(examples);
  reproduce.add_option("study", flags->study, "xor, sinusoid-shallow, sinusoid-deep, lazy-to-rich or digits")->type_name("STUDY")->required();
  reproduce.add_option("--folder", flags->folder, "where tables and figures go; by default the study's name")->type_name("DIR")->group("Study");
  reproduce.add_option("--seeds", flags->seeds, "how many networks and data sets (5)")->type_name("N")->group("Study");
  reproduce.add_option("--epochs", flags->epochs, "another length of training")->type_name("E")->group("Study");
  reproduce.add_option("--points", flags->points, "of digits: the file of the images")->type_name("FILE")->group("Study");
  reproduce.add_option("--labels", flags->labels, "of digits: the file of their classes")->type_name("FILE")->group("Study");
  add_format_flags(reproduce, flags->answer);
  add_long_work_flags(reproduce, flags->answer);
  reproduce.add_option("--threads", flags->threads, "how many trainings at a time; all cores by default, the same bits for any number")->type_name("T")->group("Long work");
  return [flags](const std::string& line) {
    return run_session(flags->answer.session(command, line), [&](Answer& answer) { return answer_question(*flags, line, answer); });
  };
}

}  // namespace infwidth::cli
