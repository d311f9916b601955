// SPDX-License-Identifier: GPL-3.0-or-later
#include "training_rows.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "infwidth/real/errors.hpp"

namespace infwidth::cli {

namespace {

std::vector<Column> columns() {
  return {{"epoch", "epoch", "\\text{epoch}", everywhere, true},
          {"loss", "loss", "\\text{loss}"},
          {"accuracy", "accuracy", "\\text{accuracy}"},
          {"contrast", "contrast", "\\Delta\\log\\sqrt{\\det g}"},
          {"correlation", "correlation", "r"},
          {"partial_correlation", "given |x|", "r_{\\cdot|x|}"},
          {"change_correlation", "of change", "r_\\Delta"},
          {"entropy_correlation", "with entropy", "r_H"},
          {"singular_points", "singular points", "\\text{singular}", in_json | in_csv},
          {"symmetry_index", "symmetry index", "\\text{index}"},
          {"symmetry_expected", "of random", "\\text{index}_0"},
          {"angular_spread", "angular spread", "\\text{spread}"}};
}

Field field_of(const std::vector<double>& values, const PlaneGrid& grid) { return {grid.side, grid.side, -grid.window, grid.window, -grid.window, grid.window, values}; }

/// The contours where the class changes.
std::vector<Contour> boundary_of(const ProbeRecord& r, const PlaneGrid& grid) {
  std::vector<Contour> lines;
  const std::size_t outputs = r.outputs_per_point, fields = outputs <= 2 ? 1 : outputs - 1;
  for (std::size_t k = 0; k < fields; ++k) {
    std::vector<double> lead(r.count);
    bool positive = false, negative = false;
    for (std::size_t p = 0; p < r.count; ++p) {
      const double* const f = r.outputs.data() + p * outputs;
      double other = outputs == 1 ? 0 : -INFINITY;
      for (std::size_t j = 0; j < outputs && outputs > 1; ++j) {
        if (j != k) other = std::max(other, f[j]);
      }
      lead[p] = f[k] - other;
      (lead[p] > 0 ? positive : negative) = true;
    }
    if (positive && negative) lines.push_back({field_of(lead, grid), 0});
  }
  return lines;
}

std::array<double, 2> common_range(const History& history, const std::vector<double>& (*of)(const ProbeRecord&), double share) {
  std::vector<double> all;
  for (const HistoryEntry& e : history.entries) {
    if (e.geometry.count == 0) continue;
    for (const double v : of(e.geometry)) {
      if (std::isfinite(v)) all.push_back(v);
    }
  }
  if (all.empty()) return {-1, 1};
  std::sort(all.begin(), all.end());
  const auto at = [&](double q) { return all[static_cast<std::size_t>(q * static_cast<double>(all.size() - 1))]; };
  return {at(share), at(1 - share)};
}

}  // namespace

void write_history(const History& history, const HistoryOptions& options, const Task& task, std::string caption, const AnswerFlags& flags, Answer& answer) {
  const bool for_programs = flags.format == "json" || flags.format == "csv";
  const Printing print{4, Engine::number, for_programs};
  const auto number = [&](double x) { return std::isfinite(x) ? Cell(quantity(x, 0, "", print)) : Cell(Missing{"not a finite number"}); };
  const bool flat = options.probe && options.probe->is_flat() && !history.entries.empty();
  std::vector<Magnification> m(history.entries.size());
  if (flat) m = magnification_history(history, *options.probe);
  std::size_t singular = 0;
  for (const Magnification& at : m) singular = std::max(singular, at.singular);
  if (singular > 0) caption += "; the metric is singular at up to " + std::to_string(singular) + " of " + std::to_string(options.probe->count()) + " points, which are left out";
  answer.begin(columns(), caption);
  for (std::size_t k = 0; k < history.entries.size(); ++k) {
    const HistoryEntry& e = history.entries[k];
    const auto of = [&](const Statistic& s) { return !flat ? Cell(Missing{"no plane to look at"}) : s.value ? number(*s.value) : Cell(Missing{s.reason}); };
    const Cell none = Missing{e.no_symmetry.empty() ? "not asked for" : e.no_symmetry};
    const bool labelled = !task.data.labels.empty(), seen = flat && e.geometry.count > 0;
    answer.row({static_cast<long>(e.epoch), number(e.result.loss), labelled ? number(e.result.accuracy) : Cell(Missing{"no classes"}), of(m[k].contrast), of(m[k].plain), of(m[k].partial), of(m[k].change),
                of(m[k].entropy), seen ? Cell(static_cast<long>(m[k].singular)) : Cell(Missing{flat ? e.no_geometry : "no plane to look at"}), e.symmetry ? number(e.symmetry->index) : none,
                e.symmetry && e.symmetry->expected ? number(*e.symmetry->expected) : none, e.symmetry ? number(e.symmetry->tangential_spread) : none});
  }
}

Figure history_panels(const History& history, const Probe& probe, const Task& task) {
  Figure figure;
  const auto volume = [](const ProbeRecord& r) -> const std::vector<double>& { return r.log_volume.back(); };
  const auto curvature = [](const ProbeRecord& r) -> const std::vector<double>& { return r.curvature; };
  if (!probe.is_flat()) {
    Panel volumes{"", "distance along the line", "log volume", false, false, {}, {}}, predictions{"", "distance along the line", "entropy of the prediction", false, false, {}, {}};
    int colour = 0;
    for (const HistoryEntry& e : history.entries) {
      if (e.geometry.count == 0) continue;
      const std::string label = fmt::format("epoch {}", e.epoch);
      volumes.curves.push_back({label, probe.axis, e.geometry.log_volume.back(), {}, {}, Curve::Style::line, colour});
      predictions.curves.push_back({label, probe.axis, e.geometry.entropy, {}, {}, Curve::Style::line, colour++});
    }
    figure.panels = {volumes, predictions};
    figure.columns = 2;
    return figure;
  }
  const bool curved = std::any_of(history.entries.begin(), history.entries.end(), [](const HistoryEntry& e) { return !e.geometry.curvature.empty(); });
  const auto [lowest, highest] = common_range(history, volume, 0.005);
  const auto [least, most] = curved ? common_range(history, curvature, 0.02) : std::array<double, 2>{0, 0};
  const double reach = std::max(std::abs(least), std::abs(most));
  // Three in a row, or a row of volumes above one of curvatures; a row has one scale, told at its end.
  std::vector<const HistoryEntry*> seen;  // a training that was stopped may end with one that was not looked at
  for (const HistoryEntry& e : history.entries) {
    if (e.geometry.count > 0) seen.push_back(&e);
  }
  const std::size_t count = seen.size(), columns = curved ? count : std::min<std::size_t>(count, 3);
  const bool inputs = probe.kind == Probe::Kind::grid;
  std::vector<Panel> second;
  for (std::size_t k = 0; k < count; ++k) {
    const HistoryEntry& e = *seen[k];
    const bool lowest_row = !curved && k + columns >= count, first = k % columns == 0;
    const std::string x_label = inputs ? "x_1" : "first direction of the plane", y_label = inputs ? "x_2" : "second direction of the plane";
    Panel panel{fmt::format("epoch {}", e.epoch), lowest_row ? x_label : "", first ? y_label : "", false, false, {}, field_of(volume(e.geometry), probe.grid), "log volume", boundary_of(e.geometry, probe.grid)};
    panel.colour_bar = k % columns == columns - 1 || k + 1 == count;
    panel.field->low = lowest;
    panel.field->high = highest;
    if (inputs && task.data.dimension == 2 && task.data.points <= 5000) {
      for (int label = 0; label < static_cast<int>(std::min<std::size_t>(task.data.classes, 2)); ++label) {
        Curve dots{"", {}, {}, {}, {}, task.data.points <= 20 ? Curve::Style::points : Curve::Style::dots, label == 0 ? 6 : 8};
        for (std::size_t p = 0; p < task.data.points; ++p) {
          if (task.data.labels[p] != label) continue;
          dots.x.push_back(task.data.inputs[2 * p]);
          dots.y.push_back(task.data.inputs[2 * p + 1]);
        }
        panel.curves.push_back(std::move(dots));
      }
    }
    figure.panels.push_back(panel);
    if (!curved) continue;
    panel.field = field_of(e.geometry.curvature, probe.grid);
    panel.field->low = -reach;
    panel.field->high = reach;
    panel.field->diverging = true;
    panel.field_label = "Ricci scalar";
    panel.x_label = x_label;
    panel.curves.clear();
    second.push_back(std::move(panel));
  }
  if (figure.panels.empty()) figure.panels.push_back({"stopped before the geometry was looked at", "", "", false, false, {}, {}});
  figure.columns = static_cast<int>(std::max<std::size_t>(columns, 1));
  figure.panels.insert(figure.panels.end(), second.begin(), second.end());
  return figure;
}

std::string history_figure(const History& history, const Probe& probe, const Task& task, const std::string& path) { return drawn(history_panels(history, probe, task), path); }

}  // namespace infwidth::cli
