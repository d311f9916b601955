// SPDX-License-Identifier: GPL-3.0-or-later
#include "training_save.hpp"

#include "infwidth/io/npy.hpp"
#include "infwidth/io/npz_writer.hpp"

namespace infwidth::cli {

namespace {

void save_array(const std::string& path, const std::vector<std::uint64_t>& shape, const std::vector<double>& values, Answer& answer) {
  NpyWriter writer(answer.file(path), shape);
  writer.write(values);
  writer.end();
}

void save_network(const std::string& path, const FiniteNetwork& network, double output_scale, Answer& answer) {
  NpzWriter writer(answer.file(path));
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    DenseLayer layer = network.layers[l];
    const bool is_readout = l == network.depth();
    for (double& w : layer.weights) w /= is_readout ? output_scale : 1;
    for (double& b : layer.biases) b /= is_readout ? output_scale : 1;
    writer.add("W" + std::to_string(l + 1), {layer.outputs, layer.inputs}, layer.weights);
    writer.add("b" + std::to_string(l + 1), {layer.outputs}, layer.biases);
  }
  if (network.residual) writer.add("residual", {1}, std::vector<double>{*network.residual});
  writer.end();
}

}  // namespace

void require_save(const std::string& prefix, Answer& answer) { answer.require_file(prefix + ".weights.npz"); }

void save_history(const std::string& prefix, const History& history, const HistoryOptions& options, Answer& answer) {
  save_network(prefix + ".weights.npz", history.network, options.training.parameters.output_scale, answer);
  // The rows of all arrays: with a probe, the entries that were looked at.
  std::vector<const HistoryEntry*> rows;
  std::vector<double> epochs;
  for (const HistoryEntry& e : history.entries) {
    if (options.probe && e.geometry.count == 0) continue;
    rows.push_back(&e);
    epochs.push_back(static_cast<double>(e.epoch));
  }
  if (rows.empty()) return;
  save_array(prefix + ".epochs.npy", {epochs.size()}, epochs, answer);
  if (!options.probe) return;
  const auto save = [&](const std::string& name, std::vector<std::uint64_t> shape, const auto& numbers_of) {
    std::vector<double> all;
    for (const HistoryEntry* e : rows) {
      const auto& part = numbers_of(e->geometry);
      all.insert(all.end(), part.begin(), part.end());
    }
    shape.insert(shape.begin(), rows.size());
    save_array(prefix + "." + name + ".npy", shape, all, answer);
  };
  const ProbeRecord& first = rows[0]->geometry;
  const std::uint64_t points = first.count;
  for (std::size_t l = 0; l < first.log_volume.size(); ++l) {
    const std::string layer = first.log_volume.size() == 1 ? "" : "." + std::to_string(l + 1);
    save("log_volume" + layer, {points}, [&](const ProbeRecord& r) -> const std::vector<double>& { return r.log_volume[l]; });
    save("rank" + layer, {points}, [&](const ProbeRecord& r) -> const std::vector<int>& { return r.rank[l]; });
  }
  const auto save_part = [&](const char* name, std::vector<std::uint64_t> shape, std::vector<double> ProbeRecord::* part) {
    save(name, std::move(shape), [&](const ProbeRecord& r) -> const std::vector<double>& { return r.*part; });
  };
  if (options.of.curvature) save_part("curvature", {points}, &ProbeRecord::curvature);
  if (options.of.spectrum) save_part("spectrum", {points, first.dimension}, &ProbeRecord::spectrum);
  save_part("outputs", {points, first.outputs_per_point}, &ProbeRecord::outputs);
  save_part("margin", {points}, &ProbeRecord::margin);
  save_part("entropy", {points}, &ProbeRecord::entropy);
  if (options.probe->is_flat()) save_part("distance", {points}, &ProbeRecord::distance);
  save_array(prefix + ".points.npy", {points, options.probe->dimension}, options.probe->points, answer);
}

}  // namespace infwidth::cli
