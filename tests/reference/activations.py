"""The activations of the reference tables, each from its definition, and their variance maps by quadrature.

catalogue() is built at the working precision of the moment, so call it after mp.dps is set.
Three kinds: analytic on the line (sinh rule); an exponential polynomial (saddle); kinked, in pieces of |x| (panels).
"""
from mpmath import mp, mpf

import quadrature


class Activation:
    """moments(q, orders) is [[Q, dQ, d2Q], [chi, dchi, d2chi]]; check=True takes another rule, or another number of nodes."""
    finite_chi = True

    def at_zero(self):
        """The same at q = 0 with infinite derivatives where an odd power stays: E H(|x|) = sum of c_k q^(k/2) E|z|^k."""
        rows = []
        for c in quadrature.taylor_at_zero(self.squares, 5):
            c = [0 if abs(value) < mpf(10) ** (20 - mp.dps) else value for value in c]
            first = c[2] if c[1] == 0 else mp.sign(c[1]) * mp.inf
            second = -mp.sign(c[1]) * mp.inf if c[1] else mp.sign(c[3]) * mp.inf if c[3] else 6 * c[4]
            rows.append([c[0], first, second])
        return rows


class Smooth(Activation):
    def __init__(self, phi, slope):
        self.phi, self.slope = phi, slope

    def squares(self, x):
        return (self.phi(x)**2 + self.phi(-x)**2) / 2, (self.slope(x)**2 + self.slope(-x)**2) / 2

    def moments(self, q, orders, check=False):
        rule = quadrature.panel_rule(0, q, 1) if check else quadrature.sinh_rule(q)
        return quadrature.apply_rule(rule, self.squares, q, orders)


class ExponentialPolynomial(Activation):
    """phi(x) = sum of c x^p exp(a x) over terms {(p, a): c}."""

    def __init__(self, terms):
        self.terms = terms
        slope = {}
        for (p, a), c in terms.items():
            if p:
                slope[p - 1, a] = slope.get((p - 1, a), 0) + c * p
            if a != 0:
                slope[p, a] = slope.get((p, a), 0) + c * a
        self.slope = slope
        self.products = [even_square(terms), even_square(slope)]

    def squares(self, x):
        return [(evaluate(f, x)**2 + evaluate(f, -x)**2) / 2 for f in (self.terms, self.slope)]

    def moments(self, q, orders, check=False):
        fastest = max(abs(a) for square in self.products for _, a in square)
        if check and fastest * mp.sqrt(q) < 4:
            scale = 1 / fastest if fastest else None
            sums = quadrature.apply_rule(quadrature.panel_rule(0, q, scale), self.squares, q, orders)
            return [[mp.re(value) for value in row] for row in sums]
        return [[mp.re(sum(c * quadrature.saddle(p, a, q, k, check) for (p, a), c in square.items()))
                 for k in range(orders)] for square in self.products]


def evaluate(terms, x):
    return sum(c * x**p * mp.exp(a * x) for (p, a), c in terms.items())


def even_square(terms):
    """The terms of f^2 with x -> -x used to make each rate a lie in the closed upper right of the plane; a coefficient
    that is only rounding is 0."""
    square = {}
    for (p1, a1), c1 in terms.items():
        for (p2, a2), c2 in terms.items():
            p, a, c = p1 + p2, mp.mpmathify(a1 + a2), c1 * c2
            if (mp.re(a), mp.im(a)) < (0, 0):
                a, c = -a, c * (-1) ** p
            if a == 0 and p % 2:
                continue
            square[p, a] = square.get((p, a), 0) + c
    return {key: c for key, c in square.items() if abs(c) > mpf(10) ** (10 - mp.dps)}


class Kinked(Activation):
    """pieces [(start, squares, scale, degrees)]: the folded (phi^2, phi'^2) is the sum of those with start <= |x|.
    degrees, where both are even polynomials on the line, says of which degree: higher Hermite weights are exactly orthogonal."""

    def __init__(self, *pieces, finite_chi=True):
        self.pieces, self.finite_chi = pieces, finite_chi

    def squares(self, x):
        return self.pieces[0][1](x)

    def moments(self, q, orders, check=False):
        total = [[mpf(0)] * orders, [mpf(0)] * orders]
        for start, squares, scale, degrees in self.pieces:
            rule = quadrature.panel_rule(start, q, scale, refine=check)
            part = quadrature.apply_rule(rule, squares, q, orders)
            for i in range(2):
                for k in range(orders):
                    if degrees is None or degrees[i] >= 2 * k:
                        total[i][k] += part[i][k]
        return total


def piecewise_linear(left, right):
    """Slopes left and right of a kink at 0."""
    a = (mpf(left)**2 + mpf(right)**2) / 2
    return Kinked((0, lambda x: (a * x**2, a), None, (2, 0)))


def piecewise_constant(value):
    """phi^2 folded is value; phi' is a point mass, so chi is infinite."""
    return Kinked((0, lambda x: (mpf(value), mpf(0)), None, (0, 0)), finite_chi=False)


