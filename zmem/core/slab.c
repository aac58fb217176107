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
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <compat/trace.h>

#include "internal.h"
#include "core/limit.h"
#include "core/nodes.h"
#include "core/pool.h"
#include "core/report.h"
#include "core/slab.h"

/**
 * struct zmem_slab - a run of pages cut into objects
 * @list: in one of the node's lists
 * @rcu: of a slab on its way to the pool, past readers
 * @cache: whose
 * @base: the first object; behind it at multiples of cache->size the others
 * @nr: objects
 * @free: of them
 * @touched: objects from here on were never in use
 * @order: of the run
 * @how: what the pool said of the run
 * @node: the run's
 * @map: a bit an object, set while it is free
 *
 * @list, @free, @touched and @map belong to the node's lock.
 */
struct zmem_slab {
	union {
		struct list_head list;
		struct rcu_head rcu;
	};
	struct zmem_common *cache;
	char *base;
	u16 nr;
	u16 free;
	u16 touched;
	u8 order;
	u8 how;
	u32 node;
	unsigned long map[];
};

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

static size_t slab_desc_bytes(unsigned int nr)
{
	return offsetof(struct zmem_slab, map) + BITS_TO_LONGS(nr) * sizeof(long);
}

static size_t slab_run_bytes(unsigned int order)
{
	return PAGE_SIZE << order;
}

/* Objects that a slab of @order holds. */
unsigned int zmem_slab_objects(const struct zmem_common *c, unsigned int order)
{
	return min_t(unsigned int, slab_run_bytes(order) / c->size,
		     ZMEM_SLAB_OBJECTS_MAX);
}

static size_t slab_waste(const struct zmem_common *c, unsigned int order)
{
	unsigned int nr = zmem_slab_objects(c, order);

	return slab_run_bytes(order) - (size_t)nr * c->size +
	       roundup_pow_of_two(slab_desc_bytes(nr));
}

/* Whether slabs of order @a waste a smaller share than those of order @b. */
static bool slab_wastes_less(const struct zmem_common *c, unsigned int a, unsigned int b)
{
	return slab_waste(c, a) << b < slab_waste(c, b) << a;
}

/* Whether slabs of this order hold a few objects and waste at most a sixteenth. */
static bool slab_is_fit(const struct zmem_common *c, unsigned int order)
{
	return zmem_slab_objects(c, order) >= 4 &&
	       slab_waste(c, order) * 16 <= slab_run_bytes(order);
}

/**
 * zmem_slab_geometry() - choose how a cache's slabs are cut
 * @c: the cache; its size and align are set
 *
 * A cache's first slabs are small, so that one with few objects holds few
 * pages; once a node has a good number of them, further ones are of the order
 * that wastes least, and need the fewest descriptors.
 *
 * Return: 0 or -EINVAL if an object fits in no run.
 */
int zmem_slab_geometry(struct zmem_common *c)
{
	unsigned int order;

	c->order_min = get_order(c->size);
	if (c->order_min > ZMEM_SLAB_ORDER_MAX)
		return -EINVAL;
	c->reciprocal = DIV_ROUND_UP_ULL(1ULL << 32, c->size);
	c->order_grown = c->order_min;
	for (order = c->order_min; order <= ZMEM_SLAB_ORDER_MAX; order++)
		if (slab_wastes_less(c, order, c->order_grown))
			c->order_grown = order;
	for (order = c->order_min; order < c->order_grown; order++)
		if (slab_is_fit(c, order))
			break;
	c->order = order;
	return 0;
}

/* Where a slab's first object is: slabs in turn start a cache line later. */
static size_t slab_colour(const struct zmem_common *c, unsigned int order,
			  unsigned int turn)
{
	size_t step = ALIGN(L1_CACHE_BYTES, c->align);
	size_t slack = slab_run_bytes(order) -
		       (size_t)zmem_slab_objects(c, order) * c->size;

	return turn % (slack / step + 1) * step;
}

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
static struct list_head *slab_home(struct zmem_slabs *s, const struct zmem_slab *slab)
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
	struct list_head *from = slab_home(s, slab), *to;
	int emptied;

	slab->free = nr;
	to = slab_home(s, slab);
	if (from == to)
		return;
	emptied = (to == &s->empty) - (from == &s->empty);
	s->nr_empty += emptied;
	s->pages_empty += emptied * (1L << slab->order);
	list_move(&slab->list, to);
}

