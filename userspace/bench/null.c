// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A malloc that does nothing: what a workload takes with it is the workload's
 * own loop.  A thread that armed it gets the address of one buffer of its
 * own, whatever it asks for, and free() is a return.  So workloads run whose
 * threads write to what they took, and pay for no memory; those that wait for
 * each other through memory, or start threads, cannot (needs_memory).  What
 * comes before arming, the C library's start and the threads', gets distinct
 * memory from a small heap that only grows.
 */
#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAP	(16u << 20)
#define LARGEST	(4u << 20)	/* an object in a stream */
#define HEAD	16u
/* Tables begin where pages do: no store of theirs shall look like ours. */
#define OFFSET	2112u

static char heap[HEAP] __attribute__((__aligned__(4096)));
static size_t used;
static char buffers[256][LARGEST + 2 * OFFSET]
	__attribute__((__aligned__(4096)));
static unsigned int nr_buffers;

static __thread char *armed __attribute__((__tls_model__("initial-exec")));

void null_malloc_arm(bool on)
{
	static __thread char *mine
		__attribute__((__tls_model__("initial-exec")));

	if (!mine)
		mine = buffers[__atomic_fetch_add(&nr_buffers, 1,
						  __ATOMIC_RELAXED) % 256] +
		       OFFSET;
	armed = on ? mine : NULL;
}

static void *distinct(size_t align, size_t size)
{
	size_t need, at;

	align = align < HEAD ? HEAD : align;
	need = (size + HEAD + align + 15) & ~15ul;
	if (size > HEAP || need > HEAP)
		return NULL;
	at = __atomic_fetch_add(&used, need, __ATOMIC_RELAXED);
	if (at + need > HEAP)
		return NULL;
	at = (at + HEAD + align - 1) & ~(align - 1);
	*(size_t *)&heap[at - HEAD] = size;
	return &heap[at];
}

void *malloc(size_t size)
{
	return __builtin_expect(!!armed, 1) ? armed : distinct(HEAD, size);
}

void free(void *at)
{
}

void *calloc(size_t n, size_t size)
{
	return armed ? armed : distinct(HEAD, n * size);
}

void *realloc(void *at, size_t size)
{
	size_t before;
	void *to;

	if (armed)
		return armed;
	to = distinct(HEAD, size);
	if (!at || !to)
		return to;
	before = *(size_t *)(at - HEAD);
	return memcpy(to, at, before < size ? before : size);
}

void *aligned_alloc(size_t align, size_t size)
{
	return armed ? armed : distinct(align, size);
}

void *memalign(size_t align, size_t size)
{
	return aligned_alloc(align, size);
}

int posix_memalign(void **at, size_t align, size_t size)
{
	*at = aligned_alloc(align, size);
	return *at ? 0 : ENOMEM;
}

size_t malloc_usable_size(void *at)
{
	return 0;
}
