#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Tests of the benchmark itself: workloads, recorder, comparison, report."""
import contextlib
import glob
import io
import json
import lzma
import os
import subprocess
import sys
import tempfile
import unittest

import check
import figures
import plot
import report
import run

HERE = os.path.dirname(os.path.realpath(__file__))
DRIVER = os.path.join(run.BENCH, "zmem-bench")
MAKE = os.path.join(run.BENCH, "stream-make")
NULL = os.path.join(run.BENCH, "libnull.so")


def driver(*arguments, preload=None):
    env = dict(os.environ)
    env.pop("LD_PRELOAD", None)
    if preload:
        env["LD_PRELOAD"] = preload
    return subprocess.run([DRIVER, *arguments], env=env, capture_output=True, text=True,
                          timeout=120)


def libraries():
    with contextlib.redirect_stdout(io.StringIO()):
        return run.find_libraries(None)


def make_result(factor=None, drop=(), rss=1000, wobble=0.01, subject="zmem"):
    """A run with three workloads, in which each takes factor times a peer's 10 ns."""
    factor = factor or {}
    rows = []
    for workload in "pair", "random", "churn":
        for lib, ns in ("peer", 10.0), ("other", 12.0), (subject, 9 * factor.get(workload, 1)):
            if lib == subject and workload in drop:
                continue
            samples = [ns * (1 + wobble * step) for step in (-1, 0, 1)]
            rows.append({"workload": workload, "threads": 1, "lib": lib, "ns_per_op": ns,
                         "ns_net": ns - 5, "ns_q1": samples[0], "ns_q3": samples[2],
                         "rounds": 3, "mops": 1e3 / ns, "samples": samples,
                         "rss_kib": rss if lib == subject else 1000})
    return {"cpu": "a CPU", "cpus": 2, "kernel": "6", "commit": "abc", "mode": "quick",
            "date": "2026-01-01", "load": [0, 0], "rows": rows, "scaling": [], "details": [],
            "questions": {"pair": "How <long>?"},
            "libraries": {"peer": "1", "other": "2", subject: "3"}}


