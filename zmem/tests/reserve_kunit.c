// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Reserves: objects for when there are no others.  A limit makes allocations
 * fail here, as short memory would.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>

#include "tests/util.h"
#include "core/hold.h"
#include "core/reserve.h"

#define RESERVE	8
#define LIMIT	40

static struct zmem_cache *reserved(struct kunit *test, enum zmem_mode mode)
{
	struct zmem_cache_args args = {
		.mode = mode, .reserve = RESERVE, .limit = LIMIT,
	};

	return test_cache(test, 64, &args);
}

static struct zmem_hold *hold(struct zmem_cache *c)
{
	return zmem_common(c)->hold;
}

static void refuses(struct kunit *test)
{
	struct zmem_cache_args args = { .reserve = ZMEM_RESERVE_MAX + 1 };

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(zmem_cache_create("kunit", 64, &args)),
			-EINVAL);
}

/* There from the start, cached and not allocated, and no hindrance to others. */
static void set_aside(struct kunit *test)
{
	struct zmem_cache *c = reserved(test, ZMEM_MODE_FAST);
	struct zmem_snapshot *s = test_snapshot(test, c);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, hold(c)->nr, RESERVE);
	KUNIT_EXPECT_EQ(test, s->cached, RESERVE);
	KUNIT_EXPECT_EQ(test, s->objects, 0);
	KUNIT_EXPECT_EQ(test, s->allocs, 0);
	zmem_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, hold(c)->nr, RESERVE);
	for (i = 0; i < 1000; i++)
		zmem_cache_free(c, zmem_cache_alloc(c, GFP_KERNEL));
	KUNIT_EXPECT_LE(test, test_snapshot(test, c)->misses, num_online_cpus());
	KUNIT_EXPECT_EQ(test, hold(c)->nr, RESERVE);
	zmem_cache_destroy(c);
}

/* The last ones come from the reserve, and the first freed go there. */
static void serves_and_refills(struct kunit *test)
{
	static const enum zmem_mode modes[] = { ZMEM_MODE_FAST, ZMEM_MODE_DEBUG };
	void **objects = test_array(test, LIMIT);
	struct zmem_cache *c;
	unsigned int i, k;

	for (k = 0; k < ARRAY_SIZE(modes); k++) {
		c = reserved(test, modes[k]);
		test_fill(test, c, objects, LIMIT - RESERVE);
		KUNIT_EXPECT_EQ(test, hold(c)->nr, RESERVE);
		for (i = LIMIT - RESERVE; i < LIMIT; i++) {
			objects[i] = zmem_cache_alloc(c, i % 2 ? GFP_NOWAIT : GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, objects[i]);
			memset(objects[i], (u8)i, 64);
			KUNIT_EXPECT_EQ(test, hold(c)->nr, LIMIT - 1 - i);
		}
		KUNIT_EXPECT_NULL(test, zmem_cache_alloc(c, GFP_NOWAIT));
		KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->failures, 1);
		/* What can never be had is not waited for. */
		KUNIT_EXPECT_NULL(test, zmem_cache_prefill(c, GFP_KERNEL, LIMIT + 1));
		KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, LIMIT);
		KUNIT_EXPECT_EQ(test, atomic_read(&hold(c)->closers), 1);
		KUNIT_EXPECT_TRUE(test, zmem_hold_drain(hold(c)));
		for (i = 0; i < RESERVE; i++) {
			KUNIT_EXPECT_EQ(test, hold(c)->nr, i);
			zmem_cache_free(c, objects[LIMIT - 1 - i]);
		}
		KUNIT_EXPECT_EQ(test, hold(c)->nr, RESERVE);
		KUNIT_EXPECT_EQ(test, atomic_read(&hold(c)->closers), 0);
		KUNIT_EXPECT_EQ(test, test_drop(c, objects, LIMIT - RESERVE), 0);
		KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);
		KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 0);
		zmem_cache_shrink(c);
		KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->cached, RESERVE);
		zmem_cache_destroy(c);
	}
}

/* Closed while an object of it is out, open again, and fast, once it is back. */
static void reopens(struct kunit *test)
{
	struct zmem_cache *c = reserved(test, ZMEM_MODE_FAST);
	void **objects = test_array(test, LIMIT);
	struct zmem_snapshot *a, *b;
	unsigned int i;

	test_fill(test, c, objects, LIMIT - RESERVE + 1);
	KUNIT_EXPECT_TRUE(test, zmem_hold_drain(hold(c)));
	KUNIT_EXPECT_EQ(test, hold(c)->nr, RESERVE - 1);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->cached, RESERVE - 1);
	a = test_snapshot(test, c);
	zmem_cache_free(c, objects[0]);
	b = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, b->free_misses, a->free_misses + 1);
	KUNIT_EXPECT_EQ(test, hold(c)->nr, RESERVE);
	for (i = 1; i < LIMIT - RESERVE + 1; i++)
		zmem_cache_free(c, objects[i]);
	a = test_snapshot(test, c);
	for (i = 0; i < 1000; i++)
		zmem_cache_free(c, zmem_cache_alloc(c, GFP_KERNEL));
	b = test_snapshot(test, c);
	KUNIT_EXPECT_GE(test, b->hits, a->hits + 1000 - num_online_cpus());
	zmem_cache_destroy(c);
}

