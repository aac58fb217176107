// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Frees that wait for RCU's readers.
 *
 * Each CPU collects objects of all caches in a batch.  A full batch is
 * submitted to RCU at once, the others by one work item for all CPUs, which
 * the first object of a batch starts: so a batch whose CPU went idle, or died,
 * needs no care, and no CPU is disturbed for its batch.  After the grace period
 * the objects are freed cache by cache, in bulk, into the magazines of the CPU
 * that runs the callback.
 *
 * A CPU's lock is nearly always free, as only the work, a cache's destruction
 * and reclaim take others'.  It is raw, since frees may come with preemption
 * or interrupts off on PREEMPT_RT too, and call_rcu() is called under it: an
 * object is in a CPU's batch or with RCU, and never in between, where
 * zmem_rcu_drain() would miss it.
 *
 * Where no memory can be had for a batch, the object's own rcu_head does.
 */
#include <linux/cpumask.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <compat/trace.h>
#include <compat/work.h>

#include "internal.h"
#include "core/cache.h"
#include "core/free_rcu.h"
#include "core/report.h"
#include "core/sizes.h"
#include "core/slab.h"

/**
 * struct zmem_rcu_batch - objects that wait together
 * @head: RCU's
 * @nr: objects
 * @objects: of any cache
 */
struct zmem_rcu_batch {
	struct rcu_head head;
	unsigned long nr;
	void *objects[ZMEM_RCU_BATCH];
};

/* What kmalloc() rounds up to is not wasted. */
static_assert(sizeof(struct zmem_rcu_batch) == 128 * sizeof(void *));

/**
 * struct zmem_rcu_cpu - a CPU's batch
 * @lock: the fields below
 * @batch: that is being filled, or NULL
 */
struct zmem_rcu_cpu {
	raw_spinlock_t lock;
	struct zmem_rcu_batch *batch;
};

static struct zmem_rcu_cpu __percpu *rcu_cpus;

static void flush_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(rcu_flush_work, flush_work_fn);

/* Brings the objects of the first one's cache to the front; returns how many. */
static unsigned int gather(void **objects, unsigned int nr)
{
	struct zmem_cache *cache = zmem_cache_of(objects[0]);
	unsigned int i, n = 1;

	for (i = 1; i < nr; i++)
		if (zmem_cache_of(objects[i]) == cache) {
			swap(objects[i], objects[n]);
			n++;
		}
	return n;
}

/* Runs of pages have no bulk; what is no longer zmem's gets a report each. */
static bool has_bulk(struct zmem_cache *cache)
{
	return cache && !(zmem_common(cache)->flags & ZMEM_LARGE);
}

static void batch_free(struct rcu_head *head)
{
	struct zmem_rcu_batch *batch = container_of(head, struct zmem_rcu_batch, head);
	void **objects = batch->objects, **end = objects + batch->nr;

	while (objects < end) {
		struct zmem_cache *cache = zmem_cache_of(*objects);
		unsigned int n = gather(objects, end - objects);

		if (has_bulk(cache)) {
			zmem_cache_free_bulk_unseen(zmem_common(cache), n, objects);
			objects += n;
		} else {
			while (n--)
				zmem_free_unseen(*objects++);
		}
	}
	kfree(batch);
}

/* An object that waited alone: where it starts, its page knows. */
static void object_free(struct rcu_head *head)
{
	void *object = head;

	if (zmem_cache_of(head))
		object = zmem_page_slab(zmem_virt_to_page(head)) ?
			 zmem_slab_object(head) :
			 (void *)((unsigned long)head & PAGE_MASK);
	zmem_free_unseen(object);
}

/* Hands a CPU's batch, if it has one, to RCU; the lock is held. */
static void batch_submit(struct zmem_rcu_cpu *cpu)
{
	if (cpu->batch)
		call_rcu(&cpu->batch->head, batch_free);
	cpu->batch = NULL;
}

/* Whether this CPU's batch, or @new if it has none, took the object. */
static bool batch_add(void *object, struct zmem_rcu_batch **new)
{
	struct zmem_rcu_cpu *cpu = raw_cpu_ptr(rcu_cpus);
	struct zmem_rcu_batch *batch;
	bool started = false;
	unsigned long flags;

	raw_spin_lock_irqsave(&cpu->lock, flags);
	if (!cpu->batch) {
		cpu->batch = *new;
		*new = NULL;
		started = cpu->batch;
	}
	batch = cpu->batch;
	if (batch) {
		batch->objects[batch->nr++] = object;
		if (batch->nr == ZMEM_RCU_BATCH)
			batch_submit(cpu);
	}
	raw_spin_unlock_irqrestore(&cpu->lock, flags);
	if (started)
		queue_delayed_work(zmem_unbound_wq, &rcu_flush_work,
				   msecs_to_jiffies(ZMEM_RCU_DELAY_MS));
	return batch;
}

