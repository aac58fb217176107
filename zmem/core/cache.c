// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Object caches: making, using and destroying them. */
#include <linux/cpumask.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/topology.h>
#include <compat/trace.h>
#include <compat/work.h>

#include "internal.h"
#include "surface.h"
#include "core/alloc.h"
#include "core/cache.h"
#include "core/depot.h"
#include "core/free_rcu.h"
#include "core/hold.h"
#include "core/large.h"
#include "core/limit.h"
#include "core/nodes.h"
#include "core/report.h"
#include "core/sizes.h"
#include "core/slab.h"
#include "core/tuner.h"

/* The list below, and the lives of the caches on it. */
DEFINE_MUTEX(zmem_caches_lock);
LIST_HEAD(zmem_caches);
DEFINE_STATIC_KEY_FALSE(zmem_numa_key);
DEFINE_STATIC_KEY_FALSE(zmem_free_key);

/*
 * magazine_max: 252 objects are 2 KiB of pointers, beyond which a magazine
 * costs more memory than another exchange costs time.  depot_max_kib: bursts
 * of some ten thousand small objects that come again stay within the depot.
 * tune_interval_ms: long enough that a count means something, short enough to
 * follow a load.
 */
struct zmem_settings zmem_defaults = {
	.mode = ZMEM_MODE_BALANCED,
	.magazine_max = 252,
	.depot_max_kib = 2048,
	.tune_interval_ms = 1000,
};

/*
 * A fresh cache's largest magazines: exchanges are rare, and two of them on
 * each CPU hold a few pages at most.  CPUs start with smaller ones.
 */
static unsigned int magazine_size_for(unsigned int size)
{
	if (size < 256)
		return 124;
	if (size < 1024)
		return 28;
	return size <= 4096 ? 12 : 4;
}

static bool name_is_good(const char *name)
{
	size_t i, len = name ? strnlen(name, ZMEM_NAME_MAX) : 0;

	if (!len || len == ZMEM_NAME_MAX || name[0] == '.')
		return false;
	for (i = 0; i < len; i++)
		if (!isgraph(name[i]) || name[i] == '/')
			return false;
	return true;
}

/* A node that means nothing would be a caller's mistake. */
static bool policy_is_good(const struct zmem_cache_args *args)
{
	int node = args->node;

	if (args->node_policy == ZMEM_NODE_STRICT)
		return node >= 0 && node < nr_node_ids && node_state(node, N_MEMORY);
	return args->node_policy <= ZMEM_NODE_STRICT && !node;
}

static bool args_are_good(const struct zmem_cache_args *args)
{
	if (args->align && !is_power_of_2(args->align))
		return false;
	if (args->align > PAGE_SIZE || args->flags & ~ZMEM_ARGS_FLAGS)
		return false;
	if (args->mode < ZMEM_MODE_DEFAULT || args->mode > ZMEM_MODE_DEBUG)
		return false;
	if (args->reserve > ZMEM_RESERVE_MAX || (args->limit && args->limit < args->reserve))
		return false;
	return args->magazine_max <= ZMEM_MAGAZINE_MAX &&
	       args->depot_max_kib <= ZMEM_DEPOT_MAX_KIB && policy_is_good(args);
}

static unsigned int align_for(unsigned int size, const struct zmem_cache_args *args)
{
	unsigned int align = max_t(unsigned int, args->align, ARCH_KMALLOC_MINALIGN);
	unsigned int line = L1_CACHE_BYTES;

	/* Small objects share a line, but none straddles two. */
	if (args->flags & ZMEM_HWCACHE_ALIGN) {
		while (size <= line / 2)
			line /= 2;
		align = max(align, line);
	}
	return align;
}

static void cache_settings(struct zmem_common *c, const struct zmem_cache_args *args)
{
	const struct zmem_settings *d = &zmem_defaults;

	c->mode = args->mode ? args->mode : d->mode;
	c->magazine_max = args->magazine_max ? args->magazine_max : d->magazine_max;
	c->depot_max_kib = args->depot_max_kib ? args->depot_max_kib : d->depot_max_kib;
	c->tune_interval_ms = args->tune_interval_ms ? args->tune_interval_ms :
						       d->tune_interval_ms;
	c->debug_flags = args->debug_flags ? args->debug_flags : d->debug_flags;
	c->tuner.next = jiffies + msecs_to_jiffies(c->tune_interval_ms);
	c->magazine_size = min(magazine_size_for(c->size), c->magazine_max);
}

