// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Slabs: objects of one cache inside a run of pages.
 *
 * A slab's descriptor lives apart from its objects and holds a bit an object,
 * set while the object is free.  That bitmap is the free list: a batch is
 * taken a word at a time, lowest address first, and a freed object is never
 * read or written, so that nothing written to it can lead zmem astray.  The
 * same bit tells a double free when the object gets here.  (A stack of
 * indices beside the bits would cost sixteen times their memory to remember
 * an order that the magazines above keep anyway.)
 *
 * Lowest address first also means that the objects below the highest one ever
 * taken, slab->touched, are exactly those that were in use before.
 *
 * Which fields of struct page are used stands in compat/page.h.
 */
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <compat/trace.h>

#include "internal.h"
#include "core/debug.h"
#include "core/limit.h"
#include "core/nodes.h"
#include "core/pool.h"
#include "core/report.h"
#include "core/slab.h"
#include "core/slab_layout.h"

/*
 * Empty slabs that a node keeps: one, so that an object that comes and goes
 * at a slab's edge does not take the slab with it each time.  None once the
 * cache has grown: its magazines and depot are enough then.
 */
#define ZMEM_EMPTY_KEEP	1u

/*
 * From this many slabs on a node, a cache's slabs are of its grown order: what
 * one of them may leave unused is then a small share of what there is.
 */
#define ZMEM_GROWN_SLABS	16u

void zmem_slabs_init(struct zmem_slabs *s)
{
	unsigned int i;

	spin_lock_init(&s->lock);
	for (i = 0; i < ZMEM_FULLNESS; i++)
		INIT_LIST_HEAD(&s->partial[i]);
	INIT_LIST_HEAD(&s->full);
	INIT_LIST_HEAD(&s->empty);
}

/* The list where a slab belongs; fullest slabs are used first. */
struct list_head *zmem_slab_home(struct zmem_slabs *s, const struct zmem_slab *slab)
{
	if (!slab->free)
		return &s->full;
	if (slab->free == slab->nr)
		return &s->empty;
	return &s->partial[slab->free * ZMEM_FULLNESS / slab->nr];
}

/* Sets how many objects are free, and moves the slab where it belongs now. */
static void slab_set_free(struct zmem_slabs *s, struct zmem_slab *slab,
			  unsigned int nr)
{
	struct list_head *from = zmem_slab_home(s, slab), *to;
	int emptied;

	slab->free = nr;
	to = zmem_slab_home(s, slab);
	if (from == to)
		return;
	emptied = (to == &s->empty) - (from == &s->empty);
	s->nr_empty += emptied;
	s->pages_empty += emptied * (1L << slab->order);
	list_move(&slab->list, to);
}

/* Takes @nr free objects, the lowest addresses first. */
static void slab_take_lowest(struct zmem_slabs *s, struct zmem_slab *slab,
			     void **objects, unsigned int nr)
{
	unsigned int size = slab->cache->size, got = 0, last = 0, word;

	for (word = 0; got < nr; word++) {
		unsigned long map = slab->map[word];

		while (map && got < nr) {
			last = word * BITS_PER_LONG + __ffs(map);
			map &= map - 1;
			objects[got++] = slab->base + (size_t)last * size;
		}
		slab->map[word] = map;
	}
	if (last >= slab->touched) {
		/* Those beyond the mark were all free, and all taken. */
		s->fresh += last + 1 - slab->touched;
		slab->touched = last + 1;
	}
}

/* A number below @nr; the kernel's own of that kind is younger than 6.1. */
static unsigned int random_below(unsigned int nr)
{
	return (u64)get_random_u32() * nr >> 32;
}

/* Takes @nr free objects, wherever chance leads; there are as many. */
static void slab_take_random(struct zmem_slabs *s, struct zmem_slab *slab,
			     void **objects, unsigned int nr)
{
	unsigned int got;

	for (got = 0; got < nr; got++) {
		unsigned int i = find_next_bit(slab->map, slab->nr, random_below(slab->nr));

		if (i >= slab->nr)
			i = find_first_bit(slab->map, slab->nr);
		__clear_bit(i, slab->map);
		s->fresh += !__test_and_set_bit(i, zmem_slab_used(slab));
		objects[got] = zmem_slab_nth(slab, i);
	}
}

