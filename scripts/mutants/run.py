#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Plants mechanical bugs in the core, one at a time, and sees whether the tests
catch them: see Documentation/mutants.rst.

Leaves with 1 when fewer than nine of ten were caught, or when a survivor has no
explanation; with 2 on bad input, or when an explanation fits nothing any more.
"""
import argparse
import collections
import concurrent.futures
import difflib
import glob
import os
import random
import shutil
import sys
import time

import build
import generate
import known
import suites

SHARE = 0.9
CAUGHT, SURVIVED, UNTESTABLE = "caught", "survived", "not testable"


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, default=int(time.time()),
                        help="repeats a run (default: from the clock)")
    parser.add_argument("--count", type=int, default=40, help="mutants (default: 40)")
    parser.add_argument("--out", default=os.path.join(build.TOP, "build/mutants"))
    parser.add_argument("--file", help="of this file alone, as zmem/core/depot.c")
    args = parser.parse_args()
    if args.count < 1:
        parser.error("--count: 1 or more")
    if args.file and args.file not in sources():
        parser.error("--file: none of the core's: " + args.file)
    return args


def sources():
    """The text of each file of the core that has code, by its path."""
    found = {}
    for path in sorted(glob.glob(build.TOP + "/zmem/core/*.[ch]")):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        if generate.mutants(path, text):
            found[os.path.relpath(path, build.TOP)] = text
    return found


class Pool:
    """What was not tried yet.  A sample takes one of each .c file, then more of
    the longer ones: a random line, and a random change in it."""

    def __init__(self, seed, texts, explained):
        self.rng = random.Random(seed)
        self.lines = {}
        for path, text in texts.items():
            for m in generate.mutants(path, text):
                if (path,) + generate.key(m, text) not in explained.equivalent:
                    self.lines.setdefault(path, {}).setdefault(m.line, []).append(m)

    def places(self, count):
        """The files that a sample is from."""
        first = [p for p in self.lines if p.endswith(".c")]
        self.rng.shuffle(first)
        paths = sorted(self.lines)
        more = self.rng.choices(paths, [len(self.lines[p]) for p in paths],
                                k=max(0, count - len(first)))
        return first[:count] + more

    def take(self, path):
        """A mutant of a file, or of another if it has none left; None at the end."""
        if path not in self.lines:
            if not self.lines:
                return None
            path = self.rng.choice(sorted(self.lines))
        by_line = self.lines[path]
        line = self.rng.choice(sorted(by_line))
        mutant = by_line[line].pop(self.rng.randrange(len(by_line[line])))
        if not by_line[line]:
            del by_line[line]
        if not by_line:
            del self.lines[path]
        return mutant


class Trial:
    """A mutant, and what became of it."""

    def __init__(self, mutant, text, copy):
        self.mutant, self.text, self.copy = mutant, text, copy
        self.made, self.code = None, None
        self.verdict, self.by = None, ""

    def plant(self, variant):
        """Compiles it in a directory of its own; without an object if that fails."""
        path = os.path.join(self.copy, self.mutant.file)
        os.makedirs(os.path.dirname(path))
        with open(path, "w", encoding="utf-8") as f:
            f.write(generate.apply(self.mutant, self.text))
        try:
            self.made = variant.build(self.mutant.file, self.copy)
            self.code = variant.code(self.made)
        except build.Failed:
            self.made = None
        return self

    def try_suites(self, tests):
        built = {tests[0].variant: tests[0].variant.program(self.made, self.copy)}
        for suite in tests:
            variant = suite.variant
            if variant not in built:
                made = variant.build(self.mutant.file, self.copy)
                built[variant] = made and variant.program(made, self.copy)
            caught = built[variant] and suite.run(built[variant])
            if caught:
                return CAUGHT, "%s: %s" % (suite.name, caught)
        return UNTESTABLE if self.mutant.kind in ("fence", "order") else SURVIVED, ""

    def judge(self, tests):
        if not self.verdict:
            try:
                self.verdict, self.by = self.try_suites(tests)
            except build.Failed as e:	# another compiler refuses it
                self.verdict, self.by = CAUGHT, "compiling: " + str(e).splitlines()[-1]
        self.forget()
        return self

    def forget(self):
        shutil.rmtree(self.copy, ignore_errors=True)

    def place(self):
        m = self.mutant
        return "%s:%d %s() %s" % (m.file, m.line, m.function, m.kind)

    def diff(self):
        old, new = self.text, generate.apply(self.mutant, self.text)
        return "".join(difflib.unified_diff(
            old.splitlines(True), new.splitlines(True), "a/" + self.mutant.file,
            "b/" + self.mutant.file, n=2))

    def entry(self):
        """Its place in the file of explanations."""
        return "survives %s %s\n- %s\n+ %s" % ((self.mutant.file,) +
                                               generate.key(self.mutant, self.text))


class Job:
    """A whole run."""

    def __init__(self, args):
        self.out = os.path.abspath(args.out)
        self.copies = os.path.join(self.out, "copies")
        shutil.rmtree(self.copies, ignore_errors=True)
        self.texts = sources()
        self.explained = known.load(self.texts)
        if args.file:
            self.texts = {args.file: self.texts[args.file]}
        self.pool = Pool(args.seed, self.texts, self.explained)
        self.wanted = args.count
        self.replaced = collections.Counter()
        self.workers = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
        self.tests = suites.every(self.out)
        self.made = 0

    def trial(self, mutant):
        self.made += 1
        return Trial(mutant, self.texts[mutant.file], os.path.join(self.copies, str(self.made)))

    def originals(self):
        """The code of each file without a bug, to know mutants that are none."""
        variant = self.tests[0].variant
        seen = {}
        for path, text in self.texts.items():
            same = generate.Mutant(path, 1, "", "", 0, 0, "")
            trial = Trial(same, text, os.path.join(self.copies, "0")).plant(variant)
            if not trial.made:
                raise build.Failed(path + " does not compile unchanged")
            seen[path] = {trial.code}
            trial.forget()
        return seen

    def accept(self, trial, seen):
        """Whether a mutant is one, and a new one."""
        path, kind = trial.mutant.file, trial.mutant.kind
        if not trial.made:
            self.replaced["does not compile"] += 1
        elif trial.code in seen[path] and kind in ("fence", "order"):
            trial.verdict, trial.by = UNTESTABLE, "the same code on this machine"
        elif trial.code in seen[path]:
            self.replaced["is the same code"] += 1
        else:
            seen[path].add(trial.code)
            return True
        if not trial.verdict:
            trial.forget()
        return bool(trial.verdict)

    def sample(self):
        """As many mutants as wanted, the same for the same seed."""
        seen = self.originals()
        sample, wanted = [], self.pool.places(self.wanted)
        while wanted:
            mutants = [m for m in map(self.pool.take, wanted) if m]
            if not mutants:
                break
            trials = [self.trial(m) for m in mutants]
            list(self.workers.map(lambda t: t.plant(self.tests[0].variant), trials))
            good = [t for t in trials if self.accept(t, seen)]
            sample += good
            wanted = [t.mutant.file for t in trials if t not in good]
        return sample

    def report_one(self, trial):
        print("%-12s %s%s" % (trial.verdict, trial.place(), trial.by and "\n\t" + trial.by),
              flush=True)
        if trial.verdict == CAUGHT:
            return True
        print(trial.diff(), end="")
        if trial.verdict == UNTESTABLE:
            return True
        why = self.explained.survives.get((trial.mutant.file,) +
                                          generate.key(trial.mutant, trial.text))
        print("\t" + why if why else "not explained in scripts/mutants/known:\n" + trial.entry(),
              flush=True)
        return bool(why)

    def run(self):
        suites.first_run(self.tests)
        sample = self.sample()
        for why, n in sorted(self.replaced.items()):
            print("# replaced: %d, each %s" % (n, why))
        tally, explained = collections.Counter(), True
        for trial in self.workers.map(lambda t: t.judge(self.tests), sample):
            explained = self.report_one(trial) and explained
            tally[trial.verdict] += 1
        return tally, explained


def main():
    args = parse()
    print("# seed %d; to repeat: make check-mutants SEED=%d COUNT=%d" %
          (args.seed, args.seed, args.count), flush=True)
    try:
        tally, explained = Job(args).run()
    except (build.Failed, OSError) as e:
        print("mutants: %s" % e, file=sys.stderr)
        return 2
    tried = tally[CAUGHT] + tally[SURVIVED]
    share = tally[CAUGHT] / tried if tried else 0
    print("%d caught, %d survived, %d not testable: %.0f %% caught, seed %d" %
          (tally[CAUGHT], tally[SURVIVED], tally[UNTESTABLE], 100 * share, args.seed))
    return 0 if share >= SHARE and explained else 1


if __name__ == "__main__":
    sys.exit(main())
