#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Real programs under libzmem_malloc, as TAP: each runs once as it is and once
# with the library preloaded, and prints the same.
#
#	tests/programs.sh LIBRARY [--full]
#
# --full adds those that take long.  A word of the library's own on stderr, a
# report of misuse, is a failure too.
# shellcheck disable=SC2317 # functions are called by name
set -u
lib=$(realpath "${1:?usage: programs.sh LIBRARY [--full]}") || exit 2
[ -r "$lib" ] || { echo "programs.sh: no library at $lib" >&2; exit 2; }
full=${2:-}
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/zmem-programs.XXXXXX")
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 2
n=0
status=0

result() {
	n=$((n + 1))
	[ "$1" -eq 0 ] || { printf 'not '; status=1; }
	echo "ok $n - $2"
}

# Runs a function in a folder of its own; its output is what it prints.
in_folder() {
	mkdir -p "$1" && cd "$1" && "$2"
}

# same FUNCTION: it prints the same with the library
same() {
	local ok=0 start=$SECONDS

	( in_folder "$1.without" "$1" ) >"$1.out" 2>"$1.err" || ok=1
	( export LD_PRELOAD=$lib; in_folder "$1.with" "$1" ) >"$1.zmem" 2>"$1.zmem.err" || ok=1
	[ -s "$1.out" ] || ok=1
	diff -u "$1.out" "$1.zmem" | head -20 | sed 's/^/# /'
	cmp -s "$1.out" "$1.zmem" || ok=1
	if grep -E 'zmem:|WARNING: shim|BUG: shim' "$1.zmem.err" | sed 's/^/# /' | grep .; then
		ok=1
	fi
	[ $ok -eq 0 ] || tail -5 "$1.zmem.err" | sed 's/^/# /'
	result $ok "$1, $((SECONDS - start)) s"
}

gcc_compiles() {
	gcc -std=gnu11 -O2 -g0 -fno-strict-aliasing -I"$top/userspace/shim" -I"$top/include" \
		-I"$top/zmem" -c -o slab.o "$top/zmem/core/slab.c" && sha256sum slab.o
}

gxx_compiles() {
	cat >t.cc <<-'END'
	#include <algorithm>
	#include <map>
	#include <regex>
	#include <string>
	int main(int argc, char **argv)
	{
		std::map<std::string, std::regex> m;
		m.emplace("a", "[a-z]+(b|c)*");
		return std::regex_match(argv[0], m.at("a"));
	}
	END
	g++ -O2 -g0 -c -o t.o t.cc && sha256sum t.o
}

sqlite_queries() {
	sqlite3 t.db <<-'END'
	CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price REAL);
	WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
	INSERT INTO item SELECT i, printf('item-%08x', i * 2654435761 % 4294967296),
		i * 7919 % 10007 / 7.0 FROM n;
	CREATE INDEX by_name ON item(name);
	SELECT count(*), sum(price), min(name), max(name) FROM item;
	SELECT substr(name, 1, 7), count(*), avg(price) FROM item
		GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20;
	SELECT count(*) FROM item a JOIN item b ON b.name > a.name AND b.name < a.name || '~'
		WHERE a.id % 100 = 0;
	SELECT length(group_concat(name, ',')) FROM item;
	PRAGMA integrity_check;
	END
}

python_modules() {
	/usr/bin/python3 -c 'import sys; sys.path[:0] = ["."]
import collections, json, random
random.seed(7)
d = collections.defaultdict(list)
for i in range(200000):
	d[random.randrange(5000)].append(str(i) * (i % 5))
text = json.dumps(d, sort_keys=True)
print(len(text), hash(len(json.loads(text))), sum(map(len, d.values())))'
	/usr/bin/python3 -m test test_json test_dict test_list test_thread 2>&1 |
		grep -E '^(Result|All|Total tests|[0-9]+ tests? )'
}

python_suite() {
	/usr/bin/python3 -m test test_re test_unicode test_bytes test_thread test_fork1 \
		test_pickle test_array test_zlib test_sqlite3 test_struct 2>&1 |
		grep -E '^(Result|All|Total tests|[0-9]+ tests? )'
}

git_history() {
	export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a
	export GIT_COMMITTER_EMAIL=a@b GIT_AUTHOR_DATE='1700000000 +0000'
	export GIT_COMMITTER_DATE='1700000000 +0000' GIT_CONFIG_GLOBAL=/dev/null
	git init -q -b main . || return 1
	cp -r "$top/zmem/core" . && git add . && git commit -qm one
	sed -i 's/slab/slob/' core/*.c && git commit -qam two
	git gc -q && git fsck --full
	git log -p --stat --format=%H | sha256sum
	git rev-parse HEAD
}

# A server under load from several clients; what it keeps is then compared.
redis_serves() {
	redis-server --port 0 --unixsocket "$PWD/s" --save '' --daemonize no --enable-debug-command yes \
		--logfile log --io-threads "${2:-1}" &
	server=$!
	for _ in $(seq 100); do
		[ -S s ] && break
		sleep 0.1
	done
	LD_PRELOAD='' redis-benchmark -s "$PWD/s" -q -n "${1:-3000}" -c 20 -r 1000 \
		-t set,get,incr,lpush,lpop,sadd,hset,zadd,lrange_100,mset >bench
	LD_PRELOAD='' redis-cli -s "$PWD/s" EVAL "
		for i = 1, 2000 do redis.call('SET', 'k' .. i, string.rep('v', i)) end
		for i = 1, 2000 do redis.call('APPEND', 'k' .. i, string.rep('w', i % 100)) end
		local n = 0
		for i = 1, 2000 do n = n + redis.call('STRLEN', 'k' .. i) end
		return n" 0
	LD_PRELOAD='' redis-cli -s "$PWD/s" DEBUG DIGEST-VALUE k1 k1000 k2000
	LD_PRELOAD='' redis-cli -s "$PWD/s" SAVE
	LD_PRELOAD='' redis-cli -s "$PWD/s" SHUTDOWN NOSAVE
	wait "$server" && [ "$(wc -l <bench)" -gt 5 ] && echo "served"
}

redis_serves_long() { redis_serves 100000 2; }

# Its own checks are the comparison: it fails if a byte is not as it was left.
stress_ng() {
	stress-ng --verify --timeout 120 "$@" 2>&1 |
		grep -oE 'dispatching hogs:.*|successful run|unsuccessful run|fail.*'
}

stress_malloc() { stress_ng --malloc 2 --malloc-ops 20000 --malloc-bytes 64m; }

stress_malloc_long() {
	stress_ng --malloc 4 --malloc-ops 500000
	stress_ng --malloc 8 --malloc-pthreads 4 --malloc-ops 100000
}

echo "TAP version 13"
tests=(gcc_compiles sqlite_queries python_modules git_history redis_serves
	stress_malloc)
[ "$full" != --full ] || tests+=(gxx_compiles python_suite redis_serves_long stress_malloc_long)
for t in "${tests[@]}"; do
	same "$t"
done
echo "1..$n"
exit $status
