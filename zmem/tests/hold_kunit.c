// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Reserve and limit, step by step: what each does to the books. */
#include <linux/atomic.h>

#include "tests/util.h"
#include "core/hold.h"
#include "core/limit.h"
#include "core/reserve.h"

#define RESERVE	4
#define LIMIT	10

static struct zmem_cache *held_cache(struct kunit *test, struct zmem_hold **h)
{
	struct zmem_cache_args args = { .reserve = RESERVE, .limit = LIMIT };
	struct zmem_cache *c = test_cache(test, 64, &args);

	*h = zmem_common(c)->hold;
	KUNIT_ASSERT_NOT_NULL(test, *h);
	KUNIT_ASSERT_EQ(test, (*h)->nr, RESERVE);
	KUNIT_ASSERT_EQ(test, atomic_read(&(*h)->closers), 0);
	return c;
}

/* Open again once it is full, closed as long as it is not. */
static void reserve_closes_and_opens(struct kunit *test)
{
	struct zmem_hold *h;
	struct zmem_cache *c = held_cache(test, &h);
	void *a = zmem_reserve_get(h), *b = zmem_reserve_get(h);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_PTR_NE(test, a, b);
	/* Asked for once, or again if the first drain was over by then. */
	KUNIT_EXPECT_GE(test, atomic_read(&h->asked), 1);
	/* The work that was asked for has filled it from the slabs by then. */
	KUNIT_EXPECT_TRUE(test, zmem_hold_drain(h));
	KUNIT_EXPECT_EQ(test, h->nr, RESERVE);
	KUNIT_EXPECT_EQ(test, atomic_read(&h->closers), 0);
	KUNIT_EXPECT_FALSE(test, zmem_reserve_put(h, a));
	KUNIT_EXPECT_FALSE(test, zmem_reserve_put(h, b));
	zmem_slab_free(zmem_common(c), &a, 1);
	zmem_slab_free(zmem_common(c), &b, 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&h->out), RESERVE);
	for (i = 0; i < RESERVE; i++)
		KUNIT_EXPECT_TRUE(test, zmem_reserve_put(h, h->objects[i]));
	KUNIT_EXPECT_EQ(test, h->nr, RESERVE);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, RESERVE);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->cached, RESERVE);
	zmem_cache_destroy(c);
}

/* A free while the cache is closed tells whoever waits, at once. */
static void frees_while_closed_are_told(struct kunit *test)
{
	struct zmem_hold *h;
	struct zmem_cache *c = held_cache(test, &h);
	void *object = zmem_cache_alloc(c, GFP_KERNEL);
	int events;

	KUNIT_ASSERT_NOT_NULL(test, object);
	zmem_cache_shrink(c);
	events = atomic_read(&h->events);
	atomic_inc(&h->closers);
	KUNIT_EXPECT_TRUE(test, zmem_magazines_off(zmem_common(c)));
	zmem_cache_shrink(c);
	zmem_cache_free(c, object);
	KUNIT_EXPECT_EQ(test, atomic_read(&h->events), events + 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&h->out), RESERVE);
	KUNIT_EXPECT_EQ(test, h->nr, RESERVE);
	/* One that is not out comes from nobody. */
	zmem_cache_free(c, object);
	KUNIT_EXPECT_EQ(test, atomic_read(&h->events), events + 1);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 1);
	atomic_dec(&h->closers);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->cached, RESERVE);
	zmem_cache_destroy(c);
}

/* Each drain that is asked for has a number, and ends. */
static void drains_are_numbered(struct kunit *test)
{
	struct zmem_hold *h;
	struct zmem_cache *c = held_cache(test, &h);
	int asked = atomic_read(&h->asked);

	zmem_cache_free(c, zmem_cache_alloc(c, GFP_KERNEL));
	KUNIT_EXPECT_TRUE(test, zmem_hold_drain(h));
	KUNIT_EXPECT_EQ(test, atomic_read(&h->asked), asked + 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&h->drained), asked + 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&h->out), RESERVE);
	KUNIT_EXPECT_EQ(test, zmem_hold_ask(h), asked + 2);
	KUNIT_EXPECT_TRUE(test, zmem_hold_drain(h));
	KUNIT_EXPECT_EQ(test, atomic_read(&h->drained), asked + 3);
	zmem_cache_destroy(c);
}

