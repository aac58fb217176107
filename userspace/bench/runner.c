// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Threads and passes.  One thread is the main thread, since a malloc may well
 * be quicker where there never was another; its time is the process's CPU
 * time, which leaves out what other programs took of the CPU (cpu_clock).  Several
 * threads, pinned to CPUs of their own as far as there are, are timed by the
 * clock on the wall, from the first one's start to the last one's end.
 */
#include <pthread.h>
#include <string.h>
#include <time.h>
#include "probe.h"

struct span {
	uint64_t begin, end;
} lines_apart;

static struct crew {
	struct worker *worker;
	struct span *span;
	pthread_t *id;
	pthread_barrier_t barrier;
	struct timing *timing;
	unsigned int modes;
} crew;

static uint64_t clock_read(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

uint64_t clock_ns(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

static uint64_t pass_clock(void)
{
	return clock_read(crew.timing->cpu_clock ? CLOCK_PROCESS_CPUTIME_ID :
						   CLOCK_MONOTONIC);
}

static void meet(const struct worker *w)
{
	if (w->threads > 1)
		pthread_barrier_wait(&crew.barrier);
}

static void note_pass(unsigned int pass)
{
	unsigned int i, threads = crew.worker->threads;
	uint64_t begin = ~0ull, end = 0;

	for (i = 0; i < threads; i++) {
		if (crew.span[i].begin < begin)
			begin = crew.span[i].begin;
		if (crew.span[i].end > end)
			end = crew.span[i].end;
	}
	crew.timing->pass_ns[pass] = end - begin;
}

static void timed_pass(struct worker *w)
{
	struct span *span = &crew.span[w->index];

	meet(w);
	span->begin = pass_clock();
	w->workload->pass(w);
	span->end = pass_clock();
	meet(w);
}

static void timed_passes(struct worker *w)
{
	unsigned int i;

	timed_pass(w);	/* to warm up */
	for (i = 0; i < crew.timing->passes; i++) {
		timed_pass(w);
		if (!w->index)
			note_pass(i);
	}
	if (!w->index)
		crew.timing->rss_kib = rss_peak_kib();
	meet(w);
}

static void probed_pass(struct worker *w)
{
	if (!w->probe)
		w->probe = probe_new(crew.modes);
	meet(w);
	w->workload->probed(w);
	if (crew.modes & PROBE_REUSE) {	/* the first pass was to learn */
		w->probe->allocs = 0;
		w->probe->reused = 0;
		w->workload->probed(w);
	}
	meet(w);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	const struct workload *load = w->workload;

	pin_to(w->index);
	if (!w->index)
		crew.timing->own_kib = rss_begin_kib();
	null_arm(true);
	/* An object that a probe has not seen would have no pattern in it. */
	if (crew.modes & PROBE_VERIFY)
		w->probe = probe_new(crew.modes);
	if (load->begin)
		load->begin(w);
	if (!(crew.modes & PROBE_VERIFY))
		timed_passes(w);
	if (crew.timing->audit && load->audit && !w->index)
		load->audit(w);
	if (crew.modes)
		probed_pass(w);
	if (load->end)
		load->end(w);
	null_arm(false);
	return NULL;
}

static void hire(const struct workload *load, unsigned int threads,
		 uint64_t ops)
{
	unsigned int i;

	crew.worker = bench_pages(threads * sizeof(*crew.worker));
	crew.span = bench_pages(threads * sizeof(*crew.span));
	crew.id = bench_pages(threads * sizeof(*crew.id));
	for (i = 0; i < threads; i++)
		crew.worker[i] = (struct worker){
			.workload = load, .ops = ops, .index = i,
			.threads = threads,
			.random = 0x9e3779b97f4a7c15ull * (i + 1),
		};
}

/**
 * run_workload() - all of a process's work
 * @load: the workload
 * @threads: how many
 * @ops: of each thread in a pass
 * @modes: of the probe in a pass at the end; 0: no such pass.  PROBE_VERIFY:
 *	nothing but that pass
 * @timing: filled in
 */
void run_workload(const struct workload *load, unsigned int threads,
		  uint64_t ops, unsigned int modes, struct timing *timing)
{
	unsigned int i;
	int error;

	crew.timing = timing;
	crew.modes = modes;
	hire(load, threads, ops);
	if (load->setup)
		load->setup(threads);
	if (timing->cpu_clock) {
		work(crew.worker);
		return;
	}
	pthread_barrier_init(&crew.barrier, NULL, threads);
	for (i = 0; i < threads; i++) {
		error = pthread_create(&crew.id[i], NULL, work,
				       &crew.worker[i]);
		if (error)
			die("thread %u: %s", i, strerror(error));
	}
	for (i = 0; i < threads; i++)
		pthread_join(crew.id[i], NULL);
}

/* The workers' probes, all there when the workload has run. */
struct probe *worker_probe(unsigned int index)
{
	return crew.worker[index].probe;
}
