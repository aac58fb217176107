// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Calls of the API, as the fuzzer's bytes say, against a model.
 *
 * The first byte says whether the machine zeroes what it allocates.  Each call
 * takes a byte that names it, and as many bytes as it has choices.  Misuse is
 * provoked too, as far as it is promised to be seen: at the call, or when the
 * object reaches its slab, for which the cache is then drained.
 */
#include <stdlib.h>
#include <string.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <shim/poison.h>
#include <shim/shim.h>

#include "init.h"
#include "api.h"
#include "core/hold.h"
#include "core/cache.h"
#include "core/sizes.h"
#include "core/tuner.h"

#define FUZZ_BULK	96

static const gfp_t usual_gfp[] = {
	GFP_KERNEL, GFP_NOWAIT, GFP_ATOMIC, GFP_KERNEL | __GFP_ZERO,
};

/* Memory of nobody: a free of it is refused. */
static u8 foreign[4 * PAGE_SIZE] __aligned(PAGE_SIZE);

static void ctor_8(void *object)
{
	memset(object, FUZZ_CTOR_BYTE, 8);
}

static void ctor_24(void *object)
{
	memset(object, FUZZ_CTOR_BYTE, 24);
}

static void ctor_400(void *object)
{
	memset(object, FUZZ_CTOR_BYTE, 400);
}

/* A constructor is not told the size: these have one each. */
static const struct {
	void (*fn)(void *object);
	unsigned int size;
} ctors[] = { { ctor_8, 8 }, { ctor_24, 24 }, { ctor_400, 400 } };

struct fuzz_cache *pick_cache(struct fuzz_input *in)
{
	struct fuzz_cache *fc = &fuzz_caches[fuzz_u8(in) % FUZZ_CACHES];

	return fc->cache ? fc : NULL;
}

gfp_t pick_gfp(struct fuzz_input *in, const struct fuzz_cache *fc)
{
	gfp_t gfp = usual_gfp[fuzz_u8(in) % ARRAY_SIZE(usual_gfp)];

	/* An empty reserve is waited for, and nobody else frees here. */
	if (fc && fc->reserve)
		gfp &= ~__GFP_DIRECT_RECLAIM;
	return fc && fc->ctor ? gfp & ~__GFP_ZERO : gfp;
}

/* Small ones mostly, as everywhere. */
static size_t pick_size(struct fuzz_input *in)
{
	u16 n = fuzz_u16(in);

	switch (n & 7) {
	case 0 ... 3:
		return n >> 8;
	case 4 ... 5:
		return n >> 3;
	case 6:
		return 4 * (n >> 3);
	default:
		/* Up to the largest, but rarely: they are slow. */
		return (size_t)(n >> 3) << (n >> 3 < 0x1f80 ? 4 : 9);
	}
}

static int pick_node(struct fuzz_input *in)
{
	return fuzz_u8(in) % num_node_state(N_MEMORY);
}

void must_have(const void *p)
{
	fuzz_check(p || fuzz_may_fail, "an allocation failed, and memory is not short\n");
}

/* Whether the cache may give so many more. */
static bool may_have(const struct fuzz_cache *fc, unsigned int nr)
{
	return !fc->limit || fc->live + nr <= fc->limit;
}

/*
 * Whether it must, where memory is not short.  Who insists on a node does without
 * the reserve, which may be all that the limit leaves; who may not sleep takes
 * nothing out of other CPUs' magazines.
 */
static bool must_serve(const struct fuzz_cache *fc, gfp_t gfp, unsigned int nr)
{
	if (fc->limit && fc->scattered && !gfpflags_allow_blocking(gfp))
		return false;
	return may_have(fc, gfp & __GFP_THISNODE ? nr + fc->reserve : nr);
}

static void must_be_object(const struct fuzz_cache *fc, const void *p, gfp_t gfp)
{
	if (must_serve(fc, gfp, 1))
		must_have(p);
	else
		fuzz_check(!p || may_have(fc, 1), "%lu objects are live, and %p, of %u\n",
			   fc->live, p, fc->limit);
}

