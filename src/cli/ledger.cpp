// SPDX-License-Identifier: GPL-3.0-or-later
#include "ledger.hpp"

#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

#include "infwidth/io/json.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth::cli {

namespace {

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r"), last = text.find_last_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

/// "erf | gelu --depth 2 --dim 3"
void read_network(const std::string& text, ClaimFlags& claim) {
  const std::size_t flags_at = std::min(text.find("--"), text.size());
  std::istringstream activations(text.substr(0, flags_at)), words(text.substr(flags_at));
  for (std::string one; std::getline(activations, one, '|');) {
    if (trimmed(one).empty()) throw UsageError("no activation; write QUANTITY ACTIVATION = CLAIM");
    claim.network.activations.push_back(trimmed(one));
  }
  if (claim.network.activations.empty()) throw UsageError("no activation; write QUANTITY ACTIVATION = CLAIM");
  const std::vector<std::pair<std::string, std::string*>> flags = {
      {"--depth", &claim.network.depth}, {"--sigma-w2", &claim.network.sigma_w2}, {"--sigma-b2", &claim.network.sigma_b2},
      {"--input-scaling", &claim.network.input_scaling}, {"--of", &claim.of}, {"--dim", &claim.dim}, {"--expect-factor", &claim.expected_factor}};
  for (std::string word; words >> word;) {
    std::string* into = nullptr;
    std::string list = "--assume, ";
    if (word == "--assume") into = &claim.assumptions.emplace_back();
    for (const auto& [name, place] : flags) {
      list += (list.ends_with(' ') ? "" : ", ") + name;
      if (name == word) into = place;
    }
    if (into == nullptr) throw UsageError("'" + shown(word) + "' is no flag here; they are " + list);
    if (!(words >> *into)) throw UsageError(word + ": no value follows");
  }
}

/// The '=' between head and claim: not that of <= or >=, which --assume may have.
std::size_t equals_sign(const std::string& line) {
  for (std::size_t at = line.find('='); at != std::string::npos; at = line.find('=', at + 1)) {
    if (at == 0 || (line[at - 1] != '<' && line[at - 1] != '>')) return at;
  }
  return std::string::npos;
}

ClaimFlags read_claim(const std::string& source, const std::string& line) {
  try {
    const std::size_t equals = equals_sign(line);
    if (equals == std::string::npos) throw UsageError("no '='; write QUANTITY ACTIVATION = CLAIM");
    ClaimFlags claim;
    claim.source = source;
    const std::string head = trimmed(line.substr(0, equals));
    const std::size_t end_of_quantity = std::min(head.find_first_of(" \t"), head.size());
    claim.quantity = head.substr(0, end_of_quantity);
    read_network(trimmed(head.substr(end_of_quantity)), claim);
    claim.claim = trimmed(line.substr(equals + 1));
    return claim;
  } catch (const UsageError& error) {
    throw UsageError(source + ": " + error.what());
  }
}

}  // namespace

TypedFlags ClaimFlags::typed() const {
  TypedFlags flags = {{"--quantity", {quantity}}, {"--activation", network.activations}};
  const std::string scaling = network.input_scaling == "unit" ? "" : network.input_scaling;
  for (const auto& [flag, value] : {std::pair{"--depth", &network.depth}, {"--sigma-w2", &network.sigma_w2}, {"--sigma-b2", &network.sigma_b2}, {"--input-scaling", &scaling}, {"--of", &of}, {"--dim", &dim}}) {
    if (!value->empty()) flags[flag] = {*value};
  }
  return flags;
}

std::string text_of_file(const std::string& file) {
  if (file == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
  std::ifstream stream(file);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream.is_open() || stream.bad()) throw UsageError(shown(file) + ": cannot be read");
  return text;
}

std::vector<ClaimFlags> read_ledger(const std::string& file) {
  std::istringstream text(text_of_file(file));
  std::vector<std::pair<std::size_t, std::string>> claims;  // first line, text
  bool inside = false, found = false, continues = false;
  std::size_t number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    const bool fence = line.rfind("```", 0) == 0;
    if (!inside) {
      inside = fence && trimmed(line) == "```verify";
      found = found || inside;
      continues = false;
      continue;
    }
    if (fence) {
      inside = false;
      continue;
    }
    const bool indented = !line.empty() && (line[0] == ' ' || line[0] == '\t');
    const std::string content = trimmed(line.substr(0, line.find('#')));
    if (content.empty()) continue;
    if (indented && !continues) throw UsageError(file + ":" + std::to_string(number) + ": a line that begins with a space continues another one, and there is none");
    if (indented) {
      claims.back().second += ' ' + content;
    } else {
      claims.emplace_back(number, content);
    }
    continues = true;
  }
  if (inside) throw UsageError(file + ": the last block fenced as ```verify has no end");
  if (!found) throw UsageError(file + ": no block fenced as ```verify");
  std::vector<ClaimFlags> result;
  for (const auto& [line, claim] : claims) result.push_back(read_claim(file + ":" + std::to_string(line), claim));
  if (result.empty()) throw UsageError(file + ": no claim in its blocks fenced as ```verify");
  return result;
}

}  // namespace infwidth::cli
