// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Object caches: creation, contents, constructors, bulk, misuse, destruction. */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "tests/util.h"
#include "core/sizes.h"

static void create_refuses(struct kunit *test)
{
	static const struct {
		const char *name;
		unsigned int size;
		struct zmem_cache_args args;
	} bad[] = {
		{ NULL, 64 },
		{ "", 64 },
		{ "a/b", 64 },
		{ "a b", 64 },
		{ ".hidden", 64 },
		{ "a-name-of-thirty-two-characters.", 64 },
		{ "size-0", 0 },
		{ "size-over", ZMEM_OBJECT_MAX + 1 },
		{ "align", 64, { .align = 24 } },
		{ "align-over", 64, { .align = 2 * PAGE_SIZE } },
		{ "flags", 64, { .flags = 1u << 31 } },
		{ "mode", 64, { .mode = ZMEM_MODE_DEBUG + 1 } },
		{ "magazine", 64, { .magazine_max = ZMEM_MAGAZINE_MAX + 1 } },
		{ "depot", 64, { .depot_max_kib = ZMEM_DEPOT_MAX_KIB + 1 } },
	};
	struct zmem_cache *c;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		c = zmem_cache_create(bad[i].name, bad[i].size, &bad[i].args);
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR_OR_ZERO(c), -EINVAL, "case %zu", i);
		if (!IS_ERR(c))
			zmem_cache_destroy(c);
	}
	c = __zmem_cache_create("layout", 64, NULL, ZMEM_LAYOUT + 1);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(c), -ENOEXEC);
	c = test_cache(test, 64, NULL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(zmem_cache_create("kunit", 8, NULL)), -EEXIST);
	zmem_cache_destroy(c);
	zmem_cache_destroy(NULL);
	zmem_cache_destroy(ERR_PTR(-ENOMEM));
}

static const unsigned int sizes[] = { 1, 8, 17, 64, 100, 192, 512, 1000, 2048, 4096, 8192, 32768 };

/* Objects of every kind of size hold what was written to them, apart. */
static void contents(struct kunit *test)
{
	void **objects = test_array(test, 700);
	struct zmem_cache *c;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		c = test_cache(test, sizes[i], NULL);
		KUNIT_EXPECT_EQ(test, zmem_cache_size(c), sizes[i]);
		test_fill(test, c, objects, 700);
		KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 700);
		KUNIT_EXPECT_EQ_MSG(test, test_drop(c, objects, 700), 0, "size %u", sizes[i]);
		KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);
		zmem_cache_destroy(c);
	}
}

static void alignment(struct kunit *test)
{
	void **objects = test_array(test, 200);
	struct zmem_cache_args args = {};
	struct zmem_cache *c;
	size_t i;

	for (args.align = 8; args.align <= PAGE_SIZE; args.align *= 2) {
		c = test_cache(test, 24, &args);
		test_fill(test, c, objects, 200);
		for (i = 0; i < 200; i++)
			KUNIT_ASSERT_TRUE(test, IS_ALIGNED((unsigned long)objects[i],
							   args.align));
		test_drop(c, objects, 200);
		zmem_cache_destroy(c);
	}
	args.align = 0;
	args.flags = ZMEM_HWCACHE_ALIGN;
	c = test_cache(test, 24, &args);
	KUNIT_EXPECT_EQ(test, zmem_common(c)->align, 32);
	zmem_cache_destroy(c);
	c = test_cache(test, 65, &args);
	KUNIT_EXPECT_EQ(test, zmem_common(c)->align, L1_CACHE_BYTES);
	zmem_cache_destroy(c);
}

static atomic_t constructed;

static void construct(void *object)
{
	memset(object, 0xc7, 48);
	atomic_inc(&constructed);
}

/* Constructed once a slab, left alone by allocation and free. */
static void constructor(struct kunit *test)
{
	struct zmem_cache_args args = { .ctor = construct };
	struct zmem_cache *c = test_cache(test, 48, &args);
	void **objects = test_array(test, 300);
	size_t i, j, bad = 0;

	atomic_set(&constructed, 0);
	for (j = 0; j < 3; j++) {
		for (i = 0; i < 300; i++) {
			objects[i] = zmem_cache_alloc(c, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, objects[i]);
			bad += !!memchr_inv(objects[i], 0xc7, 48);
		}
		for (i = 0; i < 300; i++)
			zmem_cache_free(c, objects[i]);
	}
	KUNIT_EXPECT_EQ(test, bad, 0);
	KUNIT_EXPECT_EQ(test, (u64)atomic_read(&constructed),
			test_snapshot(test, c)->slabs * test_slab_objects(c));
	/* Zeroing would undo the constructor's work: refused, and said. */
	KUNIT_EXPECT_NULL(test, zmem_cache_zalloc(c, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 1);
	zmem_cache_destroy(c);
}

static void zeroed(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 72, NULL);
	size_t i, bad = 0;

	for (i = 0; i < 500; i++) {
		u8 *object = zmem_cache_zalloc(c, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, object);
		bad += !!memchr_inv(object, 0, 72);
		memset(object, 0xff, 72);
		zmem_cache_free(c, object);
	}
	KUNIT_EXPECT_EQ(test, bad, 0);
	zmem_cache_destroy(c);
}

