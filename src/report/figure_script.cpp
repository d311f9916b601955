// SPDX-License-Identifier: GPL-3.0-or-later
#include "figure_script.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "figure_axis.hpp"

namespace infwidth {

namespace {

using namespace detail;

// Okabe and Ito's, which readers of every kind of colour vision tell apart; white and grey.
constexpr std::string_view colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00",
                                        "#56B4E9", "#000000", "#F0E442", "#FFFFFF", "#808080"};
// Of equal steps in lightness.
constexpr const char* viridis =
    "defined (0 '#440154', 1 '#482475', 2 '#414487', 3 '#355f8d', 4 '#2a788e', 5 '#21918c', 6 '#22a884', 7 '#44bf70', 8 '#7ad151', 9 "
    "'#bddf26', "
    "10 '#fde725')";
constexpr const char* blue_to_red =
    "defined (-4 '#053061', -3 '#2166ac', -2 '#67a9cf', -1 '#d1e5f0', 0 '#f7f7f7', 1 '#fddbc7', 2 '#ef8a62', 3 '#b2182b', 4 '#67001f')";

/// Text for gnuplot's strings: its own marks and its enhanced mode's are taken literally, but for the subscript of `g_11`.
std::string plot_text(std::string_view text) {
  std::string r = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '_') {
      std::size_t end = i + 1;
      while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0)) ++end;
      r += "_{" + std::string(text.substr(i + 1, end - i - 1)) + "}";
      i = end - 1;
    } else if (std::string_view("{}@&~").find(c) != std::string_view::npos) {
      r += std::string("\\\\") + c;
    } else if (c == '"') {
      r += "\\\"";
    } else if (c == '\\') {
      r += R"(\\\\)";  // the string's escape, and the enhanced mode's
    } else {
      r += c == '\n' ? ' ' : c;
    }
  }
  return r + "\"";
}

std::string number(double x) { return std::isfinite(x) ? fmt::format("{:.10g}", x) : "NaN"; }

/// Whether anything of a curve can be seen.
bool is_seen(const Curve& c, const Panel& panel) {
  return std::any_of(c.y.begin(), c.y.end(), [&](double y) { return std::isfinite(y) && (!panel.log_y || y > 0); });
}

/// Where panels stand, in inches from the figure's left and lower edge.
class Layout {
 public:
  explicit Layout(const Figure& figure) {
    columns_ = static_cast<std::size_t>(std::max(1, figure.columns));
    rows_ = std::max<std::size_t>(1, (figure.panels.size() + columns_ - 1) / columns_);
    for (std::size_t c = 0; c < columns_; ++c) {
      bool bar = false;
      for (std::size_t p = c; p < figure.panels.size(); p += columns_) bar = bar || (figure.panels[p].field && figure.panels[p].colour_bar);
      right_.push_back(bar ? 0.8 : 0.14);
    }
    const bool map = std::any_of(figure.panels.begin(), figure.panels.end(), [](const Panel& p) { return p.field.has_value(); });
    plot_width_ = columns_ == 1 ? 2.6 : map ? 1.8 : 2.3;
    plot_height_ = map ? plot_width_ : 1.9;
    if (figure.shared_key && !figure.panels.empty()) place_key(figure.panels[0].curves);
  }

  /// Where an entry of the shared key stands, in inches; by the number of its curve.
  struct Entry {
    std::size_t curve;
    double left, row;
  };
  const std::vector<Entry>& key() const { return entries_; }
  static constexpr double sample = 0.26;  // the length of a line in the key
  /// The height of a row of the key, as a share of the figure.
  double key_height(double row) const { return (0.1 + 0.17 * (key_rows_ - 1 - row)) / height(); }

  struct Place {
    double left, right, bottom, top;  // as shares of the figure
  };
  Place place(std::size_t panel) const {
    const std::size_t row = panel / columns_, column = panel % columns_;
    double x = 0;
    for (std::size_t c = 0; c < column; ++c) x += cell(c);
    const double left = x + left_, bottom = key_ + static_cast<double>(rows_ - 1 - row) * cell_height() + bottom_;
    return {left / width(), (left + plot_width_) / width(), bottom / height(), (bottom + plot_height_) / height()};
  }
  double width() const {
    double sum = 0;
    for (std::size_t c = 0; c < columns_; ++c) sum += cell(c);
    return sum;
  }
  double height() const { return key_ + static_cast<double>(rows_) * cell_height(); }

