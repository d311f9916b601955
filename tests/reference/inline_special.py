#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers of tests/real/special_test.cpp and hyp2f1_test.cpp:  python3 tests/reference/inline_special.py

Owen's T from its defining integral, on Gauss-Legendre panels; the parts of erf(x + i y) from the Taylor series at 0 in so many digits that
its cancellation does not matter; 2F1 from its power series, at 1 from Gauss's theorem, below -1 by Pfaff's transformation and beside 1 from
Euler's integral: mpmath's own erf and hyp2f1 are not asked.  Needs Python 3 and mpmath; some 10 s.
"""
from mpmath import mp, mpc, mpf

from quadrature import gauss_legendre
from stated import Comparison, conclude, rational, rows


def owens_t(h, a):
    """(1/2 pi) int_0^a exp(-h^2 (1 + x^2)/2)/(1 + x^2) dx on panels no wider than 1/4, and than 1/h; poles are at x = +-i."""
    panels = int(max(4, h) * a) + 1
    total, width = mpf(0), a / panels
    for k in range(panels):
        part = mpf(0)
        for node, weight in gauss_legendre(60, mp.prec):
            y = 1 + (width * (k + (1 + node) / 2))**2
            part += weight * mp.exp(-h * h * y / 2) / y
        total += part * width / 2
    return total / (2 * mp.pi)


def erf(z):
    """2/sqrt(pi) sum (-1)^n z^(2n+1)/(n! (2n+1)), with |z|^2 nepers of cancellation."""
    with mp.workdps(int(mp.dps + abs(z)**2) + 20):
        square, power, total, n = z * z, z, mpc(0), 0
        while abs(power) > mpf(10) ** -mp.dps:
            total += power / (2 * n + 1)
            n += 1
            power *= -square / n
        return 2 / mp.sqrt(mp.pi) * total


def series(a, b, c, z):
    total, term, n = mpf(0), mpf(1), 0
    while term != 0 and (abs(term) > mpf(10) ** -mp.dps or n < 20):
        total += term
        term *= (a + n) * (b + n) / ((c + n) * (n + 1)) * z
        n += 1
    return total


def euler(a, b, c, z):
    """Gamma(c)/(Gamma(b) Gamma(c-b)) int_0^1 t^(b-1) (1-t)^(c-b-1) (1 - z t)^-a dt with t = 1 - 1/(1 + e^y)."""
    step, total = mpf(1) / 64, mpf(0)
    # the tail towards t = 0 falls like e^(b y), that towards 1 like e^(-(c-b) y), once y > -log(1 - z)
    for j in range(-int(mp.dps * mp.log(10) / b / step), int((mp.dps * mp.log(10) - mp.log(1 - z)) / (c - b) / step)):
        e = mp.exp(j * step)
        total += e**b * (1 + e)**(a - c) / (1 + (1 - z) * e)**a
    return step * total * mp.gamma(c) / (mp.gamma(b) * mp.gamma(c - b))


def hyp2f1(a, b, c, z):
    if z == 1:
        return mp.gamma(c) * mp.gamma(c - a - b) / (mp.gamma(c - a) * mp.gamma(c - b))
    if z < -1:
        return (1 - z)**-a * series(a, c - b, c, z / (z - 1))
    return euler(a, b, c, z) if mpf("0.995") < z < 1 else series(a, b, c, z)


def main():
    mp.dps = 60
    special, file = Comparison("real/special_test.cpp"), "real/special_test.cpp"
    for h, a, text in rows(file, "owen_table = {"):
        special.holds(f"T({h}, {a})", owens_t(rational(h), rational(a)), text)
    for x, y, re, im in rows(file, "erf_table = {"):
        value = erf(mpc(rational(x), rational(y)))
        if re == "1":
            assert abs(value.real - 1) < mpf(10) ** -45
        else:
            special.holds(f"Re erf({x} + i {y})", value.real, re)
        special.holds(f"Im erf({x} + i {y})", value.imag, im)
    gauss = Comparison("real/hyp2f1_test.cpp")
    mp.dps = 80
    for a, b, c, z, text in rows("real/hyp2f1_test.cpp", "table = {"):
        gauss.holds(f"2F1({a}, {b}; {c}; {z})", hyp2f1(*map(rational, (a, b, c, z))), text)
    conclude(special, gauss)


if __name__ == "__main__":
    main()
