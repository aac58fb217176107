#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=dash
#
# drgn.sh: userspace/drgn/zmem-caches.py on a live kernel, against what debugfs
# shows; in a guest with Python and drgn, zmem.ko with debug information and
# zmem_client.ko.

here=$(cd "$(dirname "$0")" && pwd)
. "$here/ktap_helpers.sh"

script=$here/zmem-caches.py
debugfs=/sys/kernel/debug/zmem/caches

run() {
	PYTHONHOME=/usr /usr/bin/python3 "$script" "$@"
}

# The caches are at rest but for the tuner, which may work between the two.
same_table() {
	for _ in 1 2 3; do
		cat $debugfs >/tmp/debugfs.before
		run "$here/zmem.ko" >/tmp/drgn || return 1
		cat $debugfs >/tmp/debugfs.after
		cmp -s /tmp/debugfs.before /tmp/debugfs.after || continue
		cmp /tmp/drgn /tmp/debugfs.after && return 0
		diff /tmp/drgn /tmp/debugfs.after | head -n 6
		return 1
	done
	return 1
}

# says PATTERN FILE: it must end with 1, and say so in one line.
says() {
	local status=0

	run "$2" >/tmp/out 2>/tmp/err || status=$?
	[ $status -eq 1 ] && [ "$(wc -l </tmp/err)" -eq 1 ] && ! [ -s /tmp/out ] &&
		grep -q "^zmem-caches: .*$1" /tmp/err && return
	ktap_print_msg "$2: status $status: $(cat /tmp/err)"
	return 1
}

bad_input() {
	says 'No such file' /not/there && says 'debug' "$here/zmemctl.sh" &&
		says 'debug' "$here/stress"
}

without_module() {
	says 'is zmem loaded' "$here/zmem.ko"
}

ktap_print_header
ktap_set_plan 3
insmod "$here/zmem.ko" || ktap_exit_fail_msg 'no module'
insmod "$here/zmem_client.ko" || ktap_exit_fail_msg 'no client'
sleep 2
ktap_test_result 'the table that debugfs shows' same_table
ktap_test_result 'bad input' bad_input
rmmod zmem_client || ktap_exit_fail_msg 'the client stays'
rmmod zmem || ktap_exit_fail_msg 'the module stays'
ktap_test_result 'without the module' without_module
ktap_finished
