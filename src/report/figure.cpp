// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/report/figure.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "infwidth/io/json.hpp"
#include "infwidth/real/errors.hpp"

extern char** environ;

namespace infwidth {

namespace {

namespace fs = std::filesystem;

// Okabe and Ito's, which readers of every kind of colour vision tell apart.
constexpr std::string_view colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442", "#FFFFFF"};
// Of equal steps in lightness.
constexpr const char* viridis =
    "defined (0 '#440154', 1 '#482475', 2 '#414487', 3 '#355f8d', 4 '#2a788e', 5 '#21918c', 6 '#22a884', 7 '#44bf70', 8 '#7ad151', 9 '#bddf26', 10 '#fde725')";
constexpr const char* blue_to_red = "defined (-4 '#053061', -3 '#2166ac', -2 '#67a9cf', -1 '#d1e5f0', 0 '#f7f7f7', 1 '#fddbc7', 2 '#ef8a62', 3 '#b2182b', 4 '#67001f')";

struct Format {
  std::string_view ending, terminal;
  double unit;  // an inch
};
constexpr Format formats[] = {
    {".pdf", "pdfcairo enhanced font 'Helvetica,9' lw 1.2 size {:.4g}in,{:.4g}in", 1},
    {".svg", "svg enhanced font 'Helvetica,12' lw 1.2 background '#ffffff' size {:.4g},{:.4g}", 96},
    {".png", "pngcairo enhanced font 'Helvetica,9' fontscale 1.6 lw 2 size {:.4g},{:.4g}", 200},
};

const Format& format_of(const std::string& path) {
  const std::string ending = fs::path(path).extension();
  for (const Format& f : formats) {
    if (ending == f.ending) return f;
  }
  throw UsageError(shown(path) + " is no figure that can be drawn; its name ends in .pdf, .svg or .png");
}

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

class Script {
 public:
  Script(const Figure& figure, const Format& format) : figure_(figure) {
    const std::size_t columns = static_cast<std::size_t>(std::max(1, figure.columns)), rows = (figure.panels.size() + columns - 1) / columns;
    const double width = figure_.columns == 1 ? 3.4 : 2.6 * static_cast<double>(columns), height = 2.4 * static_cast<double>(rows);
    text_ = fmt::format("set terminal {}\n", fmt::format(fmt::runtime(format.terminal), width * format.unit, height * format.unit));
    text_ += "set encoding utf8\nset datafile missing 'NaN'\nset style fill transparent solid 1\nset border lw 0.6\nset tics scale 0.6\n";
    for (std::size_t p = 0; p < figure_.panels.size(); ++p) data(p);
    text_ += fmt::format("set multiplot layout {},{}\n", rows, columns);
    for (std::size_t p = 0; p < figure_.panels.size(); ++p) panel(p);
    text_ += "unset multiplot\n";
  }

  const std::string& text() const { return text_; }

 private:
  const Figure& figure_;
  std::string text_;

  void grid(const std::string& name, const Field& f) {
    text_ += "$" + name + " << EOD\n";
    for (std::size_t r = 0; r < f.rows; ++r) {
      const double y = f.rows > 1 ? f.y_low + (f.y_high - f.y_low) * static_cast<double>(r) / static_cast<double>(f.rows - 1) : f.y_low;
      for (std::size_t c = 0; c < f.columns; ++c) {
        const double x = f.columns > 1 ? f.x_low + (f.x_high - f.x_low) * static_cast<double>(c) / static_cast<double>(f.columns - 1) : f.x_low;
        text_ += number(x) + " " + number(y) + " " + number(f.values[r * f.columns + c]) + "\n";
      }
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
      text_ += fmt::format("set contour base\nset cntrparam levels discrete {}\nunset surface\nset table ${}\nsplot ${}_grid using 1:2:3 with lines\nunset table\nunset contour\nset surface\n",
                           number(panel.contours[k].level), name, name);
    }
    for (std::size_t k = 0; k < panel.curves.size(); ++k) {
      const Curve& c = panel.curves[k];
      text_ += fmt::format("$curve{}_{} << EOD\n", p, k);
      for (std::size_t i = 0; i < c.x.size(); ++i) {
        const bool shown = !(panel.log_y && !(c.y[i] > 0)) && !(panel.log_x && !(c.x[i] > 0)) && std::isfinite(c.y[i]);
        if (!shown) {
          text_ += "\n";
          continue;
        }
        text_ += number(c.x[i]) + " " + number(c.y[i]);
        if (!c.low.empty()) text_ += " " + number(panel.log_y && !(c.low[i] > 0) ? c.y[i] * 1e-6 : c.low[i]) + " " + number(c.high[i]);
        text_ += "\n";
      }
      text_ += "EOD\n";
    }
  }

