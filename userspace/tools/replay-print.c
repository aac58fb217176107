// SPDX-License-Identifier: GPL-2.0 OR MIT
/* A replay's figures, for people and for programs. */
#include <endian.h>
#include <string.h>
#include "replay.h"

typedef unsigned long long ull;

double rate(__u64 part, __u64 whole)
{
	if (part == UNKNOWN || whole == UNKNOWN || !whole)
		return -1;
	return 100.0 * part / whole;
}

static double lost(__u64 part, __u64 whole)
{
	double kept = rate(part, whole);

	return kept < 0 ? kept : 100 - kept;
}

/* Nanoseconds a call, net of what the walk itself takes. */
double call_ns(const struct report *r, __u64 ns, __u64 null_ns)
{
	return ((double)ns - null_ns) / r->stream->nr_events;
}

static void count(__u64 value)
{
	if (value == UNKNOWN)
		printf(" %14s", "-");
	else
		printf(" %14llu", (ull)value);
}

static void row(const char *name, __u64 zmem, __u64 kmem)
{
	printf("%-34s", name);
	count(zmem);
	count(kmem);
	putchar('\n');
}

static void real(double value, const char *unit)
{
	if (value < 0 && *unit == '%')
		printf(" %14s", "-");
	else
		printf(" %*.*f%s", 14 - (int)strlen(unit), 2, value, unit);
}

static void real_row(const char *name, double zmem, double kmem,
		     const char *unit)
{
	printf("%-34s", name);
	real(zmem, unit);
	real(kmem, unit);
	putchar('\n');
}

static void print_times(const struct report *r)
{
	const struct zmem_replay *z = &r->zmem.timed, *k = &r->kmem.timed;
	const struct zmem_replay *n = &r->null;

	printf("# time: %u passes on one CPU, sizes through zmem_alloc() and kmalloc(); the walk alone takes %.2f ns an event\n",
	       z->repeats, (double)n->min_ns / r->stream->nr_events);
	real_row("ns a call net of null, minimum",
		 call_ns(r, z->min_ns, n->min_ns),
		 call_ns(r, k->min_ns, n->min_ns), "");
	real_row("ns a call net of null, median",
		 call_ns(r, z->median_ns, n->median_ns),
		 call_ns(r, k->median_ns, n->median_ns), "");
}

static void print_stop(const struct stop *zs, const struct stop *ks)
{
	const struct zmem_replay *z = &zs->replay, *k = &ks->replay;

	row("  objects live", z->live, k->live);
	row("  bytes requested", z->requested, k->requested);
	row("  bytes allocated", z->allocated, k->allocated);
	row("  bytes held", z->held, k->held);
	real_row("  internal fragmentation",
		 lost(z->requested, z->allocated),
		 lost(k->requested, k->allocated), "%");
	real_row("  external fragmentation",
		 lost(z->allocated, z->held), lost(k->allocated, k->held), "%");
}

static void print_account(const struct report *r)
{
	const struct zmem_replay *z = &r->zmem.end.replay;
	const struct zmem_replay *k = &r->kmem.end.replay;

	printf("# accounts: each event on its own CPU (%u), every size in a cache of the replay's own\n",
	       z->cpus);
	row("operations", z->allocs + z->frees, k->allocs + k->frees);
	row("failed allocations", z->failures, k->failures);
	real_row("hit rate", rate(z->hits, z->allocs),
		 rate(k->hits, k->allocs), "%");
	row("depot exchanges", z->exchanges, k->exchanges);
	row("depot contentions", z->contended, k->contended);
	row("remote frees", z->remote_frees, k->remote_frees);
	real_row("reuse", lost(z->fresh, z->allocs), lost(k->fresh, k->allocs),
		 "%");
	printf("at the peak, after event %llu\n", (ull)r->totals->peak);
	print_stop(&r->zmem.peak, &r->kmem.peak);
	puts("at the end");
	print_stop(&r->zmem.end, &r->kmem.end);
}

void print_report(const struct report *r)
{
	printf("# %s: %llu events of %s\n%-34s %14s %14s\n", r->path,
	       (ull)r->stream->nr_events, r->stream->header->release, "",
	       r->zmem.name, r->kmem.name);
	if (r->timed)
		print_times(r);
	if (r->accounted)
		print_account(r);
}

static void cell(int width, __u64 value)
{
	if (value == UNKNOWN)
		printf(" %*s", width, "-");
	else
		printf(" %*llu", width, (ull)value);
}

/* Where the bytes are: a line for each cache. */
void print_caches(const struct side *side, const struct stop *stop,
		  const char *when)
{
	const struct zmem_replay_cache *c = stop->cache;
	unsigned int i;

	printf("# %s: caches %s\n# %-29s %6s %6s %8s %8s %10s %10s %6s %7s %6s %8s %7s\n",
	       side->name, when, "name", "object", "size", "allocs", "live",
	       "allocated", "held", "slabs", "cached", "mags", "hits", "fresh");
	for (i = 0; i < stop->replay.nr_caches; i++, c++) {
		printf("%-31s", c->name);
		cell(6, c->object_size);
		cell(6, c->size);
		cell(8, c->allocs);
		cell(8, c->live);
		cell(10, c->allocated);
		cell(10, c->held);
		cell(6, c->slabs);
		cell(7, c->cached);
		cell(6, c->magazines);
		cell(8, c->hits);
		cell(7, c->fresh);
		putchar('\n');
	}
}

static void json_number(FILE *f, const char *name, __u64 value)
{
	if (value == UNKNOWN)
		fprintf(f, ",\"%s\":null", name);
	else
		fprintf(f, ",\"%s\":%llu", name, (ull)value);
}

static void json_stop(FILE *f, const char *name, const struct stop *s)
{
	fprintf(f, ",\"%s\":{\"live\":%llu", name, (ull)s->replay.live);
	json_number(f, "requested", s->replay.requested);
	json_number(f, "allocated", s->replay.allocated);
	json_number(f, "held", s->replay.held);
	fputc('}', f);
}

static void json_side(FILE *f, const struct report *r, const struct side *s)
{
	const struct zmem_replay *e = &s->end.replay;

	fprintf(f, ",\n\"%s\":{\"name\":\"%s\"", s->name, s->name);
	if (r->timed)
		fprintf(f, ",\"ns_per_call\":{\"min\":%.3f,\"median\":%.3f}",
			call_ns(r, s->timed.min_ns, r->null.min_ns),
			call_ns(r, s->timed.median_ns, r->null.median_ns));
	if (r->accounted) {
		json_number(f, "allocs", e->allocs);
		json_number(f, "frees", e->frees);
		json_number(f, "failures", e->failures);
		json_number(f, "hits", e->hits);
		json_number(f, "fresh", e->fresh);
		json_number(f, "exchanges", e->exchanges);
		json_number(f, "contended", e->contended);
		json_number(f, "remote_frees", e->remote_frees);
		json_stop(f, "peak", &s->peak);
		json_stop(f, "end", &s->end);
	}
	fputc('}', f);
}

void print_json(FILE *f, const struct report *r)
{
	const struct zmem_stream_header *h = r->stream->header;

	fprintf(f, "{\"kernel\":\"");
	for (const char *p = h->release; *p; p++)
		fputc(*p == '"' || *p == '\\' ? '_' : *p, f);
	fprintf(f, "\",\"events\":%llu,\"duration_ns\":%llu,\"peak_event\":%llu",
		(ull)r->stream->nr_events, (ull)le64toh(h->duration_ns),
		(ull)r->totals->peak);
	json_side(f, r, &r->zmem);
	json_side(f, r, &r->kmem);
	fputs("}\n", f);
}
