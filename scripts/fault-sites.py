#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Where the module allocates, copies or registers, and whether a test has seen
# each of these calls fail:
#
#	scripts/fault-sites.py				lists the sites
#	scripts/fault-sites.py --check USER KO LOG...	and what tests reached
#
# USER is the userspace suite's list of stacks, KO the module that the guest
# loaded, with debug information, and each LOG a file of stacks from the guest.
# A site that no injected failure hit is named; there may be none, but for what
# stands in REACHED_OTHERWISE with the test that makes it fail.
import glob
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

CALLS = r"""
    k(v)?[mzc]alloc(_array|_node)? kmemdup kstrdup k(v)?realloc __vmalloc v[mz]alloc
    (__)?alloc_percpu(_gfp)? alloc_pages(_node)? alloc_page __get_free_pages
    kmem_cache_create kmem_cache_alloc(_node)? kmem_cache_zalloc
    alloc_workqueue alloc_ordered_workqueue kthread_create(_on_node)? kthread_run
    (v)?memdup_user(_nul)? copy_(to|from)_user copy_struct_from_user clear_user
    put_user get_user kfifo_alloc xa_(alloc|insert|store) (z)?alloc_cpumask_var
    misc_register shrinker_alloc register_shrinker anon_inode_getfile
    get_unused_fd_flags single_open(_size)? debugfs_create_(dir|file)
    stack_depot_save(_flags)? seq_open
""".split()
CALL = re.compile(r"(?<![\w.>])(" + "|".join(CALLS) + r")\s*\(")

# What no framework injects: file, function, call, the test that does it instead.
REACHED_OTHERWISE = {
    ("zmem/chardev.c", "copy_out", "clear_user"):
        ("selftests/fault.c", "read_only_tail"),
    ("zmem/replay.c", "hold", "get_unused_fd_flags"):
        ("selftests/fault.c", "no_descriptor"),
    ("zmem/replay.c", "copy_answer", "clear_user"):
        ("selftests/fault.c", "read_only_tail"),
}
# What takes memory so seldom that no test can tell when.
NOT_AT_WILL = {
    ("zmem/compat/stack.h", "zmem_stack_save", "stack_depot_save"):
        "a page for thousands of calls, of anyone's; 0 means no stack",
}
# Of kernels other than those that the suites run on.
OTHER_KERNELS = {("zmem/compat/shrinker.h", "register_shrinker")}


class Site:
    def __init__(self, path, function, call, first, last):
        self.path, self.function, self.call = path, function, call
        self.first, self.last = first, last
        self.hits = {"user": 0, "guest": 0}

    def __str__(self):
        return f"{self.path}:{self.first} {self.function}() {self.call}"


def blank(text):
    """Without comments, strings and macros' bodies, with every line in place."""
    def spaces(m):
        return re.sub(r"[^\n]", " ", m.group())
    text = re.sub(r"/\*.*?\*/", spaces, text, flags=re.S)
    text = re.sub(r'"(\\.|[^"\\\n])*"', spaces, text)
    return re.sub(r"^#(?:.*\\\n)*.*$", spaces, text, flags=re.M)


def end_of_call(text, at):
    depth = 0
    for i in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if text[i] == ")" and not depth:
            return i
    return len(text) - 1


def function_at(text, at):
    """The function around a place: the name before the '(' of its head."""
    body = text.rfind("\n{", 0, at)
    head = text[:body].rsplit("\n\n", 1)[-1]
    names = re.findall(r"(\w+)\s*\(", head)
    return names[0] if names and body >= 0 else None


def sites():
    found = []
    paths = [p for d in ("*.c", "core/*.[ch]", "compat/*.[ch]")
             for p in sorted(glob.glob(f"{TOP}/zmem/{d}"))]
    for path in paths:
        with open(path, encoding="utf-8") as f:
            text = blank(f.read())
        for m in CALL.finditer(text):
            function = function_at(text, m.start())
            name = os.path.relpath(path, TOP)
            if function and (name, m.group(1)) not in OTHER_KERNELS:
                line = text.count("\n", 0, m.start()) + 1
                last = line + text.count("\n", m.start(), end_of_call(text, m.end() - 1))
                found.append(Site(name, function, m.group(1), line, last))
    return found