static int cache_make_nodes(struct zmem_common *c)
{
	struct zmem_node *n;
	int node;

	for_each_node(node) {
		n = kzalloc(sizeof(*n), GFP_KERNEL);
		if (!n)
			return -ENOMEM;
		zmem_depot_init(&n->depot);
		zmem_slabs_init(&n->slabs);
		c->node[node] = n;
	}
	return 0;
}

static int cache_make_cpus(struct zmem_common *c)
{
	size_t bytes = sizeof(struct zmem_cpu_area) +
		       nr_node_ids * sizeof(struct zmem_magazine *);
	int cpu;

	c->cache = (struct zmem_cache *)(__force unsigned long)
		   __alloc_percpu(bytes, __alignof__(struct zmem_cpu_area));
	if (!c->cache)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct zmem_cpu_area *area = per_cpu_ptr(zmem_area(c), cpu);

		area->slow.common = c;
		area->slow.home =
			zmem_cache_home(c, zmem_node_nearest_open(cpu_to_mem(cpu)));
		area->fast.node = area->slow.home;
	}
	return 0;
}

/* Unmakes a cache, whatever is there of it; returns the objects that leaked. */
static unsigned long cache_unmake(struct zmem_common *c)
{
	unsigned long leaked = 0;
	int cpu, node;

	zmem_hold_exit(c);
	if (c->cache)
		for_each_possible_cpu(cpu)
			zmem_magazines_drain_cpu(c, cpu);
	for_each_node(node) {
		if (!c->node[node])
			continue;
		zmem_depot_drain(c, node);
		leaked += zmem_slabs_exit(c, &c->node[node]->slabs);
	}
	/* Slabs that waited for readers look at their node once more. */
	if (c->flags & ZMEM_TYPESAFE_BY_RCU)
		rcu_barrier();
	for_each_node(node)
		kfree(c->node[node]);
	free_percpu(zmem_area(c));
	kfree(c->latency);
	kfree(c->hold);
	return leaked;
}

static int cache_enlist(struct zmem_common *c)
{
	struct zmem_common *other;
	int err = 0;

	mutex_lock(&zmem_caches_lock);
	list_for_each_entry(other, &zmem_caches, list)
		if (!strcmp(other->name, c->name))
			err = -EEXIST;
	if (!err)
		list_add_tail(&c->list, &zmem_caches);
	mutex_unlock(&zmem_caches_lock);
	return err;
}

static struct zmem_common *cache_new(const char *name, unsigned int size,
				     const struct zmem_cache_args *args)
{
	struct zmem_common *c;

	c = kzalloc(struct_size(c, node, nr_node_ids), GFP_KERNEL);
	if (!c)
		return NULL;
	strscpy(c->name, name, sizeof(c->name));
	c->object_size = size;
	c->align = align_for(size, args);
	c->size = ALIGN(size, c->align);
	c->flags = args->flags;
	c->ctor = args->ctor;
	c->node_policy = args->node_policy;
	c->policy_node = args->node;
	if (args->flags & ZMEM_CACHE_DMA)
		c->gfp |= __GFP_DMA;
	if (args->flags & ZMEM_CACHE_DMA32)
		c->gfp |= __GFP_DMA32;
	cache_settings(c, args);
	return c;
}

/**
 * zmem_cache_make() - make a cache, also one of zmem's own
 * @name: as zmem_cache_create()
 * @size: likewise
 * @args: likewise
 * @internal_flags: ZMEM_NO_MAGAZINES, ZMEM_SIZE_CLASS, ZMEM_LARGE, ZMEM_ZERO
 *
 * Context: may sleep.
 * Return: what its CPUs have in common, or as zmem_cache_create().
 */
struct zmem_common *zmem_cache_make(const char *name, unsigned int size,
				    const struct zmem_cache_args *args,
				    unsigned int internal_flags)
{
	static const struct zmem_cache_args no_args;
	struct zmem_common *c;
	int err;

	args = args ? args : &no_args;
	if (!name_is_good(name) || !args_are_good(args) || !size ||
	    size > ZMEM_OBJECT_MAX)
		return ERR_PTR(-EINVAL);
	c = cache_new(name, size, args);
	if (!c)
		return ERR_PTR(-ENOMEM);
	c->flags |= internal_flags;
	if (c->mode == ZMEM_MODE_DEBUG || c->gfp)
		c->flags |= ZMEM_NO_MAGAZINES;
	err = zmem_slab_geometry(c);
	if (!err && c->mode == ZMEM_MODE_BALANCED && !(c->flags & ZMEM_NO_MAGAZINES)) {
		c->latency = kzalloc(sizeof(*c->latency), GFP_KERNEL);
		err = c->latency ? 0 : -ENOMEM;
	}
	if (!err)
		err = cache_make_nodes(c);
	if (!err)
		err = cache_make_cpus(c);
	if (!err)
		err = zmem_hold_init(c, args);
	if (!err)
		err = cache_enlist(c);
	if (err) {
		cache_unmake(c);
		kfree(c);
		return ERR_PTR(err);
	}
	zmem_surface_add(c);
	return c;
}

