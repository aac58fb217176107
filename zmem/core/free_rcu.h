/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Frees that wait for RCU's readers. */
#ifndef _ZMEM_CORE_FREE_RCU_H
#define _ZMEM_CORE_FREE_RCU_H

#include <linux/types.h>

/*
 * Objects that go through a grace period together: as many as a magazine of
 * small ones holds, so that what comes back fits one.
 */
#define ZMEM_RCU_BATCH		125u

/*
 * A batch is submitted within 100 ms, full or not: a timer of 80 ms leaves the
 * rest to the timer's tick and to the workqueue.
 */
#define ZMEM_RCU_DELAY_MS	80u

int zmem_rcu_init(void);
void zmem_rcu_exit(void);
void zmem_rcu_flush(void);
void zmem_rcu_drain(void);

#endif /* _ZMEM_CORE_FREE_RCU_H */
