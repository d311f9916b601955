#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every flag that a command accepts changes its answer, or is refused.

    flags_test.py PROGRAM

The flags are those of the commands' own --help: one that is not in the tables below fails, and so does an entry for a flag that there is not. Each is added to
every subject of its command (a network, a kernel, a formula, a claim, data), or given another value there. Then standard output, the exit code or the files
that are written must differ, or the exit code is 2, with a reason and nothing else. Somewhere each must have an effect, but for those of HOW.
"""
import concurrent.futures
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import zipfile

# How the work is done, not what: the answer is the same by their nature.
HOW = {'--threads', '--timeout', '--quiet', '--checkpoint', '--resume'}

# Whether they show depends on the answer: a formula may be in one piece already, a claim right at any points, a symmetry exact, no row in the verdict.
MAY = {'--expand', '--seed', '--at', '--rotations', '--alpha', '--inject', '--extrapolate'}

# What alone has them takes too long here: the study of digits, images of 3072 numbers.
COSTLY = {('train', '--cifar'), ('reproduce', '--points'), ('reproduce', '--labels')}

# A value for each flag, other than the subjects'; None for a flag without one. "command flag" comes before "flag".
VALUES = {
    '--activation': 'gelu', '--depth': '3', '--sigma-w2': '2', '--sigma-b2': '1/2', '--input-scaling': 'fan-in', '--residual': '1/2', '--parameterization': 'standard', '--widths': '9',
    '--kernel': 'arc-cosine:2', '--of': 'nngp', '--layers': 'all', '--at': '1,2', '--norm': '3', '--norm2': '5', '--dim': '3', '--data': 'points.csv', '--data2': 'more.csv',
    '--digits': '20', '--engine': 'double', '--format': 'json', '--output': 'out.txt', '--timeout': '500', '--quiet': None, '--threads': '2', '--x': '2,1', '--y': '3,1',
    '--train': 'more.csv', '--targets': 'targets.csv', '--test': 'points.csv', '--test-targets': 'targets.csv', '--classes': None, '--time': '2', '--noise': '1/3',
    '--variance': '3', '--covariance': '1/4', '--quantity': 'volume', '--expand': None, '--limit': 'q->oo', '--assume': 'a<0', '--rotations': '2', '--draws': '70', 'validate --draws': '500', '--seed': '7', '--alpha': '1/20',
    '--inject': '50%', '--extrapolate': None, '--convergence': '1,2', '--figure': 'figure.svg', '--checkpoint': 'state', '--resume': None, '--weights': 'net.npz', '--no-readout': None, '--arrays': 'W1,W2', '--without': 'b1', '--layout': 'inputs-outputs',
    '--task': 'circles', '--labels': 'labels.csv', '--mnist': 'images,labels', '--cifar': 'cifar,cifar', '--images': '2', '--loss': 'logistic', '--reduction': 'sum', '--optimiser': 'adam', '--rate': '1/3',
    '--momentum': '1/2', '--decay': '1/10', '--batch': '3', '--epochs': '4', '--schedule': 'cosine', '--warmup': '2', '--record': '1', '--grid': '6', '--window': '3', '--line': '1,3', '--plane': '1,2,3',
    '--curvature': None, '--spectrum': None, '--all-layers': None, '--save': 'run', '--validate': None, '--times': '1/2', '--gamma': '2', '--folder': 'elsewhere', '--seeds': '2', '--points': '3',
    '--claim': '4/(pi*sqrt(1+5*q))', '--claim-file': 'other_claim.txt', '--expect-factor': '3',
    'validate --of': 'metric', 'kernel --of': 'derivative', 'kernel --engine': 'mpfr', 'train --parameterization': 'ntk', 'predict --of': 'ntk', 'finite --widths': '9', 'reproduce --points': 'points.csv', 'verify --digits': '25', 'formula --format': 'latex',
    'formula --dim': '2', 'finite --engine': 'mpfr', 'train --task': 'noisy-xor', 'verify --quantity': 'kernel', 'kernel --output': 'gram.npy', 'train --train': 'points.csv', 'predict --output': 'out.npy',
    'activations activation': 'relu', 'expectation formula': 'cos(x)', 'reproduce study': 'sinusoid-shallow', 'verify documents': 'claims.md',
}

NETWORK = ['--activation', 'tanh']  # (for symmetry erf, whose kernel has a closed form)
DEEP = [*NETWORK, '--depth', '2']
STANDARD = ['--of', 'ntk', '--parameterization', 'standard', '--widths', '7']
DRAWN = ['--widths', '8', '--at', '0.6,0.8', '--draws']
TRAINED = [*NETWORK, '--widths', '5', '--epochs', '3', '--grid', '5']
LEARNED = ['--train', 'points.csv', '--targets', 'labels.csv', '--test', 'more.csv']
SUBJECTS = {
    'metric': {
        'point': [*DEEP, '--at', '3,4'],
        'norms': [*DEEP, '--norm2', '0:1:1/2', '--dim', '2'],
        'norm': [*NETWORK, '--norm', '2', '--dim', '2'],
        'data': [*NETWORK, '--data', 'more.csv'],
        'tangent kernel': [*DEEP, *STANDARD, '--at', '3,4'],
        'arc-cosine': ['--kernel', 'arc-cosine:3/2', '--at', '3,4'],
        'deep arc-cosine': ['--kernel', 'arc-cosine:2', '--depth', '2', '--at', '3,4'],
        'radial': ['--kernel', 'rbf:2', '--at', '3,4'],
    },
    'kernel': {
        'points': [*NETWORK, '--x', '3,4', '--y', '1,1', '--digits', '3'],
        'deep points': [*DEEP, '--of', 'feature', '--x', '3,4', '--y', '1,1', '--digits', '3'],
        'tangent kernel': [*NETWORK, *STANDARD, '--x', '3,4', '--y', '1,1', '--digits', '3'],
        'arc-cosine': ['--kernel', 'arc-cosine:1', '--depth', '2', '--x', '1,2', '--y', '2,1'],
        'exponential': ['--kernel', 'dot:exp(t)', '--x', '3,4', '--y', '1,1'],
        'data': [*DEEP, '--data', 'more.csv', '--output', 'g.npy'],
        'data, tangent kernel': [*DEEP, *STANDARD, '--data', 'more.csv', '--data2', 'points.csv', '--output', 'g.npy'],
        'data, arc-cosine': ['--kernel', 'arc-cosine:1', '--depth', '2', '--data', 'more.csv', '--output', 'g.npy'],
    },
    'predict': {
        'posterior': [*DEEP, '--of', 'nngp', '--noise', '1/10', *LEARNED],
        'classes': [*NETWORK, '--of', 'nngp', '--classes', '--noise', '1/10', *LEARNED],
        'flow': [*NETWORK, '--of', 'ntk', '--time', 'inf', '--parameterization', 'standard', '--widths', '5', *LEARNED],
    },
    'finite': {'point': [*NETWORK, '--widths', '8', '--at', '3,4'], 'norm': [*NETWORK, '--widths', '8', '--norm2', '2', '--dim', '2']},
    'expectation': {'formula': ['tanh(x)^2', '--variance', '2'], 'two variables': ['tanh(u)*v', '--variance', '2', '--covariance', '1/2'], 'activation': ['--activation', 'tanh', '--variance', '2']},
    'formula': {
        'map': ['--quantity', 'chi', '--activation', 'erf'],
        'letters': ['--quantity', 'chi', '--activation', 'relu(a*x+b)', '--assume', 'a>0'],
        'long map': ['--quantity', 'Q', '--activation', 'selu'],
        'limit': ['--quantity', 'chi', '--activation', 'erf', '--limit', 'q->0'],
        'kernel': ['--quantity', 'kernel', '--activation', 'erf'],
        'deep kernel': ['--quantity', 'kernel', '--activation', 'erf', '--depth', '2'],
        'derivative kernel': ['--quantity', 'derivative-kernel', '--activation', 'erf'],
        'tangent kernel': ['--quantity', 'ntk', '--activation', 'relu'],
        'volume': ['--quantity', 'volume', '--activation', 'erf'],
        'metric': ['--quantity', 'metric', '--activation', 'erf', '--depth', '2'],
        'sectional curvature': ['--quantity', 'sectional-curvature', '--activation', 'erf', '--dim', '3'],
    },
    'activations': {'all': [], 'one': ['tanh']},
    'symmetry': {'limit': ['--activation', 'erf', '--at', '0.6,0.8'], 'networks': [*NETWORK, *DRAWN, '60'], 'deep networks': [*NETWORK, *DRAWN, '60', '--depth', '2']},
    'validate': {
        'metric': [*NETWORK, *DRAWN, '20', '--of', 'metric,volume'],
        'tangent kernel': [*NETWORK, *DRAWN, '20', '--of', 'kernel,ntk', '--depth', '2'],
        'all': [*NETWORK, *DRAWN, '20'],
        'data': [*NETWORK, '--widths', '8', '--data', 'more.csv', '--draws', '20', '--of', 'metric'],
        'convergence': [*NETWORK, *DRAWN, '400', '--of', 'metric', '--convergence', '1,2,4'],
        'weights': [*NETWORK, '--weights', 'net.npz', '--at', '0.6,0.8'],
        'square weights': [*NETWORK, '--weights', 'square.npz', '--layout', 'outputs-inputs', '--at', '0.6,0.8'],
    },
    'train': {
        'xor': ['--task', 'xor', *TRAINED],
        'deep': ['--task', 'xor', *NETWORK, '--widths', '5,5', '--epochs', '3', '--grid', '5', '--save', 'a'],
        'adam': ['--task', 'xor', '--optimiser', 'adam', *TRAINED],
        'line': ['--task', 'xor', '--line', '1,2', *TRAINED, '--save', 'a'],
        'nowhere': ['--task', 'xor', *NETWORK, '--widths', '5', '--epochs', '3', '--grid', '0'],
        'files': ['--task', 'xor', *TRAINED, '--save', 'a', '--figure', 'a.svg'],
        'data': ['--train', 'points.csv', '--labels', 'labels.csv', *TRAINED],
        'images': ['--mnist', 'images,labels', *NETWORK, '--widths', '5', '--epochs', '2'],
        'theory': ['--validate', '--task', 'two-points', *NETWORK, '--widths', '4', '--at', '0.6,0.8', '--draws', '20', '--times', '1/4'],
    },
    'reproduce': {'xor': ['xor', '--seeds', '1', '--epochs', '1']},
    'verify': {
        'map': ['--quantity', 'chi', '--activation', 'erf', '--claim', '4/(pi*sqrt(1+4*q))', '--points', '1'],
        'claim in a file': ['--quantity', 'chi', '--activation', 'erf', '--claim-file', 'claim.txt', '--points', '1'],
        'letters': ['--quantity', 'chi', '--activation', 'a*erf(x)', '--claim', '5*a^2/(pi*sqrt(1+4*q))', '--points', '1'],
        'kernel': ['--quantity', 'kernel', '--activation', 'erf', '--claim', '2/pi*asin(2*c/sqrt((1+2*q1)*(1+2*q2)))', '--points', '1', '--digits', '10'],
        'readout': ['--quantity', 'kernel', '--of', 'nngp', '--activation', 'erf', '--claim', '3/pi*asin(2*c/sqrt((1+2*q1)*(1+2*q2)))', '--points', '1', '--digits', '10'],
        'tangent kernel': ['--quantity', 'ntk', '--activation', 'erf', '--claim', '1', '--points', '1', '--digits', '10'],
        'volume': ['--quantity', 'volume', '--activation', 'erf', '--dim', '2', '--claim', '1', '--points', '1', '--digits', '10'],
        'metric': ['--quantity', 'metric-A', '--activation', 'relu', '--claim', 'sigma_w2/2', '--points', '1', '--digits', '10'],
        'documents': ['claims.md', '--points', '1', '--digits', '10'],
    },
}


def npy(shape, numbers):
    """A NumPy array of doubles."""
    header = ("{'descr': '<f8', 'fortran_order': False, 'shape': (%s,), }" % ', '.join(map(str, shape))).encode()
    header += b' ' * (-(len(header) + 11) % 64) + b'\n'
    return b'\x93NUMPY\x01\x00' + struct.pack('<H', len(header)) + header + struct.pack(f'<{len(numbers)}d', *numbers)


def make_inputs(folder):
    """The files that the subjects read."""
    def text(name, lines):
        (folder / name).write_text('\n'.join(lines) + '\n', encoding='utf-8')

    text('points.csv', ['1,2', '3/2,-1', '-1,0.5', '-2,-1'])
    text('more.csv', ['0.5,1', '-1,2', '2,0.25', '1,-3'])
    text('labels.csv', ['0', '1', '1', '0'])
    text('targets.csv', ['2', '3', '3', '2'])
    text('claim.txt', ['3/(pi*sqrt(1+4*q))'])
    text('other_claim.txt', ['2/(pi*sqrt(1+4*q))'])
    text('claims.md', ['```verify', 'Q relu = q/2', '```'])
    (folder / 'images').write_bytes(struct.pack('>4i', 2051, 4, 2, 2) + bytes(range(0, 160, 10)))
    (folder / 'labels').write_bytes(struct.pack('>2i', 2049, 4) + bytes([0, 1, 0, 1]))
    (folder / 'cifar').write_bytes(b''.join(bytes([k % 2]) + bytes((k + i) % 256 for i in range(3072)) for k in range(3)))
    with zipfile.ZipFile(folder / 'net.npz', 'w') as archive:
        archive.writestr('W1.npy', npy([3, 2], [0.5, -1, 1.5, 0.25, -0.75, 2]))
        archive.writestr('b1.npy', npy([3], [0.125, -0.5, 0.25]))
        archive.writestr('W2.npy', npy([2, 3], [1, -0.5, 0.25, 0.75, 1.25, -1]))
    with zipfile.ZipFile(folder / 'square.npz', 'w') as archive:
        archive.writestr('W1.npy', npy([2, 2], [0.5, -1, 1.5, 0.25]))
        archive.writestr('b1.npy', npy([2], [0.125, -0.5]))
        archive.writestr('W2.npy', npy([2, 2], [1, -0.5, 0.75, 1.25]))


class Outcome:
    """What a command says and leaves behind."""

    def __init__(self, program, words):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            make_inputs(folder)
            before = {p.relative_to(folder) for p in folder.rglob('*')}
            done = subprocess.run([program, *words], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False)
            self.words, self.code, self.out, self.err = words, done.returncode, done.stdout, done.stderr
            self.files = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob('*') if p.is_file() and p.relative_to(folder) not in before}

    def differs(self, other):
        return (self.code, self.out, self.files) != (other.code, other.out, other.files)


def flags_of(program, command):
    """Flags and positional words of the command's help, but --help."""
    help_text = subprocess.run([program, command, '--help'], env=dict(os.environ, COLUMNS='200'), capture_output=True, text=True, check=True).stdout
    head = re.split(r'^Examples:', help_text, flags=re.M)[0]
    flags = re.findall(r'^  (--[a-z][a-z0-9-]*)', head, re.M)
    positional = re.search(r'^positionals:\n(.*?)^options:', head, re.I | re.M | re.S)
    words = re.findall(r'^  ([a-z]+)\b', positional[1], re.M) if positional else []
    return [f for f in flags if f != '--help'] + words


