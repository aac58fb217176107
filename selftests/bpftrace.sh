#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=dash
#
# bpftrace.sh: runs each of userspace/bpftrace's scripts on work that zmemctl
# makes, in a guest with bpftrace, zmemctl, zmem.ko, ktap_helpers.sh and the
# scripts beside it; zmem is not loaded.

here=$(cd "$(dirname "$0")" && pwd)
. "$here/ktap_helpers.sh"

out=/tmp/bpftrace.out
export BPFTRACE_MAP_KEYS_MAX=100000

# traces SCRIPT COMMAND PATTERN...: while COMMAND runs, SCRIPT must print each
# pattern, and nothing that looks like an error.
traces() {
	local script=$1 command=$2 pattern

	shift 2
	"$here/bpftrace" -c "$command" "$here/$script.bt" >$out 2>&1 || {
		ktap_print_msg "$script: $(cat $out)"
		return 1
	}
	for pattern; do
		grep -qE "$pattern" $out && continue
		ktap_print_msg "$script: no '$pattern' in: $(head -n 60 $out)"
		return 1
	done
	! grep -iE 'error|lost [0-9]+ events' $out
}

bench="$here/zmemctl bench -d 500ms -k"

latency() {
	traces zmem-latency "$bench mix -t 1" '^@ns\[alloc\]:' '^@ns\[free\]:' '^\[.*\|@'
}

sites() {
	traces zmem-sites "$bench mix -t 1" '^@calls\[[^,]+, bench[^]]*\]: [1-9]' '^@bytes\[[^,]+, bench'
}

misses() {
	traces zmem-misses "$bench burst -H 1000" \
		'^@refills\[0, bench-[0-9]+\]: [1-9]' '^@refills\[1, bench-[0-9]+\]: [1-9]' \
		'^@objects\[bench-[0-9]+\]:'
}

# Each CPU is a node here, and frees what the other allocated.
remote() {
	traces zmem-remote "$bench cross" \
		"^@frees\[CPU's node, 0, object's node, 1\]: [1-9]" \
		"^@frees\[CPU's node, 1, object's node, 0\]: [1-9]"
}

# A burst fills the depot; the tuner finds that nobody works with it.
resize() {
	printf '%s\n' "$bench mix -S 64-65 -H 3000" 'sleep 4' >/tmp/work.sh
	traces zmem-resize "/bin/sh /tmp/work.sh" \
		'zmem-64 +depot of node [01]: [0-9]+ full and [0-9]+ empty magazines went'
}

# The client keeps 500 objects: they are leaks as long as it is loaded.
leaks() {
	traces zmem-leaks "insmod $here/zmem_client.ko" '^\]: 500$' || return 1
	grep -A 8 '^@leaked\[check_objects, client-things' $out | grep -q '^]: 500$' || return 1
	rmmod zmem_client
	traces zmem-leaks "$bench burst -t 1 -o 2000" '^@leaked|^\]: 0$' &&
		! grep -E 'run_.*|^\]: [1-9]' $out
}

ktap_print_header
ktap_set_plan 6
insmod "$here/zmem.ko" || ktap_exit_fail_msg "cannot load zmem.ko"
ktap_test_result "latency" latency
ktap_test_result "call sites" sites
ktap_test_result "leaks" leaks
ktap_test_result "misses" misses
ktap_test_result "remote frees" remote
ktap_test_result "resize log" resize
rmmod zmem
ktap_finished
