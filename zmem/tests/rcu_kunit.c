// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Objects that RCU's readers look at: frees that wait, and type-safe caches. */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/rcupdate.h>

#include "tests/util.h"
#include "core/free_rcu.h"
#include "core/magazine.h"
#include "core/nodes.h"
#include "core/sizes.h"

/* Freed in the middle of a batch, and with some behind it. */
#define NR_OBJECTS	(2 * ZMEM_RCU_BATCH + 10)
#define READERS		2
#define ROUNDS		50000

/* What a machine that is busy with other things may take beyond 100 ms. */
#define PATIENCE_MS	2000

struct thing {
	u64 key;
	u64 inverse;
	struct rcu_head rcu;
};

static struct zmem_snapshot snapshot;

static u64 frees(struct zmem_cache *c)
{
	zmem_snapshot_take(zmem_common(c), &snapshot);
	return snapshot.frees;
}

static u64 live_objects(void)
{
	u64 objects = 0;
	unsigned int n;

	for (n = 0; !zmem_snapshot_nth(n, &snapshot); n++)
		objects += snapshot.objects;
	return objects;
}

/* Whether an object gets freed by itself; returns after how many ms. */
static unsigned int ms_until_free(struct zmem_cache *c, u64 wanted)
{
	unsigned long start = jiffies;

	while (frees(c) < wanted && jiffies_to_msecs(jiffies - start) < PATIENCE_MS)
		usleep_range(1000, 2000);
	return jiffies_to_msecs(jiffies - start);
}

static struct thing *thing_new(struct kunit *test, struct zmem_cache *c, u64 key)
{
	struct thing *thing = zmem_cache_alloc(c, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, thing);
	thing->key = key;
	thing->inverse = ~key;
	return thing;
}

/* Nothing is freed under a reader, and all is once it is gone. */
static void free_waits_for_a_reader(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, sizeof(struct thing), NULL);
	struct thing **things = (struct thing **)test_array(test, NR_OBJECTS);
	unsigned int i, bad = 0;
	u64 freed;

	for (i = 0; i < NR_OBJECTS; i++)
		things[i] = thing_new(test, c, i);
	rcu_read_lock();
	for (i = 0; i < NR_OBJECTS; i++)
		zmem_free_rcu(things[i], rcu);
	zmem_rcu_flush();
	freed = frees(c);
	for (i = 0; i < NR_OBJECTS; i++)
		bad += things[i]->key != i || things[i]->inverse != ~(u64)i;
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, freed, 0);
	KUNIT_EXPECT_EQ(test, bad, 0);
	zmem_rcu_drain();
	KUNIT_EXPECT_EQ(test, frees(c), NR_OBJECTS);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);
	zmem_cache_destroy(c);
}

/* A batch that does not fill is submitted all the same. */
static void partial_batch(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, sizeof(struct thing), NULL);
	struct thing *thing = thing_new(test, c, 1);
	unsigned int ms;

	zmem_free_rcu(thing, rcu);
	ms = ms_until_free(c, 1);
	KUNIT_EXPECT_EQ(test, frees(c), 1);
	KUNIT_EXPECT_LT(test, ms, PATIENCE_MS);
	zmem_cache_destroy(c);
}

static int free_and_exit(void *arg)
{
	struct thing *thing = arg;

	zmem_free_rcu(thing, rcu);
	return 0;
}

/* In userspace a CPU goes with its thread: nobody adds to its batch any more. */
static void batch_of_a_thread_that_ends(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, sizeof(struct thing), NULL);
	struct thing *thing = thing_new(test, c, 1);
	struct task_struct *task = kthread_create(free_and_exit, thing, "zmem-test");

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	get_task_struct(task);
	wake_up_process(task);
	ms_until_free(c, 1);
	kthread_stop(task);
	put_task_struct(task);
	KUNIT_EXPECT_EQ(test, frees(c), 1);
	zmem_cache_destroy(c);
}

