// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <vector>

#include "infwidth/activation/activation.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/real/pack.hpp"

namespace infwidth {

extern template class Evaluator<Pack>;

/// Averages over three correlated Gaussian preactivations u, y, z of h = outer(u) f(y) g(z) times monomials (D-082).

/// A factor of u: with A0 = phi'^2, A1 = (phi'^2)', A2 = (phi'^2)''.
enum class Outer { one, a0, a1, a2, a0_a0, a0_a1, a1_a1 };
constexpr std::size_t outers = 7;
/// A factor f(y) g(z): phi, phi', phi'' are 0, 1, 2.
enum class Inner { none, f0_g0, f1_g0, f0_g1, f2_g1, f1_g2, f1_g1 };
constexpr std::size_t inners = 7;

/// A product with the highest degree of its monomials.
struct AverageShape {
  Outer outer;
  Inner inner;
  int degree;
};
enum Average : std::size_t {
  metric,
  feature, derivative,                                  // phi phi, phi' phi'
  t1_square, t1_vector, t1_square_back, t1_vector_back,  // of T1, and of T1 with y and z exchanged
  t3_square, t3_vector, t3_square_back, t3_vector_back,
  t4_square, t4_vector, t4_scalar,
  posterior,
  fourth, third, second,  // of T2
  averages
};
constexpr std::array<AverageShape, averages> average_shapes = {{
    {Outer::a0, Inner::none, 2},
    {Outer::one, Inner::f0_g0, 0}, {Outer::one, Inner::f1_g1, 0},
    {Outer::a1, Inner::f1_g0, 2}, {Outer::a0, Inner::f1_g0, 1}, {Outer::a1, Inner::f0_g1, 2}, {Outer::a0, Inner::f0_g1, 1},
    {Outer::a1, Inner::f2_g1, 2}, {Outer::a0, Inner::f2_g1, 1}, {Outer::a1, Inner::f1_g2, 2}, {Outer::a0, Inner::f1_g2, 1},
    {Outer::a2, Inner::f1_g1, 2}, {Outer::a1, Inner::f1_g1, 1}, {Outer::a0, Inner::f1_g1, 0},
    {Outer::a0, Inner::f0_g0, 2},
    {Outer::a1_a1, Inner::f1_g1, 4}, {Outer::a0_a1, Inner::f1_g1, 3}, {Outer::a0_a0, Inner::f1_g1, 2},
}};

/// The monomials t_1^a t_2^b t_3^c up to degree 4, by rising degree: 1, 4, 10, 20, 35 of them up to degree 0..4.
constexpr std::size_t monomials = 35;
constexpr std::array<std::size_t, 5> monomials_to_degree = {1, 4, 10, 20, 35};
struct Monomial {
  int a, b, c;
};
/// By index, and the index of exponents.
const std::array<Monomial, monomials>& monomial_list();
std::size_t monomial_index(int a, int b, int c);
/// The index of t_i t_j .., axes 0..2.
std::size_t axes_index(std::initializer_list<int> axes);

/// u = c_11 t_1, y = c_21 t_1 + c_22 t_2, z = c_31 t_1 + c_32 t_2 + c_33 t_3 in independent standard normal t; an axis that none of them needs is absent, its t being 0.
struct TripleFrame {
  std::array<std::array<double, 3>, 3> c{};
  std::array<bool, 3> present{};
};

/// By average: E[h t_1^a t_2^b t_3^c], as many monomials as its shape says.
class AverageSet {
 public:
  AverageSet() = default;
  explicit AverageSet(bool with_fourth);
  const double* of(Average a) const { return values_.data() + offset(a); }
  double* of(Average a) { return values_.data() + offset(a); }
  const std::vector<double>& all() const { return values_; }
  static std::size_t offset(Average a);

 private:
  std::vector<double> values_;
};

/// Two rules for the same averages.
struct TwoRules {
  AverageSet fine, coarse;
};

/// Products of trapezoidal rules, refined until two in a row agree.
class TripleAverage {
 public:
  /// Errors  as MetricDrift
  explicit TripleAverage(const Activation& phi);

  TwoRules at(const TripleFrame& frame, bool with_fourth);

 private:
  std::string name_;
  Program program_;     // phi, phi', phi'', phi'''
  Program inner_;       // phi, phi', phi''
  int first_level_ = 0;  // what the last call needed

  double range(const TripleFrame& frame, bool with_fourth) const;
  void rule(const TripleFrame& frame, int level, double length, bool with_fourth, AverageSet& into, std::array<double, averages>& size) const;
};

}  // namespace infwidth
