// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Allocations that fail because a test wants it. */
#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/spinlock.h>
#include <shim/shim.h>
#include "shim_internal.h"

static DEFINE_SPINLOCK(shim_fail_lock);
static unsigned long shim_fail_after, shim_fail_count;

static __thread unsigned long shim_nth, shim_nth_count, shim_nth_hits;

void (*shim_fault_hook)(void);

bool shim_page_fails(gfp_t gfp)
{
	unsigned long flags;
	bool fail = false;

	if (likely(!READ_ONCE(shim_fail_count)) || (gfp & __GFP_NOFAIL))
		return false;
	spin_lock_irqsave(&shim_fail_lock, flags);
	if (shim_fail_after) {
		shim_fail_after--;
	} else if (shim_fail_count) {
		WRITE_ONCE(shim_fail_count, shim_fail_count - 1);
		fail = true;
	}
	spin_unlock_irqrestore(&shim_fail_lock, flags);
	return fail;
}

void shim_fail_pages(unsigned long after, unsigned long count)
{
	unsigned long flags;

	spin_lock_irqsave(&shim_fail_lock, flags);
	shim_fail_after = after;
	WRITE_ONCE(shim_fail_count, count);
	spin_unlock_irqrestore(&shim_fail_lock, flags);
}

bool shim_fails(gfp_t gfp)
{
	if (likely(!shim_nth) || (gfp & __GFP_NOFAIL))
		return false;
	if (shim_nth > 1) {
		shim_nth--;
		return false;
	}
	shim_nth_hits++;
	if (!--shim_nth_count)
		shim_nth = 0;
	if (shim_fault_hook)
		shim_fault_hook();
	return true;
}

unsigned long shim_fail_nth(unsigned long n, unsigned long count)
{
	unsigned long hits = shim_nth_hits;

	shim_nth = count ? n : 0;
	shim_nth_count = count;
	shim_nth_hits = 0;
	return hits;
}
