// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "infwidth/io/output.hpp"

namespace infwidth {

/// Writes an archive of arrays as `numpy.savez` does: a zip file whose members are stored .npy files. `numpy.load` and NpzFile read it.
///     NpzWriter writer(output);
///     writer.add("W1", {units, dimension}, weights);
///     writer.end();
///     output.commit();
class NpzWriter {
 public:
  /// `output` must outlive the writer.
  explicit NpzWriter(Output& output) : output_(output) {}

  /// One array of doubles, the last axis fastest.
  ///   Errors   UsageError: the archive would be larger than 4 GiB; std::logic_error: another number of values than the shape has, more than 65534 arrays
  void add(const std::string& name, const std::vector<std::uint64_t>& shape, std::span<const double> values);
  /// The directory. Does not commit the output.
  void end();

 private:
  Output& output_;
  std::string directory_;
  std::uint64_t written_ = 0, count_ = 0;
};

}  // namespace infwidth
