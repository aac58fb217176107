#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=dash
#
# zmemctl.sh: zmemctl on the module, in a guest, with zmemctl, zmem.ko,
# zmem_client.ko and ktap_helpers.sh beside it; zmem is not loaded.

here=$(cd "$(dirname "$0")" && pwd)
. "$here/ktap_helpers.sh"

ctl=$here/zmemctl
out=/tmp/zmemctl.out
err=/tmp/zmemctl.err

# says STATUS TEXT ARGUMENT...: zmemctl must end with STATUS and say TEXT (a
# pattern) in one line on standard error, and nothing else anywhere.
says() {
	local want=$1 text=$2 status=0

	shift 2
	"$ctl" "$@" >$out 2>$err || status=$?
	if [ $status -eq "$want" ] && [ "$(wc -l <$err)" -eq 1 ] &&
		grep -qE "$text" $err && ! [ -s $out ]; then
		return 0
	fi
	ktap_print_msg "zmemctl $*: status $status, not $want; it said: $(cat $err $out)"
	return 1
}

# gives PATTERN ARGUMENT...: zmemctl must end well and print a line like that.
gives() {
	local text=$1 status=0

	shift
	"$ctl" "$@" >$out 2>$err || status=$?
	if [ $status -eq 0 ] && grep -qE -- "$text" $out && ! [ -s $err ]; then
		return 0
	fi
	ktap_print_msg "zmemctl $*: status $status, no '$text' in: $(cat $err $out)"
	return 1
}

# does ARGUMENT...: zmemctl must end well, without a word.
does() {
	local status=0

	"$ctl" "$@" >$out 2>$err || status=$?
	[ $status -eq 0 ] && ! [ -s $out ] && ! [ -s $err ] && return 0
	ktap_print_msg "zmemctl $*: status $status: $(cat $err $out)"
	return 1
}

# A value of zmemctl stat's.
stat_of() {
	"$ctl" stat -b "$1" | awk -v key="$2" '$1 == key { print $2 }'
}

no_module() {
	local command

	for command in list top 'stat zmem-64' watch 'set zmem-64 magazine_max=8' \
		'drain cpu 0' 'open node 0' shrink validate 'traces zmem-64' 'shrink zmem-64' 'bench -d 1' 'stress -d 1'; do
		# shellcheck disable=SC2086 # words
		says 3 '^zmemctl: the module is not loaded: no /dev/zmem$' $command ||
			return 1
	done
}

bad_usage() {
	says 2 "no command 'frobnicate'" frobnicate &&
		says 2 '^usage: zmemctl list' list -z &&
		says 2 '^usage: zmemctl list' list extra &&
		says 2 "no field 'colour'" list -s colour &&
		says 2 '^usage: zmemctl stat' stat &&
		says 2 '^usage: zmemctl set' set zmem-64 &&
		says 2 '^usage: zmemctl drain' drain cpu &&
		says 2 '^usage: zmemctl drain' drain cpu x &&
		says 2 '^usage: zmemctl open' open cpu 0 &&
		says 2 'report makes a page' --json report &&
		says 3 'no program with ZMEM_STATS=/not/there' --from=/not/there list &&
		says 2 '^usage: zmemctl watch' watch -d never &&
		says 2 '^usage: zmemctl bench' bench -S 0 &&
		says 2 '^usage: zmemctl bench' bench -k sideways &&
		says 2 'CPU 4000 is not online|no list of CPUs' bench -C 4000 &&
		says 2 'threads, one a CPU' bench -t 1000 &&
		says 2 'node 63 is not online' bench -N 63 &&
		says 2 'color=sometimes' --color=sometimes list
}

# Even where someone has opened the device to all: root may, that is all.
no_permission() {
	refused && chmod 666 /dev/zmem && refused
	set -- $?
	chmod 600 /dev/zmem && return "$1"
}

refused() {
	local command status

	for command in list 'stat zmem-64' top shrink 'bench -d 1'; do
		status=0
		su nobody -s /bin/sh -c "$ctl $command" >$out 2>$err || status=$?
		if [ $status -ne 4 ] || [ "$(wc -l <$err)" -ne 1 ] ||
			! grep -q 'not permitted: only root may' $err; then
			ktap_print_msg "$command: status $status: $(cat $err $out)"
			return 1
		fi
	done
}

unknown_cache() {
	local name

	for name in nothing a-name-that-is-far-longer-than-any-cache-may-have; do
		says 5 "no cache is named '$name'" stat $name &&
			says 5 "no cache is named '$name'" top $name &&
			says 5 "no cache is named '$name'" watch $name &&
			says 5 "no cache is named '$name'" shrink $name &&
			says 5 "no cache is named '$name'" validate $name &&
			says 5 "no cache is named '$name'" traces $name &&
			says 5 "no cache is named '$name'" set $name magazine_max=4 ||
			return 1
	done
}

