#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Fetches one of Debian's kernels, image and headers, into the cache; called by
# kernel.sh, which locks and says which there are. Nothing is installed:
# packages are unpacked side by side into one tree.

set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

kernel=${KERNEL:-6.12}
keep=2
flavour=amd64
prefix=stock
# Where packages come from: the host's own sources unless told otherwise.
apt_options=()

case $kernel in
6.12 | 6.1) series=$kernel ;;
rt) series=6.12 flavour=rt-amd64 prefix=rt ;;
7.x) series=7 prefix=trixie ;;
*) die "no kernel '$kernel': 6.12, 6.1, 7.x or rt" ;;
esac

apt_get() {
	apt-get -q "${apt_options[@]}" "$@"
}

known() {
	apt-cache "${apt_options[@]}" show "$1" >/dev/null 2>&1
}

update() {
	"$top/scripts/deps.sh" --update >&2
}

# The newest release of the series with both image and headers.
newest_release() {
	local release

	apt-cache "${apt_options[@]}" pkgnames "linux-image-$series." |
		sed -En "s/^linux-image-(${series//./\\.}\.[0-9.]+([+-][a-z0-9]+)?-$flavour)\$/\1/p" |
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

# Downloads into deb/.
fetch() {
	local list

	mapfile -t list < <(packages "$1")
	# apt's own user may not be able to write here; it then says so and
	# downloads as the caller.
	(cd deb && apt_get download "${list[@]}") >fetch.log 2>&1
}

unpack() {
	local deb

	for deb in deb/*.deb; do
		dpkg -x "$deb" .
	done
	rm -rf deb usr/share
}

# How to build: Debian's build tree names the common headers by absolute path,
# and links to its scripts through /usr/lib by relative ones, which stay right.
set_up() {
	sed -i "s|/usr/src/|\$(dir \$(lastword \$(MAKEFILE_LIST)))../|" \
		"usr/src/linux-headers-$1/Makefile"
}

[ "$kernel" != 7.x ] || . "$here/trixie.sh"
need vm depmod

# Asking apt takes seconds: its answer holds until the host's lists change.
answer=$cache/newest-$kernel
if [ ! -s "$answer" ] || [ /var/lib/apt/lists -nt "$answer" ]; then
	release=$(newest_release)
	if [ -z "$release" ]; then
		update
		release=$(newest_release)
	fi
	[ -n "$release" ] ||
		die "apt knows no linux-image-$series.*-$flavour with headers"
	echo "$release" >"$answer"
fi
release=$(cat "$answer")

dir=$cache/$prefix-$release
if [ ! -f "$dir/.zmem-done" ]; then
	say "fetching $release"
	rm -rf "$dir"
	mkdir -p "$dir/deb"
	cd "$dir"
	fetch "$release" || {
		update
		fetch "$release"
	} || die "download failed: $(tail -n 1 fetch.log)"
	unpack
	set_up "$release"
	rm -f "lib/modules/$release/build" "lib/modules/$release/source"
	depmod -b . "$release"
	[ -s "boot/vmlinuz-$release" ] || die "no vmlinuz in the packages of $release"
	touch .zmem-done
fi
touch "$dir"
keep_newest "$keep" "$prefix-$series.*"

cat <<END
KRELEASE='$release'
KIMAGE='$dir/boot/vmlinuz-$release'
KDIR='$dir/usr/src/linux-headers-$release'
KMODULES='$dir/lib/modules/$release'
END
