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

#define KEEP_BLOCKS	16u
#define KEEP_BYTES	(64UL << 20)

static DEFINE_SPINLOCK(keep_lock);	/* all below */
static struct huge_block kept[KEEP_BLOCKS];	/* the oldest first */
static unsigned int kept_nr;
static size_t kept_bytes;
static bool kept_used;	/* since the last look */

void *huge_map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* Takes a kept mapping out; keep_lock is held. */
static struct huge_block keep_del(unsigned int i)
{
	struct huge_block b = kept[i];

	for (kept_nr--; i < kept_nr; i++)
		kept[i] = kept[i + 1];
	kept_bytes -= b.room;
	return b;
}

static void unmap_all(const struct huge_block *gone, unsigned int nr)
{
	while (nr--)
		munmap((void *)gone[nr].addr, gone[nr].room);
}

/*
 * The smallest kept mapping of @room bytes at least, or one of address 0.  None
 * of more than twice that: what was touched of it would stay for nothing.
 */
static struct huge_block keep_take(size_t room)
{
	struct huge_block b = { .room = 2 * room + 1 };
	unsigned int i, best = KEEP_BLOCKS;

	if (!READ_ONCE(kept_nr))
		return (struct huge_block){ 0 };
	spin_lock(&keep_lock);
	for (i = 0; i < kept_nr; i++)
		if (kept[i].room >= room && kept[i].room < b.room) {
			b = kept[i];
			best = i;
		}
	if (b.addr) {
		keep_del(best);
		kept_used = true;
	}
	spin_unlock(&keep_lock);
	return b;
}

/* Keeps a mapping, instead of the oldest ones if need be; or unmaps it. */
static void keep_put(const struct huge_block *b)
{
	struct huge_block gone[KEEP_BLOCKS];
	unsigned int nr = 0;

	if (b->room > KEEP_BYTES) {
		unmap_all(b, 1);
		return;
	}
	spin_lock(&keep_lock);
	while (kept_nr == KEEP_BLOCKS || kept_bytes + b->room > KEEP_BYTES)
		gone[nr++] = keep_del(0);
	kept[kept_nr++] = *b;
	kept_bytes += b->room;
	kept_used = true;
	spin_unlock(&keep_lock);
	unmap_all(gone, nr);
}

/* Gives kept mappings back: all, or unless some were used since the last time. */
void huge_trim(bool all)
{
	struct huge_block gone[KEEP_BLOCKS];
	unsigned int nr = 0;

	spin_lock(&keep_lock);
	while (kept_nr && (all || !kept_used))
		gone[nr++] = keep_del(0);
	kept_used = false;
	spin_unlock(&keep_lock);
	unmap_all(gone, nr);
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

/* Aligned to @align and to pages, zeroed if @gfp says so; NULL if there is no memory. */
void *huge_alloc(size_t align, size_t size, gfp_t gfp)
{
	struct huge_block b = { 0 };

	if (too_large(size))
		return NULL;
	size = PAGE_ALIGN(max_t(size_t, size, 1));
	if (align <= PAGE_SIZE && !(gfp & __GFP_ZERO))
		b = keep_take(size);
	if (!b.addr) {
		b.room = size;
		b.addr = map_aligned(align, size);
	}
	b.size = size;
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

	if (b.addr)
		keep_put(&b);
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
