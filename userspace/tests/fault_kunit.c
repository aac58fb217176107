// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Every allocation that a call makes fails in turn: the call says so, nothing
 * leaks, and the same call works right afterwards.
 *
 * With ZMEM_FAULT_LOG=FILE the stack of each failure goes there; what sites
 * were never hit is scripts/fault-sites.py's to say.
 */
#include <execinfo.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <shim/shim.h>
#include <compat/work.h>

#include "init.h"
#include "tests/util.h"
#include "core/debug.h"
#include "core/free_rcu.h"
#include "core/nodes.h"
#include "core/sizes.h"

#define NR	400

/* Far more than any scenario needs. */
#define FAULTS_MAX	2000

static int fault_log = -1;

static void log_stack(void)
{
	void *stack[32];
	int nr = backtrace(stack, ARRAY_SIZE(stack));

	if (write(fault_log, "fault\n", 6) == 6)
		backtrace_symbols_fd(stack, nr, fault_log);
}

static int fault_suite_init(struct kunit_suite *suite)
{
	const char *path = getenv("ZMEM_FAULT_LOG");

	if (!path)
		return 0;
	fault_log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fault_log < 0)
		return -EINVAL;
	shim_fault_hook = log_stack;
	return 0;
}

static void fault_suite_exit(struct kunit_suite *suite)
{
	shim_fault_hook = NULL;
	if (fault_log >= 0)
		close(fault_log);
	fault_log = -1;
}

/**
 * struct fault - what a scenario works with
 * @test: the case
 * @c: its cache, new each time, or NULL
 * @objects: room for NR
 * @node: of objects, where that matters
 */
struct fault {
	struct kunit *test;
	struct zmem_cache *c;
	void **objects;
	int node;
};

/* A call under test: 0, or -ENOMEM with nothing done. */
typedef int (*fault_fn)(struct fault *f);

/* All memory there is of ours, at rest. */
struct rest {
	size_t bytes;
	unsigned long pages;
	long errors;
};

static struct rest at_rest(void)
{
	zmem_rcu_drain();
	zmem_caches_reclaim(ULONG_MAX);
	zmem_on_each_cpu(zmem_caches_drain_this_cpu, NULL, NULL);
	zmem_caches_reclaim(ULONG_MAX);
	return (struct rest) {
		.bytes = shim_kmalloc_bytes(),
		.pages = shim_pages_allocated(),
		.errors = zmem_large ? atomic_long_read(&zmem_large->errors) : 0,
	};
}

static void expect_rest(struct kunit *test, const struct rest *before, unsigned long n)
{
	struct rest now = at_rest();

	KUNIT_EXPECT_EQ_MSG(test, now.bytes, before->bytes, "after fault %lu", n);
	KUNIT_EXPECT_EQ_MSG(test, now.pages, before->pages, "after fault %lu", n);
	KUNIT_EXPECT_EQ_MSG(test, now.errors, before->errors, "after fault %lu", n);
}

/* Runs @fn with @count allocations failing from the n-th on; whether any did. */
static bool fault_once(struct fault *f, fault_fn fn, unsigned long n, unsigned long count)
{
	void (*hook)(void) = shim_fault_hook;
	bool hit;
	int err;

	/* Where single failures hit is of interest. */
	if (count > 1)
		shim_fault_hook = NULL;
	shim_fail_nth(n, count);
	err = fn(f);
	hit = shim_fail_nth(0, 0);
	shim_fault_hook = hook;
	/* Some calls can do with less: a fault need not be an error. */
	if (err) {
		KUNIT_EXPECT_EQ_MSG(f->test, err, -ENOMEM, "fault %lu", n);
		KUNIT_EXPECT_TRUE_MSG(f->test, hit, "fault %lu", n);
		KUNIT_EXPECT_EQ_MSG(f->test, fn(f), 0, "again after fault %lu", n);
	}
	return hit;
}

/*
 * First to make the stacks known that debug caches keep for good; then it
 * counts.  One failure may be made up for, as by a smaller slab, so that last
 * of all everything fails from somewhere on.
 */
static void with_faults(struct kunit *test, fault_fn fn,
			struct zmem_cache_args *args, unsigned long at_least)
{
	struct fault f = { .test = test, .objects = test_array(test, NR) };
	struct rest before;
	unsigned long n;
	int pass;
	bool hit;

