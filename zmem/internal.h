/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the layers share: a cache's structure, and who owns each field.
 *
 * Locks, outermost first:
 *
 *	zmem_caches_lock	mutex: the list of caches, and their lives.  No
 *				allocation under it, none of debugfs_remove(),
 *				rcu_barrier(), cpus_read_lock(): the shrinker
 *				and seq_files take it
 *	zmem_depot.lock		leaf
 *	zmem_slabs.lock		leaf
 *	zmem_pool.lock		leaf
 *	zmem_rcu_cpu.lock	leaf, raw: frees by RCU take it where a sleeping
 *				lock may not be taken.  call_rcu() is called
 *				under it
 *	zmem_hold.lock		leaf
 *	zmem_quarantine.lock	leaf
 *
 * A leaf is never held while another is taken, and no page is allocated or
 * freed under one.  The other leaves are spinlock_t taken with interrupts saved:
 * on PREEMPT_RT they sleep, so no code takes one between zmem_cpu_enter() and
 * zmem_cpu_exit().
 *
 * A CPU's share (struct zmem_cpu_area) belongs to that CPU: it is written
 * between zmem_cpu_enter() and zmem_cpu_exit() there, or by the one who tears
 * a dead CPU down, or by the one who destroys the cache after every CPU was
 * drained.  Statistics are read by anyone, torn sums and all.
 */
#ifndef _ZMEM_INTERNAL_H
#define _ZMEM_INTERNAL_H

#include <linux/atomic.h>
#include <linux/jump_label.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <zmem/cpu.h>
#include <zmem/zmem.h>
#include <compat/page.h>
#include "core/stats.h"

/* Internal flags of a cache, beside the ZMEM_* that a caller may set. */
#define ZMEM_NO_MAGAZINES	0x0100u	/* closed for good: debug, DMA, large */
#define ZMEM_SIZE_CLASS		0x0200u	/* behind zmem_alloc() */
#define ZMEM_LARGE		0x0400u	/* the cache of page runs */
#define ZMEM_ZERO		0x0800u	/* the cache of no bytes */

/* Objects of a slab at most: its descriptor is then at most 128 bytes. */
#define ZMEM_SLAB_OBJECTS_MAX	512u

/* Runs for slabs stay below what the page allocator calls costly. */
#define ZMEM_SLAB_ORDER_MAX	3u

/* Debug caches': an object has a record, and its red zones may need a page more. */
#define ZMEM_DEBUG_OBJECTS_MAX	128u
#define ZMEM_DEBUG_ORDER_MAX	4u

/* Bounds of the settings. */
#define ZMEM_MAGAZINE_MAX	1020u
#define ZMEM_DEPOT_MAX_KIB	1048576u

/**
 * struct zmem_magazine - a stack of free objects of one node
 * @next: below it in a depot, or in a chain of some to be unmade
 * @node: the node of the objects
 * @size: objects that fit
 * @count: objects that are in it; stale while loaded
 * @guard: the word before the first object, which a free compares its object
 *	with when the magazine is empty: never an object's address
 * @objects: the stack
 *
 * Belongs to whoever holds it: a CPU, a depot (under its lock), or a task.
 */
struct zmem_magazine {
	struct zmem_magazine *next;
	u32 node;
	u16 size;
	u16 count;
	unsigned long guard;
	void *objects[];
};

/* Puts a magazine on top of a stack, or first in a chain. */
static inline void zmem_magazine_stack(struct zmem_magazine **top, struct zmem_magazine *mag)
{
	mag->next = *top;
	*top = mag;
}

/**
 * struct zmem_cpu_slow - the slow path's part of a CPU's share
 * @common: of the cache, the same on every CPU
 * @home: the nearest open node with memory, or the only one of a strict cache;
 *	written by zmem_homes_update() too
 * @closed: calls left to sample before the magazines open again; the loaded
 *	magazine's count is valid meanwhile
 * @seen: the tuner's: calls when it last looked
 * @idle: the tuner's: looks in a row that saw no call
 * @made: magazines that the CPU made since it was last drained, and its first
 *	free if it had none
 * @wish: the tuner's: what this CPU is to do, enum zmem_wish; caches_lock
 * @start: where the top was when the magazine was loaded: what it took since is
 *	what it served, and as many more as the top is above (zmem_cpu_frees())
 * @surplus: objects that loaded magazines took, less those that they served,
 *	until they were unloaded
 * @swap_allocs: allocations that the previous magazine served
 * @swap_frees: frees that it took
 * @slow_allocs: allocations that depot or slab served
 * @slow_frees: frees that they took
 * @failures: allocations that failed
 * @remote_frees: frees of an object whose node is not the magazine's
 * @busy_hits: calls that an interrupt made while the fast path was busy
 * @remote: a magazine for each other node, on its way home
 */
