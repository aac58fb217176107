// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Sampled latencies of a cache. */
#include <string.h>
#include "histogram.h"
#include "source.h"
#include "zmemctl.h"

void histogram_of(struct histogram *h, const struct table *t)
{
	size_t row;

	memset(h, 0, sizeof(*h));
	for (row = 0; row < table_rows(t) && row < ARRAY_LEN(h->from); row++) {
		h->from[row] = table_value(t, row, "from_ns");
		h->below[row] = table_value(t, row, "below_ns");
		h->calls[row] = table_value(t, row, "calls");
		if (h->calls[row] == UNKNOWN)
			return;
		h->nr = row + 1;
	}
}

void histogram_read(struct histogram *h, const char *cache)
{
	struct table t;

	view_read(&t, cache, "histogram");
	histogram_of(h, &t);
	table_free(&t);
}

void histogram_subtract(struct histogram *h, const struct histogram *before)
{
	size_t n;

	for (n = 0; n < h->nr && n < before->nr; n++)
		h->calls[n] -= before->calls[n];
}

void histogram_add(struct histogram *h, const struct histogram *more)
{
	size_t n;

	if (!h->nr)
		*h = *more;
	else
		for (n = 0; n < h->nr && n < more->nr; n++)
			h->calls[n] += more->calls[n];
}

uint64_t histogram_calls(const struct histogram *h)
{
	uint64_t calls = 0;
	size_t n;

	for (n = 0; n < h->nr; n++)
		calls += h->calls[n];
	return calls;
}

uint64_t histogram_most(const struct histogram *h)
{
	uint64_t most = 0;
	size_t n;

	for (n = 0; n < h->nr; n++)
		most = h->calls[n] > most ? h->calls[n] : most;
	return most;
}

size_t histogram_first(const struct histogram *h)
{
	size_t n = 0;

	while (n < h->nr && !h->calls[n])
		n++;
	return n;
}

size_t histogram_end(const struct histogram *h)
{
	size_t n = h->nr;

	while (n && !h->calls[n - 1])
		n--;
	return n;
}

uint64_t histogram_below(const struct histogram *h, unsigned int per_mille)
{
	uint64_t calls = histogram_calls(h), seen = 0, rank;
	size_t n;

	if (!calls || calls * (1000 - per_mille) < 1000)
		return UNKNOWN;
	rank = (calls * per_mille + 999) / 1000;
	for (n = 0; n < h->nr; n++) {
		seen += h->calls[n];
		if (seen >= rank)
			return h->below[n];
	}
	return UNKNOWN;
}
