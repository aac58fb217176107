// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * kmalloc() for control structures: cold, simple, and independent of malloc().
 *
 * Chunks of 64 KiB, aligned to their size, hold blocks of one power of two
 * behind a header; what does not fit gets a mapping whose header takes its
 * first page.  A block is as aligned as its size, as kmalloc() promises.
 */
#include <string.h>
#include <sys/mman.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <shim/poison.h>
#include <shim/shim.h>
#include "shim_internal.h"

#define CHUNK		65536UL
#define ARENA		(16 * CHUNK)
#define MIN_SHIFT	6
#define MAX_SHIFT	14
#define CHUNK_MAGIC	0x6b6d616c6c6f6331UL

/**
 * struct shim_chunk - in front of blocks
 * @magic: CHUNK_MAGIC
 * @size: of a block
 * @mapped: bytes of the mapping of a large block, else 0
 */
struct shim_chunk {
	unsigned long magic;
	size_t size;
	size_t mapped;
};

struct shim_free {
	struct shim_free *next;
};

/* The rest of the chunk that blocks of a size are cut off. */
struct shim_fresh {
	char *next, *end;
};

static DEFINE_SPINLOCK(shim_kmalloc_lock);
static struct shim_fresh shim_fresh[MAX_SHIFT + 1];
static struct shim_free *shim_free_blocks[MAX_SHIFT + 1];
static char *shim_arena, *shim_arena_end;
static size_t shim_bytes;

static struct shim_chunk *shim_chunk_of(const void *p)
{
	struct shim_chunk *chunk = (void *)((unsigned long)p & ~(CHUNK - 1));

	if (chunk->magic != CHUNK_MAGIC)
		shim_bug(__FILE__, __LINE__, "kfree(%p): not from kmalloc()\n", p);
	return chunk;
}

/* @size bytes, aligned to CHUNK. */
static void *shim_map_aligned(size_t size)
{
	char *p = shim_map(size + CHUNK), *start;

	if (!p)
		return NULL;
	start = PTR_ALIGN(p, CHUNK);
	if (start > p)
		munmap(p, start - p);
	munmap(start + size, CHUNK - (start - p));
	return start;
}

/* A new chunk for blocks of a size; what is not cut off it yet is not touched. */
static bool shim_refill(unsigned int shift)
{
	size_t size = 1UL << shift;
	struct shim_chunk *chunk;

	if (shim_arena == shim_arena_end) {
		shim_arena = shim_map_aligned(ARENA);
		shim_arena_end = shim_arena ? shim_arena + ARENA : NULL;
		if (!shim_arena)
			return false;
	}
	chunk = (void *)shim_arena;
	shim_arena += CHUNK;
	*chunk = (struct shim_chunk){ CHUNK_MAGIC, size, 0 };
	shim_poison((char *)chunk + size, CHUNK - size);
	/* The header takes the first block. */
	shim_fresh[shift] = (struct shim_fresh){ (char *)chunk + size, (char *)chunk + CHUNK };
	return true;
}

/* A block that was freed, or the next of the chunk, or NULL; the lock is held. */
static void *shim_take(unsigned int shift)
{
	struct shim_fresh *fresh = &shim_fresh[shift];
	struct shim_free *f = shim_free_blocks[shift];

	if (f) {
		shim_unpoison(f, 1UL << shift);
		shim_free_blocks[shift] = f->next;
		return f;
	}
	if (fresh->next == fresh->end && !shim_refill(shift))
		return NULL;
	f = (void *)fresh->next;
	fresh->next += 1UL << shift;
	shim_unpoison(f, 1UL << shift);
	return f;
}

static void *shim_kmalloc_large(size_t size)
{
	size_t mapped = PAGE_ALIGN(size) + PAGE_SIZE;
	struct shim_chunk *chunk = shim_map_aligned(ALIGN(mapped, CHUNK));

	if (!chunk)
		return NULL;
	*chunk = (struct shim_chunk){ CHUNK_MAGIC, size, ALIGN(mapped, CHUNK) };
	__atomic_fetch_add(&shim_bytes, size, __ATOMIC_RELAXED);
	return (char *)chunk + PAGE_SIZE;
}

void *kmalloc(size_t size, gfp_t gfp)
{
	unsigned int shift = max(order_base_2(size), MIN_SHIFT);
	struct shim_free *f = NULL;
	unsigned long flags;

	if (!size)
		return ZERO_SIZE_PTR;
	if (size > SIZE_MAX / 2 || shim_fails(gfp))
		return NULL;
	if (shift > MAX_SHIFT)
		return shim_kmalloc_large(size);
	spin_lock_irqsave(&shim_kmalloc_lock, flags);
	f = shim_take(shift);
	if (f)
		__atomic_fetch_add(&shim_bytes, 1UL << shift, __ATOMIC_RELAXED);
	spin_unlock_irqrestore(&shim_kmalloc_lock, flags);
	if (f && (gfp & __GFP_ZERO))
		memset(f, 0, size);
	else if (f && SHIM_POISON)
		memset(f, POISON_INUSE, size);
	return f;
}

size_t ksize(const void *p)
{
	return ZERO_OR_NULL_PTR(p) ? 0 : shim_chunk_of(p)->size;
}

void kfree(const void *p)
{
	struct shim_free *f = (void *)p;
	struct shim_chunk *chunk;
	unsigned long flags;
	size_t size;

	if (ZERO_OR_NULL_PTR(p))
		return;
	chunk = shim_chunk_of(p);
	size = chunk->size;
	__atomic_fetch_sub(&shim_bytes, size, __ATOMIC_RELAXED);
	if (chunk->mapped) {
		munmap(chunk, chunk->mapped);
		return;
	}
	spin_lock_irqsave(&shim_kmalloc_lock, flags);
	f->next = shim_free_blocks[ilog2(size)];
	shim_free_blocks[ilog2(size)] = f;
	shim_poison(f, size);
	spin_unlock_irqrestore(&shim_kmalloc_lock, flags);
}

void *krealloc(const void *p, size_t size, gfp_t gfp)
{
	void *q = kmalloc(size, gfp);

	if (q && !ZERO_OR_NULL_PTR(p)) {
		memcpy(q, p, min(ksize(p), size));
		kfree(p);
	}
	return q;
}

void shim_kmalloc_keep(const void *p)
{
	__atomic_fetch_sub(&shim_bytes, ksize(p), __ATOMIC_RELAXED);
}

size_t shim_kmalloc_bytes(void)
{
	return __atomic_load_n(&shim_bytes, __ATOMIC_RELAXED);
}
