#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=dash disable=SC3028 # busybox has RANDOM
#
# storm.sh SECONDS SEED [MUST]: in a guest (busybox sh), zmem.ko and
# zmem_storm.ko beside it, debugfs mounted, zmem not loaded. Round after round:
# loads both, lets them work while CPUs and memory go and come, the shrinker and
# readers look in and faults are injected, and unloads both at full speed. Leaves
# with 0 if nothing was lost, given twice or left behind.
#
# Each round's seed, and what each loop does, follows from SEED; when it happens
# does not. The last line counts what was done; MUST names counts that may not be
# 0 besides those that never may.

here=$(cd "$(dirname "$0")" && pwd)
seconds=$1
seed=$2
must=${3-}
round_seconds=20
zmem=/sys/kernel/debug/zmem
counts=/sys/module/zmem_storm/parameters/counts
tracing=/sys/kernel/tracing
work=/tmp/storm
failed=

now() { cut -d . -f 1 /proc/uptime; }

say() { echo "# storm: $*"; }

fail() {
	say "FAILED: $*"
	failed=1
}

# ---- what goes on beside; each loop ends when $work/go is gone ----

going() { [ -e $work/go ]; }

# While zmem is to go nobody opens a file of its: it would have to stay.
may_open() { [ ! -e $work/quiet ]; }

# tally NAME: one more of them.
tally() { echo >>"$work/$1"; }
tallied() { if [ -e "$work/$1" ]; then wc -l <"$work/$1"; else echo 0; fi; }

pause() { usleep $((RANDOM % $1 * 1000)); }

# A CPU that comes back after a while; the first one stays.
cpus() {
	local cpu nr

	nr=$(grep -c ^processor /proc/cpuinfo)
	[ "$nr" -gt 1 ] || return 0
	while going; do
		cpu=/sys/devices/system/cpu/cpu$((1 + RANDOM % (nr - 1)))/online
		pause 500
		echo 0 >"$cpu" 2>/dev/null && tally cpus
		pause 500
		# It may take memory that is not there.
		while ! echo 1 >"$cpu" 2>/dev/null; do pause 100; done
	done
}

# The shrinker, as the kernel asks it and as its debug files do.
shrinker() {
	local file kind

	while going; do
		kind=$((RANDOM % 4))
		may_open || kind=0
		case $kind in
		0) echo 6 >/proc/sys/vm/drop_caches; tally shrinks ;; # not in the log
		1) echo shrink >$zmem/control ;;
		2) echo "drain cpu 0" >$zmem/control ;;
		3) for file in /sys/kernel/debug/shrinker/zmem-*; do
			echo "0 $((RANDOM % 2)) 1000" >"$file/scan" && tally shrinks
		done ;;
		esac 2>/dev/null
		pause 300
	done
}

# Every statistic of every cache, those that go meanwhile among them.
readers() {
	while going; do
		pause 100
		may_open || continue
		cat $zmem/caches $zmem/caches.json >/dev/null 2>&1
		cat $zmem/churn-*/* $zmem/storm-*/* >/dev/null 2>&1
		tally reads
	done
}

# Each call is watched, or is not; often somebody still watches as zmem goes.
watchers() {
	local event

	echo 64 >$tracing/buffer_size_kb || return 0
	while going; do
		event=$tracing/events/zmem/zmem_alloc
		[ $((RANDOM % 2)) -eq 0 ] || event=$tracing/events/zmem/zmem_free
		echo $((RANDOM % 2)) >$event/enable && tally watched
		pause 500
	done
} 2>/dev/null

# A node is drained by name, and opened again.
nodes() {
	while going; do
		pause 2000
		may_open || continue
		echo "drain node 1" >$zmem/control
		pause 500
		echo "open node 1" >$zmem/control && tally nodes
	done 2>/dev/null
}

