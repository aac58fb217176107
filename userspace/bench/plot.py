# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Plots, by gnuplot, as SVG that stands in a page."""
import subprocess

COLOURS = {"zmem": "#d62728", "glibc": "#7f7f7f", "jemalloc": "#1f77b4", "mimalloc": "#2ca02c",
           "tcmalloc": "#ff7f0e", "null": "#bbbbbb", "kmem": "#1f77b4"}


class PlotError(Exception):
    pass


def quoted(text):
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')


def gnuplot(script):
    try:
        done = subprocess.run(["gnuplot"], input=script, capture_output=True, text=True)
    except FileNotFoundError:
        raise PlotError("gnuplot is missing: scripts/deps.sh bench") from None
    if done.returncode or "<svg" not in done.stdout:
        raise PlotError("gnuplot: " + (done.stderr.strip().splitlines() or ["no plot"])[-1])
    return done.stdout[done.stdout.index("<svg"):]


def head(name, title, xlabel, ylabel, settings):
    name = "".join(c if c.isalnum() else "_" for c in name)
    return "\n".join([
        'set terminal svg size 760,420 dynamic font "sans-serif,13" noenhanced name "%s" '
        'background "white"' % name,
        "set title " + quoted(title), "set xlabel " + quoted(xlabel),
        "set ylabel " + quoted(ylabel), "set grid", "set key outside right top", *settings, ""])


def data_block(number, points):
    return "$d%d << EOD\n%s\nEOD\n" % (number, "\n".join("%g %g" % tuple(p) for p in points))


def lines(name, title, xlabel, ylabel, curves, settings=()):
    """curves: {label: [(x, y)]}; labels have a library's name as their first word."""
    curves = {label: points for label, points in curves.items() if points}
    if not curves:
        return ""
    script = head(name, title, xlabel, ylabel, settings)
    parts = []
    for n, (label, points) in enumerate(curves.items()):
        script += data_block(n, points)
        lib = label.split()[0]
        parts.append("$d%d using 1:2 with linespoints pt 7 ps 0.4 lw %d lc rgb %s title %s" % (
            n, 3 if lib == "zmem" else 2, quoted(COLOURS.get(lib, "#9467bd")), quoted(label)))
    return gnuplot(script + "plot " + ", ".join(parts) + "\n")


def bars(name, title, ylabel, labels, columns, settings=()):
    """columns: {label: [a value for each of labels, or None]}."""
    if not labels or not columns:
        return ""
    script = head(name, title, "", ylabel, [
        "set style data histogram", "set style histogram cluster gap 1",
        "set style fill solid 0.9 noborder", "set xtics rotate by -40 nomirror",
        'set datafile missing "?"', *settings])
    rows = [" ".join([quoted(label)] + ["?" if c[i] is None else "%g" % c[i]
                                        for c in columns.values()])
            for i, label in enumerate(labels)]
    script += "$d << EOD\n%s\nEOD\n" % "\n".join(rows)
    parts = ["$d using %d:xtic(1) lc rgb %s title %s" % (
        n + 2, quoted(COLOURS.get(label, "#9467bd")), quoted(label))
        for n, label in enumerate(columns)]
    return gnuplot(script + "plot " + ", ".join(parts) + "\n")
