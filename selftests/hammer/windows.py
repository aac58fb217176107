#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Were interrupts taken at every instruction between busy's setting and clearing?

usage: windows.py ZMEM.KO HITS

Reads the module's machine code for what can run with busy set, on a machine of
two nodes that zeroes nothing, and HITS for where zmem_hammer's interrupts were.
Fails unless each such instruction of the fast paths was hit. Those of the slow
paths are counted beside: some only run when memory is short.
"""
import re
import subprocess
import sys

FAST = ["zmem_cache_alloc", "zmem_cache_free", "zmem_cache_alloc_bulk",
        "zmem_cache_free_bulk", "__zmem_alloc", "zmem_free"]


def die(why):
    sys.exit(f"windows.py: {why}")


def objdump(*args):
    try:
        return subprocess.run(["objdump", *args], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError) as err:
        die(err)


class Function:
    """One function's instructions: text by address, and what follows each."""

    def __init__(self):
        self.text = {}
        self.after = {}
        self.last = None

    def add(self, at, text):
        self.text[at] = text
        if self.last is not None:
            self.after[self.last] = at
        self.last = at


def read_code(module):
    functions, current, relocated = {}, None, set()
    for line in objdump("-dr", "--no-show-raw-insn", "-j", ".text", module):
        if head := re.match(r"[0-9a-f]+ <(\S+)>:$", line):
            current = functions.setdefault(head[1], Function())
        elif code := re.match(r" +([0-9a-f]+):\t([^\t]+)$", line):
            current.add(int(code[1], 16), code[2].strip())
        elif re.match(r"\s+[0-9a-f]+: R_", line) and current:
            # What a jump's own bytes say of its target does not count.
            relocated.add(current.last)
    return functions, relocated


def read_jumps(module):
    """Static branches: where they are, where they lead, whether they are taken."""
    words = [line.split()[2] for line in objdump("-r", "-j", "__jump_table", module)
             if re.match(r"[0-9a-f]+ R_", line)]
    jumps = {}
    for code, target, key in zip(*[iter(words)] * 3):
        if not (code.startswith(".text+") and target.startswith(".text+")):
            continue
        likely = bool(re.search(r"\+0x[0-9a-f]*[13579bdf]$", key))
        enabled = key.startswith("zmem_")
        jumps[int(code[6:], 16)] = (int(target[6:], 16), enabled != likely)
    return jumps


def steps(function, at, jumps, relocated):
    """Where execution goes on in its function after an instruction with busy set."""
    op, _, rest = function.text[at].partition(" ")
    if at in jumps:
        target, taken = jumps[at]
        return [target if taken else function.after[at]]
    # After a call that never returns there is nothing.
    following = [function.after[at]] if at in function.after else []
    if op.startswith("ret"):
        return []
    if not op.startswith("j"):
        return following
    target = int(rest.split()[0], 16) if at not in relocated else None
    ways = [target] if target in function.text else []
    return ways if op == "jmp" else ways + following


def window(function, offset, jumps, relocated):
    """The instructions that can run with busy set, the one that clears it too.

    And whether there is a way out of the function that leaves it set. (In slow
    paths there is: gcc does not know that a CPU's share is never NULL.)
    """
    sets = re.compile(rf"movl +\$0x1,(%gs:)?{offset}\(")
    clears = re.compile(rf"movl +\$0x0,(%gs:)?{offset}\(")
    todo = [function.after[at] for at, text in function.text.items() if sets.match(text)]
    inside, leaves = set(), False
    while todo:
        at = todo.pop()
        if at in inside:
            continue
        inside.add(at)
        if not clears.match(function.text[at]):
            ways = steps(function, at, jumps, relocated)
            leaves |= not ways
            todo += ways
    return sorted(inside), leaves


def busy_offset(functions):
    for text in functions["zmem_cache_alloc"].text.values():
        if found := re.match(r"movl +\$0x1,%gs:(0x[0-9a-f]+)\(", text):
            return found[1]
    return die("zmem_cache_alloc() sets no busy word")


def read_hits(path):
    with open(path, encoding="ascii") as lines:
        print(next(lines).strip("# \n"))
        return {int(at, 16): int(n) for at, n in (line.split() for line in lines)}


def report(name, function, inside, hits):
    counts = [hits.get(at, 0) for at in inside]
    missed = [at for at in inside if not hits.get(at)]
    print(f"{name:32} {len(inside):12} {len(inside) - len(missed):6} "
          f"{min(counts):8} {sum(counts):8}")
    if name in FAST:
        for at in missed:
            print(f"    not hit: {at:x}: {function.text[at]}")
    return name in FAST and bool(missed)


def main():
    if len(sys.argv) != 3:
        die("usage: windows.py ZMEM.KO HITS")
    functions, relocated = read_code(sys.argv[1])
    jumps = read_jumps(sys.argv[1])
    for name in FAST:
        if name not in functions:
            die(f"no {name}()")
    hits = read_hits(sys.argv[2])
    offset = busy_offset(functions)
    bad = False
    print(f"{'with busy set':32} {'instructions':>12} {'hit':>6} {'fewest':>8} {'times':>8}")
    rest = sorted(set(functions) - set(FAST))
    for name in FAST + rest:
        inside, leaves = window(functions[name], offset, jumps, relocated)
        if name in FAST and (leaves or not inside):
            die(f"{name}() {'leaves with busy set' if leaves else 'never sets busy'}")
        if inside:
            bad |= report(name, functions[name], inside, hits)
    return bad


if __name__ == "__main__":
    sys.exit(main())
