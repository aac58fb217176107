// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Time and memory over a longer run: growth, long churn, a peak. */
#include <malloc.h>
#include <time.h>
#include "probe.h"

#define VECTORS		16u
#define VECTOR_MAX	(256u << 10)
#define CHURN_LIVE	20000u
#define HEAP_LIVE	200000u
#define PHASES		8u
#define PHASE_SLOTS	80000u
#define PHASE_BYTES	(4u << 20)
#define PEAK_OBJECTS	131072u
#define PEAK_LEFT	1000u	/* one of so many stays after the peak */

struct vector {
	void *at;
	size_t size;
};

static void vectors_begin(struct worker *w)
{
	w->own = bench_pages(VECTORS * sizeof(struct vector));
}

/* By half as much again, as vectors in most libraries do. */
inline_always void vectors_body(struct worker *w, struct probe *p)
{
	struct vector *all = w->own, *v;
	uint64_t i;

	for (i = 0; i < w->ops; i++) {
		v = &all[i % VECTORS];
		v->size = v->size ? v->size + v->size / 2 : 16;
		v->at = take_again(p, v->at, v->size);
		if (!p)
			*(volatile char *)(v->at + v->size - 1) = 1;
		if (v->size < VECTOR_MAX)
			continue;
		give(p, v->at);
		*v = (struct vector){ 0 };
	}
}
TWO_PASSES(vectors)

static void vectors_end(struct worker *w)
{
	struct vector *all = w->own;
	unsigned int i;

	for (i = 0; i < VECTORS; i++)
		give(w->probe, all[i].at);
}

struct object {
	void *at;
	size_t size;
};

struct crowd {
	struct object *object;
	unsigned int count;
	size_t live;		/* bytes; the phases' */
	unsigned long before_kib;
};

static struct crowd *crowd_new(unsigned int count)
{
	struct crowd *c = bench_pages(sizeof(*c));

	c->object = bench_pages(count * sizeof(*c->object));
	c->count = count;
	c->before_kib = anonymous_kib();
	return c;
}

inline_always void replace(struct probe *p, struct object *o, size_t size)
{
	give(p, o->at);
	o->size = size;
	o->at = take(p, size);
	touch_pages(p, o->at, size);
}

static void crowd_free(struct worker *w)
{
	struct crowd *c = w->own;
	unsigned int i;

	for (i = 0; i < c->count; i++) {
		give(w->probe, c->object[i].at);
		c->object[i] = (struct object){ 0 };
	}
	c->live = 0;
}

/* What is live, against what the process holds since the crowd began. */
static void crowd_weigh(struct worker *w)
{
	struct crowd *c = w->own;
	unsigned int i;

	for (i = 0; i < c->count; i++) {
		if (!c->object[i].at)
			continue;
		findings.live_bytes += c->object[i].size;
		findings.usable_bytes += malloc_usable_size(c->object[i].at);
	}
	findings.held_bytes = (anonymous_kib() - c->before_kib) * 1024ull;
}

inline_always void churn_among(struct worker *w, struct probe *p, uint64_t live)
{
	struct crowd *c = w->own;
	uint64_t i;

	for (i = 0; i < w->ops; i++)
		replace(p, &c->object[(random_next(&w->random) >> 20) % live],
			random_size(&w->random, 4, 10));
}

static void churn_begin(struct worker *w)
{
	w->own = crowd_new(CHURN_LIVE);
}

inline_always void churn_body(struct worker *w, struct probe *p)
{
	churn_among(w, p, CHURN_LIVE);
}
TWO_PASSES(churn)

/*
 * How many objects of a size there are goes up and down by the root of their
 * number, and each size's memory is what its most once needed: of 20000 objects
 * in two dozen sizes that is a twelfth, whatever the malloc, of ten times as
 * many a third of it.  What a malloc adds shows here.
 */
static void heap_begin(struct worker *w)
{
	w->own = crowd_new(HEAP_LIVE);
}

inline_always void heap_body(struct worker *w, struct probe *p)
{
	churn_among(w, p, HEAP_LIVE);
}
TWO_PASSES(heap)

static void phases_begin(struct worker *w)
{
	w->own = crowd_new(PHASE_SLOTS);
}