class Compare(unittest.TestCase):
    def verdicts(self, now, then=None):
        found = check.compare(check.ratios(then or make_result(), "zmem"),
                              check.ratios(now, "zmem"))
        return sorted(verdict for verdict, _ in found)

    def test_equal(self):
        self.assertEqual(self.verdicts(make_result()), ["same"] * 3)

    def test_within_the_spread(self):
        self.assertEqual(self.verdicts(make_result({"pair": 1.02})), ["same"] * 3)

    def test_wider_spread_allows_more(self):
        # Paired ratios: only noise that does not move both alike is spread.
        noisy = make_result({"pair": 1.06})
        for row in noisy["rows"]:
            if row["workload"] == "pair" and row["lib"] == "zmem":
                row["samples"] = [row["ns_per_op"] * f for f in (0.9, 1, 1.1)]
        self.assertEqual(self.verdicts(noisy), ["same"] * 3)
        self.assertEqual(self.verdicts(make_result({"pair": 1.06})), ["same", "same", "worse"])

    def test_regressed(self):
        found = check.compare(check.ratios(make_result(), "zmem"),
                              check.ratios(make_result({"random": 1.3}), "zmem"))
        worse = [text for verdict, text in found if verdict == "worse"]
        self.assertEqual(len(worse), 1)
        self.assertIn("random", worse[0])

    def test_better(self):
        self.assertEqual(self.verdicts(make_result({"churn": 0.7})), ["better", "same", "same"])

    def test_missing_row(self):
        self.assertEqual(self.verdicts(make_result(drop=["churn"])), ["missing", "same", "same"])

    def test_a_new_row_is_no_fault(self):
        self.assertEqual(self.verdicts(make_result(), make_result(drop=["churn"])), ["same"] * 2)

    def test_rss(self):
        """5 % and 512 KiB are let pass."""
        self.assertEqual(self.verdicts(make_result(rss=1600)), ["same"] * 3 + ["worse"] * 3)
        self.assertEqual(self.verdicts(make_result(rss=1540)), ["same"] * 3)

    def test_second_run(self):
        """Only what is worse runs again, and only twice worse is worse."""
        asked = []

        def rerun(workloads):
            asked.append(workloads)
            return check.ratios(make_result({"random": 1.4}), "zmem")

        found = check.compare(check.ratios(make_result(), "zmem"),
                              check.ratios(make_result({"random": 1.5, "pair": 1.5}), "zmem"),
                              rerun)
        self.assertEqual(asked, [{"random", "pair"}])
        self.assertEqual([t.split(",")[0] for v, t in found if v == "worse"], ["random"])
        check.compare(check.ratios(make_result(), "zmem"), check.ratios(make_result(), "zmem"),
                      rerun)
        self.assertEqual(len(asked), 1)

    def run_check(self, result, baseline, *more):
        with tempfile.TemporaryDirectory() as d:
            paths = []
            for name, data in ("result", result), ("baseline", baseline):
                paths.append(os.path.join(d, name))
                with open(paths[-1], "w", encoding="utf-8") as f:
                    f.write(data if isinstance(data, str) else json.dumps(data))
            return subprocess.run([sys.executable, os.path.join(HERE, "check.py"), paths[0],
                                   "--baseline", paths[1], *more], capture_output=True, text=True)

    def test_exit_codes(self):
        baseline = check.ratios(make_result(), "zmem")
        for result, status in ((make_result(), 0), (make_result({"pair": 1.5}), 1),
                               (make_result(drop=["pair"]), 1), (make_result(rss=1600), 1)):
            self.assertEqual(self.run_check(result, baseline).returncode, status)

    def test_bad_input(self):
        good = check.ratios(make_result(), "zmem")
        empty = dict(good, rows=[])
        nobody = make_result(drop=["pair", "random", "churn"])
        for result, baseline in (("{", good), (make_result(), "[]"), (make_result(), empty),
                                 (nobody, good), ({"rows": 1}, good),
                                 (make_result(), dict(good, subject="other"))):
            done = self.run_check(result, baseline)
            self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), done.stderr)

    def test_store(self):
        with tempfile.TemporaryDirectory() as d:
            result, stored = os.path.join(d, "result"), os.path.join(d, "stored")
            run.save(make_result(), result)
            command = [sys.executable, os.path.join(HERE, "check.py"), result,
                       "--baseline", stored]
            self.assertEqual(subprocess.run(command, capture_output=True).returncode, 2)
            subprocess.run([*command, "--store"], check=True)
            self.assertEqual(subprocess.run(command, capture_output=True).returncode, 0)


class Figures(unittest.TestCase):
    def test_interval_of_the_median(self):
        # The well-known one for 15 values: from the 4th to the 12th.
        self.assertEqual(figures.median_interval(range(1, 16)), (8, 4, 12))
        self.assertEqual(figures.median_interval([1, 2, 3, 4, 5]), (3, None, None))

    def test_quantile(self):
        self.assertEqual(figures.quantile([4, 1, 3, 2], .25), 1.75)
        self.assertEqual(figures.quantile([7], .75), 7)

    def scaling(self, rounds, seconds):
        return figures.scaling([{"zmem": (10, s), "null": (5, 5)} for s in seconds] * rounds,
                               "zmem")

    def test_scaling(self):
        s = self.scaling(15, [10.2])
        self.assertTrue(s["measured"])
        self.assertAlmostEqual(s["relative"], 10 / 10.2)
        self.assertFalse(self.scaling(14, [10.2])["measured"])
        self.assertFalse(self.scaling(8, [10, 11])["measured"])

    def test_means_and_best_peer(self):
        result = make_result()
        self.assertAlmostEqual(figures.means(result)["peer"], 10)
        ratio, best = figures.mean_ratio(result, "zmem", "ns_per_op")
        self.assertEqual((round(ratio, 6), best), (0.9, "peer"))

    def test_bars_tell_what_is_missed(self):
        good = {b["bar"]: b["met"] for b in figures.bars(make_result(), "zmem")}
        bad = {b["bar"]: b["met"] for b in figures.bars(make_result({"random": 3}), "zmem")}
        mean = [bar for bar in good if "mean of time" in bar][0]
        self.assertEqual((good[mean], bad[mean]), (True, False))
        scale = [bar for bar in good if "two threads" in bar][0]
        self.assertIsNone(good[scale])


