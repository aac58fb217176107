/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Allocation by size. */
#ifndef _ZMEM_CORE_SIZES_H
#define _ZMEM_CORE_SIZES_H

struct zmem_common;

/* The cache that counts page runs. */
extern struct zmem_common *zmem_large;

void zmem_free_unseen(void *p);

int zmem_sizes_init(void);
void zmem_sizes_exit(void);

#endif /* _ZMEM_CORE_SIZES_H */