/* Classes, runs of pages and runs of a zone in one batch, in turns. */
static void all_kinds(struct kunit *test)
{
	static const size_t sizes[] = { 8, 64, 100, 4096, 8192, 10000, 1 << 20 };
	long pages = atomic_long_read(&zmem_large->large_pages);
	long errors = atomic_long_read(&zmem_large->errors);
	u64 before = live_objects();
	unsigned int round, i;
	void *p;

	for (round = 0; round < 20; round++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			p = zmem_alloc(sizes[i], GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, p);
			memset(p, 0xa5, sizes[i]);
			zmem_free_rcu_mightsleep(p);
		}
		p = zmem_alloc(100, GFP_KERNEL | GFP_DMA32);
		KUNIT_ASSERT_NOT_NULL(test, p);
		zmem_free_rcu_mightsleep(p);
	}
	zmem_free_rcu_mightsleep(NULL);
	zmem_free_rcu_mightsleep(ZERO_SIZE_PTR);
	zmem_rcu_drain();
	KUNIT_EXPECT_EQ(test, live_objects(), before);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zmem_large->large_pages), pages);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zmem_large->errors), errors);
}

struct outer {
	char before[4000];
	struct rcu_head rcu;
	char behind[1000];
};

/*
 * With interrupts off, where kernels that check PREEMPT_RT's rules have no
 * memory for a batch: the objects' own heads do, wherever in them they are.
 */
static void without_memory(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, sizeof(struct thing), NULL);
	struct zmem_cache *class = zmem_size_caches[zmem_size_class(sizeof(struct outer))];
	struct thing **things = (struct thing **)test_array(test, NR_OBJECTS);
	u64 errors = test_snapshot(test, class)->errors, before = live_objects();
	struct outer *medium = zmem_alloc(sizeof(*medium), GFP_KERNEL);
	struct outer *large = zmem_alloc(100000, GFP_KERNEL);
	unsigned long flags;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, medium);
	KUNIT_ASSERT_NOT_NULL(test, large);
	for (i = 0; i < NR_OBJECTS; i++)
		things[i] = thing_new(test, c, i);
	zmem_rcu_flush();
	local_irq_save(flags);
	zmem_free_rcu(medium, rcu);
	zmem_free_rcu(large, rcu);
	for (i = 0; i < NR_OBJECTS; i++)
		zmem_free_rcu(things[i], rcu);
	local_irq_restore(flags);
	zmem_rcu_drain();
	KUNIT_EXPECT_EQ(test, frees(c), NR_OBJECTS);
	KUNIT_EXPECT_EQ(test, live_objects(), before);
	/* What is amiss with an object shows when it reaches its slab. */
	zmem_cache_shrink(c);
	zmem_cache_shrink(class);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, class)->errors, errors);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->slabs, 0);
	zmem_cache_destroy(c);
}

/* Destruction waits: what came too late would no longer be zmem's. */
static void destroy_waits(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, sizeof(struct thing), NULL);
	long errors = atomic_long_read(&zmem_large->errors);
	unsigned int i;

	for (i = 0; i < NR_OBJECTS; i++) {
		struct thing *thing = thing_new(test, c, i);

		zmem_free_rcu(thing, rcu);
	}
	zmem_cache_destroy(c);
	zmem_rcu_drain();
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zmem_large->errors), errors);
}

/* Memory pressure does not wait for the timer. */
static void reclaim_submits(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, sizeof(struct thing), NULL);
	struct thing *thing = thing_new(test, c, 1);

	zmem_free_rcu(thing, rcu);
	zmem_caches_reclaim(1);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, frees(c), 1);
	zmem_cache_destroy(c);
}

static void misuse(struct kunit *test)
{
	struct zmem_cache_args args = { TEST_CLOSED };
	struct zmem_cache *c = test_cache(test, sizeof(struct thing), &args);
	long errors = atomic_long_read(&zmem_large->errors);
	struct thing *thing = thing_new(test, c, 1), *none = NULL;
	struct thing *foreign = kunit_kzalloc(test, sizeof(*foreign), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, foreign);
	zmem_free_rcu(none, rcu);
	zmem_free_rcu(foreign, rcu);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zmem_large->errors), errors + 1);
	zmem_free_rcu(thing, rcu);
	zmem_free_rcu_mightsleep(thing);
	zmem_rcu_drain();
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 1);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->cached, 0);
	zmem_cache_destroy(c);
}

struct reader {
	struct task_struct *task;
	const void *held;
	unsigned long errors;
	unsigned long reads;
};

static struct thing __rcu *published;

/* A thing must not change between two looks at it. */
static void look(struct reader *r)
{
	const struct thing *thing;
	unsigned int i;
	u64 key;

	rcu_read_lock();
	thing = rcu_dereference(published);
	key = READ_ONCE(thing->key);
	for (i = 0; i < 100; i++)
		cpu_relax();
	if (READ_ONCE(thing->key) != key || READ_ONCE(thing->inverse) != ~key)
		r->errors++;
	rcu_read_unlock();
	WRITE_ONCE(r->reads, r->reads + 1);
}