struct zmem_cpu_slow {
	struct zmem_common *common;
	u32 home;
	u32 closed;
	unsigned long seen;
	u32 idle;
	u32 made;
	u32 wish;
	void **start;
	long surplus;
	unsigned long swap_allocs;
	unsigned long swap_frees;
	unsigned long slow_allocs;
	unsigned long slow_frees;
	unsigned long failures;
	unsigned long remote_frees;
	unsigned long busy_hits;
	struct zmem_magazine *remote[];
};

struct zmem_cpu_area {
	struct zmem_cpu fast;
	struct zmem_cpu_slow slow;
};

/**
 * struct zmem_depot - a node's full and empty magazines
 * @lock: all fields but @contended
 * @full: magazines with objects, a stack: the warmest on top
 * @empty: magazines without, likewise
 * @nr_full: of them
 * @nr_empty: of them
 * @objects: in @full
 * @depth_kib: of objects that may wait now
 * @flushed: magazines that found no room since it last got deeper
 * @full_min: the fewest @nr_full since the tuner looked: not worked with
 * @empty_min: likewise
 * @looked: jiffies when the tuner looked
 * @exchanges: magazines that came or went
 * @locks: times the lock was taken
 * @contended: times it was not free at once
 */
struct zmem_depot {
	spinlock_t lock;	/* the fields below */
	struct zmem_magazine *full;
	struct zmem_magazine *empty;
	unsigned int nr_full;
	unsigned int nr_empty;
	unsigned long objects;
	unsigned int depth_kib;
	unsigned int flushed;
	unsigned int full_min;
	unsigned int empty_min;
	unsigned long looked;
	unsigned long exchanges;
	unsigned long locks;
	atomic_long_t contended;
};

#define ZMEM_FULLNESS		4	/* lists of partial slabs */

/**
 * struct zmem_slabs - a node's slabs
 * @lock: all fields, and the slabs' own
 * @partial: by fullness, the fullest first
 * @full: without a free object
 * @empty: without an object in use
 * @nr: slabs
 * @nr_empty: of them
 * @pages: in them, and in type-safe ones that wait for readers
 * @pages_empty: of them, in empty slabs
 * @desc_bytes: of their descriptors
 * @colour: of the next slab
 * @in_use: objects that are out, at callers or in magazines
 * @fresh: objects handed out for the first time
 * @trips: batches that came or went
 */
struct zmem_slabs {
	spinlock_t lock;	/* the fields below */
	struct list_head partial[ZMEM_FULLNESS];
	struct list_head full;
	struct list_head empty;
	unsigned long nr;
	unsigned long nr_empty;
	unsigned long pages;
	unsigned long pages_empty;
	unsigned long desc_bytes;
	unsigned int colour;
	unsigned long in_use;
	unsigned long fresh;
	unsigned long trips;
};

struct zmem_node {
	struct zmem_depot depot ____cacheline_aligned;
	struct zmem_slabs slabs ____cacheline_aligned;
};

/**
 * struct zmem_tuner - what the tuner remembers of a cache
 * @next: jiffies of its next look
 * @contended: of all depots when it last looked
 * @exchanges: likewise
 * @idle: looks in a row without an exchange
 * @runs: looks
 * @grown: magazine size steps up
 * @shrunk: steps down
 * @trimmed: magazines given back
 *
 * All under zmem_caches_lock.
 */
struct zmem_tuner {
	unsigned long next;
	unsigned long contended;
	unsigned long exchanges;
	unsigned int idle;
	unsigned long runs;
	unsigned long grown;
	unsigned long shrunk;
	unsigned long trimmed;
};

/**
 * struct zmem_latency - samples of a balanced cache
 * @bucket: calls by log2 of their nanoseconds
 * @samples: calls
 * @total_ns: of them, net of the detour
 */
struct zmem_latency {
	atomic_long_t bucket[ZMEM_LATENCY_BUCKETS];
	atomic_long_t samples;
	atomic_long_t total_ns;
};

