#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernels E[phi phi] and E[phi' phi'] of tests/gaussian/ dual_form_test, pair_rule_test and bivariate_rule_test:

    python3 tests/reference/inline_duals.py

Every one from its definition on a grid in two variables (duals.py); where phi jumps, the derivative kernel is the density at the jumps.
Needs Python 3 and mpmath; some 30 s.
"""
from mpmath import mp, mpf

import duals
from stated import Comparison, conclude, rows

COVARIANCES = [("1", "1", "0.5"), ("0.7", "1.6", "-0.4")]


def power(p, left, right):
    """left |x|^p below 0 and right x^p above."""
    return (lambda x: right * x**p if x > 0 else left * (-x)**p), (lambda x: p * right * x**(p - 1) if x > 0 else -p * left * (-x)**(p - 1))


def add(*parts):
    return (lambda x: sum(phi(x) for phi, _ in parts)), (lambda x: sum(slope(x) for _, slope in parts))


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def catalogue():
    """name: (phi, phi', kinks)"""
    zero, one, third, half = (mpf(0),), mpf(1), mpf(1) / 3, mpf(1) / 2
    scale, alpha = mpf("1.050700987355480493419334985294606"), mpf("1.673263242354377284817042991671652")
    elu = (lambda x: x if x > 0 else mp.expm1(x)), (lambda x: one if x > 0 else mp.exp(x))
    relu = power(one, 0, 1)
    found = {
        "relu": relu,
        "leaky_relu:1/5": power(one, -one / 5, 1),
        "abs": power(one, 1, 1),
        "step": ((lambda x: one if x > 0 else mpf(0)), None),
        "erf": (mp.erf, lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x)),
        "normal_cdf": (mp.ncdf, mp.npdf),
        "gelu": ((lambda x: x * mp.ncdf(x)), lambda x: mp.ncdf(x) + x * mp.npdf(x)),
        "sin": (mp.sin, mp.cos),
        "exp": (mp.exp, mp.exp),
        "gaussian": ((lambda x: mp.exp(-x * x)), lambda x: -2 * x * mp.exp(-x * x)),
        "elu:1": elu,
        "selu": ((lambda x: scale * x if x > 0 else scale * alpha * mp.expm1(x)), lambda x: scale if x > 0 else scale * alpha * mp.exp(x)),
        "tanh": (mp.tanh, lambda x: 1 - mp.tanh(x)**2),
        "sigmoid": (sigmoid, lambda x: sigmoid(x) * sigmoid(-x)),
        "softplus": ((lambda x: mp.log1p(mp.exp(-abs(x))) + max(x, 0)), sigmoid),
        "silu": ((lambda x: x * sigmoid(x)), lambda x: sigmoid(x) + x * sigmoid(x) * sigmoid(-x)),
        "x^3": power(mpf(3), -1, 1),
        "monomial:3": power(mpf(3), -1, 1),
        "abs(x)^(3/2)": power(3 * half, 1, 1),
        "sign(x)*abs(x)^(5/4)": power(one * 5 / 4, -1, 1),
        "relu(x)^(3/2)-2*relu(-x)^(3/2)": power(3 * half, -2, 1),
        "relu(x)^(3/2)+relu(-x)^(3/2)/3": power(3 * half, third, 1),
        "relu(x)^(5/2)+3*relu(x)": add(power(5 * half, 0, 1), power(one, 0, 3)),
        "relu(x)^2+x": add(power(mpf(2), 0, 1), power(one, -1, 1)),
        "abs(x)^(5/3)-x^2+x": add(power(5 * third, 1, 1), power(mpf(2), -1, -1), power(one, -1, 1)),
    }
    for p in ("2", "3", "5", "7", "3/2", "4/3"):
        top, _, bottom = p.partition("/")
        found[f"relu_power:{p}"] = power(mpf(top) / mpf(bottom or 1), 0, 1)
    found = {name: (*pair, zero) for name, pair in found.items()}
    found["hardtanh"] = (lambda x: min(max(x, -one), one)), (lambda x: one if abs(x) < 1 else mpf(0)), (-one, one)
    found["relu6(6*x)/6"] = (lambda x: min(max(x, 0), one)), (lambda x: one if 0 < x < 1 else mpf(0)), (mpf(0), one)
    return found


class Kernels:
    """Both kernels of an activation, each grid made once."""

    def __init__(self):
        self.grids, self.known, self.catalogue = {}, {}, catalogue()

    def of(self, name, covariance):
        if (name, covariance) not in self.known:
            phi, slope, kinks = self.catalogue[name]
            q1, q2, c = map(mpf, covariance)
            if (kinks, covariance) not in self.grids:
                self.grids[kinks, covariance] = duals.Grid(q1, q2, c, kinks)
            grid = self.grids[kinks, covariance]
            derivative = grid.expectation(slope) if slope else 1 / (2 * mp.pi * mp.sqrt(q1 * q2 - c * c))
            self.known[name, covariance] = grid.expectation(phi), derivative
        return self.known[name, covariance]


def main():
    mp.dps = 40
    kernels, compared = Kernels(), []
    for file, tables in (("gaussian/dual_form_test.cpp", ("const Row rows[] = {", "rows_of_powers = {")),
                         ("gaussian/pair_rule_test.cpp", ("const Row without_closed_form[] = {",)),
                         ("gaussian/bivariate_rule_test.cpp", ("constexpr Row reference[] = {",))):
        compared.append(Comparison(file))
        for table in tables:
            for name, *texts in rows(file, table):
                found = [k for covariance in COVARIANCES[-len(texts) // 2:] for k in kernels.of(name, covariance)]
                for what, value, text in zip(("F at the first", "F' at the first", "F", "F'")[-len(texts):], found, texts):
                    compared[-1].holds(f"{name}, {what}", value, text)
    conclude(*compared)


if __name__ == "__main__":
    main()
