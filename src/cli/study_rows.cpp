// SPDX-License-Identifier: GPL-3.0-or-later
#include "study_rows.hpp"

#include <cmath>

#include "infwidth/io/json.hpp"

namespace infwidth::cli {

namespace {

std::string verdict_of(const StudyResult& r) {
  if (const std::string reason = r.no_verdict(); !reason.empty()) return "no verdict on " + std::to_string(r.rows.size()) + (r.rows.size() == 1 ? " row: " : " rows: ") + reason;
  std::string line = r.agrees() ? "the theory stands" : "THE THEORY DISAGREES";
  line += " in " + std::to_string(r.tested()) + " of " + std::to_string(r.rows.size()) + (r.rows.size() == 1 ? " row" : " rows");
  const double p = r.p_value();
  line += ": p " + (p > 0 ? "= " + three_digits(p) : "< 1e-300") + (r.tested() > 1 ? " for them together" : "") + ", alpha = " + three_digits(r.alpha);
  if (r.power) line += ", power against the injected error " + three_digits(*r.power);
  return line;
}

std::vector<Column> columns() {
  return {{"quantity", "quantity", "\\text{quantity}", everywhere, true}, {"theory", "theory", "\\text{theory}"},
          {"standing", "standing", "\\text{standing}"},                   {"mean", "mean", "\\text{mean}"},
          {"standard_error", "standard error", "\\text{standard error}"}, {"z", "z", "z"},
          {"draws", "draws", "\\text{draws}"},                             {"limit", "limit", "n\\to\\infty", in_json | in_csv},
          {"note", "note", "\\text{note}"}};
}

}  // namespace

void write_study(const StudyResult& r, std::string caption, const std::string& command, const AnswerFlags& flags, Answer& answer) {
  caption += "; " + verdict_of(r);
  if (!r.complete) caption += " (stopped before the last draw)";
  answer.begin(columns(), caption);
  const Printing exact{10, Engine::number, false}, rough{3, Engine::number, false}, whole{15, Engine::number, true};
  const bool for_programs = flags.format == "json" || flags.format == "csv";
  for (const StudyRow& row : r.rows) {
    const Missing outside{"outside the verdict, see the note"};
    const auto number = [&](double x, double error, const Printing& print) { return std::isfinite(x) && std::isfinite(error) ? Cell(quantity(x, error, "", for_programs ? whole : print)) : Cell(outside); };
    Cell z = row.in_verdict ? Missing{"no two networks differ, and theory has another value"} : outside;
    if (row.z && std::isfinite(*row.z)) z = number(*row.z, 0, rough);
    answer.row({row.quantity, number(row.theory, 1e-14 * std::abs(row.theory), exact), row.standing, number(row.mean, row.standard_error / 20, exact), number(row.standard_error, 0, rough), z,
                static_cast<long>(row.draws), number(row.limit, 1e-14 * std::abs(row.limit), exact), row.note});
  }
  if (flags.format == "json") {
    const std::string reason = r.no_verdict();
    std::string line = "{\"verdict\":" + json_string(!reason.empty() ? "none" : r.agrees() ? "agrees" : "disagrees") + ",\"p_value\":" + (reason.empty() ? three_digits(r.p_value()) : "null") + ",\"alpha\":" + three_digits(r.alpha) +
                       ",\"tested\":" + std::to_string(r.tested()) + ",\"rows\":" + std::to_string(r.rows.size());
    if (!reason.empty()) line += ",\"reason\":" + json_string(reason);
    if (r.power) line += ",\"power\":" + three_digits(*r.power);
    answer.raw(line + "}\n");
  } else if (flags.format == "csv") {
    complain(command, verdict_of(r));
  }
}

}  // namespace infwidth::cli