static void bulk(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void **objects = test_array(test, 1000);
	static const size_t counts[] = { 0, 1, 16, 59, 60, 61, 100, 1000 };
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		size_t nr = counts[i];

		KUNIT_ASSERT_EQ(test, zmem_cache_alloc_bulk(c, GFP_KERNEL, nr, objects),
				(int)nr);
		for (j = 0; j < nr; j++)
			memset(objects[j], (u8)j, 64);
		for (j = 0; j < nr; j++)
			KUNIT_EXPECT_NULL(test, memchr_inv(objects[j], (u8)j, 64));
		KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, nr);
		zmem_cache_free_bulk(c, nr, objects);
		KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);
	}
	/* Zeroed like single ones. */
	KUNIT_ASSERT_EQ(test, zmem_cache_alloc_bulk(c, GFP_KERNEL | __GFP_ZERO, 100,
						    objects), 100);
	for (j = 0; j < 100; j++)
		KUNIT_EXPECT_NULL(test, memchr_inv(objects[j], 0, 64));
	zmem_cache_free_bulk(c, 100, objects);
	zmem_cache_destroy(c);
}

/* All or none: what can't be served gives back what it took. */
static void bulk_all_or_none(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void **objects = test_array(test, 8);

	KUNIT_EXPECT_EQ(test, zmem_cache_alloc_bulk(c, GFP_KERNEL | __GFP_DMA, 8,
						    objects), 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);
	zmem_cache_destroy(c);
}

/* A zone that the cache is not made for is misuse, not a wrong page. */
static void zones(struct kunit *test)
{
	struct zmem_cache_args args = { .flags = ZMEM_CACHE_DMA32 };
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void *object;

	KUNIT_EXPECT_NULL(test, zmem_cache_alloc(c, GFP_KERNEL | __GFP_DMA));
	KUNIT_EXPECT_NULL(test, zmem_cache_alloc(c, GFP_KERNEL | __GFP_ACCOUNT));
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 2);
	zmem_cache_destroy(c);

	/* A cache of a zone has no magazines: its objects mix with no others. */
	c = test_cache(test, 64, &args);
	object = zmem_cache_alloc(c, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->hits, 0);
	zmem_cache_free(c, object);
	object = zmem_cache_alloc(c, GFP_KERNEL | __GFP_DMA32);
	KUNIT_EXPECT_NOT_NULL(test, object);
	zmem_cache_free(c, object);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->magazines, 0);
	zmem_cache_destroy(c);
}

static void immediate_double_free(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void **room = test_array(test, 3), *a, *b;

	/* Where the magazine has room, and where the free fills it. */
	test_fill(test, c, room, 3);
	zmem_cache_free(c, room[0]);
	zmem_cache_free(c, room[0]);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 1);
	zmem_cache_free(c, room[1]);
	zmem_cache_free(c, room[2]);
	zmem_cache_free(c, room[2]);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 2);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);
	a = zmem_cache_alloc(c, GFP_KERNEL);
	b = zmem_cache_alloc(c, GFP_KERNEL);
	KUNIT_EXPECT_PTR_NE(test, a, b);
	zmem_cache_free(c, a);
	zmem_cache_free(c, b);
	zmem_cache_destroy(c);
}

/* The larger the objects, the fewer in a magazine. */
static void magazine_sizes(struct kunit *test)
{
	static const struct {
		unsigned int size, magazine;
	} expected[] = {
		{ 8, 124 }, { 248, 124 }, { 256, 28 }, { 1016, 28 }, { 1024, 12 },
		{ 4096, 12 }, { 4104, 4 },
	};
	struct zmem_cache *c;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		c = test_cache(test, expected[i].size, NULL);
		KUNIT_EXPECT_EQ_MSG(test, test_snapshot(test, c)->magazine_size,
				    expected[i].magazine, "size %u", expected[i].size);
		zmem_cache_destroy(c);
	}
}

/* In a debug cache every call reaches the slab, and tells at once. */
static void debug_catches_at_the_call(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_DEBUG };
	struct zmem_cache *c = test_cache(test, 64, &args);
	void *a = zmem_cache_alloc(c, GFP_KERNEL), *b = zmem_cache_alloc(c, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_ASSERT_NOT_NULL(test, b);
	zmem_cache_free(c, a);
	zmem_cache_free(c, b);
	zmem_cache_free(c, a);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 1);
	KUNIT_EXPECT_EQ(test, zmem_common(c)->reported, 1ul << ZMEM_DOUBLE_FREE);
	zmem_cache_destroy(c);
}

/* Elsewhere a drain brings a wrong object to its slab, where it is told. */
static void misuse_is_told_at_the_slab(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void **objects = test_array(test, 4);

	test_fill(test, c, objects, 4);
	zmem_cache_free(c, objects[0]);
	zmem_cache_free(c, objects[1]);
	zmem_cache_free(c, objects[0]);			/* twice, not at once */
	zmem_cache_free(c, (char *)objects[2] + 8);	/* into an object */
	zmem_cache_free(c, c);				/* not zmem's */
	zmem_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 3);
	KUNIT_EXPECT_EQ(test, zmem_common(c)->reported, 1ul << ZMEM_DOUBLE_FREE |
			1ul << ZMEM_INTERIOR_POINTER | 1ul << ZMEM_FOREIGN_POINTER);
	zmem_cache_free(c, objects[2]);
	zmem_cache_free(c, objects[3]);
	zmem_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->slabs, 0);
	zmem_cache_destroy(c);
}

