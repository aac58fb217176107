// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Workloads that run in the kernel: a thread on each of the chosen CPUs, while
 * the caller waits.  A signal to the caller, a fatal one too, ends them all;
 * whatever happens, no object is left.
 */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "budget.h"
#include "file.h"
#include "worker.h"
#include "workload.h"

/**
 * struct workload - a workload and what it holds
 * @run: the workers' part
 * @file: the caller's
 * @entry: the cache, or NULL
 * @charge: bytes taken from the file's budget
 * @cpus: where it runs
 * @nr_workers: of @workers
 * @workers: in order of their CPUs
 */
struct workload {
	struct zmem_run run;
	struct zmem_file *file;
	struct zmem_file_cache *entry;
	u64 charge;
	struct cpumask *cpus;
	unsigned int nr_workers;
	struct zmem_worker **workers;
};

/**
 * zmem_run_put() - a worker, or the workers' maker, is done
 * @run: workload
 */
void zmem_run_put(struct zmem_run *run)
{
	if (refcount_dec_and_test(&run->running))
		complete(&run->done);
}

static int add_cpu(struct cpumask *cpus, u32 cpu)
{
	if (cpu >= nr_cpu_ids || !cpu_online(cpu))
		return -ENODEV;
	return cpumask_test_and_set_cpu(cpu, cpus) ? -EINVAL : 0;
}

static int copy_cpus(struct cpumask *cpus, const struct zmem_ioc_run *arg)
{
	u32 *list, n;
	int err = 0;

	if (arg->nr_cpus > ZMEM_IOC_CPUS_MAX)
		return -E2BIG;
	if (!arg->nr_cpus) {
		cpumask_copy(cpus, cpu_online_mask);
		return arg->cpus ? -EINVAL : 0;
	}

	list = vmemdup_user(u64_to_user_ptr(arg->cpus),
			    array_size(arg->nr_cpus, sizeof(*list)));
	if (IS_ERR(list))
		return PTR_ERR(list);
	for (n = 0; n < arg->nr_cpus && !err; n++)
		err = add_cpu(cpus, list[n]);
	kvfree(list);
	return err;
}

static int check_sizes(const struct zmem_ioc_run *arg)
{
	if (!arg->size == !arg->cache)
		return -EINVAL;
	if (arg->size_max && (arg->cache || arg->size_max < arg->size))
		return -EINVAL;
	return max(arg->size, arg->size_max) > ZMEM_ALLOC_MAX ? -E2BIG : 0;
}

static int check_kind(const struct zmem_ioc_run *arg)
{
	switch (arg->kind) {
	case ZMEM_IOC_RUN_BURST:
	case ZMEM_IOC_RUN_CROSS:
	case ZMEM_IOC_RUN_MIX:
		return 0;
	case ZMEM_IOC_RUN_BULK:
		return arg->cache && arg->node == ZMEM_IOC_NODE_ANY ? 0 : -EINVAL;
	default:
		return -EINVAL;
	}
}

static int check_run(const struct zmem_ioc_run *arg)
{
	int err;

	/* The threads are in no memory cgroup of the caller's. */
	if (arg->reserved || arg->flags & ZMEM_IOC_GFP_ACCOUNT)
		return -EINVAL;
	if (!arg->ops || !arg->held)
		return -EINVAL;
	if (arg->held > ZMEM_IOC_HELD_MAX)
		return -E2BIG;
	err = check_kind(arg);
	return err ?: check_sizes(arg);
}

static int init_run(struct zmem_run *run, const struct zmem_ioc_run *arg)
{
	int err = zmem_source_init(&run->source, arg->flags, arg->node,
				   !arg->cache);

	if (err)
		return err;

	run->kind = arg->kind;
	run->ops = arg->ops;
	run->held = arg->held;
	run->size = arg->size;
	run->sizes = arg->size_max ? arg->size_max - arg->size + 1 : 1;
	refcount_set(&run->running, 1);
	init_completion(&run->done);
	return 0;
}

/* With the file locked. */
static int hold_cache(struct workload *load, u32 id)
{
	struct zmem_file_cache *entry;

	if (!id)
		return 0;
	entry = zmem_file_cache(load->file, id);
	if (IS_ERR(entry))
		return PTR_ERR(entry);

	load->entry = entry;
	load->run.source.cache = entry->cache;
	load->run.size = zmem_cache_size(entry->cache);
	return 0;
}

