// SPDX-License-Identifier: GPL-3.0-or-later
// Archives of arrays made by grammar and by mutation: the reader returns matrices of finite numbers or throws UsageError, nothing else.
//     npz_fuzz COUNT SEED
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <string>

#include "infwidth/finite/read_network.hpp"
#include "infwidth/real/errors.hpp"
#include "support/memory.hpp"
#include "support/zip.hpp"

namespace {

std::mt19937_64 random_bits;
std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_bits() % n); }
bool one_in(std::size_t n) { return below(n) == 0; }

ZipMember member(const std::string& name, std::uint64_t rows, std::uint64_t columns) {
  std::vector<double> values(rows * std::max<std::uint64_t>(columns, 1));
  for (double& v : values) v = one_in(200) ? NAN : static_cast<double>(below(9)) - 4;
  ZipMember m;
  m.name = name;
  m.bytes = npy_bytes(columns == 0 ? std::vector<std::uint64_t>{rows} : std::vector<std::uint64_t>{rows, columns}, values);
  m.deflated = one_in(2);
  m.sizes_in_64_bits = !one_in(3);
  const auto odd = [] { return static_cast<std::uint32_t>(one_in(2) ? below(400) : random_bits()); };
  if (one_in(30)) m.claimed_size = odd();
  if (one_in(30)) m.claimed_stored = odd();
  if (one_in(30)) m.claimed_begin = odd();
  if (one_in(30)) m.checksum = odd();
  if (one_in(30)) m.own_name = "b" + name;
  if (one_in(30)) m.flags = static_cast<unsigned>(below(65536));
  if (one_in(30)) m.method = static_cast<unsigned>(below(100));
  if (one_in(30)) m.bytes += "more";
  if (one_in(30)) m.packed = deflated(m.bytes).substr(below(60));
  return m;
}

std::string file() {
  static const char* const strange[] = {"", ".npy", "W.npy", "W0.npy", "W01.npy", "c1.npy", "W99999999999999999999.npy", "\xFF\x00.npy", "a/b.npy", ".weight.npy", "x.weight.npy", "W1",
                                        "arr_0.npy", "arr_1.npy", "dense/kernel:0.npy", "actor.0.weight.npy", "coefs_0.npy", "_.npy", "w_.npy", "1.1.weight.npy", "..kernel.npy"};
  std::vector<ZipMember> members;
  const bool torch = one_in(3);
  std::uint64_t inputs = 1 + below(4);
  for (std::size_t l = 1, n = 1 + below(4); l <= n; ++l) {
    const std::uint64_t outputs = 1 + below(4);
    const std::string number = std::to_string(torch ? 2 * l - 2 : l);
    if (!one_in(30)) members.push_back(member(torch ? number + ".weight.npy" : "W" + number + ".npy", one_in(20) ? inputs : outputs, one_in(20) ? outputs : inputs));
    if (!one_in(4)) members.push_back(member(torch ? number + ".bias.npy" : "b" + number + ".npy", outputs, one_in(20) ? 1 : 0));
    inputs = outputs;
  }
  if (one_in(20)) members.push_back(member(strange[below(std::size(strange))], 2, 2));
  if (one_in(20) && !members.empty()) std::swap(members[0], members[below(members.size())]);
  return zip_file(members, one_in(10) ? std::string(below(40), 'P') : "");
}

void mutate(std::string& bytes) {
  for (std::size_t i = 0, n = 1 + below(4); i < n && !bytes.empty(); ++i) {
    // The directory is at the end.
    const std::size_t at = one_in(2) ? below(bytes.size()) : bytes.size() - 1 - below(std::min<std::size_t>(bytes.size(), 120));
    switch (below(6)) {
      case 0: bytes[at] = static_cast<char>(below(256)); break;
      case 1: bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8))); break;
      case 2: bytes.erase(at, 1 + below(10)); break;
      case 3: bytes.insert(at, bytes.substr(below(bytes.size()), below(60))); break;
      case 4: bytes.resize(at); break;
      default: bytes.replace(at, std::min<std::size_t>(4, bytes.size() - at), one_in(2) ? "\xFF\xFF\xFF\xFF" : std::string(4, '\0'));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const unsigned long count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10000;
  const unsigned long seed = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1;
  infwidth::NetworkFileOptions options{{infwidth::Activation::from_text("tanh")}};
  unsigned long read = 0, refused = 0;
  for (unsigned long i = 0; i < count; ++i) {
    random_bits.seed(seed * 1'000'003 + i);
    std::string bytes = file();
    if (i % 2 == 1) mutate(bytes);
    options.choice = {};
    if (one_in(4)) options.choice.layout = one_in(2) ? infwidth::WeightLayout::outputs_by_inputs : infwidth::WeightLayout::inputs_by_outputs;
    if (one_in(4)) options.choice.dimension = 1 + below(4);
    if (one_in(10)) options.choice.without = {"*.bias"};
    if (one_in(10)) options.choice.arrays = one_in(2) ? std::vector<std::string>{"W*"} : std::vector<std::string>{"W1", "*"};
    try {
      const infwidth::Source source = source_of(bytes, "x.npz", 1 + below(64), one_in(2) ? std::optional<std::uint64_t>(bytes.size()) : std::nullopt);
      const infwidth::NpzFile file(source);
      for (const infwidth::DenseLayer& layer : infwidth::read_network(file, "x.npz", options).network.layers) {
        if (layer.outputs == 0 || layer.weights.size() != layer.outputs * layer.inputs || layer.biases.size() != layer.outputs) throw std::logic_error("a layer of another shape came out");
        for (const auto* values : {&layer.weights, &layer.biases}) {
          for (const double x : *values) {
            if (!std::isfinite(x)) throw std::logic_error("a number that is not finite came out");
          }
        }
      }
      ++read;
    } catch (const infwidth::UsageError&) {
      ++refused;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "file %lu of seed %lu: %s\n", i, seed, error.what());
      return 1;
    }
  }
  std::printf("%lu archives: %lu networks, %lu refusals\n", count, read, refused);
  return read > 0 && refused > 0 ? 0 : 1;
}
