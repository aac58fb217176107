/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* One snapshot of a cache, which every surface renders. */
#ifndef _ZMEM_CORE_STATS_H
#define _ZMEM_CORE_STATS_H

#include <linux/types.h>
#include <zmem/types.h>

struct zmem_common;

/* What a mode cannot know; surfaces print it as "-" (JSON: null). */
#define ZMEM_UNKNOWN	(~0ULL)

/* log2 buckets of nanoseconds; bucket n counts [2^n, 2^(n+1)). */
#define ZMEM_LATENCY_BUCKETS	32

/*
 * The statistics of one cache at one moment.
 *
 * Counts are since creation.  CPUs are read one after the other, while they
 * go on: sums are exact once the cache is at rest.
 */
struct zmem_snapshot {
	char name[ZMEM_NAME_MAX];
	u32 object_size;	/* bytes a caller asked for; classes: the class */
	u32 size;		/* bytes from one object to the next */
	u32 align;		/* bytes */
	u32 order;		/* of a slab's run, where memory allows */
	u32 objects_per_slab;
	u32 mode;		/* enum zmem_mode */
	u32 flags;		/* ZMEM_CACHE_* and internal ones */
	u32 magazine_size;	/* objects, now */
	u32 magazine_max;	/* setting */
	u32 depot_max_kib;	/* setting */
	u32 tune_interval_ms;	/* setting */
	u32 debug_flags;	/* setting */

	u64 allocs;		/* calls that gave an object */
	u64 frees;
	u64 hits;		/* allocs that this CPU's magazines served */
	u64 misses;		/* allocs that they did not */
	u64 free_hits;
	u64 free_misses;
	u64 failures;		/* allocs that gave NULL */
	u64 fresh;		/* allocs of objects never freed before */
	u64 remote_frees;	/* frees of another node's object */
	u64 busy;		/* calls that met the fast path half-way */
	u64 exchanges;		/* magazines that crossed the depot's edge */
	u64 contended;		/* times the depot's lock was taken */
	u64 depot_locks;
	u64 slab_trips;		/* batches between magazines and slabs */
	u64 errors;		/* misuse reported */

	u64 objects;		/* live: allocs - frees */
	u64 slabs;
	u64 slabs_empty;
	u64 cached;		/* free objects in magazines and depots */
	u64 magazines;		/* that exist */
	u64 bytes_requested;	/* live; ZMEM_UNKNOWN for size classes */
	u64 bytes_allocated;	/* live objects at the size of the class */
	u64 bytes_held;		/* pages, magazines, descriptors, per-CPU areas */

	u64 latency_samples;	/* 0 unless balanced */
	u64 latency_mean_ns;	/* net of the detour, else ZMEM_UNKNOWN */
	u64 latency_p99_ns;
	u64 latency_detour_ns;	/* what was subtracted */

	u64 tuner_runs;
	u64 tuner_grown;
	u64 tuner_shrunk;
	u64 tuner_trimmed;	/* magazines given back */
};

void zmem_snapshot_take(struct zmem_common *cache, struct zmem_snapshot *snap);

int zmem_snapshot_nth(unsigned int n, struct zmem_snapshot *snap);

/* Shares in units of 1/10000; ZMEM_UNKNOWN where the whole is 0 or unknown. */
u64 zmem_snapshot_hit_rate(const struct zmem_snapshot *snap);
u64 zmem_snapshot_reuse(const struct zmem_snapshot *snap);
u64 zmem_snapshot_internal(const struct zmem_snapshot *snap);
u64 zmem_snapshot_external(const struct zmem_snapshot *snap);

#endif /* _ZMEM_CORE_STATS_H */