/* A free, and an allocation if that leaves no more than the budget live. */
inline_always void phases_step(struct worker *w, struct probe *p,
			       unsigned int low)
{
	struct crowd *c = w->own;
	struct object *o = &c->object[(random_next(&w->random) >> 20) %
				      PHASE_SLOTS];

	c->live -= o->size;
	give(p, o->at);
	o->size = random_size(&w->random, low, low + 2);
	if (c->live + o->size > PHASE_BYTES) {
		*o = (struct object){ 0 };
		return;
	}
	c->live += o->size;
	o->at = take(p, o->size);
	touch_pages(p, o->at, o->size);
}

/* Each phase prefers other sizes, into the holes that the last one left. */
inline_always void phases_body(struct worker *w, struct probe *p)
{
	static const unsigned int low[PHASES] = { 4, 7, 5, 9, 6, 4, 8, 5 };
	unsigned int phase;
	uint64_t i;

	for (phase = 0; phase < PHASES; phase++)
		for (i = 0; i < w->ops / PHASES; i++)
			phases_step(w, p, low[phase]);
}
TWO_PASSES(phases)

static void peak_begin(struct worker *w)
{
	w->own = crowd_new(PEAK_OBJECTS);
}

/* Up to some 40 MiB, and down to a thousandth. */
inline_always void peak_body(struct worker *w, struct probe *p)
{
	struct crowd *c = w->own;
	uint64_t i, n = w->ops < PEAK_OBJECTS ? w->ops : PEAK_OBJECTS;

	for (i = 0; i < n; i++)
		replace(p, &c->object[i], random_size(&w->random, 5, 10));
	for (i = 0; i < n; i++) {
		if (i % PEAK_LEFT == 0)
			continue;
		give(p, c->object[i].at);
		c->object[i].at = NULL;
	}
}
TWO_PASSES(peak)

static void pause_ms(unsigned int ms)
{
	struct timespec t = { .tv_nsec = ms * 1000000l };

	nanosleep(&t, NULL);
}

static void note_rss(uint64_t began)
{
	series_add(&findings.rss, (clock_ns() - began) / 1e9, rss_kib());
}

/* Memory over time: two peaks, a few calls now and then in between. */
static void peak_audit(struct worker *w)
{
	struct crowd *c = w->own;
	uint64_t began = clock_ns(), i;
	unsigned int peak, quiet;

	for (peak = 0; peak < 2; peak++) {
		note_rss(began);
		for (i = 0; i < c->count; i++) {
			replace(NULL, &c->object[i],
				random_size(&w->random, 5, 10));
			if (i % (PEAK_OBJECTS / 8) == 0)
				note_rss(began);
		}
		note_rss(began);
		for (i = 0; i < c->count; i++)
			if (i % PEAK_LEFT) {
				free(c->object[i].at);
				c->object[i].at = NULL;
			}
		for (quiet = 0; quiet < 20; quiet++) {
			note_rss(began);
			pause_ms(100);
			free(malloc(100));
		}
	}
	crowd_weigh(w);
}

const struct workload memory_workloads[] = {
	{ .name = "vectors", .ops = 40000,
	  .question = "What does growth by realloc cost, and how much of it is copied (16 B to 256 KiB)?",
	  .begin = vectors_begin, .pass = vectors_pass,
	  .probed = vectors_probed, .end = vectors_end },
	{ .name = "churn", .ops = 320000,
	  .question = "What does long churn leave of reuse and density (16 B to 1 KiB, 20000 live)?",
	  .begin = churn_begin, .pass = churn_pass, .probed = churn_probed,
	  .audit = crowd_weigh, .end = crowd_free },
	{ .name = "heap", .ops = 1600000,
	  .question = "The same of a heap that no cache holds (200000 live)?",
	  .begin = heap_begin, .pass = heap_pass, .probed = heap_probed,
	  .audit = crowd_weigh, .end = crowd_free },
	{ .name = "phases", .ops = 640000,
	  .question = "How much memory is stranded when sizes change and live bytes do not?",
	  .begin = phases_begin, .pass = phases_pass, .probed = phases_probed,
	  .audit = crowd_weigh, .end = crowd_free },
	{ .name = "peak", .ops = PEAK_OBJECTS,
	  .question = "What does a peak cost, and does its memory go back?",
	  .begin = peak_begin, .pass = peak_pass, .probed = peak_probed,
	  .audit = peak_audit, .end = crowd_free },
	{ }
};
