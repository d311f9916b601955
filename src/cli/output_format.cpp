// SPDX-License-Identifier: GPL-3.0-or-later
#include "output_format.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string_view>
#include <utility>

#include "infwidth/io/json.hpp"
#include "infwidth/real/errors.hpp"
#include "options.hpp"

namespace infwidth::cli {

namespace {

constexpr std::pair<std::string_view, std::string_view> endings[] = {{".csv", "csv"},     {".json", "json"},     {".jsonl", "json"},
                                                                     {".ndjson", "json"}, {".tex", "latex"},     {".txt", "text"},
                                                                     {".py", "python"},   {".m", "mathematica"}, {".wl", "mathematica"}};

// Files that are no text, or another one: who names an answer so expects what is not in it.
constexpr std::string_view others[] = {".npy",  ".npz",  ".pdf",     ".png",     ".svg", ".eps",        ".jpg",  ".jpeg",
                                       ".h5",   ".hdf5", ".parquet", ".feather", ".pkl", ".pickle",     ".mat",  ".pt",
                                       ".pth",  ".tsv",  ".xlsx",    ".xls",     ".ods", ".xml",        ".yaml", ".yml",
                                       ".toml", ".html", ".md",      ".zip",     ".gz",  ".safetensors"};

std::string ending_of(const std::string& path) {
  std::string ending = std::filesystem::path(path).extension();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending;
}

/// ".csv, .json, .tex or .txt", those of the command's forms.
std::string known_endings(const std::vector<std::string>& words) {
  std::vector<std::string> known;
  for (const std::string& word : words) {
    const auto* const first = std::find_if(std::begin(endings), std::end(endings), [&](const auto& e) { return e.second == word; });
    if (first != std::end(endings)) known.emplace_back(first->first);
  }
  std::string text;
  for (std::size_t k = 0; k < known.size(); ++k) text += (k == 0 ? "" : k + 1 == known.size() ? " or " : ", ") + known[k];
  return text;
}

}  // namespace

std::string decided_format(const std::string& given, const std::string& output, const std::vector<std::string>& words) {
  if (!given.empty()) choice("--format", given, words);
  const std::string ending = ending_of(output);
  const auto* const known = std::find_if(std::begin(endings), std::end(endings), [&](const auto& e) { return e.first == ending; });
  const bool other = std::find(std::begin(others), std::end(others), ending) != std::end(others);
  if (other || (known != std::end(endings) && std::find(words.begin(), words.end(), known->second) == words.end()))
    throw UsageError("--output: " + shown(output) + " is the name of a file that this answer is not; end it in " + known_endings(words));
  if (known == std::end(endings)) return given.empty() ? words[0] : given;
  // Text is anything that a .txt holds.
  if (given.empty() || known->second == given || known->second == "text") return given.empty() ? std::string(known->second) : given;
  throw UsageError("--output: " + shown(output) + " says " + std::string(known->second) + " by its ending, and --format " + given +
                   "; leave --format out, or name the file otherwise");
}

}  // namespace infwidth::cli
