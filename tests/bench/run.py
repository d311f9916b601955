#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the benchmarks and prints time and error side by side, as ratios to a peer or a limit measured in the same run.

usage: run.py INFWIDTH BENCH_TANH_CHI BENCH_METRIC BENCH_DOUBLE_JET

The peer is mpmath (Debian: python3-mpmath): `mp.quad`, six integrals a layer, in this process. Times are processor times.
"""
import os
import resource
import subprocess
import sys
import tempfile
import time


def mpmath_metric_seconds(digits):
    """Seconds of the variance maps of a depth-3 tanh network (sigma_w2 = 3/2, sigma_b2 = 1/10, |x|^2 = 1) by mp.quad, Gauss-Legendre."""
    import mpmath as mp
    mp.mp.dps = digits

    def expectation(f, q):
        s = mp.sqrt(q)
        return mp.quad(lambda z: f(s * z, z) * mp.exp(-z * z / 2), [-16, -8, -4, 0, 4, 8, 16], method='gauss-legendre') / mp.sqrt(2 * mp.pi)

    def layer(q):
        he2 = lambda z: z * z - 1
        he4 = lambda z: z ** 4 - 6 * z * z + 3
        square = lambda x: mp.tanh(x) ** 2
        slope = lambda x: (1 - mp.tanh(x) ** 2) ** 2
        return [expectation(lambda x, z: h(x) * w(z), q) for h in (square, slope) for w in (lambda z: 1, he2, he4)]

    best = None
    for _ in range(2):
        start = time.process_time()
        q = mp.mpf(16) / 10
        for _ in range(3):
            q = mp.mpf(1) / 10 + mp.mpf(3) / 2 * layer(q)[0]
        spent = time.process_time() - start
        best = spent if best is None else min(best, spent)
    return best


def metrics(program):
    print('\nmetric and curvature at one point, depth 3, proven')
    print(f'{"activation":22}{"digits":>7}{"first":>12}{"warm":>12}{"error":>10}')
    tanh_50 = None
    for line in subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines():
        name, digits, first, warm, error = line.split()
        print(f'{name:22}{digits:>7}{float(first) * 1e3:9.2f} ms{float(warm) * 1e3:9.2f} ms{error:>10}')
        if (name, digits) == ('tanh', '50'):
            tanh_50 = float(warm)
    try:
        peer = mpmath_metric_seconds(50)
        print(f'mpmath, its six integrals a layer, 50 digits: {peer * 1e3:.0f} ms, {peer / tanh_50:.0f} times as long')
    except ImportError:
        print('mpmath is not installed (python3-mpmath): no peer')


def stream(program, rows=1_000_000):
    print(f'\n{rows} points of a depth-5 erf network, --engine double, CSV to CSV, one thread')
    with tempfile.TemporaryDirectory() as folder:
        source, result = os.path.join(folder, 'in.csv'), os.path.join(folder, 'out.csv')
        with open(source, 'w') as out:
            out.writelines(f'{(i % 1009) / 500:.6f},{(i % 757) / 400:.6f}\n' for i in range(rows))
        for attempt in range(2):
            before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
            subprocess.run([program, 'metric', '--activation', 'erf', '--depth', '5', '--sigma-w2', '3/2', '--sigma-b2', '1/10', '--engine', 'double',
                            '--data', source, '--format', 'csv', '--output', result, '--quiet'], check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(f'wall {time.time() - start:.2f} s, cpu {cpu:.2f} s, {os.path.getsize(result) / 1e6:.0f} MB written, peak {after.ru_maxrss / 1024:.0f} MB')


def start_up(program):
    times = []
    for _ in range(20):
        start = time.time()
        subprocess.run([program, '--version'], check=True, capture_output=True)
        times.append(time.time() - start)
    print(f'\nstart-up: {min(times) * 1e3:.1f} ms')


def main():
    infwidth, *rest = sys.argv[1:]
    benchmarks = {os.path.basename(path).removeprefix('bench_'): path for path in rest}
    tanh_chi, metric, double_jet = (benchmarks.pop(name) for name in ('tanh_chi', 'metric', 'double_jet'))
    print('chi of tanh, q = 1.7, in balls', flush=True)
    subprocess.run([tanh_chi], check=True)
    metrics(metric)
    print('\nvariance maps in double precision: error in units of the promised 1e-12', flush=True)
    subprocess.run([double_jet], check=True)
    for name, path in benchmarks.items():
        print(f'\n{name}', flush=True)
        subprocess.run([path], check=True)
    stream(infwidth)
    start_up(infwidth)


if __name__ == '__main__':
    main()
