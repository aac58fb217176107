#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Packs a guest's root file system: busybox, guest-init.sh as PID 1, what the
# caller adds and the shared libraries that this needs. Called by boot.sh.
#
#	initramfs.sh ROOT IMAGE [SRC[:DST]]...
#
# ROOT is a directory that may already hold files; IMAGE is the cpio archive.

set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

is_elf() {
	[ "$(head -c 4 "$1" | tr -d '\0')" = $'\x7fELF' ]
}

# Copies the libraries of ELF file $1 to where its loader looks for them.
add_libraries() {
	local library

	ldd "$1" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
		[ -e "$root$library" ] || install -D "$library" "$root$library"
	done || :
}

add() {
	local src=${1%%:*} dst=${1#*:} file

	[ "$dst" != "$1" ] || dst=/${src##*/}
	[ -e "$src" ] || die "--add: no such file: $src"
	mkdir -p "$root$(dirname "$dst")"
	cp -LRT "$src" "$root/$dst"
	find -L "$src" -type f ! -name '*.ko' \
		\( -perm /111 -o -name '*.so*' \) | while read -r file; do
		! is_elf "$file" || add_libraries "$file"
	done
}

[ $# -ge 2 ] || die "usage: ${0##*/} ROOT IMAGE [SRC[:DST]]..."
root=$1
image=$2
shift 2

need vm busybox cpio
mkdir -p "$root"/{bin,dev,proc,sys,tmp,out,etc,root,vm}
install "$(command -v busybox)" "$root/bin/busybox"
ln -sfn bin "$root/sbin"
install "$here/guest-init.sh" "$root/init"
echo 'root:x:0:0::/root:/bin/sh
nobody:x:65534:65534::/:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:
nogroup:x:65534:' >"$root/etc/group"

for item; do
	add "$item"
done
(cd "$root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$image"
