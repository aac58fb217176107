/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Housekeeping without a thread of our own. */
#ifndef _ZMEM_MALLOC_TICK_H
#define _ZMEM_MALLOC_TICK_H

/* From slow calls, nothing held: runs the tuner when it is due. */
void malloc_tick(void);

/* Gives back what nobody uses; returns pages. */
unsigned long malloc_trim_all(void);

#endif /* _ZMEM_MALLOC_TICK_H */
