// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/wishart.hpp"

#include <array>
#include <cmath>
#include <string>
#include <type_traits>

#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"

namespace infwidth {

namespace {

constexpr std::uint64_t most_units = 1'000'000'000'000, most_steps = 100'000'000, between_checks = 4096;

template <class Real>
Real whole(std::uint64_t n) {
  return constant<Real>(Rational(n));
}

/// psi(m/2) and psi'(m/2) = zeta(2, m/2).
Ball digamma_of_half(std::uint64_t m) {
  Ball r;
  const Ball x = whole<Ball>(m) / Ball(2);
  arb_digamma(r.get(), x.get(), Precision::bits());
  return r;
}
Ball trigamma_of_half(std::uint64_t m) {
  Ball r;
  const Ball x = whole<Ball>(m) / Ball(2), two(2);
  arb_hurwitz_zeta(r.get(), two.get(), x.get(), Precision::bits());
  return r;
}

/// log m!
Ball log_factorial(std::uint64_t m) {
  Ball r;
  const Ball x = whole<Ball>(m + 1);
  arb_lgamma(r.get(), x.get(), Precision::bits());
  return r;
}

/// psi(m/2) and psi'(m/2) for one m after another, by f(x + 1) = f(x) + 1/x and f(x) - 1/x^2.
template <class Real>
class Polygamma {
 public:
  explicit Polygamma(std::uint64_t m) : m_(m) {
    for (const std::uint64_t k : {m, m + 1}) start(k);
  }
  const Real& digamma() const { return digamma_[m_ % 2]; }
  const Real& trigamma() const { return trigamma_[m_ % 2]; }
  void advance() {
    const Real inverse = Real(2) / whole<Real>(m_);
    digamma_[m_ % 2] += inverse;
    trigamma_[m_ % 2] -= inverse * inverse;
    ++m_;
  }

 private:
  std::uint64_t m_;
  std::array<Real, 2> digamma_, trigamma_;

  void start(std::uint64_t m);
};
template <>
void Polygamma<Ball>::start(std::uint64_t m) {
  digamma_[m % 2] = digamma_of_half(m);
  trigamma_[m % 2] = trigamma_of_half(m);
}
/// m = 1 or 2, where both are known.
template <>
void Polygamma<Digits>::start(std::uint64_t m) {
  mpfr_const_euler(digamma_[m % 2].backend().data(), MPFR_RNDN);
  digamma_[m % 2] = -digamma_[m % 2];
  const Digits pi2 = pi<Digits>() * pi<Digits>();
  trigamma_[m % 2] = m == 1 ? Digits(pi2 / 2) : Digits(pi2 / 6);
  if (m == 1) digamma_[1] -= 2 * log(Digits(2));
}

/// Of W_d(m, I), for one m >= d after another: mean and variance of log det, mean of its square root, by
///   E log det = d log 2 + sum_(i<d) psi((m-i)/2), Var log det = sum psi'((m-i)/2), E sqrt(det) = 2^(d/2) Gamma((m+1)/2)/Gamma((m+1-d)/2)
/// `Digits` begin at m = d.
template <class Real>
class WishartWalk {
 public:
  WishartWalk(int dim, std::uint64_t m) : dim_(static_cast<std::uint64_t>(dim)), m_(m), upper_(m - dim_ + 1), lower_(m - dim_ + 1) {
    for (std::uint64_t i = 0; i < dim_; ++i) {
      log_ += upper_.digamma();
      variance_ += upper_.trigamma();
      upper_.advance();
    }
    log_ += whole<Real>(dim_) * log(Real(2));
    const Real power = pow(Real(2), Real(whole<Real>(dim_) / Real(2)));
    for (const std::uint64_t k : {m, m + 1}) {
      // Gamma((k+1)/2)/Gamma((k+1-d)/2), as a product over every second factor and what is left of it
      Real ratio = dim_ % 2 == 0 ? Real(1) : half_step(k - dim_);
      for (std::uint64_t i = k - dim_ + 1 + dim_ % 2; i < k + 1; i += 2) ratio *= whole<Real>(i) / Real(2);
      root_[k % 2] = power * ratio;
    }
  }
  std::uint64_t m() const { return m_; }
  const Real& log_mean() const { return log_; }
  const Real& log_variance() const { return variance_; }
  const Real& mean_root() const { return root_[m_ % 2]; }
  void advance() {
    // One more unit: the largest argument comes, the smallest goes.
    log_ += upper_.digamma() - lower_.digamma();
    variance_ += upper_.trigamma() - lower_.trigamma();
    upper_.advance();
    lower_.advance();
    root_[m_ % 2] *= whole<Real>(m_ + 1) / whole<Real>(m_ + 1 - dim_);  // that of m + 2
    ++m_;
  }

