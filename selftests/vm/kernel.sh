#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Makes a kernel available in the cache directory
# ${ZMEM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/zmem} and prints where it is:
#
#	eval "$(selftests/vm/kernel.sh stock)"
#	make -C "$KDIR" M="$PWD" modules
#
# stock: the kernel of Debian's that $KERNEL names: 6.12 (the default) or 6.1 of
#	this release, rt (its 6.12 with PREEMPT_RT), or 7.x (the newest of
#	Debian 13's backports).
# debug: Debian's 6.12 source, built with debug.config (KASAN, lockdep, ...).
# kcsan: the same, with kcsan.config on top (data races instead of KASAN).
#
# On standard output, for eval: KRELEASE, KIMAGE (bzImage), KDIR (to build
# modules against) and KMODULES (the kernel's own modules, or empty).

set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

kind=${1-}
case $kind in
stock) builder=(kernel-stock.sh) ;;
debug|kcsan) builder=(kernel-debug.sh "$kind") ;;
*) die "usage: ${0##*/} stock|debug|kcsan" ;;
esac

# One builder at a time; a second one finds the finished kernel. The lock is
# not handed down, or a stray child could keep it.
exec 9>"$cache/$kind.lock"
flock -n 9 || { say "waiting for another builder of the $kind kernel"; flock 9; }
"$here/${builder[0]}" "${builder[@]:1}" 9>&-
