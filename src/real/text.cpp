// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/real/text.hpp"

#include <algorithm>
#include <charconv>
#include <climits>
#include <cmath>
#include <cstring>

#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

constexpr long largest_exponent = 1'000'000'000'000'000;
constexpr long first_plain_exponent = -5, last_plain_exponent = 20;
constexpr long error_digits = 3;

/// d1.d2d3.. * 10^exponent, rounded from some number.
struct Decimal {
  std::string digits;
  long exponent = 0;
};

std::string lay_out(bool negative, std::string digits, long exponent, bool exact) {
  if (exact) digits.erase(digits.find_last_not_of('0') + 1);
  std::string text = negative ? "-" : "";
  const long n = static_cast<long>(digits.size());
  // 1.2e3 must not become 1200: the zeros would claim digits.
  if (exponent < first_plain_exponent || exponent > last_plain_exponent || (exponent >= n && !exact)) {
    text += digits[0];
    if (n > 1) text += '.' + digits.substr(1);
    return exponent == 0 ? text : text + 'e' + std::to_string(exponent);
  }
  if (exponent < 0) return text + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  if (exponent >= n - 1) return text + digits + std::string(static_cast<std::size_t>(exponent + 1 - n), '0');
  const std::size_t point = static_cast<std::size_t>(exponent) + 1;
  return text + digits.substr(0, point) + '.' + digits.substr(point);
}

/// 10^e at the working precision, exact where that holds it.
Ball power_of_ten(long e) {
  Ball r(10);
  fmpz_t exponent;
  fmpz_init(exponent);
  fmpz_set_si(exponent, e);
  arb_pow_fmpz(r.get(), r.get(), exponent, Precision::bits());
  fmpz_clear(exponent);
  return r;
}

Integer to_integer(const fmpz_t n) {
  Integer r;
  fmpz_get_mpz(r.backend().data(), n);
  return r;
}

/// log10 of a number > 0, within 1e-15 of it relatively.
long double log10_of(const arf_t x) {
  arf_t mantissa;
  fmpz_t exponent;
  arf_init(mantissa);
  fmpz_init(exponent);
  arf_frexp(mantissa, exponent, x);
  const long double log2 = static_cast<long double>(fmpz_get_d(exponent)) + std::log2(static_cast<long double>(arf_get_d(mantissa, ARF_RND_NEAR)));
  arf_clear(mantissa);
  fmpz_clear(exponent);
  return log2 * 0.301029995663981195213738894724493L;  // log10(2)
}

/// floor(x 10^scale + 1/2) for an exact x > 0.
Integer round_scaled(const Ball& x, long scale, long digits) {
  fmpz_t n;
  fmpz_init(n);
  constexpr int last_try = 3;
  for (int attempt = 0;; ++attempt) {
    Precision p((Precision::bits_for(digits) + 64) << attempt);
    const Ball y = x * power_of_ten(scale) + power_of_two(-1);
    Ball floor;
    arb_floor(floor.get(), y.get(), Precision::bits());
    if (arb_get_unique_fmpz(n, floor.get()) != 0) break;
    if (attempt < last_try) continue;
    arf_get_fmpz(n, arb_midref(y.get()), ARF_RND_FLOOR);  // as good as a tie: both neighbours are nearest
    break;
  }
  const Integer result = to_integer(n);
  fmpz_clear(n);
  return result;
}

/// ceil(x 10^scale), or one more, for x >= 0.
Integer round_up_scaled(const Ball& x, long scale) {
  Precision p(128);
  const Ball y = (x * power_of_ten(scale)).magnitude();
  fmpz_t n;
  fmpz_init(n);
  arf_get_fmpz(n, arb_midref(y.get()), ARF_RND_CEIL);
  const Integer result = to_integer(n);
  fmpz_clear(n);
  return result;
}

/// Finds the decimal exponent: `scaled(scale)` is the rounded x 10^scale.
template <class Scaled>
Decimal to_digits(const Ball& x, long digits, Scaled scaled) {
  const long double log = log10_of(arb_midref(x.get()));
  if (std::abs(log) > static_cast<long double>(largest_exponent)) throw NotReached("a value's decimal exponent is beyond 10^15: it cannot be printed");
  Decimal r;
  r.exponent = static_cast<long>(std::floor(log));
  for (int attempt = 0; attempt < 4; ++attempt) {  // the estimate may be off by one, and rounding may carry
    r.digits = scaled(digits - 1 - r.exponent).str();
    const long found = static_cast<long>(r.digits.size());
    if (found == digits) return r;
    r.exponent += found > digits ? 1 : -1;
  }
  // Just below a power of ten where one direction is tried after the other: keep the extra digit.
  r.exponent += static_cast<long>(r.digits.size()) - digits;
  return r;
}

std::string error_text(const Ball& error) {
  if (error.is_exact_zero()) return "0";
  const Decimal d = to_digits(error, error_digits, [&](long scale) { return round_up_scaled(error, scale); });
  return lay_out(false, d.digits, d.exponent, true);
}

/// digits * 10^-scale == x for exact x > 0?
bool is_exactly(const Ball& x, const std::string& digits, long scale) {
  const long length = std::labs(scale) * 2;  // 5^k has more than 2k bits, and one side must hold it
  const long room = scale >= 0 ? static_cast<long>(digits.size()) * 4 : arf_bits(arb_midref(x.get()));
  if (length > room) return false;
  const Ball printed{Rational(Integer(digits))};
  Precision p(ARF_PREC_EXACT);
  return scale >= 0 ? arb_equal((x * power_of_ten(scale)).get(), printed.get()) != 0
                    : arb_equal(x.get(), (printed * power_of_ten(-scale)).get()) != 0;
}

}  // namespace

