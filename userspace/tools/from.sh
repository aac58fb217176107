#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# zmemctl on programs: on a live one, at its socket, and on one that ended, by
# its file.  TAP.
#
#	from.sh ZMEMCTL LIBRARY DAMAGE CHURN
# shellcheck disable=SC2317 # what try() calls
set -u
ctl=$(realpath "${1:?usage: from.sh ZMEMCTL LIBRARY DAMAGE CHURN}") || exit 2
lib=$(realpath "${2:?usage: from.sh ZMEMCTL LIBRARY DAMAGE CHURN}") || exit 2
damage=$(realpath "${3:?usage: from.sh ZMEMCTL LIBRARY DAMAGE CHURN}") || exit 2
churn=$(realpath "${4:?usage: from.sh ZMEMCTL LIBRARY DAMAGE CHURN}") || exit 2
work=$(mktemp -d "${TMPDIR:-/tmp}/zmem-from.XXXXXX")
program=
trap '[ -z "$program" ] || kill "$program" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 2
n=0
status=0

try() {
	n=$((n + 1))
	if "$2" >log 2>&1; then
		echo "ok $n - $1"
		return
	fi
	echo "not ok $n - $1"
	sed 's/^/# /' log
	status=1
}

# gives PATTERN ARGUMENT...: it ends well and prints a line like that.
gives() {
	local text=$1

	shift
	"$ctl" --from=stats "$@" >out 2>err && ! [ -s err ] && grep -qE -- "$text" out && return
	echo "zmemctl $*: no '$text' in:"
	cat out err
	return 1
}

# says STATUS PATTERN FROM ARGUMENT...: it ends so, with one line on stderr.
says() {
	local want=$1 text=$2 from=$3 have=0

	shift 3
	"$ctl" --from="$from" "$@" >out 2>err || have=$?
	[ "$have" -eq "$want" ] && ! [ -s out ] && [ "$(wc -l <err)" -eq 1 ] &&
		grep -qE -- "$text" err && return
	echo "zmemctl --from=$from $*: status $have, not $want:"
	cat out err
	return 1
}

value() {
	"$ctl" --from=stats stat -b "$1" | awk -v key="$2" '$1 == key { print $2 }'
}

# A program that does nothing for so many seconds.
start() {
	ZMEM_STATS=stats LD_PRELOAD=$lib sleep "$1" &
	program=$!
	for _ in $(seq 100); do
		! [ -S stats ] || return 0
		sleep 0.1
	done
	return 1
}

lists() {
	gives '^NAME .*OBJSIZE .*HELD .*HIT%' list && gives '^zmem-64 ' list &&
		[ "$(value zmem-64 object_size)" = 64 ] && [ "$(value zmem-64 mode)" = fast ] &&
		[ "$("$ctl" --from=stats list -b -c objects,name |
			awk 'NR > 1 { n += $1 } END { print n }')" -gt 0 ]
}

views() {
	gives '^ *cpu  *home ' stat zmem-64 && gives '^NODE ' top -n 1 -v nodes &&
		gives '^CPU ' top -n 2 -d 50ms -v cpus &&
		gives '^cpus by misses, reversed; ' top -n 1 -v cpus -r -s misses &&
		gives '^nodes by in_use; ' top -n 1 -s in_use -v nodes &&
		says 2 "no column 'objects' in the view cpus" stats top -s objects -v cpus && gives '^ *allocs/s' watch -n 1 -d 50ms &&
		gives '"magazine_max":' --json stat zmem-64
}

steers() {
	gives '"magazine_max":20,' --json set zmem-64 magazine_max=20 &&
		[ "$(value zmem-64 magazine_max)" = 20 ] &&
		gives '^all caches: held ' shrink && gives '^zmem-64: held ' shrink zmem-64 &&
		[ "$(value zmem-64 cached)" = 0 ] && "$ctl" --from=stats drain cpu 1 &&
		"$ctl" --from=stats validate && "$ctl" --from=stats validate zmem-64
}

refuses() {
	says 2 'fixed when a cache is made' stats set zmem-64 mode=fast &&
		says 2 'out of bounds' stats set zmem-64 magazine_max=0 &&
		says 2 'not KEY=NUMBER' stats set zmem-64 magazine_max=x &&
		says 2 'cpu 200 is not online' stats drain cpu 200 &&
		says 5 "no cache is named 'nothing'" stats stat nothing &&
		says 5 "no cache is named 'nothing'" stats shrink nothing &&
		says 5 "no cache is named 'nothing'" stats validate nothing &&
		says 2 'only a debug cache knows who allocated' stats traces zmem-64 &&
		says 2 'works on the module only' stats bench &&
		says 2 'works on the module only' stats record
}

