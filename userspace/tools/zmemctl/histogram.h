/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Sampled latencies of a cache. */
#ifndef ZMEMCTL_HISTOGRAM_H
#define ZMEMCTL_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>
#include "table.h"

/**
 * struct histogram - calls by their nanoseconds
 * @nr: buckets; 0 for a cache that takes no samples
 * @from: the least of a bucket
 * @below: more than its most; UNKNOWN: it has none
 * @calls: in it
 */
struct histogram {
	size_t nr;
	uint64_t from[64];
	uint64_t below[64];
	uint64_t calls[64];
};

void histogram_of(struct histogram *h, const struct table *t);
void histogram_read(struct histogram *h, const char *cache);
void histogram_subtract(struct histogram *h, const struct histogram *before);
void histogram_add(struct histogram *h, const struct histogram *more);
uint64_t histogram_calls(const struct histogram *h);
uint64_t histogram_most(const struct histogram *h);
size_t histogram_first(const struct histogram *h);	/* bucket with calls */
size_t histogram_end(const struct histogram *h);	/* behind the last one */
/*
 * Nanoseconds that @per_mille of the calls stay below, or UNKNOWN if there are
 * not calls enough that one is beyond.
 */
uint64_t histogram_below(const struct histogram *h, unsigned int per_mille);

#endif /* ZMEMCTL_HISTOGRAM_H */
