// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Prefills: what they promise, wherever they are used. */
#include <linux/completion.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "tests/util.h"
#include "core/magazine.h"

#define NR	300

/* Each object is there, once, and apart from the others. */
static void serves_as_many_as_asked(struct kunit *test)
{
	static const unsigned int counts[] = { 0, 1, 12, NR, ZMEM_PREFILL_MAX };
	void **objects = test_array(test, ZMEM_PREFILL_MAX);
	struct zmem_cache *c = test_cache(test, 64, NULL);
	struct zmem_prefill *p;
	unsigned int i, k;

	for (k = 0; k < ARRAY_SIZE(counts); k++) {
		p = zmem_cache_prefill(c, GFP_KERNEL, counts[k]);
		KUNIT_ASSERT_NOT_NULL(test, p);
		for (i = 0; i < counts[k]; i++) {
			objects[i] = zmem_cache_alloc_prefilled(c, GFP_NOWAIT, p);
			KUNIT_ASSERT_NOT_NULL(test, objects[i]);
			memset(objects[i], (u8)i, 64);
		}
		KUNIT_EXPECT_NULL(test, zmem_cache_alloc_prefilled(c, GFP_KERNEL, p));
		KUNIT_EXPECT_EQ(test, test_drop(c, objects, counts[k]), 0);
		zmem_cache_return_prefilled(c, p);
	}
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 0);
	zmem_cache_destroy(c);
}

/* Allocated from the moment they are set aside until they are given back. */
static void counts_as_allocated(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	struct zmem_prefill *p = zmem_cache_prefill(c, GFP_KERNEL, NR);
	void **objects = test_array(test, NR);
	struct zmem_snapshot *s;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, p);
	s = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, s->allocs, NR);
	KUNIT_EXPECT_EQ(test, s->objects, NR);
	for (i = 0; i < 100; i++)
		objects[i] = zmem_cache_alloc_prefilled(c, GFP_KERNEL, p);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->allocs, NR);
	zmem_cache_return_prefilled(c, p);
	s = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, s->objects, 100);
	KUNIT_EXPECT_EQ(test, s->frees, NR - 100);
	zmem_cache_free_bulk(c, 100, objects);
	zmem_cache_shrink(c);
	s = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, s->objects, 0);
	KUNIT_EXPECT_EQ(test, s->slabs, 0);
	KUNIT_EXPECT_EQ(test, s->errors, 0);
	zmem_cache_destroy(c);
}

static void refuses(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_FAST };
	struct zmem_cache *c = test_cache(test, 64, NULL), *other;
	struct zmem_prefill *p;

	other = zmem_cache_create("kunit-other", 64, &args);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	KUNIT_EXPECT_NULL(test, zmem_cache_prefill(c, GFP_KERNEL, ZMEM_PREFILL_MAX + 1));
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 1);
	KUNIT_EXPECT_NULL(test, zmem_cache_prefill(c, GFP_KERNEL | __GFP_DMA, 1));
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 2);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);

	/* Another cache's prefill is left alone. */
	p = zmem_cache_prefill(c, GFP_KERNEL, 2);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_NULL(test, zmem_cache_alloc_prefilled(other, GFP_KERNEL, p));
	zmem_cache_return_prefilled(other, p);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, other)->errors, 2);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 2);
	zmem_cache_return_prefilled(c, p);
	zmem_cache_return_prefilled(c, NULL);
	zmem_cache_destroy(other);
	zmem_cache_destroy(c);
}

/* Dirt from former lives is wiped when the object is taken, if the call says so. */
static void zeroes(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void **objects = test_array(test, NR);
	struct zmem_prefill *p;
	unsigned int i, dirty = 0;

	test_fill(test, c, objects, NR);
	for (i = 0; i < NR; i++)
		memset(objects[i], 0xa5, 64);
	zmem_cache_free_bulk(c, NR, objects);
	p = zmem_cache_prefill(c, GFP_KERNEL | __GFP_ZERO, NR);
	KUNIT_ASSERT_NOT_NULL(test, p);
	for (i = 0; i < NR; i++) {
		objects[i] = zmem_cache_alloc_prefilled(c, i % 2 ? __GFP_ZERO : 0, p);
		KUNIT_ASSERT_NOT_NULL(test, objects[i]);
		if (i % 2 || want_init_on_alloc(0) || want_init_on_free())
			KUNIT_EXPECT_NULL(test, memchr_inv(objects[i], 0, 64));
		else
			dirty += !!memchr_inv(objects[i], 0, 64);
	}
	if (!want_init_on_alloc(0) && !want_init_on_free())
		KUNIT_EXPECT_GT(test, dirty, 0);
	zmem_cache_return_prefilled(c, p);
	zmem_cache_free_bulk(c, NR, objects);
	zmem_cache_destroy(c);
}

