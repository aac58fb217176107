# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Survivors with an explanation, from the file "known" beside this one.

Blocks between blank lines; those that start with # are comments.  A block:

	equivalent|survives zmem/core/FILE.c FUNCTION
	- the lines as they are, their blanks squeezed
	+ what they become, likewise
	  why, on one line or several

"equivalent": no test could tell them apart, so it is never tried.  "survives":
one could, but none here does; it is tried, and counts as survived.
"""
import os
import re

import build
import generate

PATH = os.path.join(os.path.dirname(os.path.realpath(__file__)), "known")
BLOCK = re.compile(r"(equivalent|survives) (\S+) (\w+)\n- (.*)\n\+ (.*)\n((?:  \S.*\n?)+)$")


class Explained:
    """Reasons, by a file and generate.key()."""

    def __init__(self):
        self.equivalent, self.survives = {}, {}


def load(texts):
    """Reads all entries, and refuses one that fits no mutant of the texts."""
    with open(PATH, encoding="utf-8") as f:
        blocks = [b for b in re.split(r"\n\s*\n", f.read()) if b.strip()]
    explained = Explained()
    all_keys = {p: {generate.key(m, t) for m in generate.mutants(p, t)}
                for p, t in texts.items()}
    for block in blocks:
        if block.startswith("#"):
            continue
        m = BLOCK.match(block.strip("\n") + "\n")
        if not m:
            raise build.Failed("known: not understood: " + block.strip().split("\n")[0])
        verdict, path, function, old, new, why = m.groups()
        key = (function, old, new)
        if path in all_keys and key not in all_keys[path]:
            raise build.Failed("known: fits nothing any more: %s %s: %s" % (path, function, old))
        getattr(explained, verdict)[(path,) + key] = generate.squeeze(why)
    return explained
