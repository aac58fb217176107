// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Objects of caches: allocating and freeing them, one and several. */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"
#include "core/alloc.h"
#include "core/cache.h"
#include "core/debug.h"
#include "core/hold.h"
#include "core/large.h"
#include "core/limit.h"
#include "core/report.h"
#include "core/sizes.h"
#include "core/watch.h"

DEFINE_STATIC_KEY_FALSE(zmem_numa_key);
DEFINE_STATIC_KEY_FALSE(zmem_free_key);

/* Turns on the tests that this machine's frees need, once and for good. */
void zmem_keys_set(void)
{
	bool numa = num_node_state(N_MEMORY) > 1;

	if (numa && !static_key_enabled(&zmem_numa_key))
		static_branch_enable(&zmem_numa_key);
	if ((numa || want_init_on_free()) && !static_key_enabled(&zmem_free_key))
		static_branch_enable(&zmem_free_key);
}

/*
 * Whether objects keep what is in them: their constructor's work, or what
 * readers may be looking at.
 */
static bool objects_keep(const struct zmem_common *c)
{
	return c->ctor || c->flags & ZMEM_TYPESAFE_BY_RCU;
}

/*
 * Zeroes an object if the call or the machine wants it; as in SLUB, where
 * objects keep what is in them the machine has no say.
 */
static void *cache_wipe(struct zmem_common *c, void *object, gfp_t gfp, size_t bytes)
{
	if (!c->ctor && (gfp & __GFP_ZERO || (want_init_on_alloc(0) && !objects_keep(c))))
		memset(object, 0, bytes);
	return object;
}

/* What lay in a magazine becomes a caller's. */
void *zmem_cache_give(struct zmem_common *c, void *object, gfp_t gfp)
{
	zmem_unpoison(object, c->object_size);
	return cache_wipe(c, object, gfp, c->object_size);
}

/* Whether the call's flags are such that this cache can honour them. */
static bool gfp_is_good(struct zmem_common *c, gfp_t gfp)
{
	if (!(gfp & (ZMEM_GFP_BYPASS | __GFP_HIGHMEM)) &&
	    !(c->ctor && gfp & __GFP_ZERO))
		return true;
	/* The cache's own zone may be named once more. */
	if (!(gfp & (__GFP_HIGHMEM | __GFP_ACCOUNT)) && c->gfp &&
	    (gfp & ZMEM_GFP_BYPASS) == c->gfp)
		return true;
	zmem_report(c, ZMEM_BAD_GFP, NULL);
	return false;
}

/*
 * Requests for other zones or charged to a cgroup, and those that only the
 * emergency reserves can serve, get pages of their own: a run is freed as it
 * was made, and never rests in a magazine.
 */
static void *class_alloc_run(struct zmem_common *c, gfp_t gfp, int node)
{
	return zmem_large_alloc(zmem_large, c->size,
				gfp & (ZMEM_GFP_PAGES | ZMEM_GFP_BYPASS | __GFP_ZERO),
				node);
}

/*
 * Slabs never dip into the emergency reserves: an object of such a page could
 * not be told from others when it is freed.
 */
static gfp_t gfp_for_pages(struct zmem_common *c, gfp_t gfp)
{
	return (zmem_hold_gfp(c, gfp) & ZMEM_GFP_PAGES) | __GFP_NOMEMALLOC;
}

static void *cache_alloc(struct zmem_common *c, gfp_t gfp, int node, size_t size)
{
	void *object;

	if (node == NUMA_NO_NODE && zmem_magazine_pop(c->cache, &object))
		return object;
	gfp = gfp_for_pages(c, gfp);
	object = zmem_magazine_alloc(c, gfp, node);
	if (!object && c->hold)
		object = zmem_hold_alloc(c, gfp, node);
	if (!object)
		zmem_count(c, failures, 1);
	else if (unlikely(c->debug))
		zmem_debug_alloc(c, object, size, gfp);
	return object;
}

