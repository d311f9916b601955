// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace infwidth {

/// Points of a panel, in order. Missing (NaN) values interrupt a line; on a logarithmic axis so do values that are not positive.
///   low, high   ends of the error bars of y; empty: none
///   colour      by number, of eight that colour-blind readers tell apart; the ninth is white, the tenth grey
///   bounds      are drawn as open triangles that point down: the values are not above
struct Curve {
  enum class Style { line, dashed, points, dots, bounds };
  std::string label;  // "" is not in the key
  std::vector<double> x, y, low = {}, high = {};
  Style style = Style::line;
  int colour = 0;
};

/// A field on a grid of `columns` x `rows` points that cover [x_low, x_high] x [y_low, y_high], the ends among them; row after row, from the lowest y.
///   low, high   the ends of the colours; none: of the values. Where values are beyond them, the bar says so at its ends
///   diverging   colours from blue over white to red, white at 0; else those of `viridis`
struct Field {
  std::size_t columns = 0, rows = 0;
  double x_low = 0, x_high = 1, y_low = 0, y_high = 1;
  std::vector<double> values;
  std::optional<double> low = {}, high = {};
  bool diverging = false;
};

/// Lines where a field takes a value.
struct Contour {
  Field field;
  double level = 0;
};

///   colour_bar   whether the colours of its field are explained beside it: panels of one row may share one, and then have one scale
struct Panel {
  std::string title, x_label, y_label;
  bool log_x = false, log_y = false;
  std::vector<Curve> curves;
  std::optional<Field> field;
  std::string field_label = {};
  std::vector<Contour> contours = {};
  std::optional<std::array<double, 2>> y_range = {};
  bool colour_bar = true;
};

/// Panels side by side, `columns` in a row; one alone is as wide as a column of a paper.
///   shared_key   the first panel's key stands below all and is meant for all; the others have none
struct Figure {
  std::vector<Panel> panels;
  int columns = 1;
  bool shared_key = false;
};

/// Whether a file of this name can be drawn: .pdf, .svg or .png, and gnuplot is here.
///   Errors   UsageError: another ending; no gnuplot
void require_figure(const std::string& path);

/// The file, drawn by gnuplot.
///   path     says the format by its ending
///   Errors   as `require_figure`; UsageError with gnuplot's words where it fails
std::string drawn(const Figure& figure, const std::string& path);

}  // namespace infwidth
