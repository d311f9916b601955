// SPDX-License-Identifier: GPL-3.0-or-later
#include <clocale>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "catch.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/text.hpp"
#include "infwidth/run/budget.hpp"
#include "infwidth/run/memory.hpp"
#include "support/paths.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

/// A host that writes 1,5 for as long as this lives, if such a locale is installed.
class CommaHost {
 public:
  CommaHost() : before_(std::setlocale(LC_NUMERIC, nullptr)) {
    for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "fr_FR.utf8", "nl_NL.UTF-8"}) {
      if (std::setlocale(LC_NUMERIC, name) != nullptr) return;
    }
  }
  ~CommaHost() { std::setlocale(LC_NUMERIC, before_.c_str()); }
  CommaHost(const CommaHost&) = delete;
  CommaHost& operator=(const CommaHost&) = delete;

 private:
  std::string before_;
};

/// The conversions of printf in the text that write a decimal point: %g, %.3e, %*f; "" if there are none.
std::string conversions_with_a_point(const std::string& text) {
  std::string found;
  for (std::size_t call = text.find("printf("); call != std::string::npos; call = text.find("printf(", call + 1)) {
    const std::string arguments = text.substr(call, text.find(';', call) - call);
    for (std::size_t at = arguments.find('%'); at != std::string::npos; at = arguments.find('%', at + 1)) {
      const std::size_t end = arguments.find_first_not_of("0123456789.*+- #lL", at + 1);
      if (end != std::string::npos && std::string("aAeEfFgG").find(arguments[end]) != std::string::npos) found += arguments.substr(at, end + 1 - at) + " ";
    }
  }
  return found;
}

}  // namespace

TEST_CASE("numbers are written with a point, whatever the host's locale", "[locale]") {
  const CommaHost host;
  const Budget budget(std::chrono::duration<double>(1.5e-9));
  CHECK_THROWS_WITH(Budget(std::chrono::duration<double>(-1.5)), ContainsSubstring("not -1.5"));
  CHECK_THROWS_WITH(budget.check(), ContainsSubstring("within 1.5e-09 s"));
  CHECK_THROWS_WITH(require_memory(std::uint64_t{2'500'000'000'000'000'000}, "a Gram matrix"), ContainsSubstring("needs 2.5 EB"));
  CHECK(to_text(1.25, 1e-3).error == "0.00101");
  CHECK(short_text(0.5) == "0.5");
}

TEST_CASE("nothing in the library prints numbers by the host's locale", "[locale]") {
  CHECK(conversions_with_a_point("std::snprintf(t, n, \"%3d %.2e %x\", x); f(\"%g\");") == "%.2e ");
  for (const char* folder : {"src", "include"}) {
    for (const fs::directory_entry& file : fs::recursive_directory_iterator(source_folder() / folder)) {
      if (file.path().extension() != ".cpp" && file.path().extension() != ".hpp") continue;
      std::ifstream stream(file.path());
      CAPTURE(file.path().string());
      CHECK(conversions_with_a_point({std::istreambuf_iterator<char>(stream), {}}).empty());
    }
  }
}
