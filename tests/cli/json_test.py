#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command's JSON is read by a JSON parser, line by line: no NaN, no key twice. Every command's CSV has a header without a name twice, and one
value a field.

    json_test.py PROGRAM
"""
import csv
import io
import json
import re
import subprocess
import sys
import tempfile

import commands

number = r'[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?'
several = re.compile(rf'\s*{number}[\s,;]*[\[(±].*{number}')


def once(pairs):
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError(f'a key twice: {keys}')
    return dict(pairs)


def no_constant(name):
    raise ValueError(f'{name} is no JSON')


def run(program, command, form):
    return subprocess.run([program, *command, '--format', form], capture_output=True, text=True, check=False, timeout=120)


def main():
    program = sys.argv[1]
    failed = 0

    def wrong(command, what):
        nonlocal failed
        failed += 1
        print(' '.join(command), '\n   ', what)

    with tempfile.TemporaryDirectory() as name:
        folder = commands.make_files(name)
        every = [(codes, command, True) for codes, command in commands.tables(folder)]
        every += [({0, 4}, command, False) for command in commands.formulas()]
        for codes, command, table in every:
            ran = run(program, command, 'json')
            if ran.returncode not in codes:
                wrong(command, f'exit code {ran.returncode}: {ran.stderr}')
                continue
            try:
                for line in ran.stdout.splitlines():
                    if not isinstance(json.loads(line, object_pairs_hook=once, parse_constant=no_constant), dict):
                        raise ValueError('no object')
            except ValueError as error:
                wrong(command, f'{error}: {line}')
            if not table:
                continue
            ran = run(program, command, 'csv')
            rows = list(csv.reader(io.StringIO(ran.stdout), strict=True))
            if not rows or len(set(rows[0])) != len(rows[0]) or '' in rows[0]:
                wrong(command, f'the header of CSV: {rows[:1]}')
                continue
            for row in rows[1:]:
                if len(row) != len(rows[0]):
                    wrong(command, f'{len(row)} fields under {len(rows[0])} names: {row}')
                for key, field in zip(rows[0], row):
                    if key not in ('note', 'at', 'x', 'y') and several.match(field):
                        wrong(command, f'several values in the field {key}: {field}')
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
