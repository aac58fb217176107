// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Magazines: the slow path.
 *
 * It begins with busy clear and preemption on.  What it wants from a depot or
 * a slab it fetches with the CPU left alone, holding a magazine that it took
 * out or is about to put in; between the two the task may sleep or move to
 * another CPU, and others may use the one that it left.  A magazine finds a
 * place on whatever CPU the task is on then, or in the depot.
 *
 * A magazine holds the objects of one node.  While a CPU's own node has no
 * memory it works with another's, loaded like any: zc->node is the node of
 * the loaded magazine, and objects of other nodes are not pushed onto it.
 */
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <compat/trace.h>

#include "internal.h"
#include "core/debug.h"
#include "core/depot.h"
#include "core/hold.h"
#include "core/latency.h"
#include "core/magazine.h"
#include "core/nodes.h"
#include "core/report.h"
#include "core/share.h"
#include "core/slab.h"

/* In pointers: a magazine of 4 less than 16, 32, … fills 128, 256, … bytes. */
#define ZMEM_MAGAZINE_HEADER	4u

unsigned int zmem_magazine_first = 16 - ZMEM_MAGAZINE_HEADER;

/* Finds @mag a place: loaded, with the loaded one behind it, or the depot. */
static void magazine_install(struct zmem_common *c, struct zmem_magazine *mag)
{
	struct zmem_cpu *zc = share_enter(c->cache);
	bool placed = false;

	if (zc) {
		if (!zc->prev && !zmem_magazines_off(c)) {
			zc->prev = cpu_unload(zc);
			cpu_load(zc, mag);
			placed = true;
		}
		share_exit(zc);
	}
	if (!placed)
		zmem_depot_put(c, mag);
}

/*
 * A batch of a node's objects from the slabs.  Where there are several nodes
 * the wished one is asked first, without effort; only then may the page
 * allocator reclaim, or look elsewhere, unless the cache is one node's.  All
 * objects of a batch are of one node.
 */
static unsigned int slab_batch(struct zmem_common *c, gfp_t gfp, int node,
			       void **objects, unsigned int nr)
{
	unsigned int got = 0;

	if (unlikely(c->node_policy == ZMEM_NODE_STRICT) && !zmem_node_strict(c, &gfp, &node))
		return 0;
	if (static_branch_unlikely(&zmem_numa_key) && !(gfp & __GFP_THISNODE))
		got = zmem_slab_alloc(c, (gfp & ~(__GFP_DIRECT_RECLAIM |
						  __GFP_NOFAIL)) |
					 __GFP_THISNODE | __GFP_NOWARN,
				      node, objects, nr);
	return got ? got : zmem_slab_alloc(c, gfp, node, objects, nr);
}

/* One object straight from the slabs. */
static void *slab_one(struct zmem_common *c, gfp_t gfp, int node)
{
	void *object;

	if (!slab_batch(c, gfp, node, &object, 1))
		return NULL;
	zmem_count(c, slow_allocs, 1);
	return object;
}

/*
 * How large a magazine this CPU is to have: its first is small, and each that
 * it has to make is twice as large, up to what the cache allows.  A cache that
 * is used little holds little, and one that is used much is soon at its full
 * speed.
 */
static unsigned int magazine_size(struct zmem_common *c)
{
	unsigned int made = raw_cpu_read(zmem_area(c)->slow.made);

	return min_t(unsigned int, READ_ONCE(c->magazine_size),
		     ((zmem_magazine_first + ZMEM_MAGAZINE_HEADER) << min(made, 6u)) -
		     ZMEM_MAGAZINE_HEADER);
}

static struct zmem_magazine *magazine_make(struct zmem_common *c, gfp_t gfp, int node)
{
	unsigned int size = magazine_size(c);

	zmem_count(c, made, 1);
	return zmem_magazine_new(c, gfp, node, size);
}

/* An empty magazine to refill: @mag (or NULL), unless it is too small by now. */
static struct zmem_magazine *magazine_for_refill(struct zmem_common *c, gfp_t gfp,
						 int node, struct zmem_magazine *mag)
{
	struct zmem_magazine *new;

	if (mag && mag->size >= magazine_size(c))
		return mag;
	new = magazine_make(c, gfp, node);
	if (!new)
		return mag;
	if (mag)
		zmem_magazine_delete(c, mag);
	return new;
}

/* A magazine with objects for a CPU of @node; @mag is an empty one or NULL. */
static struct zmem_magazine *magazine_refill(struct zmem_common *c, gfp_t gfp, int node,
					     struct zmem_magazine *mag)
{
	struct zmem_magazine *full = zmem_depot_get_full(c, node, mag);

