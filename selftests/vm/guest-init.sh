#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=dash
#
# PID 1 of the guests that boot.sh starts (busybox sh). Runs /vm/cmd and then
# asks the kernel what it thinks of that. As the last act, and only if all is
# well, writes "success" to the second serial port. If this script dies, the
# kernel panics, and boot.sh sees no success.
#
# From /vm/env: KIND (stock, debug), SHELL_ONLY, SEND_OUT, ALLOW_WARN,
# ALLOW_SPLAT.

export PATH=/bin:/zmem HOME=/root TERM=linux OUT=/out

kmemleak=/sys/kernel/debug/kmemleak
planted='[[]zmem_plant_leak[]]'
splats='BUG:|WARNING:|KASAN|lockdep|possible circular|INFO: task|suspicious RCU'
splats="$splats|UBSAN|Unable to handle|sleeping function|Call Trace|INFO: rcu"
# Printed by every boot with lockdep.
harmless='RCU lockdep checking is enabled'
failed=

fail() {
	echo "vm: FAIL: $*"
	failed=1
}

mount_all() {
	/bin/busybox --install -s /bin
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t devtmpfs devtmpfs /dev 2>/dev/null
	exec </dev/null >/dev/console 2>&1
	mount -t tmpfs tmpfs /tmp
	mount -t tmpfs tmpfs /out
	mount -t debugfs debugfs /sys/kernel/debug
	mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
	mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null
	mkdir -p /dev/shm && mount -t tmpfs tmpfs /dev/shm
}

load_modules() {
	local module

	for module in /vm/modules/*.ko; do
		[ ! -e "$module" ] || insmod "$module" || fail "cannot load $module"
	done
}

# Leaks that are (1) or are not (0) the planted ones.
leaks() {
	awk -v ours="$1" -v planted="$planted" '
		function flush() {
			if (entry != "" && (entry ~ planted) == ours)
				printf "%s", entry
			entry = ""
		}
		/^unreferenced object/ { flush() }
		{ entry = entry $0 "\n" }
		END { flush() }' "$kmemleak"
}

# Takes two scans to report an object (its checksum must not change), and the
# object must be 5 s old. That also outlasts pending RCU callbacks.
check_leaks() {
	local found

	insmod /vm/zmem_plant_leak.ko || fail 'cannot plant a leak'
	sleep 6
	echo scan >"$kmemleak"
	echo scan >"$kmemleak"
	found=$(leaks 0)
	if [ -n "$found" ]; then
		# A pointer that was in flight during the scans is seen now.
		sleep 1
		echo scan >"$kmemleak"
		found=$(leaks 0)
	fi
	[ -z "$found" ] || { echo "$found"; fail 'kmemleak found leaks'; }
	[ -n "$(leaks 1)" ] ||
		fail 'kmemleak is dead: it does not see the planted leak'
}

# Bits of /proc/sys/kernel/tainted: bad page 5, oops 7, warning 9, lockup 14.
# A KASAN report sets 5, so an allowed splat allows that.
check_taint() {
	local bad=$((1 << 7 | 1 << 14)) taint

	[ -n "$ALLOW_WARN" ] || bad=$((bad | 1 << 9))
	[ -n "$ALLOW_SPLAT" ] || bad=$((bad | 1 << 5))
	read -r taint </proc/sys/kernel/tainted
	[ $((taint & bad)) -eq 0 ] || fail "kernel tainted: $taint"
}

# Lockdep switches itself off at the first report.
check_lockdep() {
	[ -n "$ALLOW_SPLAT" ] ||
		grep -q 'debug_locks: *1' /proc/lockdep_stats ||
		fail 'lockdep is off'
}

check_log() {
	local found

	dmesg >/tmp/dmesg
	head -n 20 /tmp/dmesg | grep -q 'Linux version' ||
		fail 'the kernel log overflowed: not all of it could be checked'
	if [ -n "$ALLOW_WARN" ]; then
		splats=$(echo "$splats" | sed 's,WARNING:|,,; s,|Call Trace,,')
	fi
	found=$(grep -E "$splats" /tmp/dmesg |
		grep -vE "$harmless${ALLOW_SPLAT:+|$ALLOW_SPLAT}")
	[ -z "$found" ] || { echo "$found"; fail 'reports in the kernel log'; }
}

send_out() {
	local port

	cp /tmp/dmesg /out/dmesg
	port=$(grep -l '^out$' /sys/class/virtio-ports/*/name)
	port=${port%/name}
	tar -c -C /out . >"/dev/${port##*/}" || fail 'cannot send /out'
}

mount_all
# shellcheck source=/dev/null
. /vm/env
hostname zmem
dmesg -n 7
load_modules

if [ -n "$SHELL_ONLY" ]; then
	setsid cttyhack sh
	poweroff -f
fi

sh /vm/cmd
status=$?
[ "$status" -eq 0 ] || fail "exit status $status"

if [ "$KIND" = debug ]; then
	check_leaks
	check_lockdep
fi
check_taint
check_log
[ -z "$SEND_OUT" ] || send_out

# Setting the line waits until all that was written to it is out.
stty -F /dev/ttyS0 -echo
[ -n "$failed" ] || echo success >/dev/ttyS1
poweroff -f
