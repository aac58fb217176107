// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A CPU's part in a workload.
 *
 * Each kind of workload is a round, which does at least one pair of an
 * allocation and a free and is over soon; the thread repeats it.
 */
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/sched/task.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include "worker.h"

static bool stopped(const struct zmem_worker *w)
{
	return READ_ONCE(w->run->stop);
}

static u64 pairs_left(const struct zmem_worker *w)
{
	return stopped(w) ? 0 : w->run->ops - w->tried;
}

static u32 pick_size(struct zmem_worker *w)
{
	const struct zmem_run *run = w->run;

	if (run->sizes == 1)
		return run->size;
	return run->size + prandom_u32_state(&w->random) % run->sizes;
}

/* A new object's bytes: looked at if they should be zero, then filled. */
static void begin_item(struct zmem_worker *w, struct zmem_item *item)
{
	const struct zmem_source *source = &w->run->source;

	item->number = ++w->number;
	w->allocs++;
	w->mismatches += !zmem_source_zeroed(source, item->p, item->size);
	zmem_source_fill(source, item->p, item->size, item->number);
}

static void end_item(struct zmem_worker *w, const struct zmem_item *item)
{
	w->frees++;
	w->mismatches += !zmem_source_check(&w->run->source, item->p,
					    item->size, item->number);
}

static bool alloc_item(struct zmem_worker *w, struct zmem_item *item)
{
	item->size = pick_size(w);
	item->p = zmem_source_alloc(&w->run->source, item->size);
	w->tried++;
	if (!item->p)
		return false;
	begin_item(w, item);
	return true;
}

static void free_item(struct zmem_worker *w, struct zmem_item *item)
{
	end_item(w, item);
	zmem_source_free(&w->run->source, item->p);
	item->p = NULL;
}

static void free_items(struct zmem_worker *w)
{
	u32 n;

	for (n = 0; n < w->run->held; n++) {
		if (w->items[n].p)
			free_item(w, &w->items[n]);
		if (n % ZMEM_RUN_ROUND == 0)
			cond_resched();
	}
}

static void burst(struct zmem_worker *w, u32 count)
{
	u32 n;

	for (n = 0; n < count && !stopped(w); n++) {
		alloc_item(w, &w->items[n]);
		if (n % ZMEM_RUN_ROUND == 0)
			cond_resched();
	}
	while (n--)
		if (w->items[n].p)
			free_item(w, &w->items[n]);
}

static void round_burst(struct zmem_worker *w)
{
	u64 goal = w->tried + min_t(u64, pairs_left(w), ZMEM_RUN_ROUND);

	do {
		burst(w, min_t(u64, w->run->ops - w->tried, w->run->held));
	} while (w->tried < goal && !stopped(w));
}

static void round_bulk(struct zmem_worker *w)
{
	const struct zmem_source *source = &w->run->source;
	u32 count = min_t(u64, pairs_left(w), w->run->held), n;

	w->tried += count;
	if (!zmem_cache_alloc_bulk(source->cache, source->gfp, count, w->bulk))
		return;
	for (n = 0; n < count; n++) {
		w->items[n] = (struct zmem_item) {
			.p = w->bulk[n],
			.size = w->run->size,
		};
		begin_item(w, &w->items[n]);
	}
	for (n = 0; n < count; n++) {
		end_item(w, &w->items[n]);
		w->items[n].p = NULL;
	}
	zmem_cache_free_bulk(source->cache, count, w->bulk);
}

static void consume(struct zmem_worker *w)
{
	struct zmem_item item;
	u32 n;

	for (n = 0; n < ZMEM_RUN_ROUND && kfifo_get(&w->from->fifo, &item); n++)
		free_item(w, &item);
}

static void round_cross(struct zmem_worker *w)
{
	struct zmem_item item;
	u64 left = min_t(u64, pairs_left(w), ZMEM_RUN_ROUND);

	while (left-- && kfifo_len(&w->fifo) < w->run->held &&
	       !kfifo_is_full(&w->fifo))
		if (alloc_item(w, &item))
			kfifo_put(&w->fifo, item);
	consume(w);
}

