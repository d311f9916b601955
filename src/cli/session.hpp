// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "infwidth/io/output.hpp"
#include "infwidth/report/table.hpp"
#include "infwidth/run/budget.hpp"
#include "infwidth/run/progress.hpp"

namespace infwidth::cli {

enum ExitCode { answered = 0, bug = 1, usage = 2, no_such_quantity = 3, not_reached = 4, disagrees = 5, interrupted = 130 };

/// The flags that every command has.
struct SessionOptions {
  std::string command;  // "infwidth metric": how messages begin
  std::string command_line;
  Format format = Format::text;
  std::string output;  // a file, or "" for standard output
  std::optional<double> timeout;  // seconds
  bool quiet = false;
};

/// What all rows are about, by key and value.
using Subject = std::vector<std::pair<std::string, std::string>>;

/// The answer under way: rows go to the output as they come, whole, whatever happens to the computation.
class Answer {
 public:
  Answer(const SessionOptions& options, const Budget& budget);

  const Budget& budget() const { return budget_; }
  /// Says what the rows will be. The output is made at the first of them.
  void begin(std::vector<Column> columns, const std::string& caption);
  /// Says what all rows are about, for CSV, whose files are joined. Before the first row.
  void about(Subject subject) { heading_.subject = std::move(subject); }
  void row(std::vector<Cell> cells);
  /// Rows that have been laid out already.
  void raw(std::string_view lines);
  std::uint64_t rows() const { return rows_; }

  /// A file beside the answer proper, which appears with it or not at all. To be made before the work it is for.
  ///   Errors   UsageError: as Output; the name is that of another file of this answer
  Output& file(const std::string& path);
  /// Refuses now what `file` would refuse after the work, and what has become of --output since it was looked at. Nothing is made.
  void require_file(const std::string& path);

  /// A counter whose state the bar shows.
  Progress progress(std::optional<std::uint64_t> total);
  /// What the bar tells beside how far it has come: a loss.
  void note(std::string text);
  std::string note();
  /// The work needs up to a minute to stop in good order (the end of an epoch, a last look at the geometry): only a second Ctrl-C ends it at once.
  void stops_slowly() { stops_slowly_ = true; }
  bool is_slow_to_stop() const { return stops_slowly_; }
  std::uint64_t done() const { return done_; }
  std::uint64_t total() const { return total_; }  // 0: unknown

  /// The end: the files appear, all of them on the disk before the first has its name. From here on no deadline counts.
  ///   Errors   Stopped: the answer has been given up
  void commit();
  bool is_ending() const { return state_ == State::ending; }
  /// Whether the answer is given up: not once `commit` has begun. From any thread; rows are refused then.
  bool give_up() noexcept;
  /// The end before the end: standard output gets the rows so far, files that have no name yet are removed. From any thread.
  void abandon() noexcept;

 private:
  enum class State { working, ending, given_up };

  SessionOptions options_;
  const Budget& budget_;
  std::atomic<State> state_{State::working};
  std::timed_mutex mutex_;   // of the rows: held while they are written, which may take as long as a reader of standard output likes
  std::mutex outputs_mutex_;  // of the two below: held for moments, and after mutex_
  std::unique_ptr<Output> output_;
  std::vector<std::unique_ptr<Output>> files_;
  std::unique_ptr<TableWriter> writer_;
  std::vector<Column> columns_;
  Heading heading_;
  std::uint64_t rows_ = 0;
  std::atomic<std::uint64_t> done_{0}, total_{0};
  std::atomic<bool> stops_slowly_{false};
  std::mutex note_mutex_;
  std::string note_;

  Output& output();
  void require_free(const std::string& path) const;
};

/// Runs the work on a thread of its own, and waits: for its end, for Ctrl-C, or for the deadline. A computation that does not stop soon after
/// is left behind. `work` returns the exit code, or throws. Returns the exit code; says on standard error what went wrong.
int run_session(const SessionOptions& options, const std::function<int(Answer&)>& work);

/// One line on standard error: the command, then the text.
void complain(const std::string& command, const std::string& text);

}  // namespace infwidth::cli
