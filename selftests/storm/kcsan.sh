#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=dash
#
# kcsan.sh SECONDS SEED MUST: in a guest on the kernel that looks for data races:
# every KUnit suite, and a storm. Fails if one fails or if a race is reported
# with zmem in either stack; the kernel's own are its own, also where zmem calls
# it: its clock for every context is a latch, read while it is written.
here=$(cd "$(dirname "$0")" && pwd)
status=0

echo on >/sys/kernel/debug/kcsan || exit 1
sh "$here/kunit.sh" || status=1
# They would run again each time that the module is loaded.
echo none >/sys/module/kunit/parameters/filter_glob
sh "$here/storm.sh" "$1" "$2" "$3" || status=1
echo off >/sys/kernel/debug/kcsan

# A report is what stands between two lines of "=".
dmesg | sed 's/^\[[^]]*\] //' |
	awk -v clock='data-race in ktime_get_mono_fast_ns / timekeeping_update' '
	/^=====/ { if (report ~ /BUG: KCSAN/ && report ~ /zmem/ && report !~ clock) {
			printf "%s", report; n++
		   }
		   if (report ~ /BUG: KCSAN/) all++
		   report = ""; next }
	{ report = report $0 "\n" }
	END { printf "# %d reports of races, %d with zmem in them\n", all, n; exit n > 0 }' ||
	status=1
grep -E '^(data_races|setup_watchpoints|used_watchpoints)' /sys/kernel/debug/kcsan
exit $status