static void op_create(struct fuzz_input *in)
{
	struct fuzz_cache *fc = &fuzz_caches[fuzz_u8(in) % FUZZ_CACHES];
	struct zmem_cache_args args = {
		.align = 1u << fuzz_u8(in) % 13,
		.flags = fuzz_u8(in) & ZMEM_ARGS_FLAGS,
		.mode = fuzz_u8(in) % 4,
		.magazine_max = fuzz_u8(in) % 64,
		.depot_max_kib = fuzz_u8(in) % 32,
		.tune_interval_ms = 1,
	};
	size_t size = min_t(size_t, pick_size(in), ZMEM_OBJECT_MAX);
	u8 which = fuzz_u8(in), holds = fuzz_u8(in);
	char name[] = "fuzz-0";

	args.reserve = holds & 1 ? fuzz_u8(in) : 0;
	args.limit = holds & 2 ? args.reserve + 1 + fuzz_u8(in) : 0;

	if (fc->cache)
		return;
	fc->ctor = which < ARRAY_SIZE(ctors);
	fc->safe = args.flags & ZMEM_TYPESAFE_BY_RCU;
	if (fc->ctor) {
		args.ctor = ctors[which].fn;
		size = ctors[which].size;
	}
	name[5] += fc - fuzz_caches;
	fc->cache = zmem_cache_create(name, size, &args);
	if (IS_ERR(fc->cache)) {
		fuzz_check(!size || fuzz_may_fail, "no cache: %ld\n", PTR_ERR(fc->cache));
		fc->cache = NULL;
		return;
	}
	fc->size = size;
	fc->align = args.align;
	fc->reserve = args.reserve;
	fc->limit = args.limit;
	fc->closed = zmem_common(fc->cache)->flags & ZMEM_NO_MAGAZINES;
	fuzz_check(zmem_cache_size(fc->cache) == size, "a cache of another size\n");
	fuzz_check(IS_ERR(zmem_cache_create(name, size, &args)), "two caches, one name\n");
}

/* What is out must be what the model knows, once the magazines are empty. */
static void shrink(struct fuzz_cache *fc)
{
	unsigned long out;

	zmem_cache_shrink(fc->cache);
	fc->scattered = false;
	/* Work that refills the reserve has objects that are neither here nor there. */
	if (fc->reserve)
		zmem_hold_drain(zmem_common(fc->cache)->hold);
	out = fc->live + fc->prefilled + (fc->reserve ? zmem_common(fc->cache)->hold->nr : 0);
	fuzz_check(fuzz_in_use(fc->cache) == out, "%lu objects live, %lu are to be out, %lu are\n",
		   fc->live, out, fuzz_in_use(fc->cache));
}

static void destroy(struct fuzz_cache *fc)
{
	struct fuzz_object *o;

	while ((o = fuzz_find(0, fc, true)))
		zmem_cache_free(fc->cache, fuzz_object_take(o));
	return_prefilled(fc);
	shrink(fc);
	fuzz_misuse -= atomic_long_read(&zmem_common(fc->cache)->errors);
	zmem_cache_destroy(fc->cache);
	fc->cache = NULL;
}

static void op_destroy(struct fuzz_input *in)
{
	struct fuzz_cache *fc = pick_cache(in);

	if (fc)
		destroy(fc);
}

static void op_alloc(struct fuzz_input *in)
{
	struct fuzz_cache *fc = pick_cache(in);
	struct fuzz_object *o = fuzz_find(fuzz_u8(in), NULL, false);
	gfp_t gfp = pick_gfp(in, fc);
	void *p;

	if (!fc || !o)
		return;
	p = zmem_cache_alloc(fc->cache, gfp);
	must_be_object(fc, p, gfp);
	if (p)
		fuzz_object_add(o, p, fc->size, fc, gfp);
}

static void op_free(struct fuzz_input *in)
{
	struct fuzz_cache *fc = pick_cache(in);
	struct fuzz_object *o = fc ? fuzz_find(fuzz_u8(in), fc, true) : NULL;
	void *p;

	if (!o)
		return;
	p = fuzz_object_take(o);
	/* One zmem_free() frees anything. */
	if (fuzz_u8(in) & 1)
		zmem_free(p);
	else
		zmem_cache_free(fc->cache, p);
	fuzz_freed(p, fc->safe ? 0 : fc->size);
}

static void op_alloc_node(struct fuzz_input *in)
{
	struct fuzz_cache *fc = pick_cache(in);
	struct fuzz_object *o = fuzz_find(fuzz_u8(in), NULL, false);
	int node = pick_node(in);
	gfp_t gfp = pick_gfp(in, fc);
	void *p;

	if (!fc || !o)
		return;
	if (fuzz_u8(in) & 1)
		gfp |= __GFP_THISNODE;
	p = zmem_cache_alloc_node(fc->cache, gfp, node);
	must_be_object(fc, p, gfp);
	if (!p)
		return;
	fuzz_check(!(gfp & __GFP_THISNODE) || page_to_nid(virt_to_page(p)) == node,
		   "%p is not on node %d\n", p, node);
	fuzz_object_add(o, p, fc->size, fc, gfp);
}

