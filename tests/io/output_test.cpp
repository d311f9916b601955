// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/io/output.hpp"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "catch.hpp"
#include "infwidth/real/errors.hpp"

using namespace infwidth;
namespace fs = std::filesystem;

namespace {

/// A folder of its own, removed at the end.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("infwidth-output-test-" + std::to_string(::getpid()));
  Folder() { fs::create_directory(path); }
  ~Folder() { fs::remove_all(path); }
  std::size_t files() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator())); }
};

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("a file appears whole at the end, or not at all", "[output]") {
  const Folder folder;
  const fs::path target = folder.path / "table.csv";
  {
    Output output = Output::to_file(target.string());
    output.write("half");
    output.flush();
    CHECK_FALSE(fs::exists(target));
  }
  CHECK(folder.files() == 0);
  const std::string large(300000, 'x');
  Output output = Output::to_file(target.string());
  output.write(large);
  output.write("end\n");
  CHECK_FALSE(fs::exists(target));
  output.commit();
  CHECK(text_of(target) == large + "end\n");
  CHECK(folder.files() == 1);
}

TEST_CASE("an old file stays until the new one is whole", "[output]") {
  const Folder folder;
  const fs::path target = folder.path / "table.csv", link = folder.path / "link.csv";
  std::ofstream(target) << "old";
  fs::create_symlink(target, link);
  {
    Output abandoned = Output::to_file(link.string());
    abandoned.write("new");
  }
  CHECK(text_of(target) == "old");
  Output output = Output::to_file(link.string());
  output.write("new");
  output.commit();
  CHECK(text_of(target) == "new");
  CHECK(fs::is_symlink(link));
}

TEST_CASE("discard removes the temporary file at once", "[output]") {
  const Folder folder;
  Output output = Output::to_file((folder.path / "a").string());
  CHECK(folder.files() == 1);
  output.discard();
  CHECK(folder.files() == 0);
}

TEST_CASE("what is discarded is not committed, and what is committed not discarded, from whatever thread", "[output]") {
  const Folder folder;
  const std::string target = (folder.path / "a").string();
  {
    Output output = Output::to_file(target);
    output.write("given up");
    output.discard();
    CHECK_THROWS_AS(output.commit(), Stopped);
    CHECK(folder.files() == 0);
  }
  {
    Output output = Output::to_file(target);
    output.write("kept");
    output.settle();
    CHECK(folder.files() == 1);
    CHECK_FALSE(fs::exists(target));
    output.commit();
    output.discard();
    CHECK(text_of(target) == "kept");
  }
  for (int round = 0; round < 300; ++round) {
    fs::remove(target);
    Output output = Output::to_file(target);
    output.write("whole");
    std::atomic<bool> go{false};
    std::thread other([&] {
      while (!go) {
      }
      for (int wait = 0; wait < round % 30; ++wait) std::this_thread::yield();
      output.discard();
    });
    go = true;
    bool committed = true;
    try {
      output.commit();
    } catch (const Stopped&) {
      committed = false;
    }
    other.join();
    CHECK(fs::exists(target) == committed);
    CHECK(folder.files() == (committed ? 1 : 0));
    if (committed) CHECK(text_of(target) == "whole");
  }
}

TEST_CASE("a file that cannot get its name leaves nothing behind", "[output]") {
  const Folder folder;
  Output output = Output::to_file((folder.path / "a").string());
  output.write("whole");
  fs::create_directories(folder.path / "a" / "b");
  CHECK_THROWS_WITH(output.commit(), Catch::Matchers::ContainsSubstring("a: cannot be made"));
  CHECK(folder.files() == 1);
}

TEST_CASE("a device is written, not replaced, and a full one is an error", "[output]") {
  Output null = Output::to_file("/dev/null");
  null.write("gone");
  null.commit();
  CHECK(fs::is_character_file("/dev/null"));
  if (fs::exists("/dev/full")) {
    Output full = Output::to_file("/dev/full");
    full.write("x");
    CHECK_THROWS_WITH(full.commit(), Catch::Matchers::ContainsSubstring("/dev/full: cannot be written"));
  }
}

TEST_CASE("a place that cannot be written is refused by name", "[output]") {
  CHECK_THROWS_WITH(Output::to_file("/no/such/folder/x.csv"), Catch::Matchers::ContainsSubstring("/no/such/folder/x.csv: cannot be made"));
  CHECK_THROWS_AS(Output::to_file("/"), UsageError);
}
