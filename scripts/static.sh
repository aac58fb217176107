#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Static analysis:
#
#	scripts/static.sh [sparse|cppcheck|coccinelle|tidy]...
#
# All of them unless some are named.  sparse looks at the module as a kernel
# builds it (C=2, warnings are errors), KDIR's or that of the stock kernel;
# coccinelle applies the kernel's own rules, of linux-source-6.12; clang-tidy
# reads the core and the library as userspace builds them (.clang-tidy says
# which checks).  What a tool says is printed, and is a failure.
# shellcheck disable=SC2317 # the tools' functions are called by name
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
OUT=${OUT:-$top/build}
work=$OUT/static
tarball=/usr/src/linux-source-6.12.tar.xz
jobs=$(nproc)
cd "$top" || exit 2
mkdir -p "$work"

# shellcheck source-path=SCRIPTDIR/..
run_sparse() {
	local kdir=${KDIR:-}

	if [ -z "$kdir" ]; then
		eval "$(bash selftests/vm/kernel.sh stock)" || return 1
		kdir=$KDIR
	fi
	scripts/build-module.sh "$kdir" "$work/module" >"$work/module.log" 2>&1 || {
		tail -n 20 "$work/module.log"
		return 1
	}
	make -C "$kdir" M="$work/module" C=2 CF=-Wsparse-error modules >"$work/sparse.log" 2>&1 || {
		grep -E 'error:|warning:|\*\*\*' "$work/sparse.log" | sed "s,$work/module/,,"
		return 1
	}
	! grep -E 'warning:' "$work/sparse.log"
}

run_cppcheck() {
	cppcheck --quiet --std=c11 --platform=unix64 -j "$jobs" --error-exitcode=1 \
		--enable=warning,performance,portability --inline-suppr \
		--suppressions-list=scripts/static/suppressions \
		--library=scripts/static/kernel.cfg -Iinclude -Iinclude/uapi -Izmem \
		--template='{file}:{line}: {severity}: {message} [{id}]' \
		zmem userspace/lib userspace/malloc userspace/tools userspace/bench selftests
}

# Each rule with the options that its head asks for; a few need an OCaml compiler.
run_coccinelle() {
	local rules=$work/coccinelle status=0

	if [ ! -e "$rules/.done" ]; then
		mkdir -p "$rules"
		tar -C "$rules" --strip-components=3 --wildcards -xf "$tarball" \
			'linux-source-6.12/scripts/coccinelle/*.cocci' || return 1
		touch "$rules/.done"
	fi
	rm -f "$work"/{rule,err}.*
	export work
	# shellcheck disable=SC2016 # for the inner shell
	grep -rL --include='*.cocci' 'script:ocaml' "$rules" | sort |
		xargs -P "$jobs" -I{} bash -c '
			read -ra options < <(sed -n "s,^// Options: *,,p" "$1")
			spatch -D report --very-quiet --cocci-file "$1" "${options[@]}" \
				--dir zmem -I include >"$work/rule.$(basename "$1")" \
				2>"$work/err.$(basename "$1")" ||
				echo "$1: spatch failed" >>"$work/rule.$(basename "$1")"' _ {} ||
		status=1
	[ "$(find "$work" -name 'err.*' | wc -l)" -ge 60 ] || {
		echo "coccinelle: the rules are missing"
		return 1
	}
	! cat "$work"/rule.*.cocci | grep . && return "$status"
}

# As userspace/Makefile builds them; a process each, as the analyzer knows va_start()
# only in the first file that it reads.
run_tidy() {
	cd userspace || return 1
	printf '%s\n' ../zmem/core/*.c ../zmem/{render,views,control}.c lib/*.c malloc/*.c |
		xargs -P "$jobs" -n 1 sh -c 'clang-tidy --quiet "$@" -- -std=gnu11 \
			-fno-strict-aliasing -w -include lib/public.h -Ishim -Ilib -Imalloc \
			-I../include -I../include/uapi -I../zmem 2>/dev/null' _ || return 1
	printf '%s\n' tools/*.c tools/zmemctl/*.c |
		xargs -P "$jobs" -n 1 sh -c 'clang-tidy --quiet "$@" -- -std=gnu11 -w \
			-D_GNU_SOURCE -I../include/uapi -Itools 2>/dev/null' _
}

all=(sparse cppcheck coccinelle tidy)
[ $# -gt 0 ] || set -- "${all[@]}"
status=0
for tool; do
	case " ${all[*]} " in
	*" $tool "*) ;;
	*)
		echo "static.sh: no '$tool' (${all[*]})" >&2
		exit 2
		;;
	esac
	echo "# $tool"
	( "run_$tool" ) || status=1
done
exit $status
