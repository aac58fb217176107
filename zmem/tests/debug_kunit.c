// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Debug caches: what they catch at the call, what they remember, what they tell. */
#include <linux/mm.h>
#include <linux/poison.h>
#include <linux/string.h>
#include <compat/poison.h>

#include "tests/util.h"
#include "core/debug.h"
#include "core/sites.h"
#include "core/sizes.h"
#include "core/slab_layout.h"

static struct zmem_cache *debug_cache(struct kunit *test, unsigned int size, unsigned int flags)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_DEBUG, .debug_flags = flags };

	return test_cache(test, size, &args);
}

static void *one(struct kunit *test, struct zmem_cache *c)
{
	void *object = zmem_cache_alloc(c, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, object);
	return object;
}

/* Whether just this kind of misuse was seen, @times. */
static void expect_misuse(struct kunit *test, struct zmem_cache *c, enum zmem_misuse kind,
			  long times)
{
	KUNIT_EXPECT_EQ(test, zmem_common(c)->reported, times ? 1ul << kind : 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zmem_common(c)->errors), times);
}

/* Writes where no program may, unseen by a checker that watches this one. */
static void scribble(void *at, int value, size_t bytes)
{
	zmem_unpoison(at, bytes);
	memset(at, value, bytes);
}

static struct zmem_record *record_of(struct zmem_cache *c, const void *object)
{
	enum zmem_misuse kind;
	unsigned int index;
	struct zmem_slab *slab = zmem_slab_of(zmem_common(c), object, &index, &kind);

	return zmem_debug_record(slab, index);
}

/* ---- flags ---- */

static void flags(struct kunit *test)
{
	struct zmem_cache_args args = { .debug_flags = ZMEM_DEBUG_POISON };
	struct zmem_cache *c = debug_cache(test, 64, 0);

	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->debug_flags, ZMEM_DEBUG_CHECKS);
	zmem_cache_destroy(c);
	/* A check makes a debug cache, order does not. */
	c = zmem_cache_create("kunit", 64, &args);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, c);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->mode, ZMEM_MODE_DEBUG);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->debug_flags, ZMEM_DEBUG_POISON);
	zmem_cache_destroy(c);
	args.debug_flags = ZMEM_DEBUG_RANDOM;
	c = zmem_cache_create("kunit", 64, &args);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, c);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->mode, zmem_defaults.mode);
	KUNIT_EXPECT_NULL(test, zmem_common(c)->debug);
	zmem_cache_destroy(c);
	args.debug_flags = ZMEM_DEBUG_ALL + 1;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(zmem_cache_create("kunit", 64, &args)), -EINVAL);
	args.debug_flags = ZMEM_DEBUG_POISON;
	args.mode = ZMEM_MODE_FAST;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(zmem_cache_create("kunit", 64, &args)), -EINVAL);
}

/* Sets the module's pattern, and puts back what it was. */
static void pattern_test(struct kunit *test, const char *pattern, const char *name,
			 unsigned int want)
{
	KUNIT_ASSERT_EQ(test, zmem_debug_pattern_set(pattern), 0);
	KUNIT_EXPECT_EQ_MSG(test, zmem_debug_flags_of(name), want, "%s of %s", name, pattern);
}

static void patterns(struct kunit *test)
{
	static const struct {
		const char *pattern;
		const char *name;
		unsigned int flags;
	} good[] = {
		{ "", "any", 0 },
		{ "0", "any", 0 },
		{ "5", "any", 5 },
		{ "0x3f", "any", 0x3f },
		{ "my-cache", "my-cache", ZMEM_DEBUG_CHECKS },
		{ "my-cache", "my-cache2", 0 },
		{ "my-cache:ZP", "my-cache", ZMEM_DEBUG_RED_ZONE | ZMEM_DEBUG_POISON },
		{ "my-cache:uqlr", "my-cache", 0x3c },
		{ "zmem-*:3", "zmem-64", 3 },
		{ "zmem-*:3", "zme-64", 0 },
		{ "*-64:Z", "zmem-64", 1 },
		{ "a*c*e:Z", "abcde", 1 },
		{ "a*c*e:Z", "abcdef", 0 },
		{ "*ab:Z", "aab", 1 },
		{ "zmem-64:-,zmem-*:P", "zmem-64", 0 },
		{ "zmem-64:-,zmem-*:P", "zmem-96", 2 },
		{ "a:Z,b:P,*", "c", ZMEM_DEBUG_CHECKS },
	};
	static const char * const bad[] = {
		",", "a,", ":Z", "a:", "a:X", "a:ZX", "a:64", "64", "a:Z,b:?", "-", "a:Z:P",
		"a-name-that-is-longer-than-any-cache-may-have-and-then-some-more:Z",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++)
		pattern_test(test, good[i].pattern, good[i].name, good[i].flags);
	pattern_test(test, "kunit:Z", "kunit", 1);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, zmem_debug_pattern_set(bad[i]), -EINVAL, "%s", bad[i]);
	/* What is refused changes nothing. */
	KUNIT_EXPECT_STREQ(test, zmem_debug_pattern(), "kunit:Z");
}

