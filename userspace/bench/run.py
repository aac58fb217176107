#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Runs each workload under each malloc in turn, and prints what came of it."""
import argparse
import datetime
import functools
import glob
import json
import os
import platform
import statistics
import subprocess
import sys

import figures
import show

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
BENCH = os.environ.get("BENCH", os.path.join(TOP, "build", "bench"))

# Library: the Debian package, and the file to preload.
PEERS = {
    "glibc": ("libc6", None),
    "jemalloc": ("libjemalloc2", "/usr/lib/*/libjemalloc.so.2"),
    "mimalloc": ("libmimalloc2.0", "/usr/lib/*/libmimalloc.so.2"),
    "tcmalloc": ("libtcmalloc-minimal4", "/usr/lib/*/libtcmalloc_minimal.so.4"),
}
ZMEM = os.environ.get("ZMEM_MALLOC", os.path.join(
    BENCH, "..", "userspace", "libzmem_malloc.so"))

MODES = {
    # Rounds, rounds of scaling, passes, scale of operations.  Quick and full differ
    # in repetition alone: memory and ratios compare.
    "selftest": (2, 2, 1, 0.002),
    "quick": (3, 6, 2, 1),
    "full": (31, 17, 5, 1),
}
MORE_THREADS = {"independent": (1, 2, 4, 8), "server": (2, 4, 8)}
DETAILS = ("random", "server", "churn", "heap", "phases", "peak", "sweep")


def die(text):
    sys.exit("bench: " + text)


class Job:
    """A workload with a number of threads, and a stream if it replays one."""

    def __init__(self, name, threads, question, needs_memory, stream=None):
        self.workload, self.threads, self.stream = name, threads, stream
        self.question, self.needs_memory = question, needs_memory
        self.name = "replay-" + os.path.basename(stream)[:-7] if stream else name

    def arguments(self):
        stream = ["-S", self.stream] if self.stream else []
        return ["-t", str(self.threads), *stream, self.workload]


class Failure(Exception):
    pass


def call(lib, *arguments):
    """The driver under a malloc; fails unless that malloc was at work."""
    env = dict(os.environ, LC_ALL="C")
    env.pop("LD_PRELOAD", None)
    if lib["file"]:
        env["LD_PRELOAD"] = lib["file"]
    command = [os.path.join(BENCH, "zmem-bench"), *arguments]
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        raise Failure("no end after 120 s") from None
    if done.returncode or done.stderr:
        raise Failure("exit %d: %s" % (done.returncode, done.stderr.strip()))
    answer = json.loads(done.stdout)
    if lib["file"] and not os.path.samefile(answer["library"], lib["file"]):
        raise Failure("malloc came from %s" % answer["library"])
    return answer


class Failures:
    """What went wrong, a line for each library and workload; the rest goes on."""

    def __init__(self):
        self.texts = {}

    def call(self, lib, job, *arguments):
        """None if that has failed, now or before."""
        name = "%s: %s, %d threads" % (lib["name"], job.name, job.threads)
        if name in self.texts:
            return None
        try:
            return call(lib, *arguments, *job.arguments())
        except Failure as failure:
            self.texts[name] = str(failure)
            return None

    def lines(self):
        return ["%s: %s" % item for item in self.texts.items()]


def version(package):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package],
                          capture_output=True, text=True)
    return done.stdout or "unknown"