 private:
  std::uint64_t dim_, m_;
  Polygamma<Real> upper_, lower_;
  Real log_ = Real(0), variance_ = Real(0);
  std::array<Real, 2> root_;

  /// Gamma((j+2)/2)/Gamma((j+1)/2)
  static Real half_step(std::uint64_t j);
};
template <>
Ball WishartWalk<Ball>::half_step(std::uint64_t j) {
  Ball upper, lower;
  const Ball x = whole<Ball>(j + 2) / Ball(2), y = whole<Ball>(j + 1) / Ball(2);
  arb_lgamma(upper.get(), x.get(), Precision::bits());
  arb_lgamma(lower.get(), y.get(), Precision::bits());
  return exp(upper - lower);
}
template <>
Digits WishartWalk<Digits>::half_step(std::uint64_t j) {
  return tgamma(Digits(Digits(j + 2) / 2)) / tgamma(Digits(Digits(j + 1) / 2));
}

/// Where a sum over m ~ Bin(n, 1/2) may be cut, and what is left out: P(|m - n/2| > t) <= 2 exp(-2 t^2/n).
template <class Real>
struct Range {
  std::uint64_t first, last;
  Real left_out;
};
template <class Real>
Range<Real> range_of(std::uint64_t units, std::uint64_t d) {
  if constexpr (std::is_same_v<Real, Ball>) {
    const double n = static_cast<double>(units), bits = static_cast<double>(Precision::bits()) + 20 + static_cast<double>(d), t = std::sqrt(n * bits * 0.35) + 1;
    if (t < n / 2 - static_cast<double>(d) - 2) {
      const auto whole_t = static_cast<std::uint64_t>(t);
      const Ball reach = whole<Ball>(whole_t);
      return {units / 2 - whole_t, units / 2 + 1 + whole_t, Ball(2) * exp(-Ball(2) * reach * reach / whole<Ball>(units))};
    }
  }
  return {d, units, Real(0)};
}

/// 2^-n C(n, m)
Ball binomial_weight(std::uint64_t n, std::uint64_t m, const Ball&) { return exp(log_factorial(n) - log_factorial(m) - log_factorial(n - m) - whole<Ball>(n) * log(Ball(2))); }
Digits binomial_weight(std::uint64_t n, std::uint64_t m, const Digits&) {
  Digits weight = pow(Digits(2), -static_cast<long>(n));
  for (std::uint64_t k = 0; k < m; ++k) weight *= whole<Digits>(n - k) / whole<Digits>(k + 1);
  return weight;
}

Ball widened(const Ball& x, const Ball& by) { return x.widened(by); }
Digits widened(const Digits& x, const Digits&) { return x; }

}  // namespace

template <class Real>
Real falling_share(std::uint64_t units, int dim) {
  Real product(1);
  const Real n = whole<Real>(units);
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(dim); ++i) {
    if (i >= units) return Real(0);
    product *= whole<Real>(units - i) / n;
  }
  return product;
}

template <class Real>
Real probability_below(int dim, std::uint64_t units, const Real& p) {
  if (static_cast<std::uint64_t>(dim) > units) return Real(1);
  const Real q = Real(1) - p;
  Real sum(0), choose(1);
  for (std::uint64_t k = 0; k < static_cast<std::uint64_t>(dim); ++k) {
    sum += choose * pow(p, static_cast<long>(k)) * pow(q, static_cast<long>(units - k));
    choose *= whole<Real>(units - k) / whole<Real>(k + 1);
  }
  return sum;
}

