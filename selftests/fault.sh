#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=dash
#
# In a guest whose kernel has fault injection: runs fault, first the loading,
# then all else with the module in place, and leaves the stacks of all failures
# in /out for fault-sites.py.
set -u
here=$(cd "$(dirname "$0")" && pwd)
debug=/sys/kernel/debug
tracing=/sys/kernel/tracing
status=0

for kind in failslab fail_page_alloc fail_usercopy; do
	[ -d "$debug/$kind" ] || { echo "fault.sh: the kernel has no $kind" >&2; exit 1; }
done
# Of the caches that zmem's allocations, and what it calls, take from: not those
# that watch them.
for cache in /sys/kernel/slab/kmalloc-* /sys/kernel/slab/radix_tree_node \
	/sys/kernel/slab/filp /sys/kernel/slab/dentry; do
	echo 1 >"$cache/failslab" || exit 1
done
echo Y >$debug/failslab/cache-filter
echo N >$debug/failslab/ignore-gfp-wait
echo N >$debug/fail_page_alloc/ignore-gfp-wait
echo N >$debug/fail_page_alloc/ignore-gfp-highmem
echo 99 >$debug/fail_page_alloc/min-order

# Failures count only below code from $1 to $2; they tell the log as much as $3.
within() {
	for kind in failslab fail_page_alloc fail_usercopy; do
		echo "$1" >$debug/$kind/require-start
		echo "$2" >$debug/$kind/require-end
		echo "$3" >$debug/$kind/verbose
		echo 32 >$debug/$kind/stacktrace-depth
	done
}

# The addresses of the functions that match, with $3 of room behind the last.
range() {
	awk -v names="$1" -v module="$2" '$3 ~ names && $4 == module && $2 ~ /[tT]/ {
		print "0x" $1 }' /proc/kallsyms | sort | sed -n '1p; $p' | {
		read -r first
		read -r last || last=$first
		printf '0x%x 0x%x\n' "$first" $((last + $3))
	}
}

# Where this fails, a cache of the kernel's own leaks its name.
# shellcheck disable=SC2046 # two words, here and below
set -- $(range '^sysfs_slab_add$' '' 480)
for kind in failslab fail_page_alloc; do
	echo "$1" >$debug/$kind/reject-start
	echo "$2" >$debug/$kind/reject-end
done

# A module's functions are gone when its loading fails: only the log names them.
# shellcheck disable=SC2046
within $(range '^do_one_initcall$' '' 4096) 2
dmesg -n 1
"$here/fault" -t some || status=1
for function in debugfs_create_dir __debugfs_create_file shrinker_alloc misc_register; do
	# shellcheck disable=SC2046
	within $(range "^$function\$" '' 4096) 2
	"$here/fault" -t first || status=1
done
dmesg >/out/fault-load.log

insmod "$here/zmem.ko" || exit 1
# shellcheck disable=SC2046
within $(range '^[a-z]' '[zmem]' 4096) 0
{
	# shellcheck disable=SC2016 # the kernel's to expand
	echo 'r:fault should_fail_ex ret=$retval:u8'
	# shellcheck disable=SC2016
	echo 'r:fault_plain should_fail ret=$retval:u8'
} >$tracing/kprobe_events
echo 1 >$tracing/options/sym-offset
echo 8192 >$tracing/buffer_size_kb
for event in fault fault_plain; do
	echo 'ret==1' >$tracing/events/kprobes/$event/filter
	echo 'stacktrace if ret==1' >$tracing/events/kprobes/$event/trigger
	echo 1 >$tracing/events/kprobes/$event/enable
done
"$here/fault" -F load || status=1
cat $tracing/trace >/out/fault.trace
for event in fault fault_plain; do
	echo 0 >$tracing/events/kprobes/$event/enable
	echo '!stacktrace' >$tracing/events/kprobes/$event/trigger
done
echo >$tracing/kprobe_events
rmmod zmem || status=1
grep -q 'debug_locks: *1' /proc/lockdep_stats || { echo 'lockdep is off'; status=1; }
exit $status
