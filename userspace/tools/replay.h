/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What the replay driver gathers, and who prints it. */
#ifndef ZMEM_REPLAY_TOOL_H
#define ZMEM_REPLAY_TOOL_H

#include <stdbool.h>
#include <stdio.h>
#include "../../zmem/core/stream.h"

#define UNKNOWN	ZMEM_REPLAY_UNKNOWN

/* A replay that was stopped and looked at. */
struct stop {
	struct zmem_replay replay;
	struct zmem_replay_cache *cache;
};

/* One side of the table. */
struct side {
	const char *name;
	__u32 target;
	struct stop peak;
	struct stop end;
	struct zmem_replay timed;
};

struct report {
	const char *path;
	const struct zmem_stream *stream;
	const struct zmem_stream_totals *totals;
	struct zmem_replay null;	/* timed */
	struct side zmem;
	struct side kmem;
	bool accounted;
	bool timed;
};

double rate(__u64 part, __u64 whole);	/* percent; below 0: unknown */
double call_ns(const struct report *r, __u64 ns, __u64 null_ns);
void print_report(const struct report *r);
void print_caches(const struct side *side, const struct stop *stop,
		  const char *when);
void print_json(FILE *f, const struct report *r);

#endif /* ZMEM_REPLAY_TOOL_H */
