#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Prints zmem's caches as /sys/kernel/debug/zmem/caches does, but from the
kernel's memory: without debugfs, and without a word of the module's.

    zmem-caches.py /lib/modules/VERSION/updates/dkms/zmem.ko

The file is the module that is loaded, with its debug information; that of the
kernel itself, hundreds of MiB, is not needed.  With drgn (Debian: python3-drgn),
as root.
"""
import bisect
import os
import struct
import sys

import drgn
from drgn import Object, Program

# As in zmem/internal.h and zmem/core/stats.h.
SIZE_CLASS, LARGE, NO_MAGAZINES = 0x200, 0x400, 0x100
MODES = {1: "fast", 2: "balanced", 3: "debug"}
PAGE = 4096
KMALLOC = (8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192)
NAME_WIDTH = 31

COLUMNS = (
    ("object_size", 11), ("size", 8), ("mode", 8), ("magazine_size", 13), ("allocs", 12),
    ("frees", 12), ("failures", 8), ("remote_frees", 12), ("exchanges", 10), ("contended", 10),
    ("errors", 6), ("objects", 9), ("slabs", 7), ("cached", 8), ("magazines", 9),
    ("bytes_requested", 15), ("bytes_allocated", 15), ("bytes_held", 12), ("hit_rate", 8),
    ("reuse", 8), ("internal", 8), ("external", 8))


def fail(text):
    sys.exit("zmem-caches: %s" % text)


def listed(path):
    """The numbers of a list as sysfs has them."""
    with open(path, encoding="ascii") as f:
        for part in f.read().strip().split(","):
            first, _, last = part.partition("-")
            yield from range(int(first), int(last or first) + 1)


class Kcore:
    """The kernel's memory by its addresses: /proc/kcore is an ELF file."""

    def __init__(self):
        self.f = open("/proc/kcore", "rb", buffering=0)
        head = self.f.read(64)
        offset, size, number = struct.unpack_from("<32xQ14xHH", head)
        segments = []
        for n in range(number):
            kind, _, at, address, _, length = struct.unpack_from(
                "<IIQQQQ", os.pread(self.f.fileno(), size, offset + n * size))
            if kind == 1:
                segments.append((address, length, at))
        self.segments = sorted(segments)

    def read(self, address, count, _offset, _physical):
        n = bisect.bisect_right(self.segments, (address, 2**64, 0)) - 1
        first, length, at = self.segments[n]
        data = b""
        if n >= 0 and address + count <= first + length:
            data = os.pread(self.f.fileno(), count, at + address - first)
        if len(data) != count:
            raise drgn.FaultError("not in /proc/kcore", address)
        return data


class Machine:
    """What is the kernel's, not zmem's: addresses, CPUs, nodes, per-CPU memory."""

    def __init__(self, prog):
        self.prog = prog
        self.addresses = self.kallsyms("__per_cpu_offset", "zmem_caches", "zmem_pools")
        self.nodes = list(listed("/sys/devices/system/node/possible"))
        self.cpus = list(listed("/sys/devices/system/cpu/possible"))

    @staticmethod
    def kallsyms(*names):
        addresses = {}
        with open("/proc/kallsyms", encoding="ascii") as f:
            for line in f:
                words = line.split()
                if words[2] in names and int(words[0], 16):
                    addresses[words[2]] = int(words[0], 16)
        missing = [n for n in names if n not in addresses]
        if missing:
            fail("/proc/kallsyms has no %s: is zmem loaded, and is this root?" % missing[0])
        return addresses

    def variable(self, name, kind):
        return Object(self.prog, kind, address=self.addresses[name])

    def per_cpu(self, pointer, cpu):
        offset = self.prog.read_u64(self.addresses["__per_cpu_offset"] + 8 * cpu)
        return (pointer.value_() + offset) & (2**64 - 1)


def counter(atomic):
    return atomic.counter.value_()


def loaded_frees(a):
    """As zmem_cpu_frees()."""
    top, low, high = (getattr(a.fast, name).value_() for name in ("top", "low", "high"))
    start = a.slow.start.value_()
    frees = a.fast.allocs.value_() + a.slow.surplus.value_()
    if low <= start <= high and low <= top <= high:
        frees += (top - start) // 8
    return max(frees, 0)


def cpu_counts(cache, machine, s):
    """In the order of zmem_snapshot_take()."""
    kind = machine.prog.type("struct zmem_cpu_area")
    for cpu in machine.cpus:
        a = Object(machine.prog, kind, address=machine.per_cpu(cache.cache, cpu))
        fast, slow = a.fast, a.slow
        s["free_hits"] += loaded_frees(a) + slow.swap_frees.value_()
        s["frees"] += slow.slow_frees.value_()
        s["hits"] += fast.allocs.value_() + slow.swap_allocs.value_()
        s["allocs"] += slow.slow_allocs.value_()
        s["failures"] += slow.failures.value_()
        s["remote_frees"] += slow.remote_frees.value_()
    s["allocs"] += s["hits"]
    s["frees"] += s["free_hits"]
    s["objects"] = max(0, s["allocs"] - s["frees"])


