// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/io/output.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "infwidth/io/json.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

constexpr std::size_t block = std::size_t{1} << 17;

[[noreturn]] void refuse(const std::string& name, const char* what, const char* cure) {
  throw UsageError(name + ": " + what + " (" + std::strerror(errno) + "); " + cure);
}

}  // namespace

Output::Output(int descriptor, std::string target, std::string temporary)
    : descriptor_(descriptor), owned_(true), target_(std::move(target)), temporary_(std::move(temporary)) {}

Output::Output(Output&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      owned_(other.owned_),
      target_(std::exchange(other.target_, {})),
      temporary_(std::exchange(other.temporary_, {})),
      name_(std::move(other.name_)),
      pending_(std::exchange(other.pending_, {})),
      end_(other.end_.load()) {}

Output Output::to_descriptor(int descriptor) {
  Output r(descriptor, "", "");
  r.owned_ = false;
  r.name_ = "the output";
  return r;
}

std::string Output::target_of(const std::string& path) {
  std::error_code problem;
  const std::filesystem::path found = std::filesystem::weakly_canonical(path, problem);
  return problem ? path : std::filesystem::absolute(found, problem).string();
}

Output Output::to_file(const std::string& path) {
  const std::string name = shown(path);
  const char* const cure = "check the name and the permissions of its folder";
  const std::string target = target_of(path);
  struct stat about {};
  if (::stat(target.c_str(), &about) == 0 && !S_ISREG(about.st_mode)) {
    const int descriptor = ::open(target.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) refuse(name, "cannot be written", cure);
    Output r(descriptor, "", "");
    r.name_ = name;
    return r;
  }
  const std::string temporary = target + ".part" + std::to_string(::getpid());
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) refuse(name, "cannot be made", cure);
  Output r(descriptor, target, temporary);
  r.name_ = name;
  return r;
}

Output::~Output() {
  discard();
  if (owned_ && descriptor_ >= 0) ::close(descriptor_);
}

bool Output::claim(End end) noexcept {
  End open = End::open;
  return end_.compare_exchange_strong(open, end);
}

void Output::discard() noexcept {
  if (!temporary_.empty() && claim(End::discarded)) ::unlink(temporary_.c_str());
}

void Output::write(std::string_view text) {
  if (text.size() < block) {
    pending_ += text;
    if (pending_.size() >= block) flush();
    return;
  }
  flush();
  write_through(text);
}

void Output::flush() {
  write_through(pending_);
  pending_.clear();
}

void Output::write_through(std::string_view rest) {
  while (!rest.empty()) {
    const ssize_t count = ::write(descriptor_, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      pending_.clear();
      refuse(name_, "cannot be written", "is the disk full?");
    }
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
}

void Output::settle() {
  flush();
  if (!temporary_.empty() && ::fsync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) refuse(name_, "cannot be written", "is the disk full?");
}

void Output::commit() {
  settle();  // on the disk before it has its name: a crash leaves the old file or the new one
  if (temporary_.empty()) return;
  if (!claim(End::committed)) throw Stopped(name_ + ": was given up before it was whole");
  if (::rename(temporary_.c_str(), target_.c_str()) == 0) return;
  const int why = errno;
  ::unlink(temporary_.c_str());
  errno = why;
  refuse(name_, "cannot be made", "check the permissions of its folder");
}

}  // namespace infwidth
