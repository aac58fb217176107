// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Allocation by size: classes up to ZMEM_MEDIUM_MAX, page runs above.
 *
 * One zmem_free() frees any of them: the page of an object names its cache,
 * and a run's names the large-run cache, whose magazines are closed for good.
 * Class 0 is a cache without objects, closed likewise, so that a request for
 * no bytes costs others no test.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "internal.h"
#include "core/alloc.h"
#include "core/debug.h"
#include "core/large.h"
#include "core/report.h"
#include "core/sizes.h"
#include "core/watch.h"

struct zmem_cache *zmem_size_caches[ZMEM_SIZE_CLASSES] __read_mostly;
EXPORT_SYMBOL(zmem_size_caches);

struct zmem_common *zmem_large __read_mostly;

/* The class of a size, by eights rounded up: one look-up, no branches. */
static u8 zmem_class_table[ZMEM_MEDIUM_MAX / 8 + 1] __read_mostly;

static __always_inline struct zmem_cache *class_of(size_t size)
{
	return zmem_size_caches[zmem_class_table[(size + 7) / 8]];
}

/* A run of pages, for a request that no class has. */
static void *large_of(size_t size, gfp_t gfp, int node)
{
	if (unlikely(size > ZMEM_ALLOC_MAX)) {
		if (!(gfp & __GFP_NOWARN))
			zmem_report(zmem_large, ZMEM_BAD_SIZE, NULL);
		return NULL;
	}
	zmem_might_alloc(gfp);
	return zmem_large_alloc(zmem_large, size,
				gfp & (ZMEM_GFP_PAGES | ZMEM_GFP_BYPASS | __GFP_ZERO),
				node);
}

static noinline void *alloc_large(size_t size, gfp_t gfp, int node)
{
	void *p = large_of(size, gfp, node);

	zmem_see_alloc(_RET_IP_, zmem_large, p, size, gfp, node);
	return p;
}

/* zmem_alloc() for a size that the compiler does not know, or no class has. */
void *__zmem_alloc(size_t size, gfp_t gfp)
{
	if (unlikely(size > ZMEM_MEDIUM_MAX))
		return alloc_large(size, gfp, NUMA_NO_NODE);
	return zmem_do_alloc(class_of(size), gfp, true, size);
}
EXPORT_SYMBOL(__zmem_alloc);

/**
 * zmem_alloc_node() - allocate bytes of a node's memory
 * @size: bytes
 * @gfp: as for kmalloc_node()
 * @node: the node, or NUMA_NO_NODE
 *
 * Context: as zmem_cache_alloc().
 * Return: the memory, or NULL.
 */
void *zmem_alloc_node(size_t size, gfp_t gfp, int node)
{
	if (node == NUMA_NO_NODE)
		return __zmem_alloc(size, gfp);
	if (unlikely(size > ZMEM_MEDIUM_MAX))
		return alloc_large(size, gfp, node);
	return zmem_cache_alloc_slow(class_of(size), gfp, node, size);
}
EXPORT_SYMBOL(zmem_alloc_node);

/**
 * zmem_free() - free what any function of zmem allocated
 * @p: the memory; NULL and ZERO_SIZE_PTR are nothing to free
 *
 * Context: as zmem_cache_free().
 */
void zmem_free(const void *p)
{
	struct page *page;

	if (unlikely(ZERO_OR_NULL_PTR(p)))
		return;
	page = zmem_virt_to_page(p);
	if (unlikely(!page || !zmem_page_tagged(page))) {
		zmem_report(zmem_large, ZMEM_FOREIGN_POINTER, p);
		return;
	}
	zmem_do_free(zmem_page_cache(page), (void *)p, page);
}
EXPORT_SYMBOL(zmem_free);

/**
 * zmem_usable_size() - bytes that the owner of an allocation may use
 * @p: the memory, or NULL, or ZERO_SIZE_PTR
 *
 * Context: any.
 * Return: bytes, at least those asked for; 0 for what is not zmem's.
 */
size_t zmem_usable_size(const void *p)
{
	struct page *page;
	struct zmem_common *c;

	if (ZERO_OR_NULL_PTR(p))
		return 0;
	page = zmem_virt_to_page(p);
	if (!page || !zmem_page_tagged(page))
		return 0;
	c = zmem_common(zmem_page_cache(page));
	if (unlikely(c->debug))
		return zmem_debug_requested(c, p);
	return c->flags & ZMEM_LARGE ? zmem_large_usable(page) : c->object_size;
}
EXPORT_SYMBOL(zmem_usable_size);

/* zmem_free() without an event: that is left to who knows the caller. */
void zmem_free_unseen(void *p)
{
	struct zmem_cache *cache = zmem_cache_of(p);

	if (unlikely(!cache)) {
		zmem_report(zmem_large, ZMEM_FOREIGN_POINTER, p);
		return;
	}
	if (ZMEM_POISON)
		zmem_poison(p, zmem_poison_bytes(zmem_common(cache)));
	if (!zmem_magazine_push(cache, p, NULL, false))
		zmem_cache_free_unseen(zmem_common(cache), p);
}

