// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stdexcept>
#include <string>

#include "catch.hpp"
#include "infwidth/real/functions.hpp"

namespace infwidth {

/// `1e-6`, `17/10`: the ball around it at the working precision.
inline Ball ball(const std::string& text) {
  if (text.find('/') != std::string::npos) return Ball(parse_rational(text));
  Ball r;
  if (arb_set_str(r.get(), text.c_str(), Precision::bits()) != 0) throw std::invalid_argument("not a number: " + text);
  return r;
}

/// Is the radius at most 10^-digits of the larger of |x| and `scale`?
inline bool is_narrow(const Ball& x, int digits, const Ball& scale = Ball(0)) {
  if (!x.is_finite()) return false;
  const Ball size = max(x.magnitude(), abs(scale));
  return certainly_positive(x.radius() - size * pow(Ball(10), -digits)) == Truth::no;
}

/// Does the ball hold the decimal `text`, whose last digit may be off by one in 10^-digits?
inline bool holds(const Ball& x, const std::string& text, int digits) {
  const Ball want = ball(text);
  return x.is_finite() && x.overlaps(want.widened(abs(want) * pow(Ball(10), -digits)));
}

/// `holds`, as a matcher that prints both.
class Holds : public Catch::MatcherBase<Ball> {
 public:
  Holds(std::string text, int digits) : text_(std::move(text)), digits_(digits) {}
  bool match(const Ball& x) const override { return holds(x, text_, digits_); }
  std::string describe() const override { return "holds " + text_; }

 private:
  std::string text_;
  int digits_;
};

}  // namespace infwidth

namespace Catch {
template <>
struct StringMaker<infwidth::Ball> {
  static std::string convert(const infwidth::Ball& x) {
    char* text = arb_get_str(x.get(), 40, 0);
    std::string result = text;
    flint_free(text);
    return result;
  }
};
}  // namespace Catch