/*
 * On PREEMPT_RT, memory is to be had only where the caller may be preempted; a
 * kernel that checks its rules is treated as one.
 */
static bool may_allocate(void)
{
	return preemptible() || !(IS_ENABLED(CONFIG_PREEMPT_RT) ||
				  IS_ENABLED(CONFIG_PROVE_RAW_LOCK_NESTING));
}

/* Whether the object is in a batch now. */
static bool batch_take(void *object, gfp_t gfp)
{
	struct zmem_rcu_batch *new = NULL;

	if (batch_add(object, &new))
		return true;
	if (may_allocate())
		new = kmalloc(sizeof(*new), gfp | __GFP_NOWARN | __GFP_NOMEMALLOC);
	if (!new)
		return false;
	new->nr = 0;
	batch_add(object, &new);
	/* The CPU that this runs on by now may have had one. */
	kfree(new);
	return true;
}

/*
 * Whether there is an object to free.  Its cache is told that somebody may be
 * waiting; the mark stays, so that most calls only read it.  Who watches is
 * told now, while it is known who called.
 */
static bool object_is_good(const void *object, unsigned long caller)
{
	struct zmem_common *c;

	if (unlikely(ZERO_OR_NULL_PTR(object)))
		return false;
	if (unlikely(!zmem_cache_of(object))) {
		zmem_report(zmem_large, ZMEM_FOREIGN_POINTER, object);
		return false;
	}
	c = zmem_common(zmem_cache_of(object));
	if (!READ_ONCE(c->rcu_frees))
		WRITE_ONCE(c->rcu_frees, true);
	trace_zmem_free(caller, object, c->name);
	return true;
}

/* zmem_free_rcu() behind its checks of the types. */
void __zmem_free_rcu(void *p, struct rcu_head *head)
{
	if (object_is_good(p, _RET_IP_) && !batch_take(p, GFP_NOWAIT))
		call_rcu(head, object_free);
}
EXPORT_SYMBOL(__zmem_free_rcu);

/**
 * zmem_free_rcu_mightsleep() - free once all present readers are done
 * @p: what any function of zmem allocated; NULL and ZERO_SIZE_PTR are nothing
 *	to free
 *
 * As zmem_free_rcu(), for objects without a struct rcu_head: where memory is
 * short, the caller waits for the readers itself.
 *
 * Context: may sleep.
 */
void zmem_free_rcu_mightsleep(void *p)
{
	might_sleep();
	if (!object_is_good(p, _RET_IP_) || batch_take(p, GFP_KERNEL | __GFP_NORETRY))
		return;
	synchronize_rcu();
	zmem_free_unseen(p);
}
EXPORT_SYMBOL(zmem_free_rcu_mightsleep);

/**
 * zmem_rcu_flush() - submit all CPUs' batches to RCU
 *
 * Context: any but NMI; from within reclaim too.
 */
void zmem_rcu_flush(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct zmem_rcu_cpu *rcu = per_cpu_ptr(rcu_cpus, cpu);
		unsigned long flags;

		raw_spin_lock_irqsave(&rcu->lock, flags);
		batch_submit(rcu);
		raw_spin_unlock_irqrestore(&rcu->lock, flags);
	}
}

static void flush_work_fn(struct work_struct *work)
{
	zmem_rcu_flush();
}

/**
 * zmem_rcu_drain() - wait until all that was freed by RCU before is free
 *
 * Context: may sleep; no lock is held.
 */
void zmem_rcu_drain(void)
{
	zmem_rcu_flush();
	rcu_barrier();
}

/**
 * zmem_rcu_init() - make each CPU's part
 *
 * Return: 0 or -ENOMEM.
 */
int zmem_rcu_init(void)
{
	unsigned int cpu;

	rcu_cpus = alloc_percpu(struct zmem_rcu_cpu);
	if (!rcu_cpus)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		raw_spin_lock_init(&per_cpu_ptr(rcu_cpus, cpu)->lock);
	return 0;
}

/* Nothing waits, and no callback of zmem's is to come, when this returns. */
void zmem_rcu_exit(void)
{
	cancel_delayed_work_sync(&rcu_flush_work);
	zmem_rcu_drain();
	free_percpu(rcu_cpus);
}
