// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Several CPUs at once: no object is lost, none is had by two. */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "tests/util.h"
#include "core/tuner.h"

#define WORKERS	4
#define SLOTS	256
#define ROUNDS	20000

/* A board where workers leave objects for one another. */
static struct {
	spinlock_t lock;	/* slot */
	u64 *slot[SLOTS];
} board;

struct worker {
	struct zmem_cache *c;
	struct completion done;
	u64 seed;
	unsigned int rounds;
	unsigned long errors;
};

static u64 next(u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Puts an object (or none) on the board for what lay there. */
static u64 *trade(unsigned int i, u64 *object)
{
	u64 *other;

	spin_lock(&board.lock);
	other = board.slot[i];
	board.slot[i] = object;
	spin_unlock(&board.lock);
	return other;
}

static void check_and_free(struct worker *w, u64 *object)
{
	if (!object)
		return;
	if (object[0] != (u64)(unsigned long)object || object[7] != ~object[0])
		w->errors++;
	object[0] = 0;
	zmem_cache_free(w->c, object);
}

static int work(void *arg)
{
	struct worker *w = arg;
	unsigned int i;
	u64 *object;

	for (i = 0; i < w->rounds; i++) {
		object = zmem_cache_alloc(w->c, GFP_KERNEL);
		if (!object) {
			w->errors++;
			continue;
		}
		object[0] = (u64)(unsigned long)object;
		object[7] = ~object[0];
		check_and_free(w, trade(next(&w->seed) % SLOTS, object));
		if (!(i % 1024))
			cond_resched();
	}
	complete(&w->done);
	return 0;
}

static void storm(struct kunit *test, struct zmem_cache_args *args, unsigned int rounds,
		  bool disturb)
{
	struct zmem_cache *c = test_cache(test, 64, args);
	struct worker *w = kunit_kzalloc(test, WORKERS * sizeof(*w), GFP_KERNEL);
	struct task_struct *task;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, w);
	spin_lock_init(&board.lock);
	memset(board.slot, 0, sizeof(board.slot));
	for (i = 0; i < WORKERS; i++) {
		w[i].c = c;
		w[i].rounds = rounds;
		w[i].seed = 88172645463325252ull + i;
		init_completion(&w[i].done);
		task = kthread_run(work, &w[i], "zmem-test/%u", i);
		if (IS_ERR(task)) {
			w[i].errors++;
			complete(&w[i].done);
		}
	}
	for (i = 0; disturb && i < 20; i++) {
		zmem_cache_shrink(c);
		zmem_caches_reclaim(ULONG_MAX);
		KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 0);
		WRITE_ONCE(zmem_common(c)->magazine_size, i % 2 ? 12 : 124);
	}
	for (i = 0; i < WORKERS; i++) {
		wait_for_completion(&w[i].done);
		KUNIT_EXPECT_EQ(test, w[i].errors, 0);
	}
	for (i = 0; i < SLOTS; i++)
		check_and_free(&w[0], board.slot[i]);
	KUNIT_EXPECT_EQ(test, w[0].errors, 0);
	zmem_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->allocs, WORKERS * rounds);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->frees, WORKERS * rounds);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->slabs, 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->magazines, 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 0);
	zmem_cache_destroy(c);
}

static void trading(struct kunit *test)
{
	storm(test, NULL, ROUNDS, false);
}

static void trading_while_disturbed(struct kunit *test)
{
	storm(test, NULL, ROUNDS, true);
}

static void trading_while_tuned(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_BALANCED,
					.tune_interval_ms = 1 };

	storm(test, &args, ROUNDS, false);
}

/* A debug cache says nothing where nothing is wrong, whoever looks at it. */
static void trading_in_a_debug_cache(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_DEBUG };

	storm(test, &args, ROUNDS / 10, true);
}

static struct kunit_case threads_cases[] = {
	KUNIT_CASE(trading),
	KUNIT_CASE(trading_while_disturbed),
	KUNIT_CASE(trading_while_tuned),
	KUNIT_CASE(trading_in_a_debug_cache),
	{}
};

static struct kunit_suite threads_suite = {
	.name = "zmem_threads",
	.test_cases = threads_cases,
};

kunit_test_suite(threads_suite);
