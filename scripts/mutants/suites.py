# SPDX-License-Identifier: GPL-2.0 OR MIT
"""The tests that are to catch a mutant, the cheapest first."""
import os
import re
import resource
import signal
import subprocess
import threading
import time

import build

CORPUS = os.path.join(build.TOP, "userspace/fuzz/corpus")
# A warning fails a run in the guest, where the same suites run.
BAD = re.compile(r"^\s*not ok|^(zmem: )?(WARNING|BUG): |ERROR: \w+Sanitizer|WARNING: ThreadSan"
                 r"|runtime error:|ERROR: libFuzzer")
LEAST = 60	# seconds for a mutant, and
PATIENCE = 5	# times what the unchanged code took
FIRST = 600	# for the unchanged code
MOST_MEMORY = 1 << 30	# of a file that a mutant writes


class Suite:
    """A program with arguments in an environment."""

    def __init__(self, name, variant, arguments=(), **environment):
        self.name, self.variant = name, variant
        self.arguments = list(arguments)
        self.environment = environment
        self.seconds = FIRST

    def run(self, program):
        """Returns what was caught, or None."""
        process = subprocess.Popen(
            [program] + self.arguments, env=dict(os.environ, **self.environment),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", start_new_session=True, preexec_fn=limits)
        timer = threading.Timer(self.seconds, stop, [process])
        timer.start()
        caught = None
        for line in process.stdout:
            if BAD.search(line):
                caught = line.strip()
                stop(process)
                break
        status = process.wait()
        timer.cancel()
        stop(process)
        process.stdout.close()
        if caught or not status:
            return caught
        if timer.finished.is_set() and status == -signal.SIGKILL:
            return "exit %d, or no end in %d s" % (status, self.seconds)
        return "exit %d" % status


def limits():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_MEMORY, MOST_MEMORY))


def stop(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def every(out):
    """All suites: those of one program share its variant."""
    user, fuzz = os.path.join(out, "userspace"), os.path.join(out, "fuzz")
    plain, asan, tsan = (build.userspace(user, v) for v in ("plain", "asan", "tsan"))
    api, stream = build.fuzzer(fuzz, "api"), build.fuzzer(fuzz, "stream")
    of_asan = {"ASAN_OPTIONS": "detect_stack_use_after_return=0:detect_leaks=0"}
    of_tsan = {"TSAN_OPTIONS": "halt_on_error=1:report_thread_leaks=0"}
    found = []
    for nodes in ("1", "2", "3"):
        found.append(Suite("kunit, %s node" % nodes, plain, ZMEM_FAKE_NODES=nodes))
    for nodes in ("1", "2"):
        found.append(Suite("fuzz corpus, %s node" % nodes, api,
                           ["-runs=0", CORPUS + "/api"], ZMEM_FAKE_NODES=nodes))
    found.append(Suite("stream corpus", stream, ["-runs=0", CORPUS + "/stream"]))
    for nodes in ("1", "2"):
        found.append(Suite("asan, %s node" % nodes, asan, ZMEM_FAKE_NODES=nodes, **of_asan))
    for nodes in ("1", "2"):
        found.append(Suite("tsan, %s node" % nodes, tsan, ZMEM_FAKE_NODES=nodes, **of_tsan))
    return found


def first_run(suites):
    """The unchanged code passes them all; sets how long each may take."""
    for suite in suites:
        program = os.path.join(suite.variant.out, suite.variant.target)
        started = time.monotonic()
        caught = suite.run(program)
        if caught:
            raise build.Failed("the unchanged code fails %s: %s" % (suite.name, caught))
        suite.seconds = LEAST + PATIENCE * (time.monotonic() - started)
