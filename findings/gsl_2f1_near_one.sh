#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# GSL 2.7.1 (Debian 12): gsl_sf_hyperg_2F1_e(1/2, 1/2, c, x) is wrong by 0.1 to 0.3 % for whole c >= 3 and x near 1, returns status 0 (success) and
# claims an error of about 2e-14. The argument occurs where arc-cosine kernels of real order are written by 2F1. The sum of the series itself, term by
# term in the same program, is the second opinion (all terms are positive; at x = 0.995 a few thousand of them are enough).
# Exits 0 while the library behaves like this, 1 when it does not any more, 2 if the package is not to be had.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
version=2.7.1+dfsg-5+deb12u1
for package in libgsl27 libgslcblas0 libgsl-dev; do
  apt-get -qq -o APT::Sandbox::User=root download "$package=$version" || { echo "$package $version is not to be had here"; exit 2; }
done
for file in ./*.deb; do dpkg -x "$file" root; done
cat >probe.c <<'C'
#include <gsl/gsl_errno.h>
#include <gsl/gsl_sf_hyperg.h>
#include <gsl/gsl_version.h>
#include <math.h>
#include <stdio.h>

static double series(double a, double b, double c, double x) {
  long double term = 1, sum = 1;
  for (int n = 0; n < 200000 && term > 1e-22L * sum; ++n) sum += term *= (a + n) * (b + n) * x / ((c + n) * (n + 1));
  return (double)sum;
}

int main(void) {
  int wrong = 0;
  gsl_set_error_handler_off();
  printf("GSL %s, 2F1(1/2, 1/2; c; x)\n%3s %6s %18s %18s %10s %10s %6s\n", gsl_version, "c", "x", "GSL", "series", "true error", "claimed", "status");
  for (int c = 3; c <= 5; ++c) {
    const double x = 0.995 + 0.001 * (c - 3);
    gsl_sf_result r;
    const int status = gsl_sf_hyperg_2F1_e(0.5, 0.5, c, x, &r);
    const double truth = series(0.5, 0.5, c, x), error = fabs(r.val - truth);
    printf("%3d %6.3f %18.15f %18.15f %10.2g %10.2g %6d\n", c, x, r.val, truth, error, r.err, status);
    wrong += status == 0 && error > 1000 * r.err && error > 1e-6;
  }
  printf("%d of 3 are wrong by more than 1000 times what is claimed\n", wrong);
  return wrong == 0;
}
C
lib=$(dirname "$(find root -name 'libgsl.so.27' | head -n 1)")
cc -O1 -Iroot/usr/include probe.c -o probe -L"$lib" -Wl,-rpath,"$PWD/$lib" -l:libgsl.so.27 -l:libgslcblas.so.0 -lm
./probe
