// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Housekeeping without a thread of our own, which would surprise programs that
 * fork, count their threads or change their user: the slow path looks at the
 * clock now and then, and who finds the tuner due runs it.  A program that
 * makes no slow call needs no tuning; one that makes no call at all keeps what
 * it had, until malloc_trim().
 */
#include <time.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <shim/shim.h>
#include <shim/slot.h>

#include "init.h"
#include "core/pool.h"
#include "core/tuner.h"
#include "malloc_internal.h"

/* Slow calls of a thread between two looks at the clock, a few ns each. */
#define TICK_CALLS	32u

/*
 * A program that grows beyond what it held in the last second gets to use what
 * its last phase left in magazines: each time that it holds so much more, and
 * so many pages at least, they are looked at, and give back what two looks
 * found idle.
 */
#define GROWTH_SHARE	16
#define GROWTH_PAGES	64L

static long held_looked;	/* pages that it held then */
static bool tick_running;

/* Whether this caller is to run the tuner. */
static bool tick_due(void)
{
	static u64 next;
	struct timespec ts;
	u64 now, due = READ_ONCE(next);

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	now = ts.tv_sec * 1000ull + ts.tv_nsec / 1000000;
	if (now < due)
		return false;
	return __atomic_compare_exchange_n(&next, &due, now + ZMEM_TUNER_TICK_MS, false,
					   __ATOMIC_RELAXED, __ATOMIC_RELAXED) && due;
}

/* Whether a good deal more memory is held than at the last such look. */
static bool growth_due(void)
{
	long held = zmem_pools_pages(), last = READ_ONCE(held_looked);

	if (held <= last + max(last / GROWTH_SHARE, GROWTH_PAGES))
		return false;
	WRITE_ONCE(held_looked, held);
	return true;
}

/* Every tenth tick: what was not worked with for a second. */
static bool trim_due(void)
{
	static unsigned int ticks;

	return !(++ticks % 10);
}

static void give_back(void)
{
	run_trim(false);
	huge_trim(false);
	shim_pages_trim(false);
	WRITE_ONCE(held_looked, zmem_pools_pages());
}

/* Not where a signal handler interrupted the fast path: the tuner waits for that. */
void malloc_tick(void)
{
	static __thread u32 calls __attribute__((tls_model("initial-exec")));
	bool due, grown;

	if (likely(++calls % TICK_CALLS) || !preemptible() || shim_slot_held())
		return;
	due = tick_due();
	grown = growth_due();
	if (!due && !grown)
		return;
	if (__atomic_exchange_n(&tick_running, true, __ATOMIC_ACQUIRE))
		return;
	if (grown)
		zmem_user_reap();
	if (due)
		zmem_user_tune_now();
	if (due && trim_due())
		give_back();
	__atomic_store_n(&tick_running, false, __ATOMIC_RELEASE);
}

/* As glibc's: whether memory went back to the system. */
ZMEM_PUBLIC int malloc_trim(size_t pad)
{
	size_t bytes;

	if (nested() || !malloc_ready())
		return 0;
	run_trim(true);
	huge_trim(true);
	bytes = zmem_user_trim();
	WRITE_ONCE(held_looked, zmem_pools_pages());
	return bytes != 0;
}
