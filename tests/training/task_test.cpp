// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/training/task.hpp"

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "catch.hpp"
#include "infwidth/real/errors.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A file that is gone at the end.
struct TemporaryFile {
  std::string path;
  TemporaryFile(const std::string& name, const std::string& bytes) : path((std::filesystem::temp_directory_path() / ("infwidth-task-" + std::to_string(::getpid()) + name)).string()) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  ~TemporaryFile() { std::filesystem::remove(path); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
};

std::string big_endian(std::uint32_t x) { return {static_cast<char>(x >> 24), static_cast<char>(x >> 16), static_cast<char>(x >> 8), static_cast<char>(x)}; }

}  // namespace

TEST_CASE("tasks of the plane are what they are called", "[task]") {
  for (const std::string& name : task_names()) {
    const Task task = make_task(name, 3);
    CAPTURE(name);
    CHECK(task.data.inputs.size() == task.data.points * 2);
    CHECK(task.data.inputs == make_task(name, 3).data.inputs);
    if (name == "two-points") continue;
    CHECK(task.data.labels.size() == task.data.points);
    for (const double c : task.data.inputs) CHECK(std::abs(c) < 1.7 * task.window);
    if (name != "xor") CHECK(task.data.inputs != make_task(name, 4).data.inputs);
  }
  const Task sinusoid = make_task("sinusoid", 1);
  CHECK(sinusoid.data.points == 400);
  int wrong = 0;
  for (std::size_t p = 0; p < 400; ++p) {
    const bool above = sinusoid.data.inputs[2 * p + 1] > 0.6 * std::sin(7 * sinusoid.data.inputs[2 * p] - 1);
    wrong += above != (sinusoid.data.labels[p] == 1) ? 1 : 0;
  }
  CHECK(wrong == 0);
  const Task exclusive = make_task("xor", 1);
  CHECK(exclusive.data.labels == std::vector<int>{0, 1, 1, 0});
  // The two circles, by their mean squared radius.
  const Task circles = make_task("circles", 1);
  double radius2[2] = {};
  for (std::size_t p = 0; p < circles.data.points; ++p) {
    radius2[circles.data.labels[p]] += (std::pow(circles.data.inputs[2 * p], 2) + std::pow(circles.data.inputs[2 * p + 1], 2)) / 200;
  }
  CHECK(std::abs(radius2[0] - 0.25 - 2 * 0.0064) < 0.02);
  CHECK(std::abs(radius2[1] - 1 - 2 * 0.0064) < 0.04);
  CHECK_THROWS_WITH(make_task("moons", 1), ContainsSubstring("xor, noisy-xor, sinusoid"));
}

TEST_CASE("tasks of one's own, and files of MNIST and CIFAR-10", "[task]") {
  const TemporaryFile points("p.csv", "0,1\n2,3\n4,5\n"), labels("l.csv", "7\n-1\n7\n"), alike("a.csv", "1\n1\n1\n"), few("f.csv", "1\n2\n");
  const Task own = read_task(points.path, labels.path);
  CHECK(own.data.labels == std::vector<int>{1, 0, 1});
  CHECK(own.data.classes == 2);
  CHECK_THROWS_WITH(read_task(points.path, alike.path), ContainsSubstring("alike"));
  CHECK_THROWS_WITH(read_task(points.path, few.path), ContainsSubstring("2 labels for the 3 points"));

  std::string images = std::string("\0\0\x08\x03", 4) + big_endian(2) + big_endian(2) + big_endian(1) + std::string("\x00\xff\x33\x66", 4);
  std::string classes = std::string("\0\0\x08\x01", 4) + big_endian(2) + std::string("\x03\x09", 2);
  {
    const TemporaryFile i("i", images), c("c", classes), cut("cut", images.substr(0, images.size() - 1)), zipped("z", "\x1f\x8b\x08");
    const Task digits = read_idx(i.path, c.path);
    CHECK(digits.data.points == 2);
    CHECK(digits.data.dimension == 2);
    CHECK(digits.data.labels == std::vector<int>{3, 9});
    CHECK(digits.data.inputs == std::vector<double>{0, 1, 0.2, 0.4});
    CHECK(read_idx(i.path, c.path, 1).data.points == 1);
    CHECK_THROWS_WITH(read_idx(cut.path, c.path), ContainsSubstring("cut short"));
    CHECK_THROWS_WITH(read_idx(c.path, c.path), ContainsSubstring("no IDX file of bytes with 3 axes"));
    CHECK_THROWS_WITH(read_idx(zipped.path, c.path), ContainsSubstring("gunzip"));
    CHECK_THROWS_AS(read_idx("/no/such/file", c.path), UsageError);
    // A header that claims more than there is.
    const TemporaryFile huge("h", std::string("\0\0\x08\x03", 4) + big_endian(0xffffffff) + big_endian(0xffffffff) + big_endian(0xffffffff) + "abc");
    CHECK_THROWS_AS(read_idx(huge.path, c.path), UsageError);
  }
  const TemporaryFile batch("b", std::string(1, '\x04') + std::string(3072, '\xff') + std::string(1, '\x02') + std::string(3072, '\0')), bad("bb", std::string(3073, '\x0a')), odd("o", "123");
  const Task cifar = read_cifar({batch.path, batch.path}, 3);
  CHECK(cifar.data.points == 3);
  CHECK(cifar.data.labels == std::vector<int>{4, 2, 4});
  CHECK(cifar.data.inputs[0] == 1);
  CHECK(cifar.data.inputs[3072] == 0);
  CHECK_THROWS_WITH(read_cifar({bad.path}), ContainsSubstring("label 10 of image 1"));
  CHECK_THROWS_WITH(read_cifar({odd.path}), ContainsSubstring("whole number"));
}

TEST_CASE("targets of classes sum to 0", "[task]") {
  Task task = make_task("xor", 0);
  add_class_targets(task.data);
  CHECK(task.data.outputs == 2);
  CHECK(task.data.targets == std::vector<double>{0.5, -0.5, -0.5, 0.5, -0.5, 0.5, 0.5, -0.5});
}