/* A cache that is named is a debug cache, whatever it asked for. */
static void by_name(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_FAST };
	struct zmem_cache *c, *other;

	pattern_test(test, "*nit:ZP", "kunit", 3);
	c = test_cache(test, 64, &args);
	other = zmem_cache_create("kunit-plain", 64, &args);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->mode, ZMEM_MODE_DEBUG);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->debug_flags, 3);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, other)->mode, ZMEM_MODE_FAST);
	zmem_cache_destroy(c);
	zmem_cache_destroy(other);
}

/* ---- objects ---- */

static const unsigned int sizes[] = { 1, 8, 17, 64, 100, 512, 1000, 4096, 8192, 32768 };

/* Objects of all sizes are apart, aligned and good; all comes back. */
static void contents(struct kunit *test)
{
	void **objects = test_array(test, 300);
	struct zmem_cache *c;
	size_t i, j;
	long before;

	zmem_pools_trim(ULONG_MAX);
	before = zmem_pools_pages();
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct zmem_cache_args args = { .mode = ZMEM_MODE_DEBUG, .align = 64 };

		if (i % 2)
			args.align = sizes[i] < PAGE_SIZE ? 0 : PAGE_SIZE;
		c = test_cache(test, sizes[i], &args);
		test_fill(test, c, objects, 300);
		for (j = 0; j < 300; j++)
			KUNIT_ASSERT_TRUE(test, IS_ALIGNED((unsigned long)objects[j],
							   zmem_common(c)->align));
		KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->bytes_requested, 300 * sizes[i]);
		KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 0);
		KUNIT_EXPECT_EQ_MSG(test, test_drop(c, objects, 300), 0, "size %u", sizes[i]);
		KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 0);
		KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->bytes_requested, 0);
		expect_misuse(test, c, ZMEM_NO_MISUSE, 0);
		zmem_cache_destroy(c);
	}
	zmem_pools_trim(ULONG_MAX);
	KUNIT_EXPECT_EQ(test, zmem_pools_pages(), before);
}

static void double_free(struct kunit *test)
{
	struct zmem_cache *c = debug_cache(test, 64, 0);
	void *a = one(test, c), *b = one(test, c);

	zmem_cache_free(c, a);
	zmem_cache_free(c, b);
	zmem_cache_free(c, a);
	expect_misuse(test, c, ZMEM_DOUBLE_FREE, 1);
	/* Also once it is out of quarantine. */
	zmem_cache_shrink(c);
	a = one(test, c);
	b = one(test, c);
	zmem_cache_free(c, a);
	zmem_quarantine_drain(zmem_common(c));
	zmem_cache_free(c, a);
	expect_misuse(test, c, ZMEM_DOUBLE_FREE, 2);
	zmem_cache_free_bulk(c, 1, &a);
	expect_misuse(test, c, ZMEM_DOUBLE_FREE, 3);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 1);
	zmem_cache_free(c, b);
	KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 0);
	zmem_cache_destroy(c);
}

static void wrong_cache(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_DEBUG };
	struct zmem_cache *c = debug_cache(test, 64, 0), *other;
	void *object = one(test, c);

	other = zmem_cache_create("kunit-other", 64, &args);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	zmem_cache_free(other, object);
	expect_misuse(test, other, ZMEM_WRONG_CACHE, 1);
	zmem_unpoison(object, 64);
	KUNIT_EXPECT_EQ(test, record_of(c, object)->state, ZMEM_RECORD_LIVE);
	zmem_cache_free(c, object);
	expect_misuse(test, c, ZMEM_NO_MISUSE, 0);
	zmem_cache_destroy(other);
	zmem_cache_destroy(c);
}

