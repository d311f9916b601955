// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/training/history.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "infwidth/io/binary_state.hpp"
#include "infwidth/io/json.hpp"
#include "infwidth/io/output.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/validation/rank_correlation.hpp"

namespace infwidth {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds between_checkpoints(10);

class Run {
 public:
  Run(const Task& task, const HistoryOptions& options)
      : task_(task), options_(options),
        trainer_(NetworkEnsemble(options.network, options.widths, task.data.dimension, options.training.seed, outputs_for(options.training.loss, task.data)).network(options.draw), options.network,
                 task.data, options.training) {
    for (std::size_t k = 1; k < options.record.size(); ++k) {
      if (options.record[k] <= options.record[k - 1]) throw UsageError("the epochs to record are increasing numbers, like 0,100,1000");
    }
    if (!options.record.empty() && options.record.back() > options.training.epochs) {
      throw UsageError("epoch " + std::to_string(options.record.back()) + " cannot be recorded in a training of " + std::to_string(options.training.epochs) + "; train longer, or record earlier");
    }
  }

  History run() {
    if (!options_.checkpoint.empty()) Output::to_file(options_.checkpoint);  // refused now rather than after hours
    if (options_.resume && !options_.checkpoint.empty() && std::filesystem::exists(options_.checkpoint)) load();
    if (options_.progress != nullptr && trainer_.epochs_done() > 0) options_.progress->advance(trainer_.epochs_done());
    Clock::time_point last = Clock::now();
    try {
      record_if_due();
      while (trainer_.epochs_done() < options_.training.epochs) {
        options_.budget.check();
        const EpochResult result = trainer_.epoch();
        if (options_.see) options_.see(trainer_.epochs_done(), result);
        if (options_.progress != nullptr) options_.progress->advance();
        record_if_due();
        if (!options_.checkpoint.empty() && Clock::now() - last > between_checkpoints) {
          save();
          last = Clock::now();
        }
      }
      history_.complete = true;
    } catch (const Stopped&) {
    } catch (const NotReached&) {
      // The end of the budget, or the end of the numbers.
      if (!is_over()) throw;
    }
    if (history_.complete && (history_.entries.empty() || history_.entries.back().epoch != trainer_.epochs_done())) snapshot();
    if (!options_.checkpoint.empty()) save();
    // What is told of a run that was stopped: the network as it is. Its geometry takes a moment, which a second Ctrl-C ends.
    if (!history_.complete && (history_.entries.empty() || history_.entries.back().epoch != trainer_.epochs_done())) snapshot();
    history_.network = trainer_.network();
    history_.epochs = trainer_.epochs_done();
    look();
    return std::move(history_);
  }

 private:
  const Task& task_;
  const HistoryOptions& options_;
  Trainer trainer_;
  History history_;

  bool is_over() const {
    try {
      options_.budget.check();
      return false;
    } catch (const Stopped&) {
    } catch (const NotReached&) {
    }
    return true;
  }

  void record_if_due() {
    const bool due = std::binary_search(options_.record.begin(), options_.record.end(), trainer_.epochs_done());
    if (due && (history_.entries.empty() || history_.entries.back().epoch != trainer_.epochs_done())) snapshot();
  }

  void snapshot() { history_.entries.push_back({trainer_.epochs_done(), trainer_.evaluate(), parameters_of(trainer_.network()), {}, {}}); }

  /// The geometry of all entries, which needs their parameters alone.
  void look() {
    FiniteNetwork network = trainer_.network();
    std::vector<std::vector<Rational>> points;
    const std::size_t d = task_.data.dimension, wanted = static_cast<std::size_t>(std::max(0, options_.symmetry_points)), step = std::max<std::size_t>(1, task_.data.points / std::max<std::size_t>(1, wanted));
    for (std::size_t p = 0; p < task_.data.points && points.size() < wanted; p += step) {
      std::vector<Rational>& x = points.emplace_back();
      for (std::size_t i = 0; i < d; ++i) x.emplace_back(task_.data.inputs[p * d + i]);
    }
    for (HistoryEntry& entry : history_.entries) {
      put_parameters(network, entry.parameters);
      if (options_.probe) entry.geometry = record(network, trainer_.output_scale(), *options_.probe, options_.of, options_.training.threads);
      if (points.empty()) continue;
      try {
        entry.symmetry = network_symmetry(network, options_.network, points);
      } catch (const NoSuchQuantity&) {
        points.clear();  // the limit has no metric
      } catch (const NotReached&) {
        points.clear();
      }
    }
  }

  void save() {
    StateWriter w;
    w.text(trainer_.state(options_.identity));
    w.number(history_.entries.size());
    for (const HistoryEntry& e : history_.entries) {
      w.number(e.epoch);
      w.numbers({e.result.loss, e.result.accuracy});
      w.numbers(e.parameters);
    }
    Output file = Output::to_file(options_.checkpoint);
    file.write(w.bytes);
    file.commit();
  }

  void load() {
    const std::string name = shown(options_.checkpoint);
    std::ifstream file(options_.checkpoint, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (!file.good() && !file.eof()) throw UsageError(name + ": cannot be read");
    StateReader r(std::move(bytes), name);
    trainer_.restore(r.text(), options_.identity, name);
    const std::uint64_t entries = r.number();
    const std::size_t size = parameters_of(trainer_.network()).size();
    for (std::uint64_t k = 0; k < entries; ++k) {
      HistoryEntry e;
      e.epoch = r.number();
      const std::vector<double> result = r.numbers();
      e.parameters = r.numbers();
      if (result.size() != 2 || e.parameters.size() != size) r.refuse();
      e.result = {result[0], result[1]};
      history_.entries.push_back(std::move(e));
    }
    if (!r.at_end()) r.refuse();
    if (trainer_.epochs_done() > options_.training.epochs) {
      throw UsageError(name + ": is " + std::to_string(trainer_.epochs_done()) + " epochs old, more than are asked for; ask for as many, or leave --resume out");
    }
  }
};

}  // namespace

History train(const Task& task, const HistoryOptions& options) { return Run(task, options).run(); }

MagnificationHistory magnification_history(const History& history, const Probe& probe) {
  if (!probe.is_flat() || history.entries.empty()) throw UsageError("distances from a boundary are those in a plane; record on a grid or on the plane through three points");
  const std::vector<double>& distance = history.entries.back().geometry.distance;
  const std::vector<double>& first = history.entries.front().geometry.log_volume.back();
  MagnificationHistory result;
  for (const HistoryEntry& entry : history.entries) {
    result.at.push_back(magnification(entry.geometry, probe, distance));
    std::vector<double> change = entry.geometry.log_volume.back();
    for (std::size_t p = 0; p < change.size(); ++p) change[p] -= first[p];
    result.change.push_back(&entry == &history.entries.front() ? std::nullopt : std::optional<double>(rank_correlation(change, distance)));
  }
  return result;
}

}  // namespace infwidth
