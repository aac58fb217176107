#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=dash
#
# trace.sh: zmem's tracepoints, by tracefs, in a guest with zmem.ko,
# zmem_calls.ko, zmemctl and ktap_helpers.sh beside it; zmem is not loaded.

here=$(cd "$(dirname "$0")" && pwd)
. "$here/ktap_helpers.sh"

tracing=/sys/kernel/tracing
seen=/tmp/trace.seen
nr=320
cpus=$(grep -c ^processor /proc/cpuinfo)

# traced EVENT... -- COMMAND: runs it with these events on, into $seen.
traced() {
	local status=0

	: >$tracing/trace
	while [ "$1" != -- ]; do
		echo 1 >"$tracing/events/zmem/zmem_$1/enable" || return 1
		shift
	done
	shift
	"$@" >/tmp/trace.out 2>&1 || status=$?
	[ $status -eq 0 ] || ktap_print_msg "$*: $(cat /tmp/trace.out)"
	echo 0 >$tracing/events/zmem/enable
	grep -v '^#' $tracing/trace >$seen
	return $status
}

# count PATTERN NUMBER: as many events like that.
count() {
	local n

	n=$(grep -cE "$1" $seen)
	[ "$n" -eq "$2" ] && return 0
	ktap_print_msg "$n times '$1', not $2: $(grep -E "$1" $seen | head -n 3)"
	return 1
}

# has PATTERN: at least one.
has() {
	grep -qE "$1" $seen && return 0
	ktap_print_msg "no '$1' in $(wc -l <$seen) events: $(head -n 3 $seen)"
	return 1
}

load_calls() {
	insmod "$here/zmem_calls.ko" nr=$nr
}

# Each call of each way on each CPU, at the function that made it.
each_call() {
	local way failed=0

	traced alloc free -- load_calls || return 1
	for way in cache zeroed node constant sized large realloc rcu bulk prefill; do
		count "zmem_alloc: call_site=calls_$way\+.*" $((nr * cpus)) || failed=1
		count "zmem_free: call_site=calls_$way\+.*" $((nr * cpus)) || failed=1
	done
	return $failed
}

# As kmem's are.
fields() {
	has 'zmem_alloc: call_site=calls_cache\+0x[0-9a-f]+/0x[0-9a-f]+ \[zmem_calls\] ptr=[0-9a-f]{16} name=calls bytes_req=120 bytes_alloc=120 gfp_flags=GFP_KERNEL node=-1$' &&
		has 'call_site=calls_zeroed.* gfp_flags=GFP_KERNEL[|]__GFP_ZERO node=-1$' &&
		has 'call_site=calls_node.* name=calls .* node=0$' &&
		has 'call_site=calls_constant.* name=zmem-224 bytes_req=[0-9]+ bytes_alloc=224 ' &&
		has 'call_site=calls_sized.* name=zmem-320 bytes_req=320 bytes_alloc=320 ' &&
		has 'call_site=calls_large.* name=zmem-large bytes_req=20000 bytes_alloc=20480 ' &&
		has 'call_site=calls_realloc.* name=zmem-112 bytes_req=100 bytes_alloc=112 ' &&
		has 'call_site=calls_realloc.* bytes_req=5000 bytes_alloc=5120 ' &&
		has 'zmem_free: call_site=calls_rcu.* name=calls$'
}

# Calls that took the slow path while zmem_calls was loaded.
slow_calls() {
	awk '$1 == "zmem_slow" { print $2 }' $tracing/kprobe_profile
}