@functools.lru_cache	# as it was when the run began
def commit():
    done = subprocess.run(["git", "-C", TOP, "describe", "--always", "--dirty", "--abbrev=12"],
                          capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def find_libraries(wanted):
    libs = []
    for name, (package, pattern) in PEERS.items():
        files = glob.glob(pattern) if pattern else [None]
        if not files:
            die("%s is missing: scripts/deps.sh bench" % name)
        libs.append({"name": name, "file": files[0], "version": version(package)})
    libs.append({"name": figures.NULL, "file": os.path.join(BENCH, "libnull.so"),
                 "version": commit()})
    if os.path.exists(ZMEM):
        libs.append({"name": "zmem", "file": os.path.realpath(ZMEM), "version": commit()})
    else:
        print("# zmem is left out: no %s" % os.path.relpath(ZMEM))
    if wanted:
        unknown = set(wanted) - {lib["name"] for lib in libs}
        if unknown:
            die("no such library here: %s" % ", ".join(sorted(unknown)))
        libs = [lib for lib in libs if lib["name"] in wanted]
    return libs


def find_jobs(wanted):
    done = subprocess.run([os.path.join(BENCH, "zmem-bench"), "-l"], capture_output=True,
                          text=True, check=True)
    streams = sorted(glob.glob(os.path.join(BENCH, "streams", "*.stream")))
    jobs = []
    for line in done.stdout.splitlines():
        name, threads, needs_memory, question = line.split("\t")
        for stream in streams if name == "replay" else [None]:
            for t in MORE_THREADS.get(name, (int(threads),)):
                jobs.append(Job(name, t, question, needs_memory == "1", stream))
    if wanted:
        unknown = set(wanted) - {job.name for job in jobs}
        if unknown:
            die("no such workload: %s" % ", ".join(sorted(unknown)))
        jobs = [job for job in jobs if job.name in wanted]
    return jobs


class Progress:
    def __init__(self, steps):
        self.steps, self.step = steps, 0
        self.live = sys.stderr.isatty()

    def tell(self, text):
        self.step += 1
        if self.live:
            sys.stderr.write("\r\033[K%4d of %d  %s" % (self.step, self.steps, text))
        elif self.step % 100 == 0 or self.step == self.steps:
            sys.stderr.write("# %d of %d  %s\n" % (self.step, self.steps, text))
        sys.stderr.flush()

    def end(self):
        if self.live:
            sys.stderr.write("\r\033[K")


def can_run(lib, job):
    return lib["name"] != figures.NULL or not job.needs_memory


def measure(libs, jobs, rounds, passes, scale, progress, failures):
    """The rounds: each goes through all jobs, and each job through all libraries."""
    samples = {}
    for r in range(rounds):
        for job in jobs:
            turn = libs[r % len(libs):] + libs[:r % len(libs)]
            for lib in turn:
                if not can_run(lib, job):
                    continue
                progress.tell("%s, %s" % (job.name, lib["name"]))
                n = passes if job.threads == 1 else 2 * passes
                a = failures.call(lib, job, "-n", str(n), "-x", str(scale))
                samples.setdefault((job, lib["name"]), []).append(a)
    return {run: answers for run, answers in samples.items() if None not in answers}


def ns_of(answer):
    """Of the median pass; by the clock on the wall, where any other program that
    wants a CPU stops all threads, of the quickest."""
    middle = min if answer["clock"] == "wall" else statistics.median
    return middle(answer["pass_ns"]) / answer["thread_ops"]


def make_row(job, lib, answers):
    ns = [ns_of(a) for a in answers]
    rss = [a["rss_kib"] for a in answers]
    middle = statistics.median(ns)
    per_ns = answers[0]["ops"] / answers[0]["thread_ops"]
    return {"workload": job.name, "threads": job.threads, "lib": lib,
            "ns_per_op": middle, "ns_net": None,
            "ns_q1": figures.quantile(ns, .25), "ns_q3": figures.quantile(ns, .75),
            "rounds": len(ns), "mops": per_ns / middle * 1e3,
            "rss_kib": statistics.median(rss), "own_kib": answers[0]["own_kib"],
            "clock": answers[0]["clock"], "samples": ns, "rss_samples": rss}


def make_rows(samples):
    rows = [make_row(job, lib, answers) for (job, lib), answers in samples.items()]
    null = {figures.key(r): r["ns_per_op"] for r in rows if r["lib"] == figures.NULL}
    for row in rows:
        base = null.get(figures.key(row))
        if base is not None and row["lib"] != figures.NULL:
            row["ns_net"] = row["ns_per_op"] - base
    return rows


def scaling_turn(lib, jobs, passes, scale, failures):
    """One thread and two, both by the clock on the wall."""
    ns = []
    for job in jobs:
        # Four times as long: the second thread's start is then no part of it.
        a = failures.call(lib, job, "-w", "-n", str(2 * passes), "-x", str(4 * scale))
        ns.append(a and ns_of(a))
    return ns


def measure_scaling(libs, jobs, rounds, passes, scale, progress, failures):
    pair = [job for job in jobs if job.name == "independent" and job.threads <= 2]
    if not pair or figures.NULL not in [lib["name"] for lib in libs]:
        return []
    found = []
    for _ in range(rounds):
        turn = {}
        for lib in libs:
            progress.tell("scaling, " + lib["name"])
            turn[lib["name"]] = scaling_turn(lib, pair, passes, scale, failures)
        found.append(turn)
    good = [lib["name"] for lib in libs if all(None not in turn[lib["name"]] for turn in found)]
    return [figures.scaling(found, lib) for lib in good
            if lib != figures.NULL and figures.NULL in good]


def measure_details(libs, jobs, scale, progress, failures):
    """Latencies, reuse, fragmentation, RSS over time: a run of its own each."""
    details = []
    for job in jobs:
        if job.workload not in DETAILS + ("replay",) or job.threads >= figures.PLOT_THREADS:
            continue
        for lib in libs:
            if lib["name"] == figures.NULL:
                continue
            progress.tell("details of %s, %s" % (job.name, lib["name"]))
            a = failures.call(lib, job, "-a", "-n", "2", "-x", str(scale))
            if not a:
                continue
            kept = {k: a[k] for k in ("timer_ns", "malloc_ns", "free_ns", "reuse", "live_bytes",
                                      "usable_bytes", "held_bytes", "rss_over_time",
                                      "ns_by_size") if k in a}
            details.append({"workload": job.name, "threads": job.threads, "lib": lib["name"],
                            **kept})
    return details


def count_details(jobs):
    return sum(job.workload in DETAILS + ("replay",) and job.threads < figures.PLOT_THREADS
               for job in jobs)


def cpu_name():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
        for line in f:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def run(mode, libs, jobs):
    rounds, scaling_rounds, passes, scale = MODES[mode]
    scaled = any(job.name == "independent" for job in jobs)
    steps = (rounds * sum(can_run(lib, job) for lib in libs for job in jobs) +
             scaled * scaling_rounds * len(libs) +
             count_details(jobs) * sum(lib["name"] != figures.NULL for lib in libs))
    progress = Progress(steps)
    failures = Failures()
    load = os.getloadavg()[0]
    rows = make_rows(measure(libs, jobs, rounds, passes, scale, progress, failures))
    scaling = measure_scaling(libs, jobs, scaling_rounds, passes, scale, progress, failures)
    details = measure_details(libs, jobs, scale, progress, failures)
    progress.end()
    return {"cpu": cpu_name(), "cpus": len(os.sched_getaffinity(0)),
            "kernel": platform.release(), "commit": commit(), "mode": mode,
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "load": [load, os.getloadavg()[0]],
            "libraries": {lib["name"]: lib["version"] for lib in libs},
            "questions": {job.name: job.question for job in jobs},
            "rows": rows, "scaling": scaling, "details": details,
            "failures": failures.lines()}


def save(result, path):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path + ".new", "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)
        f.write("\n")
    os.replace(path + ".new", path)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--mode", choices=MODES, default="full", help="quick: 1 to 2 minutes")
    p.add_argument("--libs", help="only these, separated by commas")
    p.add_argument("--workloads", help="only these, separated by commas")
    p.add_argument("--subject", default="zmem", help="the library that is judged (zmem)")
    p.add_argument("--out", default=os.path.join(BENCH, "userspace.json"))
    args = p.parse_args()
    libs = find_libraries(args.libs and args.libs.split(","))
    jobs = find_jobs(args.workloads and args.workloads.split(","))
    result = run(args.mode, libs, jobs)
    save(result, args.out)
    show.print_result(result, args.subject)
    print("# %s" % os.path.relpath(args.out))
    if result["failures"]:
        die("%d runs failed" % len(result["failures"]))


if __name__ == "__main__":
    main()