/* Takes up to @nr free objects out of a slab; returns how many. */
static unsigned int slab_take(struct zmem_slabs *s, struct zmem_slab *slab,
			      void **objects, unsigned int nr)
{
	nr = min_t(unsigned int, nr, slab->free);
	if (unlikely(zmem_slab_is_random(slab->cache)))
		slab_take_random(s, slab, objects, nr);
	else
		slab_take_lowest(s, slab, objects, nr);
	s->in_use += nr;
	slab_set_free(s, slab, slab->free - nr);
	return nr;
}

static struct zmem_slab *slabs_fullest(struct zmem_slabs *s)
{
	unsigned int i;

	for (i = 0; i < ZMEM_FULLNESS; i++)
		if (!list_empty(&s->partial[i]))
			return list_first_entry(&s->partial[i], struct zmem_slab, list);
	return list_first_entry_or_null(&s->empty, struct zmem_slab, list);
}

static unsigned int slabs_take(struct zmem_common *c, struct zmem_slabs *s,
			       void **objects, unsigned int nr)
{
	unsigned int got = 0, may = zmem_limit_claim(c, nr);
	struct zmem_slab *slab;

	while (got < may && (slab = slabs_fullest(s)))
		got += slab_take(s, slab, objects + got, may - got);
	zmem_limit_give(c, may - got);
	return got;
}

/* All pages of a slab lead to it. */
static void slab_bind(struct zmem_slab *slab)
{
	struct page *page = virt_to_page(zmem_slab_run(slab));
	unsigned int i;

	for (i = 0; i < 1u << slab->order; i++)
		zmem_page_bind(page + i, slab->cache->cache, slab, 0, slab->node);
}

static struct page *slab_unbind(struct zmem_slab *slab)
{
	struct page *page = virt_to_page(zmem_slab_run(slab));
	unsigned int i;

	for (i = 0; i < 1u << slab->order; i++)
		zmem_page_unbind(page + i);
	return page;
}

static void slab_construct(struct zmem_slab *slab)
{
	struct zmem_common *c = slab->cache;
	unsigned int i;

	if (unlikely(c->debug))
		zmem_debug_slab_init(slab);
	if (!c->ctor)
		return;
	for (i = 0; i < slab->nr; i++)
		c->ctor(zmem_slab_nth(slab, i));
}

static struct zmem_slab *slab_new_order(struct zmem_common *c, gfp_t gfp, int node,
					unsigned int order)
{
	unsigned int nr = zmem_slab_objects(c, order), how;
	struct zmem_slab *slab;
	struct page *page;

	slab = kmalloc(zmem_slab_desc_bytes(c, nr), gfp & ZMEM_GFP_RECORDS);
	if (!slab)
		return NULL;
	page = zmem_pool_alloc(gfp | c->gfp, node, order, &how);
	if (!page) {
		kfree(slab);
		return NULL;
	}
	slab->cache = c;
	slab->base = page_address(page) + c->head;
	slab->nr = nr;
	slab->free = nr;
	slab->touched = 0;
	slab->order = order;
	slab->how = how;
	slab->node = page_to_nid(page);
	memset(slab->map, 0, zmem_slab_desc_bytes(c, nr) - offsetof(struct zmem_slab, map));
	bitmap_set(slab->map, 0, nr);
	slab_bind(slab);
	/*
	 * What objects point to would look leaked: kmemleak does not scan
	 * pages.  It may scan this block, but does not ask who points to it.
	 * Of a debug cache it is told of each object instead.
	 */
	if (!c->debug)
		kmemleak_alloc(zmem_slab_run(slab), zmem_slab_run_bytes(order), 0,
			       gfp & ~__GFP_NOFAIL);
	trace_zmem_slab_create(c->name, slab->node, order, nr);
	return slab;
}

/*
 * A new slab, on no list yet.  The cache's order is a wish; where memory is
 * short or cut up, the smallest run that holds an object will do.
 */
static struct zmem_slab *slab_new(struct zmem_common *c, gfp_t gfp, int node)
{
	bool grown = READ_ONCE(c->node[node]->slabs.nr) >= ZMEM_GROWN_SLABS;
	unsigned int order = grown ? c->order_grown : c->order;
	gfp_t wish = gfp;
	struct zmem_slab *slab;

	if (order > c->order_min)
		wish = (gfp & ~__GFP_NOFAIL) | __GFP_NOWARN | __GFP_NORETRY;
	slab = slab_new_order(c, wish, node, order);
	if (!slab && order > c->order_min)
		slab = slab_new_order(c, gfp, node, c->order_min);
	return slab;
}