 private:
  std::size_t columns_ = 1, rows_ = 1;
  std::vector<double> right_;
  std::vector<Entry> entries_;
  double key_rows_ = 0;
  double left_ = 0.66, bottom_ = 0.46, top_ = 0.3, plot_width_ = 2, plot_height_ = 2, key_ = 0;

  double cell(std::size_t column) const { return left_ + plot_width_ + right_[column]; }
  double cell_height() const { return bottom_ + plot_height_ + top_; }

  /// Entries one after the other, in as many rows as they need.
  void place_key(const std::vector<Curve>& curves) {
    constexpr double letter = 0.056, gap = 0.16;
    double x = left_;
    for (std::size_t k = 0; k < curves.size(); ++k) {
      if (curves[k].label.empty()) continue;
      const double room = sample + 0.06 + letter * static_cast<double>(curves[k].label.size()) + gap;
      if (x > left_ && x + room > width()) {
        x = left_;
        ++key_rows_;
      }
      entries_.push_back({k, x, key_rows_});
      x += room;
    }
    if (!entries_.empty()) ++key_rows_;
    key_ = 0.08 + 0.17 * key_rows_;
  }
};

class Script {
 public:
  Script(const Figure& figure, std::string_view terminal, double unit) : figure_(figure), layout_(figure) {
    text_ = fmt::format("set terminal {}\n", fmt::format(fmt::runtime(terminal), layout_.width() * unit, layout_.height() * unit));
    text_ += "set encoding utf8\nset datafile missing 'NaN'\nset style fill transparent solid 1\nset border lw 0.6\nset tics scale 0.6\n";
    for (std::size_t p = 0; p < figure_.panels.size(); ++p) data(p);
    text_ += "set multiplot\n";
    for (std::size_t p = 0; p < figure_.panels.size(); ++p) panel(p);
    text_ += "unset multiplot\n";
  }

  const std::string& text() const { return text_; }

 private:
  const Figure& figure_;
  Layout layout_;
  std::string text_;

  // ---- data ----

  void grid(const std::string& name, const Field& f) {
    text_ += "$" + name + " << EOD\n";
    const auto at = [](double low, double high, std::size_t k, std::size_t count) {
      return count > 1 ? low + (high - low) * static_cast<double>(k) / static_cast<double>(count - 1) : low;
    };
    for (std::size_t r = 0; r < f.rows; ++r) {
      const double y = at(f.y_low, f.y_high, r, f.rows);
      for (std::size_t c = 0; c < f.columns; ++c)
        text_ += number(at(f.x_low, f.x_high, c, f.columns)) + " " + number(y) + " " + number(f.values[r * f.columns + c]) + "\n";
      text_ += "\n";
    }
    text_ += "EOD\n";
  }

  void data(std::size_t p) {
    const Panel& panel = figure_.panels[p];
    if (panel.field) grid(fmt::format("field{}", p), *panel.field);
    for (std::size_t k = 0; k < panel.contours.size(); ++k) {
      const std::string name = fmt::format("level{}_{}", p, k);
      grid(name + "_grid", panel.contours[k].field);
      text_ += fmt::format(
          "set contour base\nset cntrparam levels discrete {}\nunset surface\nset table ${}\nsplot ${}_grid using 1:2:3 with lines\n"
          "unset table\nunset contour\nset surface\n",
          number(panel.contours[k].level), name, name);
    }
    for (std::size_t k = 0; k < panel.curves.size(); ++k) curve_data(fmt::format("curve{}_{}", p, k), panel.curves[k], panel);
  }

  void curve_data(const std::string& name, const Curve& c, const Panel& panel) {
    text_ += "$" + name + " << EOD\n";
    for (std::size_t i = 0; i < c.x.size(); ++i) {
      const bool shown = !(panel.log_y && !(c.y[i] > 0)) && !(panel.log_x && !(c.x[i] > 0)) && std::isfinite(c.y[i]);
      if (shown) {
        text_ += number(c.x[i]) + " " + number(c.y[i]);
        if (!c.low.empty()) text_ += " " + number(panel.log_y && !(c.low[i] > 0) ? c.y[i] * 1e-6 : c.low[i]) + " " + number(c.high[i]);
      }
      text_ += "\n";
    }
    text_ += "EOD\n";
  }

