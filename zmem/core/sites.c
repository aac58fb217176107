// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Live objects of a debug cache, summed up by the stacks that allocated them. */
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <compat/stack.h>

#include "internal.h"
#include "core/debug.h"
#include "core/report.h"
#include "core/sites.h"
#include "core/slab_layout.h"

/* A site's place, found by its stack; the last takes what finds none. */
static struct zmem_site *site_of(struct zmem_site *sites, u32 stack)
{
	unsigned int i, slots = ZMEM_SITES_MAX - 1;

	for (i = 0; i < slots; i++) {
		struct zmem_site *site = &sites[(stack + i) % slots];

		if (!site->objects)
			site->stack = stack;
		if (site->stack == stack)
			return site;
	}
	return &sites[slots];
}

static void site_add(struct zmem_site *site, const void *object,
		     const struct zmem_record *record)
{
	u64 when = record->allocated.when;

	if (!site->objects || when < site->oldest)
		site->oldest = when;
	site->newest = max(site->newest, when);
	if (site->objects < ZMEM_SITE_OBJECTS)
		site->some[site->objects] = object;
	site->objects++;
	site->bytes += record->requested;
}

static void gather_slab(struct zmem_slab *slab, struct list_head *list, void *sites)
{
	unsigned int i;

	for (i = 0; i < slab->nr; i++) {
		const struct zmem_record *record = zmem_debug_record(slab, i);

		if (record->state == ZMEM_RECORD_LIVE)
			site_add(site_of(sites, record->allocated.stack),
				 zmem_slab_nth(slab, i), record);
	}
}

static int most_first(const void *a, const void *b)
{
	const struct zmem_site *x = a, *y = b;

	return x->objects < y->objects ? 1 : -(x->objects > y->objects);
}

/**
 * zmem_sites_gather() - sum a debug cache's live objects up by their stacks
 * @c: the cache; it must not go meanwhile
 * @sites: an array of ZMEM_SITES_MAX; filled, those with most objects first
 *
 * Context: may sleep.
 * Return: how many there are.
 */
unsigned int zmem_sites_gather(struct zmem_common *c, struct zmem_site *sites)
{
	unsigned int nr = 0;
	unsigned long flags;
	int node;

	memset(sites, 0, ZMEM_SITES_MAX * sizeof(*sites));
	for_each_node(node) {
		struct zmem_slabs *s = &c->node[node]->slabs;

		spin_lock_irqsave(&s->lock, flags);
		zmem_slabs_for_each(s, gather_slab, sites);
		spin_unlock_irqrestore(&s->lock, flags);
	}
	sort(sites, ZMEM_SITES_MAX, sizeof(*sites), most_first, NULL);
	while (nr < ZMEM_SITES_MAX && sites[nr].objects)
		nr++;
	return nr;
}

/* What callers call; whatever it calls in turn lies before it in a stack. */
static bool frame_is_ours(unsigned long entry)
{
	static const char * const ours[] = {
		"zmem_cache_alloc", "zmem_cache_prefill", "__zmem_alloc",
		"zmem_alloc", "zmem_realloc", "api_",
	};
	char name[64];
	unsigned int i;

	zmem_stack_frame(name, sizeof(name), entry);
	for (i = 0; i < ARRAY_SIZE(ours); i++)
		if (str_has_prefix(name, ours[i]))
			return true;
	return false;
}

/**
 * zmem_site_frames() - the frames of who called zmem
 * @stack: of a site
 * @entries: set to the first of them
 *
 * Return: how many there are.
 */
unsigned int zmem_site_frames(u32 stack, unsigned long **entries)
{
	unsigned int nr = zmem_stack_fetch(stack, entries), ours = 0, i;

	for (i = 0; i < nr; i++)
		if (frame_is_ours((*entries)[i]))
			ours = i + 1;
	/* A caller that has such a name himself is shown with all. */
	if (ours == nr)
		ours = 0;
	*entries += ours;
	return nr - ours;
}

static void leak_print(const struct zmem_common *c, const struct zmem_site *site)
{
	char some[ZMEM_SITE_OBJECTS * 24] = "";
	unsigned int i, n = 0;

	for (i = 0; i < ZMEM_SITE_OBJECTS && site->some[i]; i++)
		n += scnprintf(some + n, sizeof(some) - n, " %p", site->some[i]);
	pr_err("zmem: cache %s: %lu objects of %llu bytes were not freed:%s%s\n", c->name,
	       site->objects, site->bytes, some, site->objects > i ? " ..." : "");
	if (site->oldest)
		pr_err("zmem: allocated %llu ms ago at\n",
		       (ktime_get_mono_fast_ns() - site->oldest) / NSEC_PER_MSEC);
	zmem_stack_print(site->stack);
}

/**
 * zmem_sites_leaked() - tell who allocated what a cache still has
 * @c: the cache, about to be unmade
 *
 * Context: may sleep.
 */
void zmem_sites_leaked(struct zmem_common *c)
{
	struct zmem_site *sites;
	unsigned int i, nr;

	if (!c->debug || !(c->debug_flags & ZMEM_DEBUG_LEAKS) || zmem_reports_muted)
		return;
	if (!atomic_long_read(&c->debug->requested))
		return;
	sites = kvcalloc(ZMEM_SITES_MAX, sizeof(*sites), GFP_KERNEL);
	if (!sites)
		return;
	nr = zmem_sites_gather(c, sites);
	for (i = 0; i < nr; i++)
		leak_print(c, &sites[i]);
	kvfree(sites);
}
