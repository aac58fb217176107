// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Signal handlers that allocate, though POSIX forbids it.  One that interrupts
 * the fast path finds its slot busy and takes the slow path; one that
 * interrupts the slow path where that holds a lock would wait for itself.
 * That is rare, and simple means will do: such an allocation is carved off an
 * arena, which starts anew whenever nothing in it is live, and such a free is
 * left for the next slow call.  Each is one atomic step, and another signal
 * may come before and after.
 */
#include <linux/kernel.h>
#include <linux/llist.h>
#include <linux/string.h>

#include "fast.h"

#define NESTED_BYTES	(16UL << 20)

/* Addresses until it is used. */
static char nested_arena[NESTED_BYTES] __aligned(4096);
static u64 nested_state;	/* live blocks << 32 | bytes used */
static LLIST_HEAD(nested_freed);

struct nested_header {
	size_t size;
	size_t pad;	/* to MALLOC_ALIGN */
};

bool nested(void)
{
	return shim_task.held || shim_task.irqs_off;
}

/* Zeroed. */
void *nested_alloc(size_t size)
{
	size_t bytes = ALIGN(max_t(size_t, size, 1), MALLOC_ALIGN);
	u64 state = READ_ONCE(nested_state);
	struct nested_header *h;

	if (size > NESTED_BYTES)
		return NULL;
	do {
		if ((u32)state + bytes + sizeof(*h) > NESTED_BYTES)
			return NULL;
	} while (!__atomic_compare_exchange_n(&nested_state, &state,
					      state + (1ULL << 32) + bytes + sizeof(*h),
					      false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
	h = (struct nested_header *)&nested_arena[(u32)state];
	h->size = bytes;
	return memset(h + 1, 0, bytes);
}

/* Bytes of a block of the arena, 0 for anything else. */
size_t nested_usable(const void *p)
{
	unsigned long at = (const char *)p - nested_arena;

	return at < NESTED_BYTES ? ((const struct nested_header *)p - 1)->size : 0;
}

/* Whether @p was a block of the arena; it is gone then. */
bool nested_put(void *p)
{
	u64 state = READ_ONCE(nested_state), next;

	if (!nested_usable(p))
		return false;
	do {
		next = state - (1ULL << 32);
		if (!(next >> 32))
			next = 0;
	} while (!__atomic_compare_exchange_n(&nested_state, &state, next, false,
					      __ATOMIC_RELEASE, __ATOMIC_RELAXED));
	return true;
}

/*
 * Its first words are free for the list.  What is no block of the region may
 * be nobody's: it is left alone, and lost if it was a huge one.
 */
void nested_free(void *p)
{
	if (!nested_put(p) && malloc_cache_of(p))
		llist_add(p, &nested_freed);
}

/* All blocks that were left so far. */
struct llist_node *nested_take_freed(void)
{
	return likely(llist_empty(&nested_freed)) ? NULL : llist_del_all(&nested_freed);
}
