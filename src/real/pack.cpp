// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/real/pack.hpp"

#include <sleef.h>

#include <cmath>

namespace infwidth {

namespace {

// The widest vectors that the build's target has: Pack is one, two or four of them.
#if defined(__AVX512F__)
using Vector = __m512d;
Vector load(const double* p) { return _mm512_load_pd(p); }
void store(double* p, Vector v) { _mm512_store_pd(p, v); }
#define SLEEF_NAME(name, ulp) Sleef_##name##d8_##ulp
#elif defined(__AVX__)
using Vector = __m256d;
Vector load(const double* p) { return _mm256_load_pd(p); }
void store(double* p, Vector v) { _mm256_store_pd(p, v); }
#define SLEEF_NAME(name, ulp) Sleef_##name##d4_##ulp
#elif defined(__SSE2__)
using Vector = __m128d;
Vector load(const double* p) { return _mm_load_pd(p); }
void store(double* p, Vector v) { _mm_store_pd(p, v); }
#define SLEEF_NAME(name, ulp) Sleef_##name##d2_##ulp
#else
using Vector = double;
Vector load(const double* p) { return *p; }
void store(double* p, Vector v) { *p = v; }
#define SLEEF_NAME(name, ulp) Sleef_##name##_##ulp
#endif
constexpr int lanes = static_cast<int>(sizeof(Vector) / sizeof(double));

template <class F>
Pack apply(const Pack& x, F f) {
  Pack r;
  for (int i = 0; i < Pack::size; i += lanes) store(r.lane.data() + i, f(load(x.lane.data() + i)));
  return r;
}
template <class F>
Pack one_by_one(const Pack& x, F f) {
  Pack r;
  for (int i = 0; i < Pack::size; ++i) r[i] = f(x[i]);
  return r;
}

}  // namespace

#define INFWIDTH_PACK_FUNCTION(name, ulp) \
  Pack name(const Pack& x) {              \
    return apply(x, [](Vector v) { return SLEEF_NAME(name, ulp)(v); }); \
  }
INFWIDTH_PACK_FUNCTION(exp, u10)
INFWIDTH_PACK_FUNCTION(expm1, u10)
INFWIDTH_PACK_FUNCTION(log, u10)
INFWIDTH_PACK_FUNCTION(log1p, u10)
INFWIDTH_PACK_FUNCTION(sin, u10)
INFWIDTH_PACK_FUNCTION(cos, u10)
INFWIDTH_PACK_FUNCTION(tan, u10)
INFWIDTH_PACK_FUNCTION(sinh, u10)
INFWIDTH_PACK_FUNCTION(cosh, u10)
INFWIDTH_PACK_FUNCTION(tanh, u10)
INFWIDTH_PACK_FUNCTION(asin, u10)
INFWIDTH_PACK_FUNCTION(atan, u10)
INFWIDTH_PACK_FUNCTION(asinh, u10)
INFWIDTH_PACK_FUNCTION(erf, u10)
INFWIDTH_PACK_FUNCTION(erfc, u15)
INFWIDTH_PACK_FUNCTION(tgamma, u10)
#undef INFWIDTH_PACK_FUNCTION

Pack sqrt(const Pack& x) {
  Pack r;
  for (int i = 0; i < Pack::size; ++i) r[i] = std::sqrt(x[i]);
  return r;
}
Pack abs(const Pack& x) {
  Pack r;
  for (int i = 0; i < Pack::size; ++i) r[i] = std::abs(x[i]);
  return r;
}
Pack pow(const Pack& x, const Pack& y) {
  Pack r;
  for (int i = 0; i < Pack::size; i += lanes) store(r.lane.data() + i, SLEEF_NAME(pow, u10)(load(x.lane.data() + i), load(y.lane.data() + i)));
  return r;
}
Pack pow(const Pack& x, long n) {
  if (n < 0) return Pack(1) / pow(x, -n);
  if (n > 64) return one_by_one(x, [n](double v) { return std::pow(v, static_cast<double>(n)); });  // products would round n times
  Pack r(1), base = x;
  for (; n > 0; n /= 2) {
    if (n % 2 == 1) r *= base;
    if (n > 1) base *= base;
  }
  return r;
}
Pack softplus(const Pack& x) {
  Pack positive_part;
  for (int i = 0; i < Pack::size; ++i) positive_part[i] = x[i] > 0 ? x[i] : 0;
  return positive_part + log1p(exp(-abs(x)));
}

}  // namespace infwidth
