"""Gaussian expectations E[h(x)], x ~ N(0, q), and their derivatives in q, by quadrature alone.

An even weight sees only the even part of h, so everything is folded onto x >= 0: a function here is H(x) = (h(x) + h(-x)) / 2.
A rule is a list of (x, w) with E[h] = sum of w H(x).  Derivatives need none of h:

    d^k/dq^k E[h(x)] = E[h(x) He_2k(x / sqrt(q))] / (2q)^k,   He the probabilists' Hermite polynomials.

Three rules, each good to about the working precision of mpmath (mp.dps digits, of which the callers need two thirds):
  sinh_rule   the trapezoidal rule in t, x = min(1, sqrt(q)) sinh t: for functions analytic on the whole line
  panel_rule  Gauss-Legendre on panels that grow away from the start: for one piece of a kinked function, x >= start
  saddle      the trapezoidal rule along the line of steepest descent: for x^p exp(a x), a real or complex
"""
from functools import lru_cache
from math import cos, pi

from mpmath import mp, mpf


def hermite_weights(z, q, orders):
    """He_2k(z) / (2q)^k for k < orders <= 3."""
    z2 = z * z
    return [1, (z2 - 1) / (2 * q), ((z2 - 6) * z2 + 3) / (4 * q * q)][:orders]


def cutoff(start, q):
    """Where the normal density has fallen by mp.dps + 10 digits from its value at start."""
    return mp.sqrt(start**2 + 2 * q * (mp.dps + 10) * mp.log(10))


def density(x, q):
    return mp.exp(-x * x / (2 * q)) / mp.sqrt(2 * mp.pi * q)


def sinh_rule(q):
    """Step h has error exp(-2 pi b / h) in a strip |Im t| < b; here b < pi/4 keeps Re x^2 bounded below, and poles of h
    no closer to the axis than pi/2 (tanh) stay outside."""
    scale, end = min(mpf(1), mp.sqrt(q)), cutoff(0, q)
    h = 2 * mp.pi * mpf("0.75") / (mp.dps * mp.log(10))
    factor, growth = mp.exp(h), mpf(1)
    rule, x = [(mpf(0), h * scale * density(0, q))], mpf(0)
    while x < end:
        growth *= factor
        x = scale * (growth - 1 / growth) / 2
        rule.append((x, h * scale * (growth + 1 / growth) * density(x, q)))
    return rule


def legendre(n, x):
    """P_n(x) and P_n'(x)."""
    previous, current = mpf(1), x
    for k in range(2, n + 1):
        previous, current = current, ((2 * k - 1) * x * current - (k - 1) * previous) / k
    return current, n * (previous - x * current) / (1 - x * x)


@lru_cache(maxsize=None)
def gauss_legendre(n, precision):
    """Nodes and weights on [-1, 1], n even, at mp.prec == precision: Newton from double precision."""
    assert n % 2 == 0 and precision == mp.prec
    rule = []
    for i in range(1, n // 2 + 1):
        x, step = mpf(cos(pi * (i - 0.25) / (n + 0.5))), mpf(1)
        while abs(step) > mpf(2) ** (-precision // 2 - 20):   # the next step squares this
            value, slope = legendre(n, x)
            step = value / slope
            x -= step
        slope = legendre(n, x)[1]
        weight = 2 / ((1 - x * x) * slope**2)
        rule += [(x, weight), (-x, weight)]
    return rule


def panels(start, q, scale):
    """Edges from start to the cutoff.  A panel is at most as wide as its distance from the start (a first one apart), as 6
    standard deviations, and, within 25 scales of the start, as 3 scales (scale None: h is a polynomial on the piece)."""
    root, end = mp.sqrt(q), cutoff(start, q)
    limits = [root] + ([q / start] if start else []) + ([mpf(scale)] if scale else [])
    edges, first = [mpf(start)], min(limits)
    while edges[-1] < end:
        distance = edges[-1] - start
        width = min(max(first, distance), 6 * root)
        if scale and distance < 25 * scale:
            width = min(width, mpf(3 * scale))
        edges.append(edges[-1] + width)
    return edges


def panel_rule(start, q, scale, refine=False):
    """Singularities of h lie outside the ellipse of parameter 5.8 of each panel: 1.5 digits a node."""
    n = 2 * int((0.42 if refine else 0.36) * mp.dps)
    nodes, edges = gauss_legendre(n, mp.prec), panels(start, q, scale)
    rule = []
    for a, b in zip(edges, edges[1:]):
        middle, half = (a + b) / 2, (b - a) / 2
        for x, w in nodes:
            rule.append((middle + half * x, 2 * half * w * density(middle + half * x, q)))
    return rule


def apply_rule(rule, squares, q, orders):
    """Both functions of squares(x) = (phi^2, phi'^2), folded: [[Q, dQ, d2Q], [chi, dchi, d2chi]][:, :orders]."""
    sums = [[mpf(0)] * orders, [mpf(0)] * orders]
    root = mp.sqrt(q)
    for x, w in rule:
        weights = [w * he for he in hermite_weights(x / root, q, orders)]
        for row, value in zip(sums, squares(x)):
            for k in range(orders):
                row[k] += weights[k] * value
    return sums


def saddle(power, rate, q, k, refine=False):
    """d^k/dq^k E[x^power exp(rate x)].  With x = sqrt(q) (w + rate sqrt(q)) the exponential becomes exp(rate^2 q / 2) times
    the normal density of w, and the trapezoidal rule of step h has error exp(-2 pi^2 / h^2)."""
    if rate == 0 and power < 2 * k:
        return mpf(0)                      # orthogonality; rounding would drown values like exp(-2q)
    root, digits = mp.sqrt(q), (mp.dps + 20) * mp.log(10)
    h = mp.sqrt(2 * mp.pi**2 / digits) * (mpf("0.9") if refine else 1)
    total, reach = 0, int(mp.sqrt(2 * digits) / h) + 1
    for j in range(-reach, reach + 1):
        z = j * h + rate * root
        total += mp.exp(-(j * h) ** 2 / 2) * (root * z) ** power * hermite_weights(z, q, k + 1)[k]
    return total * h / mp.sqrt(2 * mp.pi) * mp.exp(rate * rate * q / 2)


def taylor_at_zero(function, count, radius=mpf(1) / 4, points=512):
    """The first Taylor coefficients of each component of function at 0, by the trapezoidal rule on a circle."""
    angles = [mp.expjpi(mpf(2) * j / points) for j in range(points)]
    values = list(zip(*(function(radius * u) for u in angles)))
    return [[(mp.fsum(v * u**-k for v, u in zip(row, angles)) / points / radius**k).real for k in range(count)]
            for row in values]
