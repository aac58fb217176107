# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# For people.  The kernel's build system reads Kbuild.

KDIR	?= /lib/modules/$(shell uname -r)/build
OUT	?= $(CURDIR)/build
export OUT

QUICK	:= rules user-plain user-asan user-tsan
CHECK	:= rules style sparse docs user-plain user-rseq user-asan user-tsan user-valgrind \
	   user-tools user-programs coverage-core fuzz spin metrics bench-tools build \
	   fastpath hammer kselftest hotplug run kunit kselftest-debug storm \
	   faults ioctl-fuzz
FULL	:= $(CHECK) static vm kcsan bpftrace drgn walk packages kernel-6.1 kernel-7.x kernel-rt \
	   user-programs-full coverage mutants

all: modules	## build zmem/zmem.ko against KDIR (default: the running kernel)

modules:
	@test -e "$(KDIR)/Makefile" || { \
		echo "no kernel headers at $(KDIR): install them, or give KDIR="; exit 1; }
	$(MAKE) -C "$(KDIR)" M="$(CURDIR)" modules

modules_install: modules	## install zmem.ko for KDIR's kernel (as root)
	$(MAKE) -C "$(KDIR)" M="$(CURDIR)" modules_install

install:	## install tools, library and man pages under PREFIX (/usr/local)
	$(MAKE) -f packaging/Makefile install

deb:	## build Debian packages into build/deb
	@scripts/deps.sh build user packages
	packaging/deb.sh

docs:	## build Documentation into build/doc
	@scripts/deps.sh docs
	$(MAKE) -C Documentation OUT="$(OUT)/doc"

user:	## build libzmem and its tools [SLOTS=rseq]
	scripts/deps.sh build user
	$(MAKE) -C userspace OUT="$(OUT)/userspace" lib

run:	## the main job: record real allocations in a guest, replay them, compare
	scripts/deps.sh build vm
	bash selftests/run/run.sh

bench-kernel:	## instructions of zmem and of the kernel's allocator [KERNEL=6.12|6.1|7.x|rt]
	@scripts/deps.sh build vm bench
	KERNEL="$(KERNEL)" bash selftests/bench/run.sh

MODE ?= full

bench:	## malloc under programs, against every peer, 9 minutes (MODE=quick: one)
	@scripts/deps.sh build user bench
	$(MAKE) -s -C userspace OUT="$(OUT)/userspace" lib
	$(MAKE) -s -C userspace/bench OUT="$(OUT)/bench"
	@status=0; BENCH="$(OUT)/bench" userspace/bench/run.py --mode $(MODE) || status=$$?; \
	userspace/bench/report.py --out "$(OUT)/bench/report.html" \
		"$(OUT)/bench/userspace.json" $(wildcard $(OUT)/bench/kernel-*.json) && exit $$status

BASELINE ?= userspace/bench/baseline.json

bench-check:	## a short run against the ratios in BASELINE= (the stored ones)
	@test -e "$(BASELINE)" || { echo "bench-check: no $(BASELINE); to store one: make bench" \
		"&& userspace/bench/check.py --store build/bench/userspace.json"; exit 2; }
	@scripts/deps.sh build user bench
	$(MAKE) -s -C userspace OUT="$(OUT)/userspace" lib
	$(MAKE) -s -C userspace/bench OUT="$(OUT)/bench"
	BENCH="$(OUT)/bench" userspace/bench/run.py --mode quick --out "$(OUT)/bench/check.json"
	@BENCH="$(OUT)/bench" userspace/bench/check.py "$(OUT)/bench/check.json" --confirm \
		--baseline "$(BASELINE)"

check-quick:	## the userspace suites, under a minute
	@scripts/deps.sh build user
	@scripts/check.sh $(QUICK)

check:	## every suite for each change
	@scripts/deps.sh build user programs bench vm debug-kernel style docs model
	@echo "left to check-full: $(filter-out $(CHECK),$(FULL))"
	@scripts/check.sh $(CHECK)

check-full:	## all of check, and what is too slow for each change
	@scripts/deps.sh build user programs bench vm debug-kernel style static docs packages \
		bpftrace drgn model mutants
	@scripts/check.sh $(FULL)

fuzz: SECONDS ?= 60
fuzz:	## fuzz the API and the stream's reader for SECONDS
	@scripts/deps.sh build user
	$(MAKE) -C userspace/fuzz OUT="$(OUT)/fuzz" fuzz SECONDS=$(SECONDS)

coverage:	## lines and branches of zmem/ that the suites reach, in userspace and guests
	@scripts/deps.sh build user vm debug-kernel coverage
	@scripts/coverage.sh

MINUTES ?= 60

soak:	## storms in a guest for MINUTES; SEED=n repeats one
	@scripts/deps.sh build vm debug-kernel
	bash selftests/storm/run.sh --minutes "$(MINUTES)" $(if $(SEED),--seed "$(SEED)")

check-mutants: COUNT ?= 40
check-mutants:	## plant bugs in the core and see them caught [SEED=n] [COUNT=40]
	@scripts/deps.sh build user vm debug-kernel mutants
	@status=0; scripts/mutants/seeded.py --out "$(OUT)/mutants" || status=$$?; \
	scripts/mutants/run.py --out "$(OUT)/mutants" --count "$(COUNT)" \
		$(if $(SEED),--seed "$(SEED)") || status=$$?; exit $$status

metrics:	## complexity: the mean must be 8 or less; the worst are listed
	@scripts/deps.sh style
	@scripts/metrics.sh

static:	## sparse, cppcheck, the kernel's coccinelle rules, clang-tidy
	@scripts/deps.sh build vm style static
	@scripts/static.sh

shell:	## a shell in a guest with zmem at hand, stock kernel
	@scripts/deps.sh build vm
	@scripts/shell.sh stock

shell-debug:	## the same in the debug kernel
	@scripts/deps.sh build vm debug-kernel
	@scripts/shell.sh debug

clean:	## remove what was built in the tree
	rm -rf "$(OUT)"
	find . -path ./.git -prune -o \( -name '*.o' -o -name '*.ko' -o -name '*.mod' \
		-o -name '*.mod.c' -o -name '.*.cmd' -o -name modules.order \
		-o -name Module.symvers \) -type f -print | xargs -r rm -f

distclean: clean	## and the cached kernels
	rm -rf "$${ZMEM_CACHE:-$${XDG_CACHE_HOME:-$$HOME/.cache}/zmem}"

help:	## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile | expand -t 18
