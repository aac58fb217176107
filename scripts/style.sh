#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Style: checkpatch --strict over C sources, kernel-doc over what has it,
# shellcheck over scripts.  The kernel's tools come from linux-source-6.12.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
tools=${OUT:-$top/build}/kernel-tools
tarball=/usr/src/linux-source-6.12.tar.xz
cd "$top" || exit 2

if [ ! -e "$tools/.done" ]; then
	mkdir -p "$tools"
	tar -C "$tools" --strip-components=1 --wildcards -xf "$tarball" \
		'linux-source-6.12/scripts/checkpatch.pl' \
		'linux-source-6.12/scripts/kernel-doc*' \
		'linux-source-6.12/scripts/spelling.txt' \
		'linux-source-6.12/scripts/const_structs.checkpatch' || exit 1
	touch "$tools/.done"
fi

status=0
mapfile -t sources < <(git ls-files -co --exclude-standard -- '*.c' '*.h')
mapfile -t scripts < <(git ls-files -co --exclude-standard -- '*.sh' .ci/run)

# The tree is no kernel tree, and has no maintainers to ask.
perl "$tools/scripts/checkpatch.pl" --no-tree --strict --quiet --terse --show-types \
	--max-line-length=100 --ignore FILE_PATH_CHANGES,LINUX_VERSION_CODE \
	-f "${sources[@]}" || status=1
mapfile -t documented < <(git ls-files -co --exclude-standard -- 'zmem/*.c' 'zmem/*.h' 'include/zmem/*.h')
perl "$tools/scripts/kernel-doc" -none -Werror "${documented[@]}" || status=1
shellcheck -x "${scripts[@]}" || status=1
exit $status