# A malloc that only grows, with a fault that -D puts in.
BROKEN = """
#include <stddef.h>
#include <string.h>
static char heap[256 << 20] __attribute__((aligned(4096)));
static size_t used = 4096;
static void *get(size_t align, size_t n)
{
	size_t at = (used + 16 + align - 1) & -align;

	used = at + n;
	if (used > sizeof(heap))
		return 0;
	*(size_t *)&heap[at - 16] = n;
	return &heap[at];
}
void *malloc(size_t n) { return get(16, n - (n > 16 && SHORT ? 16 : 0)); }
void free(void *p) { }
void *calloc(size_t n, size_t m) { return memset(get(16, n * m), DIRTY, n * m); }
void *aligned_alloc(size_t align, size_t n) { return get(CROOKED ? 16 : align, n); }
void *realloc(void *p, size_t n)
{
	void *to = get(16, n);
	size_t old = p ? *(size_t *)(p - 16) : 0;

	return FORGETS || !p ? to : memcpy(to, p, old < n ? old : n);
}
"""

# Debian 12's mimalloc: aligned_alloc(512, 1024) is aligned to 128.
FAULTS = {("mimalloc", "aligned")}


class Driver(unittest.TestCase):
    """-v fills each object with a pattern of its own and compares at each free."""

    @classmethod
    def setUpClass(cls):
        cls.libs = libraries()
        cls.jobs = run.find_jobs(None)

    def test_workloads_verify(self):
        for lib in self.libs:
            for job in self.jobs:
                if lib["name"] == figures.NULL or (lib["name"], job.name) in FAULTS:
                    continue
                with self.subTest(lib=lib["name"], job=job.name, threads=job.threads):
                    done = driver("-v", "-x", "0.02", *job.arguments(), preload=lib["file"])
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    self.assertTrue(json.loads(done.stdout)["verified"])

    def test_verification_can_fail(self):
        """A malloc that returns one address fails wherever two objects are held."""
        for job in self.jobs:
            if job.needs_memory or job.workload == "pair":
                continue
            with self.subTest(job=job.name):
                done = driver("-v", "-x", "0.02", *job.arguments(), preload=NULL)
                self.assertEqual((done.returncode, done.stderr.count("\n")), (1, 1), done)

    def test_each_fault_is_found(self):
        faults = {"SHORT": "held-100", "DIRTY": "calloc", "CROOKED": "aligned",
                  "FORGETS": "vectors"}
        with tempfile.TemporaryDirectory() as d:
            source, lib = os.path.join(d, "broken.c"), os.path.join(d, "broken.so")
            with open(source, "w", encoding="ascii") as f:
                f.write(BROKEN)
            for fault in [None, *faults]:
                subprocess.run(["cc", "-w", "-shared", "-fPIC", "-fno-builtin", "-o", lib, source,
                                *["-D%s=%d" % (name, name == fault) for name in faults]],
                               check=True)
                for name, workload in faults.items():
                    with self.subTest(fault=fault, workload=workload):
                        done = driver("-v", "-x", "0.001", workload, preload=lib)
                        self.assertEqual(done.returncode, int(name == fault), done.stderr)

    def test_at_least_14_questions(self):
        names = {job.name for job in self.jobs}
        self.assertGreaterEqual(len(names), 14)
        self.assertTrue(all(job.question.endswith("?") for job in self.jobs))

    def test_null_refuses_what_needs_memory(self):
        self.assertEqual(driver("relay", preload=NULL).returncode, 1)

    def test_bad_arguments(self):
        for arguments in ([], ["nothing"], ["-t", "0", "pair"], ["-t", "x", "pair"],
                          ["-n", "", "pair"], ["-x", "nan", "pair"], ["replay"],
                          ["-t", "3", "relay"], ["-t", "1", "server"], ["pair", "pair"],
                          ["-S", "/nonexistent", "replay"], ["-S", DRIVER, "replay"]):
            with self.subTest(arguments=arguments):
                done = driver(*arguments)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertTrue(done.stderr.startswith("zmem-bench: "), done.stderr)


