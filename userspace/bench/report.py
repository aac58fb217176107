#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Renders results as one HTML file that needs nothing else, neither network nor
scripts: userspace.json of run.py, and kernel-*.json of the kernel's benchmark.
"""
import argparse
import html
import json
import os
import sys

import figures
import plot

STYLE = """
body { font: 15px/1.5 sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; margin: 1em 0; font-variant-numeric: tabular-nums }
th, td { padding: .2em .7em; text-align: right; border-bottom: 1px solid #ddd }
th:first-child, td:first-child { text-align: left }
td.ahead { color: #075; font-weight: bold } td.behind { color: #a20 }
small { color: #777 } figure { margin: 1.5em 0; overflow-x: auto }
svg { max-width: 100%; height: auto }
"""


def e(text):
    return html.escape(str(text))


def number(value, form="%.1f"):
    return "-" if value is None else form % value


class Raw(str):
    """Text that is HTML already."""


def table(header, rows):
    """Cells are text, or (text, class)."""
    out = ["<table><tr>" + "".join("<th>%s</th>" % e(h) for h in header) + "</tr>"]
    for row in rows:
        cells = [c if isinstance(c, tuple) else (c, "") for c in row]
        out.append("<tr>" + "".join(
            '<td class="%s">%s</td>' % (cls, text if isinstance(text, Raw) else e(text))
            for text, cls in cells) + "</tr>")
    return "\n".join(out + ["</table>"])


def figure(svg):
    return "<figure>%s</figure>" % svg if svg else ""


def ratio_cell(value):
    if value is None:
        return "-"
    return "%.2f" % value, "ahead" if value < 1 else "behind"


def times(result, subject):
    libs = list(result["libraries"])
    lines = {(l["workload"], l["threads"]): l for l in figures.comparisons(result, subject)}
    rows = []
    for (workload, threads), row in figures.table(result).items():
        cells = [workload, str(threads)]
        for lib in libs:
            r = row.get(lib)
            if not r:
                cells.append("-")
                continue
            net = "" if lib == figures.NULL else number(r["ns_net"])
            cells.append(Raw("<span title=\"quartiles %.2f, %.2f; %d rounds\">%.1f</span> "
                             "<small>%s</small>" % (r["ns_q1"], r["ns_q3"], r["rounds"],
                                                    r["ns_per_op"], net)))
        line = lines.get((workload, threads), {})
        rows.append(cells + [line.get("best", "-"), ratio_cell(line.get("ratio"))])
    return table(["ns an operation (small: net of null)", "threads", *libs, "best peer",
                  subject + " / best"], rows)


def memory(result):
    libs = [lib for lib in result["libraries"] if lib != figures.NULL]
    return table(["peak RSS, KiB", "threads", *libs],
                 [[workload, str(threads), *[number(row.get(lib, {}).get("rss_kib"), "%.0f")
                                             for lib in libs]]
                  for (workload, threads), row in figures.table(result).items()])


def waste(result):
    rows = []
    for d in result.get("details", []):
        internal, external = figures.fragmentation(result, d["workload"], d["lib"])
        if internal is not None:
            rows.append([d["workload"], d["lib"], number(internal, "%.3f"),
                         number(external, "%.3f"), number(d.get("reuse"), "%.3f")])
    return table(["memory in use", "library", "internal fragmentation",
                  "external fragmentation", "reuse"], rows) if rows else ""


def bars_table(result, subject):
    met = {True: ("met", "ahead"), False: ("missed", "behind"), None: "open"}
    rows = [[b["bar"], b["value"], met[b["met"]]] for b in figures.bars(result, subject)]
    return table(["bar", "value", ""], rows) if rows else ""


def scaling_table(result):
    rows = [[s["lib"], "%.3f" % s["scale"], "%.3f" % s["relative"], number(s["low"], "%.3f"),
             number(s["high"], "%.3f"), str(s["rounds"]), "yes" if s["measured"] else "no"]
            for s in result.get("scaling", [])]
    return table(["two threads, independent", "scale", "of null's", "from", "to (95 %)",
                  "paired rounds", "narrow enough"], rows) if rows else ""


def all_times_plot(result):
    rows = figures.counted(result)
    libs = [lib for lib in result["libraries"] if lib != figures.NULL]
    names = ["%s %d" % k if k[1] > 1 else k[0] for k in rows]
    return plot.bars("times", "Time of an operation", "ns", names,
                     {lib: [row[lib]["ns_per_op"] if lib in row else None for row in rows.values()]
                      for lib in libs}, ["set logscale y", "set size ratio 0.5"])


def threads_plot(result, workload):
    curves = {}
    for (name, threads), row in figures.table(result).items():
        if name == workload:
            for lib, r in row.items():
                curves.setdefault(lib, []).append((threads, r["mops"]))
    return plot.lines("threads-" + workload, "Throughput against threads: %s" % workload,
                      "threads (%d CPUs)" % result["cpus"], "million operations a second", curves,
                      ["set xtics 1,1", "set yrange [0:]"])


def latency_plot(result, workload, field, call):
    """The x axis stretches the tail: 1 / (1 - quantile)."""
    curves = {}
    for d in result.get("details", []):
        if d["workload"] == workload and field in d:
            curves[d["lib"]] = [(1 / (1 - q), ns) for q, ns in d[field] if q < 1]
    return plot.lines("latency-%s-%s" % (workload, call),
                      "Latency of %s: %s" % (call, workload), "quantile",
                      "ns, the timer's included", curves, [
                          "set logscale xy",
                          'set xtics ("50 %%" 2, "90 %%" 10, "99 %%" 100, "99.9 %%" 1000, '
                          '"99.99 %%" 10000)'])


def series_plot(result, workload, field, title, xlabel, ylabel, settings=(), scale=1):
    curves = {d["lib"]: [(x, y * scale) for x, y in d[field]]
              for d in result.get("details", []) if d["workload"] == workload and field in d}
    return plot.lines("%s-%s" % (field, workload), title, xlabel, ylabel, curves, settings)


def questions(result):
    return "<ul>%s</ul>" % "".join("<li><b>%s</b>: %s</li>" % (e(name), e(text))
                                   for name, text in result["questions"].items())


def userspace(result, subject):
    plots = [all_times_plot(result)]
    plots += [threads_plot(result, w) for w in ("independent", "server")]
    for workload in "random", "churn", "server", "replay-kernel":
        plots += [latency_plot(result, workload, "malloc_ns", "malloc"),
                  latency_plot(result, workload, "free_ns", "free")]
    plots += [series_plot(result, "peak", "rss_over_time", "RSS over time: two peaks", "seconds",
                          "MiB", ["set yrange [0:]"], 1 / 1024),
              series_plot(result, "sweep", "ns_by_size", "Time against size", "bytes",
                          "ns, malloc and free", ["set logscale xy"])]
    about = "%s, %d CPUs, Linux %s, %s; commit %s, mode %s, load %.1f to %.1f" % (
        result["cpu"], result["cpus"], result["kernel"], result["date"], result["commit"],
        result["mode"], *result["load"])
    return "\n".join([
        "<h2>Userspace</h2><p>%s</p><p>%s</p>" % (
            e(about), e(", ".join("%s %s" % lib for lib in result["libraries"].items()))),
        "".join("<p><b>Failed:</b> %s</p>" % e(f) for f in result.get("failures", [])),
        bars_table(result, subject), times(result, subject), scaling_table(result),
        memory(result), waste(result), *map(figure, plots), "<h3>Questions</h3>",
        questions(result)])


def kernel_row(row):
    cells = [row["name"], str(row["nodes"])]
    both = []
    for side in "zmem", "kmem":
        value = row.get(side) or {}
        both.append(value.get("median"))
        cells += [number(value.get("min"), "%.0f"), number(value.get("median"), "%.0f")]
    known = None not in both and both[1]
    return cells + [ratio_cell(both[0] / both[1] if known else None)]


def kernel(result):
    rows = result["rows"]
    labels = ["%s, %s" % (r["name"], r["nodes"]) for r in rows]
    columns = {side: [(r.get(side) or {}).get("median") for r in rows] for side in ("zmem", "kmem")}
    title = "Linux %s, %s" % (result["kernel"], result["boot"])
    svg = plot.bars("kernel-" + result["kernel"], title, result["method"], labels, columns,
                    ["set yrange [0:]"])
    return "\n".join([
        "<h2>Linux %s</h2><p>%s; %s</p>" % (e(result["kernel"]), e(result["method"]),
                                           e(result["boot"])),
        table(["row", "nodes", "zmem min", "median", "kmem min", "median", "zmem / kmem"],
              [kernel_row(r) for r in rows]), figure(svg)])


def render(results, subject):
    body = [kernel(r) if "kernel" in r and "method" in r else userspace(r, subject)
            for r in results]
    return ("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
            "<title>zmem: benchmarks</title><style>%s</style></head><body>"
            "<h1>zmem: benchmarks</h1>\n%s\n</body></html>\n" % (STYLE, "\n".join(body)))


def load(path):
    try:
        with open(path, encoding="utf-8") as f:
            result = json.load(f)
        if not result["rows"] or not ("kernel" in result or "libraries" in result):
            raise ValueError
        return result
    except OSError as error:
        sys.exit("report: %s: %s" % (path, error.strerror))
    except (ValueError, KeyError, TypeError):
        sys.exit("report: %s: not a result" % path)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("results", nargs="+")
    p.add_argument("--out", required=True)
    p.add_argument("--subject", default="zmem")
    args = p.parse_args()
    results = [load(path) for path in args.results]
    try:
        text = render(results, args.subject)
    except plot.PlotError as error:
        sys.exit("report: %s" % error)
    except (KeyError, TypeError) as error:
        sys.exit("report: a result lacks %s" % error)
    with open(args.out, "w", encoding="utf-8") as f:
        f.write(text)
    print("# %s" % os.path.relpath(args.out))


if __name__ == "__main__":
    main()
