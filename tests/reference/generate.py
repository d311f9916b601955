#!/usr/bin/python3
"""Writes the reference tables of this folder; no closed form enters them.

    python3 tests/reference/generate.py [variance_maps] [metric] [arc_cosine]      (all three by default)

Every value comes from two quadratures (see quadrature.py), every metric besides from two recursions (see geometry.py); the
program stops where they disagree, and before writing where they miss the closed forms and values of checks.py.
Deterministic; needs Python 3 and mpmath.
"""
import platform
import sys
from pathlib import Path

import mpmath
from mpmath import mp, mpf

import activations
import checks
import geometry

DATE = "2026-11-22"
FOLDER = Path(__file__).resolve().parent

SHORT = "trailing zeros are left out: 0.5 is right to all the digits; 0: an exact zero;"
TOKENS = (SHORT, "inf: infinite, or no finite value exists (-inf with its sign, where it has one);",
          "huge, tiny (-huge, -tiny): finite and not 0, with a decimal exponent above 10^6 or below -10^6")


# The numbers as text

def text(x, digits):
    if mp.isinf(x):
        return "inf" if x > 0 else "-inf"
    if not geometry.representable(x):
        return ("-" if x < 0 else "") + ("huge" if mp.mag(x) > 0 else "tiny")
    return "0" if x == 0 else mp.nstr(x, digits, min_fixed=-5, max_fixed=6)


def write(name, about, columns, lines):
    header = [f"program: tests/reference/generate.py, mpmath {mpmath.__version__}, Python {platform.python_version()}",
              f"command: python3 tests/reference/generate.py {name}", f"date: {DATE}", *about, f"columns: {columns}"]
    body = "".join(f"# {line}\n" for line in header) + columns + "\n" + "".join(",".join(line) + "\n" for line in lines)
    (FOLDER / f"{name}.csv").write_text(body, encoding="ascii")
    print(f"{name}.csv: {len(lines)} rows", file=sys.stderr)


def same(what, value, other, digits, scale=1):
    """An exact zero must be one to rounding on the other route, in units of scale."""
    error = abs(value - other)
    bound = mpf(10) ** -digits * (max(abs(value), abs(other)) if value != 0 else scale)
    assert error <= bound, f"{what}: {mp.nstr(value, 20)} and {mp.nstr(other, 20)} differ by {mp.nstr(error, 5)}"


# variance_maps.csv

VARIANCE_DIGITS, VARIANCE_AGREEMENT, VARIANCE_WORKING = 105, 112, 180
VARIANCES = "0 1e-6 0.1 1 1.7 25 1e4".split()
INFLECTION = ("gaussian", mpf(1))                     # chi'' = 48 (q - 1) (1 + 4q)^(-7/2)


def without_chi(maps):
    return [maps[0], [mp.inf] * 3]


def limit_at_zero(activation, name):
    """The Taylor expansion at 0, held against quadrature close to it: corrections are of order sqrt(q)."""
    maps, near = activation.at_zero(), activation.moments(mpf(10) ** -24, 3)
    for row, other in zip(maps, near):
        for value, close in zip(row, other):
            if mp.isinf(value):
                assert mp.sign(close) == mp.sign(value) and abs(close) > 10**9, name
            else:
                same(f"{name} near q = 0", value, close, 10)
    return maps


def variance_maps_at(activation, name, q):
    """The six numbers at one q, agreed on by two quadratures."""
    if q == 0:
        maps = limit_at_zero(activation, name)
    else:
        maps, again = activation.moments(q, 3), activation.moments(q, 3, check=True)
        if (name, q) == INFLECTION:
            same("inflection", mpf(0), maps[1][2], VARIANCE_AGREEMENT)
            maps[1][2] = mpf(0)
        for row, other in zip(maps, again):
            for k, (value, check) in enumerate(zip(row, other)):
                same(f"{name} at q = {mp.nstr(q, 5)}", value, check, VARIANCE_AGREEMENT, abs(row[0]) / q**k)
    return maps if activation.finite_chi else without_chi(maps)


