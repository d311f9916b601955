#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers of tests/kernel/ network_kernel_test, gram_test and regression_test and of tests/cli/predict_test.cpp:

    python3 tests/reference/inline_kernels.py

Kernels layer by layer with every expectation on a grid in two variables (duals.py), in one where the points are equal: no closed form of a
kernel.  The posterior by linear equations, gradient flow by the exponential of a matrix.  Needs Python 3 and mpmath; some 30 s.
"""
from mpmath import mp, mpf

import duals
from inline_duals import catalogue
from stated import Comparison, conclude, numbers, rows


def moments(activation, q1, q2, c):
    """E[phi phi] and E[phi' phi']."""
    phi, slope, kinks = activation
    if q1 * q2 - c * c > mpf(10) ** -mp.dps * q1 * q2:
        grid = duals.Grid(q1, q2, c, kinks)
        return grid.expectation(phi), grid.expectation(slope)
    rule = [(x, w * mp.npdf(x, 0, mp.sqrt(q1))) for x, w in duals.line(kinks, q1, mpf("1.8") / mp.dps)]
    return tuple(mp.fsum(w * f(x)**2 for x, w in rule) for f in (phi, slope))


def layers(activation, x, y, depth, w=mpf("1.5"), b=None):
    """(Sigma, Theta) between x and y after each hidden layer, sigma_w2 = 3/2, sigma_b2 = 1/10 unless given, by D-041."""
    b = mpf(1) / 10 if b is None else b
    q1, q2, c = (b + w * sum(s * t for s, t in zip(*pair)) for pair in ((x, x), (y, y), (x, y)))
    theta, found = c, []
    for _ in range(depth):
        value, slope = moments(activation, q1, q2, c)
        first = value if q1 == c == q2 else moments(activation, q1, q1, q1)[0]
        second = first if q2 == q1 else moments(activation, q2, q2, q2)[0]
        q1, q2, c = b + w * first, b + w * second, b + w * value
        theta = c + w * slope * theta
        found.append((c, theta))
    return found


def compare_networks(known):
    """Both tests hold the same rows: at (1, 0) and (3/5, 4/5) after one and three layers, and at (1, 0) with itself after three."""
    x, y, compared = (mpf(1), mpf(0)), (mpf(3) / 5, mpf(4) / 5), []
    found = {}
    for name in ("relu", "erf", "gelu", "tanh"):
        apart, same = layers(known[name], x, y, 3), layers(known[name], x, x, 3)
        found[name] = [*apart[0], *apart[2], *same[2]]
    for file, start, end in (("kernel/network_kernel_test.cpp", "const Row rows[] = {", "};"),
                             ("kernel/gram_test.cpp", "const Row row = GENERATE(", ");")):
        compared.append(Comparison(file))
        for name, *texts in rows(file, start, end):
            for what, value, text in zip(("K2", "Theta2", "K4", "Theta4", "K4(x,x)", "Theta4(x,x)"), found[name], texts):
                compared[-1].holds(f"{name}, {what}", value, text)
    return compared


def matrices(activation, rows_, columns):
    known = {}
    for x in rows_:
        for y in columns:
            if (y, x) not in known:
                known[x, y] = layers(activation, x, y, 1)[0]
    pairs = [[known.get((x, y)) or known[y, x] for y in columns] for x in rows_]
    return [mp.matrix([[pair[k] for pair in row] for row in pairs]) for k in range(2)]


def compare_regression(known):
    """Erf, one hidden layer, training points (1, 0.2) and (-0.3, 0.8) with labels 1 and -1.5, the test point (0.6, 0.8)."""
    train, test = [tuple(map(mpf, p)) for p in (("1", "0.2"), ("-0.3", "0.8"))], [(mpf("0.6"), mpf("0.8"))]
    y = mp.matrix([mpf(1), mpf("-1.5")])
    (K, theta), (Ks, theta_s), (own, _) = (matrices(known["erf"], *pair) for pair in ((train, train), (test, train), (test, test)))
    found = []
    for noise in (mpf(0), mpf("0.01")):
        weights = mp.lu_solve(K + noise * mp.eye(2), Ks.T).T
        found.append(((weights * y)[0], (own - weights * Ks.T)[0]))
    for decay in (mp.expm(-theta), mp.zeros(2)):
        weights = mp.lu_solve(theta, theta_s.T).T * (mp.eye(2) - decay)
        found.append(((weights * y)[0], (own - 2 * weights * Ks.T + weights * K * weights.T)[0]))

    regression, predict = Comparison("kernel/regression_test.cpp"), Comparison("cli/predict_test.cpp")
    file = regression.file
    regression.holds("K(x1,x1)", K[0, 0], numbers(file, "CHECK(near(train.nngp[0], ")[0])
    regression.holds("Theta(x1,x2)", theta[0, 1], numbers(file, "CHECK(near(train.ntk[1], ")[0])
    calls = ("NngpPosterior(train.nngp, y, 0)", "NngpPosterior(train.nngp, y, 0.01)", "NtkFlow(train.nngp, train.ntk, y, 1, 0)",
             "NtkFlow(train.nngp, train.ntk, y, forever, 0)")
    for k, call in enumerate(calls):
        for i, text in enumerate(numbers(file, f"check({call}.at(test.kernels()),")):
            regression.holds(f"{call} {i}", found[k][i], text)
    stated = numbers_of_predict()
    assert len(stated) == 8
    for k, text in enumerate(stated):
        predict.holds(f"row {k // 2 + 1}, number {k % 2 + 1}", found[k // 2][k % 2], text)
    return regression, predict


def numbers_of_predict():
    """Those of 16 decimals in the table of calls."""
    return [text for text in numbers("cli/predict_test.cpp", "std::vector<Want>{", ") {") if len(text.partition(".")[2]) == 16]


def main():
    mp.dps = 42
    known = catalogue()
    conclude(*compare_networks(known), *compare_regression(known))


if __name__ == "__main__":
    main()
