# SPDX-License-Identifier: GPL-3.0-or-later
"""Random legal command lines: for every command its flags with values that its help promises to take, formulas, and data files.

A `Call` is a list of words, some of them marked as flags that may be left out (with their values). What is legal may still be refused (a metric
that does not exist, an accuracy that is out of reach); what must never happen is in checks.py.
"""
import dataclasses
import random
import struct
import zipfile

SMOOTH = ['tanh', 'erf', 'gelu', 'sigmoid', 'softplus', 'silu', 'sin', 'cos', 'gaussian', 'identity', 'normal_cdf', 'exp', 'hermite:3', 'monomial:2', 'rbf:1/2']
KINKED = ['relu', 'leaky_relu:1/5', 'abs', 'elu:1', 'selu', 'hardtanh', 'relu6', 'relu_power:3/2', 'relu_power:3']
JUMPING = ['step', 'sign']
FORMULAS = ['x*tanh(softplus(x))', 'max(-1, min(1, x))', 'tanh(x)+abs(x)/2', 'log(1+x^2)', 'atan(x)', 'x*exp(-x^2/2)', 'relu(x)^2', 'sin(3*x)/3', 'x^3-x', 'x/(1+x^2)',
            'x/sqrt(1+x^2)', 'relu(x-1)-relu(x+1)', 'erf(x/sqrt(2))', '2*sigmoid(2*x)-1', 'cosh(x/3)', 'x^2', 'exp(-x)', 'abs(x)^(3/2)', 'sin(x)+cos(x)', '1/(1+exp(-x))', '0', '1']
ENGINES = ['ball', 'double', 'mpfr']


@dataclasses.dataclass
class Call:
    """words: the command line. droppable: (flag, first, last) ranges of words that may be left out. subject: what the flags are about."""
    words: list
    subject: str
    droppable: list = dataclasses.field(default_factory=list)
    stdin: bytes = b''
    truth: bool = False  # a true theory is tested: exit code 5 is a false verdict, and its p-value is kept
    matters: float = 0.3  # how often one of the droppable flags is left out, to see that it changes the answer

    def add(self, *words, droppable=False):
        first = len(self.words)
        self.words += [str(w) for w in words]
        if droppable:
            self.droppable.append((str(words[0]), first, len(self.words)))

    def without(self, place):
        _, first, last = self.droppable[place]
        return self.words[:first] + self.words[last:]


