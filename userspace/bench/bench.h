/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * One process runs one workload under one malloc, which LD_PRELOAD selects,
 * and prints a line of JSON.  The process's own memory comes from mmap():
 * malloc serves the workload alone.
 */
#ifndef ZMEM_BENCH_H
#define ZMEM_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_THREADS_MAX	256u
#define BENCH_SERIES_MAX	512u

/* What different threads write lies in different lines, and pairs of lines. */
#define lines_apart	__attribute__((__aligned__(128)))

struct probe;
struct worker;

/**
 * struct workload - a program to run under each malloc
 * @name: on the command line and in the results
 * @question: what the figure answers, one sentence
 * @threads: the least that it needs
 * @ops: operations of a thread in a pass, some 10 ms
 * @relay: threads work on the same operations, they do not add up
 * @needs_memory: wrong with a malloc that returns one address
 * @setup: in the main thread before workers exist; may be NULL
 * @begin: in each worker, before the first pass; may be NULL
 * @pass: do worker->ops operations; what is timed
 * @probed: the same with worker->probe at each call
 * @audit: in the first worker, after the last timed pass: look at memory; may
 *	be NULL
 * @end: in each worker, after the last pass: free all; may be NULL
 */
struct workload {
	const char *name;
	const char *question;
	unsigned int threads;
	uint64_t ops;
	bool relay;
	bool needs_memory;
	void (*setup)(unsigned int threads);
	void (*begin)(struct worker *w);
	void (*pass)(struct worker *w);
	void (*probed)(struct worker *w);
	void (*audit)(struct worker *w);
	void (*end)(struct worker *w);
};

/* A thread of the workload; each writes to its own only. */
struct worker {
	const struct workload *workload;
	struct probe *probe;
	void *own;		/* the workload's */
	uint64_t ops;
	uint64_t random;
	unsigned int index;
	unsigned int threads;
} lines_apart;

extern const struct workload basic_workloads[];
extern const struct workload thread_workloads[];
extern const struct workload memory_workloads[];
extern const struct workload stream_workloads[];

/* What an audit or a workload adds to the results; see main.c. */
struct point {
	double x, y;
};

struct series {
	const char *name;
	unsigned int count;
	struct point point[BENCH_SERIES_MAX];
};

struct findings {
	uint64_t live_bytes;	/* as asked for */
	uint64_t usable_bytes;	/* as malloc_usable_size() tells */
	uint64_t held_bytes;	/* as the kernel tells */
	struct series rss;	/* seconds, KiB */
	struct series sizes;	/* bytes, ns */
};

extern struct findings findings;
extern const char *stream_path;

void series_add(struct series *s, double x, double y);

/* runner.c */
struct timing {
	uint64_t *pass_ns;	/* of each pass */
	unsigned int passes;
	bool cpu_clock;
	bool audit;
	unsigned long own_kib;	/* resident before the workload began */
	unsigned long rss_kib;	/* at the peak of the timed passes */
};

void run_workload(const struct workload *w, unsigned int threads,
		  uint64_t ops, unsigned int modes, struct timing *t);
uint64_t clock_ns(void);
struct probe *worker_probe(unsigned int index);

/* system.c */
void die(const char *format, ...)
	__attribute__((__noreturn__, __format__(__printf__, 1, 2)));
void *bench_pages(size_t bytes);	/* zeroed, present */
void pin_to(unsigned int index);
unsigned long rss_kib(void);
unsigned long rss_begin_kib(void);
unsigned long rss_peak_kib(void);
unsigned long anonymous_kib(void);
const char *malloc_library(void);
void null_arm(bool on);
bool null_is_here(void);

static inline uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

/* Sizes between 2^low and 2^high, each power of two as likely as another. */
static inline uint32_t random_size(uint64_t *state, unsigned int low,
				   unsigned int high)
{
	uint64_t r = random_next(state);
	unsigned int shift = low + (r >> 40) % (high - low);

	return (1u << shift) + (r & ((1u << shift) - 1));
}

#endif /* ZMEM_BENCH_H */
