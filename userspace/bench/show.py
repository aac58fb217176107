# SPDX-License-Identifier: GPL-2.0 OR MIT
"""A run's result as text."""
import figures


def number(value, form="%.1f"):
    return "-" if value is None else form % value


def print_table(lines):
    """Columns as wide as they need; the first to the left."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        print("  ".join([line[0].ljust(widths[0])] +
                        [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]).rstrip())


def times(result, subject):
    libs = list(result["libraries"])
    lines = {(l["workload"], l["threads"]): l for l in figures.comparisons(result, subject)}
    peers = figures.peers_of(result, subject)
    out = [["# ns an operation (net of null)", "threads", *libs, "best peer", "ratio", "+-", ""]]
    for (workload, threads), row in figures.table(result).items():
        cells = []
        for lib in libs:
            r = row.get(lib)
            net = "" if lib == figures.NULL or not r else " (%s)" % number(r["ns_net"])
            cells.append(number(r and r["ns_per_op"]) + net)
        line = lines.get((workload, threads))
        best = figures.best_peer(row, peers) if any(p in row for p in peers) else "-"
        out.append([workload, str(threads), *cells, best,
                    number(line and line["ratio"], "%.2f"),
                    number(line and (line["q3"] - line["q1"]) / 2, "%.2f"),
                    "ahead" if line and line["ratio"] < 1 else ""])
    return out


def memory(result):
    libs = [lib for lib in result["libraries"] if lib != figures.NULL]
    out = [["# peak RSS, KiB", "threads", *libs]]
    for (workload, threads), row in figures.table(result).items():
        out.append([workload, str(threads),
                    *[number(lib in row and row[lib]["rss_kib"] or None, "%.0f") for lib in libs]])
    return out


def waste(result):
    out = [["# memory in use", "lib", "internal", "external", "reuse"]]
    for d in result["details"]:
        internal, external = figures.fragmentation(result, d["workload"], d["lib"])
        if internal is None:
            continue
        out.append([d["workload"], d["lib"], number(internal, "%.3f"), number(external, "%.3f"),
                    number(d.get("reuse"), "%.3f")])
    return out


def latencies(result):
    out = [["# ns, one call in 13", "lib", "timer", "malloc p50", "p99", "p99.9", "free p50", "p99",
            "p99.9"]]
    for d in result["details"]:
        if "malloc_ns" not in d:
            continue
        cells = [d["workload"], d["lib"], number(d["timer_ns"])]
        for calls in "malloc_ns", "free_ns":
            at = dict(map(tuple, d.get(calls, [])))
            cells += [number(at.get(q), "%.0f") for q in (.5, .99, .999)]
        out.append(cells)
    return out


def print_scaling(result):
    for s in result["scaling"]:
        known = "" if s["measured"] else "; not measured: too wide, or too few rounds"
        print("%-9s two threads do %.3f x one's work each; %.3f of null's, 95 %%: %s to %s%s" % (
            s["lib"], s["scale"], s["relative"], number(s["low"], "%.3f"),
            number(s["high"], "%.3f"), known))


def print_means(result, subject):
    for field, name in ("ns_per_op", "time"), ("rss_kib", "peak RSS"):
        means = figures.means(result, field)
        if means:
            print("# geometric mean of %s: %s" % (
                name, ", ".join("%s %.1f" % m for m in means.items())))
        ratio, best = figures.mean_ratio(result, subject, field)
        if ratio:
            print("#   %s / %s, the best single peer: %.3f" % (subject, best, ratio))


def print_bars(result, subject):
    for b in figures.bars(result, subject):
        met = {True: "met", False: "MISSED", None: "open"}[b["met"]]
        print("%-7s %-12s %s" % (met, b["value"], b["bar"]))


def print_result(result, subject):
    print("# %s, %d CPUs, Linux %s, %s, load %.1f to %.1f" % (
        result["cpu"], result["cpus"], result["kernel"], result["date"], *result["load"]))
    print("# " + ", ".join("%s %s" % lib for lib in result["libraries"].items()))
    for part in times(result, subject), memory(result), waste(result), latencies(result):
        if len(part) > 1:
            print()
            print_table(part)
    print()
    print_scaling(result)
    print_means(result, subject)
    print_bars(result, subject)
    for failure in result.get("failures", []):
        print("FAILED  " + failure)
