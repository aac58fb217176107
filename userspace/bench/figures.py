# SPDX-License-Identifier: GPL-2.0 OR MIT
"""What a run's rounds come to: medians, ratios between libraries, bars.

A result is what run.py writes as JSON; "rows" has one entry for each workload,
number of threads and library, with a sample for each round.
"""
import math
import statistics

PLOT_THREADS = 3	# rows with so many threads or more are for plots alone
NULL = "null"


def quantile(values, q):
    """Linear between the two nearest, as most statistics programs have it."""
    ordered = sorted(values)
    at = q * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def median_interval(values):
    """The median and an interval that holds it with 95 %, from order alone.

    Fewer than six values bound nothing: the interval is then (None, None).
    """
    ordered = sorted(values)
    n = len(ordered)
    below, k = 0.0, 0
    while below + math.comb(n, k) / 2 ** n <= 0.025:
        below += math.comb(n, k) / 2 ** n
        k += 1
    if not k:
        return statistics.median(ordered), None, None
    return statistics.median(ordered), ordered[k - 1], ordered[n - k]


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def key(row):
    return row["workload"], row["threads"]


def table(result):
    """{(workload, threads): {library: row}}, in the order of the run."""
    keys = {}
    for row in result["rows"]:
        keys.setdefault(key(row), {})[row["lib"]] = row
    return keys


def peers_of(result, subject):
    libs = {row["lib"]: None for row in result["rows"]}
    return [lib for lib in libs if lib not in (subject, NULL)]


def counted(result):
    """The rows of table() that are not for plots alone.

    One independent thread is there for two to be compared with; random is the
    same, and counts.
    """
    return {k: libs for k, libs in table(result).items()
            if k[1] < PLOT_THREADS and k != ("independent", 1)}


def best_peer(libs, peers, field="ns_per_op"):
    return min((lib for lib in peers if lib in libs), key=lambda lib: libs[lib][field])


def ratio(mine, other, field):
    """Round by round, since both then had the machine in the same mood."""
    each = [a / b for a, b in zip(mine[field], other[field])]
    return {"ratio": statistics.median(each), "q1": quantile(each, .25), "q3": quantile(each, .75),
            "least": min(each), "most": max(each)}


def comparisons(result, subject):
    """A line for each row that the subject and a peer have: it against the best."""
    lines = []
    peers = peers_of(result, subject)
    for (workload, threads), libs in counted(result).items():
        if subject not in libs or not any(p in libs for p in peers):
            continue
        best = best_peer(libs, peers)
        line = {"workload": workload, "threads": threads, "best": best}
        line.update(ratio(libs[subject], libs[best], "samples"))
        mine, other = libs[subject]["ns_net"], libs[best]["ns_net"]
        known = mine is not None and other is not None and other > 0
        line["net_ratio"] = mine / other if known else None
        lean = best_peer(libs, peers, "rss_kib")
        line["rss_ratio"] = libs[subject]["rss_kib"] / libs[lean]["rss_kib"]
        line["rss_lean"] = libs[lean]["rss_kib"]
        line["rss_median"] = statistics.median(libs[p]["rss_kib"] for p in peers if p in libs)
        line["rss_kib"] = libs[subject]["rss_kib"]
        lines.append(line)
    return lines


def means(result, field="ns_per_op"):
    """Each library's geometric mean over all rows that all libraries have."""
    rows = counted(result)
    libs = [lib for lib in {row["lib"]: None for row in result["rows"]} if lib != NULL]
    common = [row for row in rows.values() if all(lib in row for lib in libs)]
    if not common:
        return {}
    return {lib: geometric_mean([row[lib][field] for row in common]) for lib in libs}


def mean_ratio(result, subject, field):
    """The subject's mean against the best single peer's: ratio and peer."""
    all_means = means(result, field)
    peers = [p for p in peers_of(result, subject) if p in all_means]
    if subject not in all_means or not peers:
        return None, None
    best = min(peers, key=all_means.get)
    return all_means[subject] / all_means[best], best


