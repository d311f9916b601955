#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers of tests/finite/jet_chain_test.cpp and theory_test.cpp that are mpmath's:  python3 tests/reference/inline_jets.py

The chain of D-062 in two dimensions, M = (q, p_1, p_2, g_11, g_12, g_22), from its definition alone: the map M -> E[f f^T] and the
covariance of f f^T by one integral over z and the moments of (dz given z), its first and second derivatives by central differences
at 80 digits.  No Hermite weights, no derivatives in q of an average.  log det by differences too.  Needs Python 3 and mpmath; some 30 s.
"""
from itertools import product

from mpmath import mp, mpf

from stated import Comparison, conclude, numbers, rows

W, B = mpf(3) / 2, mpf(1) / 10
ENTRY = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]      # of M, index 0 the value and 1, 2 the slopes
STEP = mpf(10) ** -17


def erf(z):
    return mp.erf(z), 2 / mp.sqrt(mp.pi) * mp.exp(-z * z)


def tanh(z):
    t = mp.tanh(z)
    return t, 1 - t * t


def gelu(z):
    cdf = mp.ncdf(z)
    return z * cdf, cdf + z * mp.npdf(z)


class Averages:
    """E[phi^(4-k) phi'^k z^j] and the like: tables over the nodes of the trapezoidal rule, kept for each q."""

    def __init__(self, activation):
        self.activation, self.kept = activation, {}

    def of(self, q, values, slopes, power):
        if q not in self.kept:
            h, root, nodes = mpf("0.055"), mp.sqrt(q), []
            for j in range(-int(20 / h), int(20 / h) + 1):
                z = root * j * h
                nodes.append((z, h * mp.npdf(j * h), *self.activation(z)))
            self.kept[q] = nodes, {}
        nodes, known = self.kept[q]
        if (values, slopes, power) not in known:
            known[values, slopes, power] = mp.fsum(w * phi**values * slope**slopes * z**power for z, w, phi, slope in nodes)
        return known[values, slopes, power]


def gaussian_moment(line, cov, indices):
    """E prod (line_i z + y_i) as a polynomial in z (list of coefficients), y Gaussian with covariance cov."""
    if not indices:
        return [mpf(1)]
    first, rest = indices[0], indices[1:]
    result = [mpf(0)] + [line[first] * c for c in gaussian_moment(line, cov, rest)]
    for k, other in enumerate(rest):
        for j, c in enumerate(gaussian_moment(line, cov, rest[:k] + rest[k + 1:])):
            result[j] += cov[first, other] * c
    return result


def moment(averages, M, indices):
    """E prod f_a for f = (phi(z), phi'(z) d_1 z, phi'(z) d_2 z), (z, dz) Gaussian with covariance M."""
    q, slopes = M[0], [a for a in indices if a]
    line = {1: M[1] / q, 2: M[2] / q}
    cov = {(1, 1): M[3] - M[1]**2 / q, (1, 2): M[4] - M[1] * M[2] / q, (2, 2): M[5] - M[2]**2 / q}
    cov[2, 1] = cov[1, 2]
    polynomial = gaussian_moment(line, cov, slopes)
    return sum(c * averages.of(q, len(indices) - len(slopes), len(slopes), j) for j, c in enumerate(polynomial) if c != 0)


def image(averages, M):
    return [(B if e == (0, 0) else 0) + W * moment(averages, M, list(e)) for e in ENTRY]


def differences(function, M):
    """Value, Jacobian[a][output] and Hessian[a, b][output] at M."""
    def moved(*by):
        point = list(M)
        for index, sign in by:
            point[index] += sign * STEP
        return function(point)

    n, centre = len(M), function(M)
    up, down = [moved((a, 1)) for a in range(n)], [moved((a, -1)) for a in range(n)]
    jacobian = [[(u - d) / (2 * STEP) for u, d in zip(up[a], down[a])] for a in range(n)]
    hessian = {}
    for a in range(n):
        hessian[a, a] = [(u - 2 * c + d) / STEP**2 for u, c, d in zip(up[a], centre, down[a])]
        for b in range(a):
            corners = [moved((a, i), (b, j)) for i, j in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            hessian[a, b] = hessian[b, a] = [(pp - pm - mp_ + mm) / (4 * STEP**2) for pp, pm, mp_, mm in zip(*corners)]
    return centre, jacobian, hessian


def pushed(function, M, mu, C):
    """E and Cov of function(M + D) to first order, D of mean mu and covariance C: value, shift, covariance."""
    value, J, H = differences(function, M)
    n, m = len(M), len(value)
    pairs = list(product(range(n), repeat=2))
    shift = [sum(J[a][k] * mu[a] for a in range(n)) + sum(H[a, b][k] * C[a][b] for a, b in pairs) / 2 for k in range(m)]
    covariance = [[sum(J[a][k] * C[a][b] * J[b][l] for a, b in pairs) for l in range(m)] for k in range(m)]
    return value, shift, covariance


def chain(activation, layers):
    """(M, mu, C) of the preactivations of layers 1 to `layers` at x = (1, 0), times the width."""
    averages = Averages(activation)
    M, mu, C = [B + W, W, mpf(0), W, mpf(0), W], [mpf(0)] * 6, [[mpf(0)] * 6 for _ in range(6)]
    found = [(M, mu, C)]
    for _ in range(layers - 1):
        mean = [moment(averages, M, list(e)) for e in ENTRY]
        own = [[W**2 * (moment(averages, M, list(e + f)) - a * b) for f, b in zip(ENTRY, mean)] for e, a in zip(ENTRY, mean)]
        M, mu, C = pushed(lambda point: image(averages, point), M, mu, C)
        C = [[c + n for c, n in zip(*pair)] for pair in zip(C, own)]
        found.append((M, mu, C))
    return found


def log_det(M):
    return [mp.log(M[3] * M[5] - M[4]**2)]


def compare_chain():
    compared = Comparison("finite/jet_chain_test.cpp")
    file, activations = compared.file, {"erf": erf, "tanh": tanh, "gelu": gelu}
    deep = {name: chain(phi, 4) for name, phi in activations.items()}
    for name, layer, *texts in rows(file, "const Row rows[] = {"):
        M, mu, C = deep[name][int(layer) - 1]
        for what, value, text in zip(("Cov q", "q", "p_r", "g_rr", "g_tt"), (C[0][0], mu[0], mu[1], mu[3], mu[5]), texts):
            compared.holds(f"{name}, layer {layer}, {what}", value if abs(value) > mpf(10) ** -40 else mpf(0), text)
    for name, layer, *texts in rows(file, "const LogRow log_rows[] = {"):
        (value,), (shift,), ((variance,),) = pushed(log_det, *deep[name][int(layer) - 1])
        for what, number, text in zip(("log det", "its shift", "its variance"), (value, shift, variance), texts):
            compared.holds(f"{name}, layer {layer}, {what}", number, text)
    return compared


def compare_one_layer():
    """E phi'^4 of tanh and its derivatives in q by differences; E[phi'^4 w_1^4] at x = (3/5, 4/5, -1/2) by the moments of w_1 given z."""
    compared = Comparison("finite/theory_test.cpp")
    q, averages = B + W * mpf(5) / 4, Averages(tanh)
    below, centre, above = (averages.of(q + j * STEP, 0, 4, 0) for j in (-1, 0, 1))
    derivatives = centre, (above - below) / (2 * STEP), (above - 2 * centre + below) / STEP**2
    for k, value in enumerate(derivatives):
        compared.holds(f"E phi'^4, derivative {k}", value, numbers(compared.file, f"phi.slope_fourth[{k}], Holds(")[0])
    covariance = W * mpf(3) / 5
    M = [q, covariance, mpf(0), W, mpf(0), mpf(0)]
    text, = numbers(compared.file, "covariance(0, 0, 0, 0).value.value + g * g, Holds(")[:1]
    compared.holds("E[phi'^4 w_1^4]", moment(averages, M, [1] * 4), text)
    return compared


def main():
    mp.dps = 80
    global W, B, STEP
    W, B, STEP = mpf(3) / 2, mpf(1) / 10, mpf(10) ** -17
    conclude(compare_one_layer(), compare_chain())


if __name__ == "__main__":
    main()