/**
 * zmem_cache_alloc_unseen() - allocate what the fast path did not
 * @c: the cache
 * @gfp: as the caller gave it
 * @node: preferred (required with __GFP_THISNODE), or NUMA_NO_NODE
 * @size: bytes requested of a size class, 0 if not known
 *
 * There is no event: that is left to who knows the caller.
 *
 * Context: as @gfp says.
 * Return: the object, wiped if it is to be, or NULL.
 */
void *zmem_cache_alloc_unseen(struct zmem_common *c, gfp_t gfp, int node, size_t size)
{
	void *object;

	zmem_might_alloc(gfp);
	if (c->flags & ZMEM_ZERO)
		return ZERO_SIZE_PTR;
	if ((c->flags & ZMEM_SIZE_CLASS) && (gfp & ZMEM_GFP_BYPASS))
		return class_alloc_run(c, gfp, node);
	if (!gfp_is_good(c, gfp))
		return NULL;
	object = cache_alloc(c, gfp, node, size);
	if (!object) {
		if (c->flags & ZMEM_SIZE_CLASS && !(gfp & __GFP_NOMEMALLOC))
			return class_alloc_run(c, gfp | __GFP_NOWARN, node);
		return NULL;
	}
	/* Behind what was asked for, a debug cache has a red zone. */
	if (likely(!c->debug) || !size)
		size = c->object_size;
	zmem_unpoison(object, size);
	return cache_wipe(c, object, gfp, size);
}

/*
 * The same with an event.  As _miss(), _wiped() and zmem_cache_free_slow() it
 * is jumped to, not called, as the last thing that an exported function does:
 * _RET_IP_ is in that one's caller.
 */
noinline void *zmem_cache_alloc_slow(struct zmem_cache *cache, gfp_t gfp, int node,
				     size_t size)
{
	struct zmem_common *c = zmem_common(cache);
	void *object = zmem_cache_alloc_unseen(c, gfp, node, size);

	zmem_see_alloc(_RET_IP_, c, object, size, gfp, node);
	return object;
}

/*
 * The loaded magazine is empty: the previous one may do, or another from the
 * depot.  The call's flags are known to be good.
 */
static __always_inline void *alloc_miss(struct zmem_cache *cache, gfp_t gfp, size_t size)
{
	struct zmem_common *c = zmem_common(cache);
	void *object = NULL;

	if (likely(!(c->flags & ZMEM_NO_MAGAZINES)))
		object = zmem_magazine_alloc(c, gfp_for_pages(c, gfp), NUMA_NO_NODE);
	if (unlikely(!object))
		return zmem_cache_alloc_slow(cache, gfp, NUMA_NO_NODE, size);
	zmem_see_alloc(_RET_IP_, c, object, size, gfp, NUMA_NO_NODE);
	zmem_unpoison(object, c->object_size);
	return cache_wipe(c, object, gfp, c->object_size);
}

noinline void *zmem_cache_alloc_miss(struct zmem_cache *cache, gfp_t gfp)
{
	return alloc_miss(cache, gfp, 0);
}

noinline void *zmem_sized_alloc_miss(size_t size, gfp_t gfp, struct zmem_cache *cache)
{
	return alloc_miss(cache, gfp, size);
}

/*
 * Calls that want something of their own: most often zero bytes, because they
 * say so or because this machine zeroes all.
 */
static __always_inline void *alloc_wiped(struct zmem_cache *cache, gfp_t gfp, size_t size)
{
	struct zmem_common *c = zmem_common(cache);
	void *object;

	if ((gfp & ZMEM_GFP_SPECIAL & ~__GFP_ZERO) || (c->ctor && gfp & __GFP_ZERO))
		return zmem_cache_alloc_slow(cache, gfp, NUMA_NO_NODE, size);
	zmem_might_alloc(gfp);
	if (unlikely(!zmem_magazine_pop(cache, &object)))
		return size ? zmem_sized_alloc_miss(size, gfp, cache) :
			      zmem_cache_alloc_miss(cache, gfp);
	zmem_unpoison(object, c->object_size);
	return cache_wipe(c, object, gfp, c->object_size);
}