class Draw(random.Random):
    """The distributions that values come from."""

    def maybe(self, p):
        return self.random() < p

    def activation(self, jumps=True):
        return self.choice(self.choices([SMOOTH, KINKED, JUMPING if jumps else KINKED, FORMULAS], [6, 4, 1, 4])[0])

    def variance(self):
        return self.choices([self.choice(['1', '2', '3/2', '1/10', '0.5', '4']), f'{10 ** self.uniform(-8, 8):.3g}', self.choice(['0', '100', '30', '1e4'])], [12, 2, 2])[0]

    def variances(self, layers):
        return self.variance() if self.maybe(0.7) else ','.join(self.variance() for _ in range(layers + self.choice([0, 1]))) if layers > 1 else self.variance()

    def coordinate(self):
        return self.choices([self.choice(['0', '1', '-1', '3/5', '4/5', '0.25', '2', '-1/3']), f'{self.uniform(-3, 3):.4g}', f'{self.choice([-1, 1]) * 10 ** self.uniform(-9, 6):.4g}'],
                            [10, 6, 1])[0]

    def point(self, dim=None):
        dim = dim or self.choice([1, 2, 2, 2, 3, 3, 5])
        return ['0'] * dim if self.maybe(0.06) else [self.coordinate() for _ in range(dim)]

    def depth(self, most=4):
        return self.choices([1, 2, 3, self.randint(4, max(most, 4))], [6, 4, 2, 1])[0]

    def network(self, call, most_depth=4, widths=None, jumps=True, activation=None):
        """Adds the flags of a network; returns its depth."""
        depth = len(widths) if widths else self.depth(most_depth)
        if depth > 1 and self.maybe(0.2):
            for _ in range(depth):
                call.add('--activation', self.activation(jumps))
        else:
            call.add('--activation', activation or self.activation(jumps))
            if not widths and (depth > 1 or self.maybe(0.1)):
                call.add('--depth', depth, droppable=True)
        if self.maybe(0.5):
            call.add('--sigma-w2', self.variances(depth), droppable=True)
        if self.maybe(0.4):
            call.add('--sigma-b2', self.variances(depth), droppable=True)
        if self.maybe(0.15):
            call.add('--input-scaling', 'fan-in', droppable=True)
        return depth

    def parameterization(self, call, depth):
        if self.maybe(0.12):
            call.add('--residual', self.choice(['1', '1/2', '0.3']), droppable=True)
        if self.maybe(0.15):
            call.add('--parameterization', 'standard', droppable=True)
            if self.maybe(0.7):
                call.add('--widths', self.choice(['100', ','.join(['50'] * depth)]), droppable=True)

    def accuracy(self, call):
        if self.maybe(0.35):
            call.add('--digits', self.choices([self.randint(1, 40), self.randint(41, 200)], [8, 1])[0], droppable=True)
        if self.maybe(0.35):
            call.add('--engine', self.choice(ENGINES))

    def widths(self, most_layers=3):
        layers = self.choices([1, 2, most_layers], [6, 3, 1])[0]
        width = lambda: self.choices([self.randint(1, 12), self.randint(13, 120)], [1, 3])[0]
        return [width() for _ in range(layers)]


# ---- Data files ----

def csv_file(draw, rows):
    head = draw.choice(['', '', '# made up\n', ','.join(f'x{i}' for i in range(len(rows[0]))) + '\n'])
    return (head + ''.join(','.join(row) + '\n' for row in rows)).encode()


def npy_bytes(rows, kind='<f8'):
    """Rows of numbers as a version 1.0 .npy file."""
    matrix = bool(rows) and isinstance(rows[0], list)
    flat = [float(x) for row in rows for x in row] if matrix else rows
    shape = (len(rows), len(rows[0])) if matrix else (len(rows),)
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b' ' * (-(len(header) + 11) % 64) + b'\n'
    form = {'<f8': 'd', '<f4': 'f', '<i8': 'q'}[kind]
    return b'\x93NUMPY\x01\x00' + struct.pack('<H', len(header)) + header + struct.pack(f'<{len(flat)}{form}', *[int(x) if form == 'q' else x for x in flat])


def decimal_rows(draw, n, dim):
    return [[draw.coordinate().replace('/', '.') for _ in range(dim)] for _ in range(n)]


def points_file(draw, folder, n, dim):
    rows = decimal_rows(draw, n, dim)
    if draw.maybe(0.5):
        path = folder / f'points{draw.randint(0, 10**9)}.csv'
        path.write_bytes(csv_file(draw, rows))
    else:
        path = folder / f'points{draw.randint(0, 10**9)}.npy'
        path.write_bytes(npy_bytes(rows, draw.choice(['<f8', '<f4'])))
    return str(path)


def weights_file(draw, folder, dim, widths):
    """W1, b1, .. of a network as numpy.savez writes them; sometimes of extreme size, but finite."""
    path = folder / f'weights{draw.randint(0, 10**9)}.npz'
    # Squares of weights reach the largest double at 1.34e154.
    size = draw.choices([1.0, 10 ** draw.uniform(-3, 2), 10 ** draw.uniform(140, 160), 10 ** draw.uniform(153.8, 155)], [8, 2, 1, 2])[0]
    inputs = dim
    with zipfile.ZipFile(path, 'w') as archive:
        for layer, width in enumerate(widths + [1], 1):
            archive.writestr(f'W{layer}.npy', npy_bytes([[(size if layer == len(widths) + 1 - draw.choice([0, 1]) else 1) * draw.gauss(0, 1) / inputs**0.5 for _ in range(inputs)] for _ in range(width)]))
            archive.writestr(f'b{layer}.npy', npy_bytes([draw.gauss(0, 1) for _ in range(width)]))
            inputs = width
    return str(path)


