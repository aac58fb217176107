#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Runs the tests of the malloc in each way that it is used and on each kind of
# machine; $OUT has them and the library.  As TAP: one line a run, a run's own
# output if it fails.  A word on stderr that no test asked for is a failure.
#
#	OUT=DIR tests/malloc.sh TEST...
set -u
: "${OUT:?}"
export CMOCKA_MESSAGE_OUTPUT=TAP
lib=$OUT/libzmem_malloc.so
log=$OUT/tests/log
n=0
status=0

# run NAME COMMAND...
run() {
	local name=$1

	shift
	n=$((n + 1))
	if timeout 300 "$@" >"$log" 2>"$log.err" && [ ! -s "$log.err" ]; then
		echo "ok $n - $name"
		return
	fi
	echo "not ok $n - $name"
	sed 's/^/# /' "$log" "$log.err"
	status=1
}

echo "TAP version 13"
for test in "$@"; do
	run "$test, linked" "$OUT/tests/$test-linked"
	run "$test, preloaded" env LD_PRELOAD="$lib" "$OUT/tests/$test"
	run "$test, one CPU" taskset -c 0 env LD_PRELOAD="$lib" "$OUT/tests/$test"
	run "$test, four nodes" env ZMEM_FAKE_NODES=4 LD_PRELOAD="$lib" "$OUT/tests/$test"
done
run "loaded by dlopen()" "$OUT/tests/malloc_dlopen_test" "$lib"
echo "1..$n"
exit $status
