// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The rest of malloc()'s family: what each promises around malloc.c. */
#include <errno.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/string.h>

#include "internal.h"
#include "core/cache.h"
#include "fast.h"

static void *fail(int err)
{
	errno = err;
	return NULL;
}

ZMEM_PUBLIC void *calloc(size_t n, size_t size)
{
	size_t bytes;
	void *p;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return fail(ENOMEM);
	return malloc_fast(bytes, &p) ? memset(p, 0, bytes) :
					malloc_slow(bytes, __GFP_ZERO);
}

/*
 * Whether a block of @usable bytes goes on as one of @size: not if it would
 * waste more than half.
 */
static bool realloc_stays(size_t size, size_t usable)
{
	return size <= usable && (size > usable / 2 || usable <= 4 * MALLOC_ALIGN);
}

/* What grew to some size will grow on, as a rule. */
static void *realloc_new(size_t size, size_t usable)
{
	void *p = NULL;

	if (size > usable && size >= HUGE_GROWN && !nested())
		p = huge_alloc_roomy(size);
	else if (size > usable && size > ZMEM_MEDIUM_MAX)
		size = run_roomy(size);
	return p || malloc_fast(size, &p) ? p : malloc_slow(size, 0);
}

static void *realloc_moved(void *p, size_t size, size_t usable)
{
	void *new = realloc_new(size, usable);

	if (!new)
		return NULL;
	memcpy(new, p, min(size, usable));
	free_fast(p);
	return new;
}

/* As glibc: realloc(p, 0) frees p and returns NULL. */
ZMEM_PUBLIC void *realloc(void *p, size_t size)
{
	size_t usable;
	void *new;

	if (!p)
		return malloc_fast(size, &new) ? new : malloc_slow(size, 0);
	if (!size) {
		free_fast(p);
		return NULL;
	}
	usable = malloc_usable(p);
	if (unlikely(!usable)) {
		free_slow(NULL, p);	/* which reports it */
		return fail(EINVAL);
	}
	if (realloc_stays(size, usable))
		return p;
	if (size < HUGE_GROWN || malloc_cache_of(p) || nested() || nested_usable(p))
		return realloc_moved(p, size, usable);
	new = huge_realloc(p, size);
	return new ? new : fail(ENOMEM);
}

ZMEM_PUBLIC void *reallocarray(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return fail(ENOMEM);
	return realloc(p, bytes);
}

/* Its errors are what it returns; errno and @out stay as they are. */
ZMEM_PUBLIC int posix_memalign(void **out, size_t align, size_t size)
{
	int before = errno, result = EINVAL;
	void *p;

	if (is_power_of_2(align) && align % sizeof(void *) == 0) {
		p = malloc_aligned(align, size);
		result = p ? 0 : ENOMEM;
	}
	errno = before;
	if (!result)
		*out = p;
	return result;
}

/* As C17 has it: any power of two will do, whatever the size. */
ZMEM_PUBLIC void *aligned_alloc(size_t align, size_t size)
{
	return is_power_of_2(align) ? malloc_aligned(align, size) : fail(EINVAL);
}

/* As glibc: an alignment that is no power of two is rounded up to one. */
ZMEM_PUBLIC void *memalign(size_t align, size_t size)
{
	if (align > SIZE_MAX / 2 + 1)
		return fail(EINVAL);
	return malloc_aligned(align ? roundup_pow_of_two(align) : 1, size);
}

ZMEM_PUBLIC void *valloc(size_t size)
{
	return malloc_aligned(PAGE_SIZE, size);
}

ZMEM_PUBLIC void *pvalloc(size_t size)
{
	if (size > PTRDIFF_MAX)
		return fail(ENOMEM);
	return malloc_aligned(PAGE_SIZE, PAGE_ALIGN(max_t(size_t, size, 1)));
}

ZMEM_PUBLIC size_t malloc_usable_size(void *p)
{
	return malloc_usable(p);
}

/* Tunables of glibc's have no counterpart; a program loses nothing by that. */
ZMEM_PUBLIC int mallopt(int param, int value)
{
	return 1;
}
