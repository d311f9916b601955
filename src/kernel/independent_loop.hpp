// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Before a loop none of whose iterations reads what another one writes: the compiler may take several at once. (Clang finds that from __restrict alone.)
#if defined(__GNUC__) && !defined(__clang__)
#define INFWIDTH_INDEPENDENT_LOOP _Pragma("GCC ivdep")
#else
#define INFWIDTH_INDEPENDENT_LOOP
#endif