noinline void *zmem_cache_alloc_wiped(struct zmem_cache *cache, gfp_t gfp)
{
	return alloc_wiped(cache, gfp, 0);
}

noinline void *zmem_sized_alloc_wiped(size_t size, gfp_t gfp, struct zmem_cache *cache)
{
	return alloc_wiped(cache, gfp, size);
}

/* Machines that zero what is freed; as in SLUB, not objects that keep it. */
static void cache_wipe_freed(struct zmem_common *c, void *object)
{
	/* Nothing is written to what may not be ours; debug caches see to it later. */
	if (objects_keep(c) || c->debug || zmem_cache_of(object) != c->cache)
		return;
	zmem_unpoison(object, c->object_size);
	memset(object, 0, c->object_size);
	zmem_poison(object, c->object_size);
}

/* Frees what the fast path did not; without an event. */
void zmem_cache_free_unseen(struct zmem_common *c, void *object)
{
	if (c->flags & ZMEM_LARGE) {
		zmem_large_free(c, object);
		return;
	}
	if (want_init_on_free()) {
		cache_wipe_freed(c, object);
		if (zmem_magazine_push(c->cache, object, NULL, true))
			return;
	}
	zmem_magazine_free(c, object);
}

/* The same with one: see zmem_cache_alloc_slow(). */
noinline void zmem_cache_free_slow(struct zmem_cache *cache, void *object)
{
	struct zmem_common *c = zmem_common(cache);

	trace_zmem_free(_RET_IP_, object, c->name);
	zmem_cache_free_unseen(c, object);
}

/**
 * zmem_cache_alloc() - allocate an object
 * @cache: the cache
 * @gfp: as for kmem_cache_alloc()
 *
 * Context: as kmem_cache_alloc() with the same @gfp; see the head of
 * zmem/zmem.h.
 * Return: the object, or NULL.
 */
void *zmem_cache_alloc(struct zmem_cache *cache, gfp_t gfp)
{
	return zmem_do_alloc(cache, gfp, false, 0);
}
EXPORT_SYMBOL(zmem_cache_alloc);

/**
 * zmem_cache_alloc_node() - allocate an object of a node's memory
 * @cache: the cache
 * @gfp: as for kmem_cache_alloc_node(); with __GFP_THISNODE no other node
 *	will do
 * @node: the node, or NUMA_NO_NODE
 *
 * Context: as zmem_cache_alloc().
 * Return: the object, or NULL.
 */
void *zmem_cache_alloc_node(struct zmem_cache *cache, gfp_t gfp, int node)
{
	if (node == NUMA_NO_NODE)
		return zmem_do_alloc(cache, gfp, false, 0);
	return zmem_cache_alloc_slow(cache, gfp, node, 0);
}
EXPORT_SYMBOL(zmem_cache_alloc_node);

/**
 * zmem_cache_free() - free an object
 * @cache: the cache that it came from
 * @object: the object
 *
 * Context: any but NMI; on PREEMPT_RT see the head of zmem/zmem.h.
 */
void zmem_cache_free(struct zmem_cache *cache, void *object)
{
	zmem_do_free(cache, object, NULL);
}
EXPORT_SYMBOL(zmem_cache_free);

/* What the machine, or a checker, wants done to objects from magazines. */
static void bulk_given(struct zmem_common *c, gfp_t gfp, size_t nr, void **objects)
{
	while (nr--)
		zmem_cache_give(c, objects[nr], gfp);
}

static void bulk_taken(struct zmem_common *c, void **objects, size_t nr)
{
	while (nr--) {
		zmem_poison(objects[nr], zmem_poison_bytes(c));
		if (want_init_on_free())
			cache_wipe_freed(c, objects[nr]);
	}
}

