/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_IRQ_WORK_H
#define _SHIM_LINUX_IRQ_WORK_H

#include <linux/types.h>

/*
 * An interrupt of this CPU, that is, a signal to this thread: it has run when
 * irq_work_queue() returns, whatever the thread was about.
 */
struct irq_work {
	void (*func)(struct irq_work *work);
};

#define IRQ_WORK_INIT_HARD(f)	((struct irq_work){ .func = (f) })

bool irq_work_queue(struct irq_work *work);

#define irq_work_is_busy(work)	((void)(work), false)
#define irq_work_sync(work)	((void)(work))

#endif /* _SHIM_LINUX_IRQ_WORK_H */
