#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Runs suites one after the other:
#
#	scripts/check.sh SUITE...
#
# Each prints a line with its result and seconds, and keeps its output in
# $OUT/check/SUITE.log, of which the end is shown when it fails.  A suite may
# leave with 4 to say that it was skipped; its last line then says why.  The
# last line counts: N passed, N failed[, N skipped].
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
OUT=${OUT:-$top/build}
logs=$OUT/check
mkdir -p "$logs"
cd "$top" || exit 2

vm=selftests/vm/boot.sh

# A module built for a guest's kernel, in a tree of its own.  $KERNEL says which
# of the stock kernels; see kernel.sh.
# shellcheck source-path=SCRIPTDIR/..
build_for() {
	local kernel=$1

	built=$OUT/$kernel${KERNEL:+-$KERNEL}
	eval "$(bash selftests/vm/kernel.sh "$kernel")" || return 1
	# Stacks there are to name each function on the way.
	[ "$kernel" != debug ] || local -x KCFLAGS=-fno-optimize-sibling-calls
	scripts/build-module.sh "$KDIR" "$built"
}

suite_rules() {
	scripts/rules.sh
}

suite_style() {
	scripts/style.sh
}

suite_sparse() { scripts/static.sh sparse; }
suite_static() { scripts/static.sh cppcheck coccinelle tidy; }

suite_user_plain() { make -C userspace OUT="$OUT/userspace" check-plain; }
suite_user_rseq() { make -C userspace OUT="$OUT/userspace" check-rseq; }
suite_user_asan() { make -C userspace OUT="$OUT/userspace" check-asan; }
suite_user_tsan() { make -C userspace OUT="$OUT/userspace" check-tsan; }
suite_user_valgrind() { make -C userspace OUT="$OUT/userspace" check-valgrind; }
suite_user_programs() { make -C userspace OUT="$OUT/userspace" check-programs; }
suite_user_programs_full() { make -C userspace OUT="$OUT/userspace" check-programs FULL=1; }
suite_user_tools() { make -C userspace/tools OUT="$OUT/tools" check; }
suite_fuzz() { make -C userspace/fuzz OUT="$OUT/fuzz" fuzz SECONDS=60; }
suite_coverage_core() { scripts/coverage.sh --core; }
suite_coverage() { scripts/coverage.sh; }
suite_spin() { Documentation/model/check.sh "$OUT/model"; }
suite_metrics() { scripts/metrics.sh; }

suite_bench_tools() {
	make -C userspace OUT="$OUT/userspace" lib &&
		make -C userspace/bench OUT="$OUT/bench" check
}

suite_vm() {
	bash selftests/vm/selftest.sh
}

suite_docs() {
	make -C Documentation OUT="$OUT/doc"
}

suite_packages() {
	packaging/test.sh
}

# Each bpftrace script, on the stock kernel.
suite_bpftrace() {
	build_for stock || return 1
	make -C selftests OUT="$OUT/selftests" || return 1
	make -C userspace/tools OUT="$OUT/tools" || return 1
	scripts/build-module.sh --client "$KDIR" "$OUT/stock" || return 1
	bash "$vm" --mem 2048 --timeout 1500 --out "$OUT/check/bpftrace" \
		--add "$OUT/selftests:/zmem" --add userspace/bpftrace:/zmem \
		--add "$OUT/stock/zmem/zmem.ko:/zmem/zmem.ko" \
		--add "$OUT/stock/client/zmem_client.ko:/zmem/zmem_client.ko" \
		--add "$OUT/tools/zmemctl:/zmem/zmemctl" \
		--add "$(command -v bpftrace):/zmem/bpftrace" -- sh /zmem/bpftrace.sh
}

# A newcomer's way, typed into a terminal.
suite_walk() {
	selftests/walk/run.sh
}

