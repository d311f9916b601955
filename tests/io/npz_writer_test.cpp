// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/io/npz_writer.hpp"

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <stdexcept>

#include "catch.hpp"
#include "infwidth/io/npz.hpp"

using namespace infwidth;

TEST_CASE("an archive that is written is read again, to the bit", "[npz]") {
  const std::string path = (std::filesystem::temp_directory_path() / ("infwidth-npz-writer-" + std::to_string(::getpid()) + ".npz")).string();
  const std::vector<double> six = {1, -2, 0.1, 1e-308, 5e307, -0.0};
  std::vector<double> large(100'003);
  for (std::size_t k = 0; k < large.size(); ++k) large[k] = std::sqrt(static_cast<double>(k)) * (k % 2 == 0 ? 1 : -1e-300);
  {
    Output output = Output::to_file(path);
    NpzWriter writer(output);
    writer.add("W1", {2, 3}, six);
    writer.add("b1", {2}, std::vector<double>{3, 4});
    writer.add("large", {large.size(), 1}, large);
    CHECK_THROWS_AS(writer.add("W2", {2, 2}, std::vector<double>{1}), std::logic_error);
    writer.end();
    output.commit();
  }
  const NpzFile file(open_source(path));
  CHECK(file.names() == std::vector<std::string>{"W1", "b1", "large"});
  CHECK(file.header("W1").shape == std::vector<std::uint64_t>{2, 3});
  CHECK(file.read("W1", "").values == six);
  CHECK(std::signbit(file.read("W1", "").values[5]));
  CHECK(file.read("b1", "").values == std::vector<double>{3, 4});
  CHECK(file.read("large", "").values == large);
  std::filesystem::remove(path);
}