/* Starts readers, and waits until all are at it. */
static void readers_start(struct kunit *test, struct reader *r, int (*fn)(void *arg))
{
	unsigned int i;

	for (i = 0; i < READERS; i++) {
		r[i].task = kthread_run(fn, &r[i], "zmem-test/%u", i);
		KUNIT_EXPECT_NOT_ERR_OR_NULL(test, r[i].task);
	}
	for (i = 0; i < READERS; i++)
		while (!IS_ERR(r[i].task) && !READ_ONCE(r[i].reads))
			usleep_range(1000, 2000);
}

/* None of them saw what it must not. */
static void readers_stop(struct kunit *test, struct reader *r)
{
	unsigned int i;

	for (i = 0; i < READERS; i++) {
		if (IS_ERR(r[i].task))
			continue;
		kthread_stop(r[i].task);
		KUNIT_EXPECT_EQ(test, r[i].errors, 0);
	}
}

static int read(void *arg)
{
	struct reader *r = arg;

	do {
		look(r);
		if (!(r->reads % 256))
			cond_resched();
	} while (!kthread_should_stop());
	return 0;
}

static void publish(struct thing *thing)
{
	struct thing *old = rcu_dereference_protected(published, true);

	rcu_assign_pointer(published, thing);
	if (old)
		zmem_free_rcu(old, rcu);
}

/* Objects are freed and reused all the time under readers' eyes. */
static void readers(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, sizeof(struct thing), NULL);
	struct reader *r = kunit_kzalloc(test, READERS * sizeof(*r), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, r);
	publish(thing_new(test, c, 0));
	readers_start(test, r, read);
	for (i = 1; i < ROUNDS; i++) {
		struct thing *thing = zmem_cache_alloc(c, GFP_KERNEL);

		if (thing) {
			WRITE_ONCE(thing->key, i);
			WRITE_ONCE(thing->inverse, ~(u64)i);
			publish(thing);
		}
		if (!(i % 64))
			cond_resched();
	}
	readers_stop(test, r);
	publish(NULL);
	zmem_rcu_drain();
	KUNIT_EXPECT_EQ(test, frees(c), ROUNDS);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);
	zmem_cache_destroy(c);
}

/* ---- type-safe caches ---- */

#define MAGIC	0x7e57ab1e0b1ec7ULL

struct safe {
	u64 magic;
	u64 users;
	char text[100];
};

static void safe_construct(void *object)
{
	struct safe *safe = object;

	memset(safe, 0, sizeof(*safe));
	safe->magic = MAGIC;
}

static struct zmem_cache *safe_cache(struct kunit *test, void (*ctor)(void *object))
{
	struct zmem_cache_args args = { .flags = ZMEM_TYPESAFE_BY_RCU, .ctor = ctor };

	return test_cache(test, sizeof(struct safe), &args);
}

static u64 bytes_held(struct zmem_cache *c)
{
	zmem_snapshot_take(zmem_common(c), &snapshot);
	return snapshot.bytes_held;
}

/* As zmem_cache_shrink(), for where nobody may sleep. */
static void shrink_here(struct zmem_cache *c)
{
	int node;

	zmem_magazines_drain_this_cpu(zmem_common(c));
	for_each_node(node) {
		zmem_depot_drain(zmem_common(c), node);
		zmem_slabs_trim(zmem_common(c), &zmem_common(c)->node[node]->slabs, 0);
	}
}

/* Whether a page still leads to the cache. */
static bool is_of(struct zmem_cache *c, const void *object)
{
	const struct page *page = zmem_virt_to_page(object);

	return zmem_page_tagged(page) && zmem_page_cache(page) == c;
}

