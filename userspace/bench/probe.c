// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Probes.  A verified object carries its size and a check word in front and a
 * byte made from its address behind that, and a freed one a dead check word:
 * an object which overlaps another, moves without its contents or is given
 * out twice does not fit.
 */
#include <string.h>
#include <time.h>
#ifdef __x86_64__
#include <x86intrin.h>
#endif
#include "probe.h"

#define HEAD		8u
#define SEEN_BITS	21

const double probe_quantile[QUANTILES] = {
	0.5, 0.9, 0.99, 0.999, 0.9999, 1
};

struct probe *probe_new(unsigned int modes)
{
	struct probe *p = bench_pages(sizeof(*p));

	p->modes = modes;
	p->left = LATENCY_EVERY;
	if (modes & PROBE_REUSE)
		p->seen = bench_pages(sizeof(*p->seen) << SEEN_BITS);
	return p;
}

static uint64_t ticks(void)
{
#ifdef __x86_64__
	unsigned int cpu;

	return __rdtscp(&cpu);
#else
	return clock_ns();
#endif
}

/* How long a tick is, from 20 ms of them. */
static double tick_ns(void)
{
	static double ns;
	uint64_t time, began;

	if (ns)
		return ns;
	time = clock_ns();
	began = ticks();
	while (clock_ns() - time < 20000000)
		;
	ns = (double)(clock_ns() - time) / (ticks() - began);
	return ns;
}

/* What a sample of nothing shows. */
double probe_timer_ns(void)
{
	uint64_t best = ~0ull, began, took;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		began = ticks();
		took = ticks() - began;
		if (took < best)
			best = took;
	}
	return best * tick_ns();
}

/* Exact below 32 ticks, then 32 buckets to each power of two: within 3 %. */
static unsigned int bucket_of(uint32_t took)
{
	unsigned int shift;

	if (took < 32)
		return took;
	shift = 26 - __builtin_clz(took);
	return (shift << 5) + (took >> shift);
}

static uint64_t bucket_ticks(unsigned int bucket)
{
	unsigned int shift = bucket >> 5;

	if (shift < 2)
		return bucket;
	return (uint64_t)(bucket - ((shift - 1) << 5)) << (shift - 1);
}

static void latency_add(struct latencies *l, uint64_t began)
{
	uint64_t took = ticks() - began;

	l->count++;
	l->bucket[bucket_of(took < UINT32_MAX ? took : UINT32_MAX)]++;
}

static bool latency_due(struct probe *p)
{
	if (!(p->modes & PROBE_LATENCY) || --p->left)
		return false;
	p->left = LATENCY_EVERY;
	return true;
}

static uint64_t check_word(const void *at, size_t size)
{
	return ((uintptr_t)at * 0x9e3779b97f4a7c15ull & ~0xffffffffull) | size;
}

static unsigned char check_byte(const void *at)
{
	return ((uintptr_t)at * 0x9e3779b97f4a7c15ull >> 56) | 1;
}

static void fill(void *at, size_t size)
{
	uint64_t word = check_word(at, size);

	memcpy(at, &word, HEAD);
	memset(at + HEAD, check_byte(at), size - HEAD);
}

static void all_bytes(const void *at, size_t from, size_t to,
		      unsigned char byte, const char *what)
{
	const unsigned char *bytes = at;

	for (; from < to; from++)
		if (bytes[from] != byte)
			die("%s: byte %zu of the block at %p is %#x, not %#x",
			    what, from, at, bytes[from], byte);
}

/* Returns the object's size. */
static size_t verify(const void *at, const char *what)
{
	uint64_t word;
	size_t size;

	memcpy(&word, at, HEAD);
	size = word & 0xffffffff;
	if (word != check_word(at, size))
		die("%s: the head of the block at %p was overwritten", what,
		    at);
	all_bytes(at, HEAD, size, check_byte(at), what);
	return size;
}