  void range(const char* axis, const std::vector<double>& values, bool log) {
    double low = INFINITY, high = -INFINITY;
    for (const double v : values) {
      if (!std::isfinite(v) || (log && !(v > 0))) continue;
      low = std::min(low, v);
      high = std::max(high, v);
    }
    if (!(low <= high)) {
      text_ += fmt::format("set {}range [{}:1]\n", axis, log ? 0.1 : 0.0);
      return;
    }
    const double margin = log ? std::pow(high / low, 0.06) * 1.05 : 0.05 * (high - low) + (high == low ? std::max(1.0, std::abs(high)) * 0.1 : 0);
    text_ += log ? fmt::format("set {}range [{:.6g}:{:.6g}]\n", axis, low / margin, high * margin) : fmt::format("set {}range [{:.6g}:{:.6g}]\n", axis, low - margin, high + margin);
  }

  void panel(std::size_t p) {
    const Panel& panel = figure_.panels[p];
    text_ += "unset logscale\nset autoscale\nunset colorbox\nunset key\nset size noratio\nset format '%g'\nset xtics auto\nset ytics auto\n";
    text_ += "set title " + plot_text(panel.title) + " offset 0,-0.6\nset xlabel " + plot_text(panel.x_label) + " offset 0,0.4\nset ylabel " + plot_text(panel.y_label) + " offset 0.8,0\n";
    if (panel.log_x) text_ += "set logscale x\n";
    if (panel.log_y) text_ += "set logscale y\nset format y '10^{%L}'\n";
    std::vector<std::string> parts;
    const auto finite = [](double v) { return std::isfinite(v); };
    if (panel.field && std::any_of(panel.field->values.begin(), panel.field->values.end(), finite)) {
      const Field& f = *panel.field;
      text_ += "set size ratio -1\nset colorbox\n";
      text_ += fmt::format("set xrange [{}:{}]\nset yrange [{}:{}]\n", number(f.x_low), number(f.x_high), number(f.y_low), number(f.y_high));
      double low = INFINITY, high = -INFINITY;
      for (const double v : f.values) {
        if (!std::isfinite(v)) continue;
        low = std::min(low, v);
        high = std::max(high, v);
      }
      if (low == high) low -= 1, high += 1;
      low = f.low.value_or(low), high = f.high.value_or(high);
      if (f.diverging) high = std::max(std::abs(low), std::abs(high)), low = -high;
      text_ += fmt::format("set palette {}\nset cbrange [{}:{}]\nset cblabel {} offset 0.6,0\n", f.diverging ? blue_to_red : viridis, number(low), number(high), plot_text(panel.field_label));
      parts.push_back(fmt::format("$field{} using 1:2:3 with image notitle", p));
    } else {
      std::vector<double> xs, ys;
      for (const Curve& c : panel.curves) {
        xs.insert(xs.end(), c.x.begin(), c.x.end());
        ys.insert(ys.end(), c.y.begin(), c.y.end());
        for (const auto* ends : {&c.low, &c.high}) {
          for (const double e : *ends) ys.push_back(panel.log_y && !(e > 0) ? NAN : e);
        }
      }
      range("x", xs, panel.log_x);
      // Few abscissae, such as widths, are told one by one.
      const std::set<double> places(xs.begin(), xs.end());
      if (panel.log_x && places.size() <= 8) text_ += fmt::format("set xtics ({})\n", fmt::join(places, ","));
      if (panel.y_range) {
        text_ += fmt::format("set yrange [{}:{}]\n", number((*panel.y_range)[0]), number((*panel.y_range)[1]));
      } else {
        range("y", ys, panel.log_y);
      }
    }
    for (std::size_t k = 0; k < panel.contours.size(); ++k) {
      parts.push_back(fmt::format("$level{}_{} using 1:2 with lines lw 2.6 lc rgb '#ffffff' notitle, $level{}_{} using 1:2 with lines lw 1.4 lc rgb '#000000' notitle", p, k, p, k));
    }
    bool key = false;
    for (std::size_t k = 0; k < panel.curves.size(); ++k) {
      const Curve& c = panel.curves[k];
      const std::string from = fmt::format("$curve{}_{} using ", p, k), colour = fmt::format("lc rgb '{}'", colours[static_cast<std::size_t>(c.colour) % std::size(colours)]);
      const std::string title = c.label.empty() ? "notitle" : "title " + plot_text(c.label);
      key = key || !c.label.empty();
      if (std::all_of(c.y.begin(), c.y.end(), [&](double y) { return !std::isfinite(y) || (panel.log_y && !(y > 0)); })) continue;
      switch (c.style) {
        case Curve::Style::line: parts.push_back(from + "1:2 with lines lw 1.3 " + colour + " " + title); break;
        case Curve::Style::dashed: parts.push_back(from + "1:2 with lines lw 1.1 dt (6,4) " + colour + " " + title); break;
        case Curve::Style::points:
          parts.push_back(from + (c.low.empty() ? "1:2 with points" : "1:2:3:4 with yerrorbars") + " pt 7 ps 0.5 lw 0.9 " + colour + " " + title);
          break;
        case Curve::Style::dots: parts.push_back(from + "1:2 with points pt 7 ps 0.25 " + colour + " " + title); break;
      }
    }
    const auto named = std::count_if(panel.curves.begin(), panel.curves.end(), [](const Curve& c) { return !c.label.empty(); });
    text_ += named > 3 ? "set bmargin 5.2\n" : "set bmargin -1\n";
    if (key) text_ += fmt::format("set key {} samplen 1.6 spacing 0.9 font ',8' noautotitle\n", named > 3 ? "below maxrows 2" : "top right");
    if (parts.empty()) parts.push_back("NaN notitle");
    text_ += fmt::format("plot {}\n", fmt::join(parts, ", \\\n  "));
  }
};

/// A file that is gone at the end.
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "infwidth-XXXXXX").string();
    const int descriptor = ::mkstemp(name.data());
    if (descriptor < 0) throw UsageError("no file can be made in " + shown(fs::temp_directory_path().string()) + ", where figures are drawn; set TMPDIR to a folder with room");
    ::close(descriptor);
    path_ = name;
  }
  ~Scratch() {
    std::error_code none;
    fs::remove(path_, none);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::string& path() const { return path_; }
  std::string text() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string path_;
};

