# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=bash
# bash completion for zmemctl(8)

# $_zmemctl_from is the program that was named before, if one was.
_zmemctl_caches() {
	zmemctl ${_zmemctl_from:+"$_zmemctl_from"} list -c name 2>/dev/null | tail -n +2
}

# Of the machine's CPUs or nodes.
_zmemctl_numbers() {
	local path

	for path in /sys/devices/system/"$1"/"$1"[0-9]*; do
		echo "${path##*"$1"}"
	done
}

_zmemctl_words() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_zmemctl_fields="name object_size size align order objects_per_slab mode flags
	magazine_size magazine_max depot_max_kib tune_interval_ms debug_flags
	allocs frees hits misses free_hits free_misses failures fresh remote_frees
	busy exchanges contended depot_locks slab_trips errors objects slabs
	slabs_empty cached magazines bytes_requested bytes_allocated bytes_held
	hit_rate reuse internal external latency_samples latency_mean_ns
	latency_p99_ns latency_detour_ns tuner_runs tuner_grown tuner_shrunk
	tuner_trimmed"

# What an option wants; fails if the word before is no option with a value.
_zmemctl_value() {
	case $1:$2 in
	list:-s | list:--sort | list:-c | list:--columns | top:-s)
		_zmemctl_words "$_zmemctl_fields" "$3" ;;
	top:-v) _zmemctl_words 'caches cpus nodes' "$3" ;;
	bench:-k | bench:--kind) _zmemctl_words 'burst bulk cross mix' "$3" ;;
	bench:-m | bench:--mode) _zmemctl_words 'fast balanced debug' "$3" ;;
	record:-o | report:--out) compopt -o default ;;
	*) return 1 ;;
	esac
}

_zmemctl_argument() {
	case $1 in
	stat | watch | top | shrink | validate | traces) _zmemctl_words "$(_zmemctl_caches)" "$2" ;;
	set)
		if [ "$3" = set ]; then
			_zmemctl_words "$(_zmemctl_caches)" "$2"
		else
			compopt -o nospace
			_zmemctl_words 'magazine_max= depot_max_kib= tune_interval_ms=' "$2"
		fi
		;;
	drain)
		case $3 in
		drain) _zmemctl_words 'cpu node' "$2" ;;
		cpu | node) _zmemctl_words "$(_zmemctl_numbers "$3")" "$2" ;;
		esac
		;;
	open)
		case $3 in
		open) _zmemctl_words node "$2" ;;
		node) _zmemctl_words "$(_zmemctl_numbers node)" "$2" ;;
		esac
		;;
	replay | record | report) compopt -o default ;;
	esac
}

# The command among the words before, and --from; bash cuts words at "=".
_zmemctl_before() {
	local word option=''

	command=''
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $option$word in
		--from= | --color=) ;;
		--from* | --color*)
			[ "$option" != --from ] || _zmemctl_from=--from=$word
			[ -z "$option" ] && option=$word || option=''
			;;
		-*) ;;
		*) command=$word; break ;;
		esac
	done
}

_zmemctl_common() {
	local before="${COMP_WORDS[*]:COMP_CWORD-2:2}"

	if [ "$1" = = ]; then
		before="$2 ="
		set -- ''
	fi
	case $before in
	*'--color =') _zmemctl_words 'always never auto' "$1" ;;
	*'--from =') compopt -o default ;;
	*)
		[ "$1" != -- ] || compopt -o nospace
		_zmemctl_words 'list top stat watch set drain open shrink validate traces
			bench stress record replay report help --json --color= --from=' "$1"
		;;
	esac
}

_zmemctl() {
	local current=$2 previous=$3 command _zmemctl_from=''

	_zmemctl_before
	COMPREPLY=()
	if [ -z "$command" ]; then
		_zmemctl_common "$current" "$previous"
	elif ! _zmemctl_value "$command" "$previous" "$current"; then
		_zmemctl_argument "$command" "$current" "$previous"
	fi
}

complete -F _zmemctl zmemctl
