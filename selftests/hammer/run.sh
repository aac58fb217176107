#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Interrupts the fast path at every instruction, in a guest whose clock counts
# instructions, and fails unless each that can run with busy set was hit and
# nothing was given twice or lost:
#
#	selftests/hammer/run.sh [INTERRUPTS [SEED]]
#
# An interrupt of a timer's comes at the very instruction that it was set for:
# -icount has qemu end a translation block there.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
OUT=${OUT:-$top/build}
interrupts=${1:-100000}
seed=${2:-1}
for number in "$interrupts" "$seed"; do
	case $number in
	'' | *[!0-9]* | 0* | ??????????*)
		echo "${0##*/}: not a number from 1: '$number'" >&2
		exit 2
		;;
	esac
done

env=$(bash "$top/selftests/vm/kernel.sh" stock)
eval "$env"
built=$OUT/stock
out=$OUT/check/hammer
"$top/scripts/build-module.sh" "$KDIR" "$built"
"$top/scripts/build-module.sh" --hammer "$KDIR" "$built"
text_size=$(objdump -h -j .text "$built/zmem/zmem.ko" | awk '$2 == ".text" { print $3 }')
rm -f "$out/hits"
# Zeroing would send each call past the code that is looked at.
bash "$top/selftests/vm/boot.sh" --icount --out "$out" --timeout 900 \
	--append 'kunit.enable=0 init_on_alloc=0 init_on_free=0 mitigations=off' \
	--add "$top/selftests/hammer/hammer.sh:/zmem/hammer.sh" \
	--add "$built/zmem/zmem.ko:/zmem/zmem.ko" \
	--add "$built/hammer/zmem_hammer.ko:/zmem/zmem_hammer.ko" \
	-- sh /zmem/hammer.sh "$interrupts" "$seed" $((0x$text_size))
exec python3 "$top/selftests/hammer/windows.py" "$built/zmem/zmem.ko" "$out/hits"
