/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * zmem - a slab-style allocator: per-CPU magazines over NUMA-aware pools.
 *
 * The public interface.  Names, order of arguments and meaning follow
 * kmem_cache_*() and kmalloc(), so that a driver moves over by renaming.
 *
 * Errors, one standard: creation returns an ERR_PTR(), allocation returns
 * NULL, misuse (double free, wrong cache, foreign pointer) is reported once
 * with the cache's name and a stack, the object is leaked and the machine
 * goes on.
 *
 * Context: allocation and free may be called where kmem_cache_alloc() and
 * kmem_cache_free() may be, with the same gfp flags: from task, softirq and
 * hardirq context, never from NMI; on PREEMPT_RT neither from hardirq nor
 * with preemption or interrupts off.
 */
#ifndef _ZMEM_ZMEM_H
#define _ZMEM_ZMEM_H

#include <linux/build_bug.h>
#include <linux/gfp.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <zmem/types.h>

/**
 * enum zmem_mode - what a cache does besides allocating
 * @ZMEM_MODE_DEFAULT: the module parameter's choice
 * @ZMEM_MODE_FAST: nothing
 * @ZMEM_MODE_BALANCED: also samples latency now and then; same instructions
 *	as fast between two samples
 * @ZMEM_MODE_DEBUG: every call reaches the slab, where misuse is caught at the
 *	call, with what else ZMEM_DEBUG_* say
 *
 * Chosen when the cache is made; there is no switch at run time.
 */
enum zmem_mode {
	ZMEM_MODE_DEFAULT,
	ZMEM_MODE_FAST,
	ZMEM_MODE_BALANCED,
	ZMEM_MODE_DEBUG,
};

/**
 * enum zmem_node_policy - of which node's memory a cache's objects are
 * @ZMEM_NODE_FIRST_TOUCH: the allocating CPU's nearest; of another while that
 *	has none left
 * @ZMEM_NODE_INTERLEAVE: each refill of a CPU's magazine comes from the next
 *	node that has memory and is not drained, of another while that has none
 *	left; single objects in a debug cache likewise
 * @ZMEM_NODE_STRICT: one node's, or the allocation fails: also while the node
 *	is drained
 *
 * zmem_cache_alloc_node() overrules the first two.  A strict cache takes the
 * node that it names for a wish, and with __GFP_THISNODE fails for any but its
 * own.
 */
enum zmem_node_policy {
	ZMEM_NODE_FIRST_TOUCH,
	ZMEM_NODE_INTERLEAVE,
	ZMEM_NODE_STRICT,
};

/* Flags of struct zmem_cache_args. */
#define ZMEM_HWCACHE_ALIGN	0x01u	/* objects start on a cache line */
#define ZMEM_CACHE_DMA		0x02u	/* pages from ZONE_DMA; no magazines */
#define ZMEM_CACHE_DMA32	0x04u	/* pages from ZONE_DMA32; no magazines */
#define ZMEM_TYPESAFE_BY_RCU	0x08u	/* an object's memory stays one, for readers */
#define ZMEM_ARGS_FLAGS		0x0fu	/* all that a caller may set */

/**
 * DOC: debug flags
 *
 * What a debug cache does, in @debug_flags of struct zmem_cache_args and, by
 * letter, in the module's parameter debug_flags:
 *
 * * Z %ZMEM_DEBUG_RED_ZONE: bytes on both sides of an object that nobody may
 *   write; looked at when it is freed
 * * P %ZMEM_DEBUG_POISON: a freed object is filled, and looked at before it is
 *   used again; not with a constructor, nor %ZMEM_TYPESAFE_BY_RCU
 * * U %ZMEM_DEBUG_TRACK: who allocated and who freed each object, with stacks
 * * Q %ZMEM_DEBUG_QUARANTINE: freed objects wait before they are used again;
 *   not with a reserve or a limit
 * * L %ZMEM_DEBUG_LEAKS: destroying the cache tells who allocated what is live
 * * R %ZMEM_DEBUG_RANDOM: objects leave their slabs in no order; in any mode
 *
 * A debug cache that names none does all but the last.
 */
#define ZMEM_DEBUG_RED_ZONE	0x01u
#define ZMEM_DEBUG_POISON	0x02u
#define ZMEM_DEBUG_TRACK	0x04u
#define ZMEM_DEBUG_QUARANTINE	0x08u
#define ZMEM_DEBUG_LEAKS	0x10u
#define ZMEM_DEBUG_RANDOM	0x20u
#define ZMEM_DEBUG_CHECKS	0x1fu	/* those that make a cache a debug cache */
#define ZMEM_DEBUG_ALL		0x3fu