def variance_maps():
    mp.dps = VARIANCE_WORKING
    catalogue, lines = activations.catalogue(), []
    checks.check_selu()
    checks.check_variance_maps(catalogue)
    results = {}
    for name, activation in catalogue.items():
        for q in VARIANCES:
            results[name, q] = variance_maps_at(activation, name, mpf(q))
            lines.append([name, q] + [text(x, VARIANCE_DIGITS) for row in results[name, q] for x in row])
    for q in VARIANCES[1:]:
        checks.check_closed_forms(mpf(q), {name: results[name, q] for name in catalogue}, VARIANCE_AGREEMENT)
    write("variance_maps",
          [f"precision: {VARIANCE_DIGITS} digits written, {VARIANCE_WORKING} carried, two quadratures agree to {VARIANCE_AGREEMENT}",
           "Q(q) = E[phi(x)^2], chi(q) = E[phi'(x)^2], x ~ N(0, q); d and d2 are derivatives in q;",
           "q = 0 is the limit q -> 0+ (the step has Q = 1/2 there), its derivatives are one-sided", *TOKENS],
          "activation,q,Q,dQ,d2Q,chi,dchi,d2chi", lines)


# metric.csv

METRIC_DIGITS, METRIC_AGREEMENT, METRIC_WORKING = 52, 54, 125
DEPTH, DIMENSION = 6, 3
NORMS = {"0": mpf(0), "1/4": mpf(1) / 4, "1": mpf(1), "30": mpf(30)}
NO_METRIC = {"step", "sign"}                          # a jump of phi
FLAT = {"identity", "relu", "leaky_relu:1/5", "abs", "rbf:1/2", "rbf:3/2"}
# A quarter of the digits lost beyond the usual: chi' / chi is 1e-77 for relu6 at q = 0.1 and 1e-39 for sin at q = 45, where
# the curvatures take its square; exp has slopes up to 1e7.
EXTRA_DIGITS = {"relu6": 30, "sin": 30, "cos": 30, "exp": 10}
NAMES = ("A", "B", "C", "log_volume", "kappa_radial", "kappa_tangential", "ricci")


def exact_zeros(name, depth, s):
    """Constant chi makes the metric flat; one hidden layer has no curvature at the origin."""
    if name in FLAT:
        return {"B", "kappa_radial", "kappa_tangential", "ricci"}
    return {"kappa_radial", "kappa_tangential", "ricci"} if depth == 1 and s == 0 else set()


def clean(found, zeros, curvature_scale):
    """What is 0 by structure is written as 0, after it came out as one."""
    for key in zeros:
        scale = found["A"] if key == "B" else curvature_scale
        assert abs(found[key]) <= scale * mpf(10) ** -METRIC_AGREEMENT, key
        found[key] = mpf(0)
    return found


def beyond():
    """Past the last representable variance: only exp gets there, with A, C and 1/kappa beyond the limit too."""
    return {**dict.fromkeys(NAMES[:4], "huge"), **dict.fromkeys(NAMES[4:], "tiny")}


def agreed_metric(label, main, check, s, zeros):
    """One row.  Where A itself is beyond the limit only its logarithm can be compared, the rest is a token."""
    found, again = quantities_of(main, s), quantities_of(check, s)
    if not geometry.representable(again["A"]):
        same(label, mp.log(found["A"]), mp.log(again["A"]), METRIC_AGREEMENT)
        return {**beyond(), "log_volume": text(again["log_volume"], METRIC_DIGITS)}
    found, again = clean(found, zeros, 1 / found["A"]), clean(again, zeros, 1 / found["A"])
    for key in NAMES:
        same(f"{label}: {key}", found[key], again[key], METRIC_AGREEMENT)
    return {key: text(found[key], METRIC_DIGITS) for key in NAMES}


def quantities_of(metric, s):
    return geometry.quantities(*metric, s, DIMENSION)


