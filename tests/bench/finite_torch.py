# SPDX-License-Identifier: GPL-3.0-or-later
"""The metric of `finite.cpp` in PyTorch, in double precision: python3 finite_torch.py [THREADS]

A network of three layers of 1000 tanh units at 100 points in 100 dimensions: g = J^T J / n by forward mode (vmap of jacfwd, the best of some chunk sizes) and by
reverse mode (jacrev at each point); and 10^6 networks of 10 units at one point of the plane, in batches."""
import sys
import time

import torch

torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
torch.set_default_dtype(torch.float64)
n, d, points = 1000, 100, 100
weights = [torch.randn(n, d)] + [torch.randn(n, n) / n**0.5 for _ in range(2)]
x = torch.randn(points, d) / d**0.5


def features(x):
    for w in weights:
        x = torch.tanh(w @ x)
    return x


def metric(jacobian):
    return jacobian.transpose(-1, -2) @ jacobian / n


def best_time(f, rounds=3):
    f()
    best = 1e9
    for _ in range(rounds):
        start = time.perf_counter()
        f()
        best = min(best, time.perf_counter() - start)
    return best


with torch.no_grad():
    forward = {c: best_time(lambda c=c: metric(torch.func.vmap(torch.func.jacfwd(features), chunk_size=c)(x))) for c in (5, 10, 25, 50, 100)}
    chunk = min(forward, key=forward.get)
    print(f"vmap(jacfwd), chunks of {chunk}: {forward[chunk]:.2f} s")
few = 10
print(f"jacrev: {best_time(lambda: [metric(torch.func.jacrev(features)(p)) for p in x[:few]], 1) * points / few:.1f} s")


def draws(total=1_000_000, batch=50_000):
    y, done = torch.tensor([0.6, 0.8]), 0
    sum_ = torch.zeros(2, 2)
    while done < total:
        w = torch.randn(batch, 10, 2)
        slope = 1 - torch.tanh(w @ y) ** 2
        jacobian = slope[:, :, None] * w
        sum_ += (jacobian.transpose(1, 2) @ jacobian / 10).sum(0)
        done += batch
    return sum_ / total


with torch.no_grad():
    print(f"10^6 networks of 10 units: {best_time(draws, 2):.2f} s")