	for (pass = 0; pass < 4; pass++) {
		before = at_rest();
		for (n = 1, hit = true; hit && n < FAULTS_MAX; n++) {
			f.c = args ? test_cache(test, 256, args) : NULL;
			hit = fault_once(&f, fn, n, pass < 2 ? 1 : ULONG_MAX);
			zmem_cache_destroy(f.c);
			if (pass % 2)
				expect_rest(test, &before, n);
		}
		KUNIT_EXPECT_FALSE(test, hit);
		KUNIT_EXPECT_GT(test, n, at_least);
	}
}

static enum zmem_mode create_mode = ZMEM_MODE_BALANCED;

static int call_create(struct fault *f)
{
	struct zmem_cache_args args = {
		.mode = create_mode,
		.debug_flags = create_mode == ZMEM_MODE_DEBUG ? ZMEM_DEBUG_ALL : 0,
		.reserve = create_mode == ZMEM_MODE_DEBUG ? 0 : 20,
	};
	struct zmem_cache *c = zmem_cache_create("kunit-fault", 256, &args);

	if (IS_ERR(c))
		return PTR_ERR(c);
	zmem_cache_destroy(c);
	return 0;
}

static void create_fails(struct kunit *test)
{
	with_faults(test, call_create, NULL, 5);
	create_mode = ZMEM_MODE_DEBUG;
	with_faults(test, call_create, NULL, 5);
	create_mode = ZMEM_MODE_BALANCED;
}

/* One by one, and all back. */
static int call_alloc(struct fault *f)
{
	size_t nr;

	for (nr = 0; nr < NR; nr++) {
		f->objects[nr] = zmem_cache_alloc(f->c, GFP_KERNEL);
		if (!f->objects[nr])
			break;
		memset(f->objects[nr], (u8)nr, 256);
	}
	KUNIT_EXPECT_EQ(f->test, test_drop(f->c, f->objects, nr), 0);
	return nr == NR ? 0 : -ENOMEM;
}

static void alloc_fails(struct kunit *test)
{
	struct zmem_cache_args fast = {}, debug = { .mode = ZMEM_MODE_DEBUG };
	struct zmem_cache_args safe = { .flags = ZMEM_TYPESAFE_BY_RCU };

	with_faults(test, call_alloc, &fast, 5);
	with_faults(test, call_alloc, &debug, 5);
	with_faults(test, call_alloc, &safe, 5);
}

static int call_bulk(struct fault *f)
{
	int nr = zmem_cache_alloc_bulk(f->c, GFP_KERNEL, NR, f->objects);

	if (!nr)
		return -ENOMEM;
	KUNIT_EXPECT_EQ(f->test, nr, NR);
	zmem_cache_free_bulk(f->c, nr, f->objects);
	return 0;
}

static void bulk_fails(struct kunit *test)
{
	struct zmem_cache_args args = {};

	with_faults(test, call_bulk, &args, 5);
}

static int call_prefill(struct fault *f)
{
	struct zmem_prefill *p = zmem_cache_prefill(f->c, GFP_KERNEL, NR);

	if (!p)
		return -ENOMEM;
	zmem_cache_return_prefilled(f->c, p);
	return 0;
}

static void prefill_fails(struct kunit *test)
{
	struct zmem_cache_args args = {};

	with_faults(test, call_prefill, &args, 5);
}

/* A reserve serves what pages do not. */
static void reserve_serves(struct kunit *test)
{
	struct zmem_cache_args args = { .reserve = NR };
	struct zmem_cache *c = test_cache(test, 256, &args);
	void **objects = test_array(test, NR);
	size_t nr;
	bool hit;

	for (nr = 0; nr < NR; nr++) {
		shim_fail_nth(1, ULONG_MAX);
		objects[nr] = zmem_cache_alloc(c, GFP_NOWAIT);
		hit = shim_fail_nth(0, 0);
		KUNIT_ASSERT_NOT_NULL_MSG(test, objects[nr], "object %zu, fault %d", nr, hit);
	}
	while (nr--)
		zmem_cache_free(c, objects[nr]);
	zmem_cache_destroy(c);
}

static const size_t some_sizes[] = { 8, 200, 1000, 8000, 20000, 3 << 20 };

static int call_sizes(struct fault *f)
{
	size_t nr, failed = 0;

	for (nr = 0; nr < ARRAY_SIZE(some_sizes); nr++) {
		f->objects[nr] = zmem_alloc_node(some_sizes[nr], GFP_KERNEL, f->node);
		failed += !f->objects[nr];
		if (f->objects[nr])
			memset(f->objects[nr], (u8)nr, some_sizes[nr]);
	}
	while (nr--)
		zmem_free(f->objects[nr]);
	return failed ? -ENOMEM : 0;
}