/* A slab's run stays the cache's, and what is in it, for as long as there are readers. */
static void runs_wait_for_a_reader(struct kunit *test)
{
	struct zmem_cache *c = safe_cache(test, NULL);
	unsigned int nr = 3 * test_slab_objects(c), i, bad = 0, strange = 0;
	struct safe **safe = (struct safe **)test_array(test, nr);
	u64 empty = bytes_held(c), before, during;

	for (i = 0; i < nr; i++) {
		safe[i] = zmem_cache_alloc(c, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, safe[i]);
		safe[i]->magic = MAGIC + i;
	}
	rcu_read_lock();
	for (i = 0; i < nr; i++)
		zmem_cache_free(c, safe[i]);
	shrink_here(c);
	/* What is behind the magazines, which are gone. */
	before = zmem_common(c)->node[page_to_nid(virt_to_page(safe[0]))]->slabs.pages;
	during = bytes_held(c);
	for (i = 0; i < nr; i++) {
		strange += !is_of(c, safe[i]);
		bad += READ_ONCE(safe[i]->magic) != MAGIC + i;
	}
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, strange, 0);
	KUNIT_EXPECT_EQ(test, bad, 0);
	/* On their way they are no slabs to take objects from, but are held. */
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->slabs, 0);
	KUNIT_EXPECT_GE(test, before, 3);
	KUNIT_EXPECT_GE(test, during, empty + before * PAGE_SIZE);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, bytes_held(c), empty);
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_FALSE(test, is_of(c, safe[i]));
	zmem_cache_destroy(c);
}

/* Also on machines that wipe: a freed object is as it was, an allocated one too. */
static void safe_objects_are_not_wiped(struct kunit *test)
{
	struct zmem_cache *c = safe_cache(test, NULL);
	struct safe *safe = zmem_cache_alloc(c, GFP_KERNEL), *again;
	void *bulk;

	KUNIT_ASSERT_NOT_NULL(test, safe);
	safe->magic = MAGIC;
	zmem_cache_free(c, safe);
	KUNIT_EXPECT_EQ(test, READ_ONCE(safe->magic), MAGIC);
	again = zmem_cache_alloc(c, GFP_KERNEL);
	KUNIT_EXPECT_PTR_EQ(test, again, safe);
	KUNIT_EXPECT_EQ(test, again->magic, MAGIC);
	bulk = again;
	zmem_cache_free_bulk(c, 1, &bulk);
	KUNIT_EXPECT_EQ(test, READ_ONCE(safe->magic), MAGIC);
	KUNIT_EXPECT_EQ(test, zmem_cache_alloc_bulk(c, GFP_KERNEL, 1, &bulk), 1);
	KUNIT_EXPECT_PTR_EQ(test, bulk, (void *)safe);
	KUNIT_EXPECT_EQ(test, safe->magic, MAGIC);
	/* Unless the caller wants it so. */
	zmem_cache_free(c, safe);
	again = zmem_cache_zalloc(c, GFP_KERNEL);
	KUNIT_EXPECT_PTR_EQ(test, again, safe);
	KUNIT_EXPECT_EQ(test, again->magic, 0);
	zmem_cache_free(c, again);
	zmem_cache_destroy(c);
}

/* Destruction waits for runs on their way: no page is left over, or lost. */
static void destroy_waits_for_runs(struct kunit *test)
{
	struct zmem_cache *c = safe_cache(test, safe_construct);
	void **objects = test_array(test, 1000);
	const void *last;

	KUNIT_ASSERT_EQ(test, zmem_cache_alloc_bulk(c, GFP_KERNEL, 1000, objects), 1000);
	last = objects[999];
	zmem_cache_free_bulk(c, 1000, objects);
	KUNIT_EXPECT_TRUE(test, is_of(c, last));
	zmem_cache_destroy(c);
	KUNIT_EXPECT_FALSE(test, is_of(c, last));
}

static struct safe __rcu *seen;

/*
 * What a pointer leads to may be another object by now, but is one, for long
 * enough that it is freed meanwhile, and the memory behind it too if it could.
 */
static int read_safe(void *arg)
{
	struct reader *r = arg;

	do {
		const struct safe *safe;
		unsigned int i;

		rcu_read_lock();
		safe = rcu_dereference(seen);
		WRITE_ONCE(r->held, safe);
		for (i = 0; i < 2000; i++) {
			if (safe && READ_ONCE(safe->magic) != MAGIC)
				r->errors++;
			cpu_relax();
		}
		WRITE_ONCE(r->held, NULL);
		rcu_read_unlock();
		WRITE_ONCE(r->reads, r->reads + 1);
		if (!(r->reads % 256))
			cond_resched();
	} while (!kthread_should_stop());
	return 0;
}

/* Until a reader looks at an object, if it does soon. */
static void wait_for_look(const struct reader *r)
{
	unsigned int i;

	for (i = 0; i < 10000 && !READ_ONCE(r->held); i++)
		cond_resched();
}

