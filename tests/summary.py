# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts what ran: reads a testlog.json of `meson test`, ends with the line `N passed, N failed`, and exits 1 unless all passed.

A Catch2 program counts by its test cases, a script by its own last line `N passed, N failed`, any other program as one test.
A program that was killed, timed out or ended badly after its summary counts as one failure more.
"""
import json
import re
import sys

CATCH_ALL = re.compile(r'^All tests passed \(.* in (\d+) test cases?\)', re.M)
CATCH_SOME = re.compile(r'^test cases: .*$', re.M)
OWN = re.compile(r'^(\d+) passed, (\d+) failed$', re.M)
NONE = re.compile(r'^No tests? (cases matched|ran)', re.M)


def count(text, ok):
    """(passed, failed) of one program, from what it printed."""
    if match := CATCH_ALL.search(text):
        passed, failed = int(match[1]), 0
    elif match := CATCH_SOME.search(text):
        number = lambda word: sum(int(n) for n in re.findall(r'(\d+) ' + word, match[0]))
        passed, failed = number('passed'), number('failed(?! as expected)')
    elif own := OWN.findall(text):
        passed, failed = map(int, own[-1])
    elif NONE.search(text):
        passed, failed = 0, 0
    else:
        return (1, 0) if ok else (0, 1)
    return passed, failed if ok or failed else 1


def main():
    total_passed = total_failed = 0
    with open(sys.argv[1], encoding='utf-8') as log:
        for line in log:
            test = json.loads(line)
            passed, failed = count(test.get('stdout', ''), test['result'] in ('OK', 'EXPECTEDFAIL'))
            total_passed += passed
            total_failed += failed
            if passed or failed:
                print(f'{test["name"]:50} {passed:6} passed {failed:4} failed {test["duration"]:8.1f} s')
    print(f'{total_passed} passed, {total_failed} failed')
    sys.exit(total_failed > 0 or total_passed == 0)


if __name__ == '__main__':
    main()