def node_counts(cache, machine, s):
    in_use = 0
    for node in machine.nodes:
        n = cache.node[node]
        s["exchanges"] += n.depot.exchanges.value_()
        s["contended"] += counter(n.depot.contended)
        s["slabs"] += n.slabs.nr.value_()
        s["fresh"] += n.slabs.fresh.value_()
        s["bytes_held"] += (n.slabs.pages.value_() * PAGE + n.slabs.desc_bytes.value_() +
                            drgn.sizeof(n[0]))
        in_use += n.slabs.in_use.value_()
    s["cached"] = max(0, in_use - s["objects"])


def requested(cache, s):
    if cache.debug and not cache.debug.inexact:
        return counter(cache.debug.requested)
    return None if cache.flags & SIZE_CLASS else s["objects"] * cache.object_size.value_()


def byte_counts(cache, machine, s):
    own = drgn.sizeof(cache[0]) + 8 * len(machine.nodes)
    s["magazines"] = counter(cache.magazines)
    s["bytes_held"] += (counter(cache.magazine_bytes) + min(k for k in KMALLOC if k >= own) +
                        len(machine.cpus) * (drgn.sizeof(machine.prog.type("struct zmem_cpu_area"))
                                             + 8 * len(machine.nodes)))
    s["bytes_allocated"] = s["objects"] * cache.size.value_()
    s["bytes_requested"] = requested(cache, s)
    if not cache.flags & LARGE:
        return
    pools = machine.variable("zmem_pools", "struct zmem_pool *")
    s["slabs"] = s["objects"]
    s["fresh"] = counter(cache.large_fresh)
    s["cached"] = sum(pools[node].pages.value_() for node in machine.nodes)
    s["bytes_requested"] = counter(cache.large_bytes)
    s["bytes_allocated"] = counter(cache.large_pages) * PAGE
    s["bytes_held"] += s["bytes_allocated"] + s["cached"] * PAGE


def share(part, whole):
    if not whole or part is None:
        return None
    return min(part, whole) * 10000 // whole


def lost(part, whole):
    kept = share(part, whole)
    return None if kept is None else 10000 - kept


def snapshot(cache, machine):
    s = dict.fromkeys(("free_hits", "frees", "hits", "allocs", "failures", "remote_frees",
                       "exchanges", "contended", "slabs", "fresh", "bytes_held"), 0)
    for name in "object_size", "size":
        s[name] = getattr(cache, name).value_()
    s["mode"] = MODES.get(cache.mode.value_(), "unknown")
    s["magazine_size"] = 0 if cache.flags & NO_MAGAZINES else cache.magazine_size.value_()
    s["errors"] = counter(cache.errors)
    cpu_counts(cache, machine, s)
    node_counts(cache, machine, s)
    byte_counts(cache, machine, s)
    for name, value in (("hit_rate", share(s["hits"], s["allocs"])),
                        ("reuse", lost(s["fresh"], s["allocs"])),
                        ("internal", lost(s["bytes_requested"], s["bytes_allocated"])),
                        ("external", lost(s["bytes_allocated"], s["bytes_held"]))):
        s[name] = None if value is None else "%d.%02d%%" % divmod(value, 100)
    return s


def caches(machine):
    """From the list's head, which is no part of a cache."""
    head = machine.variable("zmem_caches", "struct list_head").address_of_()
    entry = head.next
    while entry != head:
        yield drgn.container_of(entry, "struct zmem_common", "list")
        entry = entry.next


def program(module):
    prog = Program(drgn.host_platform)
    kcore = Kcore()
    prog.add_memory_segment(0, 2**64 - 1, kcore.read)
    prog.load_debug_info([module])
    prog.type("struct zmem_common")
    return prog


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__, end="", file=sys.stderr)
        sys.exit(2)
    try:
        machine = Machine(program(sys.argv[1]))
    except LookupError:
        fail("%s: no debug information of zmem" % sys.argv[1])
    except (OSError, drgn.MissingDebugInfoError) as error:
        fail(str(error).replace("\n", " "))
    print("# zmem caches, version 1")
    print("# %-*s" % (NAME_WIDTH - 2, "name"), *("%*s" % (w, n) for n, w in COLUMNS))
    for cache in caches(machine):
        s = snapshot(cache, machine)
        print("%-*s" % (NAME_WIDTH, cache.name.string_().decode()),
              *("%*s" % (w, "-" if s[n] is None else s[n]) for n, w in COLUMNS))


if __name__ == "__main__":
    main()
