// SPDX-License-Identifier: GPL-3.0-or-later
#include "session.hpp"

#include <signal.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <exception>
#include <new>
#include <thread>

#include "infwidth/real/errors.hpp"
#include "progress_bar.hpp"

namespace infwidth::cli {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto look_around = 20ms;
constexpr auto grace = 500ms;     // for a computation to see that it shall stop
constexpr auto long_grace = 60s;  // for one that says it needs a while

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
    return {not_reached, "out of memory; ask for fewer digits"};
  } catch (const std::exception& error) {
    return {bug, std::string("a fault in infwidth, please report it with the command: ") + error.what()};
  }
}

std::string timeout_message(double seconds) {
  char text[120];
  std::snprintf(text, sizeof text, "timeout: not finished within %g s; allow more time with --timeout or ask for fewer digits", seconds);
  return text;
}

}  // namespace

Answer::Answer(const SessionOptions& options, const Budget& budget) : options_(options), budget_(budget) {
  // Before the work: an output that cannot be made should not cost hours.
  if (!options_.output.empty()) output();
}

Output& Answer::output() {
  if (output_ == nullptr)
    output_ = std::make_unique<Output>(options_.output.empty() ? Output::to_descriptor(STDOUT_FILENO) : Output::to_file(options_.output));
  return *output_;
}

void Answer::begin(std::vector<Column> columns, const std::string& caption) {
  columns_ = std::move(columns);
  heading_.caption = caption;
  heading_.command = options_.command_line;
}

void Answer::row(std::vector<Cell> cells) {
  const std::lock_guard lock(mutex_);
  if (writer_ == nullptr) writer_ = make_table_writer(options_.format, columns_, heading_, output());
  writer_->row(std::move(cells));
  ++rows_;
  if (options_.output.empty() && ::isatty(STDOUT_FILENO) != 0) output().flush();
}

void Answer::raw(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  output().write(lines);
  ++rows_;
}

Output& Answer::file(const std::string& path) {
  const std::lock_guard lock(mutex_);
  files_.push_back(std::make_unique<Output>(Output::to_file(path)));
  return *files_.back();
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
  const std::lock_guard lock(mutex_);
  if (writer_ != nullptr) writer_->end();
  writer_.reset();
  for (const std::unique_ptr<Output>& file : files_) file->commit();
  output().commit();
}

void Answer::abandon() noexcept {
  const std::unique_lock lock(mutex_, 100ms);
  for (const std::unique_ptr<Output>& file : files_) file->discard();
  if (output_ == nullptr) return;
  output_->discard();
  if (!lock.owns_lock() || !options_.output.empty()) return;
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
    std::thread worker([&] {
      Ending result = ending_of(work, answer);
      const std::lock_guard lock(mutex);
      ending = std::move(result);
      ended.notify_one();
    });

    std::unique_lock lock(mutex);
    while (!ended.wait_for(lock, look_around, [&] { return ending.has_value(); })) {
      const bool late = limit && Clock::now() - start > *limit;
      if (!asked_to_stop && (stop || late)) asked_to_stop = Clock::now();
      if (asked_to_stop && (insisted || Clock::now() - *asked_to_stop > (answer.is_slow_to_stop() ? Clock::duration(long_grace) : Clock::duration(grace)))) {
        // The worker sits in a computation that cannot be interrupted: leave it there.
        bar.clear();
        answer.abandon();
        complain(options.command, stop ? "interrupted" : timeout_message(*options.timeout));
        ::_exit(stop ? interrupted : not_reached);
      }
      bar.show(answer.done(), answer.total(), answer.note());
    }
    lock.unlock();
    worker.join();
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
