// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Limits: never more than so many, never a failure below that. */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>

#include "tests/util.h"
#include "core/hold.h"

#define LIMIT	100

static struct {
	struct zmem_cache *c;
	unsigned int calls;
	int closers;
	void *stash;
	void *arg;
	struct completion ready, go, done;
} owner;

static void reached(struct zmem_cache *c, void *arg)
{
	owner.calls++;
	owner.arg = arg;
	if (owner.stash)
		zmem_cache_free(c, owner.stash);
	owner.stash = NULL;
}

static struct zmem_cache *limited(struct kunit *test, enum zmem_mode mode)
{
	struct zmem_cache_args args = {
		.mode = mode, .limit = LIMIT, .limit_reached = reached,
		.limit_arg = &owner,
	};

	memset(&owner, 0, sizeof(owner));
	init_completion(&owner.ready);
	init_completion(&owner.go);
	init_completion(&owner.done);
	owner.c = test_cache(test, 64, &args);
	return owner.c;
}

static long out(struct zmem_cache *c)
{
	return atomic_long_read(&zmem_common(c)->hold->out);
}

static void refuses(struct kunit *test)
{
	struct zmem_cache_args args = { .limit = 7, .reserve = 8 };

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(zmem_cache_create("kunit", 64, &args)),
			-EINVAL);
}

/* So many and not one more, whatever the call may do; and again after a free. */
static void exact(struct kunit *test)
{
	static const enum zmem_mode modes[] = { ZMEM_MODE_FAST, ZMEM_MODE_DEBUG };
	void **objects = test_array(test, LIMIT + 1);
	struct zmem_cache *c;
	unsigned int i, k;

	for (k = 0; k < ARRAY_SIZE(modes); k++) {
		c = limited(test, modes[k]);
		test_fill(test, c, objects, LIMIT);
		KUNIT_EXPECT_EQ(test, owner.calls, 0);
		KUNIT_EXPECT_NULL(test, zmem_cache_alloc(c, GFP_KERNEL));
		KUNIT_EXPECT_NULL(test, zmem_cache_alloc(c, GFP_NOWAIT));
		KUNIT_EXPECT_EQ(test, owner.calls, 2);
		KUNIT_EXPECT_PTR_EQ(test, owner.arg, (void *)&owner);
		KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->failures, 2);
		KUNIT_EXPECT_TRUE(test, zmem_common(c)->reported & BIT(ZMEM_LIMIT_REACHED));
		KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 0);
		for (i = 0; i < LIMIT; i += 7) {
			zmem_cache_free(c, objects[i]);
			objects[i] = zmem_cache_alloc(c, GFP_NOWAIT);
			KUNIT_ASSERT_NOT_NULL(test, objects[i]);
			memset(objects[i], (u8)i, 64);
			KUNIT_EXPECT_NULL(test, zmem_cache_alloc(c, GFP_NOWAIT));
		}
		KUNIT_EXPECT_EQ(test, test_drop(c, objects, LIMIT), 0);
		zmem_cache_shrink(c);
		KUNIT_EXPECT_EQ(test, out(c), 0);
		KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->slabs, 0);
		zmem_cache_destroy(c);
	}
}

static void several_at_once(struct kunit *test)
{
	struct zmem_cache *c = limited(test, ZMEM_MODE_FAST);
	void **objects = test_array(test, LIMIT + 1);
	struct zmem_prefill *p;

	KUNIT_EXPECT_EQ(test, zmem_cache_alloc_bulk(c, GFP_KERNEL, LIMIT + 1, objects), 0);
	KUNIT_ASSERT_EQ(test, zmem_cache_alloc_bulk(c, GFP_KERNEL, 50, objects), 50);
	/* All or none. */
	KUNIT_EXPECT_NULL(test, zmem_cache_prefill(c, GFP_KERNEL, 51));
	KUNIT_EXPECT_EQ(test, zmem_cache_alloc_bulk(c, GFP_KERNEL, 51, objects + 50), 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 50);
	p = zmem_cache_prefill(c, GFP_KERNEL, 50);
	KUNIT_EXPECT_NOT_NULL(test, p);
	KUNIT_EXPECT_NULL(test, zmem_cache_alloc(c, GFP_KERNEL));
	zmem_cache_return_prefilled(c, p);
	zmem_cache_free_bulk(c, 50, objects);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);
	zmem_cache_destroy(c);
}

