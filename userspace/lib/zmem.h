/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * libzmem: zmem's allocator for programs.
 *
 *	cc $(pkg-config --cflags --libs libzmem) ...
 *
 * Names, arguments and meaning are those of zmem's interface in the kernel, as
 * far as a program has a use for them, so that code moves between the two:
 *
 *	struct zmem_cache *cache = zmem_cache_create("requests", 96, NULL);
 *	struct request *r = zmem_cache_alloc(cache, GFP_KERNEL);
 *	...
 *	zmem_cache_free(cache, r);
 *	zmem_cache_destroy(cache);
 *
 * Any thread may call at any time, from the first constructor on.  Misuse (a
 * double free, an object of another cache) is reported on stderr once for each
 * cache and kind, the object is leaked, the program goes on.
 *
 * The ABI is that of the version node ZMEM_1: structures only grow at their
 * end, and calls that take one are told its size.
 */
#ifndef _LIBZMEM_H
#define _LIBZMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How an allocation may go about it.  A program can sleep, and has one zone. */
typedef unsigned int gfp_t;

#define GFP_KERNEL	((gfp_t)0xcc0u)
#define GFP_NOWAIT	((gfp_t)0x2800u)
#define __GFP_ZERO	((gfp_t)0x100u)		/* zero bytes */
#define __GFP_THISNODE	((gfp_t)0x200000u)	/* on that node or not at all */

#define ZMEM_ALLOC_MAX	((size_t)4 << 20)	/* of zmem_alloc() */
#define ZMEM_OBJECT_MAX	32768u			/* of an object cache */
#define ZMEM_NAME_MAX	32
#define ZMEM_UNKNOWN	(~0ULL)			/* what a mode cannot know */

/* What a cache does besides allocating. */
enum zmem_mode {
	ZMEM_MODE_DEFAULT,
	ZMEM_MODE_FAST,		/* nothing */
	ZMEM_MODE_BALANCED,	/* samples latency, while a tuner runs */
	ZMEM_MODE_DEBUG,	/* checks each free at the call */
};

/* Of which node's memory a cache's objects are. */
enum zmem_node_policy {
	ZMEM_NODE_FIRST_TOUCH,	/* the allocating CPU's, while that has any */
	ZMEM_NODE_INTERLEAVE,	/* all nodes' in turn, a magazine each */
	ZMEM_NODE_STRICT,	/* one node's, or the allocation fails */
};

#define ZMEM_HWCACHE_ALIGN	0x01u	/* objects start on a cache line */

struct zmem_cache;

/* A cache's settings; 0 asks for the default. */
struct zmem_cache_args {
	unsigned int align;		/* a power of two up to 4096 */
	unsigned int flags;		/* ZMEM_HWCACHE_ALIGN */
	void (*ctor)(void *object);	/* once, when an object's slab is made */
	enum zmem_mode mode;
	unsigned int magazine_max;	/* most objects in a magazine */
	unsigned int depot_max_kib;	/* most KiB that wait in a node's depot */
	unsigned int tune_interval_ms;
	unsigned int debug_flags;
	enum zmem_node_policy node_policy;
	int node;			/* of a strict cache, else 0 */
	unsigned int reserve;		/* objects for when there are no others */
	unsigned int limit;		/* objects that callers may hold, or 0 */
	void (*limit_reached)(struct zmem_cache *cache, void *arg);
	void *limit_arg;
};

/* The defaults, for caches that are made later. */
struct zmem_settings {
	enum zmem_mode mode;
	unsigned int magazine_max;
	unsigned int depot_max_kib;
	unsigned int tune_interval_ms;
	unsigned int debug_flags;
};

/* A cache's statistics at one moment; counts are since its creation. */
struct zmem_snapshot {
	char name[ZMEM_NAME_MAX];
	uint32_t object_size;	/* bytes a caller asked for; classes: the class */
	uint32_t size;		/* bytes from one object to the next */
	uint32_t align;		/* bytes */
	uint32_t order;		/* of a slab's run of 2^order pages */
	uint32_t objects_per_slab;
	uint32_t mode;		/* enum zmem_mode */
	uint32_t flags;
	uint32_t magazine_size;	/* objects, now */
	uint32_t magazine_max;
	uint32_t depot_max_kib;
	uint32_t tune_interval_ms;
	uint32_t debug_flags;

