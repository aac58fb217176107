// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Object caches: making and destroying them. */
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
#include <compat/work.h>

#include "internal.h"
#include "surface.h"
#include "core/cache.h"
#include "core/debug.h"
#include "core/depot.h"
#include "core/free_rcu.h"
#include "core/hold.h"
#include "core/limit.h"
#include "core/magazine.h"
#include "core/nodes.h"
#include "core/report.h"
#include "core/sites.h"
#include "core/sizes.h"
#include "core/slab.h"
#include "core/tuner.h"

/* The list below, and the lives of the caches on it. */
DEFINE_MUTEX(zmem_caches_lock);
LIST_HEAD(zmem_caches);

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

/* Checks that a cache of another mode could not do would be missed. */
static bool debug_is_good(const struct zmem_cache_args *args)
{
	if (args->mode == ZMEM_MODE_FAST || args->mode == ZMEM_MODE_BALANCED)
		return !(args->debug_flags & ~ZMEM_DEBUG_RANDOM);
	return !(args->debug_flags & ~ZMEM_DEBUG_ALL);
}

static bool layout_is_good(const struct zmem_cache_args *args)
{
	if (args->align && !is_power_of_2(args->align))
		return false;
	return args->align <= PAGE_SIZE && !(args->flags & ~ZMEM_ARGS_FLAGS);
}

static bool args_are_good(const struct zmem_cache_args *args)
{
	if (!layout_is_good(args) || !debug_is_good(args))
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

	c->magazine_max = args->magazine_max ? args->magazine_max : d->magazine_max;
	c->depot_max_kib = args->depot_max_kib ? args->depot_max_kib : d->depot_max_kib;
	c->tune_interval_ms = args->tune_interval_ms ? args->tune_interval_ms :
						       d->tune_interval_ms;
	c->tuner.next = jiffies + msecs_to_jiffies(c->tune_interval_ms);
	c->magazine_size = min(magazine_size_for(c->size), c->magazine_max);
}

/*
 * Whether the cache is a debug cache, and what of one: as the module's
 * parameter says, if it names the cache, else as its maker says.
 */
static void cache_mode(struct zmem_common *c, const struct zmem_cache_args *args)
{
	const struct zmem_settings *d = &zmem_defaults;
	unsigned int named = zmem_debug_flags_of(c->name);

	c->debug_flags = named ? named : args->debug_flags;
	c->mode = args->mode ? args->mode : d->mode;
	if (c->flags & (ZMEM_LARGE | ZMEM_ZERO))
		c->debug_flags = 0;
	if (c->debug_flags & ZMEM_DEBUG_CHECKS)
		c->mode = ZMEM_MODE_DEBUG;
	else if (c->mode == ZMEM_MODE_DEBUG)
		c->debug_flags |= d->debug_flags ? d->debug_flags : ZMEM_DEBUG_CHECKS;
	/* Who waits at a limit waits for objects that are free indeed. */
	if (args->reserve || args->limit)
		c->debug_flags &= ~ZMEM_DEBUG_QUARANTINE;
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
	for_each_possible_cpu(cpu)
		per_cpu_ptr(zmem_area(c), cpu)->slow.common = c;
	return 0;
}

/* Unmakes a cache, whatever is there of it; returns the objects that leaked. */
static unsigned long cache_unmake(struct zmem_common *c)
{
	unsigned long leaked = 0;
	int cpu, node;

	zmem_hold_exit(c);
	zmem_quarantine_drain(c);
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
	zmem_debug_exit(c);
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
	if (!err) {
		list_add_tail(&c->list, &zmem_caches);
		/* From now on zmem_homes_update() does. */
		zmem_cache_homes(c);
	}
	mutex_unlock(&zmem_caches_lock);
	return err;
}

static struct zmem_common *cache_new(const char *name, unsigned int size,
				     const struct zmem_cache_args *args,
				     unsigned int internal_flags)
{
	struct zmem_common *c;

	c = kzalloc(struct_size(c, node, nr_node_ids), GFP_KERNEL);
	if (!c)
		return NULL;
	strscpy(c->name, name, sizeof(c->name));
	c->object_size = size;
	c->align = align_for(size, args);
	c->size = ALIGN(size, c->align);
	c->flags = args->flags | internal_flags;
	c->ctor = args->ctor;
	c->node_policy = args->node_policy;
	c->policy_node = args->node;
	if (args->flags & ZMEM_CACHE_DMA)
		c->gfp |= __GFP_DMA;
	if (args->flags & ZMEM_CACHE_DMA32)
		c->gfp |= __GFP_DMA32;
	cache_mode(c, args);
	if (c->mode == ZMEM_MODE_DEBUG || c->gfp)
		c->flags |= ZMEM_NO_MAGAZINES;
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
	c = cache_new(name, size, args, internal_flags);
	if (!c)
		return ERR_PTR(-ENOMEM);
	err = c->mode == ZMEM_MODE_DEBUG ? zmem_debug_init(c) : 0;
	if (!err)
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
 * cache.  Objects that were not freed are reported, of a debug cache with who
 * allocated them; their memory stays allocated.
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
	zmem_sites_leaked(c);
	if (cache_unmake(c))
		zmem_report(c, ZMEM_LEAKED_OBJECTS, NULL);
	kfree(c);
}
EXPORT_SYMBOL(zmem_cache_destroy);

static void drain_this_cpu(void *common)
{
	zmem_magazines_drain_this_cpu(common);
}

/**
 * zmem_cache_drain() - put all that CPUs and depots have back into slabs
 * @c: the cache
 *
 * Context: may sleep.
 */
void zmem_cache_drain(struct zmem_common *c)
{
	int node;

	zmem_on_each_cpu(drain_this_cpu, c, NULL);
	zmem_quarantine_drain(c);
	for_each_node(node)
		zmem_depot_drain(c, node);
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

	zmem_cache_drain(c);
	for_each_node(node)
		zmem_slabs_trim(c, &c->node[node]->slabs, 0);
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
