// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Calls that an interrupt makes while the fast path of the same CPU is busy:
 * zmem's go to the slab then.  The interrupt is a real one that this CPU sends
 * itself.  That it finds the fast path half-way is brought about by hand: the
 * busy word is set around it.
 */
#include <linux/irq_work.h>
#include <linux/kernel.h>
#include <zmem/cpu.h>

#include "bench.h"

static struct bench_cache cache_busy;

static __always_inline void pairs(enum bench_side side)
{
	bench_cache_pairs(side, cache_busy, GFP_ATOMIC);
}
BENCH_SIDES(pairs, pairs)

static bool was_run;

static void in_interrupt_zmem(struct irq_work *work)
{
	pairs_zmem();
	WRITE_ONCE(was_run, true);
}

static void in_interrupt_kmem(struct irq_work *work)
{
	pairs_kmem();
	WRITE_ONCE(was_run, true);
}

static DEFINE_IRQ_WORK(work_zmem, in_interrupt_zmem);
static DEFINE_IRQ_WORK(work_kmem, in_interrupt_kmem);

static void interrupt(struct irq_work *work)
{
	WRITE_ONCE(was_run, false);
	irq_work_queue(work);
	while (!READ_ONCE(was_run))
		cpu_relax();
}

static void busy_pair_64_zmem(void)
{
	struct zmem_cpu *zc = zmem_cpu_enter(zmem_shares(cache_busy.zmem));

	interrupt(&work_zmem);
	zmem_cpu_exit(zc);
}

/* The kernel's allocator has no such state to be found in. */
static void busy_pair_64_kmem(void)
{
	preempt_disable();
	interrupt(&work_kmem);
	preempt_enable();
}

static const struct bench_row rows[] = {
	BENCH_ROW(busy_pair_64, BENCH_PAIRS),
};

int bench_busy(void)
{
	int err;

	/* Neither allocator may be called from such an interrupt there. */
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return 0;
	err = bench_cache_create(&cache_busy, "bench-busy", BENCH_SIZE, NULL);
	if (err)
		return err;
	bench_time(rows, ARRAY_SIZE(rows));
	bench_cache_destroy(&cache_busy);
	return 0;
}
