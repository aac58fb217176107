#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Fetches Debian's kernel of the series $KERNEL (6.12 unless set), image and
# headers, into the cache; called by kernel.sh, which locks. Nothing is
# installed: packages are unpacked side by side into one tree.

set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

series=${KERNEL:-6.12}
keep=2

known() {
	apt-cache show "$1" >/dev/null 2>&1
}

# The newest release of the series with both image and headers.
newest_release() {
	local release

	apt-cache pkgnames "linux-image-$series." |
		sed -En "s/^linux-image-(${series//./\\.}\.[0-9.]+([+-][a-z0-9]+)?-amd64)\$/\1/p" |
		sort -rV | while read -r release; do
		if known "linux-headers-$release"; then
			echo "$release"
			break
		fi
	done
}

# The image, the headers, and the parts that the headers depend on.
packages() {
	echo "linux-image-$1"
	echo "linux-headers-$1"
	apt-cache show --no-all-versions "linux-headers-$1" |
		sed -n 's/^Depends: //p' | tr ',|' '\n' |
		sed -En 's/^ *(linux-(headers|kbuild)-[^ ]+).*/\1/p'
}

fetch() {
	local release=$1 list

	mapfile -t list < <(packages "$release")
	mkdir deb
	# apt's own user may not be able to write here; it then says so and
	# downloads as the caller.
	(cd deb && apt-get -q download "${list[@]}") >fetch.log 2>&1
}

# Debian's build tree names the common headers by absolute path, and links to
# its scripts through /usr/lib by relative ones, which stay right.
unpack() {
	local release=$1 deb

	for deb in deb/*.deb; do
		dpkg -x "$deb" .
	done
	rm -rf deb usr/share
	sed -i "s|/usr/src/|\$(dir \$(lastword \$(MAKEFILE_LIST)))../|" \
		"usr/src/linux-headers-$release/Makefile"
	rm -f "lib/modules/$release/build" "lib/modules/$release/source"
	depmod -b . "$release"
}

need vm depmod

# Asking apt takes seconds: its answer holds until its lists change.
answer=$cache/newest-$series
if [ ! -s "$answer" ] || [ /var/lib/apt/lists -nt "$answer" ]; then
	release=$(newest_release)
	if [ -z "$release" ]; then
		"$top/scripts/deps.sh" --update >&2
		release=$(newest_release)
	fi
	[ -n "$release" ] ||
		die "apt knows no linux-image-$series.*-amd64 with headers"
	echo "$release" >"$answer"
fi
release=$(cat "$answer")

dir=$cache/stock-$release
if [ ! -f "$dir/.zmem-done" ]; then
	say "fetching $release"
	rm -rf "$dir"
	mkdir -p "$dir"
	cd "$dir"
	fetch "$release" || {
		"$top/scripts/deps.sh" --update >&2
		rm -rf deb
		fetch "$release"
	} || die "download failed: $(tail -n 1 fetch.log)"
	unpack "$release"
	touch .zmem-done
fi
touch "$dir"
keep_newest "$keep" "stock-$series.*"

cat <<END
KRELEASE='$release'
KIMAGE='$dir/boot/vmlinuz-$release'
KDIR='$dir/usr/src/linux-headers-$release'
KMODULES='$dir/lib/modules/$release'
END