/* Puts a new slab among the others and takes objects from it. */
static unsigned int slabs_add(struct zmem_slab *slab, void **objects, unsigned int nr)
{
	struct zmem_common *c = slab->cache;
	struct zmem_slabs *s = zmem_slab_node(slab);
	unsigned int colour, got;
	unsigned long flags;

	spin_lock_irqsave(&s->lock, flags);
	colour = s->colour++;
	spin_unlock_irqrestore(&s->lock, flags);

	slab->base += zmem_slab_colour(c, slab->order, colour);
	slab_construct(slab);

	spin_lock_irqsave(&s->lock, flags);
	list_add(&slab->list, &s->empty);
	s->nr++;
	s->nr_empty++;
	s->pages += 1UL << slab->order;
	s->pages_empty += 1UL << slab->order;
	s->desc_bytes += ksize(slab);
	s->trips++;
	got = slabs_take(c, s, objects, nr);
	spin_unlock_irqrestore(&s->lock, flags);
	return got;
}

/**
 * zmem_slab_alloc() - take a batch of objects out of a node's slabs
 * @c: the cache
 * @gfp: for a new slab, should there be no free object: ZMEM_GFP_PAGES
 * @node: preferred, or required with __GFP_THISNODE
 * @objects: where to put them
 * @nr: at most this many
 *
 * Free objects that there are make a batch, however few: a new slab is made
 * only if there are none.
 *
 * Context: as @gfp says.
 * Return: how many; 0 if memory is short or the cache's limit is reached.
 */
unsigned int zmem_slab_alloc(struct zmem_common *c, gfp_t gfp, int node,
			     void **objects, unsigned int nr)
{
	struct zmem_slabs *s;
	struct zmem_slab *slab;
	unsigned long flags;
	unsigned int got;

	if (zmem_node_is_closed(node)) {
		if (gfp & __GFP_THISNODE)
			return 0;
		node = zmem_node_nearest_open(node);
	}
	s = &c->node[node]->slabs;
	spin_lock_irqsave(&s->lock, flags);
	got = slabs_take(c, s, objects, nr);
	s->trips += !!got;
	spin_unlock_irqrestore(&s->lock, flags);
	if (got || zmem_limit_full(c))
		return got;
	slab = slab_new(c, gfp, node);
	return slab ? slabs_add(slab, objects, nr) : 0;
}

/* Gives a slab back that is on no list any more. */
static void slab_destroy(struct zmem_slab *slab)
{
	trace_zmem_slab_free(slab->cache->name, slab->node, slab->order, slab->nr);
	if (slab->cache->debug)
		zmem_debug_slab_check(slab);
	else
		kmemleak_free(zmem_slab_run(slab));
	zmem_pool_free(slab_unbind(slab), slab->order, slab->how);
	kfree(slab);
}

static bool slab_is_typesafe(const struct zmem_slab *slab)
{
	return slab->cache->flags & ZMEM_TYPESAFE_BY_RCU;
}

/* The node no longer holds a slab's memory; the lock is held. */
static void slabs_forget(struct zmem_slabs *s, const struct zmem_slab *slab)
{
	s->pages -= 1UL << slab->order;
	s->desc_bytes -= ksize(slab);
}

/* Nobody reads a type-safe slab's objects any more. */
static void slab_destroy_rcu(struct rcu_head *head)
{
	struct zmem_slab *slab = container_of(head, struct zmem_slab, rcu);
	struct zmem_slabs *s = zmem_slab_node(slab);
	unsigned long flags;

	spin_lock_irqsave(&s->lock, flags);
	slabs_forget(s, slab);
	spin_unlock_irqrestore(&s->lock, flags);
	slab_destroy(slab);
}

static void slabs_destroy(struct list_head *dead)
{
	struct zmem_slab *slab, *next;

	list_for_each_entry_safe(slab, next, dead, list)
		if (slab_is_typesafe(slab))
			call_rcu(&slab->rcu, slab_destroy_rcu);
		else
			slab_destroy(slab);
}

/* Takes a slab off the node's books; the lock is held. */
static void slabs_remove(struct zmem_slabs *s, struct zmem_slab *slab,
			 struct list_head *dead)
{
	s->nr--;
	s->nr_empty--;
	s->pages_empty -= 1UL << slab->order;
	if (!slab_is_typesafe(slab))
		slabs_forget(s, slab);
	list_move(&slab->list, dead);
}

