/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Workloads in the kernel, by ZMEM_IOC_RUN. */
#ifndef ZMEMCTL_LOAD_H
#define ZMEMCTL_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/zmem.h>

/**
 * struct load - what runs, and where
 * @kind: ZMEM_IOC_RUN_*
 * @size: of the smallest object
 * @size_max: of the largest; above @size: by size, in no cache
 * @held: objects that each CPU holds
 * @node: of the objects, or ZMEM_IOC_NODE_ANY
 * @flags: ZMEM_IOC_GFP_*, ZMEM_IOC_FILL
 * @cache: a cache of ours, or 0
 * @seed: of random choices
 * @cpus: which
 * @nr_cpus: of them
 */
struct load {
	uint32_t kind;
	uint64_t size;
	uint64_t size_max;
	uint32_t held;
	int32_t node;
	uint32_t flags;
	uint32_t cache;
	uint64_t seed;
	uint32_t cpus[ZMEM_IOC_CPUS_MAX];
	size_t nr_cpus;
};

/* What came of it, summed. */
struct result {
	uint64_t allocs;
	uint64_t frees;
	uint64_t failures;
	uint64_t mismatches;
	uint64_t elapsed_ns;
	double cpu_ns;		/* of all CPUs */
};

void load_init(struct load *l);		/* on all CPUs that are online */
bool kind_parse(const char *text, uint32_t *kind);
const char *kind_name(uint32_t kind);
/* By lists as "0-3,5"; each ends with one line if it is none. */
void load_cpus(struct load *l, const char *list);
void load_nodes(struct load *l, const char *list);	/* leaves CPUs of these */

/* Makes a cache for the load; it goes with zmemctl. */
void load_cache(struct load *l, const char *name, uint32_t mode);
void load_uncache(struct load *l);

/*
 * Runs for @ns nanoseconds, or @ops pairs on each CPU if that is not 0, in
 * slices, between which it says how far it is, on a terminal, as @what.
 */
void load_run(const struct load *l, uint64_t ns, uint64_t ops, const char *what,
	      struct result *sum);
double result_rate(const struct result *r);	/* calls a second */

#endif /* ZMEMCTL_LOAD_H */
