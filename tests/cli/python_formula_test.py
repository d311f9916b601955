#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the modules that `infwidth formula --format python` prints, and compares their numbers with `infwidth metric`, `infwidth kernel` and `infwidth expectation`.

    python_formula_test.py PROGRAM
"""
import json
import subprocess
import sys

import mpmath as mp

DIGITS = 40
PARAMETERS = [('erf(a*x)', {'a': '-3/2'}), ('relu(x) + b*min(x, 0)', {'b': '2/7'}), ('w*gelu(x) + relu(x-t)', {'w': '1/3', 't': '5/4'})]
NETWORK = [('erf', 1), ('gelu', 1), ('elu:1', 1), ('sin', 2), ('erf', 3)]


def output(program, *words):
    return subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout


def function(program, quantity, *words):
    """What the module defines."""
    module = {}
    exec(output(program, 'formula', '--quantity', quantity, '--format', 'python', *words), module)
    return module[quantity.replace('-', '_')]


def agrees(got, wanted):
    return abs(got - mp.mpf(wanted)) <= mp.mpf(10) ** (1 - DIGITS) * abs(mp.mpf(wanted))


def main():
    program = sys.argv[1]
    mp.mp.dps = DIGITS
    wrong = []

    def check(what, got, wanted):
        if not agrees(got, wanted['value']):
            wrong.append(f'{what}: {got}, not {wanted["value"]}')

    for activation in ['gelu', 'selu', 'hardtanh', 'cos']:
        numbers = json.loads(output(program, 'expectation', '--activation', activation, '--variance', '7/3', '--digits', str(DIGITS), '--format', 'json'))
        for map_name in ['Q', 'chi']:
            with mp.workdps(DIGITS + 20):
                q = mp.mpf(7) / 3
            check(f'{map_name} of {activation}', function(program, map_name, '--activation', activation)(q), numbers[map_name])

    for activation, values in PARAMETERS:
        number = activation
        for letter, value in values.items():
            number = number.replace(letter, f'({value})')
        numbers = json.loads(output(program, 'expectation', '--activation', number, '--variance', '7/3', '--digits', str(DIGITS), '--format', 'json'))
        check(f'chi of {activation}', function(program, 'chi', '--activation', activation)('7/3', **values), numbers['chi'])

    for activation in ['gelu', 'elu:1', 'hardtanh', 'relu_power:3/2', 'abs(x)^(4/3)']:
        numbers = json.loads(output(program, 'kernel', '--activation', activation, '--x', '1,0', '--y', '1/2,1/3', '--digits', str(DIGITS), '--format', 'json'))
        for quantity, key in [('kernel', 'feature'), ('derivative-kernel', 'derivative')]:
            check(f'{quantity} of {activation}', function(program, quantity, '--activation', activation)(1, '13/36', '1/2'), numbers[key])

    for activation, depth in [('relu', 1), ('erf', 2), ('gelu', 2)]:
        words = ['--activation', activation, '--depth', str(depth)]
        numbers = json.loads(output(program, 'kernel', *words, '--sigma-w2', '3/2', '--sigma-b2', '1/4', '--x', '1,0', '--y', '1/2,1/3', '--digits', str(DIGITS), '--format', 'json'))
        first = ('7/4', '19/24', 1, '3/2', '1/4')  # sigma_b2 + sigma_w2 of x.x, y.y and x.y, then the variances
        check(f'ntk of {activation}, depth {depth}', function(program, 'ntk', *words)(*first), numbers['ntk'])
        check(f'nngp of {activation}, depth {depth}', function(program, 'kernel', '--of', 'nngp', *words)(*first), numbers['nngp'])

    for activation, depth in NETWORK:
        words = ['--activation', activation, '--depth', str(depth)]
        g = json.loads(output(program, 'metric', *words, '--norm2', '5/4', '--dim', '3', '--sigma-w2', '3/2', '--sigma-b2', '1/4', '--digits', str(DIGITS),
                              '--format', 'json'))
        at = ('5/4', 3, '3/2', '1/4')
        for quantity, keys in [('metric', ['A', 'B']), ('eigenvalues', ['eigenvalues.tangential', 'eigenvalues.radial']), ('volume', ['volume_element']),
                               ('curvature', ['curvature.ricci_scalar']), ('sectional-curvature', ['curvature.radial', 'curvature.tangential'])]:
            got = function(program, quantity, *words)(*at)
            for value, key in zip(got if len(keys) > 1 else [got], keys):
                wanted = g
                for part in key.split('.'):
                    wanted = wanted[part]
                check(f'{key} of {activation}, depth {depth}', value, wanted)

    print('\n'.join(wrong) if wrong else 'all agree')
    sys.exit(len(wrong) > 0)


if __name__ == '__main__':
    main()
