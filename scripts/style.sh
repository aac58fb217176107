#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Style: checkpatch --strict over C sources, kernel-doc over what has it, codespell
# over all and shellcheck over scripts.  The kernel's tools come from
# linux-source-6.12.  clang-format (.clang-format) is for new code at its writer's
# hand: it knows neither tables of initializers nor the kernel's macros, and would
# change one line of fourteen for the worse.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
tools=${OUT:-$top/build}/kernel-tools
tarball=/usr/src/linux-source-6.12.tar.xz
cd "$top" || exit 2

if [ ! -e "$tools/.done" ]; then
	mkdir -p "$tools"
	tar -C "$tools" --strip-components=1 --wildcards -xf "$tarball" \
		'linux-source-6.12/scripts/checkpatch.pl' \
		'linux-source-6.12/scripts/kernel-doc*' \
		'linux-source-6.12/scripts/spelling.txt' \
		'linux-source-6.12/scripts/const_structs.checkpatch' || exit 1
	touch "$tools/.done"
fi

status=0
mapfile -t scripts < <(git ls-files -co --exclude-standard -- '*.sh' .ci/run)

# The tree is no kernel tree, and has no maintainers to ask.
checkpatch() {
	local ignore=$1

	shift
	perl "$tools/scripts/checkpatch.pl" --no-tree --strict --no-summary --quiet \
		--terse --show-types --max-line-length=100 --ignore "$ignore" -f "$@" ||
		status=1
}

# A macro may name a field twice, as kfree_rcu() does.
never=FILE_PATH_CHANGES,LONG_LINE_STRING,MACRO_ARG_REUSE
# The shim defines what the kernel's own headers define, under the same names;
# programs for users print, and have libc's types.
shim=MACRO_ARG_REUSE,MACRO_ARG_UNUSED,MACRO_ARG_PRECEDENCE,COMPLEX_MACRO
shim+=,MACRO_WITH_FLOW_CONTROL,NEW_TYPEDEFS,MEMORY_BARRIER,VOLATILE,BIT_MACRO
shim+=,PREFER_DEFINED_ATTRIBUTE_MACRO,PREFER_KERNEL_TYPES,PREFER_PR_LEVEL,NR_CPUS
shim+=,MSLEEP,EMBEDDED_FUNCTION_NAME,UNCOMMENTED_DEFINITION,EXPORT_SYMBOL,AVOID_BUG
shim+=,UNSPECIFIED_INT,FUNCTION_ARGUMENTS,CAMELCASE,INIT_ATTRIBUTE,USE_LOCKDEP
shim+=,IS_ENABLED_CONFIG,IN_ATOMIC,PRINTK_WITHOUT_KERN_LEVEL,PRINTK_RATELIMITED
shim+=,DATA_RACE,LOGGING_CONTINUATION,TRAILING_STATEMENTS,SPACING,COMPARISON_TO_NULL
shim+=,KREALLOC_ARG_REUSE,LINE_SPACING,MULTIPLE_ASSIGNMENTS

mapfile -t kernel < <(git ls-files -co --exclude-standard -- 'zmem/*.[ch]' 'include/*.[ch]' \
	':!include/trace')
mapfile -t trace < <(git ls-files -co --exclude-standard -- 'include/trace/*.h')
mapfile -t user < <(git ls-files -co --exclude-standard -- 'userspace/*.[ch]' 'selftests/*.[ch]')
checkpatch "$never" "${kernel[@]}"
# Tracepoints are written as the kernel's own are.
checkpatch "$never,PARENTHESIS_ALIGNMENT,OPEN_ENDED_LINE" "${trace[@]}"
checkpatch "$never,$shim" "${user[@]}"

mapfile -t documented < <(git ls-files -co --exclude-standard -- 'zmem/*.c' 'zmem/*.h' 'include/zmem/*.h')
perl "$tools/scripts/kernel-doc" -none -Werror "${documented[@]}" || status=1
shellcheck -x -e SC1091 "${scripts[@]}" || status=1
# What people read; a struct file is a filp.
mapfile -t texts < <(git ls-files -co --exclude-standard -- ':!*.xz' ':!LICENSES' ':!*/corpus/*')
codespell -q 3 -L filp "${texts[@]}" || status=1
exit $status
