// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "infwidth/io/npy.hpp"
#include "infwidth/io/source.hpp"

namespace infwidth {

/// A whole file of points (or of targets: a column, or one row of them a point) in double precision, `.npy` or CSV as its first bytes say.
///   path     a file, or - for standard input
///   Errors   UsageError: what PointReader and read_npy refuse; an archive or a compressed file, by name
DataMatrix read_matrix(const std::string& path);
DataMatrix read_matrix(const Source& source);

/// The class of every point: a column of whole numbers.
///   Errors   UsageError: those of read_matrix; more than one number a row, or one that is not whole, by its row
std::vector<std::int64_t> read_labels(const std::string& path);
std::vector<std::int64_t> labels_of(const DataMatrix& column, const std::string& name);

}  // namespace infwidth
