#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""NumPy's files are read, and NumPy reads ours.

    numpy_test.py PROGRAM
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy


def predict(program, folder, train, targets, test):
    out = folder / 'out.npy'
    subprocess.run([program, 'predict', '--quiet', '--activation', 'erf', '--of', 'nngp', '--noise', '0.1', '--train', train, '--targets', targets, '--test', test,
                    '--output', out], check=True, stderr=subprocess.DEVNULL)
    return numpy.load(out, allow_pickle=False)


def archives(program, folder):
    """A tanh network in every form that savez has, against NumPy's own metric; how many differ."""
    draw = numpy.random.default_rng(7)
    w1, b1, w2 = draw.standard_normal((6, 2)), draw.standard_normal(6), draw.standard_normal((5, 6))
    x = numpy.array([0.5, -0.25])
    h1 = w1 @ x + b1
    h2 = w2 @ numpy.tanh(h1)
    jacobian = (w2 * (1 - numpy.tanh(h2) ** 2)[:, None]) @ (w1 * (1 - numpy.tanh(h1) ** 2)[:, None])
    want = jacobian.T @ jacobian / 5
    path, failed = folder / 'net.npz', 0
    for save in [numpy.savez, numpy.savez_compressed]:
        for order in 'CF':
            for names in [('W1', 'b1', 'W2'), ('0.weight', '0.bias', '2.weight')]:
                save(path, **dict(zip(names, [numpy.asarray(a, order=order) for a in (w1, b1, w2)])))
                out = subprocess.run([program, 'validate', '--weights', path, '--no-readout', '--activation', 'tanh', '--at', '0.5,-0.25', '--format', 'json'],
                                     capture_output=True, text=True, check=True).stdout
                metric = [[float(g['value']) for g in row] for row in json.loads(out.splitlines()[0])['metric']]
                if not numpy.allclose(metric, want, rtol=1e-13, atol=0):
                    print(f'{save.__name__}, order {order}, {names}: another metric')
                    failed += 1
    return failed


def trained(program, folder):
    """NumPy reads the network that `train --save` writes, and finds the volumes that were recorded with it; how many differ."""
    subprocess.run([program, 'train', '--task', 'xor', '--activation', 'tanh', '--sigma-b2', '1', '--widths', '7', '--epochs', '20', '--record', '0,5', '--grid', '5', '--quiet',
                    '--save', folder / 'run'], check=True, stdout=subprocess.DEVNULL)
    net, points = numpy.load(folder / 'run.weights.npz', allow_pickle=False), numpy.load(folder / 'run.points.npy')
    slope = 1 - numpy.tanh(points @ net['W1'].T + net['b1']) ** 2
    metric = numpy.einsum('pk,ki,kj->pij', slope**2, net['W1'], net['W1']) / 7
    volumes = numpy.load(folder / 'run.log_volume.npy')
    right = numpy.allclose(volumes[2], numpy.log(numpy.linalg.det(metric)) / 2, rtol=1e-9) and numpy.load(folder / 'run.epochs.npy').tolist() == [0, 5, 20]
    if not right:
        print('train --save: another network than the one of the last row')
    return not right


