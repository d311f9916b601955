// SPDX-License-Identifier: GPL-3.0-or-later
// Files of arrays made by grammar and by mutation: the reader returns a matrix of finite numbers or throws UsageError, nothing else.
//     npy_fuzz COUNT SEED
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <string>

#include "infwidth/io/matrix.hpp"
#include "infwidth/real/errors.hpp"
#include "support/memory.hpp"

namespace {

std::mt19937_64 random_bits;
std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_bits() % n); }
bool one_in(std::size_t n) { return below(n) == 0; }

std::string length() {
  static const char* const odd[] = {"-1", "18446744073709551615", "99999999999999999999999", "4294967296", "1e3", "0x3", "3L", "", "None", "(", "'3'", "1000000000000"};
  return one_in(12) ? odd[below(std::size(odd))] : std::to_string(below(9));
}

struct Shape {
  std::string text;
  std::size_t entries = 1;
};

Shape shape() {
  Shape r{"(", 1};
  const std::size_t axes = one_in(8) ? below(5) : 1 + below(2);
  for (std::size_t i = 0; i < axes; ++i) {
    const std::string n = length();
    r.text += (i > 0 ? ", " : "") + n;
    r.entries *= static_cast<std::size_t>(std::strtoul(n.c_str(), nullptr, 10)) % 100;
  }
  r.text += axes == 1 && !one_in(20) ? ",)" : ")";
  return r;
}

std::string file() {
  static const char* const types[] = {"<f8", "<f8", "<f8", ">f8", "<f4", ">f4", "<i8", ">i8", "<u8", "<i4", "<u2", "|i1", "|u1", "|b1", "|O", "<U4", "<c16", "<f2", "|V8", "<f88", ""};
  const std::string type = types[below(std::size(types))];
  const Shape s = shape();
  const std::string fields[] = {"'descr': '" + type + "'", std::string("'fortran_order': ") + (one_in(3) ? "True" : one_in(20) ? "true" : "False"), "'shape': " + s.text};
  std::string text = "{";
  const std::size_t first = one_in(5) ? below(3) : 0, count = one_in(15) ? below(6) : 3;
  for (std::size_t i = 0; i < count; ++i) text += fields[(first + i) % 3] + (one_in(30) ? "" : ", ");
  text += one_in(30) ? "" : "}";
  text.append(below(70), ' ');
  text += '\n';
  const int version = one_in(20) ? static_cast<int>(below(256)) : 1 + static_cast<int>(below(3));
  std::string bytes = "\x93NUMPY";
  bytes += static_cast<char>(version);
  bytes += static_cast<char>(one_in(30) ? below(256) : 0);
  const std::size_t claimed = one_in(20) ? static_cast<std::size_t>(random_bits()) : text.size();
  for (std::size_t i = 0; i < (version == 1 ? 2U : 4U); ++i) bytes += static_cast<char>(claimed >> (8 * i) & 0xFF);
  bytes += text;
  const std::size_t size = type.size() > 2 ? static_cast<std::size_t>(type[2] - '0') : 8;
  const bool small = !one_in(4);  // bytes that are mostly finite numbers
  for (std::size_t i = 0, n = one_in(10) ? below(300) : s.entries * size; i < n; ++i) bytes += static_cast<char>(small ? below(2) : below(256));
  return bytes;
}

void mutate(std::string& bytes) {
  for (std::size_t i = 0, n = below(6); i < n && !bytes.empty(); ++i) {
    const std::size_t at = one_in(3) ? below(bytes.size()) : below(std::min<std::size_t>(bytes.size(), 80));
    switch (below(6)) {
      case 0: bytes[at] = static_cast<char>(below(256)); break;
      case 1: bytes.erase(at, 1 + below(10)); break;
      case 2: bytes.insert(at, 1, static_cast<char>(below(256))); break;
      case 3: bytes.insert(at, bytes.substr(below(bytes.size()), below(40))); break;
      case 4: bytes.resize(at); break;
      default: bytes.insert(at, 1 + below(5), ",(){}[]' -:<|L\0"[below(15)]);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const unsigned long count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10000;
  const unsigned long seed = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1;
  unsigned long read = 0, refused = 0;
  for (unsigned long i = 0; i < count; ++i) {
    random_bits.seed(seed * 1'000'003 + i);
    std::string bytes = file();
    if (i % 2 == 1) mutate(bytes);
    for (const bool sized : {true, false}) {
      const infwidth::Source source = source_of(bytes, "x.npy", 1 + below(64), sized ? std::optional<std::uint64_t>(bytes.size()) : std::nullopt);
      try {
        const infwidth::DataMatrix matrix = one_in(2) ? infwidth::read_npy(source) : infwidth::read_matrix(source);
        if (matrix.rows == 0 || matrix.values.size() != matrix.rows * matrix.columns) throw std::logic_error("a matrix of another shape came out");
        for (const double x : matrix.values)
          if (!std::isfinite(x)) throw std::logic_error("a number that is not finite came out");
        ++read;
      } catch (const infwidth::UsageError&) {
        ++refused;
      } catch (const std::exception& error) {
        std::fprintf(stderr, "file %lu of seed %lu: %s\n", i, seed, error.what());
        return 1;
      }
    }
  }
  std::printf("%lu files, each read twice: %lu matrices, %lu refusals\n", count, read, refused);
  return read > 0 && refused > 0 ? 0 : 1;
}
