#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers of tests/kernel/deep_kernel_test.cpp, "tanh and silu through 60 layers": kernels between (1, 0) and (3/5, 4/5).

    python3 tests/reference/inline_deep_kernels.py

In doubles: every expectation by the trapezoidal rule in two independent variables, in one where the points are equal. Python alone and mpmath
for the comparison; some seconds.
"""
import math

from mpmath import mpf

from stated import Comparison, conclude, rows


def tanh(x):
    t = math.tanh(x)
    return t, 1 - t * t


def silu(x):
    s = 1 / (1 + math.exp(-x)) if x > -700 else 0.0
    return x * s, s + x * s * (1 - s)


def grid(deviation, finer):
    h = finer / max(1, deviation)
    return [(i * h, math.exp(-(i * h) ** 2 / 2) * h / math.sqrt(2 * math.pi)) for i in range(-int(9 / h), int(9 / h) + 1)]


def duals(f, q, c):
    """E[f(u) f(v)], E[f'(u) f'(v)], both variances q."""
    plus, minus = math.sqrt((q + c) / 2), math.sqrt(max(0, q - c) / 2)
    value, slope = [], []
    second = [(minus * b, w) for b, w in grid(minus, 0.2)]
    for a, weight in grid(plus, 0.2):
        if weight < 1e-18:
            continue
        for b, w in second:
            if weight * w < 1e-19:
                continue
            (fu, du), (fv, dv) = f(plus * a + b), f(plus * a - b)
            value.append(weight * w * fu * fv)
            slope.append(weight * w * du * dv)
    return math.fsum(value), math.fsum(slope)


def kernels(f, depth, w, b):
    q, c = b + w, b + w * 0.6
    theta = c
    for _ in range(depth):
        value, slope = duals(f, q, c)
        q = b + w * math.fsum(weight * f(math.sqrt(q) * z)[0] ** 2 for z, weight in grid(math.sqrt(q), 0.1))
        c = b + w * value
        theta = c + w * slope * theta
    return c, theta


def main():
    test = Comparison("kernel/deep_kernel_test.cpp")
    for name, depth, w, b, nngp, ntk in rows(test.file, "} smooth[] = {"):
        found = kernels({"tanh": tanh, "silu": silu}[name], int(depth), float(w), float(b))
        print(name, depth, w, b, *found, flush=True)
        for what, value, text in zip(("nngp", "ntk"), found, (nngp, ntk)):
            test.holds(f"{what} of {name}, {depth} layers, {w}, {b}", mpf(value), text)
    conclude(test)


if __name__ == "__main__":
    main()
