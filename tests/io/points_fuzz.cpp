// SPDX-License-Identifier: GPL-3.0-or-later
// Files of points made by grammar and by mutation: the reader hands out rows or throws UsageError, nothing else.
//     points_fuzz COUNT SEED
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <string>

#include "infwidth/real/errors.hpp"
#include "support/memory.hpp"

namespace {

std::mt19937_64 random_bits;
std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_bits() % n); }

std::string digits(std::size_t longest) {
  std::string r;
  for (std::size_t i = 0, n = 1 + below(longest); i < n; ++i) r += static_cast<char>('0' + below(10));
  return r;
}

std::string field() {
  static const char* const odd[] = {"nan", "inf", "-Infinity", "", " ", "1/0", "0/0", "1e999999999999", "1e-100000", "1e100000", "--1", "+", ".",  "e5", "1e",
                                    "0x10", "1_0", "\"1\"", "1;2", "1 2", "#", "1.#INF", "#N/A", "NA", "\xEF\xBB\xBF", "\x80", "9e99999/9e-99999", "abc", "x1", "1/2/3", "08", "-0"};
  switch (below(12)) {
    case 0: return odd[below(std::size(odd))];
    case 1: return digits(6) + "/" + digits(6);
    case 2: return (below(2) != 0 ? "-" : "+") + digits(3) + "." + digits(30);
    case 3: return digits(2) + "e" + (below(2) != 0 ? "-" : "") + digits(below(20) == 0 ? 5 : 2);
    case 4: return below(200) == 0 ? digits(20000) : digits(8);
    case 5: return "  " + digits(4) + "\t";
    default: return digits(4);
  }
}

std::string file() {
  static const char* const separators[] = {",", ",", ", ", ";", "\t", " ", "   "};
  static const char* const headers[] = {"x,y,z\n", "x;y\n", "\"x y\" z\n", ",x,y\n", "Unnamed: 0,x\n", "\"a,b\",'c\n"};
  static const char* const ends[] = {"\n", "\n", "\n", "\r\n", "\n\n", "\r", ""};
  const std::size_t rows = below(12), width = 1 + below(5);
  std::string text;
  if (below(3) == 0) text += "# comment " + field() + "\n";
  if (below(4) == 0) text += headers[below(std::size(headers))];
  const char* const between = separators[below(std::size(separators))];
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t fields = below(30) == 0 ? below(8) : width;
    for (std::size_t j = 0; j < fields; ++j) text += (j > 0 ? between : "") + (below(6) == 0 ? field() : digits(5));
    text += ends[below(std::size(ends))];
  }
  return text;
}

void mutate(std::string& text) {
  for (std::size_t i = 0, n = below(6); i < n && !text.empty(); ++i) {
    const std::size_t at = below(text.size());
    switch (below(5)) {
      case 0: text[at] = static_cast<char>(below(256)); break;
      case 1: text.erase(at, 1 + below(10)); break;
      case 2: text.insert(at, 1, static_cast<char>(below(256))); break;
      case 3: text.insert(at, text.substr(below(text.size()), below(40))); break;
      default: text.insert(at, 1 + below(5), ",\n#-e/.\0 ;\t\""[below(12)]);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const unsigned long count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10000;
  const unsigned long seed = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1;
  unsigned long rows = 0, refused = 0;
  for (unsigned long i = 0; i < count; ++i) {
    random_bits.seed(seed * 1'000'003 + i);
    std::string text = file();
    if (i % 2 == 1) mutate(text);
    for (const bool exact : {true, false}) {
      infwidth::PointReader reader = read_text(text, 1 + below(64));
      try {
        std::vector<infwidth::Rational> row;
        std::vector<double> values;
        if (exact) {
          while (reader.next(row)) ++rows;
        } else {
          while (const std::size_t found = reader.next(values, 1 + below(5))) rows += found;
        }
        for (const double x : values)
          if (!std::isfinite(x)) throw std::logic_error("a number that is not finite came out");
        if (values.size() % std::max<std::size_t>(reader.dimension(), 1) != 0) throw std::logic_error("rows of unequal length came out");
      } catch (const infwidth::UsageError&) {
        ++refused;
      } catch (const std::exception& error) {
        std::fprintf(stderr, "file %lu of seed %lu: %s\n%s\n", i, seed, error.what(), text.c_str());
        return 1;
      }
    }
  }
  std::printf("%lu files, each read twice: %lu rows, %lu refusals\n", count, rows, refused);
  return rows > 0 && refused > 0 ? 0 : 1;
}