def metric_rows(name, activation, s):
    """Depths 1 to DEPTH at one s: columns A to ricci."""
    weights, biases = [mpf(3) / 2] * DEPTH, [mpf(1) / 10] * DEPTH
    h = mpf(10) ** -(20 + EXTRA_DIGITS.get(name, 0))
    main = geometry.metrics(geometry.jets_by_differences(activation, s, weights, biases, h), weights)
    check = geometry.metrics(geometry.jets_by_derivatives(activation, s, weights, biases), weights)
    assert len(main) == len(check)
    rows = [agreed_metric(f"{name}, depth {depth}, s = {mp.nstr(s, 4)}", *pair, s, exact_zeros(name, depth, s))
            for depth, pair in enumerate(zip(main, check), start=1)]
    return rows + [beyond()] * (DEPTH - len(rows))


def metric():
    mp.dps = 90
    checks.check_metrics(activations.catalogue())
    lines = []
    for name in activations.ORDER:
        if name in NO_METRIC:
            rows = {norm: [dict.fromkeys(NAMES, "none")] * DEPTH for norm in NORMS}
        else:
            mp.dps = METRIC_WORKING + 4 * EXTRA_DIGITS.get(name, 0)
            activation = activations.catalogue()[name]
            rows = {norm: metric_rows(name, activation, s) for norm, s in NORMS.items()}
        for depth in range(1, DEPTH + 1):
            for norm in NORMS:
                lines.append([name, str(depth), "3/2", "1/10", norm, str(DIMENSION)] + [rows[norm][depth - 1][k] for k in NAMES])
    write("metric",
          [f"precision: {METRIC_DIGITS} digits written, {METRIC_WORKING} or more carried, two routes agree to {METRIC_AGREEMENT}",
           "the metric A I + B x x^T, s = norm2 = |x|^2, of the features K^depth (no readout variance), unit input scaling,",
           "C = A + s B, log_volume = log sqrt(det g), sectional curvatures of planes with and without the radial direction;",
           "none: the metric does not exist; huge, tiny: a decimal exponent above 10^6 or below -10^6, sign not told"],
          "activation,depth,sigma_w2,sigma_b2,norm2,dim," + ",".join(NAMES), lines)


# arc_cosine.csv

ORDERS = [str(n) for n in range(11)] + ["1/2", "3/2", "5/2"]


def half_moment(p, q):
    """E[x_+^p] for x ~ N(0, q), in closed form: only to check."""
    return (2 * q) ** (mpf(p) / 2) * mp.gamma(mpf(p + 1) / 2) / (2 * mp.sqrt(mp.pi))


def arc_cosine():
    mp.dps = VARIANCE_WORKING
    lines = []
    for order in ORDERS:
        n = mp.mpf(int(order.split("/")[0])) / (2 if "/" in order else 1)
        activation = activations.relu_power(n)
        for q in ("0.1", "1.7", "25"):
            (variance, *_), (chi, *_) = variance_maps_at(activation, f"relu_power:{order}", mpf(q))
            same(f"Q of order {order}", variance, half_moment(int(2 * n), mpf(q)), VARIANCE_AGREEMENT)
            if activation.finite_chi:
                same(f"chi of order {order}", chi, n * n * half_moment(int(2 * n) - 2, mpf(q)), VARIANCE_AGREEMENT)
            lines.append([f"relu_power:{order}", q, text(variance, VARIANCE_DIGITS), text(chi, VARIANCE_DIGITS)])
    write("arc_cosine",
          [f"precision: {VARIANCE_DIGITS} digits written, {VARIANCE_WORKING} carried, two quadratures agree to {VARIANCE_AGREEMENT}",
           "Q(q) = E[phi(x)^2], chi(q) = E[phi'(x)^2], phi(x) = max(x, 0)^n (n = 0: the step), x ~ N(0, q);",
           SHORT, "inf: infinite"],
          "activation,q,Q,chi", lines)


TABLES = {"variance_maps": variance_maps, "metric": metric, "arc_cosine": arc_cosine}

if __name__ == "__main__":
    for table in sys.argv[1:] or TABLES:
        TABLES[table]()
