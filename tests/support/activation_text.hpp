// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "infwidth/activation/activation.hpp"
#include "infwidth/activation/point.hpp"
#include "infwidth/expression/program.hpp"

/// The exact ends between the pieces, as text: "-1 1"; an irrational one as "~".
inline std::string breaks_of(const std::vector<infwidth::Piece>& pieces) {
  std::string text;
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    const infwidth::RealPoint& t = pieces[i].left->at;
    text += (text.empty() ? "" : " ") + (t.exact() ? infwidth::to_string(*t.exact()) : "~");
  }
  return text;
}

/// A formula without kinked functions at x, in double precision.
inline double value_of(const infwidth::Expression& f, double x) {
  const infwidth::Program program({f}, "x");
  infwidth::Evaluator<double> evaluator(program);
  return evaluator.value(x);
}

/// The piece that holds x.
inline const infwidth::Piece& piece_at(const infwidth::Activation& phi, double x) {
  for (const infwidth::Piece& p : phi.pieces()) {
    if (!p.right || x < p.right->at.approximately()) return p;
  }
  return phi.pieces().back();
}
