// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Misuse: said once with the cache's name and a stack; the machine goes on. */
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/printk.h>

#include "internal.h"
#include "core/debug.h"
#include "core/report.h"

static const char * const zmem_misuse_text[] = {
	[ZMEM_DOUBLE_FREE]	= "double free",
	[ZMEM_WRONG_CACHE]	= "free of another cache's object",
	[ZMEM_FOREIGN_POINTER]	= "free of a pointer that is not zmem's",
	[ZMEM_INTERIOR_POINTER]	= "free of a pointer into an object",
	[ZMEM_LEAKED_OBJECTS]	= "destroyed with live objects, which stay allocated",
	[ZMEM_BAD_GFP]		= "gfp flags that this cache can't honour",
	[ZMEM_BAD_SIZE]		= "size over the limit",
	[ZMEM_RED_ZONE]		= "bytes next to an object were written",
	[ZMEM_USE_AFTER_FREE]	= "a free object was written",
	[ZMEM_BAD_BOOKS]	= "a slab's books do not add up",
};

bool zmem_reports_muted;

/**
 * zmem_report() - report misuse of a cache
 * @cache: whose, as far as is known
 * @kind: of misuse
 * @object: the pointer that was passed, or NULL
 *
 * Context: any but NMI; no leaf lock held.
 * Return: whether it was printed, and not only counted.
 */
bool zmem_report(struct zmem_common *cache, enum zmem_misuse kind,
		 const void *object)
{
	atomic_long_inc(&cache->errors);
	if (test_and_set_bit(kind, &cache->reported) || zmem_reports_muted)
		return false;
	pr_err("zmem: cache %s: %s (%p)\n", cache->name,
	       zmem_misuse_text[kind], object);
	dump_stack();
	zmem_debug_describe(object);
	return true;
}
