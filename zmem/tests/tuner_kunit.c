// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The tuner's rule, on a cache that only these tests tune. */
#include <linux/jiffies.h>
#include <linux/mutex.h>

#include "tests/util.h"
#include "core/tuner.h"

/* One look; the CPUs that are asked for something. */
static void look(struct zmem_cache *c, struct cpumask *wishes)
{
	cpumask_clear(wishes);
	mutex_lock(&zmem_caches_lock);
	zmem_tuner_look(zmem_common(c), wishes);
	mutex_unlock(&zmem_caches_lock);
}

static unsigned int look_times(struct zmem_cache *c, unsigned int times)
{
	struct cpumask wishes;

	while (times--)
		look(c, &wishes);
	return zmem_common(c)->magazine_size;
}

/* As if CPUs had met at the depot's lock @times times. */
static void meet(struct zmem_cache *c, unsigned int times)
{
	atomic_long_add(times, &test_depot(c, numa_mem_id())->contended);
}

static void steps_of_magazines(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, zmem_magazine_step(12, 1, 252), 28);
	KUNIT_EXPECT_EQ(test, zmem_magazine_step(28, -1, 252), 12);
	KUNIT_EXPECT_EQ(test, zmem_magazine_step(252, 1, 252), 252);
	KUNIT_EXPECT_EQ(test, zmem_magazine_step(4, -1, 252), 4);
	/* Up to the bound, and never down because of it. */
	KUNIT_EXPECT_EQ(test, zmem_magazine_step(28, 1, 40), 40);
	KUNIT_EXPECT_EQ(test, zmem_magazine_step(60, 1, 40), 60);
}

/* Three collisions are chance, four are a pattern; only new ones count. */
static void collisions_grow_magazines(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 1024, NULL);
	unsigned int size = zmem_common(c)->magazine_size, next;

	meet(c, 3);
	KUNIT_EXPECT_EQ(test, look_times(c, 1), size);
	meet(c, 4);
	next = zmem_magazine_step(size, 1, zmem_common(c)->magazine_max);
	KUNIT_EXPECT_GT(test, next, size);
	/* And there is one more step, which it is not to take. */
	KUNIT_EXPECT_GT(test, zmem_magazine_step(next, 1, zmem_common(c)->magazine_max), next);
	KUNIT_EXPECT_EQ(test, look_times(c, 1), next);
	KUNIT_EXPECT_EQ(test, look_times(c, 1), next);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->tuner_grown, 1);
	zmem_cache_destroy(c);
}

static void magazines_grow_to_their_bound(struct kunit *test)
{
	struct zmem_cache_args args = { .magazine_max = 100 };
	struct zmem_cache *c = test_cache(test, 64, &args);
	unsigned int i;

	for (i = 0; i < 10; i++) {
		meet(c, 4);
		look_times(c, 1);
	}
	KUNIT_EXPECT_EQ(test, zmem_common(c)->magazine_size, 100);
	zmem_cache_destroy(c);
}

/* Eight looks without an exchange are one step down. */
static void idle_caches_shrink(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	unsigned int size = zmem_common(c)->magazine_size;

	KUNIT_EXPECT_EQ(test, look_times(c, 7), size);
	KUNIT_EXPECT_EQ(test, look_times(c, 1),
			zmem_magazine_step(size, -1, zmem_common(c)->magazine_max));
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->tuner_shrunk, 1);
	/* An exchange, and it starts from the beginning. */
	size = zmem_common(c)->magazine_size;
	KUNIT_EXPECT_EQ(test, look_times(c, 7), size);
	test_depot(c, numa_mem_id())->exchanges++;
	KUNIT_EXPECT_EQ(test, look_times(c, 8), size);
	KUNIT_EXPECT_EQ(test, look_times(c, 1),
			zmem_magazine_step(size, -1, zmem_common(c)->magazine_max));
	zmem_cache_destroy(c);
}

