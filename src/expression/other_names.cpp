// SPDX-License-Identifier: GPL-3.0-or-later
#include "other_names.hpp"

#include <algorithm>

namespace infwidth {

namespace {

using Arguments = std::vector<Expression>;

const Expression half = Rational(1, 2);

Expression arccosine(const Arguments& u) { return Expression::pi() / 2 - asin(u[0]); }
Expression arctangent(const Arguments& u) { return atan(u[0]); }
Expression arcsine(const Arguments& u) { return asin(u[0]); }
Expression area_sine(const Arguments& u) { return asinh(u[0]); }
Expression area_tangent(const Arguments& u) { return half * log((1 + u[0]) / (1 - u[0])); }
Expression magnitude(const Arguments& u) { return abs(u[0]); }
Expression largest(const Arguments& u) { return max(u[0], u[1]); }
Expression least(const Arguments& u) { return min(u[0], u[1]); }
Expression within(const Arguments& u) { return min(max(u[0], u[1]), u[2]); }
Expression raised(const Arguments& u) { return pow(u[0], u[1]); }
Expression squared(const Arguments& u) { return pow(u[0], 2); }
Expression inverted(const Arguments& u) { return 1 / u[0]; }
Expression negated(const Arguments& u) { return -u[0]; }
/// 0 for u < 0, h at u = 0, 1 for u > 0.
Expression jump(const Arguments& u) { return u[1] + (1 - u[1]) * step(u[0]) - u[1] * step(-u[0]); }

}  // namespace

const std::vector<OtherName>& other_names() {
  static const std::vector<OtherName> all = {
      {"acos", 1, arccosine},     {"arccos", 1, arccosine},   {"arcsin", 1, arcsine},   {"arctan", 1, arctangent}, {"arcsinh", 1, area_sine}, {"arctanh", 1, area_tangent}, {"atanh", 1, area_tangent},
      {"absolute", 1, magnitude}, {"fabs", 1, magnitude},     {"maximum", 2, largest},  {"minimum", 2, least},     {"fmax", 2, largest},         {"fmin", 2, least},
      {"clip", 3, within},        {"power", 2, raised},       {"pow", 2, raised},       {"square", 1, squared},    {"reciprocal", 1, inverted},  {"negative", 1, negated},
      {"heaviside", 2, jump},
  };
  return all;
}

const OtherName* other_name(std::string_view name) {
  const auto& all = other_names();
  const auto found = std::find_if(all.begin(), all.end(), [&](const OtherName& f) { return f.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace infwidth
