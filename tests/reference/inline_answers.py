#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of single answers: tests/finite/read_network_test, tests/cli/answers_test and tests/validation/network_study_test.cpp:

    python3 tests/reference/inline_answers.py

A finite network's metric from its Jacobian, an expectation and a kernel on grids in two variables, the coefficient of a limit as an
integral, the curvature of one hidden layer from chi at neighbouring |x|^2.  Needs Python 3 and mpmath; some 10 s of a processor.
"""
import re

from mpmath import mp, mpf

import activations
import duals
import geometry
from inline_duals import catalogue
from inline_kernels import layers
from stated import TESTS, Comparison, conclude, numbers


def finite_metric():
    """J = diag(phi') W2 diag(phi') W1 of a tanh network, g = J^T J / 2, at (0.6, 0.8)."""
    file = "finite/read_network_test.cpp"
    arrays = {name: list(map(mpf, numbers(file, f" {name} = {{", "}"))) for name in ("W1", "b1", "W2", "b2")}
    W1, b1, W2, b2 = mp.matrix(3, 2), mp.matrix(arrays["b1"]), mp.matrix(2, 3), mp.matrix(arrays["b2"])
    for matrix, values in ((W1, arrays["W1"]), (W2, arrays["W2"])):
        for k, value in enumerate(values):
            matrix[k // matrix.cols, k % matrix.cols] = value
    value, jacobian = mp.matrix([mpf("0.6"), mpf("0.8")]), mp.eye(2)
    for weights, biases in ((W1, b1), (W2, b2)):
        value = (weights * value + biases).apply(mp.tanh)
        jacobian = mp.diag([1 - t * t for t in value]) * weights * jacobian
    return jacobian.T * jacobian / 2


def compare_finite():
    compared, g = Comparison("finite/read_network_test.cpp"), finite_metric()
    stated = numbers(compared.file, "const double want[] = ")
    volume = mp.log(mp.det(g)) / 2
    for what, value, text in zip(("g_11", "g_12", "g_21", "g_22", "log volume"), (*g, volume), stated):
        compared.holds(what, value, text, double=True)
    return compared


def begins(compared, what, found, text):
    """`text` is the beginning of `found`, cut."""
    compared.holds(what, mp.sign(found) * mp.floor(abs(found) * mpf(10) ** (d := len(text.partition(".")[2]))) / mpf(10)**d, text)


def compare_answers():
    compared, known = Comparison("cli/answers_test.cpp"), catalogue()
    text = (TESTS / compared.file).read_text(encoding="utf-8")

    def stated(pattern):
        return re.search(pattern, text)[1]

    g = finite_metric()
    begins(compared, "g_11", g[0, 0], stated(r'"metric":\[\[\{"value":"([\d.]+)\)'))
    begins(compared, "log volume", mp.log(mp.det(g)) / 2, stated(r'"log_volume_element":\{"value":"(-0\.34[\d]+)\)'))
    c = mp.quad(lambda x: known["softplus"][0](x)**2 - max(x, 0)**2, [-mp.inf, -4, 0, 4, 30, mp.inf]) / mp.sqrt(2 * mp.pi)
    compared.holds("c_1 of softplus", c, stated(r"c_1 = ([\d.]+)  \(numeric"))
    grid = duals.Grid(mpf(1), mpf(2), mpf(1) / 2)
    mixed = grid.expectation(mp.tanh, lambda y: max(y, 0))
    compared.holds("E tanh(u) relu(v)", mixed, stated(r'"--digits", "20"\}\), ContainsSubstring\("(0\.15[\d]+)"'))
    points = (mpf(1), mpf(0)), (mpf("0.6"), mpf("0.8"))
    ntk = layers(known["tanh"], *points, 3, mpf(1), mpf(0))[-1][1]
    begins(compared, "NTK of tanh", ntk, stated(r'"double"\}\), ContainsSubstring\("([\d.]+)"'))
    nngp, ntk = layers(known["erf"], *points, 3)[-1]
    compared.holds("NNGP of erf", nngp, stated(r'"nngp":\{"value":"(0\.48\d+)"'))
    compared.holds("NTK of erf", ntk, stated(r'"ntk":\{"value":"(1\.53\d+)"'))
    return compared


def compare_curvature():
    """R of erf(x/sqrt 2), one hidden layer in the plane, |x|^2 = sigma_w2 = sigma_b2 = 1."""
    compared, one = Comparison("validation/network_study_test.cpp"), mpf(1)
    jets = geometry.jets_by_differences(activations.catalogue()["erf(x/sqrt(2))"], one, [one], [one], mpf(10) ** -6)
    a, b = geometry.metrics(jets, [one])[0]
    compared.holds("R", -geometry.quantities(a, b, one, 2)["ricci"], numbers(compared.file, "truth.rows.at(0).theory + ", ")")[0])
    return compared


def main():
    mp.dps = 40
    conclude(compare_finite(), compare_answers(), compare_curvature())


if __name__ == "__main__":
    main()
