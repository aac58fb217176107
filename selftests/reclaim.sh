#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=dash
#
# reclaim.sh: the kernel's asking memory back, in a guest with zmemctl, zmem.ko
# and ktap_helpers.sh beside it; debugfs is mounted, zmem is not loaded.
#
# Writing 2 to drop_caches calls all shrinkers until they give little.  The
# tuner, which gives back by itself, is put to sleep for an hour.

here=$(cd "$(dirname "$0")" && pwd)
. "$here/ktap_helpers.sh"

cache=/sys/kernel/debug/zmem/zmem-64

ask() {
	echo 2 >/proc/sys/vm/drop_caches
}

# column FILE NUMBER: the sum of a column of the cache's file.
column() {
	awk -v n="$2" '!/^#/ { sum += $n } END { print sum + 0 }' "$cache/$1"
}

full() { column nodes 2; }
loaded() { column magazines 4; }
slabs() { column slabs 2; }

# Objects freed by several CPUs: in their magazines, and in depots.
work() {
	"$here/zmemctl" bench -d 500ms -k mix -S 64-65 -H 3000 >/dev/null 2>&1 &&
		[ "$(full)" -gt 0 ] && [ "$(loaded)" -gt 0 ] && [ "$(slabs)" -gt 0 ]
}

# becomes NUMBER COMMAND: within three seconds, as the work is only queued.
becomes() {
	local tries=30

	while [ $tries -gt 0 ]; do
		[ "$($2)" -eq "$1" ] && return 0
		sleep 0.1
		tries=$((tries - 1))
	done
	ktap_print_msg "$2: $($2), not $1"
	return 1
}

# What lay in CPUs' magazines comes back in a later scan.
gives_back() {
	ask
	becomes 0 full && becomes 0 loaded || return 1
	ask
	becomes 0 slabs
}

works_on() {
	work && sleep 1 && gives_back
}

check() {
	if "$1"; then
		ktap_test_pass "$1"
	else
		cat $cache/nodes $cache/magazines $cache/slabs | sed 's/^/# /'
		ktap_test_fail "$1"
	fi
}

ktap_print_header
insmod "$here/zmem.ko" tune_interval_ms=3600000 || exit 1
ktap_set_plan 3
check work
check gives_back
check works_on
rmmod zmem || exit 1
ktap_finished
