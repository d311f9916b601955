// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdlib>
#include <filesystem>

/// The folder that meson built into: a test program stands in its tests/.
inline std::filesystem::path build_folder() { return std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path(); }

/// The source tree, for tests/reference/ and what else lies beside the tests. Meson names files relative to the build's folder, so that no path of a
/// machine is compiled in and compilers' caches work across folders.
inline std::filesystem::path source_folder() {
  return (build_folder() / __FILE__).lexically_normal().parent_path().parent_path().parent_path();
}

/// The program under test: the build's, or the one that the environment names.
inline std::filesystem::path program_path() {
  const char* const named = std::getenv("INFWIDTH_PROGRAM");
  return named != nullptr ? std::filesystem::path(named) : build_folder() / "infwidth";
}