	if (full)
		return full;
	mag = magazine_for_refill(c, gfp, node, mag);
	if (!mag)
		return NULL;
	mag->count = slab_batch(c, gfp, node, mag->objects, mag->size);
	if (!mag->count) {
		zmem_depot_put(c, mag);
		return NULL;
	}
	mag->node = zmem_page_home(virt_to_page(mag->objects[0]));
	return mag;
}

/*
 * Takes an object that the CPU has after all: in the loaded magazine, if an
 * interrupt or another task filled it meanwhile, or in the previous one.
 */
static void *cpu_pop(struct zmem_cpu *zc)
{
	if (zc->top == zc->low) {
		if (!zc->prev || !zc->prev->count)
			return NULL;
		cpu_swap(zc);
		zmem_cpu_count(&zmem_slow(zc)->swap_allocs, 1);
		/* Counted there, it is none of the loaded magazine's. */
		zmem_slow(zc)->start--;
	} else {
		zmem_cpu_count(&zc->allocs, 1);
	}
	zmem_cpu_set_top(zc, zc->top - 1);
	return *zc->top;
}

static void *alloc_home(struct zmem_common *c, gfp_t gfp)
{
	struct zmem_cpu *zc = share_enter(c->cache);
	struct zmem_magazine *mag;
	void *object;
	bool burst;
	u64 start;
	int home;

	if (!zc) {
		zmem_count(c, busy_hits, 1);
		return slab_one(c, gfp, zmem_node_by_policy(c, numa_mem_id()));
	}
	start = unlikely(zmem_slow(zc)->closed) ? zmem_sample_begin(zc) : 0;
	home = READ_ONCE(zmem_slow(zc)->home);
	burst = zc->loaded;
	object = cpu_pop(zc);
	mag = NULL;
	if (!object) {
		mag = zc->prev;
		zc->prev = NULL;
	}
	share_exit(zc);
	if (!object) {
		home = zmem_node_by_policy(c, home);
		mag = magazine_refill(c, gfp, home, mag);
		if (mag) {
			trace_zmem_refill(c->name, mag->node, mag->count);
			/* Who used up a magazine will use up this one, too. */
			if (burst)
				zmem_fetch_objects(mag->objects, mag->count);
			object = mag->objects[--mag->count];
			zmem_count(c, slow_allocs, 1);
			magazine_install(c, mag);
		} else {
			object = slab_one(c, gfp, home);
		}
	}
	if (unlikely(start))
		zmem_sample_end(c, start);
	return object;
}

/* Objects of another node on their way home serve a call that asks for such. */
static void *remote_pop(struct zmem_cpu *zc, int node)
{
	struct zmem_magazine *mag = zmem_slow(zc)->remote[node];

	if (!mag || !mag->count)
		return NULL;
	zmem_cpu_count(&zmem_slow(zc)->swap_allocs, 1);
	return mag->objects[--mag->count];
}

/**
 * zmem_magazine_alloc() - allocate when the fast path could not
 * @c: the cache
 * @gfp: ZMEM_GFP_PAGES
 * @node: preferred (required with __GFP_THISNODE), or NUMA_NO_NODE
 *
 * Context: as @gfp says.
 * Return: the object, or NULL.
 */
void *zmem_magazine_alloc(struct zmem_common *c, gfp_t gfp, int node)
{
	struct zmem_cpu *zc;
	void *object = NULL;

	zmem_cpu_poll();
	if (zmem_magazines_off(c))
		return slab_one(c, gfp, node == NUMA_NO_NODE ?
					zmem_node_by_policy(c, numa_mem_id()) : node);
	if (node == NUMA_NO_NODE)
		return alloc_home(c, gfp);
	zc = zmem_cpu_enter(zmem_shares(c->cache));
	if (zc) {
		object = node == READ_ONCE(zmem_slow(zc)->home) ? NULL : remote_pop(zc, node);
		zmem_cpu_exit(zc);
	}
	return object ? object : slab_one(c, gfp, node);
}

/* Puts an object into a magazine that the CPU has after all. */
static bool cpu_push(struct zmem_cpu *zc, void *object, u32 node)
{
	if (zc->top == zc->high || zc->node != node) {
		if (!zc->prev || zc->prev->node != node || !magazine_room(zc->prev))
			return false;
		cpu_swap(zc);
		zmem_cpu_count(&zmem_slow(zc)->swap_frees, 1);
		zmem_slow(zc)->start++;
	}
	*zc->top = object;
	zmem_cpu_set_top(zc, zc->top + 1);
	return true;
}

/* Whether the object is the one that was freed last on this CPU. */
static bool cpu_repeats(const struct zmem_cpu *zc, const void *object)
{
	return zc->high && zc->top[-1] == object;
}

/*
 * An object of another node: into the magazine that goes there, and the
 * magazine to its depot once it is full.  Returns whether @object is stowed.
 */
static bool remote_push(struct zmem_cpu *zc, void *object, u32 node,
			struct zmem_magazine **full)
{
	struct zmem_magazine **remote = &zmem_slow(zc)->remote[node];