static unsigned long slabs_remove_empty(struct zmem_slabs *s, unsigned long keep,
					struct list_head *dead)
{
	unsigned long pages = 0;

	while (s->nr_empty > keep) {
		struct zmem_slab *slab;

		slab = list_last_entry(&s->empty, struct zmem_slab, list);
		pages += 1UL << slab->order;
		slabs_remove(s, slab, dead);
	}
	return pages;
}

/**
 * zmem_slabs_trim() - give empty slabs back
 * @c: the cache
 * @s: a node's slabs
 * @keep: this many
 *
 * Context: any but NMI.
 * Return: pages given back, those of type-safe slabs once readers are done.
 */
unsigned long zmem_slabs_trim(struct zmem_common *c, struct zmem_slabs *s,
			      unsigned long keep)
{
	unsigned long flags, pages;
	LIST_HEAD(dead);

	spin_lock_irqsave(&s->lock, flags);
	pages = slabs_remove_empty(s, keep, &dead);
	spin_unlock_irqrestore(&s->lock, flags);
	slabs_destroy(&dead);
	return pages;
}

/**
 * zmem_slab_of() - the slab of an object
 * @c: the cache
 * @object: any pointer; the page's tag is looked at before anything that the
 *	page leads to
 * @index: set to the object's, in the slab
 * @kind: set to the kind of misuse if there is no such object, else to
 *	ZMEM_NO_MISUSE
 *
 * Return: the slab or NULL.
 */
struct zmem_slab *zmem_slab_of(const struct zmem_common *c, const void *object,
			       unsigned int *index, enum zmem_misuse *kind)
{
	struct page *page = zmem_virt_to_page(object);
	struct zmem_slab *slab;
	size_t offset;

	*kind = ZMEM_FOREIGN_POINTER;
	if (!page || !zmem_page_tagged(page))
		return NULL;
	*kind = ZMEM_WRONG_CACHE;
	slab = zmem_page_slab(page);
	if (zmem_page_cache(page) != c->cache || !slab)
		return NULL;
	*kind = ZMEM_INTERIOR_POINTER;
	offset = (const char *)object - slab->base;
	*index = ((u64)(u32)offset * c->reciprocal) >> 32;
	if (*index >= slab->nr || (size_t)*index * c->size != offset)
		return NULL;
	*kind = ZMEM_NO_MISUSE;
	return slab;
}

/* Accounts for objects of a slab whose bits were set. */
static void slab_put(struct zmem_slabs *s, struct zmem_slab *slab, unsigned int nr)
{
	s->in_use -= nr;
	slab_set_free(s, slab, slab->free + nr);
}

/* Empty slabs that may stay. */
static unsigned long slabs_keep(const struct zmem_slabs *s, int node)
{
	return s->nr < ZMEM_GROWN_SLABS && !zmem_node_is_closed(node) ? ZMEM_EMPTY_KEEP : 0;
}

/*
 * Puts back the objects from @objects on, the first of which is found, up to
 * the first that is misuse or another node's; returns how many, and the kind of
 * misuse that it is if it is: it is so, or at least one was put back.
 */
static unsigned int slab_free_run(struct zmem_common *c, struct zmem_slab *slab,
				  unsigned int index, void **objects,
				  unsigned int nr, enum zmem_misuse *kind)
{
	struct zmem_slabs *s = zmem_slab_node(slab);
	struct zmem_slab *last = slab;
	const u32 node = slab->node;
	unsigned int done = 0, put = 0;
	unsigned long flags;
	LIST_HEAD(dead);

	spin_lock_irqsave(&s->lock, flags);
	s->trips++;
	while (slab && slab->node == node) {
		/* What was in use together lies together: lists once a slab. */
		if (slab != last) {
			slab_put(s, last, put);
			last = slab;
			put = 0;
		}
		if (__test_and_set_bit(index, slab->map)) {
			*kind = ZMEM_DOUBLE_FREE;
			break;
		}
		put++;
		if (++done == nr)
			break;
		slab = zmem_slab_of(c, objects[done], &index, kind);
	}
	slab_put(s, last, put);
	zmem_limit_give(c, done);
	slabs_remove_empty(s, slabs_keep(s, node), &dead);
	spin_unlock_irqrestore(&s->lock, flags);
	slabs_destroy(&dead);
	return done;
}