/* Takes up to @nr free objects out of a slab; returns how many. */
static unsigned int slab_take(struct zmem_slabs *s, struct zmem_slab *slab,
			      void **objects, unsigned int nr)
{
	unsigned int size = slab->cache->size, got = 0, last = 0, word;

	nr = min_t(unsigned int, nr, slab->free);
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
	s->in_use += got;
	slab_set_free(s, slab, slab->free - got);
	return got;
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

static void *slab_run(const struct zmem_slab *slab)
{
	return (void *)((unsigned long)slab->base & ~(slab_run_bytes(slab->order) - 1));
}

/* All pages of a slab lead to it. */
static void slab_bind(struct zmem_slab *slab)
{
	struct page *page = virt_to_page(slab->base);
	unsigned int i;

	for (i = 0; i < 1u << slab->order; i++)
		zmem_page_bind(page + i, slab->cache->cache, slab, 0, slab->node);
}

static struct page *slab_unbind(struct zmem_slab *slab)
{
	struct page *page = virt_to_page(slab_run(slab));
	unsigned int i;

	for (i = 0; i < 1u << slab->order; i++)
		zmem_page_unbind(page + i);
	return page;
}

static void slab_construct(struct zmem_slab *slab)
{
	struct zmem_common *c = slab->cache;
	unsigned int i;

	if (!c->ctor)
		return;
	for (i = 0; i < slab->nr; i++)
		c->ctor(slab->base + (size_t)i * c->size);
}

static struct zmem_slab *slab_new_order(struct zmem_common *c, gfp_t gfp, int node,
					unsigned int order)
{
	unsigned int nr = zmem_slab_objects(c, order), how;
	struct zmem_slab *slab;
	struct page *page;

	slab = kmalloc(slab_desc_bytes(nr), gfp & ZMEM_GFP_RECORDS);
	if (!slab)
		return NULL;
	page = zmem_pool_alloc(gfp | c->gfp, node, order, &how);
	if (!page) {
		kfree(slab);
		return NULL;
	}
	slab->cache = c;
	slab->base = page_address(page);
	slab->nr = nr;
	slab->free = nr;
	slab->touched = 0;
	slab->order = order;
	slab->how = how;
	slab->node = page_to_nid(page);
	bitmap_zero(slab->map, round_up(nr, BITS_PER_LONG));
	bitmap_set(slab->map, 0, nr);
	slab_bind(slab);
	/*
	 * What objects point to would look leaked: kmemleak does not scan
	 * pages.  It may scan this block, but does not ask who points to it.
	 */
	kmemleak_alloc(slab_run(slab), slab_run_bytes(order), 0, gfp & ~__GFP_NOFAIL);
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
	struct zmem_slabs *s = &c->node[slab->node]->slabs;
	unsigned int colour, got;
	unsigned long flags;

	spin_lock_irqsave(&s->lock, flags);
	colour = s->colour++;
	spin_unlock_irqrestore(&s->lock, flags);

	slab->base += slab_colour(c, slab->order, colour);
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
	kmemleak_free(slab_run(slab));
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
	struct zmem_slabs *s = &slab->cache->node[slab->node]->slabs;
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

/*
 * The slab of an object and the object's index in it, or NULL and the kind of
 * misuse.  The tag is looked at before anything that the page leads to.
 */
static struct zmem_slab *slab_of(const struct zmem_common *c, const void *object,
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
	return slab;
}

/* Empty slabs that may stay. */
static unsigned long slabs_keep(const struct zmem_slabs *s, int node)
{
	return s->nr < ZMEM_GROWN_SLABS && !zmem_node_is_closed(node) ? ZMEM_EMPTY_KEEP : 0;
}

/*
 * Puts back the objects from @objects on, up to the first that is misuse or
 * another node's; returns how many, and the kind of misuse that it is if it is.
 */
static unsigned int slab_free_run(struct zmem_common *c, struct zmem_slab *slab,
				  unsigned int index, void **objects,
				  unsigned int nr, enum zmem_misuse *kind)
{
	struct zmem_slabs *s = &c->node[slab->node]->slabs;
	const u32 node = slab->node;
	unsigned int done = 0;
	unsigned long flags;
	LIST_HEAD(dead);

	spin_lock_irqsave(&s->lock, flags);
	s->trips++;
	while (slab && slab->node == node) {
		if (__test_and_set_bit(index, slab->map)) {
			*kind = ZMEM_DOUBLE_FREE;
			break;
		}
		s->in_use--;
		slab_set_free(s, slab, slab->free + 1);
		*kind = ZMEM_NO_MISUSE;
		if (++done == nr)
			break;
		slab = slab_of(c, objects[done], &index, kind);
		if (slab)
			*kind = ZMEM_NO_MISUSE;
	}
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

		slab = slab_of(c, *objects, &index, &kind);
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

	slab = slab_of(c, object, &index, &kind);
	if (slab) {
		struct zmem_slabs *s = &c->node[slab->node]->slabs;

		spin_lock_irqsave(&s->lock, flags);
		kind = test_bit(index, slab->map) ? ZMEM_DOUBLE_FREE : ZMEM_NO_MISUSE;
		spin_unlock_irqrestore(&s->lock, flags);
	}
	if (kind == ZMEM_NO_MISUSE)
		return true;
	zmem_report(c, kind, object);
	return false;
}

/* Leaves leaked objects where they are, but leads no page to them any more. */
static void slab_abandon(struct zmem_slab *slab)
{
	kmemleak_free(slab_run(slab));
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
