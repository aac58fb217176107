// SPDX-License-Identifier: GPL-2.0 OR MIT
/* One thread, and what a call costs. */
#include <malloc.h>
#include "probe.h"

#define BATCH		100u
#define RANDOM_LIVE	1000u
#define PLAN		8192u	/* a power of two */
#define SWEEP_HELD	8u
#define FEW		32u

/* Made before the clock runs: which slot next, and how large its object. */
struct step {
	uint32_t slot;
	uint32_t size;
};

struct random_state {
	struct step plan[PLAN];
	void *slot[RANDOM_LIVE];
	uint64_t at;
};

inline_always void pair_body(struct worker *w, struct probe *p)
{
	uint64_t i;

	for (i = 0; i < w->ops; i++)
		give(p, take(p, 64));
}
TWO_PASSES(pair)

inline_always void held(struct worker *w, struct probe *p, size_t size)
{
	void *batch[BATCH];
	unsigned int j;
	uint64_t i;

	for (i = 0; i < w->ops; i += BATCH) {
		for (j = 0; j < BATCH; j++)
			batch[j] = take(p, size);
		for (j = 0; j < BATCH; j++)
			give(p, batch[j]);
	}
}

inline_always void held_64_body(struct worker *w, struct probe *p)
{
	held(w, p, 64);
}
TWO_PASSES(held_64)

inline_always void held_512_body(struct worker *w, struct probe *p)
{
	held(w, p, 512);
}
TWO_PASSES(held_512)

/* The i-th of the sizes 8, 12, 16, 24, 32, ... 1 MiB. */
static size_t sweep_size(unsigned int i)
{
	return (i & 1 ? 12ul : 8ul) << (i / 2);
}

#define SWEEP_SIZES	35u

inline_always void sweep_size_body(struct probe *p, size_t size, uint64_t ops)
{
	void *batch[SWEEP_HELD];
	unsigned int j;
	uint64_t i;

	for (i = 0; i < ops; i += SWEEP_HELD) {
		for (j = 0; j < SWEEP_HELD; j++) {
			batch[j] = take(p, size);
			touch(p, batch[j]);
		}
		for (j = 0; j < SWEEP_HELD; j++)
			give(p, batch[j]);
	}
}

inline_always void sweep_body(struct worker *w, struct probe *p)
{
	unsigned int i;

	for (i = 0; i < SWEEP_SIZES; i++)
		sweep_size_body(p, sweep_size(i), w->ops / SWEEP_SIZES);
}
TWO_PASSES(sweep)

/* A figure for each size: the quickest of some tries. */
static void sweep_audit(struct worker *w)
{
	uint64_t ops = w->ops / SWEEP_SIZES, began, took, best;
	unsigned int i, try;

	for (i = 0; i < SWEEP_SIZES; i++) {
		best = ~0ull;
		for (try = 0; try < 5; try++) {
			began = clock_ns();
			sweep_size_body(NULL, sweep_size(i), ops);
			took = clock_ns() - began;
			best = took < best ? took : best;
		}
		series_add(&findings.sizes, sweep_size(i), (double)best / ops);
	}
}

static void random_begin(struct worker *w)
{
	struct random_state *r = bench_pages(sizeof(*r));
	unsigned int i;

	for (i = 0; i < PLAN; i++) {
		r->plan[i].slot = random_next(&w->random) % RANDOM_LIVE;
		r->plan[i].size = random_size(&w->random, 3, 11);
	}
	for (i = 0; i < RANDOM_LIVE; i++)
		r->slot[i] = take(w->probe, r->plan[i].size);
	w->own = r;
}

inline_always void random_body(struct worker *w, struct probe *p)
{
	struct random_state *r = w->own;
	struct step *step;
	uint64_t i;

	for (i = 0; i < w->ops; i++) {
		step = &r->plan[r->at++ & (PLAN - 1)];
		give(p, r->slot[step->slot]);
		r->slot[step->slot] = take(p, step->size);
		touch(p, r->slot[step->slot]);
	}
}
TWO_PASSES(random)

static void random_audit(struct worker *w)
{
	struct random_state *r = w->own;
	uint32_t size[RANDOM_LIVE];
	unsigned int i;

	for (i = 0; i < RANDOM_LIVE; i++)	/* as it began */
		size[i] = r->plan[i].size;
	for (i = 0; i < PLAN; i++)		/* the last that a slot got */
		size[r->plan[(r->at + i) & (PLAN - 1)].slot] =
			r->plan[(r->at + i) & (PLAN - 1)].size;
	for (i = 0; i < RANDOM_LIVE; i++) {
		findings.live_bytes += size[i];
		findings.usable_bytes += malloc_usable_size(r->slot[i]);
	}
}