static struct zmem_cache *closing;
static bool closed;

/* Closes the cache while a slab is made for a magazine. */
static void close_cache(void *object)
{
	struct zmem_cache *c = closing;

	closing = NULL;
	if (!c)
		return;
	atomic_inc(&hold(c)->closers);
	closed = zmem_hold_drain(hold(c));
}

/* A magazine that is on its way when the cache is closed is not loaded any more. */
static void closes_those_half_way(struct kunit *test)
{
	struct zmem_cache_args args = { .reserve = 1, .ctor = close_cache };
	struct zmem_cache *c = test_cache(test, 2048, &args);
	void **objects = test_array(test, 100);
	struct zmem_snapshot *s;
	unsigned int nr = 0;

	closed = false;
	closing = c;
	while (closing && nr < 100)
		objects[nr++] = zmem_cache_alloc(c, GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, closed);
	KUNIT_EXPECT_TRUE(test, zmem_magazines_off(zmem_common(c)));
	zmem_cache_free(c, objects[--nr]);
	s = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, s->free_hits, 0);
	KUNIT_EXPECT_EQ(test, s->free_misses, 1);
	atomic_dec(&hold(c)->closers);
	zmem_cache_free_bulk(c, nr, objects);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);
	zmem_cache_destroy(c);
}

/* Without anybody's asking. */
static void closes_all_cpus(struct kunit *test)
{
	struct zmem_cache *c = reserved(test, ZMEM_MODE_FAST);
	void **objects = test_array(test, LIMIT);
	unsigned int i;

	test_fill(test, c, objects, LIMIT - RESERVE);
	KUNIT_EXPECT_EQ(test, atomic_read(&hold(c)->asked), 0);
	objects[LIMIT - RESERVE] = zmem_cache_alloc(c, GFP_NOWAIT);
	KUNIT_EXPECT_NOT_NULL(test, objects[LIMIT - RESERVE]);
	for (i = 0; i < 5000 && !atomic_read(&hold(c)->drained); i++)
		usleep_range(1000, 2000);
	KUNIT_EXPECT_EQ(test, atomic_read(&hold(c)->drained), 1);
	zmem_cache_free_bulk(c, LIMIT - RESERVE + 1, objects);
	zmem_cache_destroy(c);
}

/* Objects that another CPU's magazines have fill it as well. */
static void drains_fill(struct kunit *test)
{
	struct zmem_cache *c = reserved(test, ZMEM_MODE_FAST);
	void **objects = test_array(test, LIMIT);

	test_fill(test, c, objects, LIMIT);
	KUNIT_EXPECT_EQ(test, hold(c)->nr, 0);
	/* As if they had been freed before the CPUs were closed. */
	atomic_dec(&hold(c)->closers);
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, LIMIT), 0);
	atomic_inc(&hold(c)->closers);
	KUNIT_EXPECT_TRUE(test, zmem_hold_drain(hold(c)));
	KUNIT_EXPECT_EQ(test, hold(c)->nr, RESERVE);
	KUNIT_EXPECT_EQ(test, atomic_read(&hold(c)->closers), 0);
	zmem_cache_destroy(c);
}

static struct zmem_cache *filling;
static void *filler;

/* Fills the reserve, as a free may do while a slab is made for it. */
static void fill_reserve(void *object)
{
	struct zmem_cache *c = filling;

	filling = NULL;
	if (c)
		zmem_reserve_put(hold(c), filler);
}

/* What was fetched for a place that is taken by then goes back to its slab. */
static void refill_comes_too_late(struct kunit *test)
{
	struct zmem_cache_args args = { .reserve = 1, .ctor = fill_reserve };
	struct zmem_cache *c = test_cache(test, 64, &args);
	unsigned int nr = test_slab_objects(c) - 1;
	void **objects = test_array(test, nr);

	/* The reserve's is the first of a slab: with all the others of it gone, */
	KUNIT_ASSERT_EQ(test, zmem_slab_alloc(zmem_common(c), GFP_KERNEL, numa_mem_id(),
					      objects, nr), nr);
	KUNIT_ASSERT_EQ(test, test_snapshot(test, c)->slabs, 1);
	filling = c;
	filler = hold(c)->objects[0];
	KUNIT_ASSERT_PTR_EQ(test, zmem_reserve_get(hold(c)), filler);
	/* the drain that this asks for makes another. */
	KUNIT_EXPECT_TRUE(test, zmem_hold_drain(hold(c)));
	KUNIT_EXPECT_NULL(test, filling);
	KUNIT_EXPECT_EQ(test, hold(c)->nr, 1);
	zmem_slab_free(zmem_common(c), objects, nr);
	zmem_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, zmem_common(c)->node[numa_mem_id()]->slabs.in_use, 1);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->slabs, 1);
	zmem_cache_destroy(c);
}

