#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# The guest's side of run.sh: loads both modules, the benchmark with the
# arguments given, and looks at what zmem says of itself afterwards. The
# results are in the kernel's log.

set -eu

insmod /zmem/zmem.ko
insmod /zmem/zmem_bench.ko "$@"
awk '$1 == "#" { for (i = 2; i <= NF; i++) column[$i] = i - 1; next }
	$column["failures"] + $column["errors"] > 0 {
		print "bench: a call failed:", $0
		bad = 1
	}
	END { exit bad || !column["failures"] || !column["errors"] }' \
	/sys/kernel/debug/zmem/caches
rmmod zmem_bench
rmmod zmem