# ---- The commands ----

def where(draw, call, folder):
    kind = draw.choices(['at', 'norm2', 'range', 'data'], [5, 3, 1, 2])[0]
    if kind == 'at':
        call.add('--at=' + ','.join(draw.point()))
    elif kind == 'data':
        call.add('--data', points_file(draw, folder, draw.randint(1, 6), draw.randint(1, 3)))
    else:
        call.add('--norm2', draw.choice(['0', '1', '3/2', '1e-6', '100', '1e8']) if kind == 'norm2' else draw.choice(['0:2:1/2', '1:3:1']))
        call.add('--dim', draw.choice([1, 2, 3, 10]))


def classical(draw, call):
    call.add('--kernel', draw.choice(['arc-cosine:1', 'arc-cosine:0', 'arc-cosine:3/2', 'rbf:1', 'polynomial:3,1', 'dot:exp(t)']))
    call.matters = 1
    if 'arc-cosine' in call.words[-1] and draw.maybe(0.5):
        call.add('--depth', draw.choice([2, 3]), droppable=True)
    if draw.maybe(0.3):
        call.add('--sigma-w2', draw.variance(), droppable=True)
    if draw.maybe(0.3):
        call.add('--sigma-b2', draw.variance(), droppable=True)
    if draw.maybe(0.15):
        call.add('--input-scaling', 'fan-in', droppable=True)
    if draw.maybe(0.15):
        call.add('--residual', '1/2', droppable=True)
    return call.words[call.words.index('--kernel') + 1].split(':')[0]


def metric(draw, folder):
    call = Call(['metric'], 'network')
    if draw.maybe(0.15):
        call.subject = classical(draw, call)
    else:
        depth = draw.network(call)
        if draw.maybe(0.35):
            call.add('--of', draw.choice(['feature', 'derivative', 'nngp', 'ntk']), droppable=call.words[-1] != 'feature')
        draw.parameterization(call, depth)
        if depth > 1 and draw.maybe(0.2):
            call.add('--layers', 'all', droppable=True)
    where(draw, call, folder)
    draw.accuracy(call)
    return call


def kernel(draw, folder):
    call = Call(['kernel'], 'network')
    if draw.maybe(0.2):
        call.subject = classical(draw, call)
    else:
        depth = draw.network(call, most_depth=10)
        draw.parameterization(call, depth)
        if depth > 1 and draw.maybe(0.15):
            call.add('--layers', 'all', droppable=True)
    if draw.maybe(0.5):
        call.add('--of', ','.join(draw.sample(['feature', 'derivative', 'nngp', 'ntk'], draw.randint(1, 3))), droppable=True)
    if draw.maybe(0.25) and call.subject == 'network':
        call.add('--data', points_file(draw, folder, draw.randint(1, 8), draw.randint(1, 4)))
        call.add('--output', str(folder / f'gram{draw.randint(0, 10**9)}.npy'))
        call.subject = 'data'
    else:
        x = draw.point()
        y = draw.choices([draw.point(len(x)), x, [c[1:] if c.startswith('-') else '-' + c for c in x]], [8, 1, 1])[0]
        call.add('--x=' + ','.join(x))
        call.add('--y=' + ','.join(y))
        draw.accuracy(call)
    return call