static void misuse_is_caught(struct kunit *test)
{
	struct zmem_cache *c = reserved(test, ZMEM_MODE_FAST);
	void **objects = test_array(test, LIMIT);

	test_fill(test, c, objects, LIMIT);
	KUNIT_EXPECT_TRUE(test, zmem_hold_drain(hold(c)));
	zmem_cache_free(c, objects[0]);
	zmem_cache_free(c, objects[1]);
	zmem_cache_free(c, objects[0]);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 1);
	KUNIT_EXPECT_EQ(test, hold(c)->nr, 2);
	zmem_cache_free(c, objects[2] + 8);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 2);
	KUNIT_EXPECT_EQ(test, hold(c)->nr, 2);
	zmem_cache_free_bulk(c, LIMIT - 2, objects + 2);
	zmem_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 2);
	zmem_cache_destroy(c);
}

static struct {
	struct zmem_cache *c;
	void *object;
	bool freed;
	struct completion go, done;
} other;

static int free_later(void *unused)
{
	wait_for_completion(&other.go);
	msleep(30);
	WRITE_ONCE(other.freed, true);
	zmem_cache_free(other.c, other.object);
	complete(&other.done);
	return 0;
}

/* Who may sleep waits for a free and never fails; others fail. */
static void waits(struct kunit *test)
{
	struct zmem_cache *c = reserved(test, ZMEM_MODE_FAST);
	void **objects = test_array(test, LIMIT);
	struct task_struct *task;
	unsigned int round;

	test_fill(test, c, objects, LIMIT);
	for (round = 0; round < 3; round++) {
		other.c = c;
		other.object = objects[round];
		other.freed = false;
		init_completion(&other.go);
		init_completion(&other.done);
		task = kthread_run(free_later, NULL, "zmem-test");
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
		KUNIT_EXPECT_NULL(test, zmem_cache_alloc(c, GFP_NOWAIT));
		complete(&other.go);
		objects[round] = zmem_cache_alloc(c, GFP_NOIO);
		KUNIT_EXPECT_TRUE(test, READ_ONCE(other.freed));
		KUNIT_ASSERT_NOT_NULL(test, objects[round]);
		wait_for_completion(&other.done);
	}
	zmem_cache_free_bulk(c, LIMIT, objects);
	zmem_hold_drain(hold(c));
	KUNIT_EXPECT_EQ(test, hold(c)->nr, RESERVE);
	zmem_cache_destroy(c);
}

#define WORKERS	4

struct worker {
	struct completion done;
	unsigned long failed;
};

/* More than its part of what there is: somebody always waits. */
static int work(void *arg)
{
	struct worker *w = arg;
	void *object;
	unsigned int i;

	for (i = 0; i < 300; i++) {
		object = zmem_cache_alloc(other.c, GFP_KERNEL);
		w->failed += !object;
		if (!(i % 16))
			usleep_range(1000, 2000);
		if (object)
			zmem_cache_free(other.c, object);
	}
	complete(&w->done);
	return 0;
}

static void waits_under_load(struct kunit *test)
{
	struct zmem_cache_args args = { .reserve = 2, .limit = 2 };
	struct worker *w = kunit_kzalloc(test, WORKERS * sizeof(*w), GFP_KERNEL);
	struct task_struct *task;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, w);
	other.c = test_cache(test, 64, &args);
	for (i = 0; i < WORKERS; i++) {
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
	}
	KUNIT_EXPECT_EQ(test, test_snapshot(test, other.c)->objects, 0);
	KUNIT_EXPECT_EQ(test, hold(other.c)->nr, 2);
	zmem_cache_destroy(other.c);
}

static struct kunit_case reserve_cases[] = {
	KUNIT_CASE(refuses),
	KUNIT_CASE(set_aside),
	KUNIT_CASE(serves_and_refills),
	KUNIT_CASE(reopens),
	KUNIT_CASE(closes_those_half_way),
	KUNIT_CASE(closes_all_cpus),
	KUNIT_CASE(drains_fill),
	KUNIT_CASE(refill_comes_too_late),
	KUNIT_CASE(misuse_is_caught),
	KUNIT_CASE(waits),
	KUNIT_CASE(waits_under_load),
	{}
};

static struct kunit_suite reserve_suite = {
	.name = "zmem_reserve",
	.init = test_init,
	.exit = test_exit,
	.test_cases = reserve_cases,
};

kunit_test_suite(reserve_suite);
