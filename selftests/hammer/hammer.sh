#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=dash
#
# hammer.sh INTERRUPTS SEED TEXT_SIZE: in a guest with zmem.ko and zmem_hammer.ko
# beside it; leaves the places in zmem's code that were hit in $OUT/hits.
here=$(cd "$(dirname "$0")" && pwd)

# Small magazines: their edges are what a call seldom meets.
insmod "$here/zmem.ko" magazine_max=8 || exit 1
text=$(cat /sys/module/zmem/sections/.text)
insmod "$here/zmem_hammer.ko" "text=$text" "text_size=$3" "interrupts=$1" "seed=$2" ||
	{ dmesg | tail -n 3; exit 1; }
cat /sys/kernel/debug/zmem_hammer/hits >"$OUT/hits" || exit 1
head -n 1 "$OUT/hits"
rmmod zmem_hammer && rmmod zmem
