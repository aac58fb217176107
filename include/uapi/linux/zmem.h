/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * The ioctls of /dev/zmem.
 *
 * Opening the device needs CAP_SYS_ADMIN (-EPERM).  What is made through an
 * open file belongs to that file, is known only there, and goes with its last
 * close, however the process ended.  Kernel addresses are never shown: caches
 * have ids and objects have handles.  An id or a handle that was given back is
 * never valid again.
 *
 * Structures grow at their end.  The size that the caller was built with is in
 * the ioctl's number; what an older caller leaves out counts as zero, and what
 * a newer one adds must be zero.  Reserved fields must be zero too; fields
 * marked "out" are not looked at.
 *
 * Every ioctl can fail with
 *
 *	-ENOTTY		no such ioctl
 *	-EINVAL		the structure is shorter than its first version; an
 *			unknown flag; a reserved field that is not zero; or
 *			what is said at the ioctl
 *	-E2BIG		the structure is longer than the kernel's, and not zero
 *			there; or what is said at the ioctl
 *	-EFAULT		a pointer that cannot be read or written
 *	-EINTR		a signal came first
 *	-ENOMEM		out of memory
 *
 * and then, unless said otherwise, changed nothing.
 */
#ifndef _UAPI_LINUX_ZMEM_H
#define _UAPI_LINUX_ZMEM_H

#include <linux/ioctl.h>
#include <linux/types.h>
#include <linux/zmem_stream.h>

#define ZMEM_IOC_MAGIC		'z'

/* Counts up when something that worked changes; additions do not change it. */
#define ZMEM_IOC_ABI		1

#define ZMEM_IOC_NAME_MAX	32	/* bytes, with the zero at the end */
#define ZMEM_IOC_COUNT_MAX	65536	/* handles in one call */
#define ZMEM_IOC_CACHES_MAX	64	/* caches of one file */
#define ZMEM_IOC_CPUS_MAX	1024	/* CPUs in one run */
#define ZMEM_IOC_HELD_MAX	1048576	/* objects that a CPU holds in a run */

#define ZMEM_IOC_NODE_ANY	(-1)

/**
 * struct zmem_ioc_info - what the module offers
 * @abi: out: ZMEM_IOC_ABI of the module
 * @object_max: out: largest object of a cache, in bytes
 * @alloc_max: out: largest allocation by size, in bytes
 * @budget: out: bytes that this file may hold: a quarter of the memory.  What
 *	would be more is -EDQUOT: objects, what a workload holds at most, a
 *	replay's stream and what it comes to
 * @used: out: bytes that it holds; each object counts a little more than its
 *	size, a held replay until its own file is closed
 * @objects: out: live handles of this file
 * @caches: out: caches of this file
 * @reserved: zero
 */
struct zmem_ioc_info {
	__u32 abi;
	__u32 object_max;
	__u64 alloc_max;
	__u64 budget;
	__u64 used;
	__u64 objects;
	__u32 caches;
	__u32 reserved;
};

/* Modes of a cache. */
#define ZMEM_IOC_MODE_DEFAULT	0	/* the module parameter's */
#define ZMEM_IOC_MODE_FAST	1
#define ZMEM_IOC_MODE_BALANCED	2
#define ZMEM_IOC_MODE_DEBUG	3

/* Flags of a cache. */
#define ZMEM_IOC_HWCACHE_ALIGN	0x01	/* objects start on a cache line */
#define ZMEM_IOC_CACHE_DMA	0x02	/* pages from ZONE_DMA */
#define ZMEM_IOC_CACHE_DMA32	0x04	/* pages from ZONE_DMA32 */

/* Debug flags of a cache: see struct zmem_cache_args in zmem/zmem.h. */
#define ZMEM_IOC_DEBUG_RED_ZONE		0x01	/* Z */
#define ZMEM_IOC_DEBUG_POISON		0x02	/* P */
#define ZMEM_IOC_DEBUG_TRACK		0x04	/* U */
#define ZMEM_IOC_DEBUG_QUARANTINE	0x08	/* Q */
#define ZMEM_IOC_DEBUG_LEAKS		0x10	/* L */
#define ZMEM_IOC_DEBUG_RANDOM		0x20	/* R: in any mode */

/**
 * struct zmem_ioc_cache - a cache to be made
 * @name: 1 to 31 printable characters without '/' or blanks, and a zero
 * @size: bytes of an object
 * @align: a power of two, or 0
 * @flags: ZMEM_IOC_HWCACHE_ALIGN, ZMEM_IOC_CACHE_DMA, ZMEM_IOC_CACHE_DMA32
 * @mode: ZMEM_IOC_MODE_*
 * @magazine_max: setting; 0 here and below: the module parameter's
 * @depot_max_kib: setting
 * @tune_interval_ms: setting
 * @debug_flags: ZMEM_IOC_DEBUG_*; those that make a debug cache go with no
 *	other mode
 *
 * The ioctl returns the cache's id, above 0.  -EINVAL: a bad name, size,
 * alignment, mode or setting; -EEXIST: a cache has that name; -EDQUOT: the
 * file has ZMEM_IOC_CACHES_MAX caches.
 */
