# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of `training.cpp` in eager PyTorch, in double precision: python3 training_torch.py [THREADS]"""
import sys
import time

import torch

torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
torch.set_default_dtype(torch.float64)


def network(sizes, activation):
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers += [torch.nn.Linear(inputs, outputs), activation()]
    return torch.nn.Sequential(*layers[:-1])


def step_time(net, x, y, optimiser, rounds):
    loss = torch.nn.CrossEntropyLoss()

    def step():
        optimiser.zero_grad()
        loss(net(x), y).backward()
        optimiser.step()

    for _ in range(3):
        step()
    best = 1e9
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(rounds):
            step()
        best = min(best, (time.perf_counter() - start) / rounds)
    return best


x, y = torch.rand(400, 2), torch.randint(0, 2, (400,))
for name in "momentum", "Adam":
    net = network([2, 250, 2], torch.nn.Sigmoid)
    optimiser = torch.optim.SGD(net.parameters(), 1e-3, momentum=0.9) if name == "momentum" else torch.optim.Adam(net.parameters(), 1e-3)
    print(f"[2, 250, 2] sigmoid, 400 points, cross-entropy, {name}: {1e6 * step_time(net, x, y, optimiser, 200):.0f} us a step")
x, y = torch.rand(1797, 64), torch.randint(0, 10, (1797,))
for name, activation in ("relu", torch.nn.ReLU), ("tanh", torch.nn.Tanh), ("sigmoid", torch.nn.Sigmoid):
    net = network([64, 512, 512, 10], activation)
    print(f"[64, 512, 512, 10] {name}, 1797 points: {1e3 * step_time(net, x, y, torch.optim.SGD(net.parameters(), 1e-3, momentum=0.9), 5):.1f} ms a step")
