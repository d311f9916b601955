#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The properties that every legal command line has, tried on random ones.

    property_test.py PROGRAM [--runs N] [--seed S] [--only K]

A run ends within its deadline, with an exit code of the list and never 1; its JSON is JSON, no NaN is printed, its file is whole or absent, a refusal is
a message of the command, and what a message tells to change is a flag that the command has. Over all runs: a flag that a command accepts changes what it
answers or is refused; a true theory is never called false; and the p-values of true theories are uniform. The same seed makes the same command lines;
`--only K` repeats the Kth of them alone. Ends with the line `N passed, N failed`: a run is one, and so is each of the properties over all.
"""
import argparse
import collections
import concurrent.futures
import json
import math
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import commands  # noqa: E402  (beside this file)

TIMEOUT = 2          # seconds, --timeout of each run
CODES = {0, 2, 3, 4, 5}
ENOUGH = 4           # how often a flag must have been without effect before that is said
FEW = 1e-4           # false alarms of the test for uniform p-values

NAN = re.compile(r'(?<![A-Za-z_])-?nan(?![A-Za-z_])', re.I)
FLAG = re.compile(r'(?<![\w-])--[a-z][a-z0-9-]*')


def refuse_constant(word):
    raise ValueError(f'{word} is no JSON')


class Program:
    def __init__(self, path, deadline):
        self.path = path
        self.deadline = deadline
        self.flags = {}

    def run(self, words, stdin=b''):
        try:
            done = subprocess.run([self.path, *words], input=stdin, capture_output=True, timeout=self.deadline, check=False)
            return done.returncode, done.stdout.decode(errors='replace'), done.stderr.decode(errors='replace')
        except subprocess.TimeoutExpired as e:
            return None, (e.stdout or b'').decode(errors='replace'), (e.stderr or b'').decode(errors='replace')

    def flags_of(self, command):
        """What its help knows."""
        if command not in self.flags:
            self.flags[command] = set(FLAG.findall(self.run([command, '--help'])[1])) - {'--help'}
        return self.flags[command]


def faults_of(program, call, code, out, err, file, left_over):
    """What is wrong with one run."""
    if code is None:
        yield f'hangs: no end in {program.deadline:g} s'
        return
    if code not in CODES:
        yield f'ends with {f"signal {-code}" if code < 0 else f"exit code {code}"}'
    if 'fault in infwidth' in err:
        yield 'calls itself faulty'
    if NAN.search(out):
        yield 'prints NaN'
    if code == 5 and call.truth:
        yield 'calls a true theory false'
    if code not in (0, 5) and code in CODES and not err.startswith(f'infwidth {call.words[0]}: ') and '\ninfwidth ' not in err:
        yield 'is refused without a message of the command'
    if code == 4 and 'digits' in err and '--digits' not in program.flags_of(call.words[0]):
        yield 'names a cure that the command does not have: digits'
    for flag in FLAG.findall(err):
        if code == 4 and flag not in program.flags_of(call.words[0]) and f'infwidth ' not in err.split(flag)[0][-60:]:
            yield f'names a flag that the command does not have: {flag}'
    if call.format == 'json' and code in (0, 3, 5):
        for line in out.splitlines():
            try:
                json.loads(line, parse_constant=refuse_constant)
            except ValueError as e:
                yield f'prints what is no JSON ({e}): {line[:80]}'
                break
    if file is not None:
        if code == 0 and not (file.exists() and file.stat().st_size > 0):
            yield 'succeeds without its file'
        if code in (2, 3, 4) and file.exists() and call.words[0] not in ('metric', 'kernel') and 'this is what is known' not in err:
            yield 'leaves a file behind although it fails'
    if left_over:
        yield f'leaves behind {", ".join(sorted(left_over))}'


def run_one(job):
    """One call of the seed: its faults, its p-value, and what leaving one flag out has changed."""
    program, seed = job
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        call = commands.draw_call(seed, folder)
        known = set(os.listdir(folder))
        words = list(call.words)
        if call.words[0] not in ('activations',):
            words += ['--timeout', str(TIMEOUT)]
        if call.words[0] != 'formula' or call.format in ('text', 'json', 'latex'):
            words += ['--format', call.format]
        file = None
        if call.to_file:
            file = folder / f'answer.{ {"text": "txt", "json": "json", "csv": "csv", "latex": "tex"}[call.format]}'
            words += ['--output', str(file)]
        code, out, err = program.run(words, call.stdin)
        named = {pathlib.Path(w).name for w in words if w.startswith(name)}
        left = {n for n in set(os.listdir(folder)) - known if n not in named and not any(n.startswith(pathlib.Path(k).stem) and n.endswith('.npy') for k in named)}
        result = {'seed': seed, 'line': shlex.join(['infwidth', *words]), 'code': code, 'command': call.words[0],
                  'faults': list(faults_of(program, call, code, out, err, file, left)), 'err': err[-300:], 'p': None, 'flag': None}
        if call.truth and call.format == 'json' and code in (0, 5) and file is None:
            result['p'] = p_value(call, out)
        draw = commands.Draw(seed + 1)
        if code == 0 and call.droppable and draw.maybe(call.matters):
            place = draw.randrange(len(call.droppable))
            output = ['--output'] if '--output' in call.words else []
            extra = ['--timeout', str(TIMEOUT), '--format', 'json'] if not output else ['--timeout', str(TIMEOUT)]
            answers = []
            for these in (call.words, call.without(place)):
                for old in folder.glob('gram*.npy'):
                    old.unlink()
                c, o, e = program.run([*these, *extra], call.stdin)
                answers.append((c, o, b''.join(f.read_bytes() for f in sorted(folder.glob('gram*.npy')))))
            if answers[0][0] is not None and answers[1][0] is not None and 4 not in (answers[0][0], answers[1][0]):
                result['flag'] = (call.words[0], call.subject, call.droppable[place][0], answers[0] != answers[1], result['line'])
        return result


def p_value(call, out):
    """Of a run whose theory is exact, or near enough: wide networks, or none at all."""
    if '--widths' in call.words and min(int(w) for w in call.words[call.words.index('--widths') + 1].split(',')) < 40:
        return None
    try:
        return json.loads(out.splitlines()[-1]).get('p_value')
    except (ValueError, IndexError, AttributeError):
        return None


def uniform(values):
    """The Kolmogorov-Smirnov test's p-value."""
    n = len(values)
    if n == 0:
        return 1.0
    values = sorted(values)
    d = max(max((i + 1) / n - v, v - i / n) for i, v in enumerate(values))
    t = (math.sqrt(n) + 0.12 + 0.11 / math.sqrt(n)) * d
    return min(1.0, 2 * sum((-1) ** (k - 1) * math.exp(-2 * k * k * t * t) for k in range(1, 101)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('program')
    parser.add_argument('--runs', type=int, default=int(os.environ.get('INFWIDTH_PROPERTY_RUNS', '2000')))
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--deadline', type=float, default=60, help='seconds until a run is said to hang: far above its time-out, for machines with much else to do')
    parser.add_argument('--only', type=int)
    options = parser.parse_args()
    program = Program(options.program, options.deadline)
    first = options.seed * 1_000_003
    jobs = [(program, first + k) for k in (range(options.runs) if options.only is None else [options.only])]
    passed = failed = 0
    codes, p_values, flags = collections.Counter(), [], collections.defaultdict(list)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for k, r in enumerate(pool.map(run_one, jobs)):
            codes[r['command'], r['code']] += 1
            if r['p'] is not None:
                p_values.append(r['p'])
            if r['flag'] is not None:
                command, subject, flag, changed, line = r['flag']
                flags[command, subject, flag].append((changed, line))
            if r['faults']:
                failed += 1
                print(f'run {k if options.only is None else options.only}: {"; ".join(r["faults"])}\n  {r["line"]}\n  {r["err"].strip()[-250:]}', flush=True)
            else:
                passed += 1
            if options.only is not None:
                print(r)
    for (command, subject, flag), seen in sorted(flags.items()):
        if len(seen) >= ENOUGH and not any(changed for changed, _ in seen):
            failed += 1
            print(f'{command} ({subject}): {flag} is accepted and changes nothing, {len(seen)} times\n  {seen[0][1]}')
        else:
            passed += 1
    if options.only is None:
        p = uniform(p_values)
        print(f'{len(p_values)} p-values of true theories are uniform: p = {p:.3g}')
        passed, failed = (passed + 1, failed) if p >= FEW and len(p_values) >= options.runs // 100 else (passed, failed + 1)
        for command in sorted({c for c, _ in codes}):
            of = {code: n for (c, code), n in codes.items() if c == command}
            total, usage = sum(of.values()), of.get(2, 0)
            print(f'{command:12} {total:5} runs, exit codes ' + ', '.join(f'{code}: {n}' for code, n in sorted(of.items(), key=str)))
            if total >= 20 and usage > 0.6 * total:
                failed += 1
                print(f'{command}: the command lines are hardly legal')
    print(f'{passed} passed, {failed} failed')
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