struct zmem_ioc_cache {
	char name[ZMEM_IOC_NAME_MAX];
	__u32 size;
	__u32 align;
	__u32 flags;
	__u32 mode;
	__u32 magazine_max;
	__u32 depot_max_kib;
	__u32 tune_interval_ms;
	__u32 debug_flags;
};

/**
 * struct zmem_ioc_target - a cache that something is done to
 * @cache: its id
 * @reserved: zero
 *
 * -ENOENT: no such cache in this file; destroying: -EBUSY: it has live
 * objects or a workload runs in it.
 */
struct zmem_ioc_target {
	__u32 cache;
	__u32 reserved;
};

/**
 * struct zmem_ioc_validate - look whether all of a cache is as it should be
 * @cache: its id
 * @reserved: zero
 * @errors: out: how many things are not; the first is in the kernel's log,
 *	unless that cache's log has one of its kind
 *
 * Counts and lists of its slabs; of a debug cache also red zones, and the
 * bytes of free objects.
 *
 * -ENOENT: no such cache in this file.
 */
struct zmem_ioc_validate {
	__u32 cache;
	__u32 reserved;
	__u64 errors;
};

#define ZMEM_IOC_NODE_DRAIN	0	/* place nothing there, give all back */
#define ZMEM_IOC_NODE_OPEN	1	/* undo that */

/**
 * struct zmem_ioc_node - a node that something is done to
 * @node: its number
 * @action: ZMEM_IOC_NODE_*
 *
 * -EINVAL: no such action, no node with memory, or draining the last one that
 * is open; draining: -EBUSY: live objects are on the node, which is closed all
 * the same; their caches are named in the kernel's log.
 */
struct zmem_ioc_node {
	__u32 node;
	__u32 action;
};

/*
 * How to allocate.  ZMEM_IOC_GFP_ZERO and ZMEM_IOC_FILL exclude each other, as
 * do the zones.  Zones and ZMEM_IOC_GFP_ACCOUNT go with a size, not a cache.
 */
#define ZMEM_IOC_GFP_ZERO	0x01	/* of zero bytes */
#define ZMEM_IOC_GFP_NOWAIT	0x02	/* without sleeping */
#define ZMEM_IOC_GFP_THISNODE	0x04	/* on @node or not at all */
#define ZMEM_IOC_GFP_DMA	0x08	/* from ZONE_DMA */
#define ZMEM_IOC_GFP_DMA32	0x10	/* from ZONE_DMA32 */
#define ZMEM_IOC_GFP_ACCOUNT	0x20	/* charged to the caller's cgroup */
#define ZMEM_IOC_FILL		0x40	/* fill with a pattern that tells objects apart */

/**
 * struct zmem_ioc_alloc - objects to be allocated, all or none
 * @handles: pointer to @count __u64, which receive the objects' handles
 * @size: bytes, if @cache is 0; else 0
 * @cache: id of a cache of this file, or 0
 * @count: objects, 1 to ZMEM_IOC_COUNT_MAX
 * @node: NUMA node, or ZMEM_IOC_NODE_ANY
 * @flags: ZMEM_IOC_GFP_*, ZMEM_IOC_FILL
 *
 * -EINVAL: @count or the size is 0, or both or neither of @size and @cache
 * are given; -E2BIG: @count or @size is over the limit; -ENOENT: no such cache
 * in this file; -ENODEV: no such node online; -EDQUOT: over the budget.
 */
struct zmem_ioc_alloc {
	__u64 handles;
	__u64 size;
	__u32 cache;
	__u32 count;
	__s32 node;
	__u32 flags;
};

/**
 * struct zmem_ioc_handles - objects that something is done to
 * @handles: pointer to @count __u64
 * @count: 1 to ZMEM_IOC_COUNT_MAX
 * @reserved: zero
 * @checked: out: verify: objects that were allocated with ZMEM_IOC_GFP_ZERO
 *	or ZMEM_IOC_FILL
 * @mismatches: out: verify: those among them that have other bytes
 *
 * -EINVAL: @count is 0; -E2BIG: it is over the limit; -ENOENT: a handle names
 * no live object of this file (freed, another file's, or never given) or comes
 * twice in a list to be freed: then none of the list is freed.
 */
