// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Calls to be counted: when loaded, each function here allocates @nr objects
 * on each CPU, by one of zmem's ways, and frees them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>
#include <zmem/zmem.h>

#define BULK	16

static unsigned int nr = 320;
module_param(nr, uint, 0444);
MODULE_PARM_DESC(nr, "objects a way and CPU, a multiple of 16 (default 320)");

struct thing {
	struct rcu_head rcu;
	char text[100];
};

static struct zmem_cache *things;

/* Each returns whether it got what it asked for. */
static noinline bool calls_cache(void)
{
	void *p = zmem_cache_alloc(things, GFP_KERNEL);

	zmem_cache_free(things, p);
	return p;
}

static noinline bool calls_zeroed(void)
{
	void *p = zmem_cache_zalloc(things, GFP_KERNEL);

	zmem_cache_free(things, p);
	return p;
}

static noinline bool calls_node(void)
{
	void *p = zmem_cache_alloc_node(things, GFP_KERNEL, numa_mem_id());

	zmem_cache_free(things, p);
	return p;
}

static noinline bool calls_constant(void)
{
	void *p = zmem_alloc(200, GFP_KERNEL);

	zmem_free(p);
	return p;
}

static noinline bool calls_sized(void)
{
	void *p = zmem_alloc(READ_ONCE(nr), GFP_KERNEL);

	zmem_free(p);
	return p;
}

static noinline bool calls_large(void)
{
	void *p = zmem_alloc(20000, GFP_KERNEL);

	zmem_free(p);
	return p;
}

/* Two allocations, and two frees. */
static noinline bool calls_realloc(void)
{
	void *p = zmem_realloc(NULL, 100, GFP_KERNEL);
	void *q = zmem_realloc(p, 5000, GFP_KERNEL);

	zmem_realloc(q, 0, GFP_KERNEL);
	return p && q;
}

static noinline bool calls_rcu(void)
{
	struct thing *thing = zmem_cache_alloc(things, GFP_KERNEL);

	zmem_free_rcu(thing, rcu);
	return thing;
}

static noinline bool calls_bulk(void)
{
	void *objects[BULK];

	if (!zmem_cache_alloc_bulk(things, GFP_KERNEL, BULK, objects))
		return false;
	zmem_cache_free_bulk(things, BULK, objects);
	return true;
}

static noinline bool calls_prefill(void)
{
	struct zmem_prefill *prefill = zmem_cache_prefill(things, GFP_KERNEL, BULK);

	zmem_cache_return_prefilled(things, prefill);
	return prefill;
}

static const struct {
	bool (*calls)(void);
	unsigned int objects;
} ways[] = {
	{ calls_cache, 1 }, { calls_zeroed, 1 }, { calls_node, 1 },
	{ calls_constant, 1 }, { calls_sized, 1 }, { calls_large, 1 },
	{ calls_realloc, 2 }, { calls_rcu, 1 }, { calls_bulk, BULK },
	{ calls_prefill, BULK },
};

static long calls_here(void *unused)
{
	unsigned int way, n;

	for (way = 0; way < ARRAY_SIZE(ways); way++)
		for (n = 0; n < nr; n += ways[way].objects)
			if (!ways[way].calls())
				return -ENOMEM;
	return 0;
}

static int __init calls_init(void)
{
	long err = 0;
	int cpu;

	if (!nr || nr % BULK)
		return -EINVAL;
	things = zmem_cache_create("calls", sizeof(struct thing), NULL);
	if (IS_ERR(things))
		return PTR_ERR(things);
	cpus_read_lock();
	for_each_online_cpu(cpu)
		err = err ?: work_on_cpu(cpu, calls_here, NULL);
	cpus_read_unlock();
	if (err)
		zmem_cache_destroy(things);
	return err;
}
module_init(calls_init);

static void __exit calls_exit(void)
{
	zmem_cache_destroy(things);
}
module_exit(calls_exit);

MODULE_DESCRIPTION("Calls of zmem to be counted");
MODULE_AUTHOR("The zmem authors");
MODULE_LICENSE("Dual MIT/GPL");