full_disk() {
	local command status

	for command in list 'stat zmem-64' '--json list' help 'watch -n 1 -d 10ms'; do
		status=0
		# shellcheck disable=SC2086 # words
		"$ctl" $command >/dev/full 2>$err || status=$?
		if [ $status -ne 1 ] || ! grep -q 'cannot write: No space left' $err; then
			ktap_print_msg "$command: status $status: $(cat $err)"
			return 1
		fi
	done
}

# What a tool that zmemctl runs prints must arrive, too.
full_disk_later() {
	local command status text

	for command in 'record -b 4096 -o /dev/full -- true' \
		'--json record -b 4096 -o /tmp/full.stream -- true' \
		'replay -a /tmp/record.stream' '--json replay -a /tmp/record.stream'; do
		status=0
		# shellcheck disable=SC2086 # words
		"$ctl" $command >/dev/full 2>$err || status=$?
		if [ $status -ne 1 ] || [ "$(wc -l <$err)" -ne 1 ] ||
			! grep -q 'No space left' $err; then
			ktap_print_msg "$command: status $status: $(cat $err)"
			return 1
		fi
	done
	# A file that cannot be written is known before the work is done.
	says 1 '/not/there: No such file' record -o /not/there -- touch /tmp/worked &&
		! [ -e /tmp/worked ]
}

# A stream that is cut short, or no stream, or not there, is refused.
bad_stream() {
	local status file

	head -c 40 /dev/zero >/tmp/zeros
	: >/tmp/empty
	for file in /tmp/zeros /tmp/empty /tmp/not-there; do
		status=0
		"$ctl" replay $file >$out 2>$err || status=$?
		if [ $status -eq 0 ] || [ "$(wc -l <$err)" -ne 1 ]; then
			ktap_print_msg "replay $file: status $status: $(cat $err)"
			return 1
		fi
	done
}

list_all() {
	gives '^NAME .*OBJSIZE .*HELD .*HIT%' list && gives '^zmem-64 ' list &&
		[ "$(wc -l <$out)" -eq $(($(grep -vc '^#' /sys/kernel/debug/zmem/caches) + 1)) ] &&
		! grep -q "$(printf '\033')" $out
}

list_sorts() {
	local field

	for field in bytes_held object_size; do
		"$ctl" list -b -s $field -c name,$field | awk 'NR > 1 { print $2 }' >$out
		[ "$(sort -rn $out)" = "$(cat $out)" ] || return 1
		"$ctl" list -b -r -s $field -c name,$field | awk 'NR > 1 { print $2 }' >$out
		[ "$(sort -n $out)" = "$(cat $out)" ] || return 1
	done
	[ "$("$ctl" list -n 3 | wc -l)" -eq 4 ]
}

