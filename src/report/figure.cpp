// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/report/figure.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

#include "infwidth/io/json.hpp"
#include "infwidth/real/errors.hpp"
#include "figure_script.hpp"

extern char** environ;

namespace infwidth {

namespace {

namespace fs = std::filesystem;

struct FigureFormat {
  std::string_view ending, terminal;
  double unit;  // an inch
};
constexpr FigureFormat formats[] = {
    {".pdf", "pdfcairo enhanced font 'Helvetica,9' lw 1.2 size {:.4g}in,{:.4g}in", 1},
    {".svg", "svg enhanced font 'Helvetica,12' lw 1.2 background '#ffffff' size {:.4g},{:.4g}", 96},
    {".png", "pngcairo enhanced font 'Helvetica,9' fontscale 1.6 lw 2 size {:.4g},{:.4g}", 200},
};

const FigureFormat& format_of(const std::string& path) {
  const std::string ending = fs::path(path).extension();
  for (const FigureFormat& f : formats) {
    if (ending == f.ending) return f;
  }
  throw UsageError(shown(path) + " is no figure that can be drawn; its name ends in .pdf, .svg or .png");
}

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
    const FigureFormat& format = format_of(path);
    file << figure_script(figure, format.terminal, format.unit);
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
