// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <string>
#include <string_view>

namespace infwidth {

/// Where an answer goes: a file that appears whole or not at all, or an open descriptor.
/// The file is written under a temporary name beside its target and renamed by `commit`; without that the destructor removes it. A target that
/// is no regular file (a device, a pipe) is written directly; a symbolic link is followed.
///   Errors   UsageError naming the file: it cannot be made or written, or the disk is full
class Output {
 public:
  static Output to_file(const std::string& path);
  /// Does not close the descriptor.
  static Output to_descriptor(int descriptor);
  Output(Output&& other) noexcept;
  Output& operator=(Output&&) = delete;
  ~Output();

  void write(std::string_view text);
  /// Hands on what has been written so far.
  void flush();
  /// The same, and a file is on the disk: what can still go wrong is its name.
  void settle();
  /// The end of the answer: the file appears.
  ///   Errors   Stopped: `discard` came first
  void commit();
  /// Removes the temporary file, unless `commit` has given it its name or is about to: one of the two happens, whatever the threads they are called from. Safe in a signal handler.
  void discard() noexcept;
  /// Where the output goes; "" for a descriptor or what is no regular file.
  const std::string& target() const { return target_; }
  /// Where a path leads, links followed, whether anything is there or not.
  static std::string target_of(const std::string& path);

 private:
  enum class End { open, committed, discarded };

  Output(int descriptor, std::string target, std::string temporary);
  int descriptor_;
  bool owned_;
  std::string target_, temporary_;  // both empty unless there is something to rename; they never change, so that other threads may read them
  std::string name_;
  std::string pending_;
  std::atomic<End> end_{End::open};

  /// The first to ask for an end gets it.
  bool claim(End end) noexcept;

  void write_through(std::string_view rest);
};

}  // namespace infwidth
