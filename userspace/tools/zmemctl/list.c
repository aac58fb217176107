// SPDX-License-Identifier: GPL-2.0 OR MIT
/* zmemctl list: a line for each cache. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "fields.h"
#include "json.h"
#include "list.h"
#include "source.h"
#include "units.h"
#include "zmemctl.h"

void columns_choose(struct columns *c, const char *list)
{
	char *copy, *rest, *name;

	copy = strdup(list ? list :
		"name,object_size,mode,objects,cached,slabs,bytes_held,external,allocs,hit_rate,exchanges,contended,remote_frees,failures");
	if (!copy)
		die("out of memory");
	c->nr = 0;
	for (name = strtok_r(copy, ",", &rest); name;
	     name = strtok_r(NULL, ",", &rest)) {
		if (c->nr == ARRAY_LEN(c->field))
			fail(EXIT_USAGE, "too many columns");
		c->field[c->nr++] = field_need(name);
	}
	if (!c->nr)
		fail(EXIT_USAGE, "no columns");
	free(copy);
}

void columns_head(const struct columns *c, struct table *t)
{
	size_t n;

	table_init(t, c->nr);
	for (n = 0; n < c->nr; n++)
		table_add(t, "%s", c->field[n]->head);
}

void columns_row(const struct columns *c, struct table *t,
		 const struct zmem_ioc_snapshot *s, bool exact)
{
	char buf[UNIT_TEXT];
	size_t n;

	for (n = 0; n < c->nr; n++)
		table_add(t, "%s", field_text(buf, c->field[n], s, exact));
}

static void print_json(const struct caches *c, size_t nr)
{
	size_t n;

	json_open(NULL, '{');
	json_number("version", 1);
	json_open("caches", '[');
	for (n = 0; n < nr; n++)
		fields_json(NULL, &c->snap[n]);
	json_close(']');
	json_close('}');
	json_end();
}

static void print_table(const struct caches *c, size_t nr,
			const struct columns *columns, bool exact)
{
	struct table t;
	size_t n;

	columns_head(columns, &t);
	for (n = 0; n < nr; n++)
		columns_row(columns, &t, &c->snap[n], exact);
	table_print(&t, stdout, 0, 0, common.colour);
	table_free(&t);
}

struct list_options {
	const struct field *by;
	const char *columns;
	uint64_t lines;
	bool reverse;
	bool exact;
};

static void parse(struct list_options *o, int argc, char **argv)
{
	static const struct option names[] = {
		{ "sort", required_argument, NULL, 's' },
		{ "reverse", no_argument, NULL, 'r' },
		{ "columns", required_argument, NULL, 'c' },
		{ "lines", required_argument, NULL, 'n' },
		{ "bytes", no_argument, NULL, 'b' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "s:rc:n:b", names, NULL)) != -1) {
		if (c == 's')
			o->by = field_need(optarg);
		else if (c == 'r')
			o->reverse = true;
		else if (c == 'c')
			o->columns = optarg;
		else if (c == 'b')
			o->exact = true;
		else if (c != 'n' || !parse_number(optarg, &o->lines))
			usage("list");
	}
	if (optind != argc)
		usage("list");
}

int cmd_list(int argc, char **argv)
{
	struct list_options o = { .by = field_find("bytes_held") };
	struct columns columns;
	struct caches c = { 0 };
	size_t nr;

	parse(&o, argc, argv);
	columns_choose(&columns, o.columns);
	caches_read(&c);
	fields_sort(c.snap, c.nr, o.by, o.reverse);
	nr = o.lines && o.lines < c.nr ? o.lines : c.nr;
	if (common.json)
		print_json(&c, nr);
	else
		print_table(&c, nr, &columns, o.exact);
	free(c.snap);
	return EXIT_OK;
}