/**
 * struct zmem_common - what a cache's CPUs have in common
 * @cache: the cache to its callers, and where the CPUs' shares are
 * @object_size: bytes that a caller may use
 * @size: bytes from one object to the next
 * @head: bytes before a slab's first object, besides its colour
 * @reciprocal: of @size, for finding an object's index
 * @flags: ZMEM_*
 * @ctor: constructor, or NULL
 * @gfp: zone bits for every page
 * @align: of objects, in bytes
 * @order: of the first slabs' runs
 * @order_grown: of later ones'
 * @order_min: of the smallest run that holds an object
 * @magazine_size: of magazines made from now on; the tuner's
 * @mode: enum zmem_mode, never the default
 * @magazine_max: setting
 * @depot_max_kib: setting
 * @tune_interval_ms: setting
 * @debug_flags: setting
 * @rcu_frees: some object was freed by RCU: destroying the cache waits
 * @node_policy: enum zmem_node_policy
 * @policy_node: strict: the only node; interleaved: the last whose turn it was,
 *	written by anyone
 * @magazines: that exist
 * @magazine_bytes: of them
 * @large_pages: of live runs, of the large-run cache
 * @large_bytes: requested of them
 * @large_fresh: runs that came from the page allocator
 * @errors: misuse seen
 * @reported: bits of enum zmem_misuse already printed
 * @latency: of a balanced cache, else NULL
 * @hold: of a cache with a reserve or a limit, else NULL
 * @debug: of a debug cache, else NULL
 * @tuner: its memory
 * @list: in zmem_caches; zmem_caches_lock
 * @surface: the surfaces' own
 * @name: a copy
 * @node: a part for each possible node
 */
struct zmem_common {
	struct zmem_cache *cache;
	unsigned int object_size;
	unsigned int size;
	unsigned int head;
	u32 reciprocal;
	unsigned int flags;
	void (*ctor)(void *object);
	gfp_t gfp;
	unsigned int align;
	unsigned int order;
	unsigned int order_grown;
	unsigned int order_min;
	unsigned int magazine_size;
	enum zmem_mode mode;
	unsigned int magazine_max;
	unsigned int depot_max_kib;
	unsigned int tune_interval_ms;
	unsigned int debug_flags;
	bool rcu_frees;
	enum zmem_node_policy node_policy;
	int policy_node;

	atomic_long_t magazines ____cacheline_aligned_in_smp;
	atomic_long_t magazine_bytes;
	atomic_long_t large_pages;
	atomic_long_t large_bytes;
	atomic_long_t large_fresh;
	atomic_long_t errors;
	unsigned long reported;
	struct zmem_latency *latency;
	struct zmem_hold *hold;
	struct zmem_debug *debug;
	struct zmem_tuner tuner;
	struct list_head list;
	void *surface;
	char name[ZMEM_NAME_MAX];
	struct zmem_node *node[];
};

/* On once a second node has memory: objects' nodes are then looked at. */
DECLARE_STATIC_KEY_FALSE(zmem_numa_key);

/* On once a free is more than a push: with zmem_numa_key, or to wipe objects. */
DECLARE_STATIC_KEY_FALSE(zmem_free_key);

void zmem_keys_set(void);

static inline struct zmem_cpu_area __percpu *zmem_area(const struct zmem_common *c)
{
	return (struct zmem_cpu_area __percpu *)(__force unsigned long)c->cache;
}

static inline struct zmem_cpu_slow *zmem_slow(struct zmem_cpu *zc)
{
	return &((struct zmem_cpu_area *)zc)->slow;
}

static inline struct zmem_common *zmem_common(struct zmem_cache *cache)
{
	return zmem_slow(zmem_cpu_any(zmem_shares(cache)))->common;
}

/* The cache of an object, or NULL if its page is not, or no longer, zmem's. */
static inline struct zmem_cache *zmem_cache_of(const void *object)
{
	const struct page *page = zmem_virt_to_page(object);

	return page && zmem_page_tagged(page) ? zmem_page_cache(page) : NULL;
}

/* Counts in the slow path, where no CPU's share need be held. */
#define zmem_count(cache, field, n) \
	this_cpu_add(zmem_area(cache)->slow.field, n)

#endif /* _ZMEM_INTERNAL_H */