static void claims(struct kunit *test)
{
	struct zmem_hold *h;
	struct zmem_cache *c = held_cache(test, &h);
	struct zmem_common *common = zmem_common(c);

	KUNIT_EXPECT_EQ(test, atomic_long_read(&h->out), RESERVE);
	KUNIT_EXPECT_FALSE(test, zmem_limit_full(common));
	KUNIT_EXPECT_EQ(test, __zmem_limit_claim(h, LIMIT - RESERVE - 1), LIMIT - RESERVE - 1);
	KUNIT_EXPECT_FALSE(test, zmem_limit_full(common));
	KUNIT_EXPECT_EQ(test, __zmem_limit_claim(h, 5), 1);
	KUNIT_EXPECT_TRUE(test, zmem_limit_full(common));
	KUNIT_EXPECT_EQ(test, __zmem_limit_claim(h, 5), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&h->out), LIMIT);
	zmem_limit_give(common, LIMIT - RESERVE);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&h->out), RESERVE);
	KUNIT_EXPECT_TRUE(test, zmem_limit_allows(common, LIMIT));
	KUNIT_EXPECT_FALSE(test, zmem_limit_allows(common, LIMIT + 1));
	zmem_cache_destroy(c);
}

/* At the limit a call that may not sleep gets at what lies in depots. */
static void depots_are_called_in(struct kunit *test)
{
	struct zmem_cache_args args = { .limit = LIMIT };
	struct zmem_cache *c = test_cache(test, 64, &args);
	struct zmem_common *common = zmem_common(c);
	struct zmem_hold *h = common->hold;
	int node = numa_mem_id();
	struct zmem_magazine *mag = zmem_magazine_new(common, GFP_KERNEL, node, LIMIT);
	void *object;

	KUNIT_ASSERT_NOT_NULL(test, mag);
	mag->count = zmem_slab_alloc(common, GFP_KERNEL, node, mag->objects, LIMIT);
	KUNIT_ASSERT_EQ(test, mag->count, LIMIT);
	zmem_depot_put(common, mag);
	KUNIT_EXPECT_TRUE(test, zmem_limit_full(common));
	object = zmem_limit_alloc(h, GFP_NOWAIT, node);
	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&h->out), 1);
	KUNIT_EXPECT_EQ(test, test_depot(c, node)->objects, 0);
	zmem_slab_free(common, &object, 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&h->out), 0);
	zmem_cache_destroy(c);
}

static atomic_t told;

static void tell(struct zmem_cache *c, void *arg)
{
	atomic_add(*(int *)arg, &told);
}

/* The log is told once, the owner each time; without an owner nobody is. */
static void reports(struct kunit *test)
{
	int seven = 7;
	struct zmem_cache_args args = {
		.limit = LIMIT, .limit_reached = tell, .limit_arg = &seven,
	};
	struct zmem_hold *h;
	struct zmem_cache *c = held_cache(test, &h);

	KUNIT_EXPECT_FALSE(test, zmem_limit_report(h));
	KUNIT_EXPECT_EQ(test, zmem_common(c)->reported, 1ul << ZMEM_LIMIT_REACHED);
	zmem_cache_destroy(c);
	atomic_set(&told, 0);
	c = test_cache(test, 64, &args);
	KUNIT_EXPECT_TRUE(test, zmem_limit_report(zmem_common(c)->hold));
	KUNIT_EXPECT_TRUE(test, zmem_limit_report(zmem_common(c)->hold));
	KUNIT_EXPECT_EQ(test, atomic_read(&told), 14);
	zmem_cache_destroy(c);
}

static struct kunit_case hold_cases[] = {
	KUNIT_CASE(reserve_closes_and_opens),
	KUNIT_CASE(frees_while_closed_are_told),
	KUNIT_CASE(drains_are_numbered),
	KUNIT_CASE(claims),
	KUNIT_CASE(depots_are_called_in),
	KUNIT_CASE(reports),
	{}
};

static struct kunit_suite hold_suite = {
	.name = "zmem_hold",
	.init = test_init,
	.exit = test_exit,
	.test_cases = hold_cases,
};

kunit_test_suite(hold_suite);