	trace_zmem_remote_free(object, zmem_slow(zc)->common->name,
			       READ_ONCE(zmem_slow(zc)->home), node);
	zmem_cpu_count(&zmem_slow(zc)->remote_frees, 1);
	if (*remote && !magazine_room(*remote)) {
		*full = *remote;
		*remote = NULL;
	}
	if (!*remote)
		return false;
	(*remote)->objects[(*remote)->count++] = object;
	/* As an interrupt counts, which finds this CPU's share busy. */
	zmem_count(zmem_slow(zc)->common, slow_frees, 1);
	return true;
}

/* Starts a magazine for another node's objects with @object. */
static void remote_start(struct zmem_common *c, struct zmem_magazine *mag, void *object)
{
	struct zmem_magazine **remote;
	struct zmem_cpu *zc;

	mag->objects[0] = object;
	mag->count = 1;
	zc = zmem_cpu_enter(zmem_shares(c->cache));
	if (zc) {
		remote = &zmem_slow(zc)->remote[mag->node];
		if (!*remote) {
			*remote = mag;
			mag = NULL;
		}
		zmem_cpu_exit(zc);
	}
	if (mag)
		zmem_depot_put(c, mag);
}

static void slab_free_one(struct zmem_common *c, void *object)
{
	zmem_count(c, slow_frees, 1);
	zmem_hold_free(c, object);
}

/* An empty magazine for @node's objects, @full given for it. */
static struct zmem_magazine *magazine_exchange(struct zmem_common *c, u32 node,
					       struct zmem_magazine *full)
{
	struct zmem_magazine *mag;

	if (full && full->node != node) {
		zmem_depot_put(c, full);
		full = NULL;
	}
	mag = zmem_depot_get_empty(c, node, full);
	if (!mag)
		mag = magazine_make(c, GFP_NOWAIT | __GFP_NOMEMALLOC, node);
	if (mag)
		mag->node = node;
	return mag;
}

enum zmem_push { PUSH_DONE, PUSH_REPEAT, PUSH_REMOTE, PUSH_FIRST, PUSH_FULL, PUSH_SLAB };

/*
 * A CPU that has had no magazine yet frees another's object, whose neighbours
 * in its cache line are in use elsewhere: handed out again here, both CPUs
 * would write to one line.  The first such goes to its slab; who frees on
 * takes others' objects for good.
 */
static bool cpu_is_new(struct zmem_cpu *zc)
{
	return !zc->loaded && !zmem_slow(zc)->made++;
}

/* What to do with a freed object, as the CPU stands; @full is to be given away. */
static enum zmem_push cpu_free(struct zmem_cpu *zc, void *object, u32 node,
			       struct zmem_magazine **full)
{
	if (cpu_repeats(zc, object))
		return PUSH_REPEAT;
	/* Objects of a node that is closed are not to rest anywhere. */
	if (zmem_node_is_closed(node))
		return PUSH_SLAB;
	if (cpu_push(zc, object, node))
		return PUSH_DONE;
	if (static_branch_unlikely(&zmem_numa_key) && node != READ_ONCE(zmem_slow(zc)->home))
		return remote_push(zc, object, node, full) ? PUSH_DONE : PUSH_REMOTE;
	if (cpu_is_new(zc))
		return PUSH_SLAB;
	if (!zc->loaded && !zc->prev)
		return PUSH_FIRST;
	*full = zc->prev;
	zc->prev = NULL;
	return PUSH_FULL;
}

/*
 * Whether the object's page says that it is this cache's.  What else is wrong
 * with an object shows when it reaches its slab.
 */
static bool free_is_sane(struct zmem_common *c, void *object, u32 *node)
{
	const struct page *page = zmem_virt_to_page(object);

	if (!page || !zmem_page_tagged(page)) {
		zmem_report(c, ZMEM_FOREIGN_POINTER, object);
		return false;
	}
	if (zmem_page_cache(page) != c->cache) {
		zmem_report(c, ZMEM_WRONG_CACHE, object);
		return false;
	}
	*node = zmem_page_home(page);
	return true;
}

/**
 * zmem_magazine_free() - free when the fast path could not
 * @c: the cache
 * @object: one of its objects
 *
 * Context: any but NMI.
 */
