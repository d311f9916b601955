// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <random>
#include <set>

#include "infwidth/expression/sign.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/validation/claim.hpp"
#include "infwidth/validation/constant.hpp"

namespace infwidth {

namespace {

constexpr long zero_digits = 5;  // a value this many digits below the accuracy of its terms is a zero

/// Random letters. The generator's numbers are the same everywhere; the distributions of the standard library would not be.
class Draws {
 public:
  Draws(const Claim& claim, std::uint64_t seed) : claim_(claim), random_(seed) {}

  /// A point that was not drawn before, if there is one.
  Assignment next() {
    constexpr int attempts = 1000;
    std::optional<Assignment> at;
    for (int k = 0; k < attempts; ++k) {
      const Assignment tried = any();
      if (!hold(claim_.network().given, tried)) continue;
      at = tried;
      if (drawn_.insert(tried).second) break;
    }
    if (!at) throw UsageError("no values of the letters were found at which the assumptions hold; assume less, or write numbers for letters");
    return *at;
  }

 private:
  const Claim& claim_;
  std::mt19937_64 random_;
  std::set<Assignment> drawn_;

  long integer(long from, long to) { return from + static_cast<long>(random_() % static_cast<std::uint64_t>(to - from + 1)); }
  Rational positive() {
    const long below = integer(1, 8);
    return {integer(1, 4 * below), below};
  }
  /// 0 < |c| <= 4/5 sqrt(q1 q2)
  Rational covariance(const Rational& q1, const Rational& q2) {
    for (long below = integer(1, 8);; below *= 2) {
      const Integer square = Integer(numerator(q1 * q2 * below * below) * 16) / Integer(denominator(q1 * q2) * 25);
      const long most = static_cast<long>(Integer(boost::multiprecision::sqrt(square)));
      if (most < 1) continue;
      const long above = integer(1, most);
      return {integer(0, 1) == 0 ? above : -above, below};
    }
  }
  Assignment any() {
    Assignment at;
    for (const std::string& letter : claim_.drawn()) {
      if (proven_sign(Expression::variable(letter), claim_.network().given) == -1) {
        at[letter] = -positive();
        continue;
      }
      at[letter] = letter == "d" ? Rational(integer(claim_.least_dimension(), 7)) : letter == "c" && at.count("q2") != 0 ? covariance(at["q1"], at["q2"]) : positive();
    }
    return at;
  }
};

/// A point in `Digits`.
struct Pair {
  Assignment at;
  Digits claimed, value, zero;  // what is at most `zero` is 0

