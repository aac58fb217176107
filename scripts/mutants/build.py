# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Builds the tests once in each variant, and with one changed file again: only
what includes that file is compiled, the rest is linked as it is."""
import hashlib
import os
import shlex
import subprocess

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
# A dropped use is no reason not to compile; nobody reads a mutant with a debugger.
LENIENT = ["-Wno-unused", "-Wno-empty-body", "-g0"]


class Failed(Exception):
    """A command failed; its output."""


def run(command, cwd):
    p = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       stdin=subprocess.DEVNULL, text=True, errors="replace", check=False)
    if p.returncode:
        raise Failed("%s\n%s" % (" ".join(command[:4]), p.stdout))
    return p.stdout


class Variant:
    """One way of building one program: its compiler, flags and objects."""

    def __init__(self, name, where, out, target, compile_vars, link_vars, objects_var, libs):
        self.name, self.out = name, out
        self.where = os.path.join(TOP, "userspace", where)
        self.target = os.path.relpath(target, out)
        run(["make", "-s", "-j", str(os.cpu_count()), "OUT=" + out, target], self.where)
        self.compile = self.words(compile_vars)
        self.includes = self.words("$(includes)")
        self.link = self.words(link_vars)
        self.objects = self.words(objects_var)
        self.libs = libs
        self.needs = {o: self.needed(o) for o in self.objects}

    def words(self, text):
        """A Makefile's variables, expanded."""
        shown = run(["make", "-s", "OUT=" + self.out, "--eval", "show: ; $(info %s)@:" % text,
                     "show"], self.where)
        return shlex.split(shown)

    def needed(self, unit):
        """The files that an object is made from, its source first."""
        with open(unit[:-1] + "d", encoding="utf-8") as f:
            rule = f.read().replace("\\\n", " ").split("\n", maxsplit=1)[0]
        return [os.path.relpath(os.path.realpath(os.path.join(self.where, n)), TOP)
                for n in rule.split()[1:]]

    def units(self, path):
        """The objects that a file is compiled into, tests apart."""
        return [o for o, needs in self.needs.items()
                if path in needs and "tests/" not in needs[0]]

    def build(self, path, copy):
        """Compiles what a changed file concerns: copy/PATH is the changed one.
        Returns the objects, by those that they replace."""
        made = {}
        for unit in self.units(path):
            source = self.needs[unit][0]
            here = os.path.join(copy, source)
            new = os.path.join(copy, self.name, os.path.basename(unit))
            os.makedirs(os.path.dirname(new), exist_ok=True)
            run(self.compile + LENIENT + ["-ffile-prefix-map=%s/=" % copy,
                                          "-ffile-prefix-map=../="] +
                ["-I" + os.path.join(copy, "zmem")] + self.includes +
                ["-iquote", os.path.join(TOP, os.path.dirname(source)), "-c", "-o", new, here if os.path.exists(here) else os.path.join(TOP, source)],
                self.where)
            made[unit] = new
        return made

    def code(self, made):
        """Names the code of objects, whatever the debugging information."""
        digest = hashlib.sha256()
        for _, new in sorted(made.items()):
            bare = new + ".bare"
            run(["objcopy", "-g", "-R", ".comment", new, bare], self.where)
            with open(bare, "rb") as f:
                digest.update(f.read())
            os.unlink(bare)
        return digest.hexdigest()

    def program(self, made, copy):
        """Links the program with changed objects."""
        target = os.path.join(copy, self.name, os.path.basename(self.target))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        run(self.link + ["-o", target] + [made.get(o, o) for o in self.objects] + self.libs,
            self.where)
        return target


def userspace(out, flavour):
    return Variant(flavour, ".", out, "%s/%s/kunit" % (out, flavour),
                   "$(CC) $(base) $(flags-%s) $(CFLAGS)" % flavour,
                   "$(CC) $(flags-%s)" % flavour,
                   "$(lib-%s) $(kunit-%s)" % (flavour, flavour), ["-pthread", "-ldl"])


def fuzzer(out, name):
    return Variant(name, "fuzz", out, "%s/%s_fuzz" % (out, name),
                   "$(CC) $(base) $(checks) -fsanitize=fuzzer-no-link $(CFLAGS)",
                   "$(CC) $(checks) -fsanitize=fuzzer",
                   "$(%s:%%.c=$(OUT)/%%.o)" % name, ["-pthread", "-ldl"])
