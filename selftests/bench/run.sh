#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Measures zmem and the kernel's own allocator in the same boot of the kernel
# that $KERNEL names (see ../vm/kernel.sh):
#
#	[KERNEL=6.12|6.1|7.x|rt] selftests/bench/run.sh [--quick] [--stream FILE]
#
# --quick: the main rows only, on one node and on two. --stream: the recorded
# stream to replay (the newest in build/streams, if there is one).
#
# Leaves build/bench/kernel-RELEASE.json, and for the distribution's default
# command line kernel-RELEASE-default.json; prints both as tables, and notes on
# what is compared. The bars beside the rows are goals: to miss one is no
# failure, but a call that fails in the guest is.

set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
out=${OUT:-$top/build}
bench=$out/bench
quick='' stream=''

die() {
	echo "${0##*/}: $*" >&2
	exit 2
}

while [ $# -gt 0 ]; do
	case $1 in
	--quick) quick=1 ;;
	--stream)
		[ $# -ge 2 ] || die "--stream wants a file"
		stream=$2
		[ -f "$stream" ] || die "no such file: $stream"
		shift
		;;
	*) die "unknown option $1 (see the head of $0)" ;;
	esac
	shift
done

step() {
	echo "bench: $*"
}

# Sets KRELEASE and its like, and $built, the folder of all that comes of it.
build() {
	local env

	env=$(bash "$top/selftests/vm/kernel.sh" stock)
	eval "$env"
	built=$bench/$KRELEASE
	mkdir -p "$built"
	step "modules for $KRELEASE"
	if ! "$top/scripts/build-module.sh" "$KDIR" "$built" >"$built/build.log" 2>&1 ||
		! "$top/scripts/build-module.sh" --bench "$KDIR" "$built" \
			>>"$built/build.log" 2>&1; then
		tail -n 20 "$built/build.log" >&2
		die "the build failed: $built/build.log"
	fi
}

# boot_guest NAME OPTION... -- RUN...: boots once for these runs of the module;
# the log is then $built/NAME/dmesg.
boot_guest() {
	local name=$1 options=()

	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	step "boot: $name"
	bash "$top/selftests/vm/boot.sh" --quiet --timeout 1800 \
		--out "$built/$name" "${options[@]}" \
		--add "$built/zmem/zmem.ko:/zmem/zmem.ko" \
		--add "$built/bench/zmem_bench.ko:/zmem/zmem_bench.ko" \
		--add "$here/guest.sh:/zmem/guest.sh" -- sh /zmem/guest.sh "$@"
}

# time_rows TAG APPEND RUN: on one node and on two.
time_rows() {
	local nodes

	for nodes in 1 2; do
		boot_guest "$nodes-$1" --icount --nodes "$nodes" --append "$2" -- "$3"
	done
}

# Two CPUs: on one node, and on a node each.
count_rows() {
	local nodes

	for nodes in 1 2; do
		boot_guest "$nodes-counts" --cpus 2 --nodes "$nodes" -- ring burst
	done
}

# Replays the stream; what comes back is in $out/run.
replay() {
	step "replay of $stream"
	MODULE=$built/zmem/zmem.ko OUT=$out bash "$top/selftests/run/run.sh" \
		--icount --stream "$stream" >"$built/replay.log" 2>&1 || {
		tail -n 20 "$built/replay.log" >&2
		die "the replay failed: $built/replay.log"
	}
}

# The rows of the boot $1, which begins with the number of nodes.
json_rows() {
	sed -n 's/.*zmem_bench: row //p' "$built/$1/dmesg" |
		jq -cR --argjson nodes "${1%%-*}" '
		def a_pair($pairs): tonumber * 100 / $pairs | round / 100;
		split(" ") | (.[2] | tonumber) as $pairs |
		{ name: .[0], nodes: $nodes,
		  (.[1]): { min: .[3] | a_pair($pairs), median: .[4] | a_pair($pairs) } }'
}

