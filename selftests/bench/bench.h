/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the files of the benchmark share.
 *
 * A row is one function, written once for both allocators: @side is a
 * constant where it is expanded, so that each side is the same loop around
 * direct calls, without a test or an indirect call in it.
 */
#ifndef _ZMEM_BENCH_H
#define _ZMEM_BENCH_H

#include <linux/compiler.h>
#include <linux/slab.h>
#include <zmem/zmem.h>

enum bench_side { BENCH_ZMEM, BENCH_KMEM };

/* Pairs of an allocation and a free between two looks at the clock. */
#define BENCH_PAIRS	1000

/* Objects held at a time, at most. */
#define BENCH_HELD	100

/* Bytes of an object, where a row does not say otherwise. */
#define BENCH_SIZE	64

/*
 * A cache that shares its slabs with no other.  Where no flag asks for just
 * that, one does that keeps kmemleak out, and says nothing to stock kernels.
 */
#ifdef SLAB_NO_MERGE
#define BENCH_NO_MERGE	SLAB_NO_MERGE
#else
#define BENCH_NO_MERGE	SLAB_NOLEAKTRACE
#endif

/**
 * struct bench_row - what is timed
 * @name: in the results
 * @pairs: that one run makes, to divide by
 * @zmem: makes them with zmem
 * @kmem: makes them with the kernel's allocator
 */
struct bench_row {
	const char *name;
	unsigned int pairs;
	void (*zmem)(void);
	void (*kmem)(void);
};

/* Makes each side's function of a row's, which may have more arguments. */
#define BENCH_SIDES(name, row, ...)					\
static noinline void name##_zmem(void)					\
{									\
	row(BENCH_ZMEM, ##__VA_ARGS__);					\
}									\
static noinline void name##_kmem(void)					\
{									\
	row(BENCH_KMEM, ##__VA_ARGS__);					\
}

#define BENCH_ROW(_name, _pairs) {					\
	.name = #_name,							\
	.pairs = _pairs,						\
	.zmem = _name##_zmem,						\
	.kmem = _name##_kmem,						\
}

void bench_time(const struct bench_row *rows, unsigned int nr);

/* The same cache on both sides. */
struct bench_cache {
	struct zmem_cache *zmem;
	struct kmem_cache *kmem;
};

int bench_cache_create(struct bench_cache *cache, const char *name,
		       unsigned int size, void (*ctor)(void *object));
void bench_cache_destroy(struct bench_cache *cache);

/* A file each: all its rows are timed. */
int bench_pairs(void);
int bench_sizes(void);
int bench_caches(void);
int bench_busy(void);

/* What is counted instead; the cache stays for its statistics to be read. */
int bench_count_ring(void);
int bench_count_burst(void);
void bench_count_end(void);

static __always_inline void *side_cache_alloc(enum bench_side side,
					      struct bench_cache cache, gfp_t gfp)
{
	if (side == BENCH_ZMEM)
		return zmem_cache_alloc(cache.zmem, gfp);
	return kmem_cache_alloc(cache.kmem, gfp);
}

static __always_inline void side_cache_free(enum bench_side side,
					    struct bench_cache cache, void *object)
{
	if (side == BENCH_ZMEM)
		zmem_cache_free(cache.zmem, object);
	else
		kmem_cache_free(cache.kmem, object);
}

static __always_inline void *side_alloc(enum bench_side side, size_t size, gfp_t gfp)
{
	if (side == BENCH_ZMEM)
		return zmem_alloc(size, gfp);
	return kmalloc(size, gfp);
}

static __always_inline void side_free(enum bench_side side, void *p)
{
	if (side == BENCH_ZMEM)
		zmem_free(p);
	else
		kfree(p);
}

/*
 * An object at a time, at once freed.  The compiler may not know what became
 * of the object between the two.
 */
static __always_inline void bench_cache_pairs(enum bench_side side,
					      struct bench_cache cache, gfp_t gfp)
{
	unsigned int n;
	void *p;

	for (n = 0; n < BENCH_PAIRS; n++) {
		p = side_cache_alloc(side, cache, gfp);
		OPTIMIZER_HIDE_VAR(p);
		side_cache_free(side, cache, p);
	}
}

static __always_inline void bench_size_pairs(enum bench_side side, unsigned int nr,
					     size_t size, gfp_t gfp)
{
	unsigned int n;
	void *p;

	for (n = 0; n < nr; n++) {
		p = side_alloc(side, size, gfp);
		OPTIMIZER_HIDE_VAR(p);
		side_free(side, p);
	}
}

#endif /* _ZMEM_BENCH_H */
