#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# The guest's side of run.sh: loads zmem, and the benchmark for each of the
# runs that are named. Times are in the kernel's log; what zmem counted of a
# run is kept as /out/RUN.json. Fails if a call did.

set -eu

debugfs=/sys/kernel/debug/zmem

insmod /zmem/zmem.ko
for run; do
	insmod /zmem/zmem_bench.ko run="$run"
	[ ! -e $debugfs/bench ] || cat $debugfs/bench/stats.json >"/out/$run.json"
	awk '$1 == "#" { for (i = 2; i <= NF; i++) column[$i] = i - 1; next }
		$column["failures"] + $column["errors"] > 0 {
			print "bench: a call failed:", $0
			bad = 1
		}
		END { exit bad || !column["failures"] || !column["errors"] }' \
		$debugfs/caches
	rmmod zmem_bench
done
rmmod zmem