  // ---- panels ----

  void panel(std::size_t p) {
    const Panel& panel = figure_.panels[p];
    const Layout::Place place = layout_.place(p);
    text_ +=
        "unset logscale\nset autoscale\nunset colorbox\nunset key\nset size noratio\nset format '%g'\nset xtics auto\nset ytics auto\n";
    text_ += fmt::format(
        "set lmargin at screen {:.5f}\nset rmargin at screen {:.5f}\nset bmargin at screen {:.5f}\nset tmargin at screen {:.5f}\n",
        place.left, place.right, place.bottom, place.top);
    text_ += "set title " + plot_text(panel.title) + " offset 0,-0.6\nset xlabel " + plot_text(panel.x_label) +
             " offset 0,0.5\nset ylabel " + plot_text(panel.y_label) + " offset 0.8,0\n";
    if (panel.log_x) text_ += "set logscale x\n";
    if (panel.log_y) text_ += "set logscale y\n";
    std::vector<std::string> parts;
    const bool map =
        panel.field && std::any_of(panel.field->values.begin(), panel.field->values.end(), [](double v) { return std::isfinite(v); });
    if (map)
      field(p, place, parts);
    else
      axes(panel);
    for (std::size_t k = 0; k < panel.contours.size(); ++k) {
      parts.push_back(
          fmt::format("$level{0}_{1} using 1:2 with lines lw 2.6 lc rgb '#ffffff' notitle, "
                      "$level{0}_{1} using 1:2 with lines lw 1.4 lc rgb '#000000' notitle",
                      p, k));
    }
    for (std::size_t k = 0; k < panel.curves.size(); ++k)
      if (is_seen(panel.curves[k], panel)) parts.push_back(curve(fmt::format("$curve{}_{}", p, k), panel.curves[k], !figure_.shared_key));
    const bool has_key = std::any_of(panel.curves.begin(), panel.curves.end(), [](const Curve& c) { return !c.label.empty(); });
    if (has_key && !figure_.shared_key) text_ += "set key top right samplen 1.6 spacing 0.9 font ',8' noautotitle\n";
    if (figure_.shared_key && p == 0) shared_key(panel.curves);
    if (parts.empty()) parts.emplace_back("NaN notitle");
    text_ += fmt::format("plot {}\n", fmt::join(parts, ", \\\n  "));
    if (figure_.shared_key && p == 0) text_ += "unset label\nunset arrow\n";
  }

  /// Below all panels, where gnuplot's own key, as wide as one of them, does not reach.
  void shared_key(const std::vector<Curve>& curves) {
    const double inch = 1 / layout_.width();
    for (const Layout::Entry& entry : layout_.key()) {
      const Curve& c = curves[entry.curve];
      const double x = entry.left * inch, y = layout_.key_height(entry.row), middle = x + 0.5 * Layout::sample * inch;
      const bool line = c.style == Curve::Style::line || c.style == Curve::Style::dashed;
      if (line) {
        text_ += fmt::format("set arrow from screen {:.5f},screen {:.5f} to screen {:.5f},screen {:.5f} nohead {}\n", x, y,
                             x + Layout::sample * inch, y, mark(c));
      } else {
        text_ += fmt::format("set label \"\" at screen {:.5f},screen {:.5f} point {}\n", middle, y, mark(c));
      }
      text_ += fmt::format("set label {} at screen {:.5f},screen {:.5f} left font ',8'\n", plot_text(c.label),
                           x + (Layout::sample + 0.06) * inch, y);
    }
  }