def lines_of(binary, section, offsets):
    """For each address, the file and line of all functions inlined there."""
    out = subprocess.run(
        ["addr2line", "-ai", "-e", binary, *(["-j", section] if section else [])],
        input="\n".join(hex(o) for o in offsets) + "\n", text=True,
        capture_output=True, check=True).stdout
    chains, chain = {}, None
    for line in out.splitlines():
        if line.startswith("0x"):
            chain = chains.setdefault(int(line, 16), [])
            continue
        m = re.match(r"(.*):(\d+)", line)
        at = m and m.group(1).rfind("/zmem/")
        # The build tree's copy has the same name from there on.
        if m and at >= 0 and os.path.exists(f"{TOP}/{m.group(1)[at + 1:]}"):
            chain.append((os.path.normpath(m.group(1)[at + 1:]), int(m.group(2))))
    return chains


def user_places(path):
    """The first place within zmem/ of each stack; return addresses: minus 1."""
    stacks, binary = [], None
    with open(path, encoding="utf-8") as f:
        for line in f:
            m = re.match(r"(\S+)\((?:.*)\+(0x[0-9a-f]+)\)|^$", line)
            if line.startswith("fault"):
                stacks.append([])
            elif m and m.group(1):
                binary = binary or m.group(1)
                stacks[-1].append(int(m.group(2), 16) - 1)
    if not stacks:
        sys.exit(f"fault-sites: no fault in {path}")
    chains = lines_of(binary, None, sorted({a for s in stacks for a in s}))
    for stack in stacks:
        yield next((c[0] for c in (chains.get(a, []) for a in stack) if c), None)


def symbols(ko):
    """name -> [(size, section, value)] of the module's functions."""
    out = subprocess.run(["readelf", "-sSW", ko], text=True, capture_output=True,
                         check=True).stdout
    names = dict(re.findall(r"^\s*\[\s*(\d+)\] (\S+)", out, re.M))
    table = {}
    for value, size, ndx, name in re.findall(
            r"^\s*\d+: ([0-9a-f]+)\s+(\w+) FUNC\s+\w+\s+\w+\s+(\d+) (\S+)$", out, re.M):
        table.setdefault(name, []).append((int(size, 0), names[ndx], int(value, 16)))
    return table


def guest_places(ko, path):
    """
    Likewise.  The functions of one name are told apart by their length, which
    to the kernel lasts until the next one begins.
    """
    table, stacks = symbols(ko), []
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            if "<stack trace>" in line or "FAULT_INJECTION" in line:
                stacks.append(None)
            m = re.search(r"([\w.]+)\+(0x[0-9a-f]+)/(0x[0-9a-f]+) \[zmem\]", line)
            if m and "? " not in line and stacks and stacks[-1] is None:
                stacks[-1] = (m.group(1), int(m.group(3), 0), int(m.group(2), 0))
    if not stacks:
        sys.exit(f"fault-sites: no fault in {path}")
    wanted = {}
    for name, size, offset in {s for s in stacks if s}:
        fits = [s for s in table.get(name, []) if s[0] <= size]
        if fits:
            _, section, value = max(fits)
            wanted.setdefault(section, {})[value + offset - 1] = (name, size, offset)
    places = {}
    for section, addresses in wanted.items():
        for address, chain in lines_of(ko, section, sorted(addresses)).items():
            places.setdefault(addresses[address], []).extend(chain[:1])
    for stack in stacks:
        yield from places.get(stack, [None])


def count(all_sites, places, world):
    total = 0
    for place in places:
        total += 1
        for site in all_sites:
            if place and site.path == place[0] and site.first <= place[1] <= site.last:
                site.hits[world] += 1
    return total


def has_test(test):
    path, name = test
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return re.search(rf"\b{name}\b", f.read())


def check(user, ko, logs):
    all_sites = sites()
    total = count(all_sites, user_places(user), "user")
    guest = sum(count(all_sites, guest_places(ko, log), "guest") for log in logs)
    missed = 0
    for site in all_sites:
        other = REACHED_OTHERWISE.get((site.path, site.function, site.call))
        note = ""
        if other and has_test(other):
            note = f"  by {other[1]} in {other[0]}"
        elif (site.path, site.function, site.call) in NOT_AT_WILL:
            note = "  not at will: " + NOT_AT_WILL[site.path, site.function, site.call]
        elif not any(site.hits.values()):
            note = "  NOT REACHED"
            missed += 1
        print(f"{site.hits['user']:6} {site.hits['guest']:6}  {site}{note}")
    print(f"# {len(all_sites)} sites, {missed} not reached; "
          f"{total} faults in userspace, {guest} in the guest")
    return 1 if missed else 0


def main():
    args = sys.argv[1:]
    if not args:
        for site in sites():
            print(site)
        return 0
    if args[0] != "--check" or len(args) < 4:
        sys.exit("usage: fault-sites.py [--check USER KO LOG...]")
    return check(args[1], args[2], args[3:])


if __name__ == "__main__":
    sys.exit(main())