def expectation(draw, folder):
    call = Call(['expectation'], 'formula')
    q = draw.choice(['1', '17/10', '1/100', '3', '1e-12', '1e-25', '100', '1e6', '1e30', '0'])
    kind = draw.choice(['formula', 'activation', 'pair'])
    call.subject = kind
    if kind == 'activation':
        call.add('--activation', draw.activation())
        call.add('--variance', draw.choice([q, '0:2:1/2']))
    elif kind == 'formula':
        call.add(draw.choice([draw.choice(FORMULAS), 'abs(x)^(-4/5)', 'erfc(x+3)', 'exp(x/5)', 'relu(x)*sin(x)', '(1+erf(x-9))/2', 'log(1+exp(x))^2', 'cos(20*x)', '1/x']))
        call.add('--variance', q)
    else:
        call.add(draw.choice(['tanh(u)*relu(v)', 'u*v', 'erf(u)*erf(v)', 'relu(u)*relu(v)', 'sin(u)*cos(v)+u*v', 'abs(u)*abs(v)']))
        call.add('--variance', '1,2')
        call.add('--covariance', draw.choice(['0', '1/2', '1', '-1/3', '1.4142']), droppable=False)
    draw.accuracy(call)
    return call


def formula(draw, folder):
    quantity = draw.choice(['Q', 'chi', 'kernel', 'derivative-kernel', 'metric', 'eigenvalues', 'volume', 'curvature', 'sectional-curvature'])
    call = Call(['formula', '--quantity', quantity], {'derivative-kernel': 'kernel', 'eigenvalues': 'metric', 'sectional-curvature': 'curvature'}.get(quantity, quantity), matters=0.8)
    call.add('--activation', draw.choice(['relu', 'erf', 'gelu', 'sin', 'cos', 'abs', 'identity', 'exp', 'leaky_relu:1/5', 'x^2', 'tanh', 'erf(a*x)', 'gaussian', 'softplus', 'step']))
    if draw.maybe(0.3):
        call.add('--of', 'nngp', droppable=True)
    if draw.maybe(0.2):
        call.add('--depth', 2, droppable=True)
    if draw.maybe(0.25):
        call.add('--sigma-w2', draw.choice(['2', '3/2', 'sigma_w2']), droppable=call.words[-1] != 'sigma_w2')
    if draw.maybe(0.25):
        call.add('--sigma-b2', draw.choice(['0', '1/10']), droppable=True)
    if draw.maybe(0.15):
        call.add('--dim', 3, droppable=True)
    if draw.maybe(0.15):
        call.add('--input-scaling', 'fan-in', droppable=True)
    if draw.maybe(0.15):
        call.add('--expand', droppable=True)
    if quantity in ('Q', 'chi') and draw.maybe(0.3):
        call.add('--limit', draw.choice(['q->0', 'q->oo']), droppable=True)
    return call


def verify(draw, folder):
    claim, activation, quantity, factor = draw.choice([
        ('4/(pi*sqrt(1+4*q))', 'erf', 'chi', None), ('q/2', 'relu', 'Q', None), ('q', 'relu', 'Q', '2'), ('1/2', 'relu', 'chi', None), ('(1-exp(-2*q))/2', 'sin', 'Q', None),
        ('3*exp(2*q)', 'exp', 'Q', '3'), ('2/pi*asin(2*c/sqrt((1+2*q1)*(1+2*q2)))', 'erf', 'kernel', None), ('q^2', 'relu', 'Q', 'wrong')])
    call = Call(['verify', '--quantity', quantity, '--activation', activation, '--claim', claim], quantity)
    if factor not in (None, 'wrong'):
        call.add('--expect-factor', factor)
    call.truth = factor != 'wrong'
    if draw.maybe(0.3):
        call.add('--points', draw.randint(1, 12), droppable=True)
    if draw.maybe(0.3):
        call.add('--digits', draw.randint(10, 60), droppable=True)
    if draw.maybe(0.3):
        call.add('--seed', draw.randint(2, 1000))
    return call


def finite(draw, folder):
    widths = draw.widths()
    call = Call(['finite', '--widths', ','.join(map(str, widths))], 'finite')
    draw.network(call, widths=widths)
    if draw.maybe(0.6):
        call.add('--at=' + ','.join(draw.point()))
    else:
        call.add('--norm2', draw.choice(['0', '1', '4', '1e-4']))
        call.add('--dim', draw.choice([1, 2, 3, 8]))
    draw.accuracy(call)
    return call


