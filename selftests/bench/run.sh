#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Counts the instructions of zmem and of the kernel's own allocator, in the
# same boot of the kernel that $KERNEL names (see ../vm/kernel.sh):
#
#	[KERNEL=6.12|6.1|7.x|rt] selftests/bench/run.sh [--quick]
#
# --quick: the main rows only, on one node and on two, and no notes.
#
# Leaves build/bench/kernel-RELEASE.json, and for the distribution's default
# command line kernel-RELEASE-default.json; prints both as tables. The bars
# beside the rows are goals: to miss one is no failure.

set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
out=${OUT:-$top/build}/bench
boot=$top/selftests/vm/boot.sh
quick=''

die() {
	echo "${0##*/}: $*" >&2
	exit 2
}

while [ $# -gt 0 ]; do
	case $1 in
	--quick) quick=1 ;;
	*) die "unknown option $1 (see the head of $0)" ;;
	esac
	shift
done

step() {
	echo "bench: $*"
}

build() {
	eval "$(bash "$top/selftests/vm/kernel.sh" stock)"
	built=$out/$KRELEASE
	mkdir -p "$built"
	{
		"$top/scripts/build-module.sh" "$KDIR" "$built" &&
			"$top/scripts/build-module.sh" --bench "$KDIR" "$built"
	} >"$built/build.log" 2>&1 || {
		tail -n 20 "$built/build.log" >&2
		die "the build failed: $built/build.log"
	}
}

# boot_guest NAME OPTION... -- ARGUMENT...: one boot; its log is $built/NAME/dmesg.
boot_guest() {
	local name=$1 options=()

	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	step "boot: $name"
	bash "$boot" --quiet --timeout 1200 --out "$built/$name" "${options[@]}" \
		--add "$built/zmem/zmem.ko:/zmem/zmem.ko" \
		--add "$built/bench/zmem_bench.ko:/zmem/zmem_bench.ko" \
		--add "$here/guest.sh:/zmem/guest.sh" -- sh /zmem/guest.sh "$@"
}

# The rows of a log from a guest with $1 nodes, a JSON object a line.
rows() {
	sed -n 's/.*zmem_bench: row //p' "$2" | jq -cR --argjson nodes "$1" '
		def a_pair($pairs): tonumber * 100 / $pairs | round / 100;
		split(" ") | (.[2] | tonumber) as $pairs |
		{ name: .[0], nodes: $nodes,
		  (.[1]): { min: .[3] | a_pair($pairs), median: .[4] | a_pair($pairs) } }'
}

compiler() {
	readelf -p .comment "$built/zmem/zmem.ko" | sed -n 's/.*\(GCC: .*\)/\1/p' |
		head -n 1
}

commit() {
	git -C "$top" describe --always --dirty 2>/dev/null || echo unknown
}

# to_json FILE BOOT...: the rows of those boots, named NODES-WHAT.
to_json() {
	local file=$1 name log=$built/$2/dmesg

	shift
	for name; do
		rows "${name%%-*}" "$built/$name/dmesg"
	done | jq -s --arg kernel "$KRELEASE" \
		--arg boot "$(sed -n 's/.*Kernel command line: //p' "$log" | head -n 1)" \
		--arg version "$(sed -n 's/.*\(Linux version .*\)/\1/p' "$log" | head -n 1)" \
		--arg compiler "$(compiler)" --arg commit "$(commit)" \
		--arg qemu "$(qemu-system-x86_64 --version | head -n 1)" '{
			kernel: $kernel,
			method: "instructions a pair: qemu TCG, icount shift=0, one CPU; 1000 pairs between two readings of the clock, 101 times; loop included",
			boot: $boot,
			versions: { kernel: $version, compiler: $compiler, zmem: $commit, qemu: $qemu },
			rows: to_entries | group_by([.value.nodes, .value.name]) |
				sort_by(.[0].key) | map(map(.value) | add) }' >"$file.new"
	jq -e '.rows | length > 0 and all(.zmem and .kmem)' "$file.new" >/dev/null ||
		die "rows are missing in $file.new"
	mv "$file.new" "$file"
	step "$file"
	jq -rf "$here/table.jq" "$file"
}

# both_nodes TAG APPEND ARGUMENT...: what is timed, on one node and on two.
both_nodes() {
	local tag=$1 append=$2 nodes

	shift 2
	for nodes in 1 2; do
		boot_guest "$nodes-$tag" --icount --nodes "$nodes" \
			--append "$append" -- "$@"
	done
}

"$top/scripts/deps.sh" bench
step "build"
build
both_nodes bare "mitigations=off init_on_alloc=0" main
to_json "$out/kernel-$KRELEASE.json" 1-bare 2-bare
[ -z "$quick" ] || exit 0
