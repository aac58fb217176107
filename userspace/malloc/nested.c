// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Signal handlers that allocate, though POSIX forbids it.  One that interrupts
 * the fast path finds its slot busy and takes the slow path; one that
 * interrupts the slow path where that holds a lock would wait for itself.
 * That is so rare that simple means will do: such an allocation is carved off
 * a small arena and never reused, such a free is left for the next slow call.
 * Both are single atomic steps, at whose seams another signal may come.
 */
#include <linux/kernel.h>
#include <linux/llist.h>

#include "fast.h"

#define NESTED_BYTES	(256UL << 10)

static char nested_arena[NESTED_BYTES] __aligned(4096);
static unsigned long nested_used;
static LLIST_HEAD(nested_freed);

struct nested_header {
	size_t size;
	size_t pad;	/* to MALLOC_ALIGN */
};

bool nested(void)
{
	return shim_task.held || shim_task.irqs_off;
}

/* The arena is zero as the system gives it. */
void *nested_alloc(size_t size)
{
	size_t bytes = ALIGN(size, MALLOC_ALIGN) + sizeof(struct nested_header);
	struct nested_header *h;
	unsigned long at;

	if (size > NESTED_BYTES)
		return NULL;
	at = __atomic_fetch_add(&nested_used, bytes, __ATOMIC_RELAXED);
	if (at + bytes > NESTED_BYTES) {
		__atomic_fetch_sub(&nested_used, bytes, __ATOMIC_RELAXED);
		return NULL;
	}
	h = (struct nested_header *)&nested_arena[at];
	h->size = max(ALIGN(size, MALLOC_ALIGN), MALLOC_ALIGN);
	return h + 1;
}

/* Bytes of a block of the arena, 0 for anything else. */
size_t nested_usable(const void *p)
{
	unsigned long at = (const char *)p - nested_arena;

	if (at >= NESTED_BYTES || !p)
		return 0;
	return ((const struct nested_header *)p - 1)->size;
}

/*
 * Its first words are free for the list.  What is no block of the region may
 * be nobody's: it is left alone, and lost if it was a huge one.
 */
void nested_free(void *p)
{
	if (malloc_page(p))
		llist_add(p, &nested_freed);
}

/* All blocks that were left so far. */
struct llist_node *nested_take_freed(void)
{
	return likely(llist_empty(&nested_freed)) ? NULL : llist_del_all(&nested_freed);
}
