/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Freed objects of a debug cache that wait before they are used again. */
#ifndef _ZMEM_CORE_QUARANTINE_H
#define _ZMEM_CORE_QUARANTINE_H

#include <linux/spinlock.h>

struct zmem_common;

/**
 * struct zmem_quarantine - a queue of freed objects
 * @ring: of @size pointers; NULL: there is none
 * @size: objects that may wait
 * @lock: the fields below
 * @first: who waits longest
 * @nr: objects that wait
 */
struct zmem_quarantine {
	void **ring;
	unsigned int size;
	spinlock_t lock;	/* the fields below */
	unsigned int first;
	unsigned int nr;
};

int zmem_quarantine_init(struct zmem_common *cache);
void *zmem_quarantine_add(struct zmem_common *cache, void *object);
void zmem_quarantine_drain(struct zmem_common *cache);

#endif /* _ZMEM_CORE_QUARANTINE_H */
