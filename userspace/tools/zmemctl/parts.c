// SPDX-License-Identifier: GPL-2.0 OR MIT
/* top's views by CPU and by node: debugfs's tables, summed over caches. */
#include <stdlib.h>
#include <string.h>
#include "top.h"
#include "units.h"
#include "zmemctl.h"

const struct part_view view_cpus = {
	.key = "cpu",
	.head = "CPU",
	.columns = {
		{ "magazines", "hits", "HITS/s", true },
		{ "magazines", "misses", "MISSES/s", true },
		{ "magazines", "free_hits", "FHITS/s", true },
		{ "magazines", "free_misses", "FMISSES/s", true },
		{ "magazines", "remote_frees", "REMOTE/s", true },
		{ "magazines", "busy", "BUSY/s", true },
		{ "magazines", "failures", "FAILED", false },
		{ "magazines", "loaded", "LOADED", false },
	},
};

const struct part_view view_nodes = {
	.key = "node",
	.head = "NODE",
	.columns = {
		{ "slabs", "slabs", "SLABS", false },
		{ "slabs", "empty", "EMPTY", false },
		{ "slabs", "pages", "PAGES", false },
		{ "slabs", "in_use", "IN USE", false },
		{ "slabs", "trips", "TRIPS/s", true },
		{ "nodes", "full", "FULL", false },
		{ "nodes", "objects", "IN DEPOT", false },
		{ "nodes", "exchanges", "EXCHGS/s", true },
		{ "nodes", "locks", "LOCKS/s", true },
		{ "nodes", "contended", "CONTEND/s", true },
	},
};

size_t part_columns(const struct part_view *v)
{
	size_t n = 0;

	while (n < ARRAY_LEN(v->columns) && v->columns[n].view)
		n++;
	return n;
}

static struct part *part_of(struct parts *p, uint64_t number)
{
	while (p->nr <= number) {
		p->part = xgrow(p->part, p->nr, &p->room, sizeof(*p->part));
		p->part[p->nr++] = (struct part){ 0 };
	}
	return &p->part[number];
}

static void add_row(struct parts *p, const struct part_view *v, const struct table *t,
		    size_t row, const char *view)
{
	uint64_t number = table_value(t, row, v->key), value;
	size_t n;

	if (number > UINT16_MAX)
		return;
	for (n = 0; n < part_columns(v); n++) {
		if (strcmp(v->columns[n].view, view))
			continue;
		value = table_value(t, row, v->columns[n].column);
		if (value != UNKNOWN)
			part_of(p, number)->value[n] += value;
	}
}

static void add_view(struct parts *p, const struct part_view *v, const char *cache,
		     const char *view)
{
	struct table t;
	size_t row;

	view_read(&t, cache, view);
	for (row = 0; row < table_rows(&t); row++)
		add_row(p, v, &t, row, view);
	table_free(&t);
}

/* Columns of one of debugfs's tables stand together. */
static void add_cache(struct parts *p, const struct part_view *v, const char *cache)
{
	const char *last = "";
	size_t n;

	for (n = 0; n < part_columns(v); n++) {
		if (!strcmp(v->columns[n].view, last))
			continue;
		last = v->columns[n].view;
		add_view(p, v, cache, last);
	}
}

void parts_read(struct parts *p, const struct part_view *v, const struct caches *c,
		const char *only)
{
	size_t n;

	p->nr = 0;
	for (n = 0; n < c->nr; n++)
		if (!only || !strcmp(only, c->snap[n].name))
			add_cache(p, v, c->snap[n].name);
	p->when = now_ns();
}

static uint64_t shown(const struct part_view *v, const struct parts *now,
		      const struct parts *before, size_t part, size_t n)
{
	uint64_t value = now->part[part].value[n], old;

	if (!v->columns[n].rate)
		return value;
	if (part >= before->nr || now->when <= before->when)
		return UNKNOWN;
	old = before->part[part].value[n];
	return value < old ? 0 : (double)(value - old) * NSEC / (now->when - before->when);
}

/* A line of the table: the value that it is sorted by, UNKNOWN being less than 0. */
struct line {
	uint64_t key;
	size_t part;
};

static int compare_lines(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? 1 : -1;
	return (x->part > y->part) - (x->part < y->part);
}

static void add_line(struct table *t, const struct part_view *v, const struct parts *now,
		     const struct parts *before, size_t part)
{
	size_t n, columns = part_columns(v);
	char text[UNIT_TEXT];

	table_add(t, "%zu", part);
	for (n = 0; n < columns; n++)
		table_add(t, "%s", text_count(text, shown(v, now, before, part, n)));
}

void parts_table(struct table *t, const struct part_view *v, const struct parts *now,
		 const struct parts *before, size_t by, bool reverse)
{
	struct line *lines = xalloc(now->nr * sizeof(*lines));
	size_t n, columns = part_columns(v);

	table_init(t, columns + 1);
	table_add(t, "%s", v->head);
	for (n = 0; n < columns; n++)
		table_add(t, "%s", v->columns[n].head);
	for (n = 0; n < now->nr; n++) {
		lines[n].part = n;
		lines[n].key = by ? shown(v, now, before, n, by - 1) + 1 : 0;
	}
	qsort(lines, now->nr, sizeof(*lines), compare_lines);
	for (n = 0; n < now->nr; n++)
		add_line(t, v, now, before, lines[reverse ? now->nr - 1 - n : n].part);
	free(lines);
}