# Blocks of memory that were offline at boot come and go.  Once one was the
# kernel's own, zmem's objects or others' may stay on it for good: so only the
# later rounds have such ones.
memory() {
	local block

	[ "$blocks" ] || return 0
	while going; do
		for block in $blocks; do
			case $((RANDOM % 8)) in
			0) [ $rounds -gt 1 ] && echo online_kernel >"$block" ;;
			[1-3]) echo online_movable >"$block" ;;
			*) echo offline >"$block" && tally offlined ;;
			esac && tally blocks
			pause 1000
		done
	done 2>/dev/null
}

# Faults hit the storm's tasks alone: see let_fail().
faults() {
	local kind left

	[ -e /sys/kernel/debug/failslab ] || return 0
	for kind in failslab fail_page_alloc; do
		cd "/sys/kernel/debug/$kind" || return 1
		echo Y >task-filter
		echo 0 >verbose
		echo N >ignore-gfp-wait
		echo 1000000 >./times
		[ $kind = failslab ] || echo 0 >min-order
	done
	while going; do
		for kind in failslab fail_page_alloc; do
			echo $((RANDOM % 20)) >/sys/kernel/debug/$kind/probability
		done
		pause 2000
	done
	for kind in failslab fail_page_alloc; do
		echo 0 >/sys/kernel/debug/$kind/probability
		left=$(cat /sys/kernel/debug/$kind/times)
		echo $((1000000 - left)) >>"$work/faults-$kind"
	done
}

# faulted KIND: faults injected, - where that can't be done.
faulted() {
	if [ -e "$work/faults-$1" ]; then
		awk '{ sum += $1 } END { print sum }' "$work/faults-$1"
	else
		echo -
	fi
}

# Charged allocations of a process in a cgroup, up to its limit.
cgroup() {
	local group=/sys/fs/cgroup/storm

	[ -x "$here/charge" ] || return 0
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control && mkdir -p $group || return 0
	echo 8M >$group/memory.max
	while going; do
		if may_open; then
			sh -c "echo \$\$ >$group/cgroup.procs; exec $here/charge" && tally charged
		fi
		pause 1000
	done 2>/dev/null
}

# ---- a round ----

always="unloads refused"

loops="cpus shrinker readers watchers nodes memory cgroup faults"

start_loops() {
	local loop number=0

	rm -f $work/quiet
	touch $work/go
	for loop in $loops; do
		number=$((number + 1))
		(RANDOM=$((seed + $1 * 100 + number)); $loop) &
	done
}

stop_loops() {
	rm -f $work/go
	wait
}

# The storm's counts, summed over rounds.
sums() {
	awk '{ for (i = 1; i <= NF; i++) {
			split($i, part, "=")
			if (!(part[1] in sum)) order[++n] = part[1]
			sum[part[1]] += part[2]
		} }
	END { for (i = 1; i <= n; i++) printf "%s=%d ", order[i], sum[order[i]] }' $work/counts 2>/dev/null
}

# While one of its files is open rmmod is refused, though nobody uses the module.
refused_while_open() {
	exec 3<"$1" || { fail "cannot open $1"; return; }
	if rmmod zmem 2>/dev/null; then
		fail "rmmod went through with $1 open"
	else
		tally refused
	fi
	exec 3<&-
}

live() {
	awk '/^# name/ { for (i = 3; i <= NF; i++) at[$i] = i - 1 }
		!/^#/ && $at["objects"] + $at["slabs"] + $at["cached"] > 0 {
			printf "%s: %d objects, %d slabs; ", $1, $at["objects"], $at["slabs"]
		}' $zmem/caches
}

# What was freed by RCU is on its way yet; then no slab is left.
empty() {
	local left tries=0

	while :; do
		echo shrink >$zmem/control
		left=$(live)
		[ "$left" ] || return 0
		tries=$((tries + 1))
		[ $tries -lt 100 ] || break
		usleep 100000
	done
	fail "left behind: $left"
}

# At full speed, with objects on their way by RCU, and CPUs, memory and the
# shrinker going on: only what somebody reads yet is in its way for a moment.
unload_at_once() {
	local tries=0

	touch $work/quiet
	while ! rmmod zmem 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 1000 ] || { fail "zmem stays"; return; }
		usleep 20000
	done
	tally unloads
	stop_loops
}

