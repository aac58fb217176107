# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=bash
#
# What the scripts in this directory share: messages, the cache directory and
# what is kept there. Sourced, never run. Sets $here, $top and $cache.

say() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die() {
	say "$*"
	exit 2
}

# have COMMAND...: are all of them there? /sbin is not on everybody's path.
have() {
	local cmd

	for cmd; do
		command -v "$cmd" >/dev/null || return 1
	done
}

# need SET COMMAND...: installs the packages of SET if a command is missing.
need() {
	local set=$1

	shift
	have "$@" || "$top/scripts/deps.sh" "$set" >&2 ||
		die "cannot install the packages of '$set'"
}

# keep_newest COUNT NAME: removes all but the newest of the cache's
# directories that match NAME.
keep_newest() {
	local old

	find "$cache" -mindepth 1 -maxdepth 1 -type d -name "$2" \
		-printf '%T@ %p\n' | sort -rn | tail -n "+$(($1 + 1))" |
		cut -d ' ' -f 2- | while read -r old; do
		say "removing $old"
		rm -rf "$old"
	done
}

PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || exit 2
top=$(cd "$here/../.." && pwd) || exit 2
cache=${ZMEM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/zmem}
mkdir -p "$cache" || die "cannot make the cache directory $cache"
cache=$(cd "$cache" && pwd) || exit 2
export here top cache
