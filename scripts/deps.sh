#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Installs the Debian packages that a part of the project needs; a fast no-op
# when they are all there.
#
#	scripts/deps.sh SET...
#
# build         compiler, make and what building a module needs
# vm            qemu and what a guest's initramfs is made of
# debug-kernel  building the debug kernel from Debian's source
# user          the userspace library: sanitizers, valgrind, libnuma, cmocka
# bench         mallocs to compare with, and what plots
# programs      real programs that the malloc is tried under
# style         linters and formatters
# static        static analysis, beside style's sparse
# docs          sphinx and what looks at man pages
# packages      building and testing the Debian packages
# bpftrace      bpftrace and a terminal for a guest
# drgn          drgn, and Python, for a guest
# model         spin, for Documentation/model
# coverage      gcov, and what sums it up
#
# --update reads the package lists again first.

set -euo pipefail

build="gcc libc6-dev make kmod libelf1 xz-utils cpio pahole"
vm="qemu-system-x86 busybox-static cpio zstd kmod gcc libc6-dev make"
debug_kernel="linux-source-6.12 gcc libc6-dev make bc bison flex libelf-dev
	libssl-dev xz-utils lz4 zstd cpio rsync kmod perl"
user="gcc g++ libc6-dev make clang libclang-rt-14-dev llvm valgrind
	libnuma-dev libcmocka-dev libc6-dbg"
bench="libjemalloc2 libmimalloc2.0 libtcmalloc-minimal4 gnuplot-nox python3 jq
	binutils xz-utils gcc libc6-dev make"
programs="gcc g++ git sqlite3 python3 libpython3.11-testsuite redis-server redis-tools
	stress-ng"
style="shellcheck codespell sparse clang-format pmccabe perl xz-utils
	linux-source-6.12"
static="cppcheck coccinelle clang-tidy gcc libc6-dev xz-utils linux-source-6.12"
docs="python3-sphinx mandoc make"
packaging="debhelper dh-dkms dkms dpkg-dev libnuma-dev"
bpftrace="bpftrace tmux"
drgn="python3-drgn"
model="spin gcc libc6-dev"
coverage="gcc python3 xz-utils"
mutants="python3 patch binutils"

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# The packages among the arguments which are not installed.
missing() {
	comm -23 <(printf '%s\n' "$@" | sort -u) \
		<(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" \
			2>/dev/null | sed -n 's/^installed //p' | sort -u)
}

apt() {
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" \
		>>"$log" 2>&1 </dev/null
}

packages=
update=
for set; do
	case $set in
	build) packages+=" $build" ;;
	vm) packages+=" $vm" ;;
	debug-kernel) packages+=" $debug_kernel" ;;
	user) packages+=" $user" ;;
	programs) packages+=" $programs" ;;
	bench) packages+=" $bench" ;;
	style) packages+=" $style" ;;
	static) packages+=" $static" ;;
	docs) packages+=" $docs" ;;
	packages) packages+=" $packaging" ;;
	drgn) packages+=" $drgn" ;;
	bpftrace) packages+=" $bpftrace" ;;
	model) packages+=" $model" ;;
	mutants) packages+=" $mutants" ;;
	coverage) packages+=" $coverage" ;;
	--update) update=yes ;;
	*) die "unknown set '$set' (see the head of $0)" ;;
	esac
done
[ $# -gt 0 ] || die "usage: ${0##*/} [--update] SET..."

# shellcheck disable=SC2086 # a list of words
mapfile -t wanted < <(missing $packages)
[ ${#wanted[@]} -gt 0 ] || [ -n "$update" ] || exit 0

command -v apt-get >/dev/null || die "needs apt; install: ${wanted[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null ||
		die "needs root or sudo to install: ${wanted[*]}"
	as_root=(sudo)
fi

log=$(mktemp "${TMPDIR:-/tmp}/zmem-deps.XXXXXX")
echo "${0##*/}: installing ${wanted[*]:-nothing} (log: $log)"
apt update || die "apt-get update failed: $log"
[ ${#wanted[@]} -eq 0 ] ||
	apt install -y --no-install-recommends "${wanted[@]}" ||
	die "apt-get install failed: $(grep -m 1 '^E: ' "$log" || echo "$log")"
rm -f "$log"