/* Objects in a cache's reserve, or in one prefill, at most: an array of a few pages. */
#define ZMEM_RESERVE_MAX	4000u
#define ZMEM_PREFILL_MAX	4000u

/**
 * struct zmem_cache_args - what zmem_cache_create() may be told
 * @align: alignment of objects in bytes, a power of two up to PAGE_SIZE;
 *	0: ARCH_KMALLOC_MINALIGN
 * @flags: ZMEM_HWCACHE_ALIGN, ZMEM_CACHE_DMA, ZMEM_CACHE_DMA32,
 *	ZMEM_TYPESAFE_BY_RCU
 * @ctor: called once for each object when its slab is made, not at each
 *	allocation; objects must be freed in their constructed state
 * @mode: see &enum zmem_mode
 * @magazine_max: most objects in one magazine; 0: the module parameter's
 * @depot_max_kib: most KiB of objects that wait in the depot of a node;
 *	0: the module parameter's
 * @tune_interval_ms: how often the tuner looks at the cache, in ms;
 *	0: the module parameter's
 * @debug_flags: ZMEM_DEBUG_*; but for %ZMEM_DEBUG_RANDOM, they make the cache a
 *	debug cache, and are refused with another @mode.  If the module's
 *	parameter names the cache, that counts, whatever stands here
 * @node_policy: see &enum zmem_node_policy
 * @node: of a strict cache: a node with memory; else 0
 * @reserve: objects set aside at creation, up to ZMEM_RESERVE_MAX.  An
 *	allocation that would fail takes one; when there is none, it waits for
 *	a freed object if it has __GFP_DIRECT_RECLAIM, and fails else.  Freed
 *	objects go there first until it is full again.  As with a mempool,
 *	the page allocator makes no great effort, and __GFP_NOFAIL is no more
 *	than waiting.  Calls with __GFP_THISNODE do without it
 * @limit: objects that callers may hold at once, @reserve included, or 0.
 *	An allocation that may sleep fails only when they hold as many; one
 *	that may not sleep, already when other CPUs' magazines hold the rest.
 *	With __GFP_NOFAIL it waits for a freed object instead
 * @limit_reached: called before an allocation fails, or waits, at the limit, in
 *	the caller's context; what it frees serves the call.  It may not
 *	allocate from the cache
 * @limit_arg: passed to @limit_reached
 *
 * A zeroed structure, like a NULL pointer, asks for the defaults.
 *
 * ZMEM_TYPESAFE_BY_RCU means what SLAB_TYPESAFE_BY_RCU does: an object that is
 * freed may be allocated anew at once, but under rcu_read_lock() its memory
 * stays an object of this cache.  So a reader may lock what it finds there,
 * and then look whether it is what was sought.  Such objects are not wiped
 * when freed, and when allocated only with __GFP_ZERO.
 */
struct zmem_cache_args {
	unsigned int align;
	unsigned int flags;
	void (*ctor)(void *object);
	enum zmem_mode mode;
	unsigned int magazine_max;
	unsigned int depot_max_kib;
	unsigned int tune_interval_ms;
	unsigned int debug_flags;
	enum zmem_node_policy node_policy;
	int node;
	unsigned int reserve;
	unsigned int limit;
	void (*limit_reached)(struct zmem_cache *cache, void *arg);
	void *limit_arg;
};

struct zmem_cache *__zmem_cache_create(const char *name, unsigned int size,
				       const struct zmem_cache_args *args,
				       unsigned int layout);

/**
 * zmem_cache_create() - make a cache of objects of one size
 * @name: what statistics and reports call it; copied; 1 to
 *	ZMEM_NAME_MAX - 1 printable characters without '/' or blanks
 * @size: bytes of an object, 1 to ZMEM_OBJECT_MAX
 * @args: settings, or NULL for the defaults
 *
 * Context: may sleep.
 * Return: the cache, or ERR_PTR(): -EINVAL for bad arguments, -EEXIST if a
 * cache has that name, -ENOMEM, -ENOEXEC if the caller was built against
 * another layout of zmem/types.h.
 */
static inline struct zmem_cache *
zmem_cache_create(const char *name, unsigned int size,
		  const struct zmem_cache_args *args)
{
	return __zmem_cache_create(name, size, args, ZMEM_LAYOUT);
}

