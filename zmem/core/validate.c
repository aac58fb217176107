// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Looking at all of a cache: each slab's count against its bitmap and the list
 * that it is on, the node's sums, and of a debug cache each object's record,
 * red zones and poison.  Nothing is repaired.
 */
#include <linux/bitmap.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/mm.h>

#include "internal.h"
#include "core/cache.h"
#include "core/damage.h"
#include "core/debug.h"
#include "core/slab.h"
#include "core/slab_layout.h"

/**
 * struct check - a node under examination
 * @s: its slabs
 * @damage: what was found
 * @nr: slabs that were seen
 * @nr_empty: of them
 * @in_use: objects that are out of them
 * @pages: in them
 */
struct check {
	struct zmem_slabs *s;
	struct zmem_damage *damage;
	unsigned long nr;
	unsigned long nr_empty;
	unsigned long in_use;
	unsigned long pages;
};

static void expect(struct check *check, bool good, void *object)
{
	if (!good)
		zmem_damage_add(check->damage, ZMEM_BAD_BOOKS, object);
}

/* Whether each of a slab's pages leads to it. */
static bool pages_lead(const struct zmem_slab *slab)
{
	const struct page *page = virt_to_page(zmem_slab_run(slab));
	unsigned int i;

	for (i = 0; i < 1u << slab->order; i++)
		if (!zmem_page_tagged(page + i) || zmem_page_slab(page + i) != slab ||
		    zmem_page_cache(page + i) != slab->cache->cache)
			return false;
	return true;
}

static void check_objects(struct zmem_slab *slab, struct check *check)
{
	unsigned int i;

	for (i = 0; i < slab->nr; i++) {
		const struct zmem_record *record = zmem_debug_record(slab, i);
		void *object = zmem_slab_nth(slab, i);

		expect(check, !test_bit(i, slab->map) || record->state == ZMEM_RECORD_FREE,
		       object);
		zmem_object_check(slab->cache, object, record, check->damage, false);
	}
}

static void check_slab(struct zmem_slab *slab, struct list_head *list, void *arg)
{
	struct check *check = arg;
	unsigned int words = BITS_TO_LONGS(slab->nr) * BITS_PER_LONG;

	expect(check, bitmap_weight(slab->map, words) == slab->free, slab->base);
	expect(check, slab->free <= slab->nr, slab->base);
	expect(check, zmem_slab_home(check->s, slab) == list, slab->base);
	expect(check, pages_lead(slab), slab->base);
	if (slab->cache->debug)
		check_objects(slab, check);
	check->nr++;
	check->nr_empty += slab->free == slab->nr;
	check->in_use += slab->nr - slab->free;
	check->pages += 1UL << slab->order;
}

static void check_node(struct zmem_slabs *s, struct zmem_damage *damage)
{
	struct check check = { .s = s, .damage = damage };
	unsigned long flags;

	spin_lock_irqsave(&s->lock, flags);
	zmem_slabs_for_each(s, check_slab, &check);
	expect(&check, check.nr == s->nr, NULL);
	expect(&check, check.nr_empty == s->nr_empty, NULL);
	expect(&check, check.in_use == s->in_use, NULL);
	/* Type-safe slabs that wait for readers are on no list. */
	expect(&check, check.pages <= s->pages, NULL);
	spin_unlock_irqrestore(&s->lock, flags);
}

/**
 * zmem_cache_validate() - look whether all of a cache is as it should be
 * @cache: the cache
 *
 * Counts and lists of its slabs, and of a debug cache also the bytes of its
 * free objects and those around all objects.  The first that is not is
 * reported, as misuse is.  While it looks at a node's slabs, interrupts are off.
 *
 * Context: may sleep.
 * Return: how many errors were found.
 */
int zmem_cache_validate(struct zmem_cache *cache)
{
	struct zmem_common *c = zmem_common(cache);
	struct zmem_damage damage = {};
	int node;

	might_sleep();
	for_each_node(node)
		check_node(&c->node[node]->slabs, &damage);
	zmem_damage_tell(c, &damage);
	return damage.count;
}
EXPORT_SYMBOL(zmem_cache_validate);
