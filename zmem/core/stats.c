// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The one place where a cache's statistics are gathered. */
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"
#include "core/debug.h"
#include "core/latency.h"
#include "core/magazine.h"
#include "core/pool.h"
#include "core/slab.h"

static void snap_settings(const struct zmem_common *c, struct zmem_snapshot *s)
{
	strscpy(s->name, c->name, sizeof(s->name));
	s->object_size = c->object_size;
	s->size = c->size;
	s->align = c->align;
	s->order = c->order;
	s->objects_per_slab = zmem_slab_objects(c, c->order);
	s->mode = c->mode;
	s->flags = c->flags;
	s->magazine_size = c->flags & ZMEM_NO_MAGAZINES ? 0 : READ_ONCE(c->magazine_size);
	s->magazine_max = c->magazine_max;
	s->depot_max_kib = c->depot_max_kib;
	s->tune_interval_ms = c->tune_interval_ms;
	s->debug_flags = c->debug_flags;
	s->tuner_runs = c->tuner.runs;
	s->tuner_grown = c->tuner.grown;
	s->tuner_shrunk = c->tuner.shrunk;
	s->tuner_trimmed = c->tuner.trimmed;
}

static void snap_cpus(const struct zmem_common *c, struct zmem_snapshot *s)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct zmem_cpu_area *a = per_cpu_ptr(zmem_area(c), cpu);

		/* Frees before allocs, lest a moving object count below 0. */
		s->free_hits += zmem_cpu_free_hits(a);
		s->free_misses += READ_ONCE(a->slow.slow_frees);
		s->hits += zmem_cpu_alloc_hits(a);
		s->misses += READ_ONCE(a->slow.slow_allocs);
		s->failures += READ_ONCE(a->slow.failures);
		s->remote_frees += READ_ONCE(a->slow.remote_frees);
		s->busy += READ_ONCE(a->slow.busy_hits);
	}
	s->allocs = s->hits + s->misses;
	s->frees = s->free_hits + s->free_misses;
	s->objects = s->allocs - min(s->allocs, s->frees);
}

static void snap_nodes(const struct zmem_common *c, struct zmem_snapshot *s)
{
	u64 in_use = 0;
	int node;

	for_each_node(node) {
		const struct zmem_depot *d = &c->node[node]->depot;
		const struct zmem_slabs *slabs = &c->node[node]->slabs;

		s->exchanges += READ_ONCE(d->exchanges);
		s->depot_locks += READ_ONCE(d->locks);
		s->contended += atomic_long_read(&d->contended);
		s->slabs += READ_ONCE(slabs->nr);
		s->slabs_empty += READ_ONCE(slabs->nr_empty);
		s->fresh += READ_ONCE(slabs->fresh);
		s->slab_trips += READ_ONCE(slabs->trips);
		s->bytes_held += READ_ONCE(slabs->pages) * PAGE_SIZE +
				 READ_ONCE(slabs->desc_bytes) +
				 sizeof(struct zmem_node);
		in_use += READ_ONCE(slabs->in_use);
	}
	s->cached = in_use - min(in_use, s->objects);
}

/* A debug cache sums up what it was told; size classes else are told nothing. */
static u64 requested(const struct zmem_common *c, u64 objects)
{
	if (c->debug && !READ_ONCE(c->debug->inexact))
		return atomic_long_read(&c->debug->requested);
	return c->flags & ZMEM_SIZE_CLASS ? ZMEM_UNKNOWN : objects * c->object_size;
}

static void snap_bytes(const struct zmem_common *c, struct zmem_snapshot *s)
{
	s->magazines = atomic_long_read(&c->magazines);
	s->bytes_held += atomic_long_read(&c->magazine_bytes) + ksize(c) +
			 num_possible_cpus() * (sizeof(struct zmem_cpu_area) +
						nr_node_ids * sizeof(void *));
	s->bytes_allocated = s->objects * c->size;
	s->bytes_requested = requested(c, s->objects);
	if (!(c->flags & ZMEM_LARGE))
		return;
	/* Runs are not slabs; the free ones are counted here, with theirs. */
	s->slabs = s->objects;
	s->fresh = atomic_long_read(&c->large_fresh);
	s->cached = zmem_pools_cached();
	s->bytes_requested = atomic_long_read(&c->large_bytes);
	s->bytes_allocated = atomic_long_read(&c->large_pages) * PAGE_SIZE;
	s->bytes_held += s->bytes_allocated + s->cached * PAGE_SIZE;
}

static u64 latency_p99(const struct zmem_latency *l, u64 samples)
{
	u64 rank = samples - samples / 100, seen = 0;
	unsigned int i;

	for (i = 0; i < ZMEM_LATENCY_BUCKETS; i++) {
		seen += atomic_long_read(&l->bucket[i]);
		if (seen >= rank)
			break;
	}
	/* The bucket's upper end: no sample is promised to be faster. */
	return (2ULL << i) - 1;
}

static void snap_latency(const struct zmem_common *c, struct zmem_snapshot *s)
{
	const struct zmem_latency *l = c->latency;

	s->latency_mean_ns = ZMEM_UNKNOWN;
	s->latency_p99_ns = ZMEM_UNKNOWN;
	s->latency_detour_ns = ZMEM_UNKNOWN;
	if (!l)
		return;
	s->latency_detour_ns = zmem_latency_detour();
	s->latency_samples = atomic_long_read(&l->samples);
	if (!s->latency_samples)
		return;
	s->latency_mean_ns = div64_u64(atomic_long_read(&l->total_ns),
				       s->latency_samples);
	s->latency_p99_ns = latency_p99(l, s->latency_samples);
}

/**
 * zmem_snapshot_take() - gather a cache's statistics
 * @c: the cache; it must not go meanwhile
 * @snap: where to put them; every byte is written
 *
 * Context: any but NMI.
 */
void zmem_snapshot_take(struct zmem_common *c, struct zmem_snapshot *snap)
{
	memset(snap, 0, sizeof(*snap));
	snap->errors = atomic_long_read(&c->errors);
	snap_settings(c, snap);
	snap_cpus(c, snap);
	snap_nodes(c, snap);
	snap_bytes(c, snap);
	snap_latency(c, snap);
}

static u64 share(u64 part, u64 whole)
{
	if (!whole || part == ZMEM_UNKNOWN || whole == ZMEM_UNKNOWN)
		return ZMEM_UNKNOWN;
	return div64_u64(min(part, whole) * 10000, whole);
}

static u64 lost(u64 part, u64 whole)
{
	u64 kept = share(part, whole);

	return kept == ZMEM_UNKNOWN ? kept : 10000 - kept;
}

/* Allocations that a CPU's magazines served. */
u64 zmem_snapshot_hit_rate(const struct zmem_snapshot *s)
{
	return share(s->hits, s->allocs);
}

/* Allocations of objects that were freed before. */
u64 zmem_snapshot_reuse(const struct zmem_snapshot *s)
{
	return lost(s->fresh, s->allocs);
}

/* Bytes allocated that nobody requested. */
u64 zmem_snapshot_internal(const struct zmem_snapshot *s)
{
	return lost(s->bytes_requested, s->bytes_allocated);
}

/* Bytes held that are not allocated. */
u64 zmem_snapshot_external(const struct zmem_snapshot *s)
{
	return lost(s->bytes_allocated, s->bytes_held);
}
