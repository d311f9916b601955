#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command's LaTeX compiles with the preamble that it states, and fits the line of the class article at 10 pt, 345 pt.

    latex_test.py PROGRAM estimate    by the commands in it, and by the number of letters in the rows of its tables
    latex_test.py PROGRAM compile     by pdflatex; skipped (exit code 77) where that is not here
"""
import collections
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import commands

# Of plain LaTeX, then of the packages.
plain = set('''begin end centering caption label textbackslash allowbreak parbox raggedright strut medskip clearpage usepackage
    times surd infty le ge pm cdot to approx perp parallel ell alpha beta gamma delta epsilon kappa lambda mu pi rho sigma phi chi
    Delta Sigma Theta Gamma Phi log det exp min max arcsin arctan sin cos tan sinh cosh tanh sqrt frac dot ddot mathrm
    left right Bigl Bigr quad qquad'''.split())
of_package = {'booktabs': {'toprule', 'midrule', 'bottomrule'}, 'amsmath': {'operatorname', 'tfrac', 'text'}}
line_width = 345
wide, narrow = 5.4, 3.4  # of a letter, in the mean, rather more; of punctuation


def packages(latex):
    return {name for stated in re.findall(r'\\usepackage\{([^}]*)\}', latex) for name in stated.split(',')}


def body(latex):
    return '\n'.join(line for line in latex.splitlines() if not line.startswith('%'))


def width(cell):
    """Of a cell, about, by the letters that are seen."""
    box = re.match(r'\s*\\parbox\[t\]\{(\d+)pt\}', cell)
    if box:
        return int(box.group(1))
    cell = cell.replace('\\allowbreak{}', '').replace('\\times', 'xx')
    cell = re.sub(r'\\[a-zA-Z]+', 'x', cell)
    cell = re.sub(r'[${}\\^_]', '', cell)
    return sum(narrow if letter in ' .,;:()[]|!' else wide for letter in cell)


def estimated(latex):
    """What is wrong with it."""
    text = body(latex)
    allowed = plain.union(*(of_package.get(name, set()) for name in packages(latex)))
    problems = [f'\\{word} is not of the stated preamble' for word in sorted(set(re.findall(r'\\([a-zA-Z]+)', text)) - allowed)]
    if text.count('{') != text.count('}'):
        problems.append('braces do not match')
    for table in re.findall(r'\\begin\{tabular\}\{[lrc]*\}(.*?)\\end\{tabular\}', text, re.S):
        rows = [row.split(' & ') for row in re.sub(r'\\(top|mid|bottom)rule', '', table).split(' \\\\\n') if row.strip()]
        whole = sum(max(width(cell) for cell in column) for column in zip(*rows)) + 12 * len(rows[0])
        if len({len(row) for row in rows}) != 1:
            problems.append('rows of unequal length')
        if whole > 1.12 * line_width:
            problems.append(f'a table of about {whole:.0f} pt')
    if 'is wider than' in latex:
        problems.append('a formula that is not broken')
    if '\\begin{tabular}' in text and not ('\\caption{' in text and '\\label{' in text):
        problems.append('no caption or no label')
    return problems


def compiled(answers, folder):
    """What pdflatex has against them, all on pages of their own of one document, whose preamble is that of the first."""
    preamble = ''.join(f'\\usepackage{{{name}}}\n' for name in sorted(packages(answers[0])))
    (folder / 'page.tex').write_text('\\documentclass{article}\n' + preamble + '\\begin{document}\n' + '\\clearpage\n'.join(answers) + '\\end{document}\n')
    ran = subprocess.run(['pdflatex', '-interaction=nonstopmode', 'page.tex'], cwd=folder, capture_output=True, check=False, timeout=120)
    log = (folder / 'page.log').read_text(errors='replace')
    found = re.findall(r'^(?:! .*|Overfull \\hbox.*|LaTeX Warning: Float too large.*)$', log, re.M)
    return found if ran.returncode == 0 or found else [f'exit code {ran.returncode}']


def main():
    program, way = sys.argv[1:]
    if way == 'compile' and shutil.which('pdflatex') is None:
        print('skipped: pdflatex is not here')
        sys.exit(77)
    failed = count = 0
    pages = collections.defaultdict(list)  # answers by their preambles: one document each, and single ones only where it is wrong
    with tempfile.TemporaryDirectory() as name:
        folder = commands.make_files(name)
        every = list(commands.tables(folder)) + [({0, 4}, command) for command in commands.formulas()]
        for codes, command in every:
            ran = subprocess.run([program, *command, '--format', 'latex'], capture_output=True, text=True, check=False, timeout=300)
            answers = {'': ran.stdout}
            if command[0] == 'reproduce':
                answers['table.tex'] = (folder / 'xor' / 'table.tex').read_text()
            problems = [] if ran.returncode in codes else [f'exit code {ran.returncode}: {ran.stderr}']
            for file, latex in answers.items():
                if not latex:
                    continue
                count += 1
                if way == 'estimate':
                    problems += [f'{file} {what}'.strip() for what in estimated(latex)]
                else:
                    pages[frozenset(packages(latex))].append((latex, f'{" ".join(command)} {file}'.strip()))
            if problems:
                failed += 1
                print(' '.join(command), *problems, sep='\n    ')
        for answers in pages.values():
            if not compiled([latex for latex, _ in answers], pathlib.Path(name)):
                continue
            before = failed
            for latex, command in answers:
                problems = compiled([latex], pathlib.Path(name))
                if problems:
                    failed += 1
                    print(command, *problems, sep='\n    ')
            if failed == before:
                failed += 1
                print('answers that compile alone do not compile one after another')
    print(f'{count} answers, {failed} of them wrong')
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
