// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Latency samples of balanced caches.
 *
 * The fast path measures nothing.  A CPU that is to be sampled is closed for
 * the next few calls, which then take the slow path, and that reads the clock.
 */
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/sched/clock.h>

#include "internal.h"
#include "core/latency.h"
#include "core/share.h"

/* Calls that a balanced cache samples on a CPU each time the tuner looks. */
#define ZMEM_SAMPLES	16u

static u64 zmem_detour_ns;

/**
 * zmem_sample_begin() - open a closed CPU for the one call that has come
 * @zc: its share, held; calls are left to sample
 *
 * It is closed again behind the call while there are samples to take.  What is
 * timed is the call as if it had not been sampled.
 *
 * Return: for zmem_sample_end(); not 0.
 */
u64 zmem_sample_begin(struct zmem_cpu *zc)
{
	struct zmem_cpu_slow *slow = zmem_slow(zc);

	slow->closed--;
	cpu_open(zc);
	return local_clock() | 1;
}

/*
 * Nanoseconds since @start without the detour.  The clock is the CPU's, and the
 * task may be on another one by now, whose clock is behind: that is none.
 */
static u64 sample_ns(u64 start)
{
	u64 now = local_clock();
	u64 ns = now > start ? now - start : 0;

	return ns - min(ns, zmem_detour_ns);
}

/* Takes the sample, and closes the CPU again if there are more to take. */
void zmem_sample_end(struct zmem_common *c, u64 start)
{
	u64 ns = sample_ns(start);
	struct zmem_cpu *zc;

	atomic_long_inc(&c->latency->bucket[min_t(int, ilog2(ns | 1),
						  ZMEM_LATENCY_BUCKETS - 1)]);
	atomic_long_inc(&c->latency->samples);
	atomic_long_add(ns, &c->latency->total_ns);
	zc = zmem_cpu_enter(zmem_shares(c->cache));
	if (!zc)
		return;
	if (zmem_slow(zc)->closed)
		cpu_close(zc);
	zmem_cpu_exit(zc);
}

/* What two readings of the clock cost is no part of a call. */
void zmem_latency_calibrate(void)
{
	u64 least = U64_MAX;
	int i;

	for (i = 0; i < 64; i++) {
		u64 start = local_clock();

		least = min(least, local_clock() - start);
	}
	zmem_detour_ns = least;
}

u64 zmem_latency_detour(void)
{
	return zmem_detour_ns;
}

/* Closes this CPU for the next few calls.  Task context, busy never set. */
void zmem_magazines_sample(struct zmem_common *c)
{
	struct zmem_cpu *zc = zmem_cpu_enter(zmem_shares(c->cache));

	if (!zc)
		return;
	if (zc->loaded) {
		cpu_close(zc);
		zmem_slow(zc)->closed = ZMEM_SAMPLES;
	}
	zmem_cpu_exit(zc);
}