void zmem_cache_destroy(struct zmem_cache *cache);
int zmem_cache_shrink(struct zmem_cache *cache);
int zmem_cache_validate(struct zmem_cache *cache);

void *zmem_cache_alloc(struct zmem_cache *cache, gfp_t gfp) __malloc;
void *zmem_cache_alloc_node(struct zmem_cache *cache, gfp_t gfp, int node) __malloc;
void zmem_cache_free(struct zmem_cache *cache, void *object);
int zmem_cache_alloc_bulk(struct zmem_cache *cache, gfp_t gfp, size_t nr,
			  void **objects);
void zmem_cache_free_bulk(struct zmem_cache *cache, size_t nr, void **objects);
unsigned int zmem_cache_size(struct zmem_cache *cache);

struct zmem_prefill;

struct zmem_prefill *zmem_cache_prefill(struct zmem_cache *cache, gfp_t gfp,
					unsigned int nr);
void *zmem_cache_alloc_prefilled(struct zmem_cache *cache, gfp_t gfp,
				 struct zmem_prefill *prefill);
void zmem_cache_return_prefilled(struct zmem_cache *cache,
				 struct zmem_prefill *prefill);

/**
 * zmem_cache_zalloc() - allocate an object of zero bytes
 * @cache: from zmem_cache_create(), without a constructor
 * @gfp: as for zmem_cache_alloc()
 *
 * Context: as zmem_cache_alloc().
 * Return: the object, or NULL.
 */
static inline void *zmem_cache_zalloc(struct zmem_cache *cache, gfp_t gfp)
{
	return zmem_cache_alloc(cache, gfp | __GFP_ZERO);
}

void *__zmem_alloc(size_t size, gfp_t gfp) __alloc_size(1);
void *zmem_alloc_node(size_t size, gfp_t gfp, int node) __alloc_size(1);
void *zmem_realloc(void *p, size_t size, gfp_t gfp) __alloc_size(2);
void zmem_free(const void *p);
void zmem_free_rcu_mightsleep(void *p);
void __zmem_free_rcu(void *p, struct rcu_head *head);
size_t zmem_usable_size(const void *p);

/*
 * A caller that sets this to 1 before it includes us tells debug caches the
 * exact size of each request.  Else they know a constant size as its class.
 */
#ifndef ZMEM_EXACT_SIZES
#define ZMEM_EXACT_SIZES	0
#endif

/**
 * zmem_alloc() - allocate bytes
 * @size: bytes; 0 gives ZERO_SIZE_PTR; at most ZMEM_ALLOC_MAX
 * @gfp: as for kmalloc()
 *
 * Alignment as kmalloc(): the largest power of two that divides @size, at
 * least ARCH_KMALLOC_MINALIGN, at most what page runs give.  A constant
 * size picks its class when the caller is compiled.
 *
 * Context: as zmem_cache_alloc().
 * Return: the memory, or NULL.
 */
static __always_inline void *zmem_alloc(size_t size, gfp_t gfp)
{
	if (!ZMEM_EXACT_SIZES && __builtin_constant_p(size) && size &&
	    size <= ZMEM_MEDIUM_MAX)
		return zmem_cache_alloc(zmem_size_caches[zmem_size_class(size)],
					gfp);
	return __zmem_alloc(size, gfp);
}

/**
 * zmem_zalloc() - allocate zero bytes
 * @size: bytes
 * @gfp: as for kmalloc()
 *
 * Context: as zmem_cache_alloc().
 * Return: the memory, or NULL.
 */
static __always_inline void *zmem_zalloc(size_t size, gfp_t gfp)
{
	return zmem_alloc(size, gfp | __GFP_ZERO);
}

/**
 * zmem_free_rcu() - free once all present readers are done
 * @p: pointer to the structure, which any function of zmem allocated, also of
 *	an object cache; NULL is nothing to free
 * @field: name of a struct rcu_head in it, within its first 4096 bytes
 *
 * As kfree_rcu().  Objects wait in batches; @field is written to only where
 * there is no memory for one.  zmem_cache_destroy() waits for those of its
 * cache.
 *
 * Context: any but NMI, also with preemption or interrupts off, also on
 * PREEMPT_RT.
 */
#define zmem_free_rcu(p, field) do {					\
	typeof(p) __zmem_p = (p);					\
									\
	BUILD_BUG_ON(offsetof(typeof(*__zmem_p), field) >= 4096);	\
	if (__zmem_p)							\
		__zmem_free_rcu(__zmem_p, &__zmem_p->field);		\
} while (0)

#endif /* _ZMEM_ZMEM_H */