/**
 * zmem_slab_free() - put a batch of objects back into their slabs
 * @c: the cache
 * @objects: the batch
 * @nr: of them
 *
 * One lock for each stretch of objects of one node.  An object that is not in
 * use, or not @c's, is reported and left alone.
 *
 * Context: any but NMI.
 */
void zmem_slab_free(struct zmem_common *c, void **objects, unsigned int nr)
{
	enum zmem_misuse kind;
	struct zmem_slab *slab;
	unsigned int index;

	while (nr) {
		unsigned int done = 0;

		slab = zmem_slab_of(c, *objects, &index, &kind);
		if (slab)
			done = slab_free_run(c, slab, index, objects, nr, &kind);
		objects += done;
		nr -= done;
		if (nr && kind != ZMEM_NO_MISUSE) {
			zmem_report(c, kind, *objects);
			objects++;
			nr--;
		}
	}
}

/**
 * zmem_slab_object() - the object that an address is in
 * @p: an address within an object of a slab
 *
 * Context: any.
 * Return: where the object starts.
 */
void *zmem_slab_object(const void *p)
{
	const struct zmem_slab *slab = zmem_page_slab(zmem_virt_to_page(p));
	size_t offset = (const char *)p - slab->base;
	unsigned int index = ((u64)(u32)offset * slab->cache->reciprocal) >> 32;

	return slab->base + (size_t)index * slab->cache->size;
}

/**
 * zmem_slab_in_use() - whether an object is out of its slab, as one that is freed is
 * @c: the cache
 * @object: the object
 *
 * Misuse if not, which is reported.
 *
 * Context: any but NMI.
 * Return: whether it is.
 */
bool zmem_slab_in_use(struct zmem_common *c, const void *object)
{
	enum zmem_misuse kind;
	struct zmem_slab *slab;
	unsigned long flags;
	unsigned int index;

	slab = zmem_slab_of(c, object, &index, &kind);
	if (slab) {
		struct zmem_slabs *s = zmem_slab_node(slab);

		spin_lock_irqsave(&s->lock, flags);
		kind = test_bit(index, slab->map) ? ZMEM_DOUBLE_FREE : ZMEM_NO_MISUSE;
		spin_unlock_irqrestore(&s->lock, flags);
	}
	if (kind == ZMEM_NO_MISUSE)
		return true;
	zmem_report(c, kind, object);
	return false;
}

/**
 * zmem_slabs_for_each() - look at each of a node's slabs
 * @s: the node's; the lock is held
 * @fn: called with a slab, the list that it is on, and @arg; changes neither
 * @arg: for @fn
 */
void zmem_slabs_for_each(struct zmem_slabs *s,
			 void (*fn)(struct zmem_slab *slab, struct list_head *list, void *arg),
			 void *arg)
{
	struct list_head *lists[ZMEM_FULLNESS + 2] = { &s->full, &s->empty };
	struct zmem_slab *slab;
	unsigned int i;

	for (i = 0; i < ZMEM_FULLNESS; i++)
		lists[i + 2] = &s->partial[i];
	for (i = 0; i < ARRAY_SIZE(lists); i++)
		list_for_each_entry(slab, lists[i], list)
			fn(slab, lists[i], arg);
}

/* Leaves leaked objects where they are, but leads no page to them any more. */
static void slab_abandon(struct zmem_slab *slab)
{
	if (!slab->cache->debug)
		kmemleak_free(zmem_slab_run(slab));
	slab_unbind(slab);
	zmem_pools_leak(1UL << slab->order);
	kfree(slab);
}

/**
 * zmem_slabs_exit() - unmake a node's slabs when their cache is destroyed
 * @c: the cache; nobody uses it any more
 * @s: the node's slabs
 *
 * Return: objects that were still in use; their pages stay allocated.
 */
unsigned long zmem_slabs_exit(struct zmem_common *c, struct zmem_slabs *s)
{
	struct zmem_slab *slab, *next;
	unsigned long leaked = 0;
	unsigned int i;

	zmem_slabs_trim(c, s, 0);
	for (i = 0; i < ZMEM_FULLNESS; i++)
		list_splice_init(&s->partial[i], &s->full);
	list_for_each_entry_safe(slab, next, &s->full, list) {
		leaked += slab->nr - slab->free;
		slab_abandon(slab);
	}
	return leaked;
}
