// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Looks at an allocation stream: is it good, what is in it, all of it. */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../zmem/core/stream.h"
#include "tool.h"

const char *tool_name = "zmem-stream";

typedef unsigned long long ull;

static void usage(void)
{
	fputs("usage: zmem-stream check|summary|caches|dump FILE\n", stderr);
	exit(2);
}

static void check(const char *path, struct zmem_stream *s,
		  struct zmem_stream_totals *t)
{
	struct zmem_stream_fault fault = { 0 };
	struct zmem_stream_object *objects;
	size_t length;
	void *bytes = read_stream(path, &length);
	int error;

	memset(t, 0, sizeof(*t));
	error = zmem_stream_open(s, bytes, length, &fault);
	if (error)
		die("%s: at byte %llu: %s", path, (ull)fault.where,
		    fault.message);
	objects = xalloc(s->nr_objects * sizeof(*objects));
	error = zmem_stream_walk(s, s->nr_events, objects, t, &fault);
	if (error)
		die("%s: at event %llu: %s", path, (ull)fault.where,
		    fault.message);
	free(objects);
}

static void summary(const struct zmem_stream *s,
		    const struct zmem_stream_totals *t)
{
	const struct zmem_stream_header *h = s->header;

	printf("kernel            %s\n", h->release);
	printf("CPUs, nodes       %u, %u\n", s->nr_cpus, s->nr_nodes);
	printf("duration          %.3f s\n", le64toh(h->duration_ns) / 1e9);
	printf("events            %llu: %llu allocations, %llu frees, %llu of them in bulk\n",
	       (ull)s->nr_events, (ull)t->allocs, (ull)t->frees, (ull)t->bulk);
	printf("caches            %u\n", s->nr_caches);
	printf("calls seen        %llu: %llu frees of older objects dropped, %llu unmatched; %llu forced ends, %llu bulk calls missed\n",
	       (ull)le64toh(h->seen), (ull)le64toh(h->dropped),
	       (ull)le64toh(h->unmatched), (ull)le64toh(h->forced),
	       (ull)le64toh(h->lost));
	printf("peak              after event %llu: %llu objects, %llu bytes requested, %llu allocated\n",
	       (ull)t->peak, (ull)t->peak_live, (ull)t->peak_requested,
	       (ull)t->peak_allocated);
	printf("at the end        %llu objects, %llu bytes requested, %llu allocated\n",
	       (ull)t->live, (ull)t->requested, (ull)t->allocated);
}

struct line {
	ull allocs, frees, live, peak;
};

static void caches(const struct zmem_stream *s)
{
	struct line *line = xalloc(s->nr_caches * sizeof(*line)), *l;
	const struct zmem_stream_cache *c;
	ull i;

	for (i = 0; i < s->nr_events; i++) {
		l = &line[le16toh(s->events[i].cache)];
		if (s->events[i].kind & ZMEM_STREAM_FREE) {
			l->frees++;
			l->live--;
			continue;
		}
		l->allocs++;
		if (++l->live > l->peak)
			l->peak = l->live;
	}
	printf("# %-28s %8s %8s %6s %9s %9s %9s %9s  %s\n", "name", "req",
	       "alloc", "align", "allocs", "frees", "peak", "end", "site");
	for (i = 0; i < s->nr_caches; i++) {
		c = &s->caches[i];
		l = &line[i];
		printf("%-30s %8u %8u %6u %9llu %9llu %9llu %9llu  %s\n",
		       c->name, le32toh(c->bytes_req), le32toh(c->bytes_alloc),
		       le32toh(c->align), l->allocs, l->frees, l->peak,
		       l->live, c->site);
	}
	free(line);
}

static void dump(const struct zmem_stream *s)
{
	const struct zmem_stream_event *e = s->events;
	ull i, time = 0;
	unsigned int node;

	puts("# time_ns cpu what object size node cache");
	for (i = 0; i < s->nr_events; i++, e++) {
		time += le32toh(e->delta_ns);
		node = e->kind >> ZMEM_STREAM_NODE_SHIFT;
		printf("%llu %u %s%s%s %u %u ", time, e->cpu,
		       e->kind & ZMEM_STREAM_FREE ? "free" : "alloc",
		       e->kind & ZMEM_STREAM_BULK ? "+bulk" : "",
		       e->kind & ZMEM_STREAM_FORCED ? "+forced" : "",
		       le32toh(e->object), le32toh(e->size));
		if (node == ZMEM_STREAM_NODE_ANY)
			printf("- %s\n", s->caches[le16toh(e->cache)].name);
		else
			printf("%u %s\n", node,
			       s->caches[le16toh(e->cache)].name);
	}
}

int main(int argc, char **argv)
{
	struct zmem_stream_totals totals;
	struct zmem_stream stream;

	if (argc != 3)
		usage();
	if (strcmp(argv[1], "check") && strcmp(argv[1], "summary") &&
	    strcmp(argv[1], "caches") && strcmp(argv[1], "dump"))
		usage();
	check(argv[2], &stream, &totals);
	if (!strcmp(argv[1], "summary"))
		summary(&stream, &totals);
	else if (!strcmp(argv[1], "caches"))
		caches(&stream);
	else if (!strcmp(argv[1], "dump"))
		dump(&stream);
	check_output();
	return 0;
}