static void op_alloc_bulk(struct fuzz_input *in)
{
	struct fuzz_cache *fc = pick_cache(in);
	unsigned int nr = fuzz_u8(in) % FUZZ_BULK, i;
	u8 hint = fuzz_u8(in);
	gfp_t gfp = pick_gfp(in, fc);
	void *objects[FUZZ_BULK];
	unsigned int got;

	if (!fc)
		return;
	got = zmem_cache_alloc_bulk(fc->cache, gfp, nr, objects);
	fuzz_check(got ? got == nr && may_have(fc, nr) :
			 !nr || fuzz_may_fail || !must_serve(fc, gfp, nr),
		   "%u of %u objects, %lu are live of %u\n", got, nr, fc->live, fc->limit);
	for (i = 0; i < got; i++) {
		struct fuzz_object *o = fuzz_find(hint, NULL, false);

		if (!o)
			break;
		fuzz_object_add(o, objects[i], fc->size, fc, gfp);
	}
	zmem_cache_free_bulk(fc->cache, got - i, objects + i);
}

static void op_free_bulk(struct fuzz_input *in)
{
	struct fuzz_cache *fc = pick_cache(in);
	unsigned int nr = fuzz_u8(in) % FUZZ_BULK, i;
	u8 hint = fuzz_u8(in);
	void *objects[FUZZ_BULK];

	if (!fc)
		return;
	for (i = 0; i < nr; i++) {
		struct fuzz_object *o = fuzz_find(hint, fc, true);

		if (!o)
			break;
		objects[i] = fuzz_object_take(o);
	}
	zmem_cache_free_bulk(fc->cache, i, objects);
	while (i--)
		fuzz_freed(objects[i], fc->safe ? 0 : fc->size);
}

static void op_shrink(struct fuzz_input *in)
{
	struct fuzz_cache *fc = pick_cache(in);

	if (fc)
		shrink(fc);
	else
		zmem_cache_shrink(zmem_size_caches[fuzz_u8(in) % ZMEM_SIZE_CLASSES]);
}

static void sized_add(struct fuzz_object *o, void *p, size_t size, gfp_t gfp)
{
	if (!size) {
		fuzz_check(p == ZERO_SIZE_PTR, "no bytes at %p\n", p);
		return;
	}
	must_have(p);
	if (!p)
		return;
	fuzz_check(zmem_usable_size(p) >= size, "%p: %zu of %zu bytes\n", p,
		   zmem_usable_size(p), size);
	fuzz_object_add(o, p, size, NULL, gfp);
}

static void op_sized_alloc(struct fuzz_input *in)
{
	static const gfp_t zones[] = { 0, __GFP_DMA, __GFP_DMA32, __GFP_ACCOUNT };
	struct fuzz_object *o = fuzz_find(fuzz_u8(in), NULL, false);
	size_t size = pick_size(in);
	gfp_t gfp = pick_gfp(in, NULL);
	u8 how = fuzz_u8(in);
	int node = pick_node(in);

	if (!o)
		return;
	if (how & 0xc0)
		gfp |= zones[how % ARRAY_SIZE(zones)];
	if (how & 0x20)
		sized_add(o, zmem_alloc_node(size, gfp, node), size, gfp);
	else
		sized_add(o, __zmem_alloc(size, gfp), size, gfp);
}

static void op_sized_free(struct fuzz_input *in)
{
	struct fuzz_object *o = fuzz_find(fuzz_u8(in), NULL, true);
	void *p;

	if (!o)
		return;
	p = fuzz_object_take(o);
	zmem_free(p);
	fuzz_freed(p, o->size);
}