static void construct(void *object)
{
	memset(object, 0xc7, 64);
}

/* No memory is allocated: a constructed object is what it was. */
static void constructed(struct kunit *test)
{
	struct zmem_cache_args args = { .ctor = construct };
	struct zmem_cache *c = test_cache(test, 64, &args);
	struct zmem_prefill *p = zmem_cache_prefill(c, GFP_KERNEL, 20);
	void *object;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, p);
	for (i = 0; i < 20; i++) {
		object = zmem_cache_alloc_prefilled(c, GFP_KERNEL, p);
		KUNIT_ASSERT_NOT_NULL(test, object);
		KUNIT_EXPECT_NULL(test, memchr_inv(object, 0xc7, 64));
		zmem_cache_free(c, object);
	}
	zmem_cache_return_prefilled(c, p);
	zmem_cache_destroy(c);
}

static struct {
	struct zmem_cache *c;
	struct zmem_prefill *p;
	void **objects;
	unsigned int nr;
	struct completion done;
} user;

static void use_prefill(void)
{
	user.objects[user.nr] = zmem_cache_alloc_prefilled(user.c, GFP_NOWAIT, user.p);
	user.nr += !!user.objects[user.nr];
}

/* Atomic, and with no magazine that could help: this CPU never used the cache. */
static int use_elsewhere(void *unused)
{
	unsigned int i;

	preempt_disable();
	for (i = 0; i < NR / 2; i++)
		use_prefill();
	preempt_enable();
	complete(&user.done);
	return 0;
}

static void user_start(struct kunit *test, unsigned int nr)
{
	user.c = test_cache(test, 64, NULL);
	user.p = zmem_cache_prefill(user.c, GFP_KERNEL, nr);
	KUNIT_ASSERT_NOT_NULL(test, user.p);
	user.objects = test_array(test, nr + 1);
	user.nr = 0;
	init_completion(&user.done);
}

static void user_end(struct kunit *test, unsigned int nr)
{
	KUNIT_EXPECT_EQ(test, user.nr, nr);
	zmem_cache_free_bulk(user.c, user.nr, user.objects);
	zmem_cache_return_prefilled(user.c, user.p);
	zmem_cache_shrink(user.c);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, user.c)->objects, 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, user.c)->slabs, 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, user.c)->errors, 0);
	zmem_cache_destroy(user.c);
}

/* Filled here, used on another, in two turns, until it is empty. */
static void migrates(struct kunit *test)
{
	unsigned int half;

	user_start(test, NR);
	for (half = 0; half < 2; half++) {
		unsigned int cpu = cpumask_next(raw_smp_processor_id(), cpu_online_mask);
		struct task_struct *task;

		if (cpu >= nr_cpu_ids)
			cpu = cpumask_first(cpu_online_mask);
		task = kthread_run_on_cpu(use_elsewhere, NULL, cpu, "zmem-test/%u");
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
		wait_for_completion(&user.done);
		reinit_completion(&user.done);
	}
	user_end(test, NR);
}

static void interrupt(struct irq_work *work)
{
	use_prefill();
}

/*
 * Interrupts take from it while the task is in the middle of the fast path,
 * where they could use neither the magazines nor, on some kernels, a lock.
 */
static void hostile_interrupt(struct kunit *test)
{
	static struct irq_work work;
	unsigned int i;

	work = IRQ_WORK_INIT_HARD(interrupt);
	user_start(test, NR);
	for (i = 0; i < NR; i++) {
		struct zmem_cpu *zc = zmem_cpu_enter(zmem_shares(user.c));

		KUNIT_EXPECT_NOT_NULL(test, zc);
		KUNIT_EXPECT_TRUE(test, irq_work_queue(&work));
		while (irq_work_is_busy(&work))
			cpu_relax();
		if (zc)
			zmem_cpu_exit(zc);
		irq_work_sync(&work);
		zmem_cache_free(user.c, zmem_cache_alloc(user.c, GFP_KERNEL));
	}
	KUNIT_EXPECT_EQ(test, test_snapshot(test, user.c)->busy, 0);
	user_end(test, NR);
}

static struct kunit_case prefill_cases[] = {
	KUNIT_CASE(serves_as_many_as_asked),
	KUNIT_CASE(counts_as_allocated),
	KUNIT_CASE(refuses),
	KUNIT_CASE(zeroes),
	KUNIT_CASE(constructed),
	KUNIT_CASE(migrates),
	KUNIT_CASE(hostile_interrupt),
	{}
};

static struct kunit_suite prefill_suite = {
	.name = "zmem_prefill",
	.init = test_init,
	.exit = test_exit,
	.test_cases = prefill_cases,
};

kunit_test_suite(prefill_suite);
