/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _ZMEM_CORE_REPORT_H
#define _ZMEM_CORE_REPORT_H

#include <linux/types.h>

struct zmem_common;

/* Kinds of misuse; each is printed once a cache, and counted always. */
enum zmem_misuse {
	ZMEM_NO_MISUSE,
	ZMEM_DOUBLE_FREE,
	ZMEM_WRONG_CACHE,
	ZMEM_FOREIGN_POINTER,
	ZMEM_INTERIOR_POINTER,
	ZMEM_LEAKED_OBJECTS,
	ZMEM_BAD_GFP,
	ZMEM_BAD_SIZE,
	ZMEM_RED_ZONE,
	ZMEM_USE_AFTER_FREE,
	ZMEM_BAD_BOOKS,
	ZMEM_LIMIT_REACHED,	/* no misuse, and not counted as such */
};

/* A test's: misuse that it provokes is counted, but not printed. */
extern bool zmem_reports_muted;

bool zmem_report(struct zmem_common *cache, enum zmem_misuse kind,
		 const void *object);

#endif /* _ZMEM_CORE_REPORT_H */
