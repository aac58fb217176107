/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_SORT_H
#define _SHIM_LINUX_SORT_H

#include <stdlib.h>

/* @swap is for odd elements; qsort() moves all alike. */
#define sort(base, num, size, cmp, swap)	\
	((void)(swap), shim_sort(base, num, size, cmp))
void shim_sort(void *base, size_t num, size_t size,
	       int (*cmp)(const void *, const void *));

#endif /* _SHIM_LINUX_SORT_H */
