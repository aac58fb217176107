/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What tests and the userspace libraries may ask of the shim itself. */
#ifndef _SHIM_SHIM_H
#define _SHIM_SHIM_H

#include <linux/types.h>

/* Pages handed out and not yet returned: 0 when nothing leaks. */
unsigned long shim_pages_allocated(void);

/*
 * Gives the memory of free pages back to the system: of all, or of those that
 * nobody wanted since the last call.  Returns pages.
 */
unsigned long shim_pages_trim(bool all);

/* After @after more allocations of pages succeeded, the next @count fail. */
void shim_fail_pages(unsigned long after, unsigned long count);

/*
 * The @n-th allocation from here that this thread makes fails, and @count in
 * all, be they of pages, by kmalloc() or for all CPUs; 0: none.  Returns how
 * many did since the last call.
 */
unsigned long shim_fail_nth(unsigned long n, unsigned long count);

/* Called when one fails so, to say where. */
extern void (*shim_fault_hook)(void);

/* At most @pages on @node at a time; 0 lifts the limit. */
void shim_limit_node(int node, unsigned long pages);

/* Bytes in kmalloc() blocks: 0 when no control structure leaks. */
size_t shim_kmalloc_bytes(void);

/* The node of the slot that this thread takes next; -1: whichever comes. */
void shim_prefer_node(int node);

/* Warnings (WARN*(), pr_warn(), pr_err()) since the last call, and quiet mode. */
unsigned long shim_take_warnings(void);
void shim_quiet(bool quiet);

/*
 * Simulates interrupts: with this on, local_irq_save() and the _irqsave locks
 * really block signals, so that a signal handler may allocate and free.
 */
void shim_irqs_are_signals(bool on);

#endif /* _SHIM_SHIM_H */