/* What the callback frees serves the call that it was called for. */
static void callback_helps(struct kunit *test)
{
	struct zmem_cache *c = limited(test, ZMEM_MODE_FAST);
	void **objects = test_array(test, LIMIT);
	static const gfp_t gfps[] = { GFP_KERNEL, GFP_NOWAIT };
	unsigned int i;

	test_fill(test, c, objects, LIMIT);
	for (i = 0; i < ARRAY_SIZE(gfps); i++) {
		owner.stash = objects[0];
		objects[0] = zmem_cache_alloc(c, gfps[i]);
		KUNIT_ASSERT_NOT_NULL(test, objects[0]);
		KUNIT_EXPECT_EQ(test, owner.calls, i + 1);
	}
	zmem_cache_free_bulk(c, LIMIT, objects);
	zmem_cache_destroy(c);
}

/* Leaves in this CPU's magazines, and in its node's depot, all that there may be. */
static int hoard(void *unused)
{
	static void *objects[LIMIT];
	unsigned int i, round;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < LIMIT; i++)
			objects[i] = zmem_cache_alloc(owner.c, GFP_KERNEL);
		for (i = 0; i < LIMIT; i++)
			if (objects[i])
				zmem_cache_free(owner.c, objects[i]);
	}
	complete(&owner.ready);
	/* A thread that ends may take its magazines along. */
	wait_for_completion(&owner.go);
	complete(&owner.done);
	return 0;
}

/* Who may sleep gets at what another CPU keeps. */
static void drains_others(struct kunit *test)
{
	struct zmem_cache *c = limited(test, ZMEM_MODE_FAST);
	void **objects = test_array(test, LIMIT);
	struct task_struct *task;
	unsigned int cpu = cpumask_next(raw_smp_processor_id(), cpu_online_mask);

	if (cpu >= nr_cpu_ids)
		cpu = cpumask_first(cpu_online_mask);
	task = kthread_run_on_cpu(hoard, NULL, cpu, "zmem-test/%u");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	wait_for_completion(&owner.ready);
	KUNIT_EXPECT_GT(test, out(c), 0);
	test_fill(test, c, objects, LIMIT);
	KUNIT_EXPECT_NULL(test, zmem_cache_alloc(c, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, out(c), LIMIT);
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, LIMIT), 0);
	complete(&owner.go);
	wait_for_completion(&owner.done);
	zmem_cache_destroy(c);
}

/* Half-way with an object: out of its slab, and nobody's, until somebody looks for it. */
static int half_way(void *unused)
{
	unsigned int i, nr;
	void *object;

	nr = zmem_slab_alloc(zmem_common(owner.c), GFP_KERNEL, numa_mem_id(), &object, 1);
	complete(&owner.ready);
	for (i = 0; i < 2000 && !owner.closers; i++) {
		usleep_range(1000, 2000);
		owner.closers = atomic_read(&zmem_common(owner.c)->hold->closers);
	}
	msleep(30);
	zmem_slab_free(zmem_common(owner.c), &object, nr);
	complete(&owner.done);
	return 0;
}

/* A call fails only when callers hold all: until then it looks, the cache being closed. */
static void waits_for_those_half_way(struct kunit *test)
{
	struct zmem_cache *c = limited(test, ZMEM_MODE_FAST);
	void **objects = test_array(test, LIMIT);
	struct task_struct *task;

	task = kthread_run(half_way, NULL, "zmem-test");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	wait_for_completion(&owner.ready);
	KUNIT_EXPECT_EQ(test, out(c), 1);
	test_fill(test, c, objects, LIMIT - 1);
	objects[LIMIT - 1] = zmem_cache_alloc(c, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, objects[LIMIT - 1]);
	wait_for_completion(&owner.done);
	KUNIT_EXPECT_EQ(test, owner.closers, 1);
	KUNIT_EXPECT_EQ(test, owner.calls, 0);
	KUNIT_EXPECT_NULL(test, zmem_cache_alloc(c, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, LIMIT - 1), 0);
	zmem_cache_free(c, objects[LIMIT - 1]);
	zmem_cache_destroy(c);
}