def validate(draw, folder):
    if draw.maybe(0.2):
        dim, widths = draw.randint(1, 3), draw.widths()
        call = Call(['validate', '--weights', weights_file(draw, folder, dim, widths)], 'weights')
        call.add('--activation', draw.activation(jumps=False))
        call.add('--at=' + ','.join(draw.point(dim)))
        if draw.maybe(0.2):
            call.add('--no-readout', droppable=True)
        return call
    widths = draw.widths()
    call = Call(['validate', '--widths', ','.join(map(str, widths))], 'ensemble', truth=True)
    dim = draw.choice([1, 2, 2, 3])
    if draw.maybe(0.06):  # every preactivation is certainly a kink
        call.add('--activation', draw.choice(['relu', 'abs', 'leaky_relu:1/5', 'selu']))
        call.add('--at=' + ','.join(['0'] * dim))
    else:
        draw.network(call, widths=widths, activation='exp' if draw.maybe(0.05) else 'relu' if draw.maybe(0.15) else None)
        call.add('--at=' + ','.join(draw.point(dim)))
    if draw.maybe(0.5):
        call.add('--of', ','.join(draw.sample(['metric', 'volume', 'log-volume', 'curvature', 'kernel', 'ntk'], draw.randint(1, 2))), droppable=True)
    call.add('--draws', draw.choice([100, 200, 400]), droppable=True)
    call.add('--seed', draw.randint(1, 10**6), droppable=True)
    call.add('--alpha', '1e-5')
    if draw.maybe(0.1):
        call.add('--inject', '300%', droppable=True)
        call.truth = False
    return call


def symmetry(draw, folder):
    call = Call(['symmetry'], 'infinite', truth=True)
    widths = draw.widths() if draw.maybe(0.6) else None
    if widths:
        call.add('--widths', ','.join(map(str, widths)))
        call.add('--draws', draw.choice([100, 300]), droppable=True)
        call.add('--alpha', '1e-5')
        call.subject = 'networks'
    elif draw.maybe(0.3):
        call.add('--rotations', draw.randint(1, 5), droppable=True)
    draw.network(call, widths=widths)
    call.add('--at=' + ','.join(draw.point(draw.choice([2, 2, 3]))))
    call.add('--seed', draw.randint(1, 10**6), droppable=bool(widths))  # of rotations: a symmetry that is exact has no other deviations for them
    return call


def predict(draw, folder):
    dim, n = draw.randint(1, 3), draw.randint(2, 8)
    call = Call(['predict'], 'predict')
    depth = draw.network(call, jumps=False)
    draw.parameterization(call, depth)
    of = draw.choice(['nngp', 'ntk'])
    call.add('--of', of)
    if of == 'ntk':
        call.add('--time', draw.choice(['inf', '1', '1e6', '1e-3']))
    if draw.maybe(0.6):
        call.add('--noise', draw.choice(['1/10', '0.5', '1e-8']), droppable=True)
    call.add('--train', points_file(draw, folder, n, dim))
    path = folder / f'targets{draw.randint(0, 10**9)}.csv'
    classes = draw.maybe(0.3)
    path.write_text(''.join(f'{draw.randint(0, 2) if classes else draw.gauss(0, 1):.6g}\n' for _ in range(n)))
    call.add('--targets', str(path))
    call.add('--test', points_file(draw, folder, draw.randint(1, 4), dim))
    if classes:
        call.add('--classes')
    return call