static void bad_pointers(struct kunit *test)
{
	struct zmem_cache *c = debug_cache(test, 64, 0);
	char *object = one(test, c);

	zmem_cache_free(c, object + 8);
	expect_misuse(test, c, ZMEM_INTERIOR_POINTER, 1);
	zmem_cache_free(c, object - 8);
	expect_misuse(test, c, ZMEM_INTERIOR_POINTER, 2);
	KUNIT_EXPECT_EQ(test, record_of(c, object)->state, ZMEM_RECORD_LIVE);
	zmem_unpoison(object, 64);
	zmem_cache_free(c, object);
	zmem_cache_destroy(c);
	c = debug_cache(test, 64, 0);
	zmem_cache_free(c, c);
	expect_misuse(test, c, ZMEM_FOREIGN_POINTER, 1);
	zmem_cache_destroy(c);
}

/* A byte on either side, close by and as far as the zones go. */
static void red_zones(struct kunit *test)
{
	static const int offsets[] = { -1, -16, 61, 62, 76 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		struct zmem_cache *c = debug_cache(test, 61, 0);
		char *object = one(test, c);

		memset(object, 0, 61);
		object[offsets[i]] ^= 0x10;
		KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 1);
		expect_misuse(test, c, ZMEM_RED_ZONE, 1);
		zmem_cache_free(c, object);
		expect_misuse(test, c, ZMEM_RED_ZONE, 2);
		/* Told once, and as good as new. */
		KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 0);
		zmem_cache_destroy(c);
	}
}

/* Without red zones nothing is between objects, and nothing is found. */
static void red_zones_are_chosen(struct kunit *test)
{
	struct zmem_cache *c = debug_cache(test, 64, ZMEM_DEBUG_POISON);

	KUNIT_EXPECT_EQ(test, zmem_common(c)->size, 64);
	zmem_cache_destroy(c);
}

/* A write to a free object is found when it is used again, */
static void poison_on_reuse(struct kunit *test)
{
	struct zmem_cache *c = debug_cache(test, 64, ZMEM_DEBUG_POISON);
	u8 *object = one(test, c);

	memset(object, 0, 64);
	zmem_cache_free(c, object);
	zmem_unpoison(object, 64);
	KUNIT_EXPECT_NULL(test, memchr_inv(object, POISON_FREE, 64));
	scribble(object + 63, 0, 1);
	KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 1);
	KUNIT_EXPECT_PTR_EQ(test, one(test, c), (void *)object);
	expect_misuse(test, c, ZMEM_USE_AFTER_FREE, 2);
	zmem_cache_free(c, object);
	expect_misuse(test, c, ZMEM_USE_AFTER_FREE, 2);
	zmem_cache_destroy(c);
}

/* when it leaves quarantine, */
static void poison_in_quarantine(struct kunit *test)
{
	struct zmem_cache *c = debug_cache(test, 64, 0);
	u8 *object = one(test, c);

	zmem_cache_free(c, object);
	scribble(object, 0x41, 64);
	zmem_quarantine_drain(zmem_common(c));
	expect_misuse(test, c, ZMEM_USE_AFTER_FREE, 1);
	zmem_cache_destroy(c);
}

/* and when its slab goes. */
static void poison_when_the_slab_goes(struct kunit *test)
{
	struct zmem_cache *c = debug_cache(test, 64, ZMEM_DEBUG_POISON | ZMEM_DEBUG_RED_ZONE);
	u8 *object = one(test, c);

	zmem_cache_free(c, object);
	scribble(object + 8, 0x41, 1);
	scribble(object - 1, 0x41, 1);
	zmem_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->slabs, 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 1);
	zmem_cache_destroy(c);
}

static void construct(void *object)
{
	memset(object, 0xc7, 48);
}

