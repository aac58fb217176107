/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What the preloaded recorder writes, in the order in which it happened. */
#ifndef ZMEM_BENCH_RAW_H
#define ZMEM_BENCH_RAW_H

#include <stdint.h>

#define RAW_CALLS_MAX	(4u << 20)

/* A file of these; the first that has no address ends it. */
struct raw_call {
	uint64_t address;
	uint64_t time;
	uint32_t size;		/* as asked for; 0: free */
	uint32_t cpu;
};

#endif /* ZMEM_BENCH_RAW_H */
