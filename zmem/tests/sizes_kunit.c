// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Allocation by size: classes, runs, realloc, and kmalloc's promises. */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "tests/util.h"
#include "core/sizes.h"

/* Every size lands in the smallest class that holds it. */
static void classes(struct kunit *test)
{
	unsigned int class, last = 0;
	size_t size;

	for (size = 1; size <= ZMEM_MEDIUM_MAX; size++) {
		class = zmem_size_class(size);
		KUNIT_ASSERT_LT(test, class, ZMEM_SIZE_CLASSES);
		KUNIT_ASSERT_LE(test, size, zmem_cache_size(zmem_size_caches[class]));
		if (class > 1)
			KUNIT_ASSERT_GT(test, size, zmem_cache_size(zmem_size_caches[class - 1]));
		KUNIT_ASSERT_TRUE(test, class == last || class == last + 1);
		last = class;
	}
	KUNIT_EXPECT_EQ(test, last, ZMEM_SIZE_CLASSES - 1);
}

/* By what they hold: who reads statistics has nothing else to go by. */
static void class_names(struct kunit *test)
{
	char name[ZMEM_NAME_MAX];
	unsigned int class;

	for (class = 0; class < ZMEM_SIZE_CLASSES; class++) {
		struct zmem_common *c = zmem_common(zmem_size_caches[class]);

		snprintf(name, sizeof(name), "zmem-%u", class ? c->object_size : 0);
		KUNIT_EXPECT_STREQ(test, c->name, name);
	}
}

/* As kmalloc: aligned to the largest power of two that divides the size. */
static void natural_alignment(struct kunit *test)
{
	void *p[4];
	size_t size, align;
	int i;

	for (size = 1; size <= 4 * ZMEM_MEDIUM_MAX; size += size < 512 ? 1 : 8) {
		align = max_t(size_t, size & -size, ARCH_KMALLOC_MINALIGN);
		for (i = 0; i < 4; i++) {
			p[i] = zmem_alloc(size, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, p[i]);
			KUNIT_EXPECT_TRUE_MSG(test, IS_ALIGNED((unsigned long)p[i], align),
					      "size %zu", size);
			KUNIT_EXPECT_GE(test, zmem_usable_size(p[i]), size);
		}
		while (i--)
			zmem_free(p[i]);
	}
}

static void large(struct kunit *test)
{
	static const size_t sizes[] = { 8193, 12288, 65536, 100000, 1 << 20, 4 << 20 };
	long pages, before = zmem_pools_pages() - zmem_pools_cached();
	size_t i;
	u8 *p;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		p = zmem_alloc(sizes[i], GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL_MSG(test, p, "size %zu", sizes[i]);
		memset(p, 0xa5, sizes[i]);
		pages = zmem_pools_pages() - zmem_pools_cached() - before;
		/* As long as asked, in whole pages, and no longer. */
		KUNIT_EXPECT_EQ(test, pages, (long)DIV_ROUND_UP(sizes[i], PAGE_SIZE));
		KUNIT_EXPECT_EQ(test, zmem_usable_size(p), pages * PAGE_SIZE);
		zmem_free(p);
		KUNIT_EXPECT_EQ(test, zmem_pools_pages() - zmem_pools_cached(), before);
		p = zmem_zalloc(sizes[i], GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, sizes[i]));
		zmem_free(p);
	}
}

static void limits(struct kunit *test)
{
	unsigned long errors = atomic_long_read(&zmem_large->errors);
	size_t none = 0;

	/* Not constant, lest the compiler answer. */
	OPTIMIZER_HIDE_VAR(none);
	KUNIT_EXPECT_PTR_EQ(test, zmem_alloc(none, GFP_KERNEL), ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, zmem_zalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
	zmem_free(ZERO_SIZE_PTR);
	zmem_free(NULL);
	KUNIT_EXPECT_EQ(test, zmem_usable_size(NULL), 0);
	KUNIT_EXPECT_EQ(test, zmem_usable_size(ZERO_SIZE_PTR), 0);
	KUNIT_EXPECT_NULL(test, __zmem_alloc(ZMEM_ALLOC_MAX + 1, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, __zmem_alloc(SIZE_MAX, GFP_KERNEL | __GFP_NOWARN));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zmem_large->errors), errors + 1);
}

/* Pointers that never came from here are told, and nothing happens. */
static void foreign(struct kunit *test)
{
	unsigned long errors = atomic_long_read(&zmem_large->errors);
	void *theirs = kmalloc(64, GFP_KERNEL);
	u8 *run = zmem_alloc(3 * PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, run);
	zmem_free(theirs);
	zmem_free((void *)&zmem_large);
	zmem_free((void *)8192);
	zmem_free(run + PAGE_SIZE);
	zmem_free(run + 16);
	KUNIT_EXPECT_EQ(test, zmem_usable_size(theirs), 0);
	KUNIT_EXPECT_NULL(test, zmem_realloc(theirs, 128, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zmem_large->errors), errors + 6);
	zmem_free(run);
	zmem_free(run);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zmem_large->errors), errors + 7);
	kfree(theirs);
}