  bool both_zero() const { return abs(claimed) <= zero && abs(value) <= zero; }
  bool one_zero() const { return abs(claimed) <= zero || abs(value) <= zero; }
  Digits size() const { return abs(claimed) > abs(value) ? Digits(abs(claimed)) : Digits(abs(value)); }
  bool agree(const Digits& unit) const { return abs(claimed - value) <= unit * size() || both_zero(); }
};

/// f of every pair, if that is one constant to `unit` of `size`.
template <class F, class Size>
std::optional<Digits> constant_over(const std::vector<Pair>& pairs, const Digits& unit, F f, Size size) {
  if (pairs.size() < 2) return std::nullopt;
  const Digits first = f(pairs[0]);
  for (const Pair& p : pairs) {
    if (!(abs(f(p) - first) <= unit * size(p))) return std::nullopt;
  }
  return first;
}

/// claim/value, as a constant times a power of a letter.
std::optional<std::string> factor_of(const std::vector<Pair>& pairs, const std::vector<std::string>& letters, const Digits& unit, long digits) {
  if (std::any_of(pairs.begin(), pairs.end(), [](const Pair& p) { return p.one_zero(); })) return std::nullopt;
  const auto ratio = [](const Pair& p) { return Digits(p.claimed / p.value); };
  if (const auto r = constant_over(pairs, unit, ratio, [&](const Pair& p) { return Digits(abs(ratio(p))); })) return constant_text(*r, digits);
  if (pairs.size() < 3) return std::nullopt;
  struct Power {
    const char* text;
    int twice;
  };
  for (const std::string& letter : letters) {
    if (std::any_of(pairs.begin(), pairs.end(), [&](const Pair& p) { return !(p.at.at(letter) > 0); })) continue;
    for (const auto& [text, twice] : {Power{"*L", 2}, {"/L", -2}, {"*L^2", 4}, {"/L^2", -4}, {"*sqrt(L)", 1}, {"/sqrt(L)", -1}}) {
      const auto rest = [&, n = twice](const Pair& p) { return Digits(ratio(p) / pow(sqrt(constant<Digits>(p.at.at(letter))), n)); };
      const auto r = constant_over(pairs, unit, rest, [&](const Pair& p) { return Digits(abs(rest(p))); });
      if (!r) continue;
      std::string power = text;
      power.replace(power.find('L'), 1, letter);
      const std::string number = constant_text(*r, digits);
      return number == "1" && power[0] == '*' ? power.substr(1) : number + power;
    }
  }
  return std::nullopt;
}

/// claim - value: what is left of its digits may be few.
std::optional<std::string> difference_of(const std::vector<Pair>& pairs, const Digits& unit, long digits) {
  const auto r = constant_over(pairs, unit, [](const Pair& p) { return Digits(p.claimed - p.value); }, [](const Pair& p) { return p.size(); });
  if (!r || *r == 0) return std::nullopt;
  Digits largest = 0;
  for (const Pair& p : pairs) largest = p.size() > largest ? p.size() : largest;
  const long left = digits - std::max(0L, static_cast<long>(ceil(log10(Digits(largest / abs(*r)))).convert_to<double>()));
  if (left < 2) return std::nullopt;
  return constant_text(*r, left);
}

}  // namespace

ClaimVerdict verify(const Claim& claim, const ClaimOptions& options, Progress progress) {
  if (options.points < 1) throw UsageError("points: " + std::to_string(options.points) + "; give 1 or more");
  if (options.digits < 10) throw UsageError("digits: " + std::to_string(options.digits) + " cannot tell two formulas apart; give 10 or more");
  const DigitsPrecision precision(static_cast<unsigned>(options.digits + 2 * zero_digits));
  const Digits unit = pow(Digits(10), -options.digits);

  Draws draws(claim, options.seed);
  ClaimVerdict verdict;
  std::vector<Pair> pairs;
  bool finite = true;
  for (; verdict.points < options.points; ++verdict.points, progress.advance()) {
    options.budget.check();
    ClaimPoint point{draws.next(), {}, {}, false};
    point.claimed = claim.claimed_value(point.at, options.digits + zero_digits);
    const auto pair = [&](long digits) {
      point.value = claim.true_value(point.at, digits, options.budget);
      return Pair{point.at, to_digits(point.claimed), point.value.value, unit * pow(Digits(10), -zero_digits) * point.value.scale};
    };
    Pair p = pair(options.digits);
    point.agrees = point.claimed.is_finite() && p.agree(unit);
    if (!point.agrees && !verdict.first) {  // once is enough: the next ones are no likelier to be the quadrature's fault
      const Digits before = p.value;
      p = pair(options.digits * 3 / 2 + 10);
      if (!Pair{point.at, before, p.value, p.zero}.agree(unit))
        throw NotReached("the quadrature of " + to_string(claim.quantity()) + " does not settle to " + std::to_string(options.digits) + " digits; ask for fewer");
      point.agrees = point.claimed.is_finite() && p.agree(unit);
    }
    finite = finite && point.claimed.is_finite();
    if (!point.agrees) {
      ++verdict.disagreements;
      if (!verdict.first) verdict.first = point;
    }
    if (!p.both_zero()) pairs.push_back(std::move(p));
  }
  const Digits looser = 100 * unit;
  if (options.expected_factor != nullptr && finite && !pairs.empty()) {
    verdict.as_factor = std::all_of(pairs.begin(), pairs.end(), [&](const Pair& p) {
      const Ball factor = options.expected_factor->claimed_value(p.at, options.digits + zero_digits);
      return factor.is_finite() && Pair{p.at, p.claimed, Digits(to_digits(factor) * p.value), p.zero}.agree(looser);
    });
  }
  if (verdict.agrees() || !finite) return verdict;

  verdict.factor = factor_of(pairs, claim.drawn(), looser, options.digits - 4);
  if (!verdict.factor) verdict.difference = difference_of(pairs, looser, options.digits - 4);
  return verdict;
}

}  // namespace infwidth
