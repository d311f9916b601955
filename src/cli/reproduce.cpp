// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>

#include <fmt/core.h>

#include "commands.hpp"
#include "infwidth/io/json.hpp"
#include "infwidth/io/matrix.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/run/parallel.hpp"
#include "infwidth/validation/rank_correlation.hpp"
#include "paper_studies.hpp"
#include "quantities.hpp"
#include "training_rows.hpp"

namespace infwidth::cli {

namespace {

struct Flags {
  AnswerFlags answer;
  std::string study, folder, seeds, epochs, points, labels, threads;
};

constexpr const char* command = "infwidth reproduce";
constexpr const char* usual_seeds = "5";

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

struct Result {
  const Variant* variant;
  std::uint64_t seed;
  Task task;
  History history;
};

/// The handwritten digits, their pixels between 0 and 1.
Task read_digits(const Flags& flags) {
  DataMatrix points = for_flag("--points", [&] { return read_matrix(flags.points); });
  Task task = for_flag("--labels", [&] { return labelled_task(flags.points, std::move(points), flags.labels, read_labels(flags.labels)); });
  for (double& x : task.data.inputs) x /= 16;
  return task;
}

/// The first of the set that shows this digit.
std::span<const double> first_of(const Task& digits, int label) {
  const std::vector<int>& labels = digits.data.labels;
  const auto at = std::find(labels.begin(), labels.end(), label);
  if (at == labels.end()) throw UsageError("--labels: there is no digit " + std::to_string(label) + " among them; these are not the handwritten digits");
  return {digits.data.inputs.data() + static_cast<std::size_t>(at - labels.begin()) * digits.data.dimension, digits.data.dimension};
}

/// The seeds of the variants, several at a time. Stops where the budget ends; what was finished is there.
std::vector<Result> run_all(const std::vector<Variant>& variants, const Flags& flags, Answer& answer) {
  const std::uint64_t seeds = flags.study == "digits" ? 1 : static_cast<std::uint64_t>(parse_count(flags.seeds.empty() ? usual_seeds : flags.seeds, 1, 10000, "--seeds"));
  const int threads = parsed_threads(flags.threads);
  const bool wide = flags.study == "digits";
  const Task digits = wide ? read_digits(flags) : Task();
  std::vector<Result> results;
  for (const Variant& v : variants) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) results.push_back({&v, seed, {}, {}});
  }
  std::uint64_t total = 0;
  for (const Result& r : results) total += r.variant->options.training.epochs;
  Progress progress = answer.progress(total);
  std::mutex mutex;
  // Of the digits one training at a time has all the threads.
  parallel_for(results.size(), wide ? 1 : threads, [&] {
    return [&](std::size_t k) {
      if (answer.budget().is_over()) return;
      Result& r = results[k];
      HistoryOptions options = r.variant->options;
      if (wide) {
        r.task = digits;
        options.probe = r.variant->name == "line" ? line_probe(first_of(digits, 1), first_of(digits, 6), 64) : plane_probe(first_of(digits, 5), first_of(digits, 6), first_of(digits, 1), 32);
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
    };
  });
  return results;
}

std::vector<Column> columns(bool layers) {
  std::vector<Column> all = {{"variant", "variant", "\\text{variant}", everywhere, true}, {"epoch", "epoch", "\\text{epoch}", everywhere, true}};
  if (layers) all.push_back({"layer", "layer", "\\ell", everywhere, true});
  for (const auto& [key, title, latex] : {std::tuple{"accuracy", "accuracy", "\\text{accuracy}"}, std::tuple{"contrast", "contrast", "\\Delta\\log\\sqrt{\\det g}"},
                                          std::tuple{"correlation", "correlation", "r"}, std::tuple{"partial_correlation", "given |x|", "r_{\\cdot|x|}"},
                                          std::tuple{"change_correlation", "of change", "r_\\Delta"}, std::tuple{"symmetry_index", "symmetry index", "\\text{index}"}, std::tuple{"symmetry_expected", "of random networks", "\\text{index}_0"}}) {
    // For people a mean with its interval, for programs the three numbers.
    all.push_back({"", title, latex, in_table | in_block});
    const std::string name = key;
    for (const char* part : {"", "_low", "_high"}) all.push_back({name + part, title, latex, in_json | in_csv});
  }
  all.push_back({"symmetry_z", "in standard errors", "z"});
  all.push_back({"seeds", "seeds", "\\text{seeds}"});
  return all;
}

/// What the seeds of one variant say, of each record.
struct Sample {
  std::vector<double> accuracy, contrast, plain, partial, change, index, expected;
};

using Rows = std::vector<std::vector<Cell>>;

/// The table, and the share of points that the statistics of log-volume leave out because their metric is singular.
struct Summary {
  Rows rows;
  double singular = 0;
};

Summary summary_of(const std::vector<Variant>& variants, const std::vector<Result>& results, bool layers) {
  Rows rows;
  double singular = 0, points = 0;
  for (const Variant& v : variants) {
    std::map<std::pair<std::uint64_t, std::size_t>, Sample> samples;
    std::string why = "no plane to look at";
    for (const Result& r : results) {
      if (r.variant != &v || !r.history.complete) continue;
      const std::vector<HistoryEntry>& entries = r.history.entries;
      std::vector<std::vector<Magnification>> magnified;
      for (std::size_t layer = 0; v.options.probe && layer < entries.back().geometry.log_volume.size(); ++layer) magnified.push_back(magnification_history(r.history, *v.options.probe, layer));
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
          if (layer >= magnified.size()) {
            why = entries.back().no_geometry;
            continue;
          }
          const Magnification& m = magnified[layer][k];
          singular += static_cast<double>(m.singular);
          points += static_cast<double>(entries[k].geometry.count);
          for (const auto& [statistic, sample] : {std::pair(&m.contrast, &s.contrast), std::pair(&m.plain, &s.plain), std::pair(&m.partial, &s.partial), std::pair(&m.change, &s.change)}) {
            if (statistic->value) sample->push_back(*statistic->value);
            else if (k > 0 || statistic != &m.change) why = statistic->reason;
          }
        }
      }
    }
    for (const auto& [place, s] : samples) {
      std::vector<Cell> row = {v.name, static_cast<long>(place.first)};
      if (layers) row.emplace_back(static_cast<long>(place.second));
      const auto cell = [&](const std::vector<double>& sample, const std::string& missing) {
        if (sample.empty()) return row.insert(row.end(), 4, Missing{missing});
        const Bootstrap b = bootstrap_mean(sample);
        row.emplace_back(sample.size() == 1 ? fmt::format("{:.3g}", b.mean) : fmt::format("{:.3g} [{:.3g}, {:.3g}]", b.mean, b.low, b.high));
        const Cell no_interval = Missing{"one seed has no interval"};
        const auto number = [](double x) { return Cell(fmt::format("{:.6g}", x)); };
        return row.insert(row.end(), {number(b.mean), sample.size() == 1 ? no_interval : number(b.low), sample.size() == 1 ? no_interval : number(b.high)});
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
  return {std::move(rows), points > 0 ? singular / points : 0};
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

constexpr std::pair<const char*, Format> tables[] = {{"table.txt", Format::text}, {"table.csv", Format::csv}, {"table.tex", Format::latex}};

/// "w = 20, no momentum" as a file's name: w_20_no_momentum.
std::string file_name(const Variant& v) {
  std::string name;
  for (const char c : v.name) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? std::string(1, c) : name.empty() || name.back() == '_' ? "" : "_";
  return name;
}

/// All that will be written.
std::vector<std::string> files_of(const std::string& folder, const std::vector<Variant>& variants, const Flags& flags) {
  std::vector<std::string> files;
  for (const auto& [name, format] : tables) files.push_back(folder + "/" + name);
  if (flags.study == "lazy-to-rich") files.push_back(folder + "/symmetry.pdf");
  for (const Variant& v : variants) {
    if (flags.study != "lazy-to-rich") files.push_back(folder + "/" + file_name(v) + ".pdf");
    if (v.options.of.all_layers) files.push_back(folder + "/" + file_name(v) + "_layers.pdf");
  }
  return files;
}

void write_figures(const std::string& folder, const std::vector<Variant>& variants, const std::vector<Result>& results, const Flags& flags, Answer& answer) {
  if (flags.study == "lazy-to-rich") {
    const std::string path = folder + "/symmetry.pdf";
    answer.file(path).write(drawn(lazy_to_rich_figure(variants, results), path));
    return;
  }
  for (const Result& r : results) {
    if (r.seed != 1 || !r.history.complete) continue;
    const std::string path = folder + "/" + file_name(*r.variant) + ".pdf";
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
      figure.panels[layer].colour_bar = true;
      figure.panels[layer].field->high.reset();
    }
    const std::string layers = folder + "/" + file_name(*r.variant) + "_layers.pdf";
    answer.file(layers).write(drawn(figure, layers));
  }
}

int answer_question(const Flags& flags, const std::string& line, Answer& answer) {
  const std::vector<Variant> variants = variants_of(flags.study, flags.epochs);
  if (flags.study == "digits" && !flags.seeds.empty()) throw UsageError("--seeds: the study of digits is one training of each kind, of seed 1; leave it out");
  if (flags.study != "digits" && !(flags.points.empty() && flags.labels.empty())) throw UsageError("--points and --labels: the data of the study of digits, and " + flags.study + " makes its own; leave them out");
  if (flags.study == "digits" && (flags.points.empty() || flags.labels.empty())) {
    throw UsageError("digits: --points and --labels name the data's two files; they are installed as share/infwidth/digits.csv and digits_labels.csv");
  }
  const std::string folder = flags.folder.empty() ? flags.study : flags.folder;
  require_figure("figure.pdf");
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (problem) throw UsageError("--folder: " + shown(folder) + " cannot be made (" + problem.message() + "); name another one");
  for (const std::string& path : files_of(folder, variants, flags)) answer.require_file(path);
  answer.stops_slowly();
  const std::vector<Result> results = run_all(variants, flags, answer);
  const bool all = std::all_of(results.begin(), results.end(), [](const Result& r) { return r.history.complete; });
  const bool layers = flags.study == "sinusoid-deep";
  const auto [rows, singular] = summary_of(variants, results, layers);
  const std::string caption = flags.study + (flags.study == "digits" ? ", seed 1" : ", seeds 1 to " + (flags.seeds.empty() ? usual_seeds : flags.seeds)) + ": means over the seeds, [95 % bootstrap intervals]; contrast and correlations of log-volume with the distance to the final boundary" +
                              (singular > 0 ? fmt::format(", without the {:.2g} % of points whose metric is singular", 100 * singular) : "") + (all ? "" : " (stopped: finished trainings alone)");
  for (const auto& [name, format] : tables) {
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