static void sizes_fail(struct kunit *test)
{
	with_faults(test, call_sizes, NULL, 3);
}

/* What cannot grow stays as it was. */
static int call_realloc(struct fault *f)
{
	char *p = zmem_zalloc(8, GFP_KERNEL), *q;
	size_t i;

	if (!p)
		return -ENOMEM;
	memcpy(p, "old text", 8);
	for (i = 0; i < ARRAY_SIZE(some_sizes); i++) {
		q = zmem_realloc(p, some_sizes[i], GFP_KERNEL);
		p = q ?: p;
		KUNIT_EXPECT_EQ(f->test, memcmp(p, "old text", 8), 0);
		if (!q)
			break;
	}
	zmem_free(p);
	return i == ARRAY_SIZE(some_sizes) ? 0 : -ENOMEM;
}

static void realloc_fails(struct kunit *test)
{
	with_faults(test, call_realloc, NULL, 3);
}

/* Without memory for a batch, frees by RCU wait for readers themselves. */
static int call_free_rcu(struct fault *f)
{
	struct late { char data[200]; struct rcu_head rcu; } *late[300];
	size_t i, nr = ARRAY_SIZE(late);

	for (i = 0; i < nr; i++)
		late[i] = zmem_cache_alloc(f->c, GFP_KERNEL);
	for (i = 0; i < nr; i++)
		if (late[i] && i % 50)
			zmem_free_rcu(late[i], rcu);
		else if (late[i])
			zmem_free_rcu_mightsleep(late[i]);
	return 0;
}

static void free_rcu_copes(struct kunit *test)
{
	struct zmem_cache_args args = {};

	with_faults(test, call_free_rcu, &args, 5);
}

/* Every node but the last is closed: pages are asked for from what is left. */
static void closed_nodes_fail(struct kunit *test)
{
	int node, last = 0;

	for_each_node_state(node, N_MEMORY)
		last = node;
	for_each_node_state(node, N_MEMORY)
		if (node != last)
			zmem_node_close(node, ZMEM_NODE_LEAVING);
	with_faults(test, call_sizes, NULL, 3);
	for_each_node_state(node, N_MEMORY)
		if (node != last)
			zmem_node_open(node, ZMEM_NODE_LEAVING);
}

/* The nearest open node has nothing, and then another fails. */
static int call_beyond_nearest(struct fault *f)
{
	void *p;

	/* Of one that is full the shim says so without a fault. */
	shim_limit_node(1, 1);
	p = zmem_alloc_node(20000, GFP_KERNEL, 0);
	shim_limit_node(1, 0);
	zmem_free(p);
	return p ? 0 : -ENOMEM;
}

static void other_nodes_fail(struct kunit *test)
{
	if (num_node_state(N_MEMORY) < 3)
		kunit_skip(test, "wants three nodes");
	zmem_node_close(0, ZMEM_NODE_LEAVING);
	with_faults(test, call_beyond_nearest, NULL, 2);
	zmem_node_open(0, ZMEM_NODE_LEAVING);
}

static int call_pattern(struct fault *f)
{
	return zmem_debug_pattern_set("kunit-fault:Z") ?: zmem_debug_pattern_set(NULL);
}

static void pattern_fails(struct kunit *test)
{
	with_faults(test, call_pattern, NULL, 1);
}

/* Who leaked cannot be told then; that somebody did, can. */
static void leak_report_copes(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_DEBUG };
	struct zmem_cache *c = test_cache(test, 256, &args);
	unsigned long warnings;

	KUNIT_ASSERT_NOT_NULL(test, zmem_cache_alloc(c, GFP_KERNEL));
	zmem_reports_muted = false;
	shim_quiet(true);
	shim_take_warnings();
	shim_fail_nth(1, 1);
	zmem_cache_destroy(c);
	KUNIT_EXPECT_EQ(test, shim_fail_nth(0, 0), 1);
	warnings = shim_take_warnings();
	shim_quiet(false);
	KUNIT_EXPECT_GT(test, warnings, 0);
}

/* What the module does as it is loaded. */
static int call_load(struct fault *f)
{
	return zmem_user_load();
}