static void op_realloc(struct fuzz_input *in)
{
	struct fuzz_object *o = fuzz_find(fuzz_u8(in), NULL, true);
	size_t size = pick_size(in), old, kept;
	gfp_t gfp = pick_gfp(in, NULL);
	u8 byte, *p;

	if (!o)
		return;
	old = o->size;
	byte = o->byte;
	kept = min(old, size);
	fuzz_object_check(o);
	p = zmem_realloc(o->p, size, gfp);
	if (!size) {
		fuzz_check(p == ZERO_SIZE_PTR, "no bytes at %p\n", p);
		o->p = NULL;
		return;
	}
	must_have(p);
	if (!p)
		return;
	o->p = NULL;
	/* Of long ones the middle was never written. */
	if (kept == old || kept <= PAGE_SIZE)
		fuzz_check(fuzz_all_bytes(p, byte, kept), "%p lost bytes\n", p);
	if (o->zeroed && want_init_on_alloc(gfp) && size > old)
		fuzz_check(fuzz_all_bytes(p + old, 0, size - old), "%p gained bytes\n", p);
	gfp = o->zeroed ? gfp : gfp & ~__GFP_ZERO;
	o->zeroed = o->zeroed && want_init_on_alloc(gfp);
	o->p = p;
	o->owner = NULL;
	fuzz_object_fill(o, size);
}

static void op_tune(struct fuzz_input *in)
{
	struct fuzz_cache *fc = pick_cache(in);
	struct cpumask wishes;
	u8 times = fuzz_u8(in) % 16;

	if (!fc || fc->closed)
		return;
	cpumask_clear(&wishes);
	mutex_lock(&zmem_caches_lock);
	while (times--)
		zmem_tuner_look(zmem_common(fc->cache), &wishes);
	mutex_unlock(&zmem_caches_lock);
	zmem_tuner_this_cpu(NULL);
}

static void op_reclaim(struct fuzz_input *in)
{
	zmem_caches_count();
	zmem_caches_reclaim(fuzz_u16(in));
}

/* Makes memory short for a while. */
static void op_pressure(struct fuzz_input *in)
{
	u8 after = fuzz_u8(in), count = fuzz_u8(in);
	int node = pick_node(in);

	fuzz_may_fail = true;
	if (count & 1)
		shim_fail_pages(after % 16, count / 2 % 16);
	else
		shim_limit_node(node, 1 + after);
}

static void op_relief(struct fuzz_input *in)
{
	int node;

	for_each_node(node)
		shim_limit_node(node, 0);
	shim_fail_pages(0, 0);
	fuzz_may_fail = false;
}

/* Flags that the cache cannot honour: refused, reported. */
static void op_bad_gfp(struct fuzz_input *in)
{
	struct fuzz_cache *fc = pick_cache(in);
	gfp_t bad = fuzz_u8(in) & 1 ? __GFP_HIGHMEM : __GFP_ACCOUNT;

	if (!fc)
		return;
	fuzz_check(!zmem_cache_alloc(fc->cache, GFP_KERNEL | bad), "bad flags served\n");
	fuzz_misuse++;
	if (fc->ctor) {
		fuzz_check(!zmem_cache_alloc(fc->cache, GFP_KERNEL | __GFP_ZERO),
			   "constructed, and zero\n");
		fuzz_misuse++;
	}
	fuzz_check(!__zmem_alloc(ZMEM_ALLOC_MAX + 1 + fuzz_u16(in), GFP_KERNEL),
		   "more than there is\n");
	fuzz_misuse++;
}

/* Frees an object twice, @again at once or with another free between. */
static void misuse_twice(struct fuzz_cache *fc, struct fuzz_object *o)
{
	bool local = page_to_nid(virt_to_page(o->p)) == numa_mem_id();
	void *p = fuzz_object_take(o);

	zmem_cache_free(fc->cache, p);
	zmem_cache_free(fc->cache, p);
	fuzz_misuse++;
	/* At the call; on its way home, at the slab. */
	if (fc->closed || local)
		fuzz_check(fuzz_errors() == fuzz_misuse, "a repeated free was not seen\n");
}

static void misuse_late(struct fuzz_cache *fc, struct fuzz_object *a, u8 hint)
{
	void *p = fuzz_object_take(a);
	struct fuzz_object *b = fuzz_find(hint, fc, true);

	zmem_cache_free(fc->cache, p);
	if (b)
		zmem_cache_free(fc->cache, fuzz_object_take(b));
	zmem_cache_free(fc->cache, p);
	fuzz_misuse++;
}

static void misuse_interior(struct fuzz_cache *fc, struct fuzz_object *o, u8 hint)
{
	unsigned int size = zmem_common(fc->cache)->size;

	if (size == 1)
		return;
	zmem_cache_free(fc->cache, o->p + 1 + hint % (size - 1));
	fuzz_misuse++;
}

