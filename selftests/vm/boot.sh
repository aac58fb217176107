#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Boots a kernel in qemu, runs CMD in it as root and says whether all went well:
#
#	selftests/vm/boot.sh --add build/zmem.ko:/zmem/zmem.ko -- insmod /zmem/zmem.ko
#
# --kernel stock|debug  which kernel (see kernel.sh); stock unless given
# --add SRC[:DST]       put a file or directory into the guest (repeatable)
# --module NAME         load this module of the stock kernel first (repeatable)
# --append ARGS         kernel arguments
# --timeout SECONDS     for the whole VM (300)
# --mem MB, --nodes N, --cpus N   1024, 2 and 2; CPU n is on node n % N
# --dimm MB             a hot-pluggable DIMM on the last node, not yet online
# --dimm-only           that node has no other memory: none at boot
# --accel kvm|tcg       instead of the best that works (see kvm-works.sh)
# --icount              one CPU whose clock counts instructions, to measure
# --singlestep          interrupts may arrive after every instruction
# --out DIR             receives console.log, result, dmesg and the guest's /out
# --expect REGEX        must appear on the console
# --allow-warn          tolerate WARN()
# --allow-splat REGEX   tolerate log lines that match
# --quiet               do not show the console (else: from PID 1 on)
# --shell               no CMD but a shell on this terminal
#
# CMD is run as it stands, without a shell: use sh -c '...' for more. Exits with
# 0 only if CMD did with 0, the kernel's log, taint and (debug kernel) kmemleak
# and lockdep are clean, and the guest said so as its last act; 1 if not; 124
# when the time was up; 2 if the VM died or cannot be started.

set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

kernel=stock accel=auto limit=300 mem=1024 nodes=2 cpus=2 dimm='' dimm_only=''
append='' out='' expect='' allow_warn='' allow_splat='' quiet='' shell=''
singlestep=() adds=() modules=()

while [ $# -gt 0 ]; do
	case $1 in
	--icount) accel=icount cpus=1 ;;
	--singlestep) singlestep=(-singlestep) ;;
	--allow-warn) allow_warn=1 ;;
	--dimm-only) dimm_only=1 ;;
	--quiet) quiet=1 ;;
	--shell) shell=1 ;;
	--) shift; break ;;
	--*)
		[ $# -ge 2 ] || die "$1 wants an argument"
		case $1 in
		--kernel) kernel=$2 ;;
		--add) adds+=("$2") ;;
		--module) modules+=("$2") ;;
		--append) append+=" $2" ;;
		--timeout) limit=$2 ;;
		--mem) mem=$2 ;;
		--nodes) nodes=$2 ;;
		--cpus) cpus=$2 ;;
		--dimm) dimm=$2 ;;
		--accel) accel=$2 ;;
		--out) out=$2 ;;
		--expect) expect=$2 ;;
		--allow-splat) allow_splat=$2 ;;
		*) die "unknown option $1" ;;
		esac
		shift
		;;
	*) break ;;
	esac
	shift
done
[ -z "$dimm_only" ] || [ "$nodes" -gt 1 ] || die "--dimm-only wants two nodes"
[ -n "$shell" ] || [ $# -gt 0 ] || die "no command (see the head of $0)"

# Copies module $1 and what it needs into the guest, in the order of loading.
add_module() {
	local release=${KMODULES##*/} verb path rest name

	modprobe -d "${KMODULES%/lib/modules/*}" -S "$release" \
		--show-depends "$1" >"$work/depends" ||
		die "no module $1 for $KRELEASE"
	while read -r verb path rest; do
		[ "$verb" = insmod ] || continue
		name=$(basename "$path" .xz)
		! compgen -G "$root/vm/modules/*-$name" >/dev/null || continue
		mkdir -p "$root/vm/modules"
		name=$(printf '%s/vm/modules/%03d-%s' "$root" "$module_count" "$name")
		module_count=$((module_count + 1))
		case $path in
		*.xz) xz -dc "$path" >"$name" ;;
		*) cp "$path" "$name" ;;
		esac
	done <"$work/depends"
}