static void zero_on_alloc(struct kunit *test)
{
	size_t size;
	u8 *p;

	for (size = 1; size <= 20000; size = size * 3 / 2 + 1) {
		p = zmem_alloc(size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p);
		/* The machine's own setting holds for us as for kmalloc(). */
		if (want_init_on_alloc(GFP_KERNEL))
			KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, size));
		memset(p, 0xff, zmem_usable_size(p));
		zmem_free(p);
		p = zmem_zalloc(size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, zmem_usable_size(p)));
		memset(p, 0xff, zmem_usable_size(p));
		zmem_free(p);
	}
}

/* Requests for a zone get pages of their own and leave no trace behind. */
static void dma_bypasses_magazines(struct kunit *test)
{
	struct zmem_cache *c = zmem_size_caches[zmem_size_class(64)];
	u64 calls = test_snapshot(test, c)->allocs;
	unsigned long cached = zmem_pools_cached();
	void *p;

	p = zmem_alloc(64, GFP_KERNEL | __GFP_DMA32);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_PTR_EQ(test, zmem_page_cache(zmem_virt_to_page(p)), zmem_large->cache);
	KUNIT_EXPECT_EQ(test, zmem_page_home(zmem_virt_to_page(p)), ZMEM_PAGE_BYPASS);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->allocs, calls);
	zmem_free(p);
	KUNIT_EXPECT_EQ(test, zmem_pools_cached(), cached);
	p = zmem_alloc(100000, GFP_KERNEL | __GFP_DMA32 | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, 100000));
	zmem_free(p);
	KUNIT_EXPECT_EQ(test, zmem_pools_cached(), cached);
}

static void realloc_keeps(struct kunit *test)
{
	size_t size, old = 0, i, bad = 0;
	u8 *p = NULL;

	for (size = 1; size < 300000; size = size * 2 + 1) {
		p = zmem_realloc(p, size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p);
		for (i = 0; i < old; i++)
			bad += p[i] != (u8)(i * 7);
		for (i = 0; i < size; i++)
			p[i] = i * 7;
		old = size;
	}
	KUNIT_EXPECT_EQ(test, bad, 0);
	KUNIT_EXPECT_PTR_EQ(test, zmem_realloc(p, 10, GFP_KERNEL), (void *)p);
	/* A failed call leaves what there was. */
	KUNIT_EXPECT_NULL(test, zmem_realloc(p, ZMEM_ALLOC_MAX + 1, GFP_KERNEL | __GFP_NOWARN));
	KUNIT_EXPECT_EQ(test, p[9], 63);
	KUNIT_EXPECT_PTR_EQ(test, zmem_realloc(p, 0, GFP_KERNEL), ZERO_SIZE_PTR);

	p = zmem_zalloc(20, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	memset(p, 0xff, 20);
	p = zmem_realloc(p, 10, GFP_KERNEL | __GFP_ZERO);
	p = zmem_realloc(p, 24, GFP_KERNEL | __GFP_ZERO);
	KUNIT_EXPECT_NULL(test, memchr_inv(p + 10, 0, 14));
	zmem_free(p);
}

/* Constant sizes go where variable ones go. */
static void constant_and_variable(struct kunit *test)
{
	size_t size = 200;
	void *a, *b;

	OPTIMIZER_HIDE_VAR(size);
	a = zmem_alloc(200, GFP_KERNEL);
	b = zmem_alloc(size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_PTR_EQ(test, zmem_page_cache(zmem_virt_to_page(a)),
			    zmem_page_cache(zmem_virt_to_page(b)));
	zmem_free(a);
	zmem_free(b);
}

static struct kunit_case sizes_cases[] = {
	KUNIT_CASE(classes),
	KUNIT_CASE(class_names),
	KUNIT_CASE(natural_alignment),
	KUNIT_CASE(large),
	KUNIT_CASE(limits),
	KUNIT_CASE(foreign),
	KUNIT_CASE(zero_on_alloc),
	KUNIT_CASE(dma_bypasses_magazines),
	KUNIT_CASE(realloc_keeps),
	KUNIT_CASE(constant_and_variable),
	{}
};

static struct kunit_suite sizes_suite = {
	.name = "zmem_sizes",
	.init = test_init,
	.exit = test_exit,
	.test_cases = sizes_cases,
};

kunit_test_suite(sizes_suite);
