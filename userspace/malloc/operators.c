// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * C++'s operators new and delete, under the names that the Itanium ABI gives
 * them, so that C programs need no C++ library for our sake.  What a failed
 * operator new does needs one: the new-handler and std::bad_alloc are the
 * program's own library's, whose symbols are therefore weak here.
 *
 * operator delete takes no notice of the size that it may be told: the page
 * knows better, and is as fast.
 */
#include <linux/bug.h>
#include <linux/kernel.h>

#include "fast.h"

typedef void (*new_handler_t)(void);

/* std::get_new_handler() and std::__throw_bad_alloc(). */
extern new_handler_t get_new_handler(void)
	__asm__("_ZSt15get_new_handlerv") __weak;
extern void __noreturn throw_bad_alloc(void)
	__asm__("_ZSt17__throw_bad_allocv") __weak;

static void *try_again(size_t align, size_t size)
{
	return align > MALLOC_ALIGN ? malloc_aligned(align, size) : malloc_slow(size, 0);
}

/* Asks the new-handler for memory until there is some, or there is no handler. */
static void *new_or_null(size_t align, size_t size)
{
	void *p;

	while (!(p = try_again(align, size))) {
		new_handler_t handler = get_new_handler ? get_new_handler() : NULL;

		if (!handler)
			return NULL;
		handler();
	}
	return p;
}

static noinline void *new_slow(size_t align, size_t size)
{
	void *p = new_or_null(align, size);

	if (p)
		return p;
	if (throw_bad_alloc)
		throw_bad_alloc();
	shim_bug(__FILE__, __LINE__, "no memory, and no C++ library to throw\n");
}

/* operator new(size_t) */
ZMEM_PUBLIC void *_Znwm(size_t size)
{
	void *p;

	return malloc_fast(size, &p) ? p : new_slow(0, size);
}

/* operator new(size_t, const std::nothrow_t &) */
ZMEM_PUBLIC void *_ZnwmRKSt9nothrow_t(size_t size, const void *nothrow)
{
	void *p;

	return malloc_fast(size, &p) ? p : new_or_null(0, size);
}

/* operator new(size_t, std::align_val_t) */
ZMEM_PUBLIC void *_ZnwmSt11align_val_t(size_t size, size_t align)
{
	return new_slow(align, size);
}

/* operator new(size_t, std::align_val_t, const std::nothrow_t &) */
ZMEM_PUBLIC void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t align,
						     const void *nothrow)
{
	return new_or_null(align, size);
}

/* operator delete(void *) */
ZMEM_PUBLIC void _ZdlPv(void *p)
{
	free_fast(p);
}

#define ALIAS(type, name, of, args)	\
	ZMEM_PUBLIC type name args __attribute__((alias(#of)))

/* The same for arrays. */
ALIAS(void *, _Znam, _Znwm, (size_t size));
ALIAS(void *, _ZnamRKSt9nothrow_t, _ZnwmRKSt9nothrow_t, (size_t size, const void *nothrow));
ALIAS(void *, _ZnamSt11align_val_t, _ZnwmSt11align_val_t, (size_t size, size_t align));
#define ALIGNED_ARGS	(size_t size, size_t align, const void *nothrow)
ALIAS(void *, _ZnamSt11align_val_tRKSt9nothrow_t, _ZnwmSt11align_val_tRKSt9nothrow_t, ALIGNED_ARGS);

/* All that operator delete may be told besides is passed over. */
ALIAS(void, _ZdaPv, _ZdlPv, (void *p));
ALIAS(void, _ZdlPvm, _ZdlPv, (void *p));
ALIAS(void, _ZdaPvm, _ZdlPv, (void *p));
ALIAS(void, _ZdlPvRKSt9nothrow_t, _ZdlPv, (void *p));
ALIAS(void, _ZdaPvRKSt9nothrow_t, _ZdlPv, (void *p));
ALIAS(void, _ZdlPvSt11align_val_t, _ZdlPv, (void *p));
ALIAS(void, _ZdaPvSt11align_val_t, _ZdlPv, (void *p));
ALIAS(void, _ZdlPvmSt11align_val_t, _ZdlPv, (void *p));
ALIAS(void, _ZdaPvmSt11align_val_t, _ZdlPv, (void *p));
ALIAS(void, _ZdlPvSt11align_val_tRKSt9nothrow_t, _ZdlPv, (void *p));
ALIAS(void, _ZdaPvSt11align_val_tRKSt9nothrow_t, _ZdlPv, (void *p));
