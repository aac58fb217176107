// SPDX-License-Identifier: GPL-2.0 OR MIT
/* What is said of misuse, and how often: a process can count its warnings. */
#include <unistd.h>
#include <compat/poison.h>
#include <compat/stack.h>
#include <shim/shim.h>

#include "tests/util.h"
#include "core/debug.h"
#include "core/nodes.h"
#include "core/slab_layout.h"

static int report_init(struct kunit *test)
{
	int err = test_init(test);

	zmem_reports_muted = false;
	shim_quiet(true);
	shim_take_warnings();
	return err;
}

static void report_exit(struct kunit *test)
{
	shim_quiet(false);
	test_exit(test);
}

/* Each kind once for each cache; all are counted. */
static void a_kind_is_told_once(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	struct zmem_cache *other = zmem_cache_create("kunit-other", 64, NULL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	zmem_report(zmem_common(c), ZMEM_DOUBLE_FREE, NULL);
	KUNIT_EXPECT_EQ(test, shim_take_warnings(), 1);
	zmem_report(zmem_common(c), ZMEM_DOUBLE_FREE, NULL);
	KUNIT_EXPECT_EQ(test, shim_take_warnings(), 0);
	zmem_report(zmem_common(c), ZMEM_BAD_GFP, NULL);
	KUNIT_EXPECT_EQ(test, shim_take_warnings(), 1);
	zmem_report(zmem_common(other), ZMEM_DOUBLE_FREE, NULL);
	KUNIT_EXPECT_EQ(test, shim_take_warnings(), 1);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 3);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, other)->errors, 1);
	zmem_cache_destroy(other);
	zmem_cache_destroy(c);
}

/* The log has one line of a limit; every call that it refuses is counted. */
static void a_limit_is_told_once(struct kunit *test)
{
	struct zmem_cache_args args = { .limit = 10 };
	struct zmem_cache *c = test_cache(test, 64, &args);
	void *objects[10];
	int i;

	for (i = 0; i < 10; i++) {
		objects[i] = zmem_cache_alloc(c, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objects[i]);
	}
	KUNIT_EXPECT_EQ(test, shim_take_warnings(), 0);
	KUNIT_EXPECT_NULL(test, zmem_cache_alloc(c, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, shim_take_warnings(), 1);
	KUNIT_EXPECT_NULL(test, zmem_cache_alloc(c, GFP_NOWAIT));
	KUNIT_EXPECT_EQ(test, shim_take_warnings(), 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->failures, 2);
	for (i = 0; i < 10; i++)
		zmem_cache_free(c, objects[i]);
	/* Of a cache that has all of its objects back there is nothing to tell. */
	zmem_cache_destroy(c);
	KUNIT_EXPECT_EQ(test, shim_take_warnings(), 0);
}

/* A debug cache says whose the object was: two events, and a line on it. */
static void debug_caches_tell_whose(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_DEBUG };
	struct zmem_cache *c = test_cache(test, 64, &args);
	void *p = zmem_cache_alloc(c, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	zmem_cache_free(c, p);
	KUNIT_EXPECT_EQ(test, shim_take_warnings(), 0);
	zmem_cache_free(c, p);
	KUNIT_EXPECT_GE(test, shim_take_warnings(), 4);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 1);
	zmem_cache_destroy(c);
}

/* What was written where nobody may, is shown. */
static void debug_caches_show_damage(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_DEBUG };
	struct zmem_cache *c = test_cache(test, 61, &args);
	u8 *p = zmem_cache_alloc(c, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	zmem_unpoison(p, 64);
	p[62] ^= 1;
	zmem_cache_free(c, p);
	/* The report, who allocated it, and which byte. */
	KUNIT_EXPECT_GE(test, shim_take_warnings(), 4);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 1);
	zmem_cache_destroy(c);
}

static struct zmem_cache *debug_cache(struct kunit *test, unsigned int flags)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_DEBUG, .debug_flags = flags };

	return test_cache(test, 64, &args);
}