# The drgn script, on the stock kernel; Python comes into the guest as it is here,
# but for its own tests and for what only embedding it needs.
suite_drgn() {
	local python library packages=/usr/lib/python3/dist-packages file adds=()

	build_for stock || return 1
	make -C selftests OUT="$OUT/selftests" || return 1
	scripts/build-module.sh --client "$KDIR" "$OUT/stock" || return 1
	python=$(readlink -f /usr/bin/python3)
	library=/usr/lib/${python##*/}
	rm -rf "$OUT/python" && mkdir -p "$OUT/python" || return 1
	tar -C "$library" -cf - --exclude=test --exclude=__pycache__ --exclude='config-*' . |
		tar -C "$OUT/python" -xf - || return 1
	for file in "$packages"/drgn "$packages"/_drgn*.so; do
		adds+=(--add "$file:$file")
	done
	bash "$vm" --mem 2048 --timeout 600 --out "$OUT/check/drgn" --append kunit.enable=0 \
		--add "$python:/usr/bin/python3" --add "$OUT/python:$library" "${adds[@]}" --add "$OUT/selftests:/zmem" \
		--add selftests/drgn.sh:/zmem/drgn.sh \
		--add userspace/drgn/zmem-caches.py:/zmem/zmem-caches.py \
		--add "$OUT/stock/zmem/zmem.ko:/zmem/zmem.ko" \
		--add "$OUT/stock/client/zmem_client.ko:/zmem/zmem_client.ko" -- sh /zmem/drgn.sh
}

suite_build() {
	build_for stock
}

# What the fast paths were compiled to: see there.
suite_fastpath() {
	build_for stock || return 1
	scripts/fastpath.sh "$OUT/stock/zmem/zmem.ko"
}

# Every KUnit suite in the debug kernel; KASAN, lockdep, kmemleak look on.
suite_kunit() {
	build_for debug || return 1
	bash "$vm" --kernel debug --timeout 600 --out "$OUT/check/kunit" \
		--add "$built/zmem/zmem.ko:/zmem/zmem.ko" \
		--add selftests/kunit.sh:/zmem/kunit.sh -- sh /zmem/kunit.sh
}

selftest_in() {
	local kernel=$1

	shift
	build_for "$kernel" || return 1
	make -C selftests OUT="$OUT/selftests" || return 1
	make -C userspace/tools OUT="$OUT/tools" || return 1
	scripts/build-module.sh --client "$KDIR" "$built" || return 1
	bash "$vm" --kernel "$kernel" --timeout 1500 \
		--out "$OUT/check/${built##*/}" \
		--append kunit.enable=0 \
		--add "$OUT/selftests:/zmem" \
		--add "$built/zmem/zmem.ko:/zmem/zmem.ko" \
		--add "$built/client/zmem_client.ko:/zmem/zmem_client.ko" \
		--add "$built/client/zmem_calls.ko:/zmem/zmem_calls.ko" \
		--add "$OUT/tools/zmemctl:/zmem/zmemctl" \
		--add "$OUT/tools/zmem-record:/zmem/zmem-record" \
		--add "$OUT/tools/zmem-replay:/zmem/zmem-replay" \
		-- sh /zmem/run.sh "$@"
}

suite_kselftest() { selftest_in stock; }
# Each access is checked there: fewer of them.
suite_kselftest_debug() { selftest_in debug -l 4 -o 500000; }
# Debian's other kernels.
suite_kernel_6.1() { KERNEL=6.1 selftest_in stock; }
suite_kernel_7.x() { KERNEL=7.x selftest_in stock; }
suite_kernel_rt() { KERNEL=rt selftest_in stock; }

# Each allocation fails in turn, in a process and in the guest: no site of one may
# be left that no failure reached.
suite_faults() {
	local out=$OUT/check/faults

	rm -rf "$out"
	mkdir -p "$out"
	make -C userspace OUT="$OUT/userspace" kunit-plain || return 1
	ZMEM_FAULT_LOG="$out/user.log" ZMEM_FAKE_NODES=3 \
		"$OUT/userspace/plain/kunit" zmem_fault || return 1
	build_for debug || return 1
	make -C selftests OUT="$OUT/selftests" || return 1
	strip -g -o "$out/zmem.ko" "$built/zmem/zmem.ko"
	# A failed cache of the kernel's own, or a failed load, shows its stack.
	bash "$vm" --kernel debug --timeout 1500 --out "$out" --append kunit.enable=0 \
		--allow-splat 'Call Trace| [?] lockdep_' --add "$out/zmem.ko:/zmem/zmem.ko" \
		--add "$OUT/selftests/fault:/zmem/fault" \
		--add selftests/fault.sh:/zmem/fault.sh -- sh /zmem/fault.sh || return 1
	scripts/fault-sites.py --check "$out/user.log" "$built/zmem/zmem.ko" \
		"$out/fault-load.log" "$out/fault.trace"
}

# The ioctls, fuzzed for a while; what once failed comes first.
suite_ioctl_fuzz() {
	local seeds

	build_for debug || return 1
	make -C selftests OUT="$OUT/selftests" || return 1
	seeds=$(grep -v '^#' selftests/ioctl_fuzz/seeds | tr '\n' ' ')
	bash "$vm" --kernel debug --timeout $((1200 + ${FUZZ_SECONDS:-40})) \
		--out "$OUT/check/ioctl-fuzz" --append kunit.enable=0 \
		--add "$OUT/selftests/ioctl_fuzz:/zmem/ioctl_fuzz" \
		--add "$built/zmem/zmem.ko:/zmem/zmem.ko" -- sh -c \
		"insmod /zmem/zmem.ko && ioctl_fuzz -t ${FUZZ_SECONDS:-40} $seeds && rmmod zmem"
}

# Memory that comes, goes and comes again, of a CPU's node that has no other.
suite_hotplug() {
	build_for stock || return 1
	make -C selftests OUT="$OUT/selftests" || return 1
	bash "$vm" --dimm 384 --dimm-only --out "$OUT/check/hotplug" \
		--append kunit.enable=0 --add "$OUT/selftests/memory:/zmem/memory" \
		--add "$built/zmem/zmem.ko:/zmem/zmem.ko" -- \
		sh -c 'insmod /zmem/zmem.ko && /zmem/memory && rmmod zmem'
}

# Everything at once; data races; interrupts at every instruction of the fast path.
suite_storm() { bash selftests/storm/run.sh; }
suite_kcsan() { bash selftests/storm/run.sh --kernel kcsan; }
suite_hammer() { bash selftests/hammer/run.sh; }

# Bugs planted in the core, which the suites are to catch: other ones each time.
suite_mutants() { make check-mutants; }

# The main job, and then the replay's own tests on the stream that it left.
suite_run() {
	bash selftests/run/run.sh || return 1
	bash selftests/run/run.sh --test --stream "$OUT"/streams/kernel-*.stream
}

passed=0
failed=0
skipped=0
red=''
started=$SECONDS
for suite in "$@"; do
	printf '%-18s ' "$suite"
	before=$SECONDS
	( set -e; "suite_${suite//-/_}" ) > "$logs/$suite.log" 2>&1
	status=$?
	seconds=$((SECONDS - before))
	case $status in
	0)
		printf 'ok      %4d s\n' "$seconds"
		passed=$((passed + 1))
		;;
	4)
		printf 'skipped %4d s  %s\n' "$seconds" "$(tail -n 1 "$logs/$suite.log")"
		skipped=$((skipped + 1))
		;;
	*)
		printf 'FAILED  %4d s  (exit %d)\n' "$seconds" "$status"
		tail -n 40 "$logs/$suite.log" | sed 's/^/    /'
		failed=$((failed + 1))
		red="$red $suite"
		;;
	esac
done
# Which cases it were, once more and last: who reads may see the end alone.
for suite in $red; do
	grep -m 8 -B 6 '^ *not ok ' "$logs/$suite.log" | cut -c 1-120 |
		sed "s/^/$suite: /" || true
done
echo "$((SECONDS - started)) s in all; logs in ${logs#"$top"/}"
tail=''
[ "$skipped" -eq 0 ] || tail=", $skipped skipped"
echo "$passed passed, $failed failed$tail"
[ "$failed" -eq 0 ]