# Calls are timed in one boot, what is held is looked at in another.
json_replay() {
	jq -cs 'map(.kmem = .kmem_cache) |
		def side($name): .[0][$name].ns_per_call +
				 { held_peak: .[1][$name].peak.held };
		{ name: "replay", nodes: 2, zmem: side("zmem"), kmem: side("kmem") }' \
		"$out/run/icount/time.json" "$out/run/replay.json"
}

# What zmem counted; stock kernels are built without such counts of their own.
json_counts() {
	local nodes name

	for nodes in 1 2; do
		for name in ring burst; do
			jq -c --arg name "$name" --argjson nodes "$nodes" '{
				name: $name, nodes: $nodes, cpus: 2,
				zmem: { allocs, frees, misses, free_misses, magazine_size,
					depot_locks, contended, slab_trips, remote_frees },
				kmem: null }' "$built/$nodes-counts/$name.json"
		done
	done
}

json_header() {
	local log=$1 compiler commit qemu

	compiler=$(readelf -p .comment "$built/zmem/zmem.ko" |
		sed -n 's/.*\(GCC: .*\)/\1/p' | head -n 1)
	commit=$(git -C "$top" describe --always --dirty 2>/dev/null) || commit=unknown
	qemu=$(qemu-system-x86_64 --version | head -n 1)
	jq -n --arg kernel "$KRELEASE" \
		--arg boot "$(sed -n 's/.*Command line: *//p' "$log" | head -n 1)" \
		--arg version "$(sed -n 's/.*\(Linux version .*\)/\1/p' "$log" | head -n 1)" \
		--arg compiler "$compiler" --arg zmem "$commit" --arg qemu "$qemu" '{
			kernel: $kernel,
			method: ("instructions a pair (replay: a call, net of its loop): " +
				"TCG, -icount shift=0,sleep=off, one CPU; " +
				"1000 pairs, loop included, between two looks at the clock, 101 times"),
			boot: $boot,
			versions: { kernel: $version, compiler: $compiler, zmem: $zmem,
				    qemu: $qemu } }'
}

# to_json FILE TAG: the rows of the boots 1-TAG and 2-TAG, and further rows and
# counts from standard input; then prints the table.
to_json() {
	local file=$1 tag=$2

	{
		json_header "$built/1-$tag/dmesg"
		json_rows "1-$tag"
		json_rows "2-$tag"
		cat
	} | jq -s '.[0] + {
		rows: .[1:] | map(select(.cpus | not)) | to_entries |
			group_by([.value.nodes, .value.name]) |
			sort_by(.[0].key) | map(map(.value) | add),
		counts: .[1:] | map(select(.cpus)) }' >"$file.new"
	jq -e '.rows | length > 0 and all(.zmem and .kmem)' "$file.new" >/dev/null ||
		die "rows are missing: $file.new"
	mv "$file.new" "$file"
	step "$file"
	jq -rf "$here/table.jq" "$file"
}

"$top/scripts/deps.sh" bench
build
bare='mitigations=off init_on_alloc=0'
result=$bench/kernel-$KRELEASE

if [ -n "$quick" ]; then
	time_rows quick "$bare" main
	to_json "$bench/quick-$KRELEASE.json" quick </dev/null
	exit
fi

[ -n "$stream" ] || stream=$(find "$out/streams" -name '*.stream' \
	-printf '%T@ %p\n' 2>/dev/null | sort -rn | head -n 1 | cut -d ' ' -f 2-) || :
time_rows bare "$bare" all
time_rows default '' all
count_rows
if [ -n "$stream" ]; then
	replay
else
	step "no row 'replay': there is no stream (make run records one)"
fi
{
	json_counts
	[ -z "$stream" ] || json_replay
} | to_json "$result.json" bare
to_json "$result-default.json" default </dev/null
cat "$here/notes.txt"
