// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>

namespace infwidth {

// Chebyshev interpolants, written in powers; branch-free, so that loops over pairs become SIMD code. Derivation D-050.

// By value: a reference, as std::min takes it, keeps a loop from becoming SIMD code.
inline double greater(double a, double b) { return a > b ? a : b; }
inline double smaller(double a, double b) { return a < b ? a : b; }

/// c[K] + c[K + 2] y + c[K + 4] y^2 + .. By recursion: a loop in here would be the one that the compiler makes SIMD code of.
template <std::size_t K, std::size_t N>
[[gnu::always_inline]] constexpr double every_other(const std::array<double, N>& c, double y) {
  if constexpr (K + 2 >= N) {
    return c[K];
  } else {
    return every_other<K + 2>(c, y) * y + c[K];
  }
}
/// The polynomial with these coefficients. Two chains beside each other: one alone waits for its own products.
template <std::size_t N>
[[gnu::always_inline]] constexpr double polynomial(const std::array<double, N>& c, double x) {
  return every_other<0>(c, x * x) + x * every_other<1>(c, x * x);
}

/// asin(x) / x at v = x^2 in [0, 1/2], to 2e-17 and rounding.
inline double arc_sine_ratio(double v) {
  static constexpr std::array<double, 19> c = {1.0, 0.16666666666664987, 0.07500000000401816, 0.044642856762615, 0.030381963396751827, 0.022371584779320355, 0.017364281439103527,
      0.01380344589589198, 0.013191002571753903, -0.002601537848299688, 0.07871611357002127, -0.2968705430689824, 1.0082016650534187,
      -2.4908808126226116, 4.6420689099888435, -6.229299875397985, 5.7579408313146985, -3.278933156739812, 0.8892904367638688};
  return polynomial(c, v);
}

/// (asin(x) - x) / x^3 at v = x^2 in [0, 1/2], to 1e-14 of itself.
inline double arc_sine_excess(double v) {
  static constexpr std::array<double, 18> c = {0.16666666666664987, 0.07500000000401816, 0.044642856762615, 0.030381963396751827, 0.022371584779320355, 0.017364281439103527,
      0.01380344589589198, 0.013191002571753903, -0.002601537848299688, 0.07871611357002127, -0.2968705430689824, 1.0082016650534187,
      -2.4908808126226116, 4.6420689099888435, -6.229299875397985, 5.7579408313146985, -3.278933156739812, 0.8892904367638688};
  return polynomial(c, v);
}

/// [sqrt(t (2 - t)) - (1 - t) acos(1 - t)] / (pi t^(3/2)) at t in [0, 1], to 5e-17 and rounding: what the arc-cosine kernel of order 1 has above 1 - t.
inline double arc_cosine_excess(double t) {
  static constexpr std::array<double, 17> c = {0.3001054387190354, 0.015005271935946796, 0.002411561561610428, 0.0005582318249220994, 0.00015541717475577531, 4.841407302919641e-05,
      1.6307253182092548e-05, 5.597039148010689e-06, 2.840347225937841e-06, -1.1711648904343405e-06, 4.471610999228698e-06, -6.260420548328054e-06,
      7.229972599882493e-06, -5.7194460595988465e-06, 3.122797236559908e-06, -1.0320320210270318e-06, 1.649376186704804e-07};
  return polynomial(c, t);
}

/// acos(1 - t) / (pi sqrt(t)) at t in [0, 1], to 2e-17 and rounding.
inline double arc_cosine_ratio(double t) {
  static constexpr std::array<double, 19> c = {0.45015815807855303, 0.03751317983987564, 0.00844046546442507, 0.0025120432714529307, 0.0008547930425932389, 0.00031471098117365757,
      0.00012213551482788204, 4.8544795153372625e-05, 2.3195458675430442e-05, -2.2873114960199797e-06, 3.460419989822555e-05, -6.525326994907856e-05,
      0.00011080327258598078, -0.00013687625959514212, 0.00012754304139369471, -8.557648187341667e-05, 3.955053770370357e-05, -1.1261280138402475e-05,
      1.527104740182858e-06};
  return polynomial(c, t);
}

/// asin(s) for s in [0, 1], where c = sqrt(1 - s^2) is known to a rounding: from the smaller one of the two.
inline double arc_sine(double s, double c) {
  const double is_above = 0.5 - __builtin_copysign(0.5, c - s), x = is_above * c + (1 - is_above) * s;
  return is_above * 1.5707963267948966 + (1 - 2 * is_above) * (x * arc_sine_ratio(x * x));
}

}  // namespace infwidth
