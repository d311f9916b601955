#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers of tests/geometry/ recursion_test, metric_test, radial_metric_test and tangent_test:

    python3 tests/reference/inline_geometry.py

The metric and its curvature from Q and chi at five neighbouring |x|^2 (geometry.py); the metric of the tangent kernel from its definition,
the mixed differences of Theta(x, y) at points 2e-18 apart, with every expectation over the two variables.
Needs Python 3 and mpmath; some 40 s.
"""
import re

from mpmath import mp, mpf

import activations
import geometry
from inline_jets import erf, gelu, tanh
from stated import TESTS, Comparison, conclude, numbers, rows

NAMES = {"Erf": "erf", "Gelu": "gelu", "Relu": "relu", "SquaredRelu": "relu_power:2"}


class Networks:
    def __init__(self):
        self.catalogue, self.known = activations.catalogue(), {}

    def features(self, name, depth, s, weights, biases, dim=3):
        """(jet of the next q, the quantities of the features of hidden layer `depth`)."""
        key = name, depth, s, dim
        if key not in self.known:
            jets = geometry.jets_by_differences(self.catalogue[name], s, weights, biases, mpf(10) ** -10)
            a, b = geometry.metrics(jets, weights)[depth - 1]
            self.known[key] = jets, geometry.quantities(a, b, s, dim)
        return self.known[key]

    def preactivations(self, name, layer, s):
        """q, dq/ds, A, B and the sectional curvatures of a layer: sigma_w2 times the metric of the features below."""
        w = mpf(3) / 2
        jets, found = self.features(name, layer - 1, s, [w] * layer, [mpf(1) / 10] * layer)
        q = jets[layer - 1][0]
        return [q[0], q[1], w * found["A"], w * found["B"], found["kappa_radial"] / w, found["kappa_tangential"] / w]


def calls_and_numbers(file, test):
    """Each line of a table in the test case whose name begins with `test`: the calls kernel(l, s, Phi{}) and the strings in it."""
    body = (TESTS / file).read_text(encoding="utf-8").split(f'TEST_CASE("{test}', 1)[1].split("};", 1)[0]
    for line in body.splitlines():
        calls = re.findall(r"kernel\((\d), (\d), (\w+)\{\}\)", line)
        if calls:
            yield [(NAMES[phi], int(layer), mpf(s)) for layer, s, phi in calls], re.findall(r'"([^"]*)"', line)


def compare_metrics(networks):
    recursion, metric, radial = (Comparison(f"geometry/{name}_test.cpp") for name in ("recursion", "metric", "radial_metric"))
    for (call,), texts in calls_and_numbers(recursion.file, "variance, its slope"):
        for what, value, text in zip(("q", "dq", "A", "B"), networks.preactivations(*call), texts):
            recursion.holds(f"{call[0]}, layer {call[1]}, {what}", value, text)
    for (at_one, at_zero), texts in calls_and_numbers(recursion.file, "sectional curvatures"):
        found = networks.preactivations(*at_one)[4:] + networks.preactivations(*at_zero)[4:5]
        for what, value, text in zip(("radial", "tangential", "at the origin"), found, texts):
            recursion.holds(f"{at_one[0]}, layer {at_one[1]}, curvature {what}", value, text)
    deep = networks.preactivations("erf", 4, mpf(1))
    for place, what in ((2, "A"), (3, "B"), (4, "curvature_radial"), (5, "curvature_tangential")):
        metric.holds(what, deep[place], numbers(metric.file, f"to_decimal(layer.metric.{what}.value, 30) == ")[0])
    for depth, *texts in rows(radial.file, "const Deep rows[] = {"):
        depth = int(depth)
        weights, biases = [mpf(1)] * depth, [mpf(1)] + [mpf(0)] * (depth - 1)
        jets = geometry.jets_by_differences(networks.catalogue["gelu"], mpf(1), weights, biases, mpf(10) ** -10)
        a, b = geometry.metrics(jets, weights)[depth - 1]
        plane, space = (geometry.quantities(a, b, mpf(1), dim) for dim in (2, 3))
        found = (plane["A"], plane["B"], mp.exp(plane["log_volume"]), plane["ricci"], space["ricci"])
        for what, value, text in zip(("A", "B", "volume", "ricci, d = 2", "ricci, d = 3"), found, texts):
            radial.holds(f"depth {depth}, {what}", value, text)
    return recursion, metric, radial


HERMITE = [(-1, 1), (0, 4), (1, 1)]      # nodes in units of sqrt(3), weights of 1/6: exact to degree 5


def dual(phi, q1, q2, c):
    """E[phi phi], E[phi' phi'] for u = sqrt(q1) xi, v = (c/q1) u + eta, eta so small (1e-18) that three points are exact."""
    step, root, small = mpf("0.055"), mp.sqrt(q1), mp.sqrt(max(3 * (q2 - c * c / q1), 0))
    values, slopes = [], []
    for j in range(-int(20 / step), int(20 / step) + 1):
        u, weight = root * j * step, step * mp.npdf(j * step)
        f, df = phi(u)
        if small == 0:
            values.append(weight * f * f)
            slopes.append(weight * df * df)
            continue
        for node, part in HERMITE:
            g, dg = phi(c / q1 * u + node * small)
            values.append(weight * part / 6 * f * g)
            slopes.append(weight * part / 6 * df * dg)
    return mp.fsum(values), mp.fsum(slopes)


def tangent_kernel(phi, depth, s1, s2, product):
    """Theta between points of squared norms s1, s2 and this product."""
    w, b = mpf(3) / 2, mpf(1) / 10
    q1, q2, c = b + w * s1, b + w * s2, b + w * product
    theta = c
    for _ in range(depth):
        value, slope = dual(phi, q1, q2, c)
        first = value if q1 == q2 == c else dual(phi, q1, q1, q1)[0]
        second = first if q2 == q1 else dual(phi, q2, q2, q2)[0]
        q1, q2, c = b + w * first, b + w * second, b + w * value
        theta = c + w * slope * theta
    return theta


def compare_tangent():
    compared, h = Comparison("geometry/tangent_test.cpp"), mpf(10) ** -18
    for name, *texts in rows(compared.file, "const Row rows[] = {"):
        phi = {"erf": erf, "gelu": gelu, "tanh": tanh}[name]

        def theta(x, y):
            return tangent_kernel(phi, 3, *(sum(a * b for a, b in zip(*pair)) for pair in ((x, x), (y, y), (x, y))))

        def mixed(direction):
            up, down = ([(1 if k == 0 else 0) + sign * h * d for k, d in enumerate(direction)] for sign in (1, -1))
            return (theta(up, up) - 2 * theta(up, down) + theta(down, down)) / (4 * h * h)

        tangential = mixed((0, 1))
        for what, value, text in zip("AB", (tangential, mixed((1, 0)) - tangential), texts):
            compared.holds(f"{name}, {what}", value, text)
    return compared


def main():
    mp.dps = 100
    metrics = compare_metrics(Networks())
    mp.dps = 95
    conclude(*metrics, compare_tangent())


if __name__ == "__main__":
    main()
