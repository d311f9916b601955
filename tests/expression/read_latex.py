# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the LaTeX of formulas in x back and evaluates it, by the rules of a reader and not of the printer: an independent check of its parentheses.

Each line of the input is LaTeX, a tab, and x as a fraction; each line of the output is the value to 50 digits, or the reason why it was not read.
"""

import re
import sys

import mpmath as mp

TOKEN = re.compile(r"\\operatorname\{\w+\}|\\left[(|]|\\right[)|]|\\[a-zA-Z]+|\d+|[a-zA-Z]|[^ ]")
FUNCTIONS = {
    r"\log": mp.log, r"\sin": mp.sin, r"\cos": mp.cos, r"\tan": mp.tan, r"\sinh": mp.sinh, r"\cosh": mp.cosh, r"\tanh": mp.tanh, r"\exp": mp.exp,
    r"\arcsin": mp.asin, r"\arctan": mp.atan, r"\operatorname{arsinh}": mp.asinh, r"\operatorname{erf}": mp.erf, r"\operatorname{erfc}": mp.erfc, r"\Phi": mp.ncdf,
    r"\operatorname{sigmoid}": lambda u: 1 / (1 + mp.exp(-u)), r"\operatorname{softplus}": lambda u: mp.log1p(mp.exp(u)),
}
ENDS = {None, "+", "-", ")", "}", r"\right)"}


class Reader:
    def __init__(self, text, x):
        self.tokens, self.at, self.x = TOKEN.findall(text), 0, x

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, *expected):
        token = self.peek()
        if expected and token not in expected:
            raise ValueError(f"{token} where {expected} should stand")
        self.at += 1
        return token

    def formula(self):
        value = self.sum()
        if self.peek() is not None:
            raise ValueError(f"{self.peek()} after the formula")
        return value

    def sum(self):
        value = mp.mpf(0) if self.peek() == "-" else self.product()
        while self.peek() in ("+", "-"):
            value = value + self.product() if self.take() == "+" else value - self.product()
        return value

    def product(self):
        value = self.power()
        while self.peek() not in ENDS:
            if self.peek() == "/":  # one factor below a slash
                self.take()
                value /= self.power()
                continue
            if self.peek() == r"\cdot":
                self.take()
            elif self.peek().isdigit():
                raise ValueError("a digit right behind a factor")
            value *= self.power()
        return value

    def power(self):
        value = self.atom()
        if self.peek() == "^":
            value **= self.script()
        return value

    def script(self):
        self.take("^")
        if self.peek() == "{":
            return self.group()
        token = self.take()
        if len(token) > 1 and token.isdigit():  # x^12 is x^1 and a 2
            raise ValueError("a script of two digits without braces")
        return self.leaf(token)

    def group(self):
        self.take("{")
        value = self.sum()
        self.take("}")
        return value

    def in_parentheses(self):
        closing = {"(": ")", r"\left(": r"\right)"}[self.take("(", r"\left(")]
        value = self.sum()
        self.take(closing)
        return value

    def leaf(self, token):
        if token.isdigit():
            return mp.mpf(int(token))
        return {"x": self.x, r"\pi": +mp.pi}[token]

    def atom(self):
        token = self.peek()
        if token in ("(", r"\left("):
            return self.in_parentheses()
        self.take()
        if token == "e":
            return mp.exp(self.script())
        if token == r"\frac":
            above = self.group()
            return above / self.group()
        if token == r"\sqrt":
            degree = 2
            if self.peek() == "[":
                self.take()
                degree = int(self.take())
                self.take("]")
            return mp.root(self.group(), degree)
        if token in FUNCTIONS:
            exponent = self.script() if self.peek() == "^" else 1
            return FUNCTIONS[token](self.in_parentheses()) ** exponent
        return self.leaf(token)


mp.mp.dps = 70
for line in sys.stdin:
    latex, point = line.rstrip("\n").split("\t")
    above, below = point.split("/")
    try:
        value = Reader(latex, mp.mpf(int(above)) / int(below)).formula()
        if value.imag == 0:  # a root of a negative number, times 0
            value = value.real
        print(mp.nstr(value, 50))
    except (ValueError, KeyError) as error:
        print("not read:", error)
