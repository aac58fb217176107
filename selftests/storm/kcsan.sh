#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=dash
#
# kcsan.sh SECONDS SEED MUST: in a guest on the kernel that looks for data races:
# every KUnit suite, and a storm. Fails if one fails or if zmem is in a race: if
# either access is its own, or one of a function's that it calls, as memset().
# What the kernel races for further down is the kernel's; so is its clock for
# every context, a latch that is read while it is written.
here=$(cd "$(dirname "$0")" && pwd)
status=0

echo on >/sys/kernel/debug/kcsan || exit 1
sh "$here/kunit.sh" || status=1
# They would run again each time that the module is loaded.
echo none >/sys/module/kunit/parameters/filter_glob
sh "$here/storm.sh" "$1" "$2" "$3" || status=1
echo off >/sys/kernel/debug/kcsan

# A report is what stands between two lines of "=", with a stack for each access.
dmesg | sed 's/^\[[^]]*\] //' | awk '
	/^=====/ { if (race) all++
		   if (race && ours) { printf "%s", report; n++ }
		   report = ""; race = ours = 0; depth = 3; next }
	/^BUG: KCSAN/ { race = !/ktime_get_mono_fast_ns . timekeeping_update/ }
	/ (to|by) .* (task|interrupt)/ { depth = 0; report = report $0 "\n"; next }
	++depth <= 2 && /\[zmem/ { ours = 1 }
	{ report = report $0 "\n" }
	END { printf "# %d reports of races, %d of zmem\n", all, n; exit n > 0 }' ||
	status=1
grep -E '^(data_races|setup_watchpoints|used_watchpoints)' /sys/kernel/debug/kcsan
exit $status
