/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Which addresses are huge blocks. */
#ifndef _ZMEM_MALLOC_HUGE_TABLE_H
#define _ZMEM_MALLOC_HUGE_TABLE_H

#include <linux/types.h>

/**
 * struct huge_block - a block with a mapping of its own
 * @addr: where both start; 0: no block
 * @size: what the owner may use, whole pages
 * @room: of the mapping; a block that grows takes more and more of it
 */
struct huge_block {
	unsigned long addr;
	size_t size;
	size_t room;
};

/* False if there is no memory for a larger table. */
bool huge_table_add(struct huge_block block);

/* The block at @addr, or one of address 0. */
struct huge_block huge_table_get(unsigned long addr);

/* Whether the block there has room for @size; it is as large then. */
bool huge_table_grow(unsigned long addr, size_t size);

/* The block there, out of the table: for its owner to free or move. */
struct huge_block huge_table_take(unsigned long addr);

#endif /* _ZMEM_MALLOC_HUGE_TABLE_H */
