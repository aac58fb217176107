// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Tables for people, and the tables that debugfs shows. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "json.h"
#include "table.h"
#include "units.h"
#include "zmemctl.h"

void table_init(struct table *t, size_t columns)
{
	memset(t, 0, sizeof(*t));
	t->columns = columns;
}

static void add_cell(struct table *t, char *text)
{
	t->cell = xgrow(t->cell, t->nr, &t->room, sizeof(*t->cell));
	t->cell[t->nr++] = text;
}

void table_add(struct table *t, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		die("out of memory");
	va_end(args);
	add_cell(t, text);
}

void table_free(struct table *t)
{
	while (t->nr)
		free(t->cell[--t->nr]);
	free(t->cell);
	memset(t, 0, sizeof(*t));
}

size_t table_rows(const struct table *t)
{
	return t->columns && t->nr ? t->nr / t->columns - 1 : 0;
}

const char *table_at(const struct table *t, size_t row, size_t column)
{
	return t->cell[(row + 1) * t->columns + column];
}

static size_t column_width(const struct table *t, size_t column)
{
	size_t n, width = 0, length;

	for (n = column; n < t->nr; n += t->columns) {
		length = strlen(t->cell[n]);
		width = length > width ? length : width;
	}
	return width;
}

static void print_row(FILE *f, char *const *cell, const size_t *widths,
		      size_t columns, size_t width)
{
	char line[1024];
	size_t n, used;

	used = snprintf(line, sizeof(line), "%-*s", (int)widths[0], cell[0]);
	for (n = 1; n < columns && used < sizeof(line); n++)
		used += snprintf(line + used, sizeof(line) - used, "  %*s",
				 (int)widths[n], cell[n]);
	if (width && width < sizeof(line))
		line[width] = '\0';
	fputs(line, f);
}

void table_print(const struct table *t, FILE *f, size_t width, size_t rows,
		 bool colour)
{
	size_t *widths = xalloc(t->columns * sizeof(*widths));
	size_t n, last = table_rows(t);

	for (n = 0; n < t->columns; n++)
		widths[n] = column_width(t, n);
	if (rows && rows < last)
		last = rows;
	for (n = 0; n <= last; n++) {
		if (!n && colour)
			fputs("\033[1m", f);
		print_row(f, t->cell + n * t->columns, widths, t->columns, width);
		fputs(!n && colour ? "\033[0m\n" : "\n", f);
	}
	free(widths);
}

/* ---- debugfs's tables ---- */

/* The words of a line become cells; how many there were. */
static size_t add_words(struct table *t, const char *line, const char *end)
{
	size_t words = 0, length;

	for (;;) {
		line += strspn(line, " \t");
		if (line >= end || *line == '\n')
			return words;
		length = strcspn(line, " \t\n");
		add_cell(t, strndup(line, length));
		line += length;
		words++;
	}
}

static bool right_head(const char *text, const char *name, int version)
{
	char head[80];

	snprintf(head, sizeof(head), "# zmem %s, version %d\n", name, version);
	return !strncmp(text, head, strlen(head));
}

static const char *parse_rows(struct table *t, const char *text)
{
	const char *end;

	for (; *text; text = end + 1) {
		end = strchr(text, '\n');
		if (!end)
			return "it ends in the middle of a line";
		if (add_words(t, text, end) != t->columns)
			return "a line has other columns than its head";
	}
	return NULL;
}

const char *table_parse(struct table *t, const char *text, const char *name,
			int version)
{
	const char *end;

	table_init(t, 0);
	if (!right_head(text, name, version))
		return "not that table, or of another version";
	text = strchr(text, '\n') + 1;
	end = strchr(text, '\n');
	if (*text != '#' || !end)
		return "it has no names of columns";
	t->columns = add_words(t, text + 1, end);
	if (!t->columns)
		return "it has no names of columns";
	return parse_rows(t, end + 1);
}

uint64_t table_value(const struct table *t, size_t row, const char *column)
{
	uint64_t value;
	size_t n;

	for (n = 0; n < t->columns; n++)
		if (!strcmp(t->cell[n], column))
			return parse_number(table_at(t, row, n), &value) ?
			       value : UNKNOWN;
	return UNKNOWN;
}

uint64_t table_sum(const struct table *t, const char *column)
{
	uint64_t value, sum = 0;
	size_t row;

	for (row = 0; row < table_rows(t); row++) {
		value = table_value(t, row, column);
		if (value != UNKNOWN)
			sum += value;
	}
	return sum;
}

void table_json(const char *key, const struct table *t)
{
	size_t row, n;

	json_open(key, '[');
	for (row = 0; row < table_rows(t); row++) {
		json_open(NULL, '{');
		for (n = 0; n < t->columns; n++)
			json_number(t->cell[n], table_value(t, row, t->cell[n]));
		json_close('}');
	}
	json_close(']');
}
