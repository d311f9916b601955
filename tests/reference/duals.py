# SPDX-License-Identifier: GPL-3.0-or-later
"""E[f(u) g(v)] for (u, v) ~ N(0, (q1 c; c q2)) straight from the definition: a grid in the two variables, no formula of the kernels.

Each line is cut at the kinks.  Half-lines take x = end + scale exp(t - exp(-t)) and segments tanh-sinh, so that kinks and algebraic ends
cost nothing and one grid, with one table of the density, serves every activation of the same kinks.
"""
from mpmath import mp, mpf


def half_line(step, reach):
    """Nodes and weights on (0, oo) for integrands that fall like a Gaussian of standard deviation 1."""
    rule, t = [], -mp.log(mp.dps * mp.log(10) * mpf("1.3"))
    while True:
        decay = mp.exp(-t)
        x = mp.exp(t - decay)
        if x > reach:
            return rule
        rule.append((x, step * x * (1 + decay)))
        t += step


def segment(step):
    """Nodes as distances from both ends and weights on (0, 1)."""
    rule, top = [], mp.asinh(2 * mp.dps * mp.log(10) / mp.pi * mpf("0.6"))
    n = int(top / step) + 1
    for j in range(-n, n + 1):
        y = mp.pi * mp.sinh(j * step)
        rule.append((1 / (1 + mp.exp(-y)), step * mp.pi * mp.cosh(j * step) / (mp.exp(y / 2) + mp.exp(-y / 2))**2))
    return rule


def line(kinks, q, step):
    """Nodes and weights on the line cut at the kinks, for a variable of variance q."""
    root, rule = mp.sqrt(q), []
    half = half_line(step, mp.sqrt(2 * mp.dps * mp.log(10)) + 1)
    rule += [(kinks[0] - root * x, root * w) for x, w in half]
    for a, b in zip(kinks, kinks[1:]):
        rule += [(a + (b - a) * x, (b - a) * w) for x, w in segment(step)]
    return rule + [(kinks[-1] + root * x, root * w) for x, w in half]


class Grid:
    """The grid of one covariance, kinks and step: expectation(f, g)."""

    def __init__(self, q1, q2, c, kinks=(mpf(0),), step=None):
        step = step or mpf("1.8") / mp.dps
        det = q1 * q2 - c * c
        u, v = line(kinks, q1, step), line(kinks, q2, step)
        factor = 1 / (2 * mp.pi * mp.sqrt(det))
        self.u, self.v = [x for x, _ in u], [y for y, _ in v]
        left = [(w * factor * mp.exp(-q2 * x * x / (2 * det)), x * c / det) for x, w in u]
        right = [(w * mp.exp(-q1 * y * y / (2 * det)), y) for y, w in v]
        self.density = [[a * b * mp.exp(s * y) for b, y in right] for a, s in left]

    def expectation(self, f, g=None):
        right = [(g or f)(y) for y in self.v]
        return mp.fsum(f(x) * mp.fdot(zip(row, right)) for x, row in zip(self.u, self.density))
