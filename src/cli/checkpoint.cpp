// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint.hpp"

#include <algorithm>
#include <filesystem>

#include "infwidth/io/fingerprint.hpp"
#include "infwidth/io/json.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth::cli {

namespace fs = std::filesystem;

void require_checkpoint(const std::string& checkpoint, bool resume) {
  if (resume && checkpoint.empty()) throw UsageError("--resume: from which file? Give --checkpoint too");
  if (resume || checkpoint.empty()) return;
  // An empty file holds no state: mktemp makes such.
  const auto holds_state = [](const fs::path& file) {
    std::error_code problem;
    return fs::is_regular_file(file, problem) && fs::file_size(file, problem) > 0;
  };
  const auto refuse = [](const fs::path& file) {
    throw UsageError("--checkpoint: " + shown(file.string()) + " is there already, and a run from the start would overwrite it; go on from it with --resume, name another file, or remove it");
  };
  const fs::path named = checkpoint;
  if (holds_state(named)) refuse(named);
  std::error_code problem;
  const std::string beginning = named.filename().string() + ".";
  for (const fs::directory_entry& other : fs::directory_iterator(named.has_parent_path() ? named.parent_path() : ".", problem)) {
    const std::string name = other.path().filename().string();
    const bool is_part = name.size() > beginning.size() && name.starts_with(beginning) && name.find_first_not_of("0123456789", beginning.size()) == std::string::npos;
    if (is_part && holds_state(other.path())) refuse(named.has_parent_path() ? other.path() : other.path().filename());
  }
}

std::string contents_of(const std::vector<std::vector<Rational>>& points) {
  std::string text;
  for (const std::vector<Rational>& x : points) {
    for (const Rational& c : x) text += to_string(c) + ",";
    text += ";";
  }
  return Fingerprint().add(text).text();
}

}  // namespace infwidth::cli