static void random_end(struct worker *w)
{
	struct random_state *r = w->own;
	unsigned int i;

	for (i = 0; i < RANDOM_LIVE; i++)
		give(w->probe, r->slot[i]);
}

static void sizes_begin(struct worker *w)
{
	struct random_state *r = bench_pages(sizeof(*r));
	unsigned int i;

	for (i = 0; i < PLAN; i++)
		r->plan[i].size = random_size(&w->random, 4, 10);
	for (i = 0; i < PLAN; i += 64)
		r->plan[i].size = 65536;
	w->own = r;
}

inline_always void calloc_body(struct worker *w, struct probe *p)
{
	struct random_state *r = w->own;
	void *batch[FEW];
	unsigned int j;
	uint64_t i;

	for (i = 0; i < w->ops; i += FEW) {
		for (j = 0; j < FEW; j++) {
			batch[j] = take_zeroed(p, r->plan[r->at++ & (PLAN - 1)].size);
			touch(p, batch[j]);
		}
		for (j = 0; j < FEW; j++)
			give(p, batch[j]);
	}
}
TWO_PASSES(calloc)

/* Alignments 32 to 4096, the size a multiple of it, the smaller more often. */
static void aligned_begin(struct worker *w)
{
	struct random_state *r = bench_pages(sizeof(*r));
	unsigned int i, few;

	for (i = 0; i < PLAN; i++) {
		few = random_next(&w->random) % 256;
		r->plan[i].slot = 32u << (few ? __builtin_ctz(few) : 7);
		r->plan[i].size = r->plan[i].slot *
				  (1 + random_next(&w->random) % 3);
	}
	w->own = r;
}

inline_always void aligned_body(struct worker *w, struct probe *p)
{
	struct random_state *r = w->own;
	void *batch[FEW];
	struct step *step;
	unsigned int j;
	uint64_t i;

	for (i = 0; i < w->ops; i += FEW) {
		for (j = 0; j < FEW; j++) {
			step = &r->plan[r->at++ & (PLAN - 1)];
			batch[j] = take_aligned(p, step->slot, step->size);
			touch(p, batch[j]);
		}
		for (j = 0; j < FEW; j++)
			give(p, batch[j]);
	}
}
TWO_PASSES(aligned)

const struct workload basic_workloads[] = {
	{ .name = "pair", .ops = 1000000,
	  .question = "What is the shortest way through malloc and free (64 B, one held)?",
	  .pass = pair_pass, .probed = pair_probed },
	{ .name = "held-100", .ops = 1000000,
	  .question = "What does a call cost without waiting for the last one (64 B, 100 held)?",
	  .pass = held_64_pass, .probed = held_64_probed },
	{ .name = "held-100-512", .ops = 600000,
	  .question = "Does that hold for objects of 512 B, where slabs are large?",
	  .pass = held_512_pass, .probed = held_512_probed },
	{ .name = "sweep", .ops = 280000,
	  .question = "Which sizes from 8 B to 1 MiB leave the quick way?",
	  .pass = sweep_pass, .probed = sweep_probed, .audit = sweep_audit },
	{ .name = "random", .ops = 400000,
	  .question = "What do sizes cost that no branch predictor knows (8 B to 2 KiB, 1000 live)?",
	  .begin = random_begin, .pass = random_pass, .probed = random_probed,
	  .audit = random_audit, .end = random_end },
	{ .name = "calloc", .ops = 200000,
	  .question = "What does zeroed memory cost, and who zeroes what is zero?",
	  .begin = sizes_begin, .pass = calloc_pass, .probed = calloc_probed },
	{ .name = "aligned", .ops = 200000,
	  .question = "What do alignments of 32 B to 4 KiB cost?",
	  .begin = aligned_begin, .pass = aligned_pass,
	  .probed = aligned_probed },
	/* The same on each thread: run with one thread and with two. */
	{ .name = "independent", .ops = 400000,
	  .question = "Do threads that share nothing disturb each other?",
	  .begin = random_begin, .pass = random_pass, .probed = random_probed,
	  .end = random_end },
	{ }
};
