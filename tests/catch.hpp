// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Catch2, version 2 (one header) or 3 (a library): tests write version 3's `ContainsSubstring` and version 2's `Catch::MatcherBase`.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>

namespace Catch {
using Matchers::MatcherBase;
}
#else
#include <catch2/catch.hpp>

namespace Catch::Matchers {
inline auto ContainsSubstring(const std::string& text, CaseSensitive::Choice sensitivity = CaseSensitive::Yes) { return Contains(text, sensitivity); }
}  // namespace Catch::Matchers
#endif
