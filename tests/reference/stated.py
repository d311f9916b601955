# SPDX-License-Identifier: GPL-3.0-or-later
"""For the scripts inline_*.py: the numbers that stand in a test, and their comparison with what a script finds.

A number must be right to the last digit that is written: within 0.51 of its last place.
"""
import re
import sys
from pathlib import Path

from mpmath import mp, mpf

TESTS = Path(__file__).resolve().parent.parent


def fields(text):
    """Strings and numbers in the order in which they stand."""
    return re.findall(r'"([^"]*)"|(?<![\w.])(-?\d[\d.]*(?:e-?\d+)?)(?![\w.])', text)


def rows(file, start, end="};"):
    """The rows {..} of a table of tests/<file> between the text `start` and the text `end`, each a list of its fields as text."""
    text = (TESTS / file).read_text(encoding="utf-8").split(start, 1)[1].split(end, 1)[0]
    return [[quoted or bare for quoted, bare in fields(row)] for row in re.findall(r"\{([^{}]*)\}", text)]


def numbers(file, start, end=";"):
    """The numbers between the text `start` and the text `end`, as text."""
    text = (TESTS / file).read_text(encoding="utf-8").split(start, 1)[1].split(end, 1)[0]
    return [quoted or bare for quoted, bare in fields(text)]


def rational(text):
    top, _, bottom = text.partition("/")
    return mpf(top) / mpf(bottom or 1)


class Comparison:
    def __init__(self, file):
        self.file, self.count, self.least, self.missed = file, 0, None, 0

    def holds(self, what, found, text, double=False):
        """`text` is `found` to its last digit; a whole number without a point, or one that ends early, counts as exact.
        `double`: printed from a double that was reached by a few roundings, and right to 2^-51."""
        mantissa, _, exponent = text.partition("e")
        unit = mpf(10) ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
        written = len(mantissa.replace(".", "").lstrip("-0"))
        exact = "." not in mantissa or written < 10
        stated, self.count = mpf(text), self.count + 1
        error = abs(found - stated)
        allowed = mpf(2) ** -51 * abs(stated) if double else mpf(10) ** -25 * max(1, abs(stated)) if exact else mpf("0.51") * unit
        if error > allowed:
            self.missed += 1
            print(f"MISS {self.file}: {what}: found {mp.nstr(found, written + 6)}, stated {text}")
        elif not exact:
            digits = min(written, int(-mp.log10(error / abs(stated))) if error != 0 else written)
            self.least = digits if self.least is None else min(self.least, digits)

    def report(self):
        print(f"{self.file}: {self.count - self.missed} of {self.count} numbers hold to the last digit that is written"
              + (f", {self.least} digits and more" if self.least is not None else ""))
        return self.missed + (self.count == 0)


def conclude(*comparisons):
    sys.exit(1 if sum(c.report() for c in comparisons) else 0)