# The client has 500 live objects while it is loaded.
client_is_seen() {
	local before during

	before=$("$ctl" list -b -c objects,name | awk 'NR > 1 && !/zmem-meta/ { n += $1 }
		END { print n + 0 }')
	insmod "$here/zmem_client.ko" || return 1
	during=$("$ctl" list -b -c objects,name | awk 'NR > 1 && !/zmem-meta/ { n += $1 }
		END { print n + 0 }')
	rmmod zmem_client || return 1
	ktap_print_msg "live objects: $before, with the client $during"
	[ "$during" -eq $((before + 500)) ]
}

stat_agrees() {
	local debugfs=/sys/kernel/debug/zmem/zmem-64/stats key

	for key in object_size size magazine_max depot_max_kib; do
		[ "$(stat_of zmem-64 $key)" = "$(sed -n "s/^$key: //p" $debugfs)" ] ||
			return 1
	done
	gives '^magazines$' stat zmem-64 && gives '^ *cpu  *home ' stat zmem-64 &&
		gives '^nodes$' stat zmem-64 && gives '^slabs$' stat zmem-64
}

sets() {
	does set zmem-64 magazine_max=20 depot_max_kib=99 tune_interval_ms=5000 &&
		[ "$(stat_of zmem-64 magazine_max)" = 20 ] &&
		[ "$(stat_of zmem-64 depot_max_kib)" = 99 ] &&
		[ "$(stat_of zmem-64 tune_interval_ms)" = 5000 ] &&
		gives '"depot_max_kib":2048' --json set zmem-64 depot_max_kib=2048 \
			tune_interval_ms=1000 magazine_max=252
}

set_refuses() {
	says 2 'mode=fast: fixed when a cache is made' set zmem-64 mode=fast &&
		says 2 'debug_flags=1: fixed when' set zmem-64 debug_flags=1 &&
		says 2 'out of bounds' set zmem-64 magazine_max=0 &&
		says 2 'no such setting' set zmem-64 colour=1 &&
		says 2 'not KEY=NUMBER' set zmem-64 magazine_max=many &&
		says 2 'not KEY=NUMBER' set zmem-64 magazine_max &&
		[ "$(stat_of zmem-64 magazine_max)" = 252 ]
}

# Leaves objects in magazines and in the depot.
fill_caches() {
	"$ctl" bench -o 3000 -H 3000 -S 64-65 >/dev/null 2>&1 &&
		[ "$(stat_of zmem-64 cached)" -gt 252 ]
}

drains() {
	local cpu=0

	fill_caches || return 1
	while [ $cpu -lt "$(nproc)" ]; do
		does drain cpu $cpu || return 1
		cpu=$((cpu + 1))
	done
	# What is cached now is what depots hold.
	[ "$(stat_of zmem-64 cached)" -eq "$(awk '!/^#/ { n += $4 } END { print n }' \
		/sys/kernel/debug/zmem/zmem-64/nodes)" ] || return 1
	says 2 'cpu 4000 is not online' drain cpu 4000
}

# A node without live objects is drained, one with some is closed only; in
# either case it can be opened again.
drains_nodes() {
	says 2 'node 63 has no memory, or is the last' drain node 63 || return 1
	if ! [ -e /sys/devices/system/node/node1 ]; then
		says 2 'node 0 has no memory, or is the last' drain node 0
		return
	fi
	gives '"done":"drain","node":1' --json drain node 1 &&
		says 2 'node 0 has no memory, or is the last' drain node 0 &&
		does open node 1 || return 1
	# What it makes is of the node that it is loaded on.
	taskset -c 0 insmod "$here/zmem_client.ko" || return 1
	says 7 'node 0 is closed, but has live objects' drain node 0 &&
		dmesg | grep -q 'zmem: node 0: cache client-.* has objects on' &&
		does open node 0
	set -- $?
	rmmod zmem_client && return "$1"
}

shrinks() {
	fill_caches || return 1
	gives '^zmem-64: held .*, now ' shrink zmem-64 &&
		[ "$(stat_of zmem-64 cached)" -eq 0 ] && fill_caches &&
		gives '^all caches: held .*, now ' shrink &&
		[ "$(stat_of zmem-64 cached)" -eq 0 ] &&
		gives '"held_after":[0-9]+' --json shrink
}

benches() {
	gives '^# burst, 1 CPUs, 64 bytes, 100 held' bench -t 1 -d 300ms -S 64 &&
		grep -qE '^throughput, calls/s +[1-9]' $out &&
		grep -qE '^allocation hits +[0-9.]+%$' $out &&
		grep -qE '^scalability factor +1\.00$' $out &&
		gives '^scalability factor +[0-9]+\.[0-9][0-9]$' bench -d 300ms -k cross &&
		gives '^p99\.9 +-$' bench -d 100ms -m fast &&
		gives '^sampled calls +-$' bench -d 100ms -k mix -S 1-4k &&
		gives '^# bulk, 2 CPUs, 128 bytes' bench -o 10000 -k bulk -S 128
}

# By pairs, the sums are exact: what is counted is what was asked for.
bench_counts() {
	gives '"allocs":30000,"frees":30000,"failures":0,' --json bench -t 1 -o 30000 -H 7 &&
		gives '"allocs":60000,"frees":60000,' --json bench -o 30000 -k cross
}

stresses() {
	gives ' 0 objects had other bytes, 0 were left, 0 misuses' stress -d 4 &&
		gives '"mismatches":0,"left":0,"errors":0}' --json stress -d 1
}

top_batch() {
	gives '^zmem: [0-9]+ caches, ' top -n 2 -d 100ms &&
		[ "$(grep -c '^NAME' $out)" -eq 2 ] &&
		! grep -q "$(printf '\033')" $out &&
		gives '^CPU .*MISSES/s' top -v cpus -n 2 -d 100ms &&
		gives '^NODE .*CONTEND/s' top -v nodes -n 2 -d 100ms zmem-64 &&
		gives '"when_ns":' --json top -n 1
}

watches() {
	gives '^ *allocs/s ' watch -n 2 -d 50ms && [ "$(wc -l <$out)" -eq 3 ] &&
		gives '"allocs":0,' --json watch -n 1 -d 50ms zmem-8192
}

# Colours on a terminal only, unless they are wanted.
colours() {
	"$ctl" --color=always list | grep -q "$(printf '\033')" &&
		! "$ctl" --color=auto list | grep -q "$(printf '\033')"
}

records() {
	"$ctl" record -b 16384 -o /tmp/record.stream -- ls -l /bin >/dev/null 2>$err || {
		ktap_print_msg "record: $(cat $err)"
		return 1
	}
	gives '"version":1,"cpus":[1-9][0-9]*,"seen":[1-9]' --json record -b 16384 \
		-o /tmp/record.stream -- true || return 1
	gives 'hit rate' replay -a /tmp/record.stream &&
		gives '"kernel":"[^"]*","events":[1-9]' --json replay -a /tmp/record.stream || return 1
	head -c 1000 /tmp/record.stream >/tmp/cut.stream
	says 1 'cut.stream: at ' replay /tmp/cut.stream
}

# Before Linux 6.9 a return probe sees no arguments: what bulk calls allocate is
# missing, and so the frees may be too many.
sees_bulks() {
	! "$ctl" record -b 4096 -o /tmp/record.stream -- true 2>&1 >/dev/null |
		grep -q 'kmem_cache_alloc_bulk: .*; its objects will be missing$'
}

records_in_part() {
	local status=0

	"$ctl" record -b 16384 -o /tmp/part.stream -- ls -l /bin >/dev/null 2>$err || status=$?
	[ "$(grep -c '; its objects will be missing$' $err)" -eq 1 ] || return 1
	if [ $status -ne 0 ]; then
		[ $status -eq 1 ] && [ "$(wc -l <$err)" -eq 2 ] &&
			grep -q 'are more than 5 % of the calls$' $err
		return
	fi
	[ "$(wc -l <$err)" -eq 1 ] && gives 'hit rate' replay -a /tmp/part.stream
}

validates() {
	does validate && does validate zmem-64 && gives '"valid":"yes"' --json validate
}

# While a debug cache is worked with: who made its objects.
traces() {
	local name

	says 2 'zmem-64: only a debug cache knows who allocated' traces zmem-64 || return 1
	"$ctl" bench -t 1 -k mix -m debug -d 8 >/dev/null 2>&1 &
	sleep 3
	name=$("$ctl" list -c name | grep '^bench-')
	gives '^OBJECTS +BYTES +NEWEST +OLDEST +SITE +CALLERS' traces "$name" &&
		grep -qE '^[1-9][0-9]* .* [a-z_]+\+0x[0-9a-f]+/0x[0-9a-f]+\[zmem\] ' $out &&
		gives '"objects":"?[1-9][0-9]*"?,' --json traces "$name" && does validate "$name"
	set -- $?
	wait && return "$1"
}

nothing_is_left() {
	! ls -d /sys/kernel/debug/zmem/bench* /sys/kernel/debug/zmem/stress* 2>/dev/null &&
		rmmod zmem && ! dmesg | grep -E 'zmem.*(leak|live objects|double free)'
}

ktap_print_header
ktap_set_plan 27
ktap_test_result "without the module each command says so" no_module
ktap_test_result "bad usage" bad_usage
insmod "$here/zmem.ko" || ktap_exit_fail_msg "cannot load zmem.ko"
ktap_test_result "without permission" no_permission
ktap_test_result "an unknown cache" unknown_cache
ktap_test_result "a full disk" full_disk
ktap_test_result "a bad stream" bad_stream
ktap_test_result "list" list_all
ktap_test_result "list sorts" list_sorts
ktap_test_result "a client's objects are listed" client_is_seen
ktap_test_result "stat agrees with debugfs" stat_agrees
ktap_test_result "set" sets
ktap_test_result "set refuses" set_refuses
ktap_test_result "drain" drains
ktap_test_result "drain and open nodes" drains_nodes
ktap_test_result "shrink" shrinks
ktap_test_result "bench" benches
ktap_test_result "bench counts" bench_counts
ktap_test_result "stress" stresses
ktap_test_result "top" top_batch
ktap_test_result "watch" watches
ktap_test_result "colours" colours
if ! [ -d /sys/kernel/tracing/events/kmem ]; then
	ktap_test_skip "record and replay: this kernel has no tracing"
	ktap_test_skip "a full disk, later: this kernel has no tracing"
elif sees_bulks; then
	ktap_test_result "record and replay" records
	ktap_test_result "a full disk, later" full_disk_later
else
	ktap_test_result "record what can be seen, and say what cannot" records_in_part
	ktap_test_skip "a full disk, later: each recording here says that it is not whole"
fi
ktap_test_result "validate" validates
ktap_test_result "traces of debug caches" traces
ktap_test_result "bad usage once more, with the module" bad_usage
ktap_test_result "nothing is left" nothing_is_left
ktap_finished
