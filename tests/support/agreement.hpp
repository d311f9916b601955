// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sstream>
#include <string>

#include "catch.hpp"
#include "infwidth/real/functions.hpp"

/// |got - want| <= 10^-digits max(|want|, scale); false for what is not a number.
class AgreesTo : public Catch::MatcherBase<infwidth::Digits> {
 public:
  AgreesTo(const infwidth::Digits& want, int digits, const infwidth::Digits& scale = 0) : want_(want), scale_(scale), digits_(digits) {}
  AgreesTo(const char* want, int digits) : AgreesTo(infwidth::Digits(want), digits) {}

  bool match(const infwidth::Digits& got) const override {
    const infwidth::Digits size = abs(want_) > scale_ ? infwidth::Digits(abs(want_)) : scale_;
    return abs(got - want_) <= size * pow(infwidth::Digits(10), -digits_);
  }
  std::string describe() const override { return "agrees with " + want_.str(40) + " to " + std::to_string(digits_) + " digits"; }

 private:
  infwidth::Digits want_, scale_;
  int digits_;
};