/* zmem_cache_create() behind its check of the caller's layout. */
struct zmem_cache *__zmem_cache_create(const char *name, unsigned int size,
				       const struct zmem_cache_args *args,
				       unsigned int layout)
{
	struct zmem_common *c;

	if (layout != ZMEM_LAYOUT)
		return ERR_PTR(-ENOEXEC);
	c = zmem_cache_make(name, size, args, 0);
	return IS_ERR(c) ? ERR_CAST(c) : c->cache;
}
EXPORT_SYMBOL(__zmem_cache_create);

/**
 * zmem_cache_destroy() - unmake a cache that nobody uses any more
 * @cache: the cache, or NULL, or an ERR_PTR()
 *
 * Waits for objects that were freed by RCU, and for the readers of a type-safe
 * cache.  Objects that were not freed are
 * reported; their memory stays allocated.
 *
 * Context: may sleep.
 */
void zmem_cache_destroy(struct zmem_cache *cache)
{
	struct zmem_common *c;

	if (IS_ERR_OR_NULL(cache))
		return;
	c = zmem_common(cache);
	zmem_surface_remove(c);
	mutex_lock(&zmem_caches_lock);
	list_del(&c->list);
	mutex_unlock(&zmem_caches_lock);
	if (c->rcu_frees)
		zmem_rcu_drain();
	if (cache_unmake(c))
		zmem_report(c, ZMEM_LEAKED_OBJECTS, NULL);
	kfree(c);
}
EXPORT_SYMBOL(zmem_cache_destroy);

static void shrink_this_cpu(void *cache)
{
	zmem_magazines_drain_this_cpu(cache);
}

/**
 * zmem_cache_shrink() - give back what a cache holds and does not use
 * @cache: the cache
 *
 * Drains every CPU's magazines and the depots, then frees empty slabs.
 *
 * Context: may sleep.
 * Return: 0.
 */
int zmem_cache_shrink(struct zmem_cache *cache)
{
	struct zmem_common *c = zmem_common(cache);
	int node;

	zmem_on_each_cpu(shrink_this_cpu, c, NULL);
	for_each_node(node) {
		zmem_depot_drain(c, node);
		zmem_slabs_trim(c, &c->node[node]->slabs, 0);
	}
	return 0;
}
EXPORT_SYMBOL(zmem_cache_shrink);

/**
 * zmem_cache_size() - bytes that a caller may use of an object
 * @cache: the cache
 *
 * Return: the size that the cache was created with.
 */
unsigned int zmem_cache_size(struct zmem_cache *cache)
{
	return zmem_common(cache)->object_size;
}
EXPORT_SYMBOL(zmem_cache_size);

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
static void *cache_wipe(struct zmem_common *c, void *object, gfp_t gfp)
{
	if (!c->ctor && (gfp & __GFP_ZERO || (want_init_on_alloc(0) && !objects_keep(c))))
		memset(object, 0, c->object_size);
	return object;
}

/* What lay in a magazine becomes a caller's. */
void *zmem_cache_give(struct zmem_common *c, void *object, gfp_t gfp)
{
	zmem_unpoison(object, c->object_size);
	return cache_wipe(c, object, gfp);
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

static void *cache_alloc(struct zmem_common *c, gfp_t gfp, int node)
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
	return object;
}

/**
 * zmem_cache_alloc_slow() - allocate what the fast path did not
 * @cache: the cache
 * @gfp: as the caller gave it
 * @node: preferred (required with __GFP_THISNODE), or NUMA_NO_NODE
 *
 * Context: as @gfp says.
 * Return: the object, wiped if it is to be, or NULL.
 */
