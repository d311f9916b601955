#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Boost 1.74 (Debian 12): boost::math::quadrature::tanh_sinh cannot be made by default for Boost's own MPFR numbers: the constructor of
# tanh_sinh<mpfr_float_100> throws a rounding error ("Value inf can not be represented"). With the second argument given by hand,
# tanh_sinh<mpfr_float_100>(15, 1e-200), it is made and agrees with cpp_bin_float_100, whose default constructor works.
# Exits 0 while the library behaves like this, 1 when it does not any more, 2 if the package is not to be had.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
while read -r package version; do
  apt-get -qq -o APT::Sandbox::User=root download "$package=$version" || { echo "$package $version is not to be had here"; exit 2; }
done <<'LIST'
libboost1.74-dev 1.74.0+ds1-21
libmpfr-dev 4.2.0-1
libmpfr6 4.2.0-1
libgmp-dev 2:6.2.1+dfsg1-1.1
libgmp10 2:6.2.1+dfsg1-1.1
LIST
for file in ./*.deb; do dpkg -x "$file" root; done
cat >probe.cpp <<'C'
#include <boost/math/quadrature/tanh_sinh.hpp>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <boost/multiprecision/mpfr.hpp>
#include <boost/version.hpp>
#include <iostream>

template <class Real>
Real f(const Real& z) {
  const Real t = tanh(z);
  return 2 * t * t * exp(-z * z / 2) / sqrt(2 * boost::math::constants::pi<Real>());
}

template <class Real>
Real integral(boost::math::quadrature::tanh_sinh<Real>& rule, Real* error, std::size_t* levels) {
  return rule.integrate([](const Real& z) { return f(z); }, Real(0), Real(22), boost::math::tools::root_epsilon<Real>(), error, static_cast<Real*>(nullptr), levels);
}

int main() {
  using boost::multiprecision::cpp_bin_float_100;
  using boost::multiprecision::mpfr_float_100;
  std::cout << "Boost " << BOOST_LIB_VERSION << "\n";
  bool throws = false;
  try {
    boost::math::quadrature::tanh_sinh<mpfr_float_100> rule;
  } catch (const std::exception& e) {
    throws = true;
    std::cout << "mpfr_float_100: the default constructor throws\n";
  }
  cpp_bin_float_100 peer_error = 0;
  mpfr_float_100 error = 0;
  std::size_t peer_levels = 0, levels = 0;
  boost::math::quadrature::tanh_sinh<cpp_bin_float_100> peer_rule;
  boost::math::quadrature::tanh_sinh<mpfr_float_100> rule(15, mpfr_float_100("1e-200"));
  const cpp_bin_float_100 peer = integral(peer_rule, &peer_error, &peer_levels);
  const mpfr_float_100 value = integral(rule, &error, &levels);
  std::cout.precision(20);
  std::cout << "cpp_bin_float_100                     " << peer << ", level " << peer_levels << "\n"
            << "mpfr_float_100, min_complement 1e-200 " << value << ", level " << levels << ", its error estimate " << error << "\n";
  const double difference = std::abs(value.convert_to<double>() / peer.convert_to<double>() - 1);
  std::cout << "relative difference " << difference << "\n";
  return throws && difference < 1e-15 ? 0 : 1;
}
C
lib=root/usr/lib/x86_64-linux-gnu
c++ -std=c++17 -w -Iroot/usr/include -Iroot/usr/include/x86_64-linux-gnu probe.cpp -o probe -L$lib -Wl,-rpath,"$PWD/$lib" -lmpfr -lgmp
./probe
