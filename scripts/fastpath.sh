#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Reads the fast paths' machine code in a built module:
#
#	scripts/fastpath.sh ZMEM.KO
#
# Fails if one of them masks interrupts, locks the bus, or calls something that
# is not named below: on the straight path, from entry to return, that is what
# the kernel's build puts there, and memcpy() in the bulk functions; beside it
# what is cold. Prints the straight path's length in instructions, on one node
# and on several, where nothing is zeroed: conditional jumps either way, of all
# the ways to a return that turn preemption off the shortest (-: there is none
# that calls nothing). A loop, or a string instruction, counts as if it were
# through at once.
set -euo pipefail

die() {
	echo "${0##*/}: $*" >&2
	exit 2
}

[ $# -eq 1 ] || die "usage: ${0##*/} ZMEM.KO"
[ -r "$1" ] || die "cannot read $1"
[ -x "$(command -v objdump)" ] || die "no objdump: install binutils"

work=$(mktemp -d "${TMPDIR:-/tmp}/zmem-fastpath.XXXXXX")
trap 'rm -rf "$work"' EXIT
objdump -r -j __jump_table "$1" 2>/dev/null >"$work/jumps" || die "$1: no jump table"
objdump -dr --no-show-raw-insn -j .text "$1" 2>/dev/null >"$work/text" || die "$1: no text"

awk '
BEGIN {
	# Must be there, and have a straight path.
	split("zmem_cache_alloc zmem_cache_free __zmem_alloc zmem_free " \
	      "zmem_cache_alloc_bulk zmem_cache_free_bulk", fast)
	# What bulks go on with, where the compiler has kept it apart.
	split("bulk_alloc bulk_free zmem_cache_take_bulk zmem_cache_put_bulk " \
	      "zmem_magazine_alloc_bulk zmem_magazine_free_bulk cpu_pop_bulk " \
	      "cpu_push_bulk cpu_swap", rest)
	for (i in fast) is_fast[fast[i]] = wanted[fast[i]] = 1
	for (i in rest) wanted[rest[i]] = 1
	built_in = "^(__fentry__|__x86_return_thunk)$"
	cold = "^(__SCT__preempt_schedule(_notrace)?|preempt_schedule(_notrace)?(_thunk)?" \
	       "|zmem_report|zmem_[a-z_]+_(slow|miss|wiped)|alloc_large" \
	       "|bulk_alloc|bulk_free|__ubsan_handle_[a-z_]+)$"
	rest_call = "^(memcpy|cpu_(pop_bulk|push_bulk|swap)|cache_wipe(_freed)?" \
		    "|zmem_magazine_(alloc|free)(_bulk)?|zmem_cache_(free|put|take)_bulk|zmem_cache_give|cache_alloc|gfp_is_good|zmem_cache_free_bulk_unseen|__zmem_see_[a-z_]+|__SCT__tp_func_zmem_[a-z_]+)$"
}

# The jump table: triples of code, target and key.
FILENAME ~ /jumps$/ {
	if ($2 !~ /^R_/)
		next
	value = $3
	sub(/^\.text\+0x0*/, "", value)
	if (triple % 3 == 0) code = value
	if (triple % 3 == 1) target[code] = value
	if (triple % 3 == 2) key[code] = value
	triple++
	next
}

/^[0-9a-f]+ <.*>:$/ {
	name = substr($2, 2, length($2) - 3)
	inside = name in wanted
	if (inside) {
		seen[name] = 1
		previous = ""
	}
	next
}

inside && $1 ~ /:$/ && $2 ~ /^R_/ {
	symbol = $3
	sub(/[-+]0x[0-9a-f]+$/, "", symbol)
	reloc[previous] = symbol
	next
}

inside && $1 ~ /^[0-9a-f]+:$/ {
	address = substr($1, 1, length($1) - 1)
	if (previous == "")
		entry[name] = address
	else
		following[previous] = address
	previous = address
	owner[address] = name
	$1 = ""
	sub(/^ /, "")
	text[address] = $0
	op[address] = $1
	order[++nr] = address
}

function fail(address, why) {
	printf "%s: %s: %s\n", owner[address], why, text[address]
	bad = 1
}

function is_branch(address) { return op[address] ~ /^(j|call)/ }

# What a branch leads to: a symbol, or an address within the same function.
function goal(address,	n, words, name) {
	if (address in reloc)
		return reloc[address]
	n = split(text[address], words, " ")
	if (words[n] !~ /^</)
		return words[n]
	name = substr(words[n], 2, length(words[n]) - 2)
	sub(/\+0x.*/, "", name)
	return name == owner[address] ? words[n - 1] : name
}

# A function may jump to the cold part that the compiler split off.
function may_call(address, to) {
	if (to in owner || to ~ built_in || to ~ cold || to ~ /^\.text\.unlikely/)
		return 1
	if (to ~ /\.cold$/ && index(to, owner[address] ".") == 1)
		return 1
	if (owner[address] in is_fast)
		return owner[address] ~ /_bulk$/ && to == "memcpy"
	return to ~ rest_call
}

function check(address) {
	if (op[address] ~ /^(cli|sti|pushf|popf)/)
		fail(address, "masks interrupts")
	if (op[address] == "lock" || op[address] ~ /^(cmpxchg|xadd)/ ||
	    (op[address] ~ /^xchg/ && text[address] ~ /\(/))
		fail(address, "locks")
	if (is_branch(address) && !may_call(address, goal(address)))
		fail(address, "calls " goal(address))
}

function add(address, counted, length_so_far, from,	state) {
	state = address " " counted
	if (!(address in owner) || state in way)
		return
	way[state] = from
	steps[state] = length_so_far
	queue[++tail] = state
}

# The shortest way from a function'"'"'s entry to a return, breadth first; a key
# of zmem'"'"'s own is on where there are several nodes.
function straight(name, several,	head, state, word, at, to, on) {
	split("", way); split("", steps); split("", queue)
	tail = 0
	add(entry[name], 0, 1, "")
	for (head = 1; head <= tail; head++) {
		state = queue[head]
		split(state, word, " ")
		at = word[1]
		on = word[2]
		if (text[at] ~ /^inc[lq] +%gs:/)
			on = 1
		to = is_branch(at) ? goal(at) : ""
		if (on && (op[at] == "ret" ||
			   (op[at] == "jmp" && to == "__x86_return_thunk")))
			return check_way(state, name)
		if (at in target) {
			if (several || key[at] !~ /^zmem_/)
				add(target[at], on, steps[state] + 1, state)
			if (several && key[at] ~ /^zmem_/)
				continue
		}
		if (op[at] ~ /^j/ && to in owner)
			add(to, on, steps[state] + 1, state)
		if (op[at] != "jmp" || (at in target))
			add(following[at], on, steps[state] + 1, state)
	}
	return 0
}

# Calls on the way to where it ends; returns its length.
function check_way(end, name,	state, word, at) {
	for (state = end; state != ""; state = way[state]) {
		split(state, word, " ")
		at = word[1]
		if (op[at] == "call" && goal(at) !~ built_in &&
		    !(name ~ /bulk/ && goal(at) == "memcpy"))
			fail(at, "on the straight path")
	}
	return steps[end]
}

END {
	for (i = 1; i <= nr; i++)
		check(order[i])
	printf "%-24s %9s %9s\n", "instructions", "one node", "several"
	for (i = 1; i in fast; i++) {
		if (!(fast[i] in seen)) {
			printf "%s: not found\n", fast[i]
			bad = 1
			continue
		}
		one = straight(fast[i], 0)
		several = straight(fast[i], 1)
		printf "%-24s %9d %9s\n", fast[i], one, several ? several : "-"
		if (!one) {
			printf "%s: no straight path to a return\n", fast[i]
			bad = 1
		}
	}
	exit bad
}' "$work/jumps" "$work/text"
