# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of every command, small ones, for tests of what they write."""
import pathlib
import zipfile


def npy(shape, values):
    """The bytes of numpy.save, by hand: NumPy need not be here."""
    import struct
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (" + ', '.join(map(str, shape)) + (',' if len(shape) == 1 else '') + '), }'
    header += ' ' * (-(11 + len(header)) % 64) + '\n'
    return b'\x93NUMPY\x01\x00' + struct.pack('<H', len(header)) + header.encode() + struct.pack(f'<{len(values)}d', *values)


def make_files(folder):
    folder = pathlib.Path(folder)
    (folder / 'points.csv').write_text('x,y\n0.6,0.8\n1,2\n-0.5,0.25\n')
    (folder / 'targets.csv').write_text('1\n-1\n0.5\n')
    (folder / 'labels.csv').write_text('0\n1\n1\n')
    with zipfile.ZipFile(folder / 'net.npz', 'w') as file:
        file.writestr('W1.npy', npy((3, 2), [0.5, -1, 1.5, 0.25, -0.75, 2]))
        file.writestr('b1.npy', npy((3,), [0.125, -0.5, 0.25]))
        file.writestr('W2.npy', npy((1, 3), [1, -0.5, 0.25]))
    return folder


def tables(folder):
    """Commands whose answers are tables (--format text, json, csv, latex), each after the codes that it may end with."""
    points, targets, labels, net = (str(folder / name) for name in ('points.csv', 'targets.csv', 'labels.csv', 'net.npz'))
    learn = f'predict --activation erf --noise 0.1 --train {points} --test {points}'
    ok, verdict = {0}, {0, 5}
    for codes, command in [
            (ok, 'activations'),
            (ok, 'activations gelu'),
            (ok, 'expectation tanh(x)^2 --variance 3/2'),
            (ok, 'expectation tanh(u)*relu(v) --variance 1,2 --covariance 1/2 --digits 60'),
            (ok, 'expectation --activation gelu --variance 0:2:1/4'),
            (ok, 'metric --activation tanh --depth 3 --norm2 1 --dim 2'),
            (ok, 'metric --activation x*tanh(softplus(x)) --depth 2 --norm2 0:4:1/2 --dim 100 --digits 12'),
            (ok, 'metric --activation erf --depth 3 --layers all --norm2 1 --dim 2 --sigma-w2 3/2 --sigma-b2 0.1'),
            (ok, 'metric --activation relu --at 1,2 --digits 120'),
            (ok, 'metric --activation erf --norm2 1:3:1 --dim 3 --digits 80'),
            (ok, 'metric --activation erf --norm2 0:1:1/100 --dim 3 --engine double'),
            (ok, f'metric --activation erf --data {points} --engine double'),
            (ok, 'kernel --activation relu --sigma-w2 2 --depth 3 --layers all --x 1,0 --y 3/5,4/5'),
            (ok, 'kernel --activation erf --x 1,0 --y 3/5,4/5 --digits 100'),
            (ok, 'kernel --kernel rbf:1 --x 1,0 --y 3/5,4/5'),
            (ok, 'finite --activation erf --widths 20,20 --at 0.6,0.8'),
            (verdict, 'validate --activation erf --widths 50 --at 0.6,0.8 --draws 200'),
            (verdict, 'validate --activation erf --widths 50 --at 0.6,0.8 --draws 100 --extrapolate --of metric,kernel'),
            (ok, 'validate --activation erf --widths 10 --at 0.6,0.8 --draws 400 --convergence 1,2,4'),
            (ok, f'validate --weights {net} --activation tanh --at 0.6,0.8'),
            (ok, f'validate --weights {net} --activation tanh --data {points}'),
            (verdict, 'symmetry --activation erf --at 0.6,0.8 --rotations 3'),
            (verdict, 'symmetry --activation erf --widths 20 --at 0.6,0.8 --draws 100'),
            (ok, f'{learn} --of nngp --targets {targets}'),
            (ok, f'{learn} --of ntk --time inf --classes --targets {labels} --test-targets {labels}'),
            (ok, 'train --task xor --activation sigmoid --sigma-b2 1 --widths 10 --rate 0.02 --epochs 20 --record 0,5,20 --grid 12'),
            (ok, f'reproduce xor --epochs 20 --seeds 2 --quiet --folder {folder / "xor"}'),
            (ok, 'verify --quantity chi --activation erf --claim 4/(pi*sqrt(1+4*q))'),
    ]:
        yield codes, command.split()


def formulas():
    """Commands whose answers are formulas: --format text, json and latex."""
    for quantity in 'Q chi kernel derivative-kernel metric eigenvalues volume curvature sectional-curvature'.split():
        for activation in ['erf', 'gelu', 'relu', 'exp', 'sin']:
            yield f'formula --quantity {quantity} --activation {activation}'.split()
        yield f'formula --quantity {quantity} --activation leaky_relu:a --assume 0<a<1'.split()
    for quantity in ['metric', 'volume', 'curvature']:
        for activation in ['erf', 'gelu', 'relu']:
            yield f'formula --quantity {quantity} --activation {activation} --depth 2'.split()
    yield 'formula --quantity chi --activation gelu --expand'.split()
    for activation in ['tanh', 'erf', 'gelu', 'softplus', 'x^2*exp(-x^2)']:
        for limit in ['q->0', 'q->oo']:
            yield f'formula --quantity chi --activation {activation} --limit {limit}'.split()
