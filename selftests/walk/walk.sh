#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=dash
#
# walk.sh: a newcomer's first half hour with zmem, typed into a terminal, in a
# guest with tmux, bpftrace and its scripts, zmemctl, zmem.ko, requests.ko and
# ktap_helpers.sh beside it; zmem is not loaded. What the screen shows at each
# step goes to /out, and from there into Documentation/screens.

here=$(cd "$(dirname "$0")" && pwd)
. "$here/ktap_helpers.sh"

export LC_ALL=C.UTF-8 TERM=linux PS1='# ' BPFTRACE_MAP_KEYS_MAX=100000
patience=60

tmux() {
	"$here/tmux" -f /dev/null -L walk "$@"
}

screen() {
	tmux capture-pane -p -t walk | sed 's/ *$//' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

# key KEY...: strikes them.
key() {
	tmux send-keys -t walk "$@"
}

# enter COMMAND: on an empty screen.
enter() {
	key C-l
	sleep 0.3
	key -l "$1"
	key Enter
}

# shows PATTERN...: within some time the screen has a line like each.
shows() {
	local left=$((patience * 2)) pattern missing

	while [ $left -gt 0 ]; do
		missing=
		screen >/tmp/walk.screen
		for pattern; do
			grep -qE -- "$pattern" /tmp/walk.screen || missing=$pattern
		done
		[ -n "$missing" ] || return 0
		sleep 0.5
		left=$((left - 1))
	done
	ktap_print_msg "no '$missing' on the screen:"
	sed 's/^/# | /' /tmp/walk.screen
	return 1
}

# interrupt: Ctrl-C, and the prompt is back.  bpftrace (0.17) hears one only while
# it waits for events, which on a busy machine it now and then does not.
interrupt() {
	local tries=4 patience=30

	while [ $tries -gt 0 ]; do
		key C-c
		shows '^#$' >/tmp/walk.missing && return 0
		tries=$((tries - 1))
	done
	cat /tmp/walk.missing
	return 1
}

# keep NAME: the screen, as it stands.
keep() {
	screen >"/out/$1.txt"
}

load() {
	enter 'insmod zmem.ko && zmemctl list -n 3'
	shows '^NAME +OBJSIZE' '^zmem-[0-9a-z]+ ' '^#$' && keep load
}

use() {
	enter 'insmod requests.ko leak=1'
	shows '^#$' || return 1
	enter 'zmemctl top'
	# At the top, for it allocates most.
	shows '^zmem: [0-9]+ caches, ' '^NAME +ALLOC/s' '^requests +[1-9]' || return 1
	keep top
	key q
	shows '^#$'
}

sites() {
	enter 'bpftrace zmem-sites.bt'
	shows '^Counting' || return 1
	sleep 5
	interrupt || return 1
	shows '^(\^C)?@calls\[request_new, requests\]: [1-9][0-9]{2}' \
		'^@bytes\[request_new, requests\]: [1-9][0-9]{4}' && keep sites
}

# Which of its functions allocates what nobody frees.
leak() {
	enter 'bpftrace zmem-leaks.bt'
	shows '^Following' || return 1
	sleep 5
	interrupt || return 1
	shows '^(\^C)?@leaked\[request_new, requests,' '^ +request_new\+' '^ +requests_round\+' \
		'^\]: [1-9][0-9]*$' && keep leaks
}

# A value of zmemctl stat's.
stat_of() {
	zmemctl stat -b requests | awk -v key="$1" '$1 == key { print $2 }'
}

shrink() {
	local before

	enter 'echo 1 >/sys/module/requests/parameters/pause'
	sleep 1
	before=$(stat_of cached)
	enter 'zmemctl list -n 1 -s objects; zmemctl shrink requests; zmemctl list -n 1 -s objects'
	shows '^requests .*' '^#$' || return 1
	keep shrink
	[ "$before" -gt 0 ] && [ "$(stat_of cached)" -eq 0 ]
}

unload() {
	enter 'rmmod requests && rmmod zmem; dmesg | grep "zmem: cache"'
	shows 'zmem: cache requests: destroyed with live objects' '^#$' || return 1
	keep unload
	enter 'zmemctl list'
	shows 'zmemctl: ' '^#$' && [ ! -e /sys/module/zmem ]
}

mkdir -p /dev/pts
mount -t devpts devpts /dev/pts
cd "$here" || exit 1
tmux new-session -d -s walk -x 120 -y 24 /bin/sh

ktap_print_header
ktap_set_plan 6
ktap_test_result "load" load
ktap_test_result "a cache in zmemctl top" use
ktap_test_result "who allocates" sites
ktap_test_result "a planted leak, by call site" leak
ktap_test_result "shrink" shrink
ktap_test_result "unload" unload
tmux kill-server
ktap_finished