class Streams(unittest.TestCase):
    def test_sizes(self):
        packed = glob.glob(os.path.join(HERE, "streams", "*.xz"))
        sizes = [os.path.getsize(path) for path in packed]
        self.assertGreaterEqual(len(sizes), 5)
        self.assertLess(max(sizes), 300 << 10)
        self.assertLess(sum(sizes), 1536 << 10)

    def unpacked(self, directory):
        with lzma.open(os.path.join(HERE, "streams", "sqlite3.stream.xz")) as f:
            data = f.read()
        path = os.path.join(directory, "sqlite3.stream")
        with open(path, "wb") as f:
            f.write(data)
        return path, data

    def test_damaged_streams_are_refused(self):
        with tempfile.TemporaryDirectory() as d:
            path, data = self.unpacked(d)
            middle = len(data) // 2
            for bad in (data[:-8], data + bytes(8), b"",
                        data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1:]):
                with open(path, "wb") as f:
                    f.write(bad)
                done = driver("-S", path, "replay")
                self.assertEqual((done.returncode, done.stderr.count("\n")), (1, 1), done)

    def test_cut(self):
        with tempfile.TemporaryDirectory() as d:
            path, data = self.unpacked(d)
            short = os.path.join(d, "short.stream")
            subprocess.run([MAKE, "cut", path, short, "1000"], check=True)
            self.assertEqual(os.path.getsize(short), len(data) - (26787 - 1000) * 16)
            self.assertEqual(driver("-v", "-S", short, "replay").returncode, 0)
            done = subprocess.run([MAKE, "cut", path, short, "x"], capture_output=True)
            self.assertEqual(done.returncode, 1)

    def test_recorder(self):
        """A program's calls come out as a stream that replays."""
        with tempfile.TemporaryDirectory() as d:
            env = dict(os.environ, ZMEM_RECORD=os.path.join(d, "raw"),
                       LD_PRELOAD=os.path.join(run.BENCH, "librecord_preload.so"))
            plain = subprocess.run(["sort", __file__], capture_output=True, check=True)
            noted = subprocess.run(["sort", __file__], capture_output=True, check=True, env=env)
            self.assertEqual(noted.stdout, plain.stdout)
            raw, = glob.glob(os.path.join(d, "raw.*"))
            stream = os.path.join(d, "sort.stream")
            made = subprocess.run([MAKE, "raw", raw, stream], capture_output=True, text=True,
                                  check=True)
            self.assertRegex(made.stdout, r"[1-9]\d+ events, .* 0 not matched")
            self.assertEqual(driver("-v", "-S", stream, "replay").returncode, 0)


