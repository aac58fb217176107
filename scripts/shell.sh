#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# A shell in a guest that has zmem.ko ready to load:
#
#	scripts/shell.sh stock|debug
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
OUT=${OUT:-$top/build}
kernel=${1:-stock}

eval "$("$top/selftests/vm/kernel.sh" "$kernel")"
"$top/scripts/build-module.sh" "$KDIR" "$OUT/$kernel" >&2
echo "In the guest: insmod /zmem/zmem.ko; cat /sys/kernel/debug/zmem/caches; exit to leave." >&2
exec "$top/selftests/vm/boot.sh" --kernel "$kernel" --shell --timeout 86400 \
	--add "$OUT/$kernel/zmem/zmem.ko:/zmem/zmem.ko"