void zmem_magazine_free(struct zmem_common *c, void *object)
{
	struct zmem_magazine *full = NULL, *mag;
	struct zmem_cpu *zc;
	enum zmem_push push;
	u64 start;
	u32 node;

	zmem_cpu_poll();
	if (!free_is_sane(c, object, &node))
		return;
	if (unlikely(c->debug)) {
		zmem_debug_free(c, object);
		return;
	}
	if (zmem_magazines_off(c)) {
		slab_free_one(c, object);
		return;
	}
	zc = share_enter(c->cache);
	if (!zc) {
		zmem_count(c, busy_hits, 1);
		slab_free_one(c, object);
		return;
	}
	start = unlikely(zmem_slow(zc)->closed) ? zmem_sample_begin(zc) : 0;
	push = cpu_free(zc, object, node, &full);
	share_exit(zc);

	switch (push) {
	case PUSH_DONE:
		break;
	case PUSH_SLAB:
		slab_free_one(c, object);
		break;
	case PUSH_REPEAT:
		zmem_report(c, ZMEM_DOUBLE_FREE, object);
		break;
	case PUSH_FIRST:
		/* What was freed just before may lie in its slab, and this repeat it. */
		if (!zmem_slab_in_use(c, object))
			break;
		fallthrough;
	case PUSH_REMOTE:
	case PUSH_FULL:
		mag = magazine_exchange(c, node, full);
		if (!mag) {
			slab_free_one(c, object);
			break;
		}
		zmem_count(c, slow_frees, 1);
		if (push == PUSH_REMOTE) {
			remote_start(c, mag, object);
			break;
		}
		mag->objects[mag->count++] = object;
		magazine_install(c, mag);
		break;
	}
	if (unlikely(start))
		zmem_sample_end(c, start);
}

/**
 * zmem_cpu_frees() - frees that a CPU's loaded magazines took
 * @area: the CPU's share
 *
 * Not counted, but reckoned: what the magazines served, and by how much they
 * are fuller.  On another CPU the loaded one may change meanwhile, and the sum
 * be wrong by a magazine for once.
 *
 * Context: any.
 * Return: frees.
 */
unsigned long zmem_cpu_frees(const struct zmem_cpu_area *area)
{
	const struct zmem_cpu *zc = &area->fast;
	void **start = READ_ONCE(area->slow.start), **top = READ_ONCE(zc->top);
	void **low = READ_ONCE(zc->low), **high = READ_ONCE(zc->high);
	long frees = READ_ONCE(zc->allocs) + READ_ONCE(area->slow.surplus);

	if (start >= low && start <= high && top >= low && top <= high)
		frees += top - start;
	return max(frees, 0L);
}

static void chain_up(struct zmem_magazine **chain, struct zmem_magazine *mag)
{
	if (mag)
		zmem_magazine_stack(chain, mag);
}

/* Takes all of a CPU's magazines out; returns them as a chain. */
static struct zmem_magazine *cpu_detach(struct zmem_cpu *zc)
{
	struct zmem_cpu_slow *slow = zmem_slow(zc);
	struct zmem_magazine *chain = NULL;
	unsigned int node;

	chain_up(&chain, cpu_unload(zc));
	chain_up(&chain, zc->prev);
	zc->prev = NULL;
	for (node = 0; node < nr_node_ids; node++) {
		chain_up(&chain, slow->remote[node]);
		slow->remote[node] = NULL;
	}
	slow->closed = 0;
	/* Others count it up without busy; it only says how large the next is. */
	WRITE_ONCE(slow->made, 0);
	return chain;
}

/**
 * zmem_magazines_drain_this_cpu() - put this CPU's objects back into slabs
 * @c: the cache
 *
 * Context: any but NMI.  In task context busy is never set, as it implies
 * preemption off; an interrupt that finds it set leaves the magazines alone.
 */
void zmem_magazines_drain_this_cpu(struct zmem_common *c)
{
	struct zmem_cpu *zc = zmem_cpu_enter(zmem_shares(c->cache));
	struct zmem_magazine *chain;

	if (!zc)
		return;
	chain = cpu_detach(zc);
	zmem_cpu_exit(zc);
	zmem_magazines_dissolve(c, chain);
}

/**
 * zmem_magazines_bequeath() - leave a dead CPU's magazines to the others
 * @c: the cache
 * @cpu: the CPU
 *
 * In the depot the next CPU finds them as they are, for an exchange in place
 * of a batch from the slabs; what nobody wants the tuner gives back.
 */
void zmem_magazines_bequeath(struct zmem_common *c, int cpu)
{
	struct zmem_magazine *mag = cpu_detach(per_cpu_ptr(zmem_shares(c->cache), cpu));

	while (mag) {
		struct zmem_magazine *next = mag->next;

		mag->next = NULL;
		if (mag->count && !zmem_node_is_closed(mag->node))
			zmem_depot_put(c, mag);
		else
			zmem_magazines_dissolve(c, mag);
		mag = next;
	}
}

/**
 * zmem_magazines_drain_cpu() - put the objects of a CPU back for it
 * @c: the cache
 * @cpu: any: nobody uses the cache any more
 */
void zmem_magazines_drain_cpu(struct zmem_common *c, int cpu)
{
	zmem_magazines_dissolve(c, cpu_detach(per_cpu_ptr(zmem_shares(c->cache), cpu)));
}
