// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <string.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <shim/poison.h>
#include <shim/shim.h>

#include "model.h"
#include "core/pool.h"
#include "core/report.h"
#include "core/sizes.h"

/* Of longer objects only both ends are written and looked at, for speed. */
#define FUZZ_WHOLE	32768u

struct fuzz_object fuzz_objects[FUZZ_OBJECTS];
struct fuzz_cache fuzz_caches[FUZZ_CACHES];
unsigned long fuzz_misuse;
bool fuzz_may_fail;

static u8 fuzz_next_byte;
static unsigned long fuzz_base_pages;
static size_t fuzz_base_bytes;

bool fuzz_all_bytes(const u8 *p, u8 byte, size_t size)
{
	if (size > FUZZ_WHOLE)
		return fuzz_all_bytes(p, byte, PAGE_SIZE) &&
		       fuzz_all_bytes(p + size - PAGE_SIZE, byte, PAGE_SIZE);
	return !size || (*p == byte && !memcmp(p, p + 1, size - 1));
}

static void fill(u8 *p, u8 byte, size_t size)
{
	if (size > FUZZ_WHOLE) {
		memset(p, byte, PAGE_SIZE);
		memset(p + size - PAGE_SIZE, byte, PAGE_SIZE);
	} else {
		memset(p, byte, size);
	}
}

/* From @hint on, an object of @owner that is live, or any place that is not. */
struct fuzz_object *fuzz_find(u8 hint, const struct fuzz_cache *owner, bool live)
{
	unsigned int i;

	for (i = 0; i < FUZZ_OBJECTS; i++) {
		struct fuzz_object *o = &fuzz_objects[(2 * hint + i) % FUZZ_OBJECTS];

		if (live ? o->p && o->owner == owner : !o->p)
			return o;
	}
	return NULL;
}

static void check_place(const u8 *p, size_t size)
{
	unsigned int i;

	for (i = 0; i < FUZZ_OBJECTS; i++) {
		const struct fuzz_object *o = &fuzz_objects[i];

		fuzz_check(!o->p || p + size <= o->p || o->p + o->size <= p,
			   "%p, %zu bytes, overlaps the live object at %p, %zu bytes\n",
			   p, size, o->p, o->size);
	}
}

/* Writes the object full of a byte of its own, or as its constructor would. */
void fuzz_object_fill(struct fuzz_object *o, size_t size)
{
	o->size = size;
	if (o->owner && o->owner->ctor)
		o->byte = FUZZ_CTOR_BYTE;
	else
		o->byte = ++fuzz_next_byte;
	fill(o->p, o->byte, size);
}

/* A new object: where it may be, with the bytes that it must have. */
void fuzz_object_add(struct fuzz_object *o, void *p, size_t size,
		     struct fuzz_cache *owner, gfp_t gfp)
{
	size_t align = owner ? owner->align : max_t(size_t, size & -size, 8);
	bool zero = owner && owner->safe ? gfp & __GFP_ZERO : want_init_on_alloc(gfp);

	fuzz_check(IS_ALIGNED((unsigned long)p, min_t(size_t, align, PAGE_SIZE)),
		   "%p, %zu bytes, is not aligned to %zu\n", p, size, align);
	check_place(p, size);
	if (owner && owner->ctor)
		fuzz_check(fuzz_all_bytes(p, FUZZ_CTOR_BYTE, size),
			   "%p is not as its constructor left it\n", p);
	else if (zero)
		fuzz_check(fuzz_all_bytes(p, 0, size), "%p is not zero\n", p);
	o->p = p;
	o->owner = owner;
	o->zeroed = zero;
	fuzz_object_fill(o, size);
	if (owner)
		owner->live++;
}

void fuzz_object_check(const struct fuzz_object *o)
{
	fuzz_check(fuzz_all_bytes(o->p, o->byte, o->size),
		   "%p, %zu bytes: not all are %02x\n", o->p, o->size, o->byte);
}

/* Looks at a live object and forgets it; returns where it was. */
void *fuzz_object_take(struct fuzz_object *o)
{
	void *p = o->p;

	fuzz_object_check(o);
	o->p = NULL;
	if (o->owner)
		o->owner->live--;
	return p;
}

/* What was freed may not be touched; less than a granule can't be watched. */
void fuzz_freed(const void *p, size_t size)
{
#ifdef SHIM_ASAN
	fuzz_check(size < 8 || __asan_address_is_poisoned(p),
		   "%p is freed, and may be used\n", p);
#endif
}

/* Misuse says of bytes around it that they may not be touched. */
void fuzz_unpoison_live(void)
{
	unsigned int i;

	for (i = 0; i < FUZZ_OBJECTS; i++)
		if (fuzz_objects[i].p)
			shim_unpoison(fuzz_objects[i].p, zmem_usable_size(fuzz_objects[i].p));
}

/* Misuse that the allocator saw in the caches that there are. */
unsigned long fuzz_errors(void)
{
	unsigned long errors = atomic_long_read(&zmem_large->errors);
	unsigned int i;

	for (i = 0; i < ZMEM_SIZE_CLASSES; i++)
		errors += atomic_long_read(&zmem_common(zmem_size_caches[i])->errors);
	for (i = 0; i < FUZZ_CACHES; i++)
		if (fuzz_caches[i].cache)
			errors += atomic_long_read(&zmem_common(fuzz_caches[i].cache)->errors);
	return errors;
}

/* Objects of a cache that its slabs say are out. */
unsigned long fuzz_in_use(struct zmem_cache *cache)
{
	unsigned long in_use = 0;
	int node;

	for_each_node(node)
		in_use += zmem_common(cache)->node[node]->slabs.in_use;
	return in_use;
}

static void drain_all(void)
{
	unsigned int i;

	for (i = 1; i < ZMEM_SIZE_CLASSES; i++)
		zmem_cache_shrink(zmem_size_caches[i]);
	zmem_pools_trim(ULONG_MAX);
}

void fuzz_model_start(void)
{
	zmem_reports_muted = true;
	drain_all();
	fuzz_base_pages = shim_pages_allocated();
	fuzz_base_bytes = shim_kmalloc_bytes();
	fuzz_misuse = fuzz_errors();
}

/* Nothing may be left once all objects and caches are gone. */
void fuzz_model_end(void)
{
	unsigned int i;

	drain_all();
	for (i = 1; i < ZMEM_SIZE_CLASSES; i++)
		fuzz_check(!fuzz_in_use(zmem_size_caches[i]),
			   "class %u has %lu objects out\n", i,
			   fuzz_in_use(zmem_size_caches[i]));
	fuzz_check(shim_pages_allocated() == fuzz_base_pages, "%ld pages leaked\n",
		   (long)(shim_pages_allocated() - fuzz_base_pages));
	fuzz_check(shim_kmalloc_bytes() == fuzz_base_bytes, "%ld bytes leaked\n",
		   (long)(shim_kmalloc_bytes() - fuzz_base_bytes));
	fuzz_check(!zmem_pools_pages(), "%ld pages on the books\n", zmem_pools_pages());
	fuzz_check(fuzz_errors() == fuzz_misuse, "%lu misuses, %lu reported\n",
		   fuzz_misuse, fuzz_errors());
}
