#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# The tree's own rules, as TAP: files stay short, core files know neither world,
# nothing calls BUG(), every file names its licence, what scripts/mutants/known
# says is of lines that are there.
set -u
cd "$(dirname "$0")/.." || exit 2
status=0
n=0

# rule NAME OFFENDERS
rule() {
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
		return
	fi
	echo "not ok $n - $1"
	echo "${2//$'\n'/$'\n'# }" | sed '1s/^/# /'
	status=1
}

tracked() {
	git ls-files -co --exclude-standard -- "$@" | while read -r f; do
		[ -e "$f" ] && echo "$f"
	done
}

echo "TAP version 13"
echo "1..6"
rule "no source file above 700 lines (tests of the shim apart)" \
	"$(tracked '*.c' '*.h' '*.sh' ':!userspace/tests' | xargs wc -l | awk '$1 > 700 && $2 != "total"')"
rule "core files know neither world" \
	"$(grep -nE '__KERNEL__|LINUX_VERSION_CODE' -r zmem/core include --include='*.[ch]')"
rule "no kernel version test outside zmem/compat" \
	"$(grep -nE 'LINUX_VERSION_CODE|KERNEL_VERSION' -r zmem selftests --include='*.[ch]' | grep -v '^zmem/compat/')"
rule "no BUG()" \
	"$(grep -nE '\bBUG(_ON)?\(' -r zmem include --include='*.[ch]')"
rule "every source file names its licence" \
	"$(tracked '*.c' '*.h' '*.sh' '*Kbuild' '*Makefile' | xargs grep -L 'SPDX-License-Identifier')"
rule "each explanation of a mutant fits one" \
	"$(cd scripts/mutants && python3 -c 'import known, run; known.load(run.sources())' 2>&1 | tail -1)"
exit $status
