# SPDX-License-Identifier: GPL-3.0-or-later
"""The peer's time for the Gram matrices of bench_gram: NNGP and NTK together, jitted and warm, double precision, on all cores.
Seconds on the clock, and seconds of processor time divided by the cores, which what other processes do changes less.

In an environment of its own:  python3.11 -m venv V; V/bin/pip install jax==0.4.30 jaxlib==0.4.30 neural-tangents==0.6.5 "numpy<2" "scipy<1.13"
Then  V/bin/python neural_tangents_gram.py [rows]
"""
import os
import sys
import time

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)
from neural_tangents import stax  # noqa: E402  (after the precision)


def least_time(activation, rows, dim, depth, rounds=3, spread=0):
    layers = []
    for _ in range(depth):
        layers += [stax.Dense(1, W_std=1.5**0.5, b_std=0.1**0.5), activation]
    _, _, kernel = stax.serial(*layers, stax.Dense(1, W_std=1.5**0.5, b_std=0.1**0.5))
    random = np.random.default_rng(1)
    x = jax.numpy.asarray(random.normal(size=(rows, dim)) * np.exp(spread * random.normal(size=(rows, 1))))
    run = jax.jit(lambda points: kernel(points, None, ("nngp", "ntk")))
    jax.block_until_ready(run(x))
    times = []
    for _ in range(rounds):
        before = time.perf_counter(), time.process_time()
        jax.block_until_ready(run(x))
        times.append((time.perf_counter() - before[0], (time.process_time() - before[1]) / os.cpu_count()))
    return tuple(map(min, zip(*times)))


rows = int(sys.argv[1]) if len(sys.argv) > 1 else 4096
for name, activation in (("relu", stax.Relu()), ("erf", stax.Erf())):
    clock, processor = least_time(activation, rows, 784, 5)
    print(f"{name:8} {rows:5} x 784  depth 5: {clock:8.4f} s on the clock, {processor:8.4f} s of each core")

# Without a closed form: quadrature with 50 nodes a side, bench_gram's tanh and SiLU.
for name, function in (("tanh", jax.numpy.tanh), ("silu", jax.nn.silu)):
    clock, processor = least_time(stax.ElementwiseNumerical(function, deg=50), 400, 64, 3, rounds=1, spread=0.5)
    print(f"{name:8}   400 x 64   depth 3: {clock:8.4f} s on the clock, {1e6 * clock / 400**2:.1f} microseconds an entry")
