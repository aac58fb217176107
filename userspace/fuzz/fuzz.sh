#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Runs the fuzzers for a while, or keeps what they learnt:
#
#	userspace/fuzz/fuzz.sh DIR SECONDS	DIR holds the fuzzers
#	userspace/fuzz/fuzz.sh --corpus DIR	minimises what runs added
#
# The corpora in the tree are read, never written; what a run adds stays in
# DIR/new-*, and what it finds in DIR/found, with the command that repeats it.
set -u
here=$(cd "$(dirname "$0")" && pwd)

die() {
	echo "fuzz: $*" >&2
	exit 2
}

# The file that a failing input is kept in stands last in libFuzzer's output.
run() {
	local fuzzer=$1 seconds=$2 nodes=$3 status=0 seed=$RANDOM

	mkdir -p "$out/new-$fuzzer" "$out/found"
	ZMEM_FAKE_NODES=$nodes "$out/${fuzzer}_fuzz" -seed="$seed" \
		-max_total_time="$seconds" -max_len="${length[$fuzzer]}" -timeout=20 \
		-use_value_profile="${profile[$fuzzer]}" -print_final_stats=1 -verbosity=1 \
		-artifact_prefix="$out/found/$fuzzer-" \
		"$out/new-$fuzzer" "$here/corpus/$fuzzer" > "$out/$fuzzer-$nodes.log" 2>&1 || status=$?
	echo "$fuzzer, $nodes node(s), seed $seed:" \
		"$(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$fuzzer-$nodes.log") executions," \
		"$(sed -n 's/^stat::average_exec_per_sec: *//p' "$out/$fuzzer-$nodes.log") a second"
	[ "$status" -eq 0 ] && return
	grep -aE -A 12 'BUG: |ERROR: |runtime error' "$out/$fuzzer-$nodes.log" | head -n 40
	echo "FOUND: ZMEM_FAKE_NODES=$nodes $out/${fuzzer}_fuzz" \
		"$(sed -n 's/.*Test unit written to //p' "$out/$fuzzer-$nodes.log" | tail -n 1)"
	failed=1
}

# Keeps what reaches something that nothing shorter does.
minimise() {
	local fuzzer=$1 kept=$out/kept-$1

	rm -rf "$kept"
	mkdir -p "$kept" "$out/new-$fuzzer"
	ZMEM_FAKE_NODES=2 "$out/${fuzzer}_fuzz" -merge=1 -set_cover_merge=1 -use_counters=0 -max_len="${length[$fuzzer]}" \
		"$kept" "$here/corpus/$fuzzer" "$out/new-$fuzzer" > "$out/$fuzzer-merge.log" 2>&1 ||
		die "merging failed, see $out/$fuzzer-merge.log"
	rm -f "$here/corpus/$fuzzer"/*
	cp "$kept"/* "$here/corpus/$fuzzer"
	echo "$fuzzer: $(find "$kept" -type f | wc -l) inputs kept"
}

declare -A length=([api]=512 [stream]=2048)
# A parser's magic numbers are guessed byte by byte; calls have none.
declare -A profile=([api]=0 [stream]=1)
failed=0

if [ "${1:-}" = --corpus ]; then
	out=${2:?"which directory?"}
	minimise api
	minimise stream
	exit 0
fi
[ $# -eq 2 ] || die "usage: fuzz.sh DIR SECONDS, or fuzz.sh --corpus DIR"
out=$1
seconds=$2
if ! [[ $seconds =~ ^[0-9]+$ && $seconds -ge 4 ]]; then
	die "SECONDS: 4 or more, not '$seconds'"
fi
run api $((seconds * 3 / 8)) 1
run api $((seconds * 3 / 8)) 2
run stream $((seconds / 4)) 1
exit "$failed"