# Nobody else may connect.
is_private() {
	[ "$(stat -c %a stats)" = 600 ] || return 1
	[ "$(id -u)" -ne 0 ] || {
		chmod 755 . && cp "$ctl" "$work/ctl" &&
			! su nobody -s /bin/sh -c "$work/ctl --from=$work/stats list" &&
			grep -q 'not permitted' log
	}
}

# A cache that was written where no object is; its neighbour is sound.
finds_damage() {
	local status=1 other have=0

	ZMEM_STATS=damage "$damage" >began 2>told &
	other=$!
	for _ in $(seq 100); do
		! grep -q damaged began || break
		sleep 0.1
	done
	"$ctl" --from=damage validate sound &&
		says 6 '^zmemctl: damaged: not as it should be' damage validate damaged &&
		says 6 '^zmemctl: a cache: not as it should be' damage validate && status=0
	"$ctl" --from=damage --json validate damaged >out 2>err || have=$?
	[ "$have" -eq 6 ] && grep -q '"valid":"no"' out &&
		grep -q 'cache damaged: bytes next to an object were written' told || status=1
	kill "$other" && ! wait "$other" && return "$status"
}

# What all caches hold, against what the kernel says: within 3 %.
counts_bytes() {
	local other held grown

	ZMEM_STATS=churn LD_PRELOAD=$lib "$churn" >grown &
	other=$!
	for _ in $(seq 100); do
		! [ -s grown ] || break
		sleep 0.1
	done
	held=$("$ctl" --from=churn list -b -c bytes_held,name |
		awk 'NR > 1 { n += $1 } END { print n }')
	grown=$(cat grown)
	kill "$other" && ! wait "$other" || return 1
	echo "held $held, grown by $grown"
	[ "$grown" -gt 1000000 ] && [ $((held * 100)) -gt $((grown * 97)) ] &&
		[ $((held * 100)) -lt $((grown * 103)) ]
}

killed() {
	kill -9 "$program" && ! wait "$program" && program=
	says 3 'no program with ZMEM_STATS=stats runs' stats list
}

ends() {
	start 1 && wait "$program" && program= && [ -f stats ] && lists &&
		gives '^ *cpu  *home ' stat zmem-64 && says 1 'has ended' stats shrink
}

# A forked child is not the program, and leaves it its path.
forks() {
	ZMEM_STATS=stats.%p LD_PRELOAD=$lib \
		bash -c 'echo $$ >pid; (exit 0); [ -S stats.$$ ]' || return 1
	[ "$(echo stats.*)" = "stats.$(cat pid)" ] && "$ctl" --from="stats.$(cat pid)" list
}

bad_files() {
	local all some

	all=$(stat -c %s stats)
	for some in 0 1 30 1000 $((all / 2)) $((all - 3)) $((all - 1)); do
		head -c "$some" <stats >short
		says 1 "short: (not zmem's statistics|it ends too early)" short list || return 1
	done
	sed 's/^allocs: .*/allocs: many/' stats >short
	says 1 'short: statistics that lack a number' short list &&
		says 3 'no program' not-there list && says 1 'not zmem' "$ctl" list &&
		says 1 'Is a directory' . list
}

full_disk() {
	local have=0

	"$ctl" --from=stats list >/dev/full 2>err || have=$?
	[ "$have" -eq 1 ] && grep -q 'cannot write: No space left' err
}

# The program itself goes on, whatever becomes of its statistics.
no_place() {
	ZMEM_STATS=/not/there LD_PRELOAD=$lib sleep 0 2>err && [ "$(wc -l <err)" -eq 1 ] &&
		grep -q 'ZMEM_STATS: /not/there: No such file' err &&
		ZMEM_STATS=$(printf '%0200d' 0) LD_PRELOAD=$lib sleep 0 2>err &&
		grep -q 'too long for a socket' err
}

echo 'TAP version 13'
start 100 || { echo 'Bail out! the program has no socket'; exit 1; }
try 'list' lists
try 'stat, top, watch' views
try 'set, shrink, drain' steers
try 'what is refused' refuses
try 'only its user may' is_private
try 'validate finds damage' finds_damage
try 'held bytes are what the kernel counts' counts_bytes
try 'a program that was killed' killed
try 'a program that ended' ends
try 'a program that forks' forks
try 'bad files' bad_files
try 'a full disk' full_disk
try 'no place for a socket' no_place
echo "1..$n"
exit $status