static int free_stash(void *object)
{
	msleep(30);
	zmem_cache_free(owner.c, object);
	complete(&owner.done);
	return 0;
}

static void nofail_waits(struct kunit *test)
{
	struct zmem_cache *c = limited(test, ZMEM_MODE_FAST);
	void **objects = test_array(test, LIMIT + 1);
	struct task_struct *task;

	test_fill(test, c, objects, LIMIT);
	task = kthread_run(free_stash, objects[0], "zmem-test");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	objects[0] = zmem_cache_alloc(c, GFP_KERNEL | __GFP_NOFAIL);
	KUNIT_EXPECT_NOT_NULL(test, objects[0]);
	wait_for_completion(&owner.done);
	KUNIT_EXPECT_NULL(test, zmem_cache_alloc(c, GFP_KERNEL));
	zmem_cache_free_bulk(c, LIMIT, objects);
	KUNIT_EXPECT_EQ(test, atomic_read(&zmem_common(c)->hold->closers), 0);
	zmem_cache_destroy(c);
}

#define WORKERS	4
#define SHARE	(LIMIT / WORKERS)

struct worker {
	struct completion done;
	u32 seed;
	unsigned long failed;
	unsigned long over;
};

/* Holds up to its share, and so never finds the limit reached. */
static int work(void *arg)
{
	struct worker *w = arg;
	void *objects[SHARE];
	unsigned int i, nr = 0;

	for (i = 0; i < 3000; i++) {
		w->seed = w->seed * 1664525 + 1013904223;
		if (nr < SHARE && w->seed >> 30) {
			objects[nr] = zmem_cache_alloc(owner.c, GFP_KERNEL);
			w->failed += !objects[nr];
			nr += !!objects[nr];
		} else if (nr) {
			zmem_cache_free(owner.c, objects[--nr]);
		}
		w->over += out(owner.c) > LIMIT;
	}
	while (nr)
		zmem_cache_free(owner.c, objects[--nr]);
	complete(&w->done);
	return 0;
}

static void exact_under_load(struct kunit *test)
{
	struct zmem_cache *c = limited(test, ZMEM_MODE_FAST);
	struct worker *w = kunit_kzalloc(test, WORKERS * sizeof(*w), GFP_KERNEL);
	struct task_struct *task;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, w);
	for (i = 0; i < WORKERS; i++) {
		w[i].seed = i;
		init_completion(&w[i].done);
		task = kthread_run(work, &w[i], "zmem-test/%u", i);
		if (IS_ERR(task)) {
			w[i].failed++;
			complete(&w[i].done);
		}
	}
	for (i = 0; i < WORKERS; i++) {
		wait_for_completion(&w[i].done);
		KUNIT_EXPECT_EQ(test, w[i].failed, 0);
		KUNIT_EXPECT_EQ(test, w[i].over, 0);
	}
	KUNIT_EXPECT_EQ(test, owner.calls, 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&zmem_common(c)->hold->closers), 0);
	zmem_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, out(c), 0);
	zmem_cache_destroy(c);
}

static struct kunit_case limit_cases[] = {
	KUNIT_CASE(refuses),
	KUNIT_CASE(exact),
	KUNIT_CASE(several_at_once),
	KUNIT_CASE(callback_helps),
	KUNIT_CASE(drains_others),
	KUNIT_CASE(waits_for_those_half_way),
	KUNIT_CASE(nofail_waits),
	KUNIT_CASE(exact_under_load),
	{}
};

static struct kunit_suite limit_suite = {
	.name = "zmem_limit",
	.init = test_init,
	.exit = test_exit,
	.test_cases = limit_cases,
};

kunit_test_suite(limit_suite);
