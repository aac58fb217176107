// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Measures zmem and the kernel's own allocator in the same boot.  Loading the
 * module is one run, of what the parameter names:
 *
 * main, all	rows that are timed; the log then has a line for each and each
 *		side, where SIDE is zmem or kmem, and MIN and MEDIAN are
 *		nanoseconds for PAIRS pairs (if the clock counts instructions,
 *		one of these is one of those):
 *
 *			zmem_bench: row NAME SIDE PAIRS MIN MEDIAN
 *
 * ring, burst	work of which the statistics of the cache "bench" tell the
 *		rest; it lives until the module goes
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>

#include "bench.h"

static char *run = "all";
module_param(run, charp, 0444);
MODULE_PARM_DESC(run, "What to measure: main, all, ring or burst");

int bench_cache_create(struct bench_cache *cache, const char *name,
		       unsigned int size, void (*ctor)(void *object))
{
	struct zmem_cache_args args = { .ctor = ctor };

	cache->zmem = zmem_cache_create(name, size, &args);
	if (IS_ERR(cache->zmem))
		return PTR_ERR(cache->zmem);
	cache->kmem = kmem_cache_create(name, size, 0, BENCH_NO_MERGE, ctor);
	if (cache->kmem)
		return 0;
	zmem_cache_destroy(cache->zmem);
	return -ENOMEM;
}

void bench_cache_destroy(struct bench_cache *cache)
{
	zmem_cache_destroy(cache->zmem);
	kmem_cache_destroy(cache->kmem);
}

static int bench_all(void)
{
	int err = bench_pairs();

	err = err ?: bench_sizes();
	err = err ?: bench_caches();
	return err ?: bench_busy();
}

static const struct {
	const char *name;
	int (*run)(void);
} runs[] = {
	{ "main", bench_pairs },
	{ "all", bench_all },
	{ "ring", bench_count_ring },
	{ "burst", bench_count_burst },
};

static int __init bench_init(void)
{
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(runs); n++)
		if (!strcmp(runs[n].name, run))
			return runs[n].run();
	pr_err("zmem_bench: run=%s: main, all, ring or burst\n", run);
	return -EINVAL;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	bench_count_end();
}
module_exit(bench_exit);

MODULE_DESCRIPTION("Measures zmem beside the kernel's own allocator");
MODULE_AUTHOR("The zmem authors");
MODULE_LICENSE("Dual MIT/GPL");
