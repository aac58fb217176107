#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=dash
#
# module.sh [LOADS]: loads and unloads the module over and over (100 times
# unless said otherwise) and looks for pages that do not come back. Runs in a
# guest, with zmem.ko and zmem_client.ko beside it; zmem is not loaded.

here=$(cd "$(dirname "$0")" && pwd)
. "$here/ktap_helpers.sh"

loads=${1:-100}
debugfs=/sys/kernel/debug/zmem

# Free pages, those that wait on the CPUs' lists too. The most of some looks:
# what still runs after an rmmod frees soon.
free_pages() {
	local best=0 now

	for _ in 1 2 3 4 5; do
		sync
		echo 3 >/proc/sys/vm/drop_caches
		[ ! -e /proc/sys/vm/stat_refresh ] ||
			cat /proc/sys/vm/stat_refresh
		now=$(awk '$1 == "nr_free_pages" { n += $2 } $1 == "count:" { n += $2 }
			END { print n }' /proc/zoneinfo)
		[ "$now" -le "$best" ] || best=$now
		sleep 0.2
	done
	echo "$best"
}

load() {
	insmod "$here/zmem.ko" && insmod "$here/zmem_client.ko"
}

unload() {
	rmmod zmem_client && rmmod zmem
}

load_times() {
	local left=$1

	while [ "$left" -gt 0 ]; do
		load && unload || return 1
		left=$((left - 1))
	done
}

# Live objects of all but zmem's own caches, by the module's own count.
live_objects() {
	awk '/^# name/ { for (i = 3; i <= NF; i++) if ($i == "objects") at = i - 1 }
		!/^#/ && !/^zmem-meta/ { n += $at } END { print n + 0 }' "$debugfs/caches"
}

# A page lost with each load is lost in each third of the loads, save that the
# kernel's own pages may make up for it in one; in two it fails. Less than three
# quarters of that, or than 16 pages, is what any module's loads may do to the
# count (an empty one's on 6.12 and 7.3: mostly 10 up or down, now and then 60).
check_leak() {
	local third=$((loads / 3)) slack before now seen lost=0

	slack=$((third * 3 / 4))
	[ "$slack" -ge 16 ] || slack=16
	# What the kernel and the shell keep of the first few is theirs.
	load_times 10 || return 1
	before=$(free_pages)
	seen=$before
	for _ in 1 2 3; do
		load_times "$third" || return 1
		now=$(free_pages)
		seen="$seen, $now"
		[ $((before - now)) -le "$slack" ] || lost=$((lost + 1))
		before=$now
	done
	ktap_print_msg "free pages, $third loads between: $seen;" \
		"a loss up to $slack is no leak"
	[ "$lost" -lt 2 ]
}

check_count() {
	local before during after

	insmod "$here/zmem.ko" || return 1
	before=$(live_objects)
	insmod "$here/zmem_client.ko" || return 1
	during=$(live_objects)
	rmmod zmem_client || return 1
	# What it freed by RCU last takes a batch's time and a grace period.
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		after=$(live_objects)
		[ "$after" -ne "$before" ] || break
		sleep 0.2
	done
	rmmod zmem || return 1
	ktap_print_msg "live objects: $before, with the client $during," \
		"without $after"
	[ "$before" -eq "$after" ] && [ "$during" -eq $((before + 500)) ]
}

check_refused() {
	local refused=0

	insmod "$here/zmem.ko" || return 1
	exec 3<>/dev/zmem || return 1
	rmmod zmem 2>/dev/null || refused=1
	exec 3>&-
	rmmod zmem || return 1
	[ "$refused" -eq 1 ]
}

check_client_pins() {
	local refused=0

	load || return 1
	rmmod zmem 2>/dev/null || refused=1
	unload || return 1
	[ "$refused" -eq 1 ]
}

check_gone() {
	! [ -e /dev/zmem ] && ! [ -e "$debugfs" ] && ! [ -e /sys/module/zmem ]
}

check_settings() {
	! insmod "$here/zmem.ko" magazine_max=0 2>/dev/null &&
		! insmod "$here/zmem.ko" mode=other 2>/dev/null &&
		insmod "$here/zmem.ko" mode=debug magazine_max=8 &&
		grep -q '^mode: debug$' "$debugfs/zmem-64/stats" &&
		insmod "$here/zmem_client.ko" && unload
}

# Debug caches by name: what is not a pattern keeps the module out.
check_debug_flags() {
	for bad in zmem-64:X 64 :Z 'zmem-64,'; do
		! insmod "$here/zmem.ko" debug_flags="$bad" 2>/dev/null || return 1
	done
	insmod "$here/zmem.ko" mode=fast 'debug_flags=zmem-64:-,zmem-*:ZPU' &&
		grep -q '^mode: fast$' "$debugfs/zmem-64/stats" &&
		grep -q '^mode: debug$' "$debugfs/zmem-96/stats" &&
		grep -q '^debug_flags: 0x7$' "$debugfs/zmem-96/stats" &&
		grep -q '^mode: fast$' "$debugfs/zmem-large/stats" &&
		[ "$(cat /sys/module/zmem/parameters/debug_flags)" = 'zmem-64:-,zmem-*:ZPU' ] &&
		insmod "$here/zmem_client.ko" && echo validate >"$debugfs/control" && unload
}

check_reports() {
	! dmesg | grep -E 'zmem.*(leak|live objects|double free|line [0-9]+:)'
}

ktap_print_header
ktap_set_plan 8
ktap_test_result "rmmod is refused while the device is open" check_refused
ktap_test_result "rmmod is refused while a client is loaded" check_client_pins
ktap_test_result "the module counts the client's objects" check_count
ktap_test_result "parameters are checked, and used" check_settings
ktap_test_result "debug caches are named by pattern" check_debug_flags
if [ -e /proc/lockdep ]; then
	# Its checkers keep memory for every module that ever was.
	ktap_test_skip "no page is lost: not to be seen in a debug kernel"
else
	ktap_test_result "no page is lost in $loads loads" check_leak
fi
ktap_test_result "nothing is left behind" check_gone
ktap_test_result "nothing was reported" check_reports
ktap_finished