/* What a constructor made, or readers look at, is not painted over. */
static void kept_objects(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_DEBUG, .ctor = construct };
	struct zmem_cache *c = test_cache(test, 48, &args);
	u8 *object = one(test, c);

	KUNIT_EXPECT_NULL(test, memchr_inv(object, 0xc7, 48));
	zmem_cache_free(c, object);
	zmem_unpoison(object, 48);
	KUNIT_EXPECT_NULL(test, memchr_inv(object, 0xc7, 48));
	zmem_cache_destroy(c);

	args.ctor = NULL;
	args.flags = ZMEM_TYPESAFE_BY_RCU;
	c = test_cache(test, 48, &args);
	object = one(test, c);
	memset(object, 0x17, 48);
	zmem_cache_free(c, object);
	KUNIT_EXPECT_NULL(test, memchr_inv(object, 0x17, 48));
	/* Its red zones are watched all the same. */
	object[48] = 0;
	zmem_quarantine_drain(zmem_common(c));
	expect_misuse(test, c, ZMEM_RED_ZONE, 1);
	zmem_cache_destroy(c);
}

/* Freed objects are used again late, in the order of their frees. */
static void quarantine(struct kunit *test)
{
	struct zmem_cache *c = debug_cache(test, 64, 0);
	struct zmem_quarantine *q = &zmem_common(c)->debug->quarantine;
	void *first = one(test, c), *object;
	unsigned int i, size = q->size;

	KUNIT_ASSERT_GT(test, size, 100);
	zmem_cache_free(c, first);
	for (i = 1; i < size; i++) {
		object = one(test, c);
		KUNIT_ASSERT_PTR_NE(test, object, first);
		zmem_cache_free(c, object);
	}
	KUNIT_EXPECT_EQ(test, q->nr, size);
	KUNIT_EXPECT_EQ(test, record_of(c, first)->state, ZMEM_RECORD_QUARANTINED);
	object = one(test, c);
	zmem_cache_free(c, object);
	KUNIT_EXPECT_EQ(test, q->nr, size);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->cached, size);
	zmem_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, q->nr, 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->slabs, 0);
	/* Reclaim, too, has them out. */
	zmem_cache_free(c, one(test, c));
	zmem_caches_reclaim(ULONG_MAX);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->slabs, 0);
	zmem_cache_destroy(c);
}

/* Who waits for a free at a limit does not wait for the quarantine. */
static void no_quarantine_at_a_limit(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_DEBUG, .limit = 1 };
	struct zmem_cache *c = test_cache(test, 64, &args);
	unsigned int i;
	void *object;

	zmem_cache_free(c, one(test, c));
	/* Calls that may not sleep do not drain it, either. */
	for (i = 0; i < 3; i++) {
		object = zmem_cache_alloc(c, GFP_NOWAIT);
		KUNIT_ASSERT_NOT_NULL(test, object);
		zmem_cache_free(c, object);
	}
	zmem_cache_destroy(c);
}

/* ---- what is remembered ---- */

static noinline void *here(struct kunit *test, struct zmem_cache *c)
{
	void *object = one(test, c);

	barrier();
	return object;
}

static noinline void *there(struct kunit *test, struct zmem_cache *c)
{
	void *object = one(test, c);

	barrier_data(object);
	return object;
}

static void events(struct kunit *test)
{
	struct zmem_cache *c = debug_cache(test, 64, 0);
	void *object = here(test, c);
	struct zmem_record *record = record_of(c, object);

	KUNIT_EXPECT_NE(test, record->allocated.when, 0);
	KUNIT_EXPECT_NE(test, record->allocated.stack, 0);
	KUNIT_EXPECT_NE(test, record->allocated.pid, 0);
	KUNIT_EXPECT_EQ(test, record->freed.when, 0);
	KUNIT_EXPECT_EQ(test, record->requested, 64);
	zmem_cache_free(c, object);
	KUNIT_EXPECT_GE(test, record->freed.when, record->allocated.when);
	KUNIT_EXPECT_NE(test, record->freed.stack, 0);
	KUNIT_EXPECT_NE(test, record->freed.stack, record->allocated.stack);
	zmem_cache_destroy(c);
}

