// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

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
  /// The end of the answer: the file appears.
  void commit();
  /// Removes the temporary file. Safe in a signal handler and from another thread.
  void discard() const noexcept;

 private:
  Output(int descriptor, std::string target, std::string temporary);
  int descriptor_;
  bool owned_;
  std::string target_, temporary_;  // both empty unless there is something to rename
  std::string name_;
  std::string pending_;

  void write_through(std::string_view rest);
};

}  // namespace infwidth
