#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Builds zmem.ko against a kernel's build folder, with the objects kept apart
# from the tree, so that modules for several kernels live side by side:
#
#	scripts/build-module.sh [--client | --bench | --storm | --hammer] KDIR OUT
#
# leaves OUT/zmem/zmem.ko, or one of its users: with --client the example,
# OUT/client/zmem_client.ko, with --bench the benchmark, OUT/bench/zmem_bench.ko,
# and so on.
# A warning fails the build.  $KCFLAGS are added to the compiler's flags.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
user=''
case $1 in
--client | --bench | --storm | --hammer)
	user=${1#--}
	shift
	;;
esac
kdir=$1
out=$2
# What a copy does not know it removes.
if [ -e "$out/include/config/kernel.release" ]; then
	echo "${0##*/}: $out is a kernel's build folder" >&2
	exit 2
fi

# kbuild puts objects beside sources: give it a copy, updated in place.
copy() {
	mkdir -p "$2"
	(cd "$1" && find . \( -name '*.[chS]' -o -name Kbuild -o -name Makefile \) \
		-not -name '*.mod.c' -not -path './build/*' -print0 |
		cpio -0 -pdmu --quiet "$2")
	# What went from the tree goes from the copy.
	(cd "$2" && find . \( -name '*.[chS]' -o -name Kbuild \) -not -name '*.mod.c' \
		-print | while read -r f; do [ -e "$1/$f" ] || rm -f "$f"; done)
}

mkdir -p "$out"
if [ "$user" ]; then
	copy "$top/selftests/$user" "$out/$user"
	make -C "$kdir" M="$out/$user" W=1 KCFLAGS="-Werror ${KCFLAGS-}" \
		KBUILD_EXTRA_SYMBOLS="$out/Module.symvers" \
		ZMEM_INCLUDE="$top/include" modules
else
	copy "$top/zmem" "$out/zmem"
	copy "$top/include" "$out/include"
	cp "$top/Kbuild" "$out/Kbuild"
	make -C "$kdir" M="$out" W=1 KCFLAGS="-Werror -g ${KCFLAGS-}" modules
fi
