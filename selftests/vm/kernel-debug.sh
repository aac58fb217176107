#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Builds the debug kernel into the cache, or with "kcsan" the one that looks for
# data races; called by kernel.sh, which locks.  A build is keyed by source
# package, the fragments of its configuration and compiler, and counts as done
# once its stamp is there. The two newest builds of each kind are kept.

set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

package=linux-source-6.12
tarball=/usr/src/$package.tar.xz
kind=${1:-debug}
fragments=("$here/debug.config")
# What the other kind wants otherwise.
[ "$kind" = debug ] || fragments+=("$here/$kind.config")
# Counts up whenever the steps below change what they produce.
recipe=1
keep=2

build_key() {
	{
		echo "$recipe"
		dpkg-query -W -f '${Version}\n' "$package"
		gcc -dumpfullversion
		cat "${fragments[@]}"
	} | sha256sum | cut -c 1-12
}

configure() {
	make -s tinyconfig
	scripts/kconfig/merge_config.sh -m .config "${fragments[@]}" >merge.log
	make -s olddefconfig
}

# What the fragments ask for: of an option that is in two, the later one.
wanted_options() {
	awk '/^(# )?CONFIG_/ {
		name = $0
		sub(/^# /, "", name)
		sub(/[= ].*/, "", name)
		line[name] = $0
	}
	END { for (name in line) print line[name] }' "${fragments[@]}"
}

# Options of the fragments which the finished .config does not have.
lost_options() {
	local line name

	wanted_options | while read -r line; do
		case $line in
		CONFIG_*)
			grep -qxF -- "$line" .config || echo "$line"
			;;
		'# CONFIG_'*' is not set')
			name=${line#\# }
			name=${name%% *}
			! grep -q "^$name=" .config || echo "$line"
			;;
		esac
	done
}

# A line every half minute for as long as process $1 lives.
report_progress() {
	local seconds=0

	while sleep 1 && kill -0 "$1" 2>/dev/null; do
		seconds=$((seconds + 1))
		[ $((seconds % 30)) -ne 0 ] ||
			say "$(find . -name '*.o' | wc -l) objects after $seconds s"
	done
}

compile() {
	local pid progress status=0

	nice make -j"$(nproc)" bzImage modules >build.log 2>&1 &
	pid=$!
	report_progress "$pid" &
	progress=$!
	wait "$pid" || status=$?
	kill "$progress" 2>/dev/null || :
	if [ "$status" -ne 0 ]; then
		grep -E 'error:|Error [0-9]' build.log | head -20 >&2 || :
		die "the build failed: $PWD/build.log"
	fi
}

# Leaves what building and running modules needs: headers, makefiles, tools,
# and vmlinux for its symbols. Sources and objects are most of the space.
prune() {
	find . -mindepth 1 -maxdepth 1 ! -name .config ! -name Makefile \
		! -name Kbuild ! -name Module.symvers ! -name System.map \
		! -name vmlinux ! -name arch ! -name include ! -name scripts \
		! -name tools ! -name build.log -exec rm -rf {} +
	find arch -mindepth 1 -maxdepth 1 -type d ! -name x86 -exec rm -rf {} +
	find tools -mindepth 1 -maxdepth 1 ! -name objtool -exec rm -rf {} +
	find arch -type f \( -name '*.[acoS]' -o -name '.*.cmd' \) -delete
	rm -f arch/x86/boot/compressed/vmlinux*
}

need debug-kernel gcc make bc bison flex lz4
[ -f "$tarball" ] || "$top/scripts/deps.sh" debug-kernel >&2

key=$(build_key)
dir=$cache/$kind-$key

if [ ! -f "$dir/.zmem-done" ]; then
	begin=$SECONDS
	say "building the $kind kernel in $dir (some 15 minutes with 2 CPUs)"
	rm -rf "$dir"
	mkdir -p "$dir"
	tar -C "$dir" -xf "$tarball" --strip-components=1
	cd "$dir"

	export KBUILD_BUILD_USER=zmem KBUILD_BUILD_HOST=zmem
	export KBUILD_BUILD_TIMESTAMP=@0
	configure
	mapfile -t lost < <(lost_options)
	[ ${#lost[@]} -eq 0 ] || die "lost from ${fragments[*]##*/}: ${lost[*]}"
	compile
	[ -s Module.symvers ] || die "no Module.symvers in $dir"
	prune
	touch .zmem-done
	say "built in $((SECONDS - begin)) s, $(du -sh . | cut -f 1)"
fi
touch "$dir"

keep_newest "$keep" "$kind-*"

cat <<END
KRELEASE='$(cat "$dir/include/config/kernel.release")'
KIMAGE='$dir/arch/x86/boot/bzImage'
KDIR='$dir'
KMODULES=''
END