def with_flag(base, flag, value):
    """The subject with the flag, or with another value for it."""
    extra = [] if value is None else [value]
    if not flag.startswith('--'):
        return [value, *base[1:]] if base and not base[0].startswith('--') else [value, *base]
    if flag not in base:
        return [*base, flag, *extra]
    at = base.index(flag)
    return [*base[:at + 1], *extra, *base[at + 1 + len(extra):]]


def check(program, command, subject, base, flag):
    """(did it have an effect, what is wrong)"""
    value = VALUES.get(f'{command} {flag}', VALUES.get(flag, 'no such entry'))
    if value == 'no such entry':
        return False, f'{command}: {flag} is not in the table of values; add it, and a subject in which it has an effect'
    words = [command, *with_flag(base.words[1:], flag, value)]
    if words == base.words:
        return True, ''  # a flag without a value, which the subject has
    got = Outcome(program, words)
    shown = f'{subject}: infwidth {" ".join(words)}'
    if got.code == 2:
        return False, '' if re.match('infwidth [a-z]+: .', got.err) and not got.out and not got.files else f'{shown}\n  is refused without a reason, or leaves something behind: {got.err.strip()}'
    if got.code not in (0, 3, 4, 5):
        return False, f'{shown}\n  ended with {got.code}: {got.err.strip()}'
    if got.differs(base):
        return True, ''
    return False, '' if flag in HOW | MAY else f'{shown}\n  accepts {flag}, and answers as without it'


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    only = sys.argv[2:]
    overview = subprocess.run([program, '--help'], env=dict(os.environ, COLUMNS='200'), capture_output=True, text=True, check=True).stdout
    commands = re.findall(r'^  ([a-z]+) ', re.search(r'^subcommands:\n(.*?)^examples:', overview, re.I | re.M | re.S)[1], re.M)
    wrong = [f'{command}: no subject; add one' for command in commands if command not in SUBJECTS]
    known, effects, jobs = set(), set(), []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for command in commands:
            if only and command not in only:
                continue
            flags = flags_of(program, command)
            known.update(flags, (f'{command} {flag}' for flag in flags))
            bases = {subject: pool.submit(Outcome, program, [command, *words]) for subject, words in SUBJECTS.get(command, {}).items()}
            for subject, future in bases.items():
                base = future.result()
                if base.code not in (0, 5):
                    wrong.append(f'{subject}: infwidth {" ".join(base.words)}\n  ended with {base.code}: {base.err.strip()}')
                    continue
                jobs += [(command, flag, pool.submit(check, program, command, subject, base, flag)) for flag in flags]
        for command, flag, job in jobs:
            effect, problem = job.result()
            if effect:
                effects.add((command, flag))
            if problem:
                wrong.append(problem)
    wrong += [f'{command}: {flag} has an effect on no subject' for command, flag in sorted({(c, f) for c, f, _ in jobs} - effects - COSTLY) if flag not in HOW]
    if not only:
        wrong += [f'the table has a value for {entry}, which is no flag' for entry in VALUES if entry not in known]
    print('\n'.join([*wrong, f'{len(jobs)} flags on subjects, {len(wrong)} wrong']))
    sys.exit(len(wrong) > 0)


if __name__ == '__main__':
    main()
