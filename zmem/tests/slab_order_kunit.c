// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Which slab serves, and where in its run each begins. */
#include "tests/util.h"

#define SLABS	4

static size_t run_bytes(struct zmem_cache *c)
{
	return PAGE_SIZE << zmem_common(c)->order;
}

static unsigned long run_of(struct zmem_cache *c, const void *object)
{
	return (unsigned long)object & ~(run_bytes(c) - 1);
}

/* Fills @objects with whole young slabs, one after the other. */
static struct zmem_cache *slabs_filled(struct kunit *test, unsigned int size, unsigned int slabs,
				       void ***objects)
{
	struct zmem_cache_args args = { TEST_CLOSED };
	struct zmem_cache *c = test_cache(test, size, &args);
	unsigned int nr = test_slab_objects(c), i;

	*objects = test_array(test, slabs * nr);
	test_fill(test, c, *objects, slabs * nr);
	for (i = 0; i < slabs * nr; i++)
		KUNIT_ASSERT_EQ(test, run_of(c, (*objects)[i]),
				run_of(c, (*objects)[i - i % nr]));
	return c;
}

/* Slabs serve from the fullest to the emptiest, each until it is used up. */
static void fullness_order(struct kunit *test)
{
	void **objects, *object;
	struct zmem_cache *c = slabs_filled(test, 128, SLABS, &objects);
	unsigned int nr = test_slab_objects(c), i, j;
	/* Free objects by slab; the fullest is not the first nor the last. */
	unsigned int nr_free[SLABS] = { nr / 2, nr - 1, 1, nr / 4 };
	static const unsigned int order[SLABS] = { 2, 3, 0, 1 };

	KUNIT_ASSERT_GE(test, nr, 8);
	for (i = 0; i < SLABS; i++)
		for (j = 0; j < nr_free[i]; j++)
			zmem_cache_free(c, objects[i * nr + j]);
	for (i = 0; i < SLABS; i++) {
		unsigned int slab = order[i];

		for (j = 0; j < nr_free[slab]; j++) {
			object = zmem_cache_alloc(c, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, object);
			KUNIT_EXPECT_EQ_MSG(test, run_of(c, object),
					    run_of(c, objects[slab * nr + nr - 1]),
					    "slab %u, object %u", slab, j);
			objects[slab * nr + j] = object;
		}
	}
	for (i = 0; i < SLABS * nr; i++)
		zmem_cache_free(c, objects[i]);
	zmem_cache_destroy(c);
}

/* Slabs in turn begin a cache line later, and from the start when slack ends. */
static void colours_in_turn(struct kunit *test, unsigned int size)
{
	void **objects;
	struct zmem_cache *c = slabs_filled(test, size, 12, &objects);
	unsigned int nr = test_slab_objects(c), i;
	size_t slack = run_bytes(c) - (size_t)nr * zmem_common(c)->size;
	size_t want = 0;

	for (i = 0; i < 12; i++) {
		unsigned long first = (unsigned long)objects[i * nr];

		KUNIT_EXPECT_EQ_MSG(test, first - run_of(c, objects[i * nr]), want,
				    "size %u, slab %u, slack %zu", size, i, slack);
		want += L1_CACHE_BYTES;
		if (want > slack)
			want = 0;
	}
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, 12 * nr), 0);
	zmem_cache_destroy(c);
}

static void colours(struct kunit *test)
{
	static const unsigned int sizes[] = { 64, 88, 104, 304, 576, 704, 832, 1352 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		colours_in_turn(test, sizes[i]);
}

static struct kunit_case slab_order_cases[] = {
	KUNIT_CASE(fullness_order),
	KUNIT_CASE(colours),
	{}
};

static struct kunit_suite slab_order_suite = {
	.name = "zmem_slab_order",
	.init = test_init,
	.exit = test_exit,
	.test_cases = slab_order_cases,
};

kunit_test_suite(slab_order_suite);
