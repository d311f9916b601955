# SPDX-License-Identifier: GPL-3.0-or-later
"""For the scripts inline_*.py: the numbers that stand in a test, and their comparison with what a script finds.

A number must be right to the last digit that is written: within 0.51 of its last place (1 where it may be cut, not rounded).
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

    def holds(self, what, found, text, places=mpf("0.51")):
        """`text` is `found` to its last digit."""
        mantissa, _, exponent = text.partition("e")
        unit = mpf(10) ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
        stated, self.count = mpf(text), self.count + 1
        error = abs(found - stated)
        scale = abs(stated) if stated != 0 else mpf(1)
        digits = int(-mp.log10(error / scale)) if error != 0 else mp.dps
        written = len(mantissa.replace(".", "").lstrip("-0")) if stated != 0 else mp.dps
        digits = min(digits, written)
        # A whole number without a point is exact.
        right = error <= (places * unit if "." in mantissa else mpf(10) ** (-mp.dps // 2))
        if right:
            self.least = digits if self.least is None else min(self.least, digits)
        else:
            self.missed += 1
            print(f"MISS {self.file}: {what}: found {mp.nstr(found, written + 6)}, stated {text}")

    def report(self):
        print(f"{self.file}: {self.count - self.missed} of {self.count} numbers hold to the last digit that is written"
              + (f", {self.least} digits and more" if self.least is not None else ""))
        return self.missed + (self.count == 0)


def conclude(*comparisons):
    sys.exit(1 if sum(c.report() for c in comparisons) else 0)
