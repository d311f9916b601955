// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/training/history.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "infwidth/io/binary_state.hpp"
#include "infwidth/io/json.hpp"
#include "infwidth/io/output.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/exact_rational.hpp"
#include "infwidth/run/memory.hpp"

namespace infwidth {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds between_checkpoints(10);
constexpr std::size_t most_symmetric = 50;  // dimensions: 100 Haar-random rotations of d x d take seconds

/// The network to begin with, if what its training holds at least has room: the network, its parameters, their scales and, once there are steps, the gradient
/// and the parts it is added up from, with the optimiser's velocity and squares; for each point of a batch the units' values, slopes and derivatives.
FiniteNetwork network_of(const Task& task, const HistoryOptions& options) {
  const NetworkEnsemble ensemble(options.network, options.widths, task.data.dimension, options.training.seed, outputs_for(options.training.loss, task.data));
  const TrainingOptions& t = options.training;
  const bool steps = t.epochs > 0, adam = t.optimiser.method == Method::adam;
  const std::uint64_t copies = 3 + (steps ? 2U : 0U) + (adam ? 2U : t.optimiser.momentum > 0 ? 1U : 0U);
  const std::uint64_t points = task.data.points, batch = t.batch == 0 ? points : std::min<std::uint64_t>(t.batch, points);
  std::uint64_t units = 0;
  for (const std::uint64_t width : ensemble.widths()) units = size_sum(units, width);
  const std::uint64_t layers = size_product(sizeof(double) * (steps ? 3 : 2), size_product(batch, units));
  require_memory(size_sum(size_product(copies, ensemble.bytes()), layers), "this training", "take smaller widths, or smaller batches");
  return ensemble.network(options.draw);
}

class Run {
 public:
  Run(const Task& task, const HistoryOptions& options)
      : task_(task), options_(options),
        trainer_(network_of(task, options), options.network, task.data, options.training) {
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
        const EpochResult result = trainer_.epoch(options_.budget);
        if (options_.see) options_.see(trainer_.epochs_done(), result);
        if (options_.progress != nullptr) options_.progress->advance();
        record_if_due();
        if (!options_.checkpoint.empty() && Clock::now() - last > between_checkpoints) {
          save();
          last = Clock::now();
        }
      }
      snapshot(options_.budget);
      history_.complete = true;
    } catch (const Stopped&) {
    } catch (const NotReached&) {
      // The end of the budget, or the end of the numbers.
      if (!options_.budget.is_over()) throw;
    }
    if (!options_.checkpoint.empty()) save();
    history_.network = trainer_.network();
    history_.epochs = trainer_.epochs_done();
    if (history_.complete) history_.complete = look(options_.budget);
    if (!history_.complete) look_once_more();
    return std::move(history_);
  }

 private:
  const Task& task_;
  const HistoryOptions& options_;
  Trainer trainer_;
  History history_;

  void record_if_due() {
    if (std::binary_search(options_.record.begin(), options_.record.end(), trainer_.epochs_done())) snapshot(options_.budget);
  }

  /// The network as it is, unless that is recorded already.
  void snapshot(const Budget& budget) {
    if (!history_.entries.empty() && history_.entries.back().epoch == trainer_.epochs_done()) return;
    const EpochResult result = trainer_.evaluate(budget);
    history_.entries.push_back({trainer_.epochs_done(), result, parameters_of(trainer_.network()), {}, {}, {}, {}});
  }

  /// What is told of a run that was stopped: the network as it is. A second Ctrl-C ends that too.
  void look_once_more() {
    const Budget moment(last_look);
    try {
      snapshot(moment);
    } catch (const NotReached&) {  // the data are many: what was recorded is told
    }
    look(moment);
  }

  /// The geometry of the entries that have none yet, which needs their parameters alone. False: the budget ended it.
  bool look(const Budget& budget) {
    FiniteNetwork network = trainer_.network();
    const std::vector<std::vector<Rational>> points = points_of_symmetry();
    std::string no_symmetry = task_.data.dimension > most_symmetric ? "more than " + std::to_string(most_symmetric) + " dimensions" : "";
    // The last one first: its boundary is what the others are held against.
    std::vector<HistoryEntry*> order;
    for (HistoryEntry& entry : history_.entries) order.push_back(&entry);
    if (!order.empty()) std::rotate(order.begin(), order.end() - 1, order.end());
    bool all = true;
    const auto unless_late = [&](std::string& reason, const std::function<void()>& work) {
      reason.clear();
      try {
        work();
        return;
      } catch (const Stopped& error) {
        reason = error.what();
      } catch (const NoSuchQuantity& error) {
        reason = error.what();
      } catch (const NotReached& error) {
        reason = error.what();
      }
      if (!budget.is_over()) return;
      reason = "stopped before it was looked at";
      all = false;
    };
    for (HistoryEntry* const entry : order) {
      put_parameters(network, entry->parameters);
      if (options_.probe && entry->geometry.count == 0) {
        unless_late(entry->no_geometry, [&] { entry->geometry = record(network, trainer_.output_scale(), *options_.probe, options_.of, options_.training.threads, budget); });
      }
      if (points.empty() || entry->symmetry) continue;
      entry->no_symmetry = no_symmetry;
      if (!no_symmetry.empty()) continue;
      unless_late(entry->no_symmetry, [&] { entry->symmetry = network_symmetry(network, options_.network, points, 100, 1, budget); });
      if (all) no_symmetry = entry->no_symmetry;  // a limit without a metric has none at any epoch
    }
    return all;
  }

  std::vector<std::vector<Rational>> points_of_symmetry() const {
    std::vector<std::vector<Rational>> points;
    const std::size_t d = task_.data.dimension, wanted = static_cast<std::size_t>(std::max(0, options_.symmetry_points)), step = std::max<std::size_t>(1, task_.data.points / std::max<std::size_t>(1, wanted));
    for (std::size_t p = 0; p < task_.data.points && points.size() < wanted; p += step) {
      std::vector<Rational>& x = points.emplace_back();
      for (std::size_t i = 0; i < d; ++i) x.push_back(exact_rational(task_.data.inputs[p * d + i]));
    }
    return points;
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

std::vector<Magnification> magnification_history(const History& history, const Probe& probe, std::optional<std::size_t> layer) {
  if (!probe.is_flat() || history.entries.empty()) throw UsageError("distances from a boundary are those in a plane; record on a grid or on the plane through three points");
  const ProbeRecord &first = history.entries.front().geometry, &last = history.entries.back().geometry;
  std::vector<Magnification> result;
  for (const HistoryEntry& entry : history.entries) {
    const ProbeRecord& r = entry.geometry;
    if (r.count == 0 || last.count == 0) {
      const Statistic none{std::nullopt, r.count == 0 ? entry.no_geometry : history.entries.back().no_geometry};
      result.push_back({none, none, none, none, none, 0});
      continue;
    }
    MagnificationOptions options;
    options.layer = layer.value_or(r.log_volume.size() - 1);
    if (&r != &first && first.count > 0) options.before = &first;
    result.push_back(magnification(r, probe, last.distance, options));
    if (&r != &first && first.count == 0) result.back().change.reason = history.entries.front().no_geometry;
  }
  return result;
}

}  // namespace infwidth