  /// The line or the point of a curve.
  static std::string mark(const Curve& c) {
    const std::string colour = fmt::format("lc rgb '{}'", colours[static_cast<std::size_t>(c.colour) % std::size(colours)]);
    switch (c.style) {
      case Curve::Style::line:
        return "lw 1.3 " + colour;
      case Curve::Style::dashed:
        return "lw 1.1 dt (6,4) " + colour;
      case Curve::Style::points:
        return "pt 7 ps 0.5 lw 0.9 " + colour;
      case Curve::Style::dots:
        return "pt 7 ps 0.25 " + colour;
      case Curve::Style::bounds:
        return "pt 10 ps 0.7 lw 0.9 " + colour;
    }
    return "";
  }
  static std::string curve(const std::string& name, const Curve& c, bool titles) {
    const bool bars = c.style == Curve::Style::points && !c.low.empty(),
               line = c.style == Curve::Style::line || c.style == Curve::Style::dashed;
    return name +
           (bars   ? " using 1:2:3:4 with yerrorbars "
            : line ? " using 1:2 with lines "
                   : " using 1:2 with points ") +
           mark(c) + " " + (c.label.empty() || !titles ? "notitle" : "title " + plot_text(c.label));
  }

  void axes(const Panel& panel) {
    std::vector<double> xs, ys;
    for (const Curve& c : panel.curves) {
      xs.insert(xs.end(), c.x.begin(), c.x.end());
      ys.insert(ys.end(), c.y.begin(), c.y.end());
      for (const auto* ends : {&c.low, &c.high}) {
        for (const double e : *ends) ys.push_back(panel.log_y && !(e > 0) ? NAN : e);
      }
    }
    // Few abscissae, such as widths, are told one by one.
    const std::set<double> places(xs.begin(), xs.end());
    const Range x = range_of(xs, panel.log_x),
                y = panel.y_range ? Range{(*panel.y_range)[0], (*panel.y_range)[1]} : range_of(ys, panel.log_y);
    text_ += fmt::format("set xrange [{}:{}]\nset yrange [{}:{}]\n", number(x.low), number(x.high), number(y.low), number(y.high));
    if (panel.log_x && places.size() <= 8)
      text_ += fmt::format("set xtics ({})\n", fmt::join(places, ","));
    else if (panel.log_x)
      text_ += "set xtics (" + log_tics(x) + ")\n";
    if (panel.log_y) text_ += "set ytics (" + log_tics(y) + ")\n";
  }

  void field(std::size_t p, const Layout::Place& place, std::vector<std::string>& parts) {
    const Field& f = *figure_.panels[p].field;
    text_ += fmt::format("set xrange [{}:{}]\nset yrange [{}:{}]\n", number(f.x_low), number(f.x_high), number(f.y_low), number(f.y_high));
    Range values{INFINITY, -INFINITY};
    const auto look_at = [&](const Field& other) {
      for (const double v : other.values) {
        if (!std::isfinite(v)) continue;
        values.low = std::min(values.low, v);
        values.high = std::max(values.high, v);
      }
    };
    look_at(f);
    Range ends = values;
    if (ends.low == ends.high) ends.low -= 1, ends.high += 1;
    ends.low = f.low.value_or(ends.low), ends.high = f.high.value_or(ends.high);
    if (f.diverging) ends.high = std::max(std::abs(ends.low), std::abs(ends.high)), ends.low = -ends.high;
    text_ += fmt::format("set palette {}\nset cbrange [{}:{}]\n", f.diverging ? blue_to_red : viridis, number(ends.low), number(ends.high));
    if (figure_.panels[p].colour_bar) {
      // It stands for the other panels of its row too, whose values may be the ones beyond the ends.
      const std::size_t columns = static_cast<std::size_t>(std::max(1, figure_.columns)), row = p / columns;
      for (std::size_t other = row * columns; other < std::min(figure_.panels.size(), (row + 1) * columns); ++other)
        if (!figure_.panels[other].colour_bar && figure_.panels[other].field) look_at(*figure_.panels[other].field);
      text_ += fmt::format("set colorbox user origin screen {:.5f},screen {:.5f} size screen {:.5f},screen {:.5f} border\n",
                           place.right + 0.09 / layout_.width(), place.bottom, 0.09 / layout_.width(), place.top - place.bottom);
      text_ += fmt::format("set cblabel {} offset 0.4,0\nset cbtics ({})\n", plot_text(figure_.panels[p].field_label),
                           bar_tics(ends, values.low<ends.low, values.high> ends.high));
    }
    parts.push_back(fmt::format("$field{} using 1:2:3 with image notitle", p));
  }
};

}  // namespace

std::string figure_script(const Figure& figure, std::string_view terminal, double unit) { return Script(figure, terminal, unit).text(); }

}  // namespace infwidth