static void round_mix(struct zmem_worker *w)
{
	u64 left = min_t(u64, pairs_left(w), ZMEM_RUN_ROUND);
	struct zmem_item *item;

	while (left--) {
		item = &w->items[prandom_u32_state(&w->random) % w->run->held];
		if (item->p)
			free_item(w, item);
		alloc_item(w, item);
	}
}

static void (*const rounds[])(struct zmem_worker *w) = {
	[ZMEM_IOC_RUN_BURST] = round_burst,
	[ZMEM_IOC_RUN_BULK] = round_bulk,
	[ZMEM_IOC_RUN_CROSS] = round_cross,
	[ZMEM_IOC_RUN_MIX] = round_mix,
};

/* Frees the last objects of the worker before. */
static void drain_from(struct zmem_worker *w)
{
	bool last;

	do {
		/* Before the fifo: what came in before @finished is seen. */
		last = smp_load_acquire(&w->from->finished);
		consume(w);
		cond_resched();
	} while (!stopped(w) && !(last && kfifo_is_empty(&w->from->fifo)));
}

/**
 * zmem_worker_thread() - a worker's thread
 * @worker: struct zmem_worker
 *
 * Return: 0.
 */
int zmem_worker_thread(void *worker)
{
	struct zmem_worker *w = worker;
	struct zmem_run *run = w->run;

	w->begin = ktime_get_ns();
	while (pairs_left(w)) {
		rounds[run->kind](w);
		cond_resched();
	}
	/* After the fifo: pairs with drain_from(). */
	smp_store_release(&w->finished, true);
	if (w->from)
		drain_from(w);
	free_items(w);
	w->end = ktime_get_ns();

	zmem_run_put(run);
	return 0;
}

/**
 * zmem_worker_release() - free what a stopped worker left to the next one
 * @w: its thread, and that of the next one, have ended
 */
void zmem_worker_release(struct zmem_worker *w)
{
	struct zmem_item item;

	while (kfifo_initialized(&w->fifo) && kfifo_get(&w->fifo, &item))
		free_item(w, &item);
}

static int create_fifo(struct zmem_worker *w)
{
	if (w->run->kind != ZMEM_IOC_RUN_CROSS)
		return 0;
	/* A kfifo has room for at least two. */
	return kfifo_alloc(&w->fifo, clamp(w->run->held, 2u, ZMEM_RUN_FIFO_MAX),
			   GFP_KERNEL);
}

/**
 * zmem_worker_create() - make a worker, and its thread, which sleeps
 * @run: the whole
 * @cpu: where it runs
 * @seed: of its random numbers, and of what its objects hold
 *
 * Context: may sleep.
 * Return: the worker, or ERR_PTR().
 */
struct zmem_worker *zmem_worker_create(struct zmem_run *run, int cpu, u64 seed)
{
	struct zmem_worker *w = kzalloc_node(sizeof(*w), GFP_KERNEL,
					     cpu_to_node(cpu));
	int err = -ENOMEM;

	if (!w)
		return ERR_PTR(-ENOMEM);

	w->run = run;
	w->number = seed << 32;
	prandom_seed_state(&w->random, seed);

	w->items = kvcalloc(run->held, sizeof(*w->items), GFP_KERNEL);
	if (!w->items)
		goto free_worker;
	w->bulk = kvcalloc(run->held, sizeof(*w->bulk), GFP_KERNEL);
	if (!w->bulk)
		goto free_items;
	err = create_fifo(w);
	if (err)
		goto free_bulk;

	w->task = kthread_create_on_node(zmem_worker_thread, w, cpu_to_node(cpu),
					 "zmem_run/%d", cpu);
	if (IS_ERR(w->task)) {
		err = PTR_ERR(w->task);
		goto free_fifo;
	}
	kthread_bind(w->task, cpu);
	get_task_struct(w->task);
	return w;

free_fifo:
	kfifo_free(&w->fifo);
free_bulk:
	kvfree(w->bulk);
free_items:
	kvfree(w->items);
free_worker:
	kfree(w);
	return ERR_PTR(err);
}

/**
 * zmem_worker_destroy() - release a worker
 * @w: its thread was stopped
 */
void zmem_worker_destroy(struct zmem_worker *w)
{
	put_task_struct(w->task);
	kfifo_free(&w->fifo);
	kvfree(w->bulk);
	kvfree(w->items);
	kfree(w);
}
