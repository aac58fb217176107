#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Searches all states of the model with spin: none may break a promise, and
# each error that can be seeded must be found.
#
#	Documentation/model/check.sh [DIR]	DIR: where to build
set -u
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-${OUT:-$here/../../build}/model}
status=0
n=0
mkdir -p "$out"
cd "$out" || exit 2

# Compiling pan.c with optimisation takes longer than it saves.
# search PART ERROR: an exhaustive search; its verdict in $out/PART-ERROR.log
search() {
	spin -DPART="$1" -DSEED_ERROR="$2" -a "$here/magazine.pml" > "$1-$2.log" 2>&1 &&
		gcc -w -DSAFETY -DNOREDUCE -DCOLLAPSE -DMEMLIM=2048 -o pan pan.c &&
		timeout 300 ./pan -m100000 >> "$1-$2.log" 2>&1
}

# verdict NAME GOOD LOG
verdict() {
	n=$((n + 1))
	if [ "$2" = yes ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' "$3" | head -n 40
		status=1
	fi
}

# An aborted search finds no error either: it must say that it went through.
holds() {
	local log=$1-0.log good=no

	search "$1" 0
	if grep -q 'errors: 0$' "$log" && ! grep -qE 'Search not completed|max search depth' "$log"
	then
		good=yes
	fi
	verdict "part $1 holds in all$(sed -n 's/ *\([0-9]*\) states, stored$/ \1 states/p' "$log")" \
		$good "$log"
}

finds() {
	local log=$1-$2.log good=no

	search "$1" "$2"
	if grep -q 'assertion violated' "$log" && grep -q 'errors: 1$' "$log"; then
		good=yes
	fi
	verdict "part $1 finds error $2:$(sed -n 's/^pan:1: assertion violated//p' "$log")" $good "$log"
}

echo "TAP version 13"
echo "1..12"
for part in 1 2 3 4; do
	holds $part
done
for error in 1 2 3 4 5 6; do
	finds 1 $error
done
finds 3 7
finds 4 8
exit $status
