/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Tables for people, and the tables that debugfs shows. */
#ifndef ZMEMCTL_TABLE_H
#define ZMEMCTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct table - rows of cells, the first of which is the head
 * @columns: in a row
 * @cell: row by row; each is the table's own
 * @nr: of them
 * @room: for them
 */
struct table {
	size_t columns;
	char **cell;
	size_t nr;
	size_t room;
};

void table_init(struct table *t, size_t columns);
void table_add(struct table *t, const char *format, ...)
	__attribute__((__format__(__printf__, 2, 3)));
/*
 * The first column is left, the others are right; no line is wider than
 * @width, unless that is 0, and rows stop at @rows, unless that is 0.  The
 * head is in bold with @colour.
 */
void table_print(const struct table *t, FILE *f, size_t width, size_t rows,
		 bool colour);
void table_free(struct table *t);
size_t table_rows(const struct table *t);	/* without the head */
const char *table_at(const struct table *t, size_t row, size_t column);

/*
 * Reads one of debugfs's tables: two lines of "#", then rows.  Returns NULL,
 * or what is wrong with it.
 */
const char *table_parse(struct table *t, const char *text, const char *name,
			int version);
/* A value by the name of its column; UNKNOWN if it is "-" or not there. */
uint64_t table_value(const struct table *t, size_t row, const char *column);
uint64_t table_sum(const struct table *t, const char *column);
/* As a JSON list of objects. */
void table_json(const char *key, const struct table *t);

#endif /* ZMEMCTL_TABLE_H */
