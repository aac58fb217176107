#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# In a guest with KUnit: inserts the module, whose suites run as it comes, and
# judges what they printed.  A suite that did not run is a failure too.
set -u
insmod /zmem/zmem.ko || exit 1
log=$(dmesg | sed 's/^\[[^]]*\] //; 1,/^zmem: loading out-of-tree module/d')
rmmod zmem || exit 1

planned=$(echo "$log" | sed -n 's/^1\.\.\([0-9]*\)$/\1/p' | head -n 1)
passed=$(echo "$log" | grep -c '^ok [0-9]')
failed=$(echo "$log" | grep -cE '^ *not ok ')
cases=$(echo "$log" | grep -cE '^ +ok [0-9]')
echo "$log" | grep -E '^ *(not )?ok |EXPECTATION|ASSERTION|Expected|==' | head -n 300
echo "# $cases cases passed, $failed failed; $passed of ${planned:-no} suites"
[ -n "$planned" ] && [ "$planned" -gt 0 ] && [ "$passed" -eq "$planned" ] &&
	[ "$failed" -eq 0 ]
