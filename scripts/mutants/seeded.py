#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Plants the ten bugs of scripts/mutants/seeded, one at a time, and sees whether
each is caught by what is to catch it: see Documentation/mutants.rst.

Leaves with 1 when one was not caught; with 2 when a patch fits no more, or when
the client without a bug is blamed for one.
"""
import argparse
import functools
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

import build
import suites

SEEDED = os.path.join(build.TOP, "scripts/mutants/seeded")
CLIENT = "scripts/mutants/seeded/client.c"
LIMIT = 120	# seconds for the client
GUEST = """
eval "$(bash selftests/vm/kernel.sh debug)" && scripts/build-module.sh "$KDIR" "$1/module" &&
	bash selftests/vm/boot.sh --kernel debug --timeout 900 --quiet --out "$1/guest" \
		--add "$1/module/zmem/zmem.ko:/zmem/zmem.ko" \
		--add selftests/kunit.sh:/zmem/kunit.sh -- sh /zmem/kunit.sh
"""


class Bug:
    """A patch, and what its head says of it."""

    def __init__(self, path):
        self.path, self.name = path, os.path.basename(path)[:-len(".patch")]
        with open(path, encoding="utf-8") as f:
            text = f.read()
        self.suite = re.search(r"^Suite: (\w+)$", text, re.M).group(1)
        self.caught = re.search(r"^Caught: ?(.*)$", text, re.M).group(1)
        self.files = re.findall(r"^\+\+\+ b/(\S+)", text, re.M)

    def plant(self, copy):
        """Applies it to copies of the files."""
        for path in self.files:
            target = os.path.join(copy, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy(os.path.join(build.TOP, path), target)
        build.run(["patch", "-s", "-p1", "--no-backup-if-mismatch", "-i", self.path], copy)


class Seeder:
    """Runs each bug where it is to be caught."""

    def __init__(self, out):
        self.out = os.path.abspath(out)
        os.makedirs(self.out, exist_ok=True)

    @functools.cached_property
    def tests(self):
        """The suites, after a first run of the code without a bug."""
        found = suites.every(self.out)
        suites.first_run(found)
        return found

    @functools.cached_property
    def plain(self):
        return build.userspace(os.path.join(self.out, "userspace"), "plain")

    def client(self, bug, copy):
        source, plain = os.path.join(copy, CLIENT), self.plain
        lib = [o for o in plain.objects if "tests/" not in plain.needs[o][0] and
               "kunit/" not in plain.needs[o][0]]
        program = os.path.join(copy, "client")
        build.run(plain.compile + plain.includes + ["-o", program, source] + lib + plain.libs,
                  plain.where)
        p = subprocess.run([program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           text=True, errors="replace", timeout=LIMIT, check=False)
        for line in p.stdout.splitlines():
            if re.search(bug.caught, line):
                return "the debug cache: " + line.strip()
        return None

    def kunit(self, bug, copy):
        built = {}
        for suite in self.tests:
            variant = suite.variant
            if variant not in built:
                made = {}
                for path in bug.files:
                    made.update(variant.build(path, copy))
                built[variant] = made and variant.program(made, copy)
            caught = built[variant] and suite.run(built[variant])
            if caught:
                return "%s: %s" % (suite.name, caught)
        return None

    def guest(self, bug, copy):
        tree = os.path.join(copy, "tree")
        shutil.copytree(build.TOP, tree, symlinks=True,
                        ignore=shutil.ignore_patterns(".git", "build", "*.o", "*.ko"))
        bug.plant(tree)
        with open(os.path.join(self.out, bug.name + ".log"), "wb") as log:
            subprocess.run(["bash", "-c", GUEST, "guest", copy], cwd=tree, stdout=log,
                           stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False)
        console = os.path.join(copy, "guest/console.log")
        if not os.path.exists(console):
            raise build.Failed("no guest ran, see %s/%s.log" % (self.out, bug.name))
        with open(console, encoding="utf-8", errors="replace") as f:
            for line in f:
                if re.search(bug.caught, line):
                    return "the debug kernel: " + line.strip()
        return None

    def run(self, bug):
        copy = tempfile.mkdtemp(prefix="seeded-", dir=self.out)
        try:
            bug.plant(copy)
            return getattr(self, bug.suite)(bug, copy)
        finally:
            shutil.rmtree(copy)

    def innocent(self):
        """The client without a bug is blamed for nothing."""
        bug = Bug(os.path.join(SEEDED, "leak.patch"))
        bug.caught = "zmem: |WARNING|BUG"
        copy = tempfile.mkdtemp(prefix="seeded-", dir=self.out)
        try:
            os.makedirs(os.path.dirname(os.path.join(copy, CLIENT)))
            shutil.copy(os.path.join(build.TOP, CLIENT), os.path.join(copy, CLIENT))
            blamed = self.client(bug, copy)
        finally:
            shutil.rmtree(copy)
        if blamed:
            raise build.Failed("the client without a bug is blamed: " + blamed)


def parse(bugs):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--out", default=os.path.join(build.TOP, "build/mutants"))
    parser.add_argument("bug", nargs="*", help="of: " + " ".join(b.name for b in bugs))
    args = parser.parse_args()
    unknown = set(args.bug) - {b.name for b in bugs}
    if unknown:
        parser.error("no such bug: " + " ".join(sorted(unknown)))
    return args


def main():
    bugs = [Bug(p) for p in sorted(glob.glob(SEEDED + "/*.patch"))]
    args = parse(bugs)
    bugs = [b for b in bugs if not args.bug or b.name in args.bug]
    caught = 0
    try:
        seeder = Seeder(args.out)
        if any(b.suite == "client" for b in bugs):
            seeder.innocent()
        for bug in bugs:
            by = seeder.run(bug)
            caught += bool(by)
            print("%-12s %s%s" % ("caught" if by else "survived", bug.name,
                                  "\n\t" + by if by else ""), flush=True)
    except (build.Failed, OSError, subprocess.TimeoutExpired) as e:
        print("mutants: %s" % e, file=sys.stderr)
        return 2
    print("%d of %d seeded bugs caught" % (caught, len(bugs)))
    return 0 if caught == len(bugs) else 1


if __name__ == "__main__":
    sys.exit(main())