/*
 * Objects as they lie in magazines, neither wiped nor a checker told, all or
 * none; whether they are there.
 */
bool zmem_cache_take_bulk(struct zmem_common *c, gfp_t gfp, size_t nr, void **objects)
{
	size_t done = 0;

	if (unlikely(gfp & ZMEM_GFP_SPECIAL) && !gfp_is_good(c, gfp))
		return false;
	if (!zmem_limit_allows(c, nr))
		return false;
	for (;;) {
		done += zmem_magazine_alloc_bulk(c->cache, objects + done, nr - done);
		if (done == nr)
			return true;
		objects[done] = cache_alloc(c, gfp, NUMA_NO_NODE, 0);
		if (!objects[done])
			break;
		done++;
	}
	zmem_cache_put_bulk(c, done, objects);
	return false;
}

/* A bulk that the loaded magazine cannot give as it is. */
static noinline int bulk_alloc(struct zmem_cache *cache, gfp_t gfp, size_t nr,
			       void **objects)
{
	struct zmem_common *c = zmem_common(cache);

	zmem_might_alloc(gfp);
	if (!zmem_cache_take_bulk(c, gfp, nr, objects))
		return 0;
	zmem_see_bulk_alloc(_RET_IP_, c, objects, nr, gfp);
	if (ZMEM_POISON || want_init_on_alloc(gfp))
		bulk_given(c, gfp, nr, objects);
	return nr;
}

/**
 * zmem_cache_alloc_bulk() - allocate several objects, all or none
 * @cache: the cache
 * @gfp: as for zmem_cache_alloc()
 * @nr: how many
 * @objects: where to put them
 *
 * Context: as zmem_cache_alloc().
 * Return: @nr, or 0.
 */
int zmem_cache_alloc_bulk(struct zmem_cache *cache, gfp_t gfp, size_t nr,
			  void **objects)
{
	if (unlikely(gfp & ZMEM_GFP_SPECIAL) || ZMEM_POISON || want_init_on_alloc(0) ||
	    unlikely(!zmem_magazine_pop_bulk(cache, objects, nr)))
		return bulk_alloc(cache, gfp, nr, objects);
	return nr;
}
EXPORT_SYMBOL(zmem_cache_alloc_bulk);

/* Frees objects that are as they lie in magazines. */
void zmem_cache_put_bulk(struct zmem_common *c, size_t nr, void **objects)
{
	size_t done = 0;

	for (;;) {
		done += zmem_magazine_free_bulk(c->cache, objects + done, nr - done);
		if (done == nr)
			return;
		zmem_magazine_free(c, objects[done++]);
	}
}

/* Frees several objects, as their owner left them; without an event. */
void zmem_cache_free_bulk_unseen(struct zmem_common *c, size_t nr, void **objects)
{
	if (ZMEM_POISON || want_init_on_free())
		bulk_taken(c, objects, nr);
	zmem_cache_put_bulk(c, nr, objects);
}

/* A bulk that the loaded magazine cannot take as it is. */
static noinline void bulk_free(struct zmem_cache *cache, size_t nr, void **objects)
{
	struct zmem_common *c = zmem_common(cache);

	zmem_see_bulk_free(_RET_IP_, c, objects, nr);
	zmem_cache_free_bulk_unseen(c, nr, objects);
}

/**
 * zmem_cache_free_bulk() - free several objects
 * @cache: the cache that they came from
 * @nr: how many
 * @objects: which
 *
 * Context: as zmem_cache_free().
 */
void zmem_cache_free_bulk(struct zmem_cache *cache, size_t nr, void **objects)
{
	if (ZMEM_POISON ||
	    unlikely(!zmem_magazine_push_bulk(cache, objects, nr)))
		bulk_free(cache, nr, objects);
}
EXPORT_SYMBOL(zmem_cache_free_bulk);
