#!/usr/bin/python3
"""Writes kernels.csv: the kernels of deep networks between two points, from the closed duals that the literature has.

    python3 tests/reference/kernels.py

The recursion runs in mpmath, whose precision is doubled until two runs agree to 34 digits of every value; each dual is held against a
trapezoidal rule in two variables first. Deterministic; needs Python 3 and mpmath.
"""
import datetime
import platform
from fractions import Fraction as F
from pathlib import Path

import mpmath
from mpmath import asin, cosh, exp, mp, mpf, pi, sinh, sqrt

DIGITS = 30


class Unsettled(Exception):
    """The precision is too low."""


def relu(q1, q2, c):
    theta = mp.acos(c / sqrt(q1 * q2))
    return (sqrt(q1 * q2 - c * c) + c * (pi - theta)) / (2 * pi), (pi - theta) / (2 * pi)


def erf(q1, q2, c):
    product = (1 + 2 * q1) * (1 + 2 * q2)
    return 2 / pi * asin(2 * c / sqrt(product)), 4 / pi / sqrt(product - 4 * c * c)


def gelu(q1, q2, c):
    product = (1 + q1) * (1 + q2)
    root = sqrt(product - c * c)
    angle = mpf(1) / 4 + asin(c / sqrt(product)) / (2 * pi)
    top, under = q1 * q2 * (product - c * c) + c * c, 2 * pi * product
    slope = angle + c / (2 * pi * root) + 2 * c * (1 - q1 * q2) / (under * root) + top * c / (under * root ** 3)
    return c * angle + top / (under * root), slope


def sin(q1, q2, c):
    e = exp(-(q1 + q2) / 2)
    return e * sinh(c), e * cosh(c)


DUALS = {"relu": (relu, lambda x: max(x, mpf(0))), "erf": (erf, mp.erf), "gelu": (gelu, lambda x: x * mp.ncdf(x)), "sin": (sin, mp.sin)}


def expectation(name, q1, q2, c):
    """E[phi(u) phi(v)]: for relu the mean of v+ given u, else a trapezoidal rule in two independent variables."""
    phi, slope = DUALS[name][1], c / q1
    rest = sqrt(q2 - slope * c)
    if name == "relu":
        def given(u):
            z = slope * u / rest
            return rest * (z * mp.ncdf(z) + mp.npdf(z))
        return mp.quad(lambda x: sqrt(q1) * x * given(sqrt(q1) * x) * mp.npdf(x), [0, 4, 12])
    h = mpf(1) / 5
    grid = [i * h for i in range(-40, 41)]
    return h * h * sum(mp.npdf(x) * phi(sqrt(q1) * x) * sum(mp.npdf(y) * phi(slope * sqrt(q1) * x + rest * y) for y in grid) for x in grid)


def check(name):
    """A dual against quadrature, and its slope against a difference."""
    with mp.workdps(20):
        dual, (q1, q2, c), step = DUALS[name][0], (mpf(7) / 10, mpf(8) / 5, mpf(2) / 5), mpf(10) ** -6
        value, slope = dual(q1, q2, c)
        assert abs(expectation(name, q1, q2, c) - value) < mpf("1e-12"), name
        assert abs((dual(q1, q2, c + step)[0] - dual(q1, q2, c - step)[0]) / (2 * step) - slope) < mpf("1e-10"), name


def run(name, w, b, xx, yy, xy, depths):
    """nngp, ntk and the derivative kernel at each depth."""
    dual = DUALS[name][0]
    square = (lambda q: q / 2) if name == "relu" else (lambda q: dual(q, q, q)[0])  # E[phi^2]
    w, b, xx, yy, xy = (mp.mpf(v.numerator) / v.denominator for v in (w, b, xx, yy, xy))
    q1, q2, c = b + w * xx, b + w * yy, b + w * xy
    theta, found = c, {}
    for layer in range(1, max(depths) + 1):
        value, slope = dual(q1, q2, c)
        q1, q2, c = b + w * square(q1), b + w * square(q2), b + w * value
        if isinstance(c, mp.mpc):  # beyond the correlation 1 by rounding
            raise Unsettled
        theta = c + w * slope * theta
        if layer in depths:
            found[layer] = (c, theta, slope)
    return found


def settled(*network):
    """At doubled precision until two runs agree."""
    before, dps = None, 120
    while True:
        with mp.workdps(dps):
            try:
                now = run(*network)
            except (Unsettled, ZeroDivisionError):  # or 1 + 2 q = (1 + q)^2 - q^2 has lost all its digits
                now = None
            if now is not None and before is not None and all(abs(a - b) <= abs(a) * mpf(10) ** -34 for l in now for a, b in zip(now[l], before[l])):
                return now
        before, dps = now, 2 * dps


def main():
    for name in DUALS:
        check(name)
    near = (F(1), 1 + F(1, 10**24), F(1))  # (1, 0), (1, 1e-12)
    pairs = [(F(1), F(1), F(0)), (F(1), F(1), F(3, 5)), (F(1), F(4), F(-6, 5)), near, (F(1, 10**12), F(10**6), F(1, 2000))]
    phases = {  # sigma_w2, sigma_b2
        "relu": [(F(1), F(1, 10)), (F(2), F(0)), (F(4), F(1, 10))],
        "erf": [(F(1, 2), F(1, 10)), (F(1), F(1, 2)), (F(4), F(1, 10))],
        "gelu": [(F(1), F(1, 10)), (F(3, 2), F(1, 4)), (F(4), F(1, 10))],
        "sin": [(F(1, 2), F(1, 10)), (F(1), F(0)), (F(30), F(1, 10))],
    }
    depths = [1, 2, 5, 20, 100, 1000]
    lines = []
    for name, variances in phases.items():
        for w, b in variances:
            for xx, yy, xy in pairs:
                for depth, values in settled(name, w, b, xx, yy, xy, depths).items():
                    numbers = [mp.nstr(v, DIGITS, min_fixed=-5, max_fixed=6) for v in values]
                    lines.append(",".join([name, str(depth), str(w), str(b), str(xx), str(yy), str(xy)] + numbers))
    header = [f"program: tests/reference/kernels.py, mpmath {mpmath.__version__}, Python {platform.python_version()}", "command: python3 tests/reference/kernels.py",
              f"date: {datetime.date.today()}", f"precision: {DIGITS} digits written, two precisions agree to 34",
              "the kernels of `depth` hidden layers between x and y, given by their products; unit input scaling, ntk parameterization"]
    columns = "activation,depth,sigma_w2,sigma_b2,xx,yy,xy,nngp,ntk,derivative"
    path = Path(__file__).resolve().parent / "kernels.csv"
    path.write_text("".join(f"# {h}\n" for h in header) + columns + "\n" + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
