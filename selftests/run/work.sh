#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# The work that is recorded, in the guest: on each CPU a worker that unpacks
# an archive into tmpfs, walks the tree, starts processes and removes the tree
# again, some rounds of it.
#
#	work.sh ARCHIVE [PROCESSES [ROUNDS]]

set -eu

archive=$1
processes=${2:-150}
rounds=${3:-2}
dir=/tmp/zmem-work

say() {
	echo "# CPU $cpu: $*"
}

walk() {
	find . -type f -exec stat -c %s {} + | awk '{ n += $1 } END { print n }'
	find . -type f -exec cat {} + | wc -l
}

# Pipes, files, sockets, signals, exits: what starting a process touches.
start() {
	n=0
	while [ $n -lt "$processes" ]; do
		n=$((n + 1))
		case $((n % 4)) in
		0) ls -l include >/dev/null ;;
		1) sh -c 'echo $$ | cat | wc -c' >/dev/null ;;
		2) cat /proc/self/maps /proc/self/status >/dev/null ;;
		3) sh -c 'cp "$0" copy && sort copy | head -n 1; rm copy' \
			"$0" >/dev/null ;;
		esac
	done
}

worker() {
	cpu=$1
	mkdir "$dir/$cpu"
	cd "$dir/$cpu"
	round=0
	while [ $round -lt "$rounds" ]; do
		round=$((round + 1))
		say "round $round: unpack"
		tar -xf "$archive"
		say "round $round: walk"
		walk >/dev/null
		say "round $round: $processes processes"
		start
		say "round $round: remove"
		rm -rf include
	done
}

if [ "${ZMEM_WORKER-}" ]; then
	worker "$ZMEM_WORKER"
	exit
fi

mkdir -p $dir
mount -t tmpfs -o size=75% tmpfs $dir
pids=
for cpu in $(seq 0 $(($(nproc) - 1))); do
	ZMEM_WORKER=$cpu taskset -c "$cpu" sh "$0" "$archive" "$processes" \
		"$rounds" &
	pids="$pids $!"
done
for pid in $pids; do
	wait "$pid"
done
umount $dir
