#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Sums up what gcov counted, and judges it:

    scripts/coverage.py [--core] [--root DIR]... [--missing FILE] [--exclude FILE] DATA...

DATA are directories with .gcno and .gcda files side by side, one for each run;
--root says where a run had its copy of the tree.  Runs of the same file are
added up: a line counts when one of them reached it.  A line's branches are added
up where the runs' compilers saw equally many of them; else those of the first run
that has any count.  --core looks at zmem/core/ only.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

LINES, BRANCHES = 95, 80
TOP = pathlib.Path(__file__).resolve().parent.parent


def fail(message):
    sys.exit(f"coverage: {message}")


class Line:
    """How often a line ran, and each of its branches."""

    def __init__(self, function):
        self.function = function
        self.count = 0
        self.branches = []

    def add(self, count, branches):
        self.count += count
        if not self.branches:
            self.branches = branches
        elif len(branches) == len(self.branches):
            self.branches = [a + b for a, b in zip(self.branches, branches)]


def name_of(path, roots):
    """A source's name in the tree, or None if it is not of the tree."""
    for root in roots:
        if path.is_relative_to(root):
            return str(path.relative_to(root))
    return None


def counts(file):
    """Number, function, count and branches of each line of a gcov file.

    A line may be there more than once, for blocks of several functions."""
    lines = {}
    for line in file["lines"]:
        at = lines.setdefault(line["line_number"], [line.get("function_name"), 0, []])
        at[1] += line["count"]
        at[2] += [branch["count"] for branch in line["branches"] if not branch["throw"]]
    return lines


def read_run(data, roots, files):
    notes = sorted(pathlib.Path(data).rglob("*.gcno"))
    if not notes:
        fail(f"nothing was measured in {data}")
    for note in notes:
        out = subprocess.run(["gcov", "-b", "--json-format", "--stdout", note],
                             check=True, capture_output=True, text=True)
        for text in out.stdout.splitlines():
            unit = json.loads(text)
            where = pathlib.Path(unit["current_working_directory"])
            for file in unit["files"]:
                name = name_of((where / file["file"]).resolve(), roots)
                if name is None:
                    continue
                lines = files.setdefault(name, {})
                for number, (function, count, branches) in counts(file).items():
                    lines.setdefault(number, Line(function)).add(count, branches)


def sources(where):
    """What counts, with its text."""
    found = {}
    for path in sorted((TOP / where).rglob("*.c")):
        name = path.relative_to(TOP)
        if name.parts[1] not in ("tests", "compat") and not name.name.endswith(".mod.c"):
            found[str(name)] = path.read_text().splitlines()
    return found


def exclude(name, what, files, texts):
    """Takes out what a rule names; says whether that was anything."""
    lines = files.get(name, {})
    if not what:
        return texts.pop(name, None) is not None
    if what.startswith('"'):
        gone = [n for n in lines if texts[name][n - 1].strip() == what[1:-1]]
    else:
        gone = [n for n, line in lines.items() if line.function == what]
    for number in gone:
        del lines[number]
    return bool(gone)


def read_exclusions(path, where, files, texts):
    for number, text in enumerate(pathlib.Path(path).read_text().splitlines(), 1):
        if not text or text.startswith("#"):
            continue
        match = re.fullmatch(r'([^\s:]+\.c)(?::(\w+|".*"))?  # \S.*', text)
        if not match:
            fail(f"{path}:{number}: not 'FILE[:FUNCTION|:\"LINE\"]  # REASON': {text}")
        if match[1].startswith(where) and not exclude(match[1], match[2], files, texts):
            fail(f"{path}:{number}: nothing is left out by this: {text}")


def percent(part, whole):
    return 100 * part / whole if whole else 100


def row(name, sums):
    print(f"{name:28} {sums[1]:6} {percent(sums[0], sums[1]):7.1f} %"
          f" {sums[3]:8} {percent(sums[2], sums[3]):7.1f} %")


def report(files, texts):
    """Prints the table; returns the totals, and what was missed as text."""
    total = [0, 0, 0, 0]
    missed = []
    print(f"{'file':28} {'lines':>6} {'reached':>9} {'branches':>8} {'taken':>9}")
    for name, text in texts.items():
        lines = files.get(name)
        if not lines:
            fail(f"no line of {name} was measured")
        branches = [count for line in lines.values() for count in line.branches]
        sums = [sum(line.count > 0 for line in lines.values()), len(lines),
                sum(count > 0 for count in branches), len(branches)]
        total = [a + b for a, b in zip(total, sums)]
        row(name, sums)
        for number, line in sorted(lines.items()):
            if not line.count or not all(line.branches):
                taken = "".join("+" if count else "-" for count in line.branches)
                missed.append(f"{name}:{number}: {'' if line.count else 'never '}"
                              f"[{taken}] {text[number - 1].strip()}\n")
    row("total", total)
    return total, missed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--core", action="store_true")
    parser.add_argument("--root", action="append", default=[])
    parser.add_argument("--missing")
    parser.add_argument("--exclude")
    parser.add_argument("data", nargs="+")
    args = parser.parse_args()
    where = "zmem/core/" if args.core else "zmem/"
    files, texts = {}, sources(where)
    roots = [pathlib.Path(root).resolve() for root in args.root] + [TOP]
    for data in args.data:
        read_run(data, roots, files)
    if args.exclude:
        read_exclusions(args.exclude, where, files, texts)
    total, missed = report(files, texts)
    if args.missing:
        pathlib.Path(args.missing).write_text("".join(missed))
    if percent(*total[:2]) < LINES or percent(*total[2:]) < BRANCHES:
        fail(f"{LINES} % of lines and {BRANCHES} % of branches are asked for")


if __name__ == "__main__":
    main()
