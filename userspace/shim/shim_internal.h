/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Between the shim's own files. */
#ifndef _SHIM_INTERNAL_H
#define _SHIM_INTERNAL_H

#include <linux/mutex.h>

/* Parts of shim_boot(), in this order. */
void shim_pages_boot(void);	/* also reserves the per-CPU units, */
void shim_percpu_boot(unsigned long units);
void shim_hotplug_boot(void);
void shim_slots_boot(void);

/* The node of a slot if it is given (fake nodes, one node), else -1. */
int shim_fixed_node(unsigned int cpu);
/* The node of a slot that this thread takes now. */
int shim_slot_node(unsigned int cpu);

/*
 * Hotplug: the callbacks, and each CPU's node.  The lock is held while a slot
 * comes or goes and while somebody acts for another.
 */
extern struct mutex shim_cpu_lock;
int shim_call_startups(unsigned int cpu);
void shim_call_teardowns(unsigned int cpu);
void shim_cpu_set_node(unsigned int cpu, int node);

/*
 * Fork, with shim_cpu_lock: whether another thread holds a lock; no other
 * thread is at work on any slot between stop and start.  The child has no
 * other threads.
 */
bool shim_slots_held(void);
void shim_slots_stop(void);
void shim_slots_start(void);
void shim_slots_forget_held(void);
void shim_slots_fork_child(void);

/* zmem_slot_get(), waiting for its turn; and the slot to take if it is free. */
void shim_slot_wait(void);
void shim_prefer_cpu(int cpu);

/* Starts a detached thread unless *alive. */
void shim_daemon_start(bool *alive, void *(*fn)(void *arg));

/* The threads behind these did not survive a fork. */
void shim_rcu_fork_child(void);
void shim_work_fork_child(void);

/* Whether a test wants this allocation to fail; the first: of pages only. */
bool shim_page_fails(gfp_t gfp);
bool shim_fails(gfp_t gfp);

/* A block that stays for good: shim_kmalloc_bytes() leaves it out. */
void shim_kmalloc_keep(const void *p);

/* Zero pages from the system, or NULL. */
void *shim_map(size_t size);

#endif /* _SHIM_INTERNAL_H */
