#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Takes the newcomer's walk in a guest with the stock kernel (see walk.sh):
#
#	selftests/walk/run.sh [--update]
#
# leaves the screens in $OUT/walk; with --update also in Documentation/screens,
# which the documentation includes.

set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
out=${OUT:-$top/build}
update=

case ${1-} in
'') ;;
--update) update=1 ;;
*)
	echo "${0##*/}: unknown option $1 (see the head of $0)" >&2
	exit 2
	;;
esac

eval "$(bash "$top/selftests/vm/kernel.sh" stock)"
"$top/scripts/build-module.sh" "$KDIR" "$out/stock"
"$top/scripts/build-module.sh" --client "$KDIR" "$out/stock"
make -C "$top/selftests" OUT="$out/selftests"
make -C "$top/userspace/tools" OUT="$out/tools"

# The leak is reported when its cache goes, with a stack. tmux wants to know
# what terminals there are, and a locale with UTF-8.
bash "$top/selftests/vm/boot.sh" --mem 2048 --timeout 900 --out "$out/walk" \
	--allow-splat 'Call Trace' \
	--add "$out/selftests/ktap_helpers.sh:/zmem/ktap_helpers.sh" \
	--add "$here/walk.sh:/zmem/walk.sh" --add "$top/userspace/bpftrace:/zmem" \
	--add "$out/stock/zmem/zmem.ko:/zmem/zmem.ko" \
	--add "$out/stock/client/requests.ko:/zmem/requests.ko" \
	--add "$out/tools/zmemctl:/zmem/zmemctl" \
	--add "$(command -v bpftrace):/zmem/bpftrace" \
	--add "$(command -v tmux):/zmem/tmux" \
	--add /usr/lib/locale/C.utf8:/usr/lib/locale/C.utf8 \
	--add /lib/terminfo:/lib/terminfo -- sh /zmem/walk.sh

[ -z "$update" ] || cp "$out"/walk/{load,top,sites,leaks,shrink,unload}.txt \
	"$top/Documentation/screens/"
