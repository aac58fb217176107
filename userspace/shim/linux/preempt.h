/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_PREEMPT_H
#define _SHIM_LINUX_PREEMPT_H

#include <shim/task.h>

/*
 * Nobody takes this thread's slot while the depth is not 0; the barrier
 * keeps what must come after the raise behind it.
 */
static __always_inline void preempt_disable(void)
{
	__atomic_store_n(&shim_task.preempt, shim_task.preempt + 1, __ATOMIC_RELAXED);
	barrier();
}

static __always_inline void preempt_enable(void)
{
	smp_store_release(&shim_task.preempt, shim_task.preempt - 1);
}

#define preempt_disable_notrace()	preempt_disable()
#define preempt_enable_notrace()	preempt_enable()
#define preempt_count()		((int)shim_task.preempt)
#define preemptible()		(!shim_task.preempt && !shim_task.irqs_off)
#define in_atomic()		(shim_task.preempt != 0)
#define irqs_disabled()		(shim_task.irqs_off != 0)
#define in_interrupt()		0
#define in_hardirq()		0
#define in_softirq()		0
#define in_serving_softirq()	0
#define in_nmi()		0
#define in_task()		1
#define migrate_disable()	preempt_disable()
#define migrate_enable()	preempt_enable()
#define local_bh_disable()	preempt_disable()
#define local_bh_enable()	preempt_enable()

/* Interrupts are signals where shim_irqs_are_signals() said so. */
extern bool shim_signals __hidden;
void shim_signals_block(void);
void shim_signals_unblock(void);

static inline void shim_irq_disable(void)
{
	if (unlikely(READ_ONCE(shim_signals)) && !shim_task.irqs_off)
		shim_signals_block();
	shim_task.irqs_off++;
	barrier();
}

static inline void shim_irq_enable(void)
{
	barrier();
	shim_task.irqs_off--;
	if (unlikely(READ_ONCE(shim_signals)) && !shim_task.irqs_off)
		shim_signals_unblock();
}

#define local_irq_disable()	shim_irq_disable()
#define local_irq_enable()	shim_irq_enable()
#define local_irq_save(flags)	\
	do { (flags) = 0; shim_irq_disable(); } while (0)
#define local_irq_restore(flags)	\
	do { (void)(flags); shim_irq_enable(); } while (0)
#define lockdep_assert_preemption_disabled()	WARN_ON_ONCE(!shim_task.preempt)
#define lockdep_assert_irqs_disabled()		WARN_ON_ONCE(!shim_task.irqs_off)

#endif /* _SHIM_LINUX_PREEMPT_H */
