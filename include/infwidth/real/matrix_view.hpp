// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

namespace infwidth {

/// Somebody's rows x columns doubles, row after row.
struct MatrixView {
  const double* data = nullptr;
  std::size_t rows = 0, columns = 0;
};

}  // namespace infwidth
