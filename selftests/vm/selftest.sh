#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Tests boot.sh itself, in TAP: what is good must pass, and nothing that is bad
# may. Some four minutes with 2 CPUs and no KVM.
#
#	selftests/vm/selftest.sh [stock|debug]

set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

out=$(mktemp -d "${TMPDIR:-/tmp}/zmem-vm-test.XXXXXX")
trap 'rm -rf "$out" "$out.log" "$out.leak"' EXIT
count=0
failures=0

result() {
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count $2"
	else
		echo "not ok $count $2"
		failures=$((failures + 1))
	fi
}

# boots NAME STATUS SAID ARGUMENTS...: boot.sh must exit with STATUS, and it or
# the guest must have said SAID.
boots() {
	local name=$1 want=$2 said=$3 status=0

	shift 3
	rm -rf "${out:?}"/*
	"$here/boot.sh" --quiet --out "$out" "$@" >"$out.log" 2>&1 || status=$?
	if [ "$status" -eq "$want" ] &&
		cat "$out.log" "$out/console.log" | grep -E -- "$said" >/dev/null; then
		result 0 "$name"
	else
		sed 's/^/# /' "$out.log"
		result 1 "$name (exit $status, wanted $want and '$said')"
	fi
}

test_stock() {
	# shellcheck disable=SC2016 # for the guest's shell
	boots 'a good run passes' 0 'vm-selftest-two-nodes' \
		--add "$(command -v env):/vm-selftest/env" --module zram \
		--expect 'vm-selftest-libraries' -- sh -c '
			cd /sys/devices/system/node &&
			[ "$(cat online)" = 0-1 ] && [ -e node0/cpu0 ] &&
			[ -e node1/cpu1 ] && echo vm-selftest-two-nodes &&
			/vm-selftest/env echo vm-selftest-libraries &&
			[ -e /sys/module/zram ] && echo arrived >/out/file'
	status=0
	[ "$(cat "$out/file")" = arrived ] || status=1
	result "$status" 'a file arrives from /out'
	boots 'a command that fails is a failure' 1 'exit status 3' \
		-- sh -c 'exit 3'
	boots 'a console without what was expected is a failure' 1 \
		'not on the console' --expect 'no such words' -- true
	boots 'a panic is a failure' 2 'Kernel panic' \
		-- sh -c 'echo c >/proc/sysrq-trigger'
	boots 'a splat is a failure' 1 'reports in the kernel log' \
		-- sh -c 'echo "<3>BUG: KASAN: made up" >/dev/kmsg'
	boots 'a splat may be allowed' 0 'PASS' --allow-splat 'made up' \
		-- sh -c 'echo "<3>BUG: KASAN: made up" >/dev/kmsg'
	boots 'a hang is a timeout' 124 'no end after 40 s' --timeout 40 \
		-- sleep 1000
}

# The planted leak under another name, which makes it a real one.
build_leak() {
	local env

	env=$("$here/kernel.sh" debug)
	eval "$env"
	mkdir "$1"
	cp "$here/leak/zmem_plant_leak.c" "$1/real_leak.c"
	echo 'obj-m := real_leak.o' >"$1/Kbuild"
	make -C "$KDIR" M="$1" modules >"$1/log" 2>&1
}

test_debug() {
	local leak=$out.leak

	build_leak "$leak"
	boots 'debug: a good run passes' 0 'PASS' --kernel debug -- true
	boots 'debug: a leak is a failure' 1 'kmemleak found leaks' \
		--kernel debug --add "$leak/real_leak.ko" -- insmod /real_leak.ko
	boots 'debug: kmemleak switched off is a failure' 1 'kmemleak is dead' \
		--kernel debug -- sh -c 'echo off >/sys/kernel/debug/kmemleak'
}

echo 'TAP version 13'
case ${1-} in
stock) echo 1..8; test_stock ;;
debug) echo 1..3; test_debug ;;
'') echo 1..11; test_stock; test_debug ;;
*) die "usage: ${0##*/} [stock|debug]" ;;
esac
[ "$failures" -eq 0 ]
