#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Cyclomatic complexity of the module's and the core's functions, by pmccabe:
# the mean must be 8 or less, and the functions above that are listed.
#
#	scripts/metrics.sh [FILE...]	default: zmem/*.c zmem/core/*.c
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- zmem/*.c zmem/core/*.c

# Columns: modified and traditional complexity, statements, first line, lines,
# file(line): function.  The traditional one is what is meant.
pmccabe "$@" | sort -k 2,2nr | awk -v most=8 '
	{ sum += $2; n++; place = $6; sub(/\([0-9]+\):$/, "", place) }
	$2 > most { printf "%3d  %s:%d %s()\n", $2, place, $4, $7 }
	END {
		if (!n) { print "metrics: no functions"; exit 1 }
		printf "mean %.2f of %d functions; %d or less is asked for\n", sum / n, n, most
		exit sum / n > most
	}'
