// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "support/paths.hpp"

struct Ran {
  int code = -1;  // -1: ended by a signal
  std::string out, err;
};

/// Runs a program by its path or name (code 127: there is none), without a shell. `interrupt_after`: sends SIGINT after so many seconds, if positive.
inline Ran run_command(std::vector<std::string> words, const std::string& input = "", double interrupt_after = 0) {
  std::FILE* const files[3] = {std::tmpfile(), std::tmpfile(), std::tmpfile()};
  std::fwrite(input.data(), 1, input.size(), files[0]);
  std::rewind(files[0]);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    for (int i = 0; i < 3; ++i) ::dup2(::fileno(files[i]), i);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  if (interrupt_after > 0) {
    std::this_thread::sleep_for(std::chrono::duration<double>(interrupt_after));
    ::kill(child, SIGINT);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  const auto text = [](std::FILE* file) {
    std::string r;
    std::rewind(file);
    for (int c = 0; (c = std::fgetc(file)) != EOF;) r += static_cast<char>(c);
    return r;
  };
  Ran r{WIFEXITED(status) ? WEXITSTATUS(status) : -1, text(files[1]), text(files[2])};
  for (std::FILE* file : files) std::fclose(file);
  return r;
}

/// Runs the program under test.
inline Ran run_program(const std::vector<std::string>& arguments, const std::string& input = "", double interrupt_after = 0) {
  std::vector<std::string> words = {program_path().string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return run_command(std::move(words), input, interrupt_after);
}