def train(draw, folder):
    if draw.maybe(0.1):
        call = Call(['train', '--validate', '--task', 'two-points'], 'theory', truth=True)
        call.add('--activation', draw.choice(['tanh', 'erf', 'sin', 'relu']))
        call.add('--sigma-w2', draw.choice(['1', '3/2,6/5']), droppable=True)
        call.add('--widths', draw.choice([32, 64]))
        call.add('--at=' + ','.join(draw.point(2)))
        call.add('--draws', 100, droppable=True)
        call.add('--seed', draw.randint(1, 10**6), droppable=True)
        call.add('--alpha', '1e-5')
        return call
    call = Call(['train', '--task', draw.choice(['xor', 'noisy-xor', 'sinusoid', 'circles', 'spirals', 'two-points'])], 'trainer')
    widths = [draw.choice([1, 2, 3, 3, 5, 10]) for _ in range(draw.choice([1, 1, 2]))]
    call.add('--widths', ','.join(map(str, widths)))
    draw.network(call, widths=widths)
    call.add('--epochs', draw.choice([1, 5, 20]), droppable=True)
    if draw.maybe(0.8):
        call.add('--grid', draw.choice([0, 3, 8]), droppable=True)
    for flag, values in [('--loss', ['squared', 'logistic', 'cross-entropy']), ('--optimiser', ['adam', 'sgd']), ('--rate', ['0.01', '1', '100']), ('--momentum', ['0', '1/2']),
                         ('--decay', ['1e-3']), ('--batch', ['2', '50']), ('--schedule', ['cosine', 'step:1/2,2']), ('--warmup', ['2']), ('--gamma', ['2', '1/4']), ('--reduction', ['sum']),
                         ('--parameterization', ['ntk', 'mup']), ('--residual', ['1/2']), ('--seed', ['3', '7']), ('--record', ['0,1', '1']), ('--window', ['2'])]:
        if draw.maybe(0.12):
            value = draw.choice(values)
            call.add(flag, value, droppable=value not in ('cross-entropy', 'sgd'))
    for flag in ['--curvature', '--all-layers']:
        if draw.maybe(0.12):
            call.add(flag, droppable=True)
    return call


def activations(draw, folder):
    call = Call(['activations'], 'list')
    if draw.maybe(0.7):
        call.subject = 'one'
        call.add(draw.activation())
    return call


def extreme(draw, folder):
    """Legal, and far from what anyone means."""
    return draw.choice([
        lambda: Call(['validate', '--activation', 'relu', '--widths', '1000000000000', '--at', '1,0'], 'extreme'),
        lambda: Call(['train', '--task', 'xor', '--activation', 'tanh', '--widths', '100000000', '--epochs', '1'], 'extreme'),
        lambda: Call(['metric', '--activation', 'tanh', '--norm2', '1e300', '--dim', '2'], 'extreme'),
        lambda: Call(['metric', '--activation', draw.choice(SMOOTH), '--norm2', '1e-300', '--dim', '3', '--engine', draw.choice(ENGINES)], 'extreme'),
        lambda: Call(['kernel', '--activation', draw.choice(SMOOTH + KINKED), '--x=1e150,0', '--y=0,1e-150', '--engine', draw.choice(ENGINES)], 'extreme'),
        lambda: Call(['expectation', '--activation', draw.choice(SMOOTH), '--variance', '1e-300'], 'extreme'),
        lambda: Call(['kernel', '--activation', draw.choice(['relu', 'erf', 'tanh']), '--depth', '60', '--x=1,0', '--y=0,1', '--digits', '3'], 'extreme'),
        lambda: Call(['symmetry', '--activation', 'tanh', '--widths', '100000000000', '--at', '1,0'], 'extreme'),
    ])()


COMMANDS = {metric: 22, kernel: 22, expectation: 14, formula: 12, verify: 6, finite: 14, validate: 26, symmetry: 12, predict: 12, train: 22, activations: 3, extreme: 4}


def draw_call(seed, folder):
    """The call of this seed; its data files go to `folder`."""
    draw = Draw(seed)
    call = draw.choices(list(COMMANDS), list(COMMANDS.values()))[0](draw, folder)
    call.format = draw.choices(['json', 'text', 'csv', 'latex'], [6, 2, 2, 1])[0]
    call.to_file = draw.maybe(0.12) and '--output' not in call.words
    return call