/* Live objects are summed up by who allocated them. */
static void call_sites(struct kunit *test)
{
	struct zmem_site *s = kunit_kzalloc(test, ZMEM_SITES_MAX * sizeof(*s), GFP_KERNEL);
	struct zmem_cache *c = debug_cache(test, 64, 0);
	void **objects = test_array(test, 12);
	unsigned long *entries;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_EXPECT_EQ(test, zmem_sites_gather(zmem_common(c), s), 0);
	for (i = 0; i < 12; i++)
		objects[i] = i % 4 ? here(test, c) : there(test, c);
	KUNIT_ASSERT_EQ(test, zmem_sites_gather(zmem_common(c), s), 2);
	KUNIT_EXPECT_EQ(test, s[0].objects, 9);
	KUNIT_EXPECT_EQ(test, s[0].bytes, 9 * 64);
	KUNIT_EXPECT_EQ(test, s[1].objects, 3);
	KUNIT_EXPECT_LE(test, s[0].oldest, s[0].newest);
	KUNIT_EXPECT_GT(test, zmem_site_frames(s[0].stack, &entries), 0);
	KUNIT_EXPECT_PTR_EQ(test, s[0].some[0], (const void *)objects[1]);
	for (i = 0; i < 12; i++)
		zmem_cache_free(c, objects[i]);
	KUNIT_EXPECT_EQ(test, zmem_sites_gather(zmem_common(c), s), 0);
	zmem_cache_destroy(c);
}

/* A class's cache knows what was asked for, and guards what was not. */
static void sized(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_DEBUG };
	struct zmem_common *c;
	unsigned int class = zmem_size_class(100);
	struct zmem_cache *kept = zmem_size_caches[class];
	size_t size = 100;
	u8 *p;

	c = zmem_cache_make("kunit", zmem_common(kept)->object_size, &args, ZMEM_SIZE_CLASS);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, c);
	KUNIT_ASSERT_EQ(test, c->object_size, 112);
	OPTIMIZER_HIDE_VAR(size);
	WRITE_ONCE(zmem_size_caches[class], c->cache);
	p = zmem_alloc(size, GFP_KERNEL | __GFP_ZERO);
	WRITE_ONCE(zmem_size_caches[class], kept);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, 100));
	KUNIT_EXPECT_EQ(test, zmem_usable_size(p), 100);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c->cache)->bytes_requested, 100);
	KUNIT_EXPECT_EQ(test, zmem_cache_validate(c->cache), 0);
	scribble(p + 100, 0, 1);
	zmem_free(p);
	expect_misuse(test, c->cache, ZMEM_RED_ZONE, 1);
	/* A size that only the compiler knew is known as the class's. */
	p = zmem_cache_alloc(c->cache, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, zmem_usable_size(p), 112);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c->cache)->bytes_requested, ZMEM_UNKNOWN);
	zmem_free(p);
	zmem_cache_destroy(c->cache);
}

/* A class's objects are aligned as its size is, with a red zone between. */
static void sized_alignment(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_DEBUG };
	unsigned int size, i;
	void *objects[5];

	for (size = 8; size <= ZMEM_MEDIUM_MAX; size *= 2) {
		struct zmem_common *c;

		args.align = min_t(unsigned int, size, PAGE_SIZE);
		c = zmem_cache_make("kunit", size, &args, ZMEM_SIZE_CLASS);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, c);
		for (i = 0; i < ARRAY_SIZE(objects); i++) {
			objects[i] = one(test, c->cache);
			KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)objects[i], size));
		}
		while (i--)
			zmem_cache_free(c->cache, objects[i]);
		zmem_cache_destroy(c->cache);
	}
}

/* A cache of any mode: books that do not add up are found. */
static void validate(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void *object = one(test, c);
	struct page *page = virt_to_page(object);
	struct list_head *home;
	struct zmem_slab *slab;
	enum zmem_misuse kind;
	struct zmem_slabs *s;
	unsigned int index;

	slab = zmem_slab_of(zmem_common(c), object, &index, &kind);
	KUNIT_ASSERT_NOT_NULL(test, slab);
	s = zmem_slab_node(slab);
	home = zmem_slab_home(s, slab);
	__change_bit(index, slab->map);
	KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 1);
	__change_bit(index, slab->map);
	s->in_use++;
	KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 1);
	s->in_use--;
	s->nr++;
	KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 1);
	s->nr--;
	s->nr_empty++;
	KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 1);
	s->nr_empty--;
	s->pages--;
	KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 1);
	s->pages++;
	list_move(&slab->list, home == &s->full ? &s->empty : &s->full);
	KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 1);
	list_move(&slab->list, home);
	set_page_private(page, 0);
	KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 1);
	set_page_private(page, (unsigned long)c);
	KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 0);
	KUNIT_EXPECT_EQ(test, zmem_common(c)->reported, 1ul << ZMEM_BAD_BOOKS);
	zmem_cache_free(c, object);
	zmem_cache_destroy(c);
}