static void note_address(struct probe *p, const void *at)
{
	uint64_t mask = (1u << SEEN_BITS) - 1;
	uint64_t i = ((uintptr_t)at * 0x9e3779b97f4a7c15ull) >> 20;
	unsigned int steps;

	p->allocs++;
	for (steps = 0; steps <= mask; steps++, i++) {
		if (p->seen[i & mask] == (uintptr_t)at) {
			p->reused++;
			return;
		}
		if (!p->seen[i & mask]) {
			p->seen[i & mask] = (uintptr_t)at;
			return;
		}
	}
	die("more addresses than the probe has room for");
}

static void *taken(struct probe *p, void *at, size_t size, size_t align)
{
	if (!at)
		die("out of memory: %zu bytes", size);
	if ((uintptr_t)at & (align - 1))
		die("%zu bytes at %p: not aligned to %zu", size, at, align);
	if (p->modes & PROBE_REUSE)
		note_address(p, at);
	if (p->modes & PROBE_VERIFY)
		fill(at, size);
	else
		*(volatile uint64_t *)at = size;
	return at;
}

static size_t natural_align(size_t size)
{
	return size >= 16 ? 16 : 8;
}

void *probe_malloc(struct probe *p, size_t size)
{
	uint64_t began;
	void *at;

	if (latency_due(p)) {
		began = ticks();
		at = malloc(size);
		latency_add(&p->alloc, began);
	} else {
		at = malloc(size);
	}
	return taken(p, at, size, natural_align(size));
}

void *probe_calloc(struct probe *p, size_t size)
{
	void *at = calloc(1, size);

	if (at && p->modes & PROBE_VERIFY)
		all_bytes(at, 0, size, 0, "calloc");
	return taken(p, at, size, natural_align(size));
}

void *probe_aligned(struct probe *p, size_t align, size_t size)
{
	return taken(p, aligned_alloc(align, size), size, align);
}

/* What moved is compared before it gets its new address's pattern. */
void *probe_realloc(struct probe *p, void *at, size_t size)
{
	bool check = at && p->modes & PROBE_VERIFY;
	size_t before = check ? verify(at, "realloc, before") : 0;
	uint64_t word = check_word(at, before);
	unsigned char byte = check_byte(at);
	void *to = realloc(at, size);

	if (check && to) {
		if (memcmp(to, &word, HEAD))
			die("realloc: the block's head did not move along");
		all_bytes(to, HEAD, before < size ? before : size, byte,
			  "realloc, after");
	}
	return taken(p, to, size, natural_align(size));
}

void probe_free(struct probe *p, void *at)
{
	uint64_t began;

	if (at && p->modes & PROBE_VERIFY) {
		verify(at, "free");
		memset(at, 0, HEAD);
	}
	if (latency_due(p)) {
		began = ticks();
		free(at);
		latency_add(&p->free, began);
	} else {
		free(at);
	}
}

/**
 * probe_merge() - the latencies of all threads
 * @probes: of the threads
 * @count: of them
 * @frees: of free(), else of malloc()
 * @quantiles: set to ns, one for each of probe_quantile
 *
 * Return: how many samples there are.
 */
uint64_t probe_merge(struct probe **probes, unsigned int count, bool frees,
		     double *quantiles)
{
	struct latencies all = { 0 }, *one;
	unsigned int i, bucket, q = 0;
	uint64_t below = 0;

	for (i = 0; i < count; i++) {
		one = frees ? &probes[i]->free : &probes[i]->alloc;
		all.count += one->count;
		for (bucket = 0; bucket < LATENCY_BUCKETS; bucket++)
			all.bucket[bucket] += one->bucket[bucket];
	}
	for (bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
		below += all.bucket[bucket];
		while (q < QUANTILES && below &&
		       below >= probe_quantile[q] * all.count)
			quantiles[q++] = bucket_ticks(bucket) * tick_ns();
	}
	return all.count;
}
