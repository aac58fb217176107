/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* A CPU's part in a workload. */
#ifndef _ZMEM_WORKER_H
#define _ZMEM_WORKER_H

#include <linux/completion.h>
#include <linux/kfifo.h>
#include <linux/prandom.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include "source.h"

struct task_struct;

/* Pairs between two looks at @stop and for other tasks. */
#define ZMEM_RUN_ROUND		64u

/* Objects on their way from one CPU to the next, at most. */
#define ZMEM_RUN_FIFO_MAX	4096u

/**
 * struct zmem_run - a workload
 * @source: of its objects
 * @kind: ZMEM_IOC_RUN_*
 * @ops: pairs that each worker does
 * @size: of the smallest object
 * @sizes: different sizes
 * @held: objects that each worker holds at most
 * @stop: workers shall end
 * @running: workers that did not yet, and their maker
 * @done: all did
 */
struct zmem_run {
	struct zmem_source source;
	u32 kind;
	u64 ops;
	u32 size;
	u32 sizes;
	u32 held;
	bool stop;
	refcount_t running;
	struct completion done;
};

/* An object, what it was filled with, and its size. */
struct zmem_item {
	void *p;
	u64 number;
	u32 size;
};

/**
 * struct zmem_worker - a CPU's part
 * @run: the whole
 * @task: the thread
 * @from: the worker whose objects this one frees: ZMEM_IOC_RUN_CROSS
 * @items: @run->held objects; those with a NULL @p are none
 * @bulk: @run->held pointers: ZMEM_IOC_RUN_BULK
 * @fifo: objects for the next worker to free: ZMEM_IOC_RUN_CROSS
 * @random: of sizes and choices
 * @number: of the last object
 * @finished: @fifo gets no more
 * @tried: allocations
 * @allocs: those that succeeded
 * @frees: of objects, whoever allocated them
 * @mismatches: objects with other bytes than they should have
 * @begin: ns
 * @end: ns
 *
 * Its thread's, until that has ended; but @fifo and @finished, which the next
 * worker reads, and @run->stop.
 */
struct zmem_worker {
	struct zmem_run *run;
	struct task_struct *task;
	struct zmem_worker *from;
	struct zmem_item *items;
	void **bulk;
	DECLARE_KFIFO_PTR(fifo, struct zmem_item);
	struct rnd_state random;
	u64 number;
	bool finished;
	u64 tried;
	u64 allocs;
	u64 frees;
	u64 mismatches;
	u64 begin;
	u64 end;
};

struct zmem_worker *zmem_worker_create(struct zmem_run *run, int cpu, u64 seed);
void zmem_worker_destroy(struct zmem_worker *worker);
int zmem_worker_thread(void *worker);
void zmem_worker_release(struct zmem_worker *worker);
void zmem_run_put(struct zmem_run *run);

#endif /* _ZMEM_WORKER_H */
