#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# The main job: a guest with two CPUs and two nodes records its kernel's own
# allocations during real work, replays them through zmem and through the
# kernel's allocator, and prints the two side by side.
#
#	selftests/run/run.sh [--icount] [--stream FILE [--test]] [--processes N]
#		[--rounds N]
#
# --icount: then boots once more, with a clock that counts instructions, for
# times that mean something. --stream: replays FILE and records nothing;
# with --test, runs the ioctl's tests with it instead.
#
# What comes back is in build/run; the stream is kept in build/streams.
# $MODULE is the module to load, instead of one built here. Exits 0 only if
# all of it went well.

set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
out=${OUT:-$top/build}
tools=$out/tools
run=$out/run
streams=$out/streams
icount='' stream='' test=replay processes=100 rounds=2

die() {
	echo "${0##*/}: $*" >&2
	exit 2
}

while [ $# -gt 0 ]; do
	case $1 in
	--icount) icount=1 ;;
	--test) test='test' ;;
	--stream | --processes | --rounds)
		[ $# -ge 2 ] || die "$1 wants an argument"
		declare "${1#--}=$2"
		shift
		;;
	*) die "unknown option $1 (see the head of $0)" ;;
	esac
	shift
done
for number in "$processes" "$rounds"; do
	[[ $number =~ ^[1-9][0-9]*$ ]] || die "not a number: $number"
done

step() {
	echo "run: $*"
}

# Some thousand files, many of them small, the same on each machine: headers
# and configuration from the package of the kernel's headers.
make_archive() {
	local common=${KDIR/%-amd64/-common}

	tar --sort=name --owner=0 --group=0 --mtime=@0 -cf "$run/headers.tar" \
		-C "$common" include/uapi -C "$KDIR" include/config
}

# What both boots need in the guest.
guest_files=(
	--add "$top/selftests/run/guest.sh:/zmem/guest.sh"
	--add "$top/selftests/run/work.sh:/zmem/work.sh"
	--add "$tools/zmem-record:/zmem/zmem-record"
	--add "$tools/zmem-stream:/zmem/zmem-stream"
	--add "$tools/zmem-replay:/zmem/zmem-replay"
	--add "$tools/replay-test:/zmem/replay-test"
)

step "kernel"
eval "$("$top/selftests/vm/kernel.sh" stock)"
step "tools and module"
mkdir -p "$run" "$streams"
make -s -C "$top/userspace/tools" OUT="$tools"
if [ -z "${MODULE-}" ]; then
	make -s -C "$top" KDIR="$KDIR" modules
	MODULE=$top/zmem/zmem.ko
fi
guest_files+=(--add "$MODULE:/zmem/zmem.ko")

if [ -n "$stream" ]; then
	"$tools/zmem-stream" check "$stream"
	step "replay of $stream"
	"$top/selftests/vm/boot.sh" --timeout 600 --mem 1536 --out "$run" \
		"${guest_files[@]}" --add "$stream:/zmem/kernel.stream" \
		-- sh /zmem/guest.sh $test
else
	make_archive
	step "record and replay"
	"$top/selftests/vm/boot.sh" --timeout 900 --mem 1536 --out "$run" \
		"${guest_files[@]}" --add "$run/headers.tar:/zmem/headers.tar" \
		-- sh /zmem/guest.sh all "$processes" "$rounds"
	stream=$streams/kernel-$KRELEASE.stream
	cp "$run/kernel.stream" "$stream"
	"$tools/zmem-stream" check "$stream"
	step "the stream is kept as $stream"
fi

if [ -n "$icount" ]; then
	step "times in instructions: a ns is one"
	"$top/selftests/vm/boot.sh" --icount --timeout 900 --mem 1536 \
		--append 'mitigations=off init_on_alloc=0' \
		--out "$run/icount" "${guest_files[@]}" \
		--add "$stream:/zmem/kernel.stream" -- sh /zmem/guest.sh time
fi