static void wrong_cache(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL), *other;
	void *object = zmem_cache_alloc(c, GFP_KERNEL);

	other = zmem_cache_create("kunit-other", 64, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	zmem_cache_free(other, object);
	zmem_cache_shrink(other);
	KUNIT_EXPECT_EQ(test, zmem_common(other)->reported, 1ul << ZMEM_WRONG_CACHE);
	zmem_cache_free(c, object);
	zmem_cache_destroy(other);
	zmem_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->slabs, 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 0);
	zmem_cache_destroy(c);
}

/* Nothing stays when a cache goes, or when it shrinks. */
static void pages_come_back(struct kunit *test)
{
	void **objects = test_array(test, 5000);
	struct zmem_cache *c;
	long before;

	zmem_pools_trim(ULONG_MAX);
	before = zmem_pools_pages();
	c = test_cache(test, 128, NULL);
	test_fill(test, c, objects, 5000);
	KUNIT_EXPECT_GE(test, zmem_pools_pages() - before, 5000 * 128 / (long)PAGE_SIZE);
	test_drop(c, objects, 5000);
	zmem_cache_shrink(c);
	zmem_pools_trim(ULONG_MAX);
	KUNIT_EXPECT_EQ(test, zmem_pools_pages(), before);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->magazines, 0);
	test_fill(test, c, objects, 100);
	test_drop(c, objects, 100);
	zmem_cache_destroy(c);
	zmem_pools_trim(ULONG_MAX);
	KUNIT_EXPECT_EQ(test, zmem_pools_pages(), before);
}

/* A leak keeps its memory, and its page leads nowhere. */
static void leaked_objects_stay(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	u8 *object = zmem_cache_alloc(c, GFP_KERNEL);
	unsigned long large_errors;
	struct page *page;

	KUNIT_ASSERT_NOT_NULL(test, object);
	memset(object, 0x5a, 64);
	zmem_cache_destroy(c);
	KUNIT_EXPECT_NULL(test, memchr_inv(object, 0x5a, 64));
	page = zmem_virt_to_page(object);
	KUNIT_ASSERT_FALSE(test, zmem_page_tagged(page));
	large_errors = atomic_long_read(&zmem_large->errors);
	zmem_free(object);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zmem_large->errors), large_errors + 1);
	/* The test owns the page now: a slab of 64-byte objects is one page. */
	zmem_pools_leak(-1);
	zmem_pool_forget(page_to_nid(page), 1);
	__free_pages(page, 0);
}

static void settings(struct kunit *test)
{
	struct zmem_cache_args args = { .magazine_max = 10, .depot_max_kib = 7,
					.debug_flags = ZMEM_DEBUG_RANDOM };
	struct zmem_cache *c = test_cache(test, 64, &args);
	struct zmem_snapshot *s = test_snapshot(test, c);

	KUNIT_EXPECT_EQ(test, s->magazine_max, 10);
	KUNIT_EXPECT_EQ(test, s->magazine_size, 10);
	KUNIT_EXPECT_EQ(test, s->depot_max_kib, 7);
	KUNIT_EXPECT_EQ(test, s->debug_flags, ZMEM_DEBUG_RANDOM);
	KUNIT_EXPECT_EQ(test, s->mode, ZMEM_MODE_FAST);
	KUNIT_EXPECT_STREQ(test, s->name, "kunit");
	zmem_cache_destroy(c);
	c = zmem_cache_create("kunit", 64, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, c);
	s = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, s->magazine_max, zmem_defaults.magazine_max);
	KUNIT_EXPECT_EQ(test, s->mode, zmem_defaults.mode);
	zmem_cache_destroy(c);
}

static struct kunit_case cache_cases[] = {
	KUNIT_CASE(create_refuses),
	KUNIT_CASE(contents),
	KUNIT_CASE(alignment),
	KUNIT_CASE(constructor),
	KUNIT_CASE(zeroed),
	KUNIT_CASE(bulk),
	KUNIT_CASE(bulk_all_or_none),
	KUNIT_CASE(zones),
	KUNIT_CASE(immediate_double_free),
	KUNIT_CASE(debug_catches_at_the_call),
	KUNIT_CASE(misuse_is_told_at_the_slab),
	KUNIT_CASE(wrong_cache),
	KUNIT_CASE(pages_come_back),
	KUNIT_CASE(leaked_objects_stay),
	KUNIT_CASE(settings),
	KUNIT_CASE(magazine_sizes),
	{}
};

static struct kunit_suite cache_suite = {
	.name = "zmem_cache",
	.init = test_init,
	.exit = test_exit,
	.test_cases = cache_cases,
};

kunit_test_suite(cache_suite);