/* Who allocated and who freed, and the bytes, in two rows. */
static void a_free_write_is_shown(struct kunit *test)
{
	struct zmem_cache *c = debug_cache(test, 0);
	u8 *object = zmem_cache_alloc(c, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, object);
	zmem_cache_free(c, object);
	zmem_unpoison(object, 64);
	object[3] = 0;
	object[22] = 0;
	zmem_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, zmem_common(c)->reported, 1ul << ZMEM_USE_AFTER_FREE);
	/* What, whose, allocated, freed, where, and the rows. */
	KUNIT_EXPECT_EQ(test, shim_take_warnings(), 7);
	zmem_cache_destroy(c);
}

/* The memory of a leak becomes the test's, which gives it back. */
static void leak_undo(struct page *page, unsigned int order)
{
	zmem_pools_leak(-(1L << order));
	zmem_pool_forget(page_to_nid(page), 1ul << order);
	__free_pages(page, order);
}

/* Destroys a cache with @nr live objects of one slab; returns the last, which is gone. */
static void *leak(struct kunit *test, unsigned int flags, unsigned int nr)
{
	struct zmem_cache *c = debug_cache(test, flags);
	unsigned int i, index, order;
	enum zmem_misuse kind;
	struct zmem_slab *slab;
	struct page *page;
	void *object = NULL;

	for (i = 0; i < nr; i++) {
		object = zmem_cache_alloc(c, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, object);
	}
	slab = zmem_slab_of(zmem_common(c), object, &index, &kind);
	page = virt_to_page(zmem_slab_run(slab));
	order = slab->order;
	zmem_cache_destroy(c);
	leak_undo(page, order);
	return object;
}

static unsigned long leak_warnings(struct kunit *test, unsigned int flags)
{
	leak(test, flags, 3);
	return shim_take_warnings();
}

/* That there are some, and with the flag: how many, and who allocated them. */
static void leaks_are_shown(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, leak_warnings(test, ZMEM_DEBUG_TRACK), 1);
	KUNIT_EXPECT_EQ(test, leak_warnings(test, ZMEM_DEBUG_LEAKS), 2);
	KUNIT_EXPECT_EQ(test, leak_warnings(test, ZMEM_DEBUG_CHECKS), 3);
}

/* What is printed goes to a pipe; a report is far less than one holds. */
static struct log {
	int stderr_was;
	int fds[2];
	char text[4096];
} log;

static void log_begin(struct kunit *test)
{
	log.stderr_was = dup(STDERR_FILENO);
	KUNIT_ASSERT_GE(test, log.stderr_was, 0);
	KUNIT_ASSERT_EQ(test, pipe(log.fds), 0);
	dup2(log.fds[1], STDERR_FILENO);
	shim_quiet(false);
}

static const char *log_end(struct kunit *test)
{
	ssize_t n;

	shim_quiet(true);
	dup2(log.stderr_was, STDERR_FILENO);
	close(log.stderr_was);
	close(log.fds[1]);
	n = read(log.fds[0], log.text, sizeof(log.text) - 1);
	close(log.fds[0]);
	KUNIT_ASSERT_GT(test, n, 0);
	log.text[n] = '\0';
	return log.text;
}

/* Whether a line of the log has both, and a stack's first frame stands behind it. */
static bool stack_follows(const char *log, const char *begin, const char *end)
{
	const char *line = strstr(log, begin), *at = line ? strstr(line, end) : NULL;

	return at && at <= strchr(line, '\n') && at[strlen(end)] == ' ';
}

/* What the log has of a misuse: whose, of what kind, at which address; and who called. */
static void the_text_is_told(struct kunit *test)
{
	static const char text[] = "zmem: cache kunit: double free (0xabc0)\n";
	struct zmem_cache *c = test_cache(test, 64, NULL);
	const char *told;

	log_begin(test);
	zmem_report(zmem_common(c), ZMEM_DOUBLE_FREE, (void *)0xabc0);
	told = log_end(test);
	KUNIT_EXPECT_TRUE(test, str_has_prefix(told, text));
	KUNIT_EXPECT_TRUE(test, stack_follows(told, text, "\n"));
	zmem_cache_destroy(c);
}

