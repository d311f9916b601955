"""The metric g = A(s) I + B(s) x x^T, s = |x|^2, of a deep network's features, and its curvature, by two routes.

With preactivation variances q_l(s), q_1 = sigma_b2 + sigma_w2 s, q_(l+1) = sigma_b2 + sigma_w2 Q(q_l), the features of layer l have

    A_l = chi(q_l) sigma_w2 A_(l-1),   B_l = chi(q_l) sigma_w2 B_(l-1) + 2 (d chi(q_l) / ds) (d q_l / ds),   A_0 = 1, B_0 = 0.

  differences   Q and chi alone, on five points s - 2h .. s + 2h, with h so small and so many digits that the stencil is exact
  derivatives   Q, Q', Q'', chi, chi', chi'' by Hermite weights and another quadrature, and the chain rule
A jet is (f, df/ds, d2f/ds2).
"""
from mpmath import mp, mpf

LARGEST_EXPONENT = 10**6


def representable(x):
    """Whether the decimal exponent of x is within the limit of the tables."""
    return x == 0 or abs(mp.mag(x)) * mp.log10(2) <= LARGEST_EXPONENT


def multiply(f, g):
    return (f[0] * g[0], f[1] * g[0] + f[0] * g[1], f[2] * g[0] + 2 * f[1] * g[1] + f[0] * g[2])


def compose(derivatives, q):
    f, df, d2f = derivatives
    return (f, df * q[1], d2f * q[1]**2 + df * q[2])


def stencil_jet(v, h):
    return (v[2], (v[0] - 8 * v[1] + 8 * v[3] - v[4]) / (12 * h), (-v[0] + 16 * v[1] - 30 * v[2] + 16 * v[3] - v[4]) / (12 * h * h))


def chain(activation, s, weights, biases):
    """(q_l, chi(q_l)) of each layer, up to the first q_l beyond the limit."""
    pairs, q = [], biases[0] + weights[0] * s
    for w, b in zip(weights[1:] + [mpf(0)], biases[1:] + [mpf(0)]):
        (variance,), (chi,) = activation.moments(q, 1)
        pairs.append((q, chi))
        q = b + w * variance
        if not representable(q):
            break
    return pairs


def jets_by_differences(activation, s, weights, biases, h):
    """(jet of q_l, jet of chi(q_l)) of each layer."""
    columns = [chain(activation, s + j * h, weights, biases) for j in range(-2, 3)]
    return [tuple(stencil_jet([pair[i] for pair in layer], h) for i in range(2)) for layer in zip(*columns)]


def jets_by_derivatives(activation, s, weights, biases):
    """The same from the derivatives of Q and chi in q, with the other quadrature."""
    jets, q = [], (biases[0] + weights[0] * s, weights[0], mpf(0))
    for w, b in zip(weights[1:] + [mpf(0)], biases[1:] + [mpf(0)]):
        variance, chi = activation.moments(q[0], 3, check=True)
        jets.append((q, compose(chi, q)))
        image = compose(variance, q)
        q = (b + w * image[0], w * image[1], w * image[2])
        if not representable(q[0]):
            break
    return jets


def metrics(jets, weights):
    """(jet of A, jet of B to first order) of each layer."""
    a, b, result = (mpf(1), mpf(0), mpf(0)), (mpf(0), mpf(0)), []
    for (q, chi), w in zip(jets, weights):
        b = (w * chi[0] * b[0] + 2 * chi[1] * q[1],
             w * (chi[1] * b[0] + chi[0] * b[1]) + 2 * (chi[2] * q[1] + chi[1] * q[2]))
        a = tuple(w * value for value in multiply(chi, a))
        result.append((a, b))
    return result


def quantities(a, b, s, dim):
    """A, B, C = A + sB, log sqrt(det g), the two sectional curvatures, the Ricci scalar."""
    c = a[0] + s * b[0]
    n, dn = a[0] + s * a[1], 2 * a[1] + s * a[2]
    det = a[0] * c
    ddet = 2 * a[0] * a[1] + s * a[1] * b[0] + a[0] * b[0] + s * a[0] * b[1]
    radial = (n * ddet - 2 * dn * det) / det**2
    tangential = (a[0] * (b[0] - 2 * a[1]) - s * a[1]**2) / (a[0] * det)
    return {"A": a[0], "B": b[0], "C": c, "log_volume": ((dim - 1) * mp.log(a[0]) + mp.log(c)) / 2,
            "kappa_radial": radial, "kappa_tangential": tangential,
            "ricci": 2 * (dim - 1) * radial + (dim - 1) * (dim - 2) * tangential}