template <class Real>
DeterminantFactor<Real> determinant_factor(const Slopes& phi, std::uint64_t units, int dim, const Budget& budget) {
  const auto d = static_cast<std::uint64_t>(dim);
  const Real n = whole<Real>(units);
  DeterminantFactor<Real> r;
  r.mean = falling_share<Real>(units, dim);
  {
    // E X^2 = n^-2d sum over k = 0..d of C(d, k) (d+2)!/(k+2)! n (n-1) .. (n-d-k+1) ratio^(d-k)
    const Real second = phi.mean_square<Real>(), ratio = phi.mean_fourth<Real>() / (second * second);
    Real term(1);  // k = d
    for (std::uint64_t i = 0; i < 2 * d; ++i) term *= (i < units ? whole<Real>(units - i) : Real(0)) / n;
    // Downwards the falling factorial would be divided by what may be 0: begin at the highest k that is there.
    std::uint64_t k = d;
    if (units < 2 * d) {
      k = units - d;
      term = Real(1);
      for (std::uint64_t i = 0; i < units; ++i) term *= whole<Real>(units - i) / n;
      for (std::uint64_t i = k; i < d; ++i) term *= ratio * whole<Real>(i + 1) * whole<Real>(i + 3) / (whole<Real>(d - i) * n);
    }
    r.mean_square = term;
    for (; k > 0; --k) {
      // C(d, k-1) (d+2)!/(k+1)! over C(d, k) (d+2)!/(k+2)!: k (k+2)/(d-k+1)
      term *= ratio * whole<Real>(k) * whole<Real>(k + 2) / (whole<Real>(d - k + 1) * whole<Real>(units - d - k + 1));
      r.mean_square += term;
    }
  }
  r.wishart = phi.kind != Slopes::Kind::mixed;
  if (!r.wishart) return r;
  if (units > (std::is_same_v<Real, Ball> ? most_units : most_steps)) {
    throw NotReached("width " + std::to_string(units) + ": the exact law is a sum over the active units; give a smaller width");
  }
  const Real half_d = whole<Real>(d) / Real(2);
  if (phi.kind == Slopes::Kind::constant) {
    WishartWalk<Real> wishart(dim, std::is_same_v<Real, Ball> ? units : d);
    while (wishart.m() < units) {
      if (wishart.m() % between_checks == 0) budget.check();
      wishart.advance();
    }
    r.log_mean = wishart.log_mean() - whole<Real>(d) * log(n);
    r.log_variance = wishart.log_variance();
    r.mean_root = wishart.mean_root() / pow(n, half_d);
    return r;
  }
  // The mean over m ~ Bin(n, 1/2).
  const Range<Real> range = range_of<Real>(units, d);
  WishartWalk<Real> wishart(dim, range.first);
  Real weight = binomial_weight(units, range.first, Real(0)), log_sum(0), square_sum(0), variance_sum(0);
  r.nonsingular = r.mean_root = Real(0);
  const Real centre = whole<Real>(d) * log(n);  // E log det W_d(n/2), nearly: what is summed is small
  for (;;) {
    if (wishart.m() % between_checks == 0) budget.check();
    const Real offset = wishart.log_mean() - centre, weighted = weight * offset;
    r.nonsingular += weight;
    log_sum += weighted;
    square_sum += weighted * offset;
    variance_sum += weight * wishart.log_variance();
    r.mean_root += weight * wishart.mean_root();
    if (wishart.m() == range.last) break;
    weight *= whole<Real>(units - wishart.m()) / whole<Real>(wishart.m() + 1);
    wishart.advance();
  }
  // |E log det W| <= d (2 + log 2n), Var log det W <= 5 d, E sqrt(det W) <= n^(d/2), for every m
  const Real log_bound = whole<Real>(d) * (Real(2) + log(Real(2) * n * n));
  r.nonsingular = widened(r.nonsingular, range.left_out);
  log_sum = widened(log_sum, range.left_out * log_bound);
  square_sum = widened(square_sum, range.left_out * log_bound * log_bound);
  variance_sum = widened(variance_sum, range.left_out * whole<Real>(5 * d));
  r.mean_root = widened(Real(r.mean_root * pow(Real(2) / n, half_d)), range.left_out * pow(Real(2), half_d));
  const Real mean = log_sum / r.nonsingular;
  r.log_mean = mean + whole<Real>(d) * log(Real(2));
  r.log_variance = variance_sum / r.nonsingular + (square_sum / r.nonsingular - mean * mean);
  return r;
}

template Ball falling_share(std::uint64_t, int);
template Digits falling_share(std::uint64_t, int);
template Ball probability_below(int, std::uint64_t, const Ball&);
template Digits probability_below(int, std::uint64_t, const Digits&);
template DeterminantFactor<Ball> determinant_factor(const Slopes&, std::uint64_t, int, const Budget&);
template DeterminantFactor<Digits> determinant_factor(const Slopes&, std::uint64_t, int, const Budget&);

}  // namespace infwidth