void *zmem_cache_alloc_slow(struct zmem_cache *cache, gfp_t gfp, int node)
{
	struct zmem_common *c = zmem_common(cache);
	void *object;

	zmem_might_alloc(gfp);
	if (c->flags & ZMEM_ZERO)
		return ZERO_SIZE_PTR;
	if ((c->flags & ZMEM_SIZE_CLASS) && (gfp & ZMEM_GFP_BYPASS))
		return class_alloc_run(c, gfp, node);
	if (!gfp_is_good(c, gfp))
		return NULL;
	object = cache_alloc(c, gfp, node);
	if (!object) {
		if (c->flags & ZMEM_SIZE_CLASS && !(gfp & __GFP_NOMEMALLOC))
			return class_alloc_run(c, gfp | __GFP_NOWARN, node);
		return NULL;
	}
	trace_zmem_alloc(_RET_IP_, object, c->name, c->object_size, c->size, gfp, node);
	zmem_unpoison(object, c->object_size);
	return cache_wipe(c, object, gfp);
}

/*
 * The loaded magazine is empty: the previous one may do, or another from the
 * depot.  The call's flags are known to be good.
 */
noinline void *zmem_cache_alloc_miss(struct zmem_cache *cache, gfp_t gfp)
{
	struct zmem_common *c = zmem_common(cache);
	void *object = NULL;

	if (likely(!(c->flags & ZMEM_NO_MAGAZINES)))
		object = zmem_magazine_alloc(c, gfp_for_pages(c, gfp), NUMA_NO_NODE);
	if (unlikely(!object))
		return zmem_cache_alloc_slow(cache, gfp, NUMA_NO_NODE);
	trace_zmem_alloc(_RET_IP_, object, c->name, c->object_size, c->size, gfp,
			 NUMA_NO_NODE);
	zmem_unpoison(object, c->object_size);
	return cache_wipe(c, object, gfp);
}

/*
 * Calls that want something of their own: most often zero bytes, because they
 * say so or because this machine zeroes all.
 */
noinline void *zmem_cache_alloc_wiped(struct zmem_cache *cache, gfp_t gfp)
{
	struct zmem_common *c = zmem_common(cache);
	void *object;

	if ((gfp & ZMEM_GFP_SPECIAL & ~__GFP_ZERO) || (c->ctor && gfp & __GFP_ZERO))
		return zmem_cache_alloc_slow(cache, gfp, NUMA_NO_NODE);
	zmem_might_alloc(gfp);
	if (unlikely(!zmem_magazine_pop(cache, &object)))
		return zmem_cache_alloc_miss(cache, gfp);
	zmem_unpoison(object, c->object_size);
	return cache_wipe(c, object, gfp);
}

/* Machines that zero what is freed; as in SLUB, not objects that keep it. */
static void cache_wipe_freed(struct zmem_common *c, void *object)
{
	const struct page *page = zmem_virt_to_page(object);

	/* Nothing is written to what may not be ours. */
	if (objects_keep(c) || !page || !zmem_page_tagged(page) ||
	    zmem_page_cache(page) != c->cache)
		return;
	zmem_unpoison(object, c->object_size);
	memset(object, 0, c->object_size);
	zmem_poison(object, c->object_size);
}

/* Frees what the fast path did not. */
void zmem_cache_free_slow(struct zmem_cache *cache, void *object)
{
	struct zmem_common *c = zmem_common(cache);

	trace_zmem_free(_RET_IP_, object, c->name);
	if (c->flags & ZMEM_LARGE) {
		zmem_large_free(c, object);
		return;
	}
	if (want_init_on_free()) {
		cache_wipe_freed(c, object);
		if (zmem_magazine_push(cache, object, NULL, true))
			return;
	}
	zmem_magazine_free(c, object);
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
	return zmem_do_alloc(cache, gfp);
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
		return zmem_do_alloc(cache, gfp);
	return zmem_cache_alloc_slow(cache, gfp, node);
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
		objects[done] = cache_alloc(c, gfp, NUMA_NO_NODE);
		if (!objects[done])
			break;
		trace_zmem_alloc(_RET_IP_, objects[done], c->name, c->object_size,
				 c->size, gfp, NUMA_NO_NODE);
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

/* A bulk that the loaded magazine cannot take as it is. */
static noinline void bulk_free(struct zmem_cache *cache, size_t nr, void **objects)
{
	struct zmem_common *c = zmem_common(cache);

	if (ZMEM_POISON || want_init_on_free())
		bulk_taken(c, objects, nr);
	zmem_cache_put_bulk(c, nr, objects);
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
