// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace infwidth {

// GCC says it by macros, Clang by features.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define INFWIDTH_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define INFWIDTH_SANITIZED 1
#endif
#endif

/// Whether this program runs under AddressSanitizer or ThreadSanitizer: their runtimes want address space of their own for each thread, and end the
/// program without it.
#ifdef INFWIDTH_SANITIZED
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

}  // namespace infwidth