/* Allocates and frees many type-safe objects, under a reader's eyes. */
static void turn_over(struct kunit *test, struct zmem_cache *c, struct safe **safe,
		      unsigned int nr, const struct reader *r)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		safe[i] = zmem_cache_alloc(c, GFP_KERNEL);
		if (!safe[i])
			continue;
		KUNIT_EXPECT_EQ(test, READ_ONCE(safe[i]->magic), MAGIC);
		rcu_assign_pointer(seen, safe[i]);
	}
	wait_for_look(r);
	rcu_assign_pointer(seen, NULL);
	for (i = 0; i < nr; i++)
		if (safe[i])
			zmem_cache_free(c, safe[i]);
}

/* Another owner of the same runs, who writes all over them. */
static void scribble(struct kunit *test, struct zmem_cache *c)
{
	void **objects = test_array(test, 500);
	unsigned int i;

	test_fill(test, c, objects, 500);
	for (i = 0; i < 500; i++)
		zmem_cache_free(c, objects[i]);
	zmem_cache_shrink(c);
}

static void readers_of_safe_objects(struct kunit *test)
{
	struct zmem_cache *c = safe_cache(test, safe_construct), *other;
	struct safe **safe = (struct safe **)test_array(test, 500);
	struct reader *r = kunit_kzalloc(test, READERS * sizeof(*r), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, r);
	other = zmem_cache_create("kunit-other", sizeof(struct safe), NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	readers_start(test, r, read_safe);
	for (i = 0; i < 100; i++) {
		turn_over(test, c, safe, 500, &r[i % READERS]);
		zmem_cache_shrink(c);
		scribble(test, other);
	}
	readers_stop(test, r);
	zmem_cache_destroy(other);
	zmem_cache_destroy(c);
}

static int other_node(struct kunit *test)
{
	int node;

	for_each_node_state(node, N_MEMORY)
		if (node != numa_mem_id())
			return node;
	kunit_skip(test, "one node with memory");
	return NUMA_NO_NODE;
}

/* What waits for readers keeps no node from being drained. */
static void node_drain_waits(struct kunit *test)
{
	int node = other_node(test), i;
	struct zmem_cache *c = test_cache(test, sizeof(struct thing), NULL), *safe;
	struct zmem_cache_args args = { .flags = ZMEM_TYPESAFE_BY_RCU };
	struct thing *thing;
	void *object;

	safe = zmem_cache_create("kunit-safe", sizeof(struct safe), &args);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, safe);
	for (i = 0; i < NR_OBJECTS; i++) {
		thing = zmem_cache_alloc_node(c, GFP_KERNEL | __GFP_THISNODE, node);
		KUNIT_ASSERT_NOT_NULL(test, thing);
		zmem_free_rcu(thing, rcu);
		object = zmem_cache_alloc_node(safe, GFP_KERNEL | __GFP_THISNODE, node);
		KUNIT_ASSERT_NOT_NULL(test, object);
		zmem_cache_free(safe, object);
	}
	zmem_node_drain(node);
	KUNIT_EXPECT_EQ(test, zmem_common(c)->node[node]->slabs.pages, 0);
	KUNIT_EXPECT_EQ(test, zmem_common(safe)->node[node]->slabs.pages, 0);
	KUNIT_EXPECT_EQ(test, zmem_node_undrain(node), 0);
	zmem_cache_destroy(safe);
	zmem_cache_destroy(c);
}

static struct kunit_case rcu_cases[] = {
	KUNIT_CASE(free_waits_for_a_reader),
	KUNIT_CASE(partial_batch),
	KUNIT_CASE(batch_of_a_thread_that_ends),
	KUNIT_CASE(all_kinds),
	KUNIT_CASE(without_memory),
	KUNIT_CASE(destroy_waits),
	KUNIT_CASE(reclaim_submits),
	KUNIT_CASE(misuse),
	KUNIT_CASE(readers),
	KUNIT_CASE(runs_wait_for_a_reader),
	KUNIT_CASE(safe_objects_are_not_wiped),
	KUNIT_CASE(destroy_waits_for_runs),
	KUNIT_CASE(readers_of_safe_objects),
	KUNIT_CASE(node_drain_waits),
	{}
};

static struct kunit_suite rcu_suite = {
	.name = "zmem_rcu",
	.init = test_init,
	.exit = test_exit,
	.test_cases = rcu_cases,
};

kunit_test_suite(rcu_suite);
