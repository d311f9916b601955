// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace infwidth {

/// A scope that sets the working precision of `Ball` and `ComplexBall`, in bits, for the calling thread.
/// The precision before it comes back on every way out of the scope.
///     Precision p(400);            // 400 bits from here to the end of the block
///     Ball third = Ball(1) / 3;    // radius about 2^-400
class Precision {
 public:
  explicit Precision(long bits) : before_(current()) { current() = bits; }
  ~Precision() { current() = before_; }
  Precision(const Precision&) = delete;
  Precision& operator=(const Precision&) = delete;

  /// The working precision of this thread, in bits.
  static long bits() { return current(); }
  /// Bits that hold `digits` decimal digits: digits * log2(10), rounded up.
  static long bits_for(long digits) { return digits * 33220 / 10000 + 2; }  // log2(10) = 3.32192.. < 3.3220

 private:
  static long& current() {
    thread_local long bits = 128;
    return bits;
  }
  long before_;
};

}  // namespace infwidth