struct zmem_ioc_handles {
	__u64 handles;
	__u32 count;
	__u32 reserved;
	__u64 checked;
	__u64 mismatches;
};

/* Kinds of workload: what each CPU does. */
#define ZMEM_IOC_RUN_BURST	0	/* allocates @held, frees them; 1: pairs */
#define ZMEM_IOC_RUN_BULK	1	/* likewise, by the bulk calls */
#define ZMEM_IOC_RUN_CROSS	2	/* frees what the CPU before it allocated */
#define ZMEM_IOC_RUN_MIX	3	/* frees a random one of @held, refills */

/**
 * struct zmem_ioc_run - a workload
 * @cpus: pointer to @nr_cpus __u32: the CPUs that take part, each once
 * @nr_cpus: 1 to ZMEM_IOC_CPUS_MAX; 0: all that are online, @cpus is 0
 * @kind: ZMEM_IOC_RUN_*
 * @ops: pairs of an allocation and a free that each CPU does
 * @seed: of random choices and patterns
 * @size: smallest object in bytes, if @cache is 0; else 0
 * @size_max: largest; 0: @size
 * @cache: id of a cache of this file, or 0; ZMEM_IOC_RUN_BULK needs one
 * @held: objects that each CPU holds at most, 1 to ZMEM_IOC_HELD_MAX
 * @node: NUMA node of the objects, or ZMEM_IOC_NODE_ANY; BULK: any
 * @flags: ZMEM_IOC_GFP_* but ZMEM_IOC_GFP_ACCOUNT; with ZMEM_IOC_FILL each
 *	object's bytes are checked before its free, with ZMEM_IOC_GFP_ZERO
 *	when it is allocated
 * @allocs: out: allocations done
 * @frees: out: frees done
 * @failures: out: allocations that failed
 * @mismatches: out: objects that had other bytes than they should
 * @elapsed_ns: out: from the first CPU's start to the last one's end
 * @op_ps: out: picoseconds of a CPU's time for each allocation or free
 * @reserved: zero
 *
 * All that was allocated is freed in the end, also after -EINTR, when the
 * results tell what was done until then.  -EINVAL: a bad kind, no @ops, a CPU
 * given twice, @held or sizes that do not fit the kind; -E2BIG: @nr_cpus,
 * @held or a size is over the limit; -ENOENT: no such cache in this file;
 * -ENODEV: no such CPU or node online; -EDQUOT: what is held at most is over
 * the budget.
 */
struct zmem_ioc_run {
	__u64 cpus;
	__u32 nr_cpus;
	__u32 kind;
	__u64 ops;
	__u64 seed;
	__u64 size;
	__u64 size_max;
	__u32 cache;
	__u32 held;
	__s32 node;
	__u32 flags;
	__u64 allocs;
	__u64 frees;
	__u64 failures;
	__u64 mismatches;
	__u64 elapsed_ns;
	__u64 op_ps;
	__u64 reserved;
};

/* How a snapshot's cache is named. */
#define ZMEM_IOC_BY_INDEX	0	/* 0, 1, ...: all caches, -ENOENT at last */
#define ZMEM_IOC_BY_NAME	1
#define ZMEM_IOC_BY_ID		2	/* a cache of this file */

/* A value that the cache's mode cannot know. */
#define ZMEM_IOC_UNKNOWN	(~(__u64)0)

