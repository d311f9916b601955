#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds the ledger of derivations to its promise.

    ledger_test.py PROGRAM SOURCE

Every document of SOURCE/derivations is in the index, has its heads, and names files that exist; its claims (blocks fenced as ```verify) agree
with quadrature, or disagree as they say; a document without claims says why, and names the test that is its machine check.
"""
import pathlib
import re
import subprocess
import sys

HEADS = ['Statement', 'Assumes', 'Conventions used', 'Proof', 'Limits and special values', 'Sources', 'Used by', 'Checked by']
NO_CLAIM = re.compile(r'^No formula to verify: \S.*; its machine check is `(tests/[\w./]+)`\.$', re.M)


def faults_of(program, source, path, index):
    text = path.read_text(encoding='utf-8')
    name = path.relative_to(source / 'derivations').as_posix()
    if f']({name})' not in index:
        yield 'it is not in the index, derivations/README.md'
    for head in HEADS:
        if f'\n## {head}\n' not in text:
            yield f'no section "{head}"'
    for file in set(re.findall(r'`((?:tests|src|include)/[\w./]+\.\w+)`', text)):
        if not (source / file).exists():
            yield f'{file} does not exist'
    if '\n```verify\n' not in text:
        if not NO_CLAIM.search(text):
            yield 'no block ```verify, and no line "No formula to verify: WHY; its machine check is `tests/...`."'
        return
    done = subprocess.run([program, 'verify', path, '--points', '2', '--digits', '20', '--quiet'], capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        yield f'infwidth verify: exit code {done.returncode}\n' + ''.join(line + '\n' for line in (done.stdout + done.stderr).splitlines() if ': the claim agrees' not in line)


def main():
    program, source = sys.argv[1], pathlib.Path(sys.argv[2])
    index = (source / 'derivations' / 'README.md').read_text(encoding='utf-8')
    passed = failed = 0
    for path in sorted((source / 'derivations').rglob('*.md')):
        if path.name == 'README.md':
            continue
        faults = list(faults_of(program, source, path, index))
        for fault in faults:
            print(f'{path}: {fault}')
        failed += bool(faults)
        passed += not faults
    print(f'{passed} passed, {failed} failed')
    sys.exit(failed > 0 or passed == 0)


if __name__ == '__main__':
    main()