def relu_power(n):
    """max(x, 0)^n with 2n an integer; phi'^2 is integrable for n > 1/2."""
    p = int(2 * n)
    if p == 0:
        return piecewise_constant(mpf(1) / 2)
    if p == 1:
        return Kinked((0, lambda x: (x / 2, mpf(0)), None, None), finite_chi=False)
    degrees = (p, p - 2) if p % 2 == 0 else None
    return Kinked((0, lambda x: (x**p / 2, (mpf(p) / 2)**2 * x**(p - 2) / 2), None, degrees))


def clipped(limit, weight):
    """min(|x|, limit) folded with weight: 1 for hardtanh, 1/2 for relu6."""
    inside = lambda x: (weight * x**2, mpf(weight))
    beyond = lambda x: (weight * (limit**2 - x**2), -mpf(weight))
    return Kinked((0, inside, None, (2, 0)), (limit, beyond, None, None))


def elu(alpha, factor=1):
    """factor * (x for x > 0, alpha (exp(x) - 1) for x < 0)."""
    def squares(x):
        decay = mp.exp(-x)
        return factor**2 * (x**2 + alpha**2 * (decay - 1)**2) / 2, factor**2 * (1 + alpha**2 * decay**2) / 2
    return Kinked((0, squares, 1, None))


def selu():
    """The two constants for which mean 0 and variance 1 are kept at q = 1."""
    alpha = -mp.sqrt(2 / mp.pi) / (mp.sqrt(mp.e) * mp.erfc(1 / mp.sqrt(2)) - 1)
    return elu(alpha, 1 / mp.sqrt(elu(alpha).moments(mpf(1), 1)[0][0]))


def wave(frequency, phase):
    """sin(frequency x + phase)."""
    u = mp.expj(phase) / 2j
    return ExponentialPolynomial({(0, mp.mpc(0, frequency)): u, (0, mp.mpc(0, -frequency)): mp.conj(u)})


def rbf(gamma):
    activation = wave(mp.sqrt(2 * gamma), mp.pi / 4)
    return ExponentialPolynomial({key: c * mp.sqrt(2) for key, c in activation.terms.items()})


def polynomial(coefficients):
    """{power: coefficient}."""
    return ExponentialPolynomial({(p, mpf(0)): mpf(c) for p, c in coefficients.items()})


def logistic(x):
    return 1 / (1 + mp.exp(-x))


def scaled_erf(b):
    return Smooth(lambda x: mp.erf(b * x), lambda x: 2 * b / mp.sqrt(mp.pi) * mp.exp(-(b * x)**2))


def normal_cdf(x):
    return (1 + mp.erf(x / mp.sqrt(2))) / 2


def analytic():
    return {
        "normal_cdf": Smooth(normal_cdf, lambda x: density1(x)),
        "gelu": Smooth(lambda x: x * normal_cdf(x), lambda x: normal_cdf(x) + x * density1(x)),
        "gaussian": Smooth(lambda x: mp.exp(-x * x), lambda x: -2 * x * mp.exp(-x * x)),
        "tanh": Smooth(mp.tanh, lambda x: mp.sech(x)**2),
        "sigmoid": Smooth(logistic, lambda x: logistic(x) * logistic(-x)),
        "softplus": Smooth(lambda x: mp.log(1 + mp.exp(x)), logistic),
        "silu": Smooth(lambda x: x * logistic(x), lambda x: logistic(x) * (1 + x * logistic(-x))),
        "erf": scaled_erf(mpf(1)),
        "erf(x/sqrt(2))": scaled_erf(1 / mp.sqrt(2)),
    }


def density1(x):
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def exponential_polynomials():
    return {
        "identity": polynomial({1: 1}),
        "monomial:3": polynomial({3: 1}),
        "hermite:4": polynomial({4: 1, 2: -6, 0: 3}),
        "sin": wave(mpf(1), mpf(0)),
        "cos": wave(mpf(1), mp.pi / 2),
        "exp": ExponentialPolynomial({(0, mpf(1)): mpf(1)}),
        "rbf:1/2": rbf(mpf(1) / 2),
        "rbf:3/2": rbf(mpf(3) / 2),
    }


def kinked():
    return {
        "relu": piecewise_linear(0, 1),
        "leaky_relu:1/5": piecewise_linear(mpf(1) / 5, 1),
        "abs": piecewise_linear(-1, 1),
        "step": piecewise_constant(mpf(1) / 2),
        "sign": piecewise_constant(1),
        "relu_power:2": relu_power(2),
        "relu_power:3": relu_power(3),
        "elu:1": elu(mpf(1)),
        "selu": selu(),
        "hardtanh": clipped(mpf(1), mpf(1)),
        "relu6": clipped(mpf(6), mpf(1) / 2),
    }


ORDER = ("identity relu leaky_relu:1/5 abs step sign relu_power:2 relu_power:3 erf normal_cdf gelu sin cos exp gaussian tanh "
         "sigmoid softplus silu elu:1 selu hardtanh relu6 rbf:1/2 rbf:3/2 monomial:3 hermite:4 erf(x/sqrt(2))").split()


def catalogue():
    known = {**analytic(), **exponential_polynomials(), **kinked()}
    return {name: known[name] for name in ORDER}
