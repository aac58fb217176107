// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Huge blocks: a mapping each, for what is above ZMEM_ALLOC_MAX, and for what
 * grows by realloc() beyond HUGE_GROWN: such a block gets room behind it that
 * costs addresses only, and where that is used up its pages move, not bytes.
 *
 * A few mappings that were freed are kept for the next, for a program that
 * builds one buffer after the other would else have each page faulted in anew.
 * What nobody wanted between two looks of the tick goes back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/spinlock.h>

#include "huge_table.h"
#include "malloc_internal.h"

#define KEEP_BLOCKS	4u
#define KEEP_BYTES	(16UL << 20)

static DEFINE_SPINLOCK(keep_lock);	/* all below */
static struct huge_block kept[KEEP_BLOCKS];
static size_t kept_bytes;
static bool kept_used;	/* since the last look */

void *huge_map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* A kept mapping of @room bytes at least, or one of address 0. */
static struct huge_block keep_take(size_t room)
{
	struct huge_block b = { 0 };
	unsigned int i;

	if (!READ_ONCE(kept_bytes))
		return b;
	spin_lock(&keep_lock);
	for (i = 0; i < KEEP_BLOCKS && !b.addr; i++)
		if (kept[i].addr && kept[i].room >= room) {
			b = kept[i];
			kept[i].addr = 0;
			kept_bytes -= b.room;
			kept_used = true;
		}
	spin_unlock(&keep_lock);
	return b;
}

static bool keep_put(const struct huge_block *b)
{
	unsigned int i;
	bool ok = false;

	spin_lock(&keep_lock);
	for (i = 0; i < KEEP_BLOCKS && !ok; i++)
		if (!kept[i].addr && kept_bytes + b->room <= KEEP_BYTES) {
			kept[i] = *b;
			kept_bytes += b->room;
			kept_used = true;
			ok = true;
		}
	spin_unlock(&keep_lock);
	return ok;
}

/* Gives kept mappings back: all, or unless some were used since the last time. */
void huge_trim(bool all)
{
	struct huge_block gone[KEEP_BLOCKS] = { 0 };
	unsigned int i;

	spin_lock(&keep_lock);
	if (all || !kept_used)
		for (i = 0; i < KEEP_BLOCKS; i++) {
			gone[i] = kept[i];
			kept[i].addr = 0;
			kept_bytes -= gone[i].addr ? gone[i].room : 0;
		}
	kept_used = false;
	spin_unlock(&keep_lock);
	for (i = 0; i < KEEP_BLOCKS; i++)
		if (gone[i].addr)
			munmap((void *)gone[i].addr, gone[i].room);
}

/* @size whole pages, aligned; what had to be mapped beside them goes back. */
static unsigned long map_aligned(size_t align, size_t size)
{
	size_t slack = align > PAGE_SIZE ? align - PAGE_SIZE : 0;
	unsigned long start, addr;

	if (size + slack < size)
		return 0;
	start = (unsigned long)huge_map(size + slack);
	if (!start || !slack)
		return start;
	addr = ALIGN(start, align);
	if (addr > start)
		munmap((void *)start, addr - start);
	if (start + slack > addr)
		munmap((void *)(addr + size), start + slack - addr);
	return addr;
}

static void *block_made(struct huge_block b)
{
	if (!b.addr)
		return NULL;
	if (huge_table_add(b))
		return (void *)b.addr;
	munmap((void *)b.addr, b.room);
	return NULL;
}

static bool too_large(size_t size)
{
	return size > PTRDIFF_MAX - PAGE_SIZE;
}

/* Zeroed, aligned to @align and to pages; NULL if there is no memory. */
void *huge_alloc(size_t align, size_t size)
{
	struct huge_block b;

	if (too_large(size))
		return NULL;
	b.size = PAGE_ALIGN(max_t(size_t, size, 1));
	b.room = b.size;
	b.addr = map_aligned(align, b.size);
	return block_made(b);
}

/* For a block that grew to @size and may go on to grow; not zeroed. */
void *huge_alloc_roomy(size_t size)
{
	struct huge_block b;

	if (too_large(size))
		return NULL;
	size = PAGE_ALIGN(size);
	b = keep_take(size);
	if (!b.addr) {
		b.room = size < HUGE_GROWN_MAX ? 2 * size : size;
		b.addr = (unsigned long)huge_map(b.room);
	}
	b.size = size;
	return block_made(b);
}

/* Whether @p was a huge block; it is gone then. */
bool huge_free(void *p)
{
	struct huge_block b = huge_table_take((unsigned long)p);

	if (b.addr && !keep_put(&b))
		munmap(p, b.room);
	return b.addr;
}

size_t huge_usable(const void *p)
{
	return huge_table_get((unsigned long)p).size;
}

/* The mapping made shorter or longer, perhaps elsewhere; false: as it was. */
static bool block_remap(struct huge_block *b, size_t room)
{
	void *p = mremap((void *)b->addr, b->room, room, MREMAP_MAYMOVE);

	if (p == MAP_FAILED)
		return false;
	b->addr = (unsigned long)p;
	b->room = room;
	return true;
}

/*
 * @p, a huge block, as one of @size bytes, perhaps moved.  It leaves the table
 * for as long as its pages move: its old address may be another's at once.
 */
void *huge_realloc(void *p, size_t size)
{
	struct huge_block b;
	bool ok = true;

	if (too_large(size))
		return NULL;
	size = PAGE_ALIGN(size);
	if (huge_table_grow((unsigned long)p, size))
		return p;
	b = huge_table_take((unsigned long)p);
	if (size > b.room)
		ok = block_remap(&b, size < HUGE_GROWN_MAX ? 2 * size : size);
	else if (size < b.size)
		ok = block_remap(&b, size);
	if (ok)
		b.size = size;
	/* Its slot came free above: there is one. */
	huge_table_add(b);
	return ok ? (void *)b.addr : NULL;
}
