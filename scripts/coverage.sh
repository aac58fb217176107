#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Coverage of all of zmem/ but tests and compat:
#
#	scripts/coverage.sh		all of it
#	scripts/coverage.sh --core	zmem/core/ by the userspace suites: no guest
#
# The core is measured in userspace, at -O0, by every suite there and by the
# fuzzer's corpus; the rest, and the core's lines that only a kernel reaches, in
# guests of the debug kernel.  scripts/coverage.py prints the table and judges;
# what was not reached is listed in $OUT/coverage/missing.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
out=${OUT:-$top/build}/coverage
cd "$top"
mkdir -p "$out"
vm=selftests/vm/boot.sh

# quietly NAME COMMAND...: keeps its output, of which a failure shows the end.
quietly() {
	local log=$out/$1.log

	shift
	"$@" >"$log" 2>&1 && return
	grep -E '^ *(# )*not ok ' "$log" || :
	tail -n 40 "$log"
	echo "coverage: failed, see $log"
	exit 1
}

measure_core() {
	# Counts of an earlier run would count again.
	find "$out/user" -name '*.gcda' -delete 2>/dev/null || :
	quietly user make -C userspace OUT="$out/user" check-coverage
}

# With little optimisation: more of it moves counts to other lines.
build() {
	eval "$(bash selftests/vm/kernel.sh debug)" &&
		GCOV_PROFILE=y KCFLAGS=-O1 scripts/build-module.sh "$KDIR" "$out/module" &&
		scripts/build-module.sh --client "$KDIR" "$out/module" &&
		make -C selftests OUT="$out/selftests" &&
		make -C userspace/tools OUT="$out/tools" &&
		xz -dc userspace/bench/streams/kernel.stream.xz >"$out/kernel.stream"
}

# guest NAME [OPTION...] -- COMMAND...: boots, and puts the compiler's notes beside
# the counts that come back.
guest() {
	local name=$1

	shift
	rm -rf "${out:?}/$name"
	quietly "$name" bash "$vm" --kernel debug --timeout 1500 --out "$out/$name" \
		--add "$out/selftests:/zmem" --add selftests/gcov.sh:/zmem/gcov.sh \
		--add "$out/module/zmem/zmem.ko:/zmem/zmem.ko" "$@"
	(cd "$out/module" && find zmem -name '*.gcno' |
		cpio -pdm --quiet "$out/$name/gcov$out/module")
}

measure_kernel() {
	local tools=(--add "$out/tools/zmemctl:/zmem/zmemctl"
		--add "$out/tools/zmem-record:/zmem/zmem-record"
		--add "$out/tools/zmem-replay:/zmem/zmem-replay"
		--add "$out/tools/replay-test:/zmem/replay-test"
		--add "$out/kernel.stream:/zmem/kernel.stream")

	quietly build build
	# trace.sh looks for callers, which inlining decides: not with so little of it.
	guest kunit --add selftests/kunit.sh:/zmem/kunit.sh -- \
		sh /zmem/gcov.sh sh /zmem/kunit.sh
	guest kselftest --append kunit.enable=0 "${tools[@]}" \
		--add "$out/module/client/zmem_client.ko:/zmem/zmem_client.ko" -- \
		sh /zmem/gcov.sh sh /zmem/run.sh -l 4 -o 500000 -s zmemctl -s trace
	guest replay --append kunit.enable=0 "${tools[@]}" --dimm 384 -- \
		sh /zmem/gcov.sh sh -c 'insmod /zmem/zmem.ko && /zmem/blocks &&
			replay-test /zmem/kernel.stream && rmmod zmem'
	# A failed cache of the kernel's own, or a failed load, shows its stack.
	guest fault --append kunit.enable=0 --allow-splat 'Call Trace| [?] lockdep_' -- \
		sh /zmem/gcov.sh sh /zmem/fault.sh
}

data=("$out/user")
options=()
measure_core
if [ "${1-}" = --core ]; then
	options=(--core)
else
	measure_kernel
	data+=("$out/kunit" "$out/kselftest" "$out/replay" "$out/fault")
fi
scripts/coverage.py "${options[@]}" --root "$out/module" --missing "$out/missing" \
	--exclude scripts/coverage.exclude "${data[@]}"
