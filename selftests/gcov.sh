#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# gcov.sh COMMAND...: in a guest whose modules count what runs in them, runs a
# command and leaves the counts in /out, those of modules unloaded since too.
set -u
gcov=/sys/kernel/debug/gcov

"$@"
status=$?
cd $gcov || exit 1
find . -name '*.gcda' | while read -r file; do
	mkdir -p "/out/gcov/${file%/*}"
	# Their sizes are not known before they are read.
	cat "$file" >"/out/gcov/$file"
done
[ -d /out/gcov ] || { echo "gcov.sh: nothing was counted"; exit 1; }
exit $status
