#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=dash
#
# run.sh [-l LOADS] [-o OPERATIONS] [-s SKIP]...: runs all tests in a guest
# (busybox sh is enough) and prints TAP. Beside it are the test programs,
# zmemctl and the recorder, zmem.ko, zmem_client.ko and zmem_calls.ko; debugfs
# is mounted, zmem is not loaded.
#
# -l	how often module.sh loads the module
# -o	how many operations stress does
# -s	leave out that test

here=$(cd "$(dirname "$0")" && pwd)
. "$here/ktap_helpers.sh"

loads=100
operations=10000000
skip=' '
while getopts l:o:s: option; do
	case $option in
	l) loads=$OPTARG ;;
	o) operations=$OPTARG ;;
	s) skip="$skip$OPTARG " ;;
	*) exit 2 ;;
	esac
done

# As TAP wants it: the inner test's lines are indented.
run_test() {
	local name=$1 status
	shift

	case $skip in
	*" $name "*) ktap_test_skip "$name"; return ;;
	esac
	begin=$(cut -d . -f 1 /proc/uptime)
	echo "# Subtest: $name"
	{ "$@" 2>&1; echo $? >/tmp/run-status; } | sed 's/^/    /'
	read -r status </tmp/run-status
	seconds=$(($(cut -d . -f 1 /proc/uptime) - begin))
	if [ "$status" -eq 0 ]; then
		ktap_test_pass "$name, $seconds s"
	else
		ktap_test_fail "$name, $seconds s, exit status $status"
	fi
}

load_client() {
	insmod "$here/zmem_client.ko" offline=1 && rmmod zmem_client
}

load_zmem() {
	insmod "$here/zmem.ko" && [ -c /dev/zmem ] &&
		[ "$(stat -c %a /dev/zmem)" = 600 ]
}

unload_zmem() {
	rmmod zmem && ! [ -e /dev/zmem ] && ! [ -e /sys/kernel/debug/zmem ]
}

ktap_print_header
ktap_set_plan 18
run_test load load_zmem
run_test client load_client
run_test dev_basic "$here/dev_basic"
run_test dev_errors "$here/dev_errors"
run_test dev_kill "$here/dev_kill"
run_test security "$here/security"
run_test debugfs "$here/debugfs"
run_test debug "$here/debug"
run_test nodes "$here/nodes"
run_test account "$here/account"
run_test cpus "$here/cpus"
run_test surfaces "$here/surfaces"
run_test stress "$here/stress" "$operations"
run_test unload unload_zmem
run_test zmemctl "$here/zmemctl.sh"
run_test trace "$here/trace.sh"
run_test reclaim "$here/reclaim.sh"
run_test module "$here/module.sh" "$loads"
ktap_finished