/**
 * struct zmem_ioc_snapshot - the statistics of a cache
 * @by: ZMEM_IOC_BY_*
 * @index: the index or the id
 * @name: in: by name; out: the cache's
 * @object_size: out: bytes of an object; size classes: of the class
 * @size: out: bytes from one object to the next
 * @align: out: bytes
 * @order: out: of a slab's run of pages, where memory allows
 * @objects_per_slab: out: of such a slab
 * @mode: out: ZMEM_IOC_MODE_*, not the default
 * @flags: out: ZMEM_IOC_HWCACHE_ALIGN and so on, and internal ones
 * @magazine_size: out: objects, now
 * @magazine_max: out: setting
 * @depot_max_kib: out: setting
 * @tune_interval_ms: out: setting
 * @debug_flags: out: ZMEM_IOC_DEBUG_*
 * @allocs: out: calls that gave an object
 * @frees: out: calls that took one
 * @hits: out: allocations that the CPU's magazines served
 * @misses: out: those that they did not
 * @free_hits: out: frees that the CPU's magazines took
 * @free_misses: out: those that they did not
 * @failures: out: allocations that failed
 * @fresh: out: allocations of objects never freed before
 * @remote_frees: out: frees of another node's object
 * @busy: out: calls that met the fast path half-way
 * @exchanges: out: magazines that came from or went to a depot
 * @contended: out: times that a depot's lock was taken
 * @depot_locks: out: times that one was wanted
 * @slab_trips: out: batches between magazines and slabs
 * @errors: out: misuse that was seen
 * @objects: out: live
 * @slabs: out: of the cache
 * @slabs_empty: out: those without a live or cached object
 * @cached: out: free objects in magazines and depots
 * @magazines: out: that exist
 * @bytes_requested: out: of live objects
 * @bytes_allocated: out: of live objects, at @size
 * @bytes_held: out: pages, magazines, descriptors, per-CPU areas
 * @hit_rate: out: share of @allocs that are @hits
 * @reuse: out: share of @allocs that are not @fresh
 * @internal: out: internal fragmentation: share of @bytes_allocated not requested
 * @external: out: external fragmentation: share of @bytes_held not allocated
 * @latency_samples: out: calls timed
 * @latency_mean_ns: out: of them
 * @latency_p99_ns: out: likewise
 * @latency_detour_ns: out: cost of a sample, not in the mean
 * @tuner_runs: out: times that the tuner looked
 * @tuner_grown: out: times that it made magazines larger
 * @tuner_shrunk: out: and smaller
 * @tuner_trimmed: out: magazines that it gave back
 *
 * Counts are since the cache was made; shares are in units of 1/10000.  What
 * the cache's mode cannot know is ZMEM_IOC_UNKNOWN.
 *
 * -ENOENT: no such cache; -EINVAL: a bad @by, or @name does not end.
 */
struct zmem_ioc_snapshot {
	__u32 by;
	__u32 index;
	char name[ZMEM_IOC_NAME_MAX];

	__u64 object_size;
	__u64 size;
	__u64 align;
	__u64 order;
	__u64 objects_per_slab;
	__u64 mode;
	__u64 flags;
	__u64 magazine_size;
	__u64 magazine_max;
	__u64 depot_max_kib;
	__u64 tune_interval_ms;
	__u64 debug_flags;

	__u64 allocs;
	__u64 frees;
	__u64 hits;
	__u64 misses;
	__u64 free_hits;
	__u64 free_misses;
	__u64 failures;
	__u64 fresh;
	__u64 remote_frees;
	__u64 busy;
	__u64 exchanges;
	__u64 contended;
	__u64 depot_locks;
	__u64 slab_trips;
	__u64 errors;

	__u64 objects;
	__u64 slabs;
	__u64 slabs_empty;
	__u64 cached;
	__u64 magazines;
	__u64 bytes_requested;
	__u64 bytes_allocated;
	__u64 bytes_held;

	__u64 hit_rate;
	__u64 reuse;
	__u64 internal;
	__u64 external;

	__u64 latency_samples;
	__u64 latency_mean_ns;
	__u64 latency_p99_ns;
	__u64 latency_detour_ns;

	__u64 tuner_runs;
	__u64 tuner_grown;
	__u64 tuner_shrunk;
	__u64 tuner_trimmed;
};

/* 0x40 is ZMEM_IOC_REPLAY, in <linux/zmem_stream.h>. */
#define ZMEM_IOC_INFO		_IOWR(ZMEM_IOC_MAGIC, 0x41, struct zmem_ioc_info)
#define ZMEM_IOC_CACHE_CREATE	_IOW(ZMEM_IOC_MAGIC, 0x42, struct zmem_ioc_cache)
#define ZMEM_IOC_CACHE_DESTROY	_IOW(ZMEM_IOC_MAGIC, 0x43, struct zmem_ioc_target)
#define ZMEM_IOC_CACHE_SHRINK	_IOW(ZMEM_IOC_MAGIC, 0x44, struct zmem_ioc_target)
#define ZMEM_IOC_ALLOC		_IOW(ZMEM_IOC_MAGIC, 0x45, struct zmem_ioc_alloc)
#define ZMEM_IOC_FREE		_IOW(ZMEM_IOC_MAGIC, 0x46, struct zmem_ioc_handles)
#define ZMEM_IOC_VERIFY		_IOWR(ZMEM_IOC_MAGIC, 0x47, struct zmem_ioc_handles)
#define ZMEM_IOC_RUN		_IOWR(ZMEM_IOC_MAGIC, 0x48, struct zmem_ioc_run)
#define ZMEM_IOC_SNAPSHOT	_IOWR(ZMEM_IOC_MAGIC, 0x49, struct zmem_ioc_snapshot)
#define ZMEM_IOC_NODE		_IOW(ZMEM_IOC_MAGIC, 0x4a, struct zmem_ioc_node)
#define ZMEM_IOC_VALIDATE	_IOWR(ZMEM_IOC_MAGIC, 0x4b, struct zmem_ioc_validate)

#endif /* _UAPI_LINUX_ZMEM_H */