class Report(unittest.TestCase):
    KERNEL = {"kernel": "6.12-test", "method": "instructions", "boot": "plain", "rows": [
        {"name": "null", "nodes": 1, "zmem": {"min": 3, "median": 3},
         "kmem": {"min": 3, "median": 3}},
        {"name": "<pair>", "nodes": 2, "zmem": {"min": 60, "median": 61}, "kmem": None}]}

    def test_synthetic(self):
        text = report.render([make_result({"pair": 0.5}), self.KERNEL], "zmem")
        self.assertIn("Linux 6.12-test", text)
        self.assertEqual(text.count("<svg"), 2)
        self.assertIn("<td class=\"\">&lt;pair&gt;</td>", text)
        self.assertIn('<td class="ahead">0.45</td>', text)
        self.assertIn("How &lt;long&gt;?", text)

    def test_plots_fail_loudly(self):
        with self.assertRaises(plot.PlotError):
            plot.lines("x", "x", "x", "x", {"zmem": [(1, 1)]}, ["set nonsense"])

    def test_whole_way(self):
        """From the driver to a page that refers to nothing outside of itself."""
        with tempfile.TemporaryDirectory() as d:
            out, page = os.path.join(d, "result.json"), os.path.join(d, "report.html")
            done = subprocess.run(
                [sys.executable, os.path.join(HERE, "run.py"), "--mode", "selftest",
                 "--out", out, "--libs", "glibc,jemalloc,null", "--subject", "jemalloc",
                 "--workloads", "pair,independent,sweep,random,relay"],
                capture_output=True, text=True, check=True)
            self.assertIn("geometric mean of time", done.stdout)
            with open(out, encoding="utf-8") as f:
                result = json.load(f)
            self.check_rows(result)
            subprocess.run([sys.executable, os.path.join(HERE, "report.py"), "--out", page, out],
                           capture_output=True, check=True)
            with open(page, encoding="utf-8") as f:
                text = f.read()
            self.assertGreaterEqual(text.count("<svg"), 4)
            self.assertNotRegex(text, r"<script|<link|(src|href)=['\"](?!#)")

    def test_a_crash_is_a_row_less(self):
        """The rest goes on, and the run's exit status tells."""
        with tempfile.TemporaryDirectory() as d:
            out, source = os.path.join(d, "result.json"), os.path.join(d, "bad.c")
            with open(source, "w", encoding="ascii") as f:
                f.write("void *malloc(unsigned long n) { return 0; }\n")
            bad = os.path.join(d, "bad.so")
            subprocess.run(["cc", "-shared", "-fPIC", "-o", bad, source], check=True)
            done = subprocess.run(
                [sys.executable, os.path.join(HERE, "run.py"), "--mode", "selftest",
                 "--out", out, "--libs", "glibc,zmem", "--workloads", "random"],
                capture_output=True, text=True, env=dict(os.environ, ZMEM_MALLOC=bad))
            self.assertEqual((done.returncode, done.stderr.splitlines()[-1]),
                             (1, "bench: 1 runs failed"))
            with open(out, encoding="utf-8") as f:
                result = json.load(f)
            self.assertEqual([row["lib"] for row in result["rows"]], ["glibc"])
            self.assertRegex(result["failures"][0], "zmem: random, 1 threads: exit -11")

    def check_rows(self, result):
        rows = {(r["workload"], r["threads"], r["lib"]): r for r in result["rows"]}
        self.assertEqual(len(rows), len(result["rows"]))
        self.assertEqual(len(rows), 3 * (3 + 4) + 2)
        for row in rows.values():
            for field in ("ns_per_op", "ns_q1", "ns_q3", "mops", "rss_kib"):
                self.assertGreater(row[field], 0)
            if row["lib"] == "null" or row["workload"] == "relay":
                self.assertIsNone(row["ns_net"])
            else:
                null = rows[row["workload"], row["threads"], "null"]
                self.assertAlmostEqual(row["ns_net"], row["ns_per_op"] - null["ns_per_op"])

    def test_errors(self):
        for arguments in (["run.py", "--libs", "nothing"], ["run.py", "--workloads", "nothing"],
                          ["report.py", "--out", "/dev/null", "/nonexistent"],
                          ["report.py", "--out", "/dev/null", __file__]):
            with self.subTest(arguments=arguments):
                done = subprocess.run([sys.executable, os.path.join(HERE, arguments[0]),
                                       *arguments[1:]], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr.count("\n")), (1, 1), done)


if __name__ == "__main__":
    unittest.main()
