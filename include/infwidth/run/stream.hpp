// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>

namespace infwidth {

/// Random numbers by place: number i of stream (seed, draw, part) is a function of these four alone (Philox4x32-10 of Random123, counted by i), so whoever
/// computes it, in whatever order, on whatever thread, gets the same bits.
///   seed    the user's
///   draw    which network of an ensemble, below 2^64
///   part    which of its arrays, below 2^32
class Stream {
 public:
  Stream(std::uint64_t seed, std::uint64_t draw, std::uint32_t part) : seed_(seed), draw_(draw), part_(part) {}

  /// Numbers 0, 1, .. of independent standard normals (Box and Muller's method: |z| < 8.6), multiplied by `scale`.
  void normals(std::span<double> into, double scale = 1) const;
  /// Numbers 0, 1, .. of independent uniforms in (0, 1): odd multiples of 2^-53.
  void uniforms(std::span<double> into) const;

 private:
  std::uint64_t seed_, draw_;
  std::uint32_t part_;
};

}  // namespace infwidth