# Every call takes the slow path while an event is on; few do before and after.
# (So many as one way and CPU has are more than its magazines need.)
fast_again() {
	local before during after

	echo 'p:zmem_slow zmem_cache_alloc_miss' >>$tracing/kprobe_events &&
		echo 1 >$tracing/events/kprobes/zmem_slow/enable || return 1
	load_calls && rmmod zmem_calls && before=$(slow_calls) &&
		traced alloc -- load_calls && rmmod zmem_calls && during=$(slow_calls) &&
		load_calls && after=$(slow_calls)
	echo 0 >$tracing/events/kprobes/zmem_slow/enable
	echo '-:zmem_slow' >>$tracing/kprobe_events
	after=$((after - during))
	during=$((during - before))
	ktap_print_msg "slow calls: $before, watched $during, then $after"
	[ "$during" -ge $((4 * nr * cpus)) ] && [ "$before" -lt $nr ] && [ "$after" -lt $nr ]
}

# Two watchers: the first to go leaves the other all it saw.
two_watchers() {
	echo 1 >$tracing/events/zmem/zmem_free/enable
	traced alloc -- true
	echo 1 >$tracing/events/zmem/zmem_free/enable
	echo 1 >$tracing/events/zmem/zmem_alloc/enable
	echo 0 >$tracing/events/zmem/zmem_alloc/enable
	traced free -- load_calls && count 'zmem_free: call_site=calls_cache' $((nr * cpus))
}

bursts() {
	"$here/zmemctl" set zmem-64 tune_interval_ms=20 &&
		"$here/zmemctl" bench -k burst -H 3000 -d 500ms && sleep 2 &&
		"$here/zmemctl" shrink && echo 2 >/proc/sys/vm/drop_caches
}

# What is rare, without what would push it out of the buffer.  In a young module:
# the tuner makes a cache's magazines smaller but for so long.
slow_path() {
	rmmod zmem && insmod "$here/zmem.ko" || return 1
	traced depot_grow depot_trim resize slab_create slab_free shrink -- bursts || return 1
	has 'zmem_depot_grow: name=[^ ]+ node=[0-9] full=[1-9][0-9]* empty=[0-9]+$' &&
		has 'zmem_depot_trim: name=[^ ]+ node=[0-9] full=[1-9][0-9]* empty=[0-9]+$' &&
		has 'zmem_resize: name=zmem-64 before=[1-9][0-9]* after=[1-9][0-9]*$' &&
		has 'zmem_slab_create: name=[^ ]+ node=[0-9] order=[0-3] objects=[1-9][0-9]*$' &&
		has 'zmem_slab_free: name=[^ ]+ node=[0-9] order=[0-3] objects=[1-9][0-9]*$' &&
		has 'zmem_shrink: wanted=[1-9][0-9]* given=[0-9]+$'
}

# Each of these is about a magazine, or about an object; so many fit.
slow_path_often() {
	traced refill flush remote_free -- "$here/zmemctl" bench -k cross -o 20000 || return 1
	has 'zmem_refill: name=[^ ]+ node=[0-9] objects=[1-9][0-9]*$' &&
		has 'zmem_flush: name=[^ ]+ node=[0-9] objects=[1-9][0-9]*$' &&
		has 'zmem_remote_free: ptr=[0-9a-f]+ name=[^ ]+ home=0 node=1$' &&
		has 'zmem_remote_free: ptr=[0-9a-f]+ name=[^ ]+ home=1 node=0$'
}

unloaded() {
	rmmod zmem_calls
	"$@"
}

ktap_print_header
[ -e $tracing/kprobe_events ] || {
	ktap_skip_all "a kernel without kprobe events"
	exit 4
}
ktap_set_plan 6
insmod "$here/zmem.ko" || ktap_exit_fail_msg "cannot load zmem.ko"
echo 8192 >$tracing/buffer_size_kb
ktap_test_result "each call is an event, at its caller" each_call
ktap_test_result "events have kmem's fields" fields
ktap_test_result "the fast path is back behind the last watcher" unloaded fast_again
ktap_test_result "two watchers" unloaded two_watchers
ktap_test_result "the slow path's rare events" unloaded slow_path
ktap_test_result "the slow path's other events" slow_path_often
rmmod zmem
ktap_finished
