#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# The guest's side of run.sh; everything it needs is in /zmem.
#
#	guest.sh all [PROCESSES [ROUNDS]]	record, then replay
#	guest.sh replay|time|test		replay /zmem/kernel.stream
#
# Leaves what is worth keeping in /out.

set -eu

what=$1
shift
stream=/zmem/kernel.stream
json=/out/replay.json

record() {
	stream=/out/kernel.stream
	echo "# recording"
	zmem-record -o $stream -- sh /zmem/work.sh /zmem/headers.tar "$@"
	zmem-stream check $stream
	zmem-stream summary $stream
	zmem-stream caches $stream >/out/stream-caches.txt
}

case $what in
all) record "$@" ;;
time) json=/out/time.json ;;
esac

insmod /zmem/zmem.ko
case $what in
test)
	replay-test $stream
	;;
time)
	zmem-replay --time --repeats 11 --json $json $stream
	;;
*)
	zmem-replay --repeats 5 --caches --json $json $stream
	echo "# zmem/caches"
	cat /sys/kernel/debug/zmem/caches
	;;
esac
rmmod zmem
