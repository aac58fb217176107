#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Exits with 0 if KVM can really run a kernel here. /dev/kvm may exist and still
# fail, or hang, so a kernel is booted once; the answer is kept until the
# machine is booted again.

set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

[ -w /dev/kvm ] || exit 1

answer=$cache/kvm-$(cat /proc/sys/kernel/random/boot_id)
if [ ! -s "$answer" ]; then
	rm -f "$cache"/kvm-*
	say 'trying KVM'
	# How a probe fails is no news: it is why there is one.
	if "$here/boot.sh" --accel kvm --quiet --timeout 30 -- true >/dev/null 2>&1; then
		echo yes >"$answer"
	else
		echo no >"$answer"
	fi
fi
say "KVM: $(cat "$answer")"
[ "$(cat "$answer")" = yes ]
