#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes pair_duals.csv: E[f(u) f(v)] and E[f'(u) f'(v)] of activations without closed duals; no closed form and no ball enters.

    python3 tests/reference/pair_duals.py

u = sqrt(q1) (A a + B b), v = sqrt(q2) (A a - B b), A, B = sqrt((1 +- rho)/2), a and b independent: the trapezoidal rule in both, on two grids
that have to agree. Large variances of tanh: E[f' f'] where sech^2 lives, and E[f f] as its integral over c from 0 (Price), by Gauss-Legendre
rules of two sizes. Deterministic; needs Python 3 and mpmath; about a quarter of an hour.
"""
import sys
from pathlib import Path

import mpmath
from mpmath import mp, mpf

from quadrature import gauss_legendre

DIGITS = 34
mp.dps = DIGITS + 8


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def softplus(x):
    return mp.log1p(mp.exp(-abs(x))) + max(x, 0)


def of_tanh(x):
    t = mp.tanh(x)
    return t, 1 - t * t


def of_sigmoid(x):
    s = sigmoid(x)
    return s, s * sigmoid(-x)


def of_silu(x):
    s = sigmoid(x)
    return x * s, s + x * s * sigmoid(-x)


def of_mish(x):
    t = mp.tanh(softplus(x))
    return x * t, t + x * (1 - t * t) * sigmoid(x)


# values and slopes, and how far the nearest singularity lies from the real line
ACTIVATIONS = {
    "tanh": (of_tanh, mp.pi / 2),
    "sigmoid": (of_sigmoid, mp.pi),
    "silu": (of_silu, mp.pi),
    "softplus": (lambda x: (softplus(x), sigmoid(x)), mp.pi),
    "x*tanh(softplus(x))": (of_mish, 3 * mp.pi / 4),
    "log(cosh(x))": (lambda x: (mp.log(mp.cosh(x)), mp.tanh(x)), mp.pi / 2),
    "atan(x)": (lambda x: (mp.atan(x), 1 / (1 + x * x)), mpf(1)),
}
COVARIANCES = [("1", "1", "0.5"), ("0.7", "1.6", "-0.4"), ("0.01", "4", "0.19999999"), ("3", "3", "-2.9999999"), ("1e-8", "1e-8", "9e-9")]
LARGE = [("1e4", "1e4", "5e3"), ("1e6", "1e5", "-1e5")]


def step(distance, goal):
    """The longest trapezoidal step against the standard normal density for a strip of that half height."""
    d = min(distance, mp.sqrt(2 * goal))
    return 2 * mp.pi * d / (goal + d * d / 2)


def on_grid(f, distance, q1, q2, c, finer):
    rho = c / mp.sqrt(q1 * q2)
    A, B = mp.sqrt((1 + rho) / 2), mp.sqrt((1 - rho) / 2)
    goal = (DIGITS + 6) * mp.log(10)
    widest = mp.sqrt(max(q1, q2))
    ha, hb = step(mpf("0.95") * distance / (widest * A), goal) / finer, step(mpf("0.95") * distance / (widest * B), goal) / finer
    reach = mp.sqrt(2 * goal)
    value = slope = mpf(0)
    for i in range(-int(reach / ha), int(reach / ha) + 1):
        a = (i + (finer - 1)) * ha
        for j in range(-int(reach / hb), int(reach / hb) + 1):
            b = (j + (finer - 1) / 2) * hb
            if a * a + b * b > reach * reach:
                continue
            weight = mp.exp(-(a * a + b * b) / 2)
            (fu, du), (fv, dv) = f(mp.sqrt(q1) * (A * a + B * b)), f(mp.sqrt(q2) * (A * a - B * b))
            value += weight * fu * fv
            slope += weight * du * dv
    factor = ha * hb / (2 * mp.pi)
    return value * factor, slope * factor


def tanh_slopes(q1, q2, c, h, table):
    """E[sech^2(u) sech^2(v)] by the trapezoidal rule in u and v."""
    det = q1 * q2 - c * c
    n = (len(table) - 1) // 2
    total = mpf(0)
    for j in range(n + 1):  # u and v, -u and -v: the same
        u = j * h
        row = mpf(0)
        weight = mp.exp(-(q1 * (n * h) ** 2 + 2 * c * u * n * h + q2 * u * u) / (2 * det))
        ratio = mp.exp(-(q1 * (h * h - 2 * n * h * h) - 2 * c * u * h) / (2 * det))
        bend = mp.exp(-q1 * h * h / det)
        for k in range(-n, n + 1):  # v = k h
            row += weight * table[k + n]
            weight *= ratio
            ratio *= bend
        total += row * table[j + n] * (2 if j > 0 else 1)
    return total * h * h / (2 * mp.pi * mp.sqrt(det))


def large_tanh(q1, q2, c, nodes, h):
    n = int(mpf(DIGITS + 6) * mp.log(10) / 2 / h)
    table = [mp.sech(k * h) ** 2 for k in range(-n, n + 1)]
    value = mpf(0)
    # c' = sqrt(q1 q2) sin(t): the density's singularity at |rho| = 1 goes far away
    end = mp.asin(c / mp.sqrt(q1 * q2))
    for x, w in gauss_legendre(nodes, mp.prec):
        t = end * (1 + x) / 2
        value += w * mp.cos(t) * tanh_slopes(q1, q2, mp.sqrt(q1 * q2) * mp.sin(t), h, table)
    return value * end / 2 * mp.sqrt(q1 * q2), tanh_slopes(q1, q2, c, h, table)


def agreed(first, second, what):
    for a, b in zip(first, second):
        if abs(a - b) > abs(a) * mpf(10) ** (1 - DIGITS):
            sys.exit(f"{what}: {a} and {b} disagree")
    return ",".join(mp.nstr(x, DIGITS - 2, min_fixed=-5, max_fixed=6) for x in first)


def main():
    lines = [f"# program: tests/reference/pair_duals.py, mpmath {mpmath.__version__}",
             "# E[f(u) f(v)] and E[f'(u) f'(v)] for normal (u, v) of covariance [[q1, c], [c, q2]]", "activation,q1,q2,c,value,slope"]
    for name, (f, distance) in ACTIVATIONS.items():
        for q1, q2, c in COVARIANCES:
            grids = [on_grid(f, distance, mpf(q1), mpf(q2), mpf(c), finer) for finer in (mpf(1), mpf("1.1"))]
            lines.append(f"{name},{q1},{q2},{c},{agreed(*grids, name)}")
            print(lines[-1], flush=True)
    for q1, q2, c in LARGE:
        ways = [large_tanh(mpf(q1), mpf(q2), mpf(c), nodes, mpf(h)) for nodes, h in ((20, "0.108"), (24, "0.1"))]
        lines.append(f"tanh,{q1},{q2},{c},{agreed(*ways, 'tanh')}")
        print(lines[-1], flush=True)
    (Path(__file__).resolve().parent / "pair_duals.csv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
