/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What the suites share. */
#ifndef _ZMEM_TESTS_UTIL_H
#define _ZMEM_TESTS_UTIL_H

#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "internal.h"
#include "core/cache.h"
#include "core/depot.h"
#include "core/pool.h"
#include "core/report.h"
#include "core/slab.h"

/* A cache for a test: nobody else touches it, and the tuner leaves it alone. */
static inline struct zmem_cache *test_cache(struct kunit *test, unsigned int size,
					    struct zmem_cache_args *args)
{
	struct zmem_cache_args quiet = args ? *args : (struct zmem_cache_args){};
	struct zmem_cache *c;

	if (!quiet.mode)
		quiet.mode = ZMEM_MODE_FAST;
	if (!quiet.tune_interval_ms)
		quiet.tune_interval_ms = 3600 * 1000;
	c = zmem_cache_create("kunit", size, &quiet);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, c);
	return c;
}

/* A cache whose calls all reach the slab, without what debug caches do there. */
#define TEST_CLOSED	.flags = ZMEM_CACHE_DMA32

static inline struct zmem_snapshot *test_snapshot(struct kunit *test,
						  struct zmem_cache *c)
{
	struct zmem_snapshot *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	zmem_snapshot_take(zmem_common(c), s);
	return s;
}

/* Objects in a slab of a young cache. */
static inline unsigned int test_slab_objects(struct zmem_cache *c)
{
	return zmem_slab_objects(zmem_common(c), zmem_common(c)->order);
}

static inline struct zmem_depot *test_depot(struct zmem_cache *c, int node)
{
	return &zmem_common(c)->node[node]->depot;
}

static inline void **test_array(struct kunit *test, size_t nr)
{
	void **array = kunit_kzalloc(test, nr * sizeof(*array), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, array);
	return array;
}

/*
 * Each case runs on one CPU, so that it knows which magazines and which node
 * serve it, and keeps the log clean of the misuse that it provokes.
 */
static inline int test_init(struct kunit *test)
{
	zmem_reports_muted = true;
	return set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id()));
}

static inline void test_exit(struct kunit *test)
{
	zmem_reports_muted = false;
}

/* Allocates @nr objects, each filled with its number's low byte. */
static inline void test_fill(struct kunit *test, struct zmem_cache *c,
			     void **objects, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		objects[i] = zmem_cache_alloc(c, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objects[i]);
		memset(objects[i], (u8)i, zmem_common(c)->object_size);
	}
}

/* Whether each still holds what test_fill() wrote; then frees them. */
static inline size_t test_drop(struct zmem_cache *c, void **objects, size_t nr)
{
	size_t i, j, bad = 0;

	for (i = 0; i < nr; i++) {
		const u8 *bytes = objects[i];

		for (j = 0; j < zmem_common(c)->object_size; j++)
			bad += bytes[j] != (u8)i;
		zmem_cache_free(c, objects[i]);
	}
	return bad;
}

#endif /* _ZMEM_TESTS_UTIL_H */
