#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Builds the Debian packages, installs them in a copy of this system that is
# thrown away (an overlay), lets dkms build the module for both long-term
# kernels, loads what it built in guests, and removes the packages again.
# TAP.  As root; the host itself is left alone.
# shellcheck disable=SC2317,SC2153 # what run() calls; what kernel.sh sets
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
export OUT=${OUT:-$top/build}
work=$(mktemp -d "${TMPDIR:-/tmp}/zmem-packages.XXXXXX")
root=$work/root
n=0
status=0

clean_up() {
	local m

	for m in "$root/proc" "$root/dev" "$root$ZMEM_CACHE" "$root" "$work"; do
		! mountpoint -q "$m" || umount "$m"
	done
	rm -rf "$work"
}

result() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		status=1
	fi
}

# run NAME COMMAND...: a test; what it prints is shown when it fails.
run() {
	local name=$1

	shift
	if "$@" >"$work/log" 2>&1; then
		result 0 "$name"
	else
		tail -n 20 "$work/log" | sed 's/^/# /'
		result 1 "$name"
	fi
}

inside() {
	chroot "$root" env DEBIAN_FRONTEND=noninteractive "$@"
}

make_root() {
	mount -t tmpfs tmpfs "$work" || return 1
	mkdir "$work/upper" "$work/work" "$root"
	mount -t overlay overlay \
		-o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$root" || return 1
	mkdir -p "$root/tmp/deb" "$root$ZMEM_CACHE"
	mount --bind "$ZMEM_CACHE" "$root$ZMEM_CACHE" &&
		mount -t proc proc "$root/proc" && mount --bind /dev "$root/dev" &&
		cp "$OUT"/deb/*.deb "$root/tmp/deb"
}

install_all() {
	inside sh -c 'apt-get -q -y --no-install-recommends install /tmp/deb/*.deb'
}

# What the packages brought is there, or works: a tool, pages, a rule, a header.
look() {
	inside zmemctl help | grep -q '^usage: zmemctl' &&
		[ "$(stat -c %a "$root/lib/udev/rules.d/60-zmem.rules")" = 644 ] &&
		[ -e "$root/usr/share/man/man3/libzmem.3.gz" ] &&
		[ -e "$root/usr/share/man/man4/zmem.4.gz" ] &&
		[ -e "$root/usr/share/man/man8/zmemctl.8.gz" ] &&
		[ -e "$root/usr/share/bash-completion/completions/zmemctl" ] &&
		[ -x "$root/usr/share/zmem/drgn/zmem-caches.py" ] &&
		inside env LD_PRELOAD=libzmem_malloc.so sh -c 'grep -q libzmem_malloc /proc/self/maps' &&
		printf '%s\n' '#include <linux/zmem.h>' 'int main(void) { return !ZMEM_IOC_ABI; }' |
		inside gcc -x c -o /tmp/uses-zmem - &&
		printf '%s\n' '#include <zmem.h>' 'int main(void) { return !zmem_alloc(9, GFP_KERNEL); }' |
		inside gcc -x c -o /tmp/uses-libzmem - -lzmem && inside /tmp/uses-libzmem &&
		inside ldd /tmp/uses-libzmem | grep -q 'libzmem.so.1 => /' &&
		inside sh -c 'echo "{" >/tmp/bad.json; zmemctl report --out /tmp/r /tmp/bad.json' 2>&1 |
			grep -q 'report: /tmp/bad.json: not a result' &&
		inside sh -c 'ZMEM_STATS=/tmp/stats LD_PRELOAD=libzmem_malloc.so sleep 0 &&
			zmemctl --from=/tmp/stats list' | grep -q '^zmem-64 '
}

dkms_for() {
	local release=$1 kdir=$2 built

	inside dkms build -m zmem -v 0.1.0 -k "$release" --kernelsourcedir "$kdir" || {
		cat "$root/var/lib/dkms/zmem/0.1.0/build/make.log"
		return 1
	}
	built=$(find "$root/var/lib/dkms/zmem/0.1.0/$release" -name 'zmem.ko*')
	[ -n "$built" ] || return 1
	case $(modinfo -F vermagic "$built") in
	"$KERNEL".*) ;;
	*) return 1 ;;
	esac
	mkdir -p "$OUT/dkms/$release"
	rm -f "$OUT/dkms/$release"/*
	case $built in
	*.xz) xz -dc "$built" >"$OUT/dkms/$release/zmem.ko" ;;
	*) cp "$built" "$OUT/dkms/$release/zmem.ko" ;;
	esac
}

load() {
	"$top/selftests/vm/boot.sh" --quiet --expect "^zmem-64 " \
		--add "$OUT/dkms/$1/zmem.ko:/zmem/zmem.ko" \
		--add "$root/usr/sbin/zmemctl:/zmem/zmemctl" -- sh -c \
		'insmod /zmem/zmem.ko && zmemctl list && zmemctl bench -d 1 && rmmod zmem'
}

remove_all() {
	inside apt-get -q -y purge zmem-dkms zmem-tools libzmem1 libzmem-malloc \
		libzmem-dev || return 1
	[ -z "$(inside dkms status zmem)" ] && [ ! -e "$root/var/lib/dkms/zmem" ] &&
		! find "$root/usr" "$root/lib/udev" "$root/etc" -xdev -name '*zmem*' \
			-not -path "*/usr/src/linux*" | grep .
}

[ "$(id -u)" -eq 0 ] || { echo "test.sh: needs root" >&2; exit 2; }
ZMEM_CACHE=${ZMEM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/zmem}
export ZMEM_CACHE
trap clean_up EXIT
echo 'TAP version 13'
echo 1..8
run 'packages are built' "$top/packaging/deb.sh"
make_root || { echo 'Bail out! no overlay'; exit 1; }
run 'packages are installed' install_all
run 'what they brought works' look
for KERNEL in 6.12 6.1; do
	export KERNEL
	eval "$("$top/selftests/vm/kernel.sh" stock)"
	run "dkms builds it for $KERNEL: $KRELEASE" dkms_for "$KRELEASE" "$KDIR"
	run "it loads there" load "$KRELEASE"
done
run 'packages are removed, and nothing stays' remove_all
exit $status
