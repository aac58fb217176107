#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Storms in a guest, of some N seconds:
#
#	selftests/storm/run.sh [--kernel debug|kcsan|stock] [--seconds N | --minutes N]
#		[--seed N]
#
# The seed is printed; giving it again repeats what each agent tries, not when.
# On the kernel that looks for data races KUnit's suites run first.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
OUT=${OUT:-$top/build}
kernel=debug seconds=40 seed=$((1 + RANDOM * 30000 + RANDOM % 30000))

die() {
	echo "${0##*/}: $*" >&2
	exit 2
}

number() {
	case $1 in
	'' | *[!0-9]* | 0* | ??????????*) die "not a number from 1: '$1'" ;;
	esac
	echo "$1"
}

while [ $# -gt 0 ]; do
	[ $# -ge 2 ] || die "$1 wants a value"
	case $1 in
	--kernel) kernel=$2 ;;
	--seconds) seconds=$(number "$2") || exit 2 ;;
	--minutes) seconds=$(number "$2") && seconds=$((seconds * 60)) || exit 2 ;;
	--seed) seed=$(number "$2") || exit 2 ;;
	*) die "unknown option $1" ;;
	esac
	shift 2
done
echo "storm: SEED=$seed"
env=$(bash "$top/selftests/vm/kernel.sh" "$kernel")
eval "$env"
built=$OUT/$kernel
"$top/scripts/build-module.sh" "$KDIR" "$built"
"$top/scripts/build-module.sh" --storm "$KDIR" "$built"
make -C "$top/selftests" OUT="$OUT/selftests"
# On a busy host early boot may see no timer tick for so long that it gives up; an
# hour of storms says much.
case $kernel in
kcsan) run=kcsan.sh options=(--allow-splat 'BUG: KCSAN') ;;
*) run=storm.sh options=(--append kunit.enable=0) ;;
esac
exec bash "$top/selftests/vm/boot.sh" --kernel "$kernel" --cpus 3 --mem 448 --dimm 128 \
	--append "no_timer_check log_buf_len=16M" --timeout $((seconds * 4 + 900)) \
	--out "$OUT/check/storm-$kernel" "${options[@]}" \
	--add "$top/selftests/storm/storm.sh:/zmem/storm.sh" \
	--add "$top/selftests/storm/kcsan.sh:/zmem/kcsan.sh" \
	--add "$top/selftests/kunit.sh:/zmem/kunit.sh" \
	--add "$OUT/selftests/charge:/zmem/charge" \
	--add "$built/zmem/zmem.ko:/zmem/zmem.ko" \
	--add "$built/storm/zmem_storm.ko:/zmem/zmem_storm.ko" \
	-- sh "/zmem/$run" "$seconds" "$seed" "charged offlined"
