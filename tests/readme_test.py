#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs every example of the documents and compares what it prints, letter by letter, with what stands below it.

    readme_test.py PROGRAM FILE.md...

In a block fenced as ```console, each line `$ infwidth ...` is a command (a pipe or redirection may follow: the shell runs it), and the
lines up to the next `$` or the end of the block are its output, standard output and standard error together. A command that ends with an
exit code other than 0 is followed by `$ echo $?`, whose output is compared too. Commands of a block share an empty working directory,
and what `$ cat NAME` or `$ printf ... > NAME` makes there is seen by those after it. A command whose output stands as the single line
`...` is run, and must exit with 0, but its output is not compared.
"""
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r'^```console\n(.*?)^```$', re.M | re.S)


def examples(block):
    """The (offset of line, command, expected output) of a block; a command goes on after a backslash at the end of a line."""
    found = []
    continued = False
    for number, line in enumerate(block.split('\n')[:-1]):
        if continued:
            found[-1][1] += '\n' + line
        elif line.startswith('$ '):
            found.append([number, line[2:], ''])
        elif found:
            found[-1][2] += line + '\n'
        else:
            sys.exit(f'a block that starts with output: {line}')
        continued = (continued or line.startswith('$ ')) and line.endswith('\\')
    return found


def is_setup(command):
    return re.match(r'(\./bootstrap|sudo|apt|git|meson|ninja)\b', command)


def run_block(program, path, first_line, block):
    """Runs one block; the number of examples that passed and failed. How to build (`./bootstrap`, git) is another test's matter."""
    commands = [example for example in examples(block) if not is_setup(example[1])]
    passed = failed = 0
    status = 0
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, PATH=f'{program.parent}:{os.environ["PATH"]}', LC_ALL='C.UTF-8', COLUMNS='150')
        for offset, command, expected in commands:
            try:
                done = subprocess.run(['bash', '-c', f'(exit {status}); {command}'], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
                got, status = done.stdout, done.returncode
            except subprocess.TimeoutExpired:
                got, status = 'no answer within 60 seconds\n', 124
            if got == expected or (expected == '...\n' and status == 0):
                passed += 1
                continue
            failed += 1
            print(f'{path}:{first_line + offset}: $ {command}')
            print(''.join(difflib.unified_diff(expected.splitlines(True), got.splitlines(True), 'in the document', 'printed')))
    return passed, failed


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    passed = failed = 0
    for path in map(pathlib.Path, sys.argv[2:]):
        text = path.read_text(encoding='utf-8')
        for match in BLOCK.finditer(text):
            first_line = text.count('\n', 0, match.start(1)) + 1
            good, bad = run_block(program, path, first_line, match[1])
            passed += good
            failed += bad
    print(f'{passed} passed, {failed} failed')
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
