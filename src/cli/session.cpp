// SPDX-License-Identifier: GPL-3.0-or-later
#include "session.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>

#include <fmt/core.h>

#include "infwidth/io/json.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/run/parallel.hpp"
#include "progress_bar.hpp"

namespace infwidth::cli {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto look_around = 20ms;
constexpr auto grace = 500ms;     // for a computation to see that it shall stop
constexpr auto long_grace = 20s;  // for one that says it needs a while, and for the writing of an answer

std::atomic<bool> stop{false};
std::atomic<bool> insisted{false};

extern "C" void ask_to_stop(int) {
  if (stop.exchange(true, std::memory_order_relaxed)) insisted.store(true, std::memory_order_relaxed);
}

void listen_to_signals() {
  struct sigaction action {};
  action.sa_handler = ask_to_stop;
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    // A command started with nohup, or in the background by a script, ignores some of them.
    if (sigaction(number, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
  }
}

struct Ending {
  int code = answered;
  std::string message;
};

Ending ending_of(const std::function<int(Answer&)>& work, Answer& answer) {
  try {
    const int code = work(answer);
    answer.commit();
    return {code, ""};
  } catch (const UsageError& error) {
    return {usage, error.what()};
  } catch (const NoSuchQuantity& error) {
    return {no_such_quantity, error.what()};
  } catch (const NotReached& error) {
    return {not_reached, error.what()};
  } catch (const Stopped&) {
    return {interrupted, "interrupted"};
  } catch (const std::bad_alloc&) {
    return {not_reached, "out of memory; ask for less at once: fewer digits, points, units or threads"};
  } catch (const std::exception& error) {
    return {bug, std::string("a fault in infwidth, please report it with the command: ") + error.what()};
  }
}

std::string timeout_message(double seconds) { return fmt::format("timeout: not finished within {:g} s; allow more time with --timeout, or ask for less", seconds); }

}  // namespace

Answer::Answer(const SessionOptions& options, const Budget& budget) : options_(options), budget_(budget) {
  // Before the work: an output that cannot be made should not cost hours.
  if (!options_.output.empty()) output();
}

Output& Answer::output() {
  if (output_ != nullptr) return *output_;
  auto made = std::make_unique<Output>(options_.output.empty() ? Output::to_descriptor(STDOUT_FILENO) : Output::to_file(options_.output));
  const std::lock_guard lock(outputs_mutex_);
  output_ = std::move(made);
  return *output_;
}

void Answer::begin(std::vector<Column> columns, const std::string& caption) {
  columns_ = std::move(columns);
  heading_.caption = caption;
  heading_.command = options_.command_line;
}

void Answer::row(std::vector<Cell> cells) {
  const std::lock_guard lock(mutex_);
  if (state_ == State::given_up) throw Stopped("the answer has been given up");
  if (writer_ == nullptr) writer_ = make_table_writer(options_.format, columns_, heading_, output());
  writer_->row(std::move(cells));
  ++rows_;
  if (options_.output.empty() && ::isatty(STDOUT_FILENO) != 0) output().flush();
}

void Answer::raw(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  if (state_ == State::given_up) throw Stopped("the answer has been given up");
  output().write(lines);
  ++rows_;
}

Output& Answer::file(const std::string& path) {
  require_free(path);
  auto made = std::make_unique<Output>(Output::to_file(path));
  const std::lock_guard lock(outputs_mutex_);
  files_.push_back(std::move(made));
  return *files_.back();
}

void Answer::require_file(const std::string& path) {
  std::error_code problem;
  if (std::filesystem::is_directory(options_.output, problem)) throw UsageError("--output: " + shown(options_.output) + " is a folder; name a file");
  require_free(path);
  Output::to_file(path);
}

void Answer::require_free(const std::string& path) const {
  const std::string target = Output::target_of(path);
  const auto is_taken = [&](const std::unique_ptr<Output>& other) { return other != nullptr && other->target() == target; };
  if (is_taken(output_) || std::any_of(files_.begin(), files_.end(), is_taken)) throw UsageError(shown(path) + ": two outputs of this command would go there; give each a name of its own");
}

Progress Answer::progress(std::optional<std::uint64_t> total) {
  total_ = total.value_or(0);
  return {total, [this](std::uint64_t done, std::optional<std::uint64_t>) { done_ = done; }};
}

void Answer::note(std::string text) {
  const std::lock_guard lock(note_mutex_);
  note_ = std::move(text);
}

std::string Answer::note() {
  const std::lock_guard lock(note_mutex_);
  return note_;
}

void Answer::commit() {
  State working = State::working;
  if (!state_.compare_exchange_strong(working, State::ending)) throw Stopped("the answer has been given up");
  const std::lock_guard lock(mutex_);
  if (writer_ != nullptr) writer_->end();
  writer_.reset();
  output().settle();
  for (const std::unique_ptr<Output>& file : files_) file->settle();
  for (const std::unique_ptr<Output>& file : files_) file->commit();
  output().commit();
}

bool Answer::give_up() noexcept {
  State working = State::working;
  return state_.compare_exchange_strong(working, State::given_up) || working == State::given_up;
}

void Answer::abandon() noexcept {
  {
    const std::lock_guard lock(outputs_mutex_);
    for (const std::unique_ptr<Output>& file : files_) file->discard();
    if (output_ == nullptr) return;
    output_->discard();
  }
  if (!options_.output.empty()) return;
  const std::unique_lock lock(mutex_, 100ms);
  if (!lock.owns_lock()) return;  // a row is being written, and nobody reads it
  try {
    if (writer_ != nullptr) writer_->end();
    output_->flush();
  } catch (const std::exception&) {  // the message that follows is the one that matters
  }
}

int run_session(const SessionOptions& options, const std::function<int(Answer&)>& work) {
  listen_to_signals();
  std::optional<std::chrono::duration<double>> limit;
  if (options.timeout) limit = std::chrono::duration<double>(*options.timeout);
  const Clock::time_point start = Clock::now();
  std::optional<Clock::time_point> asked_to_stop;
  try {
    const Budget budget(limit, &stop);
    Answer answer(options, budget);
    ProgressBar bar(!options.quiet && ::isatty(STDERR_FILENO) != 0 && (!options.output.empty() || ::isatty(STDOUT_FILENO) == 0));

    std::mutex mutex;
    std::condition_variable ended;
    std::optional<Ending> ending;
    std::vector<std::thread> workers = make_threads(1, [&](std::size_t) {
      Ending result = ending_of(work, answer);
      const std::lock_guard lock(mutex);
      ending = std::move(result);
      ended.notify_one();
    });
    if (workers.empty()) {
      answer.abandon();
      complain(options.command, "no thread can be made; the limits on processes and memory (ulimit -u, ulimit -v) are too low");
      return not_reached;
    }

    std::unique_lock lock(mutex);
    while (!ended.wait_for(lock, look_around, [&] { return ending.has_value(); })) {
      const bool late = limit && Clock::now() - start > *limit;
      if (!asked_to_stop && (stop || late)) asked_to_stop = Clock::now();
      const bool is_ending = answer.is_ending(), patient = is_ending || answer.is_slow_to_stop();
      const bool over = asked_to_stop && (insisted || Clock::now() - *asked_to_stop > (patient ? Clock::duration(long_grace) : Clock::duration(grace)));
      // An answer that is being written is finished, and a deadline does not take it back: only a second Ctrl-C, or a reader who never comes.
      if (over && (answer.give_up() || (is_ending && stop))) {
        // The worker sits in a computation that cannot be interrupted: leave it there.
        bar.clear();
        answer.abandon();
        complain(options.command, stop ? "interrupted" : timeout_message(*options.timeout));
        ::_exit(stop ? interrupted : not_reached);
      }
      bar.show(answer.done(), answer.total(), answer.note());
    }
    lock.unlock();
    workers[0].join();
    bar.clear();
    if (!ending->message.empty()) {
      answer.abandon();
      const bool late = ending->code == not_reached && limit && Clock::now() - start > *limit;
      complain(options.command, late ? timeout_message(*options.timeout) : ending->message);
    }
    return ending->code;
  } catch (const UsageError& error) {
    complain(options.command, error.what());
    return usage;
  }
}

void complain(const std::string& command, const std::string& text) {
  const std::string line = command + ": " + text + "\n";
  std::fputs(line.c_str(), stderr);
}

}  // namespace infwidth::cli