NumberText to_text(const Ball& x, long digits) {
  if (!x.is_finite()) throw NotReached("a value has no finite bound at this precision");
  if (x.is_exact_zero()) return {"0", "0"};
  Precision p(Precision::bits_for(digits) + 64);
  if (x.contains_zero()) return {"0", error_text(x.magnitude())};
  const bool negative = arf_sgn(arb_midref(x.get())) < 0;
  const Ball middle = abs(x.mid()), radius = x.radius();
  if (!x.is_exact()) {
    // Half a unit of the last digit for the radius, the other half for the rounding.
    const long double standing = std::floor(log10_of(arb_midref(middle.get()))) + 1 - log10_of(arb_midref((radius * Ball(2)).get()));
    if (standing < static_cast<long double>(digits)) digits = std::max(1L, static_cast<long>(std::floor(standing)));
  }
  const Decimal d = to_digits(middle, digits, [&](long scale) { return round_scaled(middle, scale, digits); });
  const long scale = static_cast<long>(d.digits.size()) - 1 - d.exponent;
  if (x.is_exact() && is_exactly(middle, d.digits, scale)) return {lay_out(negative, d.digits, d.exponent, true), "0"};
  const Ball printed = Ball(Rational(Integer(d.digits))) * power_of_ten(-scale);
  return {lay_out(negative, d.digits, d.exponent, false), error_text(((middle - printed).magnitude() + radius).magnitude())};
}

std::string to_decimal(const Ball& x, long digits) { return to_text(x, digits).value; }

NumberText to_text(const Digits& x, const Digits& error, long digits) {
  Ball value, bound;
  arf_set_mpfr(arb_midref(value.get()), x.backend().data());
  arf_set_mpfr(arb_midref(bound.get()), error.backend().data());
  return to_text(value.widened(bound), digits);
}

char* write_double(char* out, double x) {
  char text[longest_double_text];
  char* const end = std::to_chars(text, text + sizeof text, x, std::chars_format::scientific).ptr;
  char* digit = text;
  if (*digit == '-') *out++ = *digit++;
  char* const mark = static_cast<char*>(std::memchr(digit, 'e', static_cast<std::size_t>(end - digit)));
  int exponent = 0;
  std::from_chars(mark[1] == '+' ? mark + 2 : mark + 1, end, exponent);
  // The digits without their point.
  if (mark > digit + 1) {
    digit[1] = digit[0];
    ++digit;
  }
  const long n = mark - digit;
  const auto put = [&out](const char* from, long count) {
    std::memcpy(out, from, static_cast<std::size_t>(count));
    out += count;
  };
  const auto zeros = [&out](long count) {
    std::memset(out, '0', static_cast<std::size_t>(count));
    out += count;
  };
  if (exponent < first_plain_exponent || exponent > last_plain_exponent) {
    *out++ = digit[0];
    if (n > 1) {
      *out++ = '.';
      put(digit + 1, n - 1);
    }
    *out++ = 'e';
    return std::to_chars(out, out + 8, exponent).ptr;
  }
  if (exponent < 0) {
    put("0.", 2);
    zeros(-exponent - 1);
    put(digit, n);
  } else if (exponent >= n - 1) {
    put(digit, n);
    zeros(exponent + 1 - n);
  } else {
    put(digit, exponent + 1);
    *out++ = '.';
    put(digit + exponent + 1, n - exponent - 1);
  }
  return out;
}

NumberText to_text(double x, double error) {
  char text[longest_double_text];
  NumberText r{std::string(text, write_double(text, x)), "0"};
  constexpr double exact_integers = 0x1p53;
  const bool exact = error == 0 && std::abs(x) <= exact_integers && x == std::floor(x);
  if (exact) return r;
  // The text lies within half a unit of x; three digits are rounded by at most 0.5 %, and the factor makes that upwards.
  const double bound = (error + std::abs(x) * 0x1p-53) * 1.0051;
  char shown[40];
  const char* const end = std::to_chars(shown, shown + sizeof shown, std::max(bound, 0x1p-1022), std::chars_format::scientific, 2).ptr;
  double rounded = 0;
  std::from_chars(shown, end, rounded);
  r.error = std::string(text, write_double(text, rounded));
  return r;
}

std::string exact_text(const Rational& x) {
  if (x == 0) return "0";
  Integer rest = denominator(x), tens = 1;
  const auto count = [&rest](int prime) {
    long k = 0;
    for (; rest % prime == 0; ++k) rest /= prime;
    return k;
  };
  const long k = std::max(count(2), count(5));
  if (rest != 1) return to_string(x);
  tens = boost::multiprecision::pow(Integer(10), static_cast<unsigned>(k));
  const std::string digits = Integer(abs(numerator(x)) * (tens / denominator(x))).str();
  return lay_out(x < 0, digits, static_cast<long>(digits.size()) - 1 - k, true);
}

NumberText to_text(const Rational& x, long digits) {
  const std::string exact = exact_text(x);
  const auto significant = std::count_if(exact.begin(), std::find(exact.begin(), exact.end(), 'e'), [](char c) { return c >= '0' && c <= '9'; });
  if (exact.find('/') == std::string::npos && significant <= digits + 1 - first_plain_exponent) return {exact, "0"};
  Precision p(Precision::bits_for(digits) + 64);
  return to_text(Ball(x), digits);
}

std::string short_text(double x) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, x, std::chars_format::general, 6).ptr;
  return {text, end};
}

}  // namespace infwidth
