/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What the tests of the malloc share; cmocka's header comes first. */
#ifndef MALLOC_TEST_H
#define MALLOC_TEST_H

#include <stdio.h>

/* Bytes of this process that are in memory. */
static inline size_t rss(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%*u %lu", &pages), 1);
	fclose(f);
	return pages * 4096;
}

#endif /* MALLOC_TEST_H */
