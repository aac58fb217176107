#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Builds the Debian packages from what git tracks, into $OUT/deb.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
OUT=${OUT:-$top/build}
cd "$top"

version=$(sed -n 's/^MODULE_VERSION("\(.*\)");$/\1/p' zmem/main.c)
dkms=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)
deb=$(sed -n '1s/^zmem (\([^)-]*\).*/\1/p' packaging/debian/changelog)
if [ "$version" != "$dkms" ] || [ "$version" != "$deb" ]; then
	echo "deb.sh: versions differ: module $version, dkms $dkms, deb $deb" >&2
	exit 1
fi

rm -rf "$OUT/deb"
mkdir -p "$OUT/deb/zmem-$version"
git ls-files -z | tar --null -T - -cf - | tar -C "$OUT/deb/zmem-$version" -xf -
cp -r packaging/debian "$OUT/deb/zmem-$version/debian"
cd "$OUT/deb/zmem-$version"
env -u OUT dpkg-buildpackage -us -uc -b