def scaling(rounds, lib):
    """How a library's second thread does against the null library's.

    rounds: [{lib: (ns with one thread, ns with two)}], each run in turn.
    """
    own = [r[lib][0] / r[lib][1] for r in rounds]
    relative = [r[lib][0] / r[lib][1] * r[NULL][1] / r[NULL][0] for r in rounds]
    middle, low, high = median_interval(relative)
    known = low is not None and high - low <= 0.04 * middle and len(rounds) >= 15
    return {"lib": lib, "rounds": len(rounds), "scale": statistics.median(own),
            "relative": middle, "low": low, "high": high, "measured": known}


def detail(result, workload, lib, field):
    for d in result.get("details", []):
        if d["workload"] == workload and d["lib"] == lib:
            return d.get(field)
    return None


def share(part, whole):
    return None if part is None or not whole else 1 - part / whole


def fragmentation(result, workload, lib):
    """Internal and external, of 1; None where it is not known."""
    live, usable, held = (detail(result, workload, lib, f)
                          for f in ("live_bytes", "usable_bytes", "held_bytes"))
    return share(live, usable), share(usable, held)


def bar(text, value, good, form="%.3f"):
    """A bar's line; value None: not measured."""
    shown = "not measured" if value is None else form % value
    return {"bar": text, "value": shown, "met": None if value is None else bool(good)}


def time_bars(result, subject, lines):
    gm, best = mean_ratio(result, subject, "ns_per_op")
    ahead = sum(line["ratio"] < 1 for line in lines)
    worst = max(lines, key=lambda l: l["ratio"] / limit_of(l))
    bars = [
        bar("geometric mean of time <= 0.90 x the best single peer's (%s)" % best,
            gm, gm is not None and gm <= 0.90),
        bar("ahead of the row's best peer on >= 10 rows of %d" % len(lines),
            ahead, ahead >= 10, "%d"),
        bar("no row > 1.15 x its best peer (pair: 1.25); worst: %s" % worst["workload"],
            worst["ratio"], worst["ratio"] <= limit_of(worst)),
    ]
    for line in lines:
        if line["workload"] in ("held-100", "held-100-512", "random"):
            net = line["net_ratio"]
            bars.append(bar("%s, net of null <= 0.8 x the best peer's" % line["workload"],
                            net, net is not None and net <= 0.8))
    return bars


def limit_of(line):
    return 1.25 if line["workload"] == "pair" else 1.15


def memory_bars(result, subject, lines):
    gm, best = mean_ratio(result, subject, "rss_kib")
    over = [l["workload"] for l in lines if l["rss_kib"] > 1.15 * l["rss_median"] + 2048]
    reuse = detail(result, "churn", subject, "reuse")
    external = fragmentation(result, "churn", subject)[1]
    heap = fragmentation(result, "heap", subject)[1]
    internal = fragmentation(result, "random", subject)[0]
    return [
        bar("geometric mean of peak RSS <= the best single peer's (%s)" % best,
            gm, gm is not None and gm <= 1),
        bar("rows with peak RSS > 1.15 x the median peer's + 2 MiB: none (%s)"
            % (", ".join(over) or "-"), len(over), not over, "%d"),
        bar("long churn: reuse >= 0.97", reuse, reuse is not None and reuse >= 0.97),
        bar("long churn: external fragmentation <= 0.05", external,
            external is not None and external <= 0.05),
        bar("the same of a large heap <= 0.05", heap, heap is not None and heap <= 0.05),
        bar("random sizes: internal fragmentation <= 0.12", internal,
            internal is not None and internal <= 0.12),
    ]


def scaling_bars(result, subject):
    found = [s for s in result.get("scaling", []) if s["lib"] == subject]
    value = found[0]["relative"] if found and found[0]["measured"] else None
    return [bar("two threads scale >= 0.97 x the null library's", value,
                value is not None and value >= 0.97)]


def bars(result, subject):
    lines = comparisons(result, subject)
    if not lines:
        return []
    return (time_bars(result, subject, lines) + memory_bars(result, subject, lines) +
            scaling_bars(result, subject))