static void unload(void)
{
	zmem_sizes_exit();
	zmem_rcu_exit();
	zmem_pools_exit();
}

static void load_fails(struct kunit *test)
{
	struct fault f = { .test = test };
	unsigned long n;
	size_t bytes;
	bool hit = true;

	at_rest();
	unload();
	bytes = shim_kmalloc_bytes();
	for (n = 1; hit && n < FAULTS_MAX; n++) {
		hit = fault_once(&f, call_load, n, 1);
		unload();
		/* As one that got no pools does. */
		zmem_pools_exit();
		KUNIT_EXPECT_EQ_MSG(test, shim_kmalloc_bytes(), bytes, "after fault %lu", n);
	}
	KUNIT_EXPECT_FALSE(test, hit);
	KUNIT_EXPECT_GT(test, n, 50);
	KUNIT_ASSERT_EQ(test, call_load(&f), 0);
	zmem_keys_set();
}

/* What leaked is on the books of the pools that it is from, and on no later ones'. */
static void leaks_stay_behind(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 256, NULL);
	struct fault f = { .test = test };
	struct page *page;
	unsigned int how;

	KUNIT_ASSERT_NOT_NULL(test, zmem_cache_alloc(c, GFP_KERNEL));
	zmem_cache_destroy(c);
	at_rest();
	KUNIT_EXPECT_EQ(test, zmem_pools_pages(), 0);
	shim_quiet(true);
	shim_take_warnings();
	unload();
	KUNIT_EXPECT_EQ(test, shim_take_warnings(), 1);
	KUNIT_ASSERT_EQ(test, call_load(&f), 0);
	KUNIT_EXPECT_EQ(test, zmem_pools_pages(), 0);
	/* Nor is a run that waits for its next user lost with its pool. */
	page = zmem_pool_alloc(GFP_KERNEL, 0, 0, &how);
	KUNIT_EXPECT_NOT_NULL(test, page);
	if (page)
		zmem_pool_free(page, 0, how);
	unload();
	KUNIT_EXPECT_EQ(test, shim_take_warnings(), 0);
	shim_quiet(false);
	KUNIT_ASSERT_EQ(test, call_load(&f), 0);
	zmem_keys_set();
}

/* Nor does a cache that nobody destroyed leave RCU a call into code that is gone. */
static void rcu_frees_do_not_stay_behind(struct kunit *test)
{
	struct zmem_snapshot *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct fault f = { .test = test };
	struct zmem_cache *c;

	KUNIT_ASSERT_NOT_NULL(test, s);
	/* New classes were not used yet, and so do not wait as they go. */
	unload();
	KUNIT_ASSERT_EQ(test, call_load(&f), 0);
	c = test_cache(test, 256, NULL);
	zmem_free_rcu_mightsleep(zmem_cache_alloc(c, GFP_KERNEL));
	zmem_sizes_exit();
	zmem_rcu_exit();
	zmem_snapshot_take(zmem_common(c), s);
	KUNIT_EXPECT_EQ(test, s->frees, 1);
	KUNIT_EXPECT_EQ(test, s->objects, 0);
	KUNIT_ASSERT_EQ(test, zmem_rcu_init(), 0);
	KUNIT_ASSERT_EQ(test, zmem_sizes_init(), 0);
	zmem_keys_set();
	zmem_cache_destroy(c);
}

static struct kunit_case fault_cases[] = {
	KUNIT_CASE(create_fails),
	KUNIT_CASE(alloc_fails),
	KUNIT_CASE(bulk_fails),
	KUNIT_CASE(prefill_fails),
	KUNIT_CASE(reserve_serves),
	KUNIT_CASE(sizes_fail),
	KUNIT_CASE(realloc_fails),
	KUNIT_CASE(free_rcu_copes),
	KUNIT_CASE(closed_nodes_fail),
	KUNIT_CASE(other_nodes_fail),
	KUNIT_CASE(pattern_fails),
	KUNIT_CASE(leaks_stay_behind),
	KUNIT_CASE(rcu_frees_do_not_stay_behind),
	KUNIT_CASE(load_fails),
	KUNIT_CASE(leak_report_copes),
	{}
};

static struct kunit_suite fault_suite = {
	.name = "zmem_fault",
	.suite_init = fault_suite_init,
	.suite_exit = fault_suite_exit,
	.init = test_init,
	.exit = test_exit,
	.test_cases = fault_cases,
};

kunit_test_suite(fault_suite);
