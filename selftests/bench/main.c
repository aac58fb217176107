// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Times zmem and the kernel's own allocator in the same boot.  Loading the
 * module is one run; the log then has a line for each row and side:
 *
 *	zmem_bench: row NAME SIDE PAIRS MIN MEDIAN
 *
 * SIDE is zmem or kmem, MIN and MEDIAN are nanoseconds for PAIRS pairs; in a
 * guest whose clock counts instructions, a nanosecond is one of these.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/math.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sort.h>

#include "bench.h"


/*
 * A cache that shares its slabs with no other.  Where no flag asks for just
 * that, one does that keeps kmemleak out, and says nothing to stock kernels.
 */
#ifdef SLAB_NO_MERGE
#define NO_MERGE	SLAB_NO_MERGE
#else
#define NO_MERGE	SLAB_NOLEAKTRACE
#endif

int bench_cache_create(struct bench_cache *cache, const char *name,
		       unsigned int size, void (*ctor)(void *object))
{
	struct zmem_cache_args args = { .ctor = ctor };

	cache->zmem = zmem_cache_create(name, size, &args);
	if (IS_ERR(cache->zmem))
		return PTR_ERR(cache->zmem);
	cache->kmem = kmem_cache_create(name, size, 0, NO_MERGE, ctor);
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

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static void time_side(const struct bench_row *row, enum bench_side side)
{
	static const char *const names[] = { "zmem", "kmem" };
	static u64 sample[BENCH_SAMPLES];
	unsigned int n;
	u64 start;

	for (n = 0; n < BENCH_SAMPLES; n++) {
		start = ktime_get_ns();
		row->run[side]();
		sample[n] = ktime_get_ns() - start;
		cond_resched();
	}
	sort(sample, BENCH_SAMPLES, sizeof(*sample), compare, NULL);
	pr_info("row %s %s %u %llu %llu\n", row->name, names[side], row->pairs,
		sample[0], sample[BENCH_SAMPLES / 2]);
}

void bench_time_rows(const struct bench_row *rows, unsigned int nr)
{
	unsigned int n;

	for (n = 0; n < nr; n++) {
		time_side(&rows[n], BENCH_ZMEM);
		time_side(&rows[n], BENCH_KMEM);
	}
}

static int __init bench_init(void)
{
	return bench_pairs();
}
module_init(bench_init);

static void __exit bench_exit(void)
{
}
module_exit(bench_exit);

MODULE_DESCRIPTION("Times zmem beside the kernel's own allocator");
MODULE_AUTHOR("The zmem authors");
MODULE_LICENSE("Dual MIT/GPL");
