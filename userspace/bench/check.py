#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Compares a run with stored ratios: each row's time and peak RSS, as a multiple
of the best peer's in the same run.  Exit 1 if a row is worse by more than the
spread of both, or missing; with --confirm, if it is so in a second run as well.
"""
import argparse
import json
import os
import sys

import figures
import run

HERE = os.path.dirname(os.path.realpath(__file__))
FLOOR = 0.03	# of the stored ratio: what two runs of the same code differ by
RSS_FLOOR = 0.05
RSS_SLACK = 512	# KiB: a thread's caches, or a page table's worth of chance


def die(text):
    print("bench-check: " + text, file=sys.stderr)
    sys.exit(2)


def load(path, what):
    try:
        with open(path, encoding="utf-8") as f:
            data = json.load(f)
    except OSError as e:
        die("%s: %s: %s" % (what, path, e.strerror))
    except ValueError:
        die("%s: %s: not JSON" % (what, path))
    if not isinstance(data, dict) or not isinstance(data.get("rows"), list):
        die("%s: %s: has no rows" % (what, path))
    return data


def ratios(result, subject):
    """What is stored of a run, and compared."""
    rows = []
    for line in figures.comparisons(result, subject):
        rows.append({"workload": line["workload"], "threads": line["threads"],
                     "best": line["best"], "ratio": round(line["ratio"], 4),
                     "spread": round((line["most"] - line["least"]) / 2, 4),
                     "rss_ratio": round(line["rss_ratio"], 4),
                     "rss_slack": round(RSS_SLACK / line["rss_lean"], 4)})
    return {"subject": subject, "cpu": result.get("cpu"),
            "commit": result.get("libraries", {}).get(subject), "date": result.get("date"), "mode": result.get("mode"), "rows": rows}


def judge_row(old, new):
    """A list of (verdict, text): verdicts are worse, better, same, missing."""
    name = "%s, %d thread%s" % (old["workload"], old["threads"], "s" * (old["threads"] != 1))
    if not new:
        return [("missing", "%s: not in this run" % name)]
    margin = old["spread"] + new["spread"] + FLOOR * old["ratio"]
    change = new["ratio"] - old["ratio"]
    text = "%s: %.3f x the best peer's time, was %.3f, margin %.3f" % (
        name, new["ratio"], old["ratio"], margin)
    verdict = "worse" if change > margin else "better" if change < -margin else "same"
    found = [(verdict, text)]
    if new["rss_ratio"] > old["rss_ratio"] * (1 + RSS_FLOOR) + new["rss_slack"]:
        found.append(("worse", "%s: %.3f x the leanest peer's RSS, was %.3f" % (
            name, new["rss_ratio"], old["rss_ratio"])))
    return found


def compare(baseline, now, rerun=None):
    """Rows that are worse are judged by rerun(their workloads), if there is one."""
    rows = {figures.key(row): row for row in now["rows"]}
    found = {}
    for old in baseline["rows"]:
        found[figures.key(old)] = judge_row(old, rows.get(figures.key(old)))
    worse = [k for k, lines in found.items() if any(v == "worse" for v, _ in lines)]
    if worse and rerun:
        again = {figures.key(row): row for row in rerun({name for name, _ in worse})["rows"]}
        for old in baseline["rows"]:
            if figures.key(old) in worse:
                found[figures.key(old)] = judge_row(old, again.get(figures.key(old)))
    return [line for lines in found.values() for line in lines]


def run_again(subject):
    def rerun(workloads):
        print("# once more: %s" % ", ".join(sorted(workloads)))
        return ratios(run.run("quick", run.find_libraries(None), run.find_jobs(workloads)),
                      subject)
    return rerun


def report(found, baseline):
    count = {}
    for verdict, text in found:
        count[verdict] = count.get(verdict, 0) + 1
        if verdict != "same":
            print("%-8s %s" % (verdict, text))
    bad = count.get("worse", 0) + count.get("missing", 0)
    print("# against %s of %s: %s" % (
        baseline.get("commit"), baseline.get("date"),
        ", ".join("%d %s" % (n, v) for v, n in sorted(count.items()))))
    return 1 if bad else 0


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("result", help="what run.py wrote")
    p.add_argument("--baseline", default=os.path.join(HERE, "baseline.json"))
    p.add_argument("--subject", default="zmem")
    p.add_argument("--confirm", action="store_true", help="run rows that are worse once more")
    p.add_argument("--store", action="store_true", help="make the result the baseline")
    args = p.parse_args()
    now = ratios(load(args.result, "result"), args.subject)
    if not now["rows"]:
        die("%s: no row has both %s and a peer" % (args.result, args.subject))
    if args.store:
        with open(args.baseline, "w", encoding="utf-8") as f:
            json.dump(now, f, indent=1)
            f.write("\n")
        return 0
    baseline = load(args.baseline, "baseline")
    if not baseline["rows"]:
        die("baseline: %s: has no rows" % args.baseline)
    if baseline.get("subject") != args.subject:
        die("baseline: %s: is %s's, not %s's" % (args.baseline, baseline.get("subject"),
                                                 args.subject))
    rerun = run_again(args.subject) if args.confirm else None
    return report(compare(baseline, now, rerun), baseline)


if __name__ == "__main__":
    sys.exit(main())
