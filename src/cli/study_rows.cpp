// SPDX-License-Identifier: GPL-3.0-or-later
#include "study_rows.hpp"

#include <cmath>

#include "infwidth/io/json.hpp"

namespace infwidth::cli {

namespace {

std::string verdict_of(const StudyResult& r) {
  std::string line = r.agrees() ? "the theory stands" : "THE THEORY DISAGREES";
  if (r.test.used.empty()) return "no verdict: no row takes part in it";
  line += ": p " + (r.test.p_value > 0 ? "= " + three_digits(r.test.p_value) : "< 1e-300") + " for " + std::to_string(r.test.used.size()) + (r.test.used.size() == 1 ? " row" : " independent rows together") + ", alpha = " + three_digits(r.alpha);
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
    const auto number = [&](double x, double error, const Printing& print) { return quantity(x, error, "", for_programs ? whole : print); };
    Cell z = Missing{"no theory at this width"};
    if (row.z && std::isfinite(*row.z)) z = number(*row.z, 0, rough);
    if (row.z && !std::isfinite(*row.z)) z = Missing{"the networks do not differ among each other"};
    answer.row({row.quantity, number(row.theory, 1e-14 * std::abs(row.theory), exact), row.standing, number(row.mean, row.standard_error / 20, exact), number(row.standard_error, 0, rough), z,
                static_cast<long>(row.draws), number(row.limit, 1e-14 * std::abs(row.limit), exact), row.note});
  }
  if (flags.format == "json") {
    std::string line = "{\"verdict\":" + json_string(r.test.used.empty() ? "none" : r.agrees() ? "agrees" : "disagrees") + ",\"p_value\":" + three_digits(r.test.p_value) + ",\"alpha\":" + three_digits(r.alpha) +
                       ",\"rows\":" + std::to_string(r.test.used.size());
    if (r.power) line += ",\"power\":" + three_digits(*r.power);
    answer.raw(line + "}\n");
  } else if (flags.format == "csv") {
    complain(command, verdict_of(r));
  }
}

}  // namespace infwidth::cli
