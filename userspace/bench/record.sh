#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# Records the streams that userspace/bench/streams/ holds:
#
#	userspace/bench/record.sh [--kernel FILE.stream] [DIRECTORY]
#
# The programs are Debian's (gcc, git, python3, redis-server, redis-tools,
# sqlite3), at work on files of this tree.  The kernel's own
# stream is cut from one that `make run` recorded.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
OUT=${OUT:-$top/build/bench}
export OUT
events=200000
kernel=

if [ "${1:-}" = --kernel ]; then
	kernel=$2
	shift 2
fi
to=${1:-$top/userspace/bench/streams}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make -s -C "$top/userspace/bench" all
mkdir -p "$to"

# record NAME COMMAND...: the stream of the process that called the most
record() {
	local name=$1 raw

	shift
	ZMEM_RECORD=$work/$name.raw LD_PRELOAD=$OUT/librecord_preload.so \
		"$@" >"$work/$name.out"
	# shellcheck disable=SC2012 # names of our own making
	raw=$(ls -s "$work/$name.raw".* | sort -n | tail -n 1 | awk '{ print $2 }')
	"$OUT/stream-make" raw "$raw" "$work/$name.stream" "$events"
	rm "$work/$name.raw".*
	pack "$name"
}

pack() {
	xz -9e -c "$work/$1.stream" >"$to/$1.stream.xz"
}

cat >"$work/words.sql" <<-'SQL'
	create table word (id integer primary key, text, weight real);
	with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)
		insert into word select i, printf('word %d of %x', i * 7919 % 3001, i), i / 7.0 from n;
	create index by_text on word(text);
	select count(*), sum(weight) from word where text like '%1%';
	select a.text, count(*) from word a join word b on b.id = a.id % 97 + 1
		group by b.text order by 2 desc, 1 limit 20;
	update word set text = upper(text) where id % 3 = 0;
	delete from word where id % 5 = 0;
	select group_concat(text, ',') from word where id < 500;
SQL

cat >"$work/work.py" <<-'PYTHON'
	import collections, json, re, sys
	text = open(sys.argv[1]).read()
	words = collections.Counter(re.findall(r"\w+", text))
	tree = {w: {"n": n, "at": [m.start() for m in re.finditer(r"\b%s\b" % w, text)][:5]}
	        for w, n in words.most_common(60)}
	for _ in range(10):
	    tree = json.loads(json.dumps(tree, indent=1))
	print(sorted(tree.items())[:3])
PYTHON

record sqlite3 sqlite3 "$work/words.db" ".read $work/words.sql"
record gcc gcc -O2 -std=gnu11 -I"$top/include/uapi" -I"$top/userspace/shim" \
	-S -o "$work/gcc.s" "$top/zmem/core/stream.c"
# Python keeps small objects from malloc unless it is told not to.
record python3 env PYTHONMALLOC=malloc /usr/bin/python3 -S "$work/work.py" \
	"$top/Documentation/design.rst"
cat >"$work/redis.sh" <<-'SHELL'
	redis-server --port 0 --unixsocket "$1/redis.sock" --save '' --dir "$1" &
	until [ -S "$1/redis.sock" ]; do sleep 0.1; done
	for command in "-t set,get,incr,lpush,hset,sadd -r 2000 -n 2500" "-t lrange_100 -n 100"; do
		# shellcheck disable=SC2086 # words
		LD_PRELOAD='' redis-benchmark -s "$1/redis.sock" -q -d 100 $command
	done
	kill $!
	wait
SHELL

record redis bash "$work/redis.sh" "$work"
record git git -C "$top" log --stat -n 40
[ -z "$kernel" ] || {
	"$OUT/stream-make" cut "$kernel" "$work/kernel.stream" "$events"
	pack kernel
}
ls -l "$to"
