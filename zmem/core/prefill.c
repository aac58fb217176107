// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Prefills: objects set aside for one caller.
 *
 * What must not fail half-way takes its objects before it begins, where it may
 * still sleep and fail, and is then served from an array of its own: no lock,
 * no CPU's share, no page allocator, and so wherever the caller has got to.
 *
 * Objects in a prefill are the caller's: statistics count them as allocated
 * when the prefill is made, and as freed when it is returned.  They are wiped
 * when they are taken out, as the call that takes them says.
 */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <compat/poison.h>

#include "internal.h"
#include "core/alloc.h"
#include "core/cache.h"
#include "core/report.h"
#include "core/watch.h"

/**
 * struct zmem_prefill - objects set aside for one caller
 * @c: the cache that they came from
 * @nr: objects that are left
 * @objects: a stack of them
 *
 * Belongs to whoever made it: calls that use one are the caller's to keep apart.
 */
struct zmem_prefill {
	struct zmem_common *c;
	unsigned int nr;
	void *objects[];
};

/**
 * zmem_cache_prefill() - set objects aside, all or none
 * @cache: the cache
 * @gfp: as for zmem_cache_alloc(); __GFP_ZERO is left to whoever takes them
 * @nr: how many, up to ZMEM_PREFILL_MAX; more are refused and reported
 *
 * Context: as zmem_cache_alloc().
 * Return: a prefill, to be given back with zmem_cache_return_prefilled(), or
 * NULL.
 */
struct zmem_prefill *zmem_cache_prefill(struct zmem_cache *cache, gfp_t gfp,
					unsigned int nr)
{
	struct zmem_common *c = zmem_common(cache);
	struct zmem_prefill *p;

	zmem_might_alloc(gfp);
	if (nr > ZMEM_PREFILL_MAX) {
		zmem_report(c, ZMEM_BAD_SIZE, NULL);
		return NULL;
	}
	gfp &= ~__GFP_ZERO;
	p = kmalloc(struct_size(p, objects, nr), gfp & ZMEM_GFP_PAGES);
	if (!p)
		return NULL;
	p->c = c;
	p->nr = nr;
	if (zmem_cache_take_bulk(c, gfp, nr, p->objects)) {
		zmem_see_bulk_alloc(_RET_IP_, c, p->objects, nr, gfp);
		return p;
	}
	kfree(p);
	return NULL;
}
EXPORT_SYMBOL(zmem_cache_prefill);

/* Whether a prefill is of this cache; misuse if not. */
static bool prefill_is_good(struct zmem_common *c, const struct zmem_prefill *p)
{
	if (likely(p->c == c))
		return true;
	zmem_report(c, ZMEM_WRONG_CACHE, p);
	return false;
}

/**
 * zmem_cache_alloc_prefilled() - take an object out of a prefill
 * @cache: the cache that it was made from
 * @gfp: __GFP_ZERO for zero bytes; nothing else matters, as no memory is
 *	allocated
 * @prefill: the prefill
 *
 * As many calls as the prefill has objects neither fail nor sleep.
 *
 * Context: any, on any CPU.
 * Return: an object, to be freed as any other; NULL once none is left.
 */
void *zmem_cache_alloc_prefilled(struct zmem_cache *cache, gfp_t gfp,
				 struct zmem_prefill *prefill)
{
	struct zmem_common *c = zmem_common(cache);

	if (!prefill_is_good(c, prefill) || !prefill->nr)
		return NULL;
	return zmem_cache_give(c, prefill->objects[--prefill->nr], gfp);
}
EXPORT_SYMBOL(zmem_cache_alloc_prefilled);

/**
 * zmem_cache_return_prefilled() - give back a prefill and what is left in it
 * @cache: the cache that it was made from
 * @prefill: the prefill, or NULL
 *
 * Context: as zmem_cache_free().
 */
void zmem_cache_return_prefilled(struct zmem_cache *cache,
				 struct zmem_prefill *prefill)
{
	struct zmem_common *c = zmem_common(cache);

	if (!prefill || !prefill_is_good(c, prefill))
		return;
	zmem_see_bulk_free(_RET_IP_, c, prefill->objects, prefill->nr);
	zmem_cache_put_bulk(c, prefill->nr, prefill->objects);
	kfree(prefill);
}
EXPORT_SYMBOL(zmem_cache_return_prefilled);
