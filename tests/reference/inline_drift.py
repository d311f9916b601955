#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers of tests/training/drift_test.cpp, "values of mpmath to 12 decimals":  python3 tests/reference/inline_drift.py

One hidden layer of tanh units without biases, two training points, d = 2.  Every average of D-080 is an integral over the plane of w,
with the derivatives of G_ij = phi'(w.x)^2 w_i w_j along P_mu = phi'(w.x_mu) m_w x_mu written out, by the trapezoidal rule on two grids
that must agree to 1e-13 (in double precision, whose rounding is far below the 12 decimals); the integrals over time by Gauss-Legendre
quadrature of matrix exponentials, not in the eigenbasis.  Needs Python 3 and mpmath; some 3 s.
"""
from math import exp, pi, sqrt, tanh

from mpmath import mp, mpf

from quadrature import gauss_legendre
from stated import Comparison, conclude, numbers

FILE = "training/drift_test.cpp"
INPUTS, LABELS, POINT = [("1", "0.2"), ("-0.3", "0.8")], ("1", "-1.5"), ("0.6", "0.8")
ENTRIES = [(0, 0), (0, 1), (1, 1)]
PAIRS = [(0, 0), (0, 1), (1, 0), (1, 1)]


def tanh_jet(u):
    """phi, phi', phi'', phi'''."""
    t = tanh(u)
    s = 1 - t * t
    return t, s, -2 * t * s, (6 * t * t - 2) * s


def dot(a, b):
    return a[0] * b[0] + a[1] * b[1]


def averages(step, x_train, x, s_w, m_w):
    """E phi phi, E phi' phi', E G, E[G phi phi], T1, T3, T4; step in standard deviations of w."""
    total = {}

    def add(key, value):
        total[key] = total.get(key, 0) + value

    reach, root = int(9 / step), sqrt(s_w)
    for j in range(-reach, reach + 1):
        for k in range(0, reach + 1):      # every average is even in w
            if k == 0 and j < 0:
                continue
            a, b = j * step, k * step
            weight = exp(-(a * a + b * b) / 2) * step**2 / (2 * pi) * (1 if (j, k) == (0, 0) else 2)
            w = (root * a, root * b)
            jets = [tanh_jet(dot(w, y)) for y in x_train]
            _, d1, d2, d3 = tanh_jet(dot(w, x))
            push = [tuple(jet[1] * m_w * c for c in y) for jet, y in zip(jets, x_train)]
            for e, (i, l) in enumerate(ENTRIES):
                ww = w[i] * w[l]

                def along(p):
                    return 2 * d1 * d2 * dot(x, p) * ww + d1**2 * (p[i] * w[l] + w[i] * p[l])

                def twice(p, r):
                    xp, xr = dot(x, p), dot(x, r)
                    return (2 * (d2**2 + d1 * d3) * xp * xr * ww + d1**2 * (p[i] * r[l] + r[i] * p[l])
                            + 2 * d1 * d2 * (xp * (r[i] * w[l] + w[i] * r[l]) + xr * (p[i] * w[l] + w[i] * p[l])))

                slopes = [along(p) for p in push]
                add(("G", e), weight * d1**2 * ww)
                for m, n in PAIRS:
                    product = jets[m][0] * jets[n][0]
                    add(("G phi phi", e, m, n), weight * d1**2 * ww * product)
                    add(("T1", e, m, n), weight * jets[n][0] * slopes[m])
                    add(("T3", e, m, n), weight * jets[m][2] * dot(x_train[m], push[n]) * along([m_w * c for c in x_train[m]]))
                    add(("T4", e, m, n), weight * twice(push[m], push[n]))
                    if e == 0:
                        add(("phi phi", m, n), weight * product)
                        add(("phi' phi'", m, n), weight * jets[m][1] * jets[n][1])
    return total


def contract(a, b):
    return sum(a[m, n] * b[m, n] for m, n in PAIRS)


def over_time(theta, source, t):
    """D = int_0^t e^(-theta s) ds and I = int_0^t ds int_0^s dr e^(-theta s) source e^(-theta r)."""
    D, I, inverse = mp.zeros(2), mp.zeros(2), theta**-1
    for node, weight in gauss_legendre(40, mp.prec):
        s = t * (1 + node) / 2
        decay = mp.expm(-theta * s)
        D += weight * t / 2 * decay
        I += weight * t / 2 * decay * source * inverse * (mp.eye(2) - decay)
    return D, I


def main():
    mp.dps = 20
    s_w, s_v, m_w, m_v = mpf("1.5"), mpf("1.2"), mpf("1.5"), mpf("1.2")
    x_train, x = [tuple(map(float, p)) for p in INPUTS], tuple(map(float, POINT))
    y = mp.matrix([mpf(v) for v in LABELS])
    E = averages(0.13, x_train, x, float(s_w), float(m_w))
    for key, value in averages(0.17, x_train, x, float(s_w), float(m_w)).items():
        assert abs(value - E[key]) < 1e-13, (key, value, E[key])

    def matrix(name, e=None):
        key = (name,) if e is None else (name, e)
        return mp.matrix(2, 2) + mp.matrix([[E[key + (m, n)] for n in range(2)] for m in range(2)])

    phi, slope = matrix("phi phi"), matrix("phi' phi'")
    theta = mp.matrix([[m_v * phi[m, n] + s_v * m_w * dot(x_train[m], x_train[n]) * slope[m, n] for n in range(2)] for m in range(2)])
    found = {"ntk()": [theta[p] for p in ENTRIES]}
    T1, T3, T4 = ([matrix(name, e) for e in range(3)] for name in ("T1", "T3", "T4"))
    found["initial_rate()"] = [-s_v * (T1[e][0, 0] + T1[e][1, 1]) for e in range(3)]
    found["mean_field_acceleration()"] = [contract(y * y.T, m_v * T1[e] + s_v * (T3[e] + T4[e])) for e in range(3)]
    source = s_v * phi + y * y.T
    for t in ("0.25", "1", "4"):
        D, I = over_time(theta, source, mpf(t))
        found[f"at({t})"] = [-s_v * contract(D, T1[e]) + contract(I, m_v * T1[e] + s_v * T3[e]) + s_v / 2 * contract(D * source * D, T4[e])
                             for e in range(3)]
    # The first order in 1/n of the posterior mean of g (D-081): half the covariance of G with v (alpha.phi)^2 - v phi.(K + noise)^-1 phi.
    inverse = (s_v * phi + mpf("0.25") * mp.eye(2))**-1
    alpha = inverse * y
    pull = alpha * alpha.T - inverse
    found["posterior_shift(0.25)"] = [s_v / 2 * contract(pull, matrix("G phi phi", e) - E["G", e] * phi) for e in range(3)]

    compared = Comparison(FILE)
    for call, values in found.items():
        stated = numbers(FILE, f"check_entries(drift.{call}, {{", "}")
        assert len(stated) == 3, call
        for e, text in enumerate(stated):
            compared.holds(f"{call} {ENTRIES[e]}", values[e], text)
    conclude(compared)


if __name__ == "__main__":
    main()
