// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/run/stream.hpp"

#include <Random123/philox.h>

#include <algorithm>
#include <array>
#include <numbers>

#include "infwidth/real/pack.hpp"

namespace infwidth {

namespace {

constexpr double unit = 0x1p-52;

double uniform(std::uint32_t low, std::uint32_t high) {
  const std::uint64_t bits = (static_cast<std::uint64_t>(high) << 32U | low) >> 12U;
  return (static_cast<double>(bits) + 0.5) * unit;
}

/// The two uniforms of a counter.
class Generator {
 public:
  Generator(std::uint64_t seed, std::uint64_t draw, std::uint32_t part) : key_{{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U)}}, draw_(draw), part_(part) {}

  void operator()(std::uint64_t block, double& first, double& second) const {
    // The part and the upper half of the block's number share a word: an array of 2^41 numbers would be needed for them to meet.
    const r123::Philox4x32::ctr_type counter{{static_cast<std::uint32_t>(block), part_ ^ static_cast<std::uint32_t>(block >> 32U) << 24U, static_cast<std::uint32_t>(draw_),
                                              static_cast<std::uint32_t>(draw_ >> 32U)}};
    const r123::Philox4x32::ctr_type random = r123::Philox4x32()(counter, key_);
    first = uniform(random[0], random[1]);
    second = uniform(random[2], random[3]);
  }

 private:
  r123::Philox4x32::key_type key_;
  std::uint64_t draw_;
  std::uint32_t part_;
};

}  // namespace

void Stream::uniforms(std::span<double> into) const {
  const Generator generate(seed_, draw_, part_);
  double first = 0, second = 0;
  for (std::size_t i = 0; i < into.size(); i += 2) {
    generate(i / 2, first, second);
    into[i] = first;
    if (i + 1 < into.size()) into[i + 1] = second;
  }
}

void Stream::normals(std::span<double> into, double scale) const {
  const Generator generate(seed_, draw_, part_);
  constexpr std::size_t pair = 2 * Pack::size;
  for (std::size_t i = 0; i < into.size(); i += pair) {
    // Numbers i .. i + 15: radius and angle of each lane make two of them.
    Pack radius, angle;
    for (std::size_t lane = 0; lane < Pack::size; ++lane) generate(i / 2 + lane, radius.lane[lane], angle.lane[lane]);
    radius = Pack(scale) * sqrt(Pack(-2) * log(radius));
    angle *= Pack(2 * std::numbers::pi);
    const std::array<Pack, 2> z = {radius * cos(angle), radius * sin(angle)};
    for (std::size_t k = 0; k < std::min(pair, into.size() - i); ++k) into[i + k] = z[k / Pack::size].lane[k % Pack::size];
  }
}

}  // namespace infwidth