/* What a depot keeps and nobody works with goes back, and is counted. */
static void idle_depots_are_reaped(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void **objects = test_array(test, 2000);
	struct zmem_depot *d = test_depot(c, numa_mem_id());
	unsigned int nr;

	test_fill(test, c, objects, 2000);
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, 2000), 0);
	nr = d->nr_full;
	KUNIT_ASSERT_GT(test, nr, 2);
	KUNIT_EXPECT_GE(test, test_snapshot(test, c)->depot_locks, d->locks);
	look_times(c, 2);
	KUNIT_EXPECT_EQ(test, d->nr_full, 0);
	KUNIT_EXPECT_GE(test, test_snapshot(test, c)->tuner_trimmed, nr);
	zmem_cache_destroy(c);
}

/* Idle twice after work: asked once to put its objects back; and again after more work. */
static void idle_cpus_drain_once(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	struct cpumask wishes;
	unsigned int i, asked, round;

	look(c, &wishes);
	KUNIT_EXPECT_TRUE(test, cpumask_empty(&wishes));
	for (round = 0; round < 2; round++) {
		zmem_cache_free(c, zmem_cache_alloc(c, GFP_KERNEL));
		KUNIT_EXPECT_GT(test, test_snapshot(test, c)->cached, 0);
		look(c, &wishes);
		KUNIT_EXPECT_TRUE(test, cpumask_empty(&wishes));
		for (i = asked = 0; i < 6; i++) {
			look(c, &wishes);
			asked += !cpumask_empty(&wishes);
			if (cpumask_test_cpu(raw_smp_processor_id(), &wishes))
				zmem_tuner_this_cpu(NULL);
		}
		KUNIT_EXPECT_EQ(test, asked, 1);
		KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->cached,
				test_depot(c, numa_mem_id())->objects);
	}
	zmem_cache_destroy(c);
}

/* What a CPU was asked for it does once. */
static void wishes_are_done_once(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	struct zmem_cpu_area *area = raw_cpu_ptr(zmem_area(zmem_common(c)));

	zmem_cache_free(c, zmem_cache_alloc(c, GFP_KERNEL));
	KUNIT_EXPECT_GT(test, test_snapshot(test, c)->cached, 0);
	mutex_lock(&zmem_caches_lock);
	area->slow.wish = ZMEM_WISH_DRAIN;
	mutex_unlock(&zmem_caches_lock);
	zmem_tuner_this_cpu(NULL);
	KUNIT_EXPECT_EQ(test, area->slow.wish, ZMEM_WISH_NOTHING);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->cached,
			test_depot(c, numa_mem_id())->objects);
	zmem_cache_destroy(c);
}

/* A cache is looked at when its interval is over, and not before. */
static void intervals_are_kept(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	struct zmem_tuner *t = &zmem_common(c)->tuner;
	static struct cpumask wishes;
	unsigned long runs;

	mutex_lock(&zmem_caches_lock);
	t->next = jiffies;
	mutex_unlock(&zmem_caches_lock);
	zmem_tuner_scan(&wishes);
	runs = t->runs;
	KUNIT_EXPECT_EQ(test, runs, 1);
	KUNIT_EXPECT_TRUE(test, time_after(t->next, jiffies + HZ));
	cpumask_setall(&wishes);
	zmem_tuner_scan(&wishes);
	KUNIT_EXPECT_LT(test, cpumask_weight(&wishes), nr_cpu_ids);
	KUNIT_EXPECT_EQ(test, t->runs, runs);
	zmem_cache_destroy(c);
}

static struct kunit_case tuner_cases[] = {
	KUNIT_CASE(steps_of_magazines),
	KUNIT_CASE(collisions_grow_magazines),
	KUNIT_CASE(magazines_grow_to_their_bound),
	KUNIT_CASE(idle_caches_shrink),
	KUNIT_CASE(idle_depots_are_reaped),
	KUNIT_CASE(idle_cpus_drain_once),
	KUNIT_CASE(wishes_are_done_once),
	KUNIT_CASE(intervals_are_kept),
	{}
};

static struct kunit_suite tuner_suite = {
	.name = "zmem_tuner",
	.init = test_init,
	.exit = test_exit,
	.test_cases = tuner_cases,
};

kunit_test_suite(tuner_suite);