# The module that plants a leak, built once for each kernel.
leak_module() {
	local dir

	dir=$cache/leak-$KRELEASE-$(echo "$KDIR" |
		cat - "$here"/leak/* | sha256sum | cut -c 1-12)
	if [ ! -f "$dir/zmem_plant_leak.ko" ]; then
		cp -R "$here/leak" "$work/leak"
		make -C "$KDIR" M="$work/leak" modules >"$work/leak.log" 2>&1 ||
			die "cannot build leak/: $(tail -n 3 "$work/leak.log")"
		mkdir -p "$dir"
		mv "$work/leak/zmem_plant_leak.ko" "$dir/zmem_plant_leak.ko"
	fi
	echo "$dir/zmem_plant_leak.ko"
}

pack_guest() {
	local module module_count=0

	mkdir -p "$root/vm"
	{
		echo "KIND=$kernel"
		echo "SHELL_ONLY=$shell"
		echo "SEND_OUT=$out" | sed 's/=.\+/=1/'
		echo "ALLOW_WARN=$allow_warn"
		echo "ALLOW_SPLAT=${allow_splat@Q}"
	} >"$root/vm/env"
	echo "${*@Q}" >"$root/vm/cmd"
	if [ -n "$KMODULES" ]; then
		# Built into most kernels; carries /out.
		modules=(virtio_pci virtio_console "${modules[@]}")
	fi
	for module in "${modules[@]}"; do
		[ -n "$KMODULES" ] || die "--module: $KRELEASE has no modules"
		add_module "$module"
	done
	if [ "$kernel" = debug ]; then
		adds+=("$(leak_module):/vm/zmem_plant_leak.ko")
	fi
	"$here/initramfs.sh" "$root" "$work/initramfs" "${adds[@]}"
}

kernel_arguments() {
	echo "console=ttyS0,115200 panic=-1 oops=panic log_buf_len=8M"
	# A busy host is late with the interrupts that a check of the timer awaits.
	echo "no_timer_check"
	echo "printk.devkmsg=on rcupdate.rcu_cpu_stall_timeout=120"
	if [ "$kernel" = debug ]; then
		echo "kasan_multi_shot page_owner=on"
		# Page poisoning would switch the caller's init_on_* off.
		case $append in
		*init_on_*=1*) ;;
		*) echo page_poison=1 ;;
		esac
	fi
	[ -z "$dimm" ] || echo memhp_default_state=offline
	echo "$append"
}

# Sets the array qemu: the machine, each CPU in a socket of its own, the memory
# split among the nodes, the console, the verdict and the way back for files.
qemu_command() {
	local i with_memory=$((nodes - ${dimm_only:-0})) size memory

	size=$((mem / with_memory))
	memory=$((size * with_memory))M

	case $accel in
	kvm) qemu+=(-accel kvm) ;;
	tcg) qemu+=(-accel 'tcg,thread=multi') ;;
	icount) qemu+=(-accel 'tcg,thread=single' -icount 'shift=0,sleep=off') ;;
	esac
	# q35: the debug kernel needs half a minute to interpret the interrupt
	# routing of the older board. la57: before 6.16, an interrupt in early
	# boot finds 5-level paging off for a moment and KASAN reports nonsense.
	qemu+=(-machine q35 -cpu 'max,la57=off' "${singlestep[@]}"
		-smp "$cpus,sockets=$cpus" -nodefaults -display none -no-reboot)
	for ((i = 0; i < with_memory; i++)); do
		qemu+=(-object "memory-backend-ram,id=m$i,size=${size}M"
			-numa "node,nodeid=$i,memdev=m$i")
	done
	[ -z "$dimm_only" ] || qemu+=(-numa "node,nodeid=$i")
	for ((i = 0; i < cpus; i++)); do
		qemu+=(-numa "cpu,node-id=$((i % nodes)),socket-id=$i")
	done
	if [ -n "$dimm" ]; then
		memory+=,slots=1,maxmem=$((mem + dimm))M
		qemu+=(-object "memory-backend-ram,id=dimm,size=${dimm}M"
			-device "pc-dimm,memdev=dimm,node=$((nodes - 1))")
	fi
	qemu+=(-m "$memory" -kernel "$KIMAGE" -initrd "$work/initramfs"
		-append "$(kernel_arguments | tr '\n' ' ')")
	if [ -n "$shell" ]; then
		qemu+=(-serial mon:stdio)
		return
	fi
	qemu+=(-serial "file:$work/console" -serial "file:$work/verdict"
		-chardev "file,id=out,path=$work/out.tar" -device virtio-serial-pci
		-device 'virtserialport,chardev=out,name=out')
}

# The verdict on a VM which ended with status $1.
judge() {
	local status=$1

	if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
		say "FAIL: no end after $limit s; the console's last lines:"
		tail -n 40 "$work/console.log" >&2
		return 124
	elif [ "$status" -eq 0 ] && grep -q '^vm: FAIL' "$work/console.log"; then
		[ -z "$quiet" ] || tail -n 40 "$work/console.log" >&2
		say "FAIL: $(grep -m 1 '^vm: FAIL' "$work/console.log")"
		return 1
	elif [ "$status" -ne 0 ] || [ "$(cat "$work/verdict")" != success ]; then
		say "FAIL: the VM died (qemu: $status); the console's last lines:"
		tail -n 40 "$work/console.log" "$work/qemu.log" >&2
		return 2
	elif [ -n "$expect" ] && ! grep -qE -- "$expect" "$work/console.log"; then
		[ -z "$quiet" ] || tail -n 40 "$work/console.log" >&2
		say "FAIL: not on the console: $expect"
		return 1
	fi
}

need vm qemu-system-x86_64 busybox cpio modprobe xz
env=$("$here/kernel.sh" "$kernel")
eval "$env"
if [ "$accel" = auto ]; then
	accel=tcg
	! "$here/kvm-works.sh" || accel=kvm
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/zmem-vm.XXXXXX")
pid=''
# shellcheck disable=SC2317 # called by the trap
clean_up() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || :
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
root=$work/root
pack_guest "$@"
qemu=(qemu-system-x86_64)
qemu_command

if [ -n "$shell" ]; then
	"${qemu[@]}"
	exit
fi

begin=$SECONDS
touch "$work/console" "$work/verdict"
timeout -k 5 "$limit" "${qemu[@]}" </dev/null >"$work/qemu.log" 2>&1 &
pid=$!
if [ -z "$quiet" ]; then
	# What comes before PID 1 is only worth reading if the VM dies.
	tail -n +1 -s 0.2 -f --pid="$pid" "$work/console" |
		sed -un 's|\r||; /Run .init as init process/,$ p' &
fi
status=0
wait "$pid" || status=$?
pid=''
wait
tr -d '\r' <"$work/console" >"$work/console.log"
sed -i 's/\r//' "$work/verdict"

verdict=0
judge "$status" || verdict=$?
if [ -n "$out" ]; then
	mkdir -p "$out"
	[ ! -s "$work/out.tar" ] || tar -C "$out" -xf "$work/out.tar" || verdict=2
	cp "$work/console.log" "$out/"
	echo "$verdict" >"$out/result"
fi
if [ "$verdict" -eq 0 ]; then word=PASS; else word=FAIL; fi
say "$word: $KRELEASE, $accel, $((SECONDS - begin)) s"
exit "$verdict"