unload_empty() {
	stop_loops
	refused_while_open /dev/zmem
	refused_while_open $zmem/caches
	empty
	rmmod zmem || { fail "zmem stays"; return; }
	tally unloads
}

unload() {
	local at_work

	at_work=$(cat $counts)
	echo "$at_work" >>$work/counts
	if rmmod zmem 2>/dev/null; then
		fail "rmmod went through with a user"
	fi
	rmmod zmem_storm || { fail "zmem_storm stays"; return; }
	if [ $(($1 % 2)) -eq 0 ]; then
		unload_at_once
	else
		unload_empty
	fi
}

# check_round: what zmem_storm said as it went, and that all did something.
check_round() {
	local over

	over=$(dmesg | grep 'zmem_storm: over:' | tail -n 1)
	case $over in
	*" bad=0 held=0") ;;
	*) fail "round $1, seed $((seed + $1)): ${over:-no end}" ;;
	esac
}

round() {
	local begin

	insmod "$here/zmem.ko" || { fail "cannot load zmem"; return; }
	insmod "$here/zmem_storm.ko" "seed=$((seed + $1))" ||
		{ fail "cannot load zmem_storm"; rmmod zmem; return; }
	start_loops "$1"
	begin=$(now)
	while [ $(($(now) - begin)) -lt "$round_seconds" ] || ! all_started "$begin"; do
		sleep 1
	done
	unload "$1"
	stop_loops
	check_round "$1"
}

# Which of what must be done, for else nothing was tried, was not done yet.
undone() {
	local what sofar

	sofar=" $(cat $counts 2>/dev/null) $(sums)"
	for what in allocs frees rcu_frees bulks prefills caches squeezes; do
		case $sofar in
		*" $what="[1-9]*) ;;
		*) echo "$what" ;;
		esac
	done
	for what in cpus shrinks reads watched nodes $1; do
		[ "$(tallied "$what")" -gt 0 ] || echo "$what"
	done
}

# On a machine that is busy otherwise it takes a while.
all_started() {
	[ $(($(now) - $1)) -gt $((round_seconds * 10)) ] || [ -z "$(undone "$must")" ]
}

# summary: all counts, in one line.
summary() {
	echo "storm: seed=$seed seconds=$(($(now) - started)) rounds=$rounds $(sums)" \
		"cpus=$(tallied cpus) blocks=$(tallied blocks) offlined=$(tallied offlined)" \
		"nodes=$(tallied nodes) shrinks=$(tallied shrinks) reads=$(tallied reads)" \
		"watched=$(tallied watched) charged=$(tallied charged) unloads=$(tallied unloads)" \
		"refused=$(tallied refused) failslab=$(faulted failslab)" \
		"fail_page_alloc=$(faulted fail_page_alloc)"
}

# 6.12's scheduler warns of its fair server's sums when a CPU goes that had no
# time for it: "dl_rq->running_bw > old".  It does without one.
for file in /sys/kernel/debug/sched/fair_server/cpu*/runtime; do
	[ ! -e "$file" ] || echo 0 >"$file"
done

mkdir -p $work
blocks=$(grep -l offline /sys/devices/system/memory/memory*/state)
started=$(now)
said=$started
rounds=0
echo "# storm: $seconds s, SEED=$seed"
while [ -z "$failed" ]; do
	rounds=$((rounds + 1))
	round $rounds
	if [ $(($(now) - said)) -ge 60 ]; then
		said=$(now)
		echo "# $(summary)"
	fi
	# Two at least: they end differently.
	[ $rounds -lt 2 ] || [ $(($(now) - started)) -lt "$seconds" ] || break
done
undone=$(undone "$must $always")
[ -z "$undone" ] || fail "never done: $(echo "$undone" | tr '\n' ' ')"
for kind in failslab fail_page_alloc; do
	case $(faulted $kind) in
	0) fail "$kind never did" ;;
	esac
done
summary
[ -z "$failed" ]