/* And of its object's past, in a debug cache: where and by whom, each time. */
static void the_past_is_told(struct kunit *test)
{
	struct zmem_cache *c = debug_cache(test, ZMEM_DEBUG_TRACK);
	void *object = zmem_cache_alloc(c, GFP_KERNEL);
	const char *told;
	char where[48];

	KUNIT_ASSERT_NOT_NULL(test, object);
	zmem_cache_free(c, object);
	log_begin(test);
	zmem_debug_describe(object);
	told = log_end(test);
	scnprintf(where, sizeof(where), "ms ago on CPU %d by pid %d:\n",
		  raw_smp_processor_id(), zmem_task_pid());
	KUNIT_EXPECT_TRUE(test, stack_follows(told, "zmem: allocated ", where));
	KUNIT_EXPECT_TRUE(test, stack_follows(told, "zmem: freed ", where));
	zmem_cache_destroy(c);
}

/* Whose objects keep a node that is drained: of all caches, and of no other. */
static void nodes_tell_who_stays(struct kunit *test)
{
	static const char * const names[] = { "kunit-a", "kunit-b", "kunit-none" };
	struct zmem_cache *c[ARRAY_SIZE(names)];
	void *object[ARRAY_SIZE(names)] = {};
	const char *told;
	char text[96];
	unsigned int i;

	if (num_node_state(N_MEMORY) < 2)
		kunit_skip(test, "one node has memory; two are needed");
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		c[i] = zmem_cache_create(names[i], 64, NULL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, c[i]);
		if (i < 2)
			object[i] = zmem_cache_alloc_node(c[i], GFP_KERNEL | __GFP_THISNODE, 1);
	}
	log_begin(test);
	KUNIT_EXPECT_EQ(test, zmem_node_drain(1), -EBUSY);
	told = log_end(test);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		scnprintf(text, sizeof(text), "zmem: node 1: cache %s has objects on ", names[i]);
		KUNIT_EXPECT_EQ_MSG(test, !strstr(told, text), i == 2, "%s", names[i]);
	}
	KUNIT_EXPECT_NULL(test, strstr(told, "on 0 pages"));
	KUNIT_EXPECT_EQ(test, zmem_node_undrain(1), 0);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (object[i])
			zmem_cache_free(c[i], object[i]);
		zmem_cache_destroy(c[i]);
	}
}

/* And of damage: how much, where, and what should be there. */
static void damage_is_told(struct kunit *test)
{
	static const char text[] =
		"zmem: 4 bytes from offset 9 on should all be 6b, but are\n"
		"zmem: 00000000: 11 11 11 11\n";
	struct zmem_cache *c = debug_cache(test, ZMEM_DEBUG_POISON);
	u8 *object = zmem_cache_alloc(c, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, object);
	zmem_cache_free(c, object);
	zmem_unpoison(object, 64);
	memset(object + 9, 0x11, 4);
	log_begin(test);
	zmem_cache_shrink(c);
	KUNIT_EXPECT_NOT_NULL(test, strstr(log_end(test), text));
	zmem_cache_destroy(c);
}

/* And of a leak: how many, of how many bytes, and where some are. */
static void a_leak_is_told(struct kunit *test)
{
	char text[96];
	void *object;

	log_begin(test);
	object = leak(test, ZMEM_DEBUG_LEAKS, 1);
	scnprintf(text, sizeof(text), "zmem: cache kunit: 1 objects of 64 bytes were not freed: %p\n",
		  object);
	KUNIT_EXPECT_NOT_NULL(test, strstr(log_end(test), text));
	/* Of a cache that tracks its objects, also when and by whom. */
	log_begin(test);
	leak(test, ZMEM_DEBUG_LEAKS | ZMEM_DEBUG_TRACK, 1);
	KUNIT_EXPECT_TRUE(test, stack_follows(log_end(test), "zmem: allocated ", "ms ago at\n"));
}

static struct kunit_case report_cases[] = {
	KUNIT_CASE(a_kind_is_told_once),
	KUNIT_CASE(the_text_is_told),
	KUNIT_CASE(the_past_is_told),
	KUNIT_CASE(nodes_tell_who_stays),
	KUNIT_CASE(damage_is_told),
	KUNIT_CASE(a_limit_is_told_once),
	KUNIT_CASE(debug_caches_tell_whose),
	KUNIT_CASE(debug_caches_show_damage),
	KUNIT_CASE(a_free_write_is_shown),
	KUNIT_CASE(leaks_are_shown),
	KUNIT_CASE(a_leak_is_told),
	{}
};

static struct kunit_suite report_suite = {
	.name = "zmem_report",
	.init = report_init,
	.exit = report_exit,
	.test_cases = report_cases,
};

kunit_test_suite(report_suite);