/* Takes the cache, and the bytes that are held at most, from the file. */
static int hold(struct workload *load, u32 id)
{
	struct zmem_run *run = &load->run;
	int err = zmem_file_lock(load->file);

	if (err)
		return err;

	err = hold_cache(load, id);
	if (err)
		goto unlock;
	load->charge = (u64)cpumask_weight(load->cpus) * run->held *
		       (run->size + run->sizes + sizeof(struct zmem_item) +
			sizeof(void *));
	err = zmem_budget_charge(load->file->budget, load->charge);
	if (!err && load->entry)
		load->entry->users++;
unlock:
	zmem_file_unlock(load->file);
	return err;
}

/* Not to be interrupted. */
static void unhold(struct workload *load)
{
	mutex_lock(&load->file->lock);
	if (load->entry)
		load->entry->users--;
	zmem_budget_uncharge(load->file->budget, load->charge);
	mutex_unlock(&load->file->lock);
}

static void destroy_workers(struct workload *load)
{
	while (load->nr_workers--)
		zmem_worker_destroy(load->workers[load->nr_workers]);
	kvfree(load->workers);
}

/* A thread that has not run yet ends without having run. */
static void stop_workers(struct workload *load)
{
	unsigned int n;

	for (n = 0; n < load->nr_workers; n++)
		kthread_stop(load->workers[n]->task);
}

static int create_workers(struct workload *load, u64 seed)
{
	struct zmem_worker *worker;
	unsigned int cpu;

	load->workers = kvcalloc(cpumask_weight(load->cpus),
				 sizeof(*load->workers), GFP_KERNEL);
	if (!load->workers)
		return -ENOMEM;

	for_each_cpu(cpu, load->cpus) {
		worker = zmem_worker_create(&load->run, cpu, seed + cpu);
		if (IS_ERR(worker)) {
			stop_workers(load);
			destroy_workers(load);
			return PTR_ERR(worker);
		}
		load->workers[load->nr_workers++] = worker;
	}
	return 0;
}

/* Each worker frees what the one before allocated. */
static void link_workers(struct workload *load)
{
	unsigned int n, nr = load->nr_workers;

	if (load->run.kind != ZMEM_IOC_RUN_CROSS)
		return;
	for (n = 0; n < nr; n++)
		load->workers[n]->from = load->workers[n ? n - 1 : nr - 1];
}

/* Runs the workers to their end, which a signal brings near. */
static int run_workers(struct workload *load)
{
	unsigned int n;
	int err;

	for (n = 0; n < load->nr_workers; n++) {
		refcount_inc(&load->run.running);
		wake_up_process(load->workers[n]->task);
	}
	zmem_run_put(&load->run);

	err = wait_for_completion_interruptible(&load->run.done);
	if (err) {
		WRITE_ONCE(load->run.stop, true);
		wait_for_completion(&load->run.done);
	}
	stop_workers(load);
	return err ? -EINTR : 0;
}

static void collect(struct workload *load, struct zmem_ioc_run *arg)
{
	u64 begin = U64_MAX, end = 0, busy = 0;
	struct zmem_worker *w;
	unsigned int n;

	arg->allocs = 0;
	arg->frees = 0;
	arg->failures = 0;
	arg->mismatches = 0;
	for (n = 0; n < load->nr_workers; n++) {
		w = load->workers[n];
		zmem_worker_release(w);
		arg->allocs += w->allocs;
		arg->frees += w->frees;
		arg->failures += w->tried - w->allocs;
		arg->mismatches += w->mismatches;
		begin = min(begin, w->begin);
		end = max(end, w->end);
		busy += w->end - w->begin;
	}
	arg->elapsed_ns = end - begin;
	arg->op_ps = div64_u64(busy * 1000, max(arg->allocs + arg->frees, 1ULL));
}

/* With the CPUs known. */
static int run_on_cpus(struct workload *load, struct zmem_ioc_run *arg)
{
	int err = hold(load, arg->cache);

	if (err)
		return err;

	err = create_workers(load, arg->seed);
	if (err)
		goto unhold;
	link_workers(load);
	err = run_workers(load);
	collect(load, arg);
	destroy_workers(load);
unhold:
	unhold(load);
	return err;
}

/**
 * zmem_workload_run() - ZMEM_IOC_RUN
 * @file: file
 * @arg: what was asked for; the results
 *
 * Context: may sleep, for as long as the workload runs.
 * Return: 0 or a negative error.
 */
long zmem_workload_run(struct zmem_file *file, struct zmem_ioc_run *arg)
{
	struct workload load = { .file = file };
	int err;

	err = check_run(arg);
	if (!err)
		err = init_run(&load.run, arg);
	if (err)
		return err;

	load.cpus = kzalloc(cpumask_size(), GFP_KERNEL);
	if (!load.cpus)
		return -ENOMEM;
	err = copy_cpus(load.cpus, arg);
	if (!err)
		err = run_on_cpus(&load, arg);
	kfree(load.cpus);
	return err;
}
