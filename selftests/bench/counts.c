// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Work whose locks and trips are counted, by zmem itself: objects that one CPU
 * allocates and another frees, and many objects that are freed at once.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/task.h>

#include "bench.h"

#define RING_OBJECTS	200000
#define RING_SLOTS	1024

#define BURST_OBJECTS	10000
#define BURST_ROUNDS	20

static struct zmem_cache *cache;

struct ring {
	struct completion done;
	void *slot[RING_SLOTS];
};

static int make_cache(void)
{
	cache = zmem_cache_create("bench", BENCH_SIZE, NULL);
	if (!IS_ERR(cache))
		return 0;
	return PTR_ERR(cache);
}

void bench_count_end(void)
{
	zmem_cache_destroy(cache);
}

/* A slot is free while it is NULL; each side waits for the other there. */
static int produce(void *data)
{
	struct ring *ring = data;
	unsigned int n;
	int err = 0;
	void *p;

	for (n = 0; n < RING_OBJECTS; n++) {
		while (READ_ONCE(ring->slot[n % RING_SLOTS]))
			cond_resched();
		p = zmem_cache_alloc(cache, GFP_KERNEL);
		if (!p) {
			err = -ENOMEM;
			p = ERR_PTR(err);
		}
		/* Pairs with take(): the object is whole before it is seen. */
		smp_store_release(&ring->slot[n % RING_SLOTS], p);
	}
	complete(&ring->done);
	return err;
}

static void *take(struct ring *ring, unsigned int n)
{
	void **slot = &ring->slot[n % RING_SLOTS];
	void *p;

	for (;;) {
		/* Pairs with produce(). */
		p = smp_load_acquire(slot);
		if (p)
			break;
		cond_resched();
	}
	WRITE_ONCE(*slot, NULL);
	return p;
}

static int consume(void *data)
{
	struct ring *ring = data;
	unsigned int n;
	void *p;

	for (n = 0; n < RING_OBJECTS; n++) {
		p = take(ring, n);
		if (!IS_ERR(p))
			zmem_cache_free(cache, p);
	}
	complete(&ring->done);
	return 0;
}

static struct task_struct *thread_on(unsigned int cpu, int (*work)(void *), void *data,
				     const char *name)
{
	struct task_struct *task;

	task = kthread_create_on_node(work, data, cpu_to_node(cpu), "bench-%s", name);
	if (IS_ERR(task))
		return task;
	kthread_bind(task, cpu);
	return get_task_struct(task);
}

/* What the thread returned, once it is gone. */
static int thread_end(struct task_struct *task)
{
	int err;

	if (IS_ERR(task))
		return PTR_ERR(task);
	err = kthread_stop(task);
	put_task_struct(task);
	return err;
}

static int run_ring(struct ring *ring, unsigned int from, unsigned int to)
{
	struct task_struct *producer = thread_on(from, produce, ring, "produce");
	struct task_struct *consumer = thread_on(to, consume, ring, "consume");
	int err;

	init_completion(&ring->done);
	if (!IS_ERR(producer) && !IS_ERR(consumer)) {
		wake_up_process(producer);
		wake_up_process(consumer);
		wait_for_completion(&ring->done);
		wait_for_completion(&ring->done);
	}
	err = thread_end(producer);
	return thread_end(consumer) ?: err;
}

int bench_count_ring(void)
{
	unsigned int from = cpumask_first(cpu_online_mask);
	unsigned int to = cpumask_next(from, cpu_online_mask);
	struct ring *ring;
	int err;

	if (to >= nr_cpu_ids)
		return -ENODEV;
	ring = kvzalloc(sizeof(*ring), GFP_KERNEL);
	if (!ring)
		return -ENOMEM;
	err = make_cache();
	if (!err) {
		err = run_ring(ring, from, to);
		if (err)
			zmem_cache_destroy(cache);
	}
	kvfree(ring);
	return err;
}

/* All or none of them. */
static int burst_round(void **objects)
{
	unsigned int n, got;

	for (got = 0; got < BURST_OBJECTS; got++) {
		objects[got] = zmem_cache_alloc(cache, GFP_KERNEL);
		if (!objects[got])
			break;
	}
	for (n = 0; n < got; n++)
		zmem_cache_free(cache, objects[n]);
	return got == BURST_OBJECTS ? 0 : -ENOMEM;
}

int bench_count_burst(void)
{
	void **objects = kvcalloc(BURST_OBJECTS, sizeof(*objects), GFP_KERNEL);
	unsigned int round;
	int err;

	if (!objects)
		return -ENOMEM;
	err = make_cache();
	for (round = 0; round < BURST_ROUNDS && !err; round++)
		err = burst_round(objects);
	if (err)
		zmem_cache_destroy(cache);
	kvfree(objects);
	return err;
}