def public_archives(program, folder):
    """One network under the names, in the layouts and types that public code saves it with; how many answers are wrong."""
    draw = numpy.random.default_rng(11)
    sizes = [2, 7, 5, 3]
    ws = [draw.standard_normal((n, m)).astype(numpy.float16).astype(float) for m, n in zip(sizes, sizes[1:])]
    bs = [draw.standard_normal(n).astype(numpy.float16).astype(float) for n in sizes[1:]]
    ts = [w.T for w in ws]

    def turns(first, second):
        return [a for pair in zip(first, second) for a in pair]

    def named(weights, biases, first, second):
        return dict(zip(turns(weights, biases), turns(first, second)))

    def metric_of(ran):
        return ran.stdout and [[float(g['value']) for g in row] for row in json.loads(ran.stdout.splitlines()[0])['metric']]

    three, words = range(3), ['input', 'hidden', 'out']
    saved = {
        'W1 b1': named([f'W{k + 1}' for k in three], [f'b{k + 1}' for k in three], ws, bs),
        'W0 b0': named([f'W{k}' for k in three], [f'b{k}' for k in three], ws, bs),
        'x @ W1': named([f'W{k + 1}' for k in three], [f'b{k + 1}' for k in three], ts, bs),
        'rows': named([f'w{k + 1}' for k in three], [f'b{k + 1}' for k in three], ts, [b[None] for b in bs]),
        'state_dict': named([f'net.{2 * k}.weight' for k in three], [f'net.{2 * k}.bias' for k in three], ws, bs),
        'sorted keys': dict(sorted(named([f'{n}.weight' for n in words], [f'{n}.bias' for n in words], ws, bs).items())),
        'keras': named([f'dense{n}/kernel:0' for n in ('', '_1', '_2')], [f'dense{n}/bias:0' for n in ('', '_1', '_2')], ts, bs),
        'flax': named([f'params/Dense_{k}/kernel' for k in three], [f'params/Dense_{k}/bias' for k in three], ts, bs),
        'haiku': named([f'mlp/~/linear_{k}/w' for k in three], [f'mlp/~/linear_{k}/b' for k in three], ts, bs),
        'sklearn': named([f'coefs_{k}' for k in three], [f'intercepts_{k}' for k in three], ts, bs),
        'get_weights': turns(ts, bs),
        'matrices, then biases': ts + bs,
        'float16': named([f'W{k + 1}' for k in three], [f'b{k + 1}' for k in three], [w.astype('<f2') for w in ws], [b.astype('>f2') for b in bs]),
        'float32': named([f'W{k + 1}' for k in three], [f'b{k + 1}' for k in three], [w.astype('<f4') for w in ws], [b.astype('>f4') for b in bs]),
    }
    path, failed, first = folder / 'net.npz', 0, None
    ask = [program, 'validate', '--weights', path, '--activation', 'tanh', '--at', '0.5,-0.25', '--format', 'json']
    for name, arrays in saved.items():
        numpy.savez(path, *arrays) if isinstance(arrays, list) else numpy.savez(path, **arrays)
        ran = subprocess.run(ask, capture_output=True, text=True, check=False)
        metric = metric_of(ran)
        first = first or metric
        if not metric or not numpy.allclose(metric, first, rtol=1e-13, atol=0):
            print(f'{name}: {metric}, where {first} is right: {ran.stderr}')
            failed += 1
    # Beside others, and refused where they leave something open.
    actor, critic = {f'actor.{k}': v for k, v in saved['state_dict'].items()}, {f'critic.{k}': v for k, v in saved['state_dict'].items()}
    beside = {**saved['W1 b1'], 'test_acc': 0.9, 'activation': 'tanh'}
    square = named(['W1', 'W2'], ['b1', 'b2'], [numpy.eye(2)] * 2, [numpy.zeros(2)] * 2)
    for arrays, word in [({**actor, **critic}, 'several networks'), (beside, '--without activation'), (square, '--layout')]:
        numpy.savez(path, **arrays)
        ran = subprocess.run(ask, capture_output=True, text=True, check=False)
        if ran.returncode != 2 or word not in ran.stderr:
            print(f'not refused with {word}: {ran.returncode} {ran.stderr}')
            failed += 1
    for arrays, flags in [({**actor, **critic}, ['--arrays', 'critic.*']), (beside, ['--without', 'test_acc,activation'])]:
        numpy.savez(path, **arrays)
        ran = subprocess.run(ask + flags, capture_output=True, text=True, check=False)
        if ran.returncode != 0 or not numpy.allclose(metric_of(ran), first, rtol=1e-13, atol=0):
            print(f'{flags}: {ran.returncode} {ran.stderr}')
            failed += 1
    return failed


def main():
    program = sys.argv[1]
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        points = numpy.array([[1, 2, 3], [-4, 5, 6], [7, -8, 9], [0, 1, 0]])
        numpy.save(folder / 'y.npy', numpy.array([1, -1, 2, 0]))
        numpy.savetxt(folder / 'x.csv', points, delimiter=',')
        numpy.savetxt(folder / 'x.txt', points, header='x y z')
        want = predict(program, folder, folder / 'x.csv', folder / 'y.npy', folder / 'x.txt')
        assert want.shape == (4, 2) and want.dtype == numpy.dtype('<f8') and numpy.isfinite(want).all()
        for kind in ['<f8', '>f8', '<f2', '>f2', '<f4', '>f4', '<i8', '>i8', '<i4', '>i2', 'i1']:
            for order in 'CF':
                for version in [(1, 0), (2, 0), (3, 0)]:
                    path = folder / 'x.npy'
                    with open(path, 'wb') as file:
                        numpy.lib.format.write_array(file, numpy.asarray(points.astype(kind), order=order), version=version)
                    if not numpy.array_equal(predict(program, folder, path, folder / 'y.npy', path), want):
                        print(f'{kind} in order {order}, version {version}: another answer')
                        failed += 1
        failed += archives(program, folder) + trained(program, folder) + public_archives(program, folder)
        numpy.save(folder / 'objects.npy', points.astype(object), allow_pickle=True)
        refused = subprocess.run([program, 'predict', '--activation', 'erf', '--of', 'nngp', '--train', folder / 'objects.npy', '--targets', folder / 'y.npy', '--test', folder / 'x.csv'],
                                 capture_output=True, text=True, check=False)
        if refused.returncode != 2 or 'Python objects' not in refused.stderr:
            print('an array of objects:', refused.returncode, refused.stderr)
            failed += 1
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
