#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Installs the library into a folder of its own and builds a program against
# that alone, shared and static, in C and C++; $OUT is where the library is.
set -eu
: "${OUT:?}"
cd "$(dirname "$0")"
root=$OUT/installed
rm -rf "$root"
make -s -C .. OUT="$OUT" PREFIX="$root" install >"$OUT/install.log"

export PKG_CONFIG_PATH=$root/lib/pkgconfig
flags=(-std=gnu11 -Wall -Wextra -Werror)
# shellcheck disable=SC2046 # lists of words
gcc "${flags[@]}" -o "$root/shared" installed_test.c $(pkg-config --cflags --libs libzmem) \
	-Wl,-rpath,"$root/lib"
# shellcheck disable=SC2046
gcc "${flags[@]}" -o "$root/static" installed_test.c $(pkg-config --cflags libzmem) \
	"$root/lib/libzmem.a" $(pkg-config --libs-only-other --static libzmem)
# The header is C++ as well.
echo '#include <zmem.h>' | g++ -Wall -Wextra -Werror -pedantic -fsyntax-only \
	-I"$root/include" -x c++ -

"$root/shared"
"$root/static"

# Both sides of the ABI agree.
gcc "${flags[@]}" -o "$root/abi-user" abi_values.c -I"$root/include"
gcc -std=gnu11 -DCORE -o "$root/abi-core" abi_values.c -I../shim -I../../include \
	-I../../include/uapi -I../../zmem
diff <("$root/abi-user") <("$root/abi-core") || {
	echo "not ok - header and core differ"
	exit 1
}
echo "ok - header and core agree"

stray=$(nm -D --defined-only "$root/lib/libzmem.so" | grep -v '@@ZMEM_1$' |
	grep -v ' A ZMEM_1$' || true)
if [ -n "$stray" ]; then
	echo "not ok - symbols without a version:"
	echo "$stray"
	exit 1
fi
echo "ok - every symbol has its version"