/* Of a debug cache, records too. */
static void validate_records(struct kunit *test)
{
	struct zmem_cache *c = debug_cache(test, 64, ZMEM_DEBUG_LEAKS);
	void *a = one(test, c), *b = one(test, c);

	zmem_cache_free(c, a);
	KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 0);
	record_of(c, a)->state = ZMEM_RECORD_QUARANTINED;
	KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 1);
	record_of(c, a)->state = ZMEM_RECORD_FREE;
	KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 0);
	zmem_cache_free(c, b);
	zmem_cache_destroy(c);
}

/* In no order, in any mode; each object once, and old ones told from fresh. */
static void random_order(struct kunit *test)
{
	struct zmem_cache_args args = { .debug_flags = ZMEM_DEBUG_RANDOM };
	struct zmem_cache *c = test_cache(test, 64, &args);
	unsigned int i, nr = test_slab_objects(c), upwards = 0;
	void **objects = test_array(test, nr);

	test_fill(test, c, objects, nr);
	for (i = 1; i < nr; i++)
		upwards += objects[i] == (char *)objects[i - 1] + 64 ||
			   objects[i - 1] == (char *)objects[i] + 64;
	KUNIT_EXPECT_LT(test, upwards, nr / 2);
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, nr), 0);
	zmem_cache_drain(zmem_common(c));
	KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 0);
	KUNIT_EXPECT_LE(test, test_snapshot(test, c)->fresh, 2 * nr);
	zmem_cache_destroy(c);
}

static void random_order_fresh(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_DEBUG,
		.debug_flags = ZMEM_DEBUG_RANDOM | ZMEM_DEBUG_LEAKS };
	struct zmem_cache *c = test_cache(test, 64, &args);
	unsigned int nr = test_slab_objects(c), round;
	void **objects = test_array(test, nr);

	for (round = 0; round < 3; round++) {
		test_fill(test, c, objects, nr);
		KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->fresh, nr);
		KUNIT_EXPECT_EQ(test, test_drop(c, objects, nr), 0);
	}
	KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 0);
	zmem_cache_destroy(c);
}

static char *pattern_kept;

static int debug_test_init(struct kunit *test)
{
	pattern_kept = kstrdup(zmem_debug_pattern(), GFP_KERNEL);
	zmem_debug_pattern_set(NULL);
	return pattern_kept ? test_init(test) : -ENOMEM;
}

static void debug_test_exit(struct kunit *test)
{
	zmem_debug_pattern_set(pattern_kept);
	kfree(pattern_kept);
	test_exit(test);
}

static struct kunit_case debug_cases[] = {
	KUNIT_CASE(flags),
	KUNIT_CASE(patterns),
	KUNIT_CASE(by_name),
	KUNIT_CASE(contents),
	KUNIT_CASE(double_free),
	KUNIT_CASE(wrong_cache),
	KUNIT_CASE(bad_pointers),
	KUNIT_CASE(red_zones),
	KUNIT_CASE(red_zones_are_chosen),
	KUNIT_CASE(poison_on_reuse),
	KUNIT_CASE(poison_in_quarantine),
	KUNIT_CASE(poison_when_the_slab_goes),
	KUNIT_CASE(kept_objects),
	KUNIT_CASE(quarantine),
	KUNIT_CASE(no_quarantine_at_a_limit),
	KUNIT_CASE(events),
	KUNIT_CASE(call_sites),
	KUNIT_CASE(sized),
	KUNIT_CASE(sized_alignment),
	KUNIT_CASE(validate),
	KUNIT_CASE(validate_records),
	KUNIT_CASE(random_order),
	KUNIT_CASE(random_order_fresh),
	{}
};

static struct kunit_suite debug_suite = {
	.name = "zmem_debug",
	.init = debug_test_init,
	.exit = debug_test_exit,
	.test_cases = debug_cases,
};

kunit_test_suite(debug_suite);