	uint64_t allocs;	/* calls that gave an object */
	uint64_t frees;
	uint64_t hits;		/* allocs that the thread's magazines served */
	uint64_t misses;	/* allocs that they did not */
	uint64_t free_hits;
	uint64_t free_misses;
	uint64_t failures;	/* allocs that gave NULL */
	uint64_t fresh;		/* allocs of objects never freed before */
	uint64_t remote_frees;	/* frees of another node's object */
	uint64_t busy;		/* calls that met the fast path half-way */
	uint64_t exchanges;	/* magazines that crossed the depot's edge */
	uint64_t contended;	/* times the depot's lock was not free at once */
	uint64_t depot_locks;
	uint64_t slab_trips;	/* batches between magazines and slabs */
	uint64_t errors;	/* misuse */

	uint64_t objects;	/* live: allocs - frees */
	uint64_t slabs;
	uint64_t slabs_empty;
	uint64_t cached;	/* free objects in magazines and depots */
	uint64_t magazines;	/* that exist */
	uint64_t bytes_requested;	/* live; ZMEM_UNKNOWN for size classes */
	uint64_t bytes_allocated;	/* live objects at the size of the class */
	uint64_t bytes_held;	/* pages, magazines, descriptors, per-thread areas */

	uint64_t latency_samples;	/* 0 unless balanced */
	uint64_t latency_mean_ns;	/* net of the detour, else ZMEM_UNKNOWN */
	uint64_t latency_p99_ns;
	uint64_t latency_detour_ns;	/* what was subtracted */

	uint64_t tuner_runs;
	uint64_t tuner_grown;
	uint64_t tuner_shrunk;
	uint64_t tuner_trimmed;	/* magazines given back */
};

/*
 * Object caches.  Creation gives NULL and sets errno: EINVAL for bad arguments
 * (1 to ZMEM_OBJECT_MAX bytes), EEXIST for a name that there is, ENOMEM.
 */
struct zmem_cache *zmem_cache_create(const char *name, unsigned int size,
				     const struct zmem_cache_args *args);
void zmem_cache_destroy(struct zmem_cache *cache);
unsigned int zmem_cache_size(struct zmem_cache *cache);

/* NULL if memory is short, or the cache's limit reached; not with a reserve and GFP_KERNEL. */
void *zmem_cache_alloc(struct zmem_cache *cache, gfp_t gfp);
void *zmem_cache_alloc_node(struct zmem_cache *cache, gfp_t gfp, int node);
void *zmem_cache_zalloc(struct zmem_cache *cache, gfp_t gfp);
void zmem_cache_free(struct zmem_cache *cache, void *object);

/* All or none: @nr or 0. */
int zmem_cache_alloc_bulk(struct zmem_cache *cache, gfp_t gfp, size_t nr, void **objects);
void zmem_cache_free_bulk(struct zmem_cache *cache, size_t nr, void **objects);

/*
 * By size, up to ZMEM_ALLOC_MAX; aligned to the greatest power of two that
 * divides the size, up to a page.  zmem_free() frees any of them.
 */
void *zmem_alloc(size_t size, gfp_t gfp);
void *zmem_alloc_node(size_t size, gfp_t gfp, int node);
void *zmem_zalloc(size_t size, gfp_t gfp);
void *zmem_realloc(void *p, size_t size, gfp_t gfp);
void zmem_free(const void *p);
size_t zmem_usable_size(const void *p);

/*
 * Statistics: of a cache, and of the @n-th there is (false: there are fewer).
 * @size is sizeof(*snap): what a newer library has beyond it is left out.
 */
void zmem_snapshot(struct zmem_cache *cache, struct zmem_snapshot *snap, size_t size);
bool zmem_snapshot_at(unsigned int n, struct zmem_snapshot *snap, size_t size);

/* @size is sizeof(struct zmem_settings).  0, or -EINVAL and nothing changes. */
void zmem_settings_get(struct zmem_settings *settings, size_t size);
int zmem_settings_set(const struct zmem_settings *settings, size_t size);

/*
 * Memory back to the system: what a cache does not use; what none does, bytes
 * of which are returned; and all the time, by a thread that tunes the caches
 * (off at first).
 */
int zmem_cache_shrink(struct zmem_cache *cache);
size_t zmem_trim(void);
void zmem_tune(bool on);

#ifdef __cplusplus
}
#endif

#endif /* _LIBZMEM_H */
