#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# The completion of zmemctl, as bash calls it.  TAP.
#
#	completion.sh FOLDER LIBRARY, the first of which has zmemctl
# shellcheck disable=SC2317,SC1091 # what the completion calls, and itself
set -u
PATH=$(realpath "${1:?usage: completion.sh FOLDER LIBRARY}"):$PATH
lib=$(realpath "${2:?usage: completion.sh FOLDER LIBRARY}")
stats=$(mktemp "${TMPDIR:-/tmp}/zmem-completion.XXXXXX")
trap 'rm -f "$stats"' EXIT
here=$(dirname "$(realpath "$0")")
n=0
status=0
compopt() { :; }
# shellcheck source=zmemctl/completion.bash
. "$here/zmemctl/completion.bash"

# completes WANTED WORD...: the last word becomes these, in any order; bash has
# cut the words at "=".
completes() {
	local wanted=$1 have

	shift
	COMP_WORDS=(zmemctl "$@")
	COMP_CWORD=$#
	_zmemctl zmemctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
	have=$(printf '%s\n' "${COMPREPLY[@]}" | sort | xargs)
	n=$((n + 1))
	[ "$have" = "$wanted" ] && echo "ok $n - $*" && return
	echo "not ok $n - $*: '$have', not '$wanted'"
	status=1
}

# Every command that zmemctl has is known, and nothing else is.
mapfile -t commands < <(zmemctl help | sed -n 's/^  \([a-z]\{1,\}\) .*/\1/p')
echo 'TAP version 13'
completes "$(printf '%s\n' "${commands[@]}" --color= --from= --json help | sort | xargs)" ''
completes 'set shrink stat stress' s
completes 'always auto never' --color = ''
completes 'always' --color = al
completes 'traces' --color = always tr
completes 'cpu node' drain ''
completes 'node' open ''
completes "$(cd /sys/devices/system/cpu && printf '%s\n' cpu[0-9]* | sed s/cpu// | sort | xargs)" \
	drain cpu ''
completes 'hit_rate hits' list -s hit
completes 'hit_rate hits' --json list -s hit
completes 'burst' bench -k bur
completes 'cpus' top -v cp
completes 'depot_max_kib=' set zmem-64 dep
ZMEM_STATS=$stats LD_PRELOAD=$lib sleep 0
completes 'zmem-64 zmem-640' --from = "$stats" stat zmem-64
completes 'zmem-64 zmem-640' --from = "$stats" set zmem-64
echo "1..$n"
exit $status
