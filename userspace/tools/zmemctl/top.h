/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What top shows, a view each. */
#ifndef ZMEMCTL_TOP_H
#define ZMEMCTL_TOP_H

#include "fields.h"
#include "source.h"
#include "table.h"

/* A CPU's or a node's part, summed over caches. */
struct part {
	uint64_t value[10];
};

struct parts {
	struct part *part;
	size_t nr;
	size_t room;
	uint64_t when;
};

/**
 * struct part_view - a view by CPU or by node
 * @view: debugfs's table
 * @key: its column that names the CPU or node
 * @column: that are summed
 * @head: of the first column
 */
struct part_view {
	const char *key;
	const char *head;
	struct {
		const char *view;
		const char *column;
		const char *head;
		bool rate;
	} columns[10];
};

extern const struct part_view view_cpus, view_nodes;

void parts_read(struct parts *p, const struct part_view *v, const struct caches *c,
		const char *only);
size_t part_columns(const struct part_view *v);
/*
 * As a table, by number where @by is 0; else by the view's @by'th column,
 * counted from 1, the most first.
 */
void parts_table(struct table *t, const struct part_view *v, const struct parts *now,
		 const struct parts *before, size_t by, bool reverse);

#endif /* ZMEMCTL_TOP_H */