/* zmem_free() and zmem_alloc() on a caller's behalf. */
static void free_for(unsigned long caller, void *p)
{
	if (ZERO_OR_NULL_PTR(p))
		return;
	if (trace_zmem_free_enabled() && zmem_cache_of(p))
		trace_zmem_free(caller, p, zmem_common(zmem_cache_of(p))->name);
	zmem_free_unseen(p);
}

static void *alloc_for(unsigned long caller, size_t size, gfp_t gfp)
{
	struct zmem_common *c = zmem_large;
	void *p;

	if (size <= ZMEM_MEDIUM_MAX) {
		c = zmem_common(class_of(size));
		p = zmem_cache_alloc_unseen(c, gfp, NUMA_NO_NODE, size);
	} else {
		p = large_of(size, gfp, NUMA_NO_NODE);
	}
	zmem_see_alloc(caller, c, p, size, gfp, NUMA_NO_NODE);
	return p;
}

/**
 * zmem_realloc() - make an allocation larger or smaller
 * @p: the memory; NULL: as zmem_alloc()
 * @size: bytes; 0: as zmem_free(), and ZERO_SIZE_PTR is returned
 * @gfp: as for krealloc(); with __GFP_ZERO what is gained is zero bytes, if
 *	all calls for @p said so
 *
 * Context: as zmem_cache_alloc().
 * Return: the memory, perhaps moved; or NULL, and @p is as it was.
 */
void *zmem_realloc(void *p, size_t size, gfp_t gfp)
{
	size_t usable;
	void *new;

	if (!size) {
		free_for(_RET_IP_, p);
		return ZERO_SIZE_PTR;
	}
	usable = zmem_usable_size(p);
	if (!usable && !ZERO_OR_NULL_PTR(p)) {
		zmem_report(zmem_large, ZMEM_FOREIGN_POINTER, p);
		return NULL;
	}
	if (size <= usable) {
		/* What is given up must be zero should it be gained again. */
		if (want_init_on_alloc(gfp))
			memset((char *)p + size, 0, usable - size);
		return p;
	}
	new = alloc_for(_RET_IP_, size, gfp);
	if (new && usable) {
		memcpy(new, p, usable);
		free_for(_RET_IP_, p);
	}
	return new;
}
EXPORT_SYMBOL(zmem_realloc);

/* Bytes of a class, the inverse of zmem_size_class(). */
static unsigned int class_size(unsigned int class)
{
	if (class <= 8)
		return class * 8;
	return (5 + (class - 9) % 4) << (4 + (class - 9) / 4);
}

/* "zmem-64".  A process's first snprintf() would take a fifth of a MiB of it. */
static void class_name(char *name, unsigned int size)
{
	unsigned int place = 1;

	while (place <= size / 10)
		place *= 10;
	name += strscpy(name, "zmem-", ZMEM_NAME_MAX);
	for (; place; place /= 10)
		*name++ = '0' + size / place % 10;
	*name = '\0';
}

static int class_make(unsigned int class)
{
	unsigned int size = class_size(class);
	struct zmem_cache_args args = { .align = size & -size };
	struct zmem_common *c;
	char name[ZMEM_NAME_MAX];

	/* A slab's run is aligned to its pages: more than one is a given. */
	args.align = min_t(unsigned int, args.align, PAGE_SIZE);
	class_name(name, size);
	c = zmem_cache_make(name, size, &args, ZMEM_SIZE_CLASS);
	if (IS_ERR(c))
		return PTR_ERR(c);
	zmem_size_caches[class] = c->cache;
	return 0;
}

/* A cache that only counts: its objects, if any, come from elsewhere. */
static struct zmem_common *counter_make(const char *name, unsigned int flag)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_FAST };

	return zmem_cache_make(name, PAGE_SIZE, &args, flag | ZMEM_NO_MAGAZINES);
}

/* Unmakes the classes, also where some were never made. */
void zmem_sizes_exit(void)
{
	unsigned int class;

	for (class = 0; class < ZMEM_SIZE_CLASSES; class++) {
		zmem_cache_destroy(zmem_size_caches[class]);
		zmem_size_caches[class] = NULL;
	}
	if (zmem_large)
		zmem_cache_destroy(zmem_large->cache);
	zmem_large = NULL;
}

static int sizes_make(void)
{
	struct zmem_common *c;
	unsigned int class;
	int err;

	c = counter_make("zmem-large", ZMEM_LARGE);
	if (IS_ERR(c))
		return PTR_ERR(c);
	zmem_large = c;
	c = counter_make("zmem-0", ZMEM_ZERO | ZMEM_SIZE_CLASS);
	if (IS_ERR(c))
		return PTR_ERR(c);
	zmem_size_caches[0] = c->cache;
	for (class = 1; class < ZMEM_SIZE_CLASSES; class++) {
		err = class_make(class);
		if (err)
			return err;
	}
	return 0;
}

/**
 * zmem_sizes_init() - make the classes
 *
 * Context: may sleep.
 * Return: 0 or -errno; nothing is left then.
 */
int zmem_sizes_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(zmem_class_table); i++)
		zmem_class_table[i] = zmem_size_class(i * 8);
	err = sizes_make();
	if (err)
		zmem_sizes_exit();
	return err;
}