/// Runs gnuplot on the script; false: there is none.
bool run_gnuplot(const std::string& argument, const Scratch& out, const Scratch& err, int& status) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, out.path().c_str(), O_WRONLY | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, err.path().c_str(), O_WRONLY | O_TRUNC, 0600);
  std::string program = "gnuplot", text = argument;
  char* arguments[] = {program.data(), text.data(), nullptr};
  pid_t pid = 0;
  const int failed = ::posix_spawnp(&pid, "gnuplot", &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return false;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return !(WIFEXITED(status) && WEXITSTATUS(status) == 127);
}

[[noreturn]] void refuse_without_gnuplot() { throw UsageError("figures are drawn by gnuplot, which is not here; install it (Debian: gnuplot-nox) or ask for no figure"); }

}  // namespace

void require_figure(const std::string& path) {
  format_of(path);
  const Scratch out, err;
  int status = 0;
  if (!run_gnuplot("--version", out, err, status)) refuse_without_gnuplot();
}

std::string drawn(const Figure& figure, const std::string& path) {
  const Scratch script, out, err;
  {
    std::ofstream file(script.path(), std::ios::binary);
    file << Script(figure, format_of(path)).text();
    file.close();
    if (!file) throw UsageError("the figure's data cannot be written to " + shown(script.path()) + "; is the disk full?");
  }
  int status = 0;
  if (!run_gnuplot(script.path(), out, err, status)) refuse_without_gnuplot();
  std::string image = out.text();
  if (status != 0 || image.empty()) throw UsageError("gnuplot could not draw " + shown(path) + ": " + shown(err.text().substr(0, 500)));
  return image;
}

}  // namespace infwidth