static void misuse_other(struct fuzz_cache *fc, struct fuzz_object *o, u8 hint)
{
	struct fuzz_cache *other = &fuzz_caches[hint % FUZZ_CACHES];

	if (!other->cache || other == fc || other->limit || other->reserve)
		return;
	zmem_cache_free(other->cache, o->p);
	fuzz_misuse++;
	shrink(other);
}

static void misuse_foreign(struct fuzz_cache *fc, u8 hint)
{
	zmem_cache_free(fc->cache, foreign + 8 * hint);
	shim_unpoison(foreign, sizeof(foreign));
	fuzz_misuse++;
}

static void op_misuse(struct fuzz_input *in)
{
	struct fuzz_cache *fc = pick_cache(in);
	u8 kind = fuzz_u8(in), hint = fuzz_u8(in);
	struct fuzz_object *o = fc ? fuzz_find(hint, fc, true) : NULL;

	/* Where objects are counted, misuse is counted too. */
	if (!o || fc->limit || fc->reserve)
		return;
	switch (kind % 5) {
	case 0:
		misuse_twice(fc, o);
		break;
	case 1:
		misuse_late(fc, o, hint);
		break;
	case 2:
		misuse_interior(fc, o, hint);
		break;
	case 3:
		misuse_other(fc, o, kind / 5);
		break;
	case 4:
		misuse_foreign(fc, hint);
		break;
	}
	if (fc->closed)
		fuzz_check(fuzz_errors() == fuzz_misuse, "misuse was not seen at the call\n");
	fuzz_unpoison_live();
	shrink(fc);
	fuzz_check(fuzz_errors() == fuzz_misuse, "misuse was not seen at the slab\n");
}

/* Into an object, or twice: for classes at the slab, for runs at the call. */
static void misuse_sized(struct fuzz_object *o, u8 hint)
{
	size_t usable = zmem_usable_size(o->p);
	bool run = usable > ZMEM_MEDIUM_MAX;
	struct zmem_cache *class = run ? NULL : zmem_page_cache(virt_to_page(o->p));
	u8 *p = o->p;

	if (class == zmem_large->cache)
		class = NULL;
	if (hint & 1) {
		fuzz_object_take(o);
		zmem_free(p);
		zmem_free(p);
	} else {
		zmem_free(p + 1 + hint % (usable - 1));
	}
	fuzz_misuse++;
	if (class)
		zmem_cache_shrink(class);
}

static void op_misuse_sized(struct fuzz_input *in)
{
	u8 hint = fuzz_u8(in);
	struct fuzz_object *o = fuzz_find(fuzz_u8(in), NULL, true);

	if (o)
		misuse_sized(o, hint);
	zmem_free(foreign + 8 * hint);
	fuzz_check(!zmem_usable_size(foreign + hint), "nobody's memory has a size\n");
	fuzz_check(!zmem_realloc(foreign + hint, 64, GFP_KERNEL), "nobody's memory grew\n");
	fuzz_misuse += 2;
	fuzz_unpoison_live();
	fuzz_check(fuzz_errors() == fuzz_misuse, "misuse by size was not seen\n");
}

static void op_check_all(struct fuzz_input *in)
{
	unsigned int i;

	for (i = 0; i < FUZZ_OBJECTS; i++)
		if (fuzz_objects[i].p)
			fuzz_object_check(&fuzz_objects[i]);
}

static void (*const ops[])(struct fuzz_input *in) = {
	op_create, op_alloc, op_alloc, op_free, op_alloc_node, op_alloc_bulk,
	op_free_bulk, op_shrink, op_sized_alloc, op_sized_free, op_realloc, op_tune,
	op_reclaim, op_pressure, op_relief, op_bad_gfp, op_misuse, op_misuse_sized,
	op_check_all, op_destroy, op_prefill, op_alloc_prefilled, op_alloc_prefilled,
	op_return_prefilled, op_free_rcu, op_sized_free_rcu, op_set,
};

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct fuzz_object *o;
	unsigned int i;

	shim_init_on_alloc = fuzz_u8(&in) & 1;
	fuzz_model_start();
	while (in.left)
		ops[fuzz_u8(&in) % ARRAY_SIZE(ops)](&in);
	op_relief(&in);
	while ((o = fuzz_find(0, NULL, true)))
		zmem_free(fuzz_object_take(o));
	for (i = 0; i < FUZZ_CACHES; i++)
		if (fuzz_caches[i].cache)
			destroy(&fuzz_caches[i]);
	fuzz_model_end();
	return 0;
}
