// SPDX-License-Identifier: GPL-2.0 OR MIT
/* zmemctl traces, validate: what debug caches know. */
#include <errno.h>
#include <string.h>
#include "json.h"
#include "source.h"
#include "units.h"
#include "zmemctl.h"

static void add_number(struct table *t, const struct table *from, size_t row, const char *column,
		       char *(*text)(char *buf, uint64_t value))
{
	char buf[UNIT_TEXT];

	table_add(t, "%s", text(buf, table_value(from, row, column)));
}

static char *text_ms(char *buf, uint64_t ms)
{
	return text_ns(buf, ms == UNKNOWN ? UNKNOWN : ms * 1000000);
}

/* The last two columns are text: the site, and its callers. */
static void print_traces(const struct table *traces)
{
	static const char *const heads[] = {
		"OBJECTS", "BYTES", "NEWEST", "OLDEST", "SITE", "CALLERS",
	};
	size_t row, n;
	struct table t;

	table_init(&t, ARRAY_LEN(heads));
	for (n = 0; n < ARRAY_LEN(heads); n++)
		table_add(&t, "%s", heads[n]);
	for (row = 0; row < table_rows(traces); row++) {
		add_number(&t, traces, row, "objects", text_exact);
		add_number(&t, traces, row, "bytes", text_bytes);
		add_number(&t, traces, row, "newest_ms", text_ms);
		add_number(&t, traces, row, "oldest_ms", text_ms);
		table_add(&t, "%s", table_at(traces, row, 4));
		table_add(&t, "%s", table_at(traces, row, 5));
	}
	table_print(&t, stdout, 0, 0, common.colour);
	table_free(&t);
}

static bool knows_traces(const struct table *t)
{
	return table_rows(t) != 1 || strcmp(table_at(t, 0, 4), "-") ||
	       strcmp(table_at(t, 0, 0), "-");
}

int cmd_traces(int argc, char **argv)
{
	struct zmem_ioc_snapshot s;
	struct table t;

	if (argc != 2)
		usage("traces");
	snapshot_by_name(argv[1], &s);
	view_read(&t, s.name, "traces");
	if (!t.columns)
		fail(EXIT_ERROR, "%s: there are no traces of it", s.name);
	if (!knows_traces(&t))
		fail(EXIT_USAGE, "%s: only a debug cache knows who allocated", s.name);
	if (common.json) {
		json_open(NULL, '{');
		json_number("version", 1);
		json_string("name", s.name);
		table_json("traces", &t);
		json_close('}');
		json_end();
	} else {
		print_traces(&t);
	}
	table_free(&t);
	return EXIT_OK;
}

int cmd_validate(int argc, char **argv)
{
	const char *name = argc == 2 ? argv[1] : NULL;
	struct zmem_ioc_snapshot s;
	int error;

	if (argc > 2)
		usage("validate");
	if (name)
		snapshot_by_name(name, &s);
	error = control(name, "validate");
	if (error && error != EUCLEAN)
		fail(EXIT_ERROR, "validate: %s", strerror(error));
	if (common.json) {
		json_open(NULL, '{');
		json_string("cache", name ? name : "all");
		json_string("valid", error ? "no" : "yes");
		json_close('}');
		json_end();
	}
	if (error)
		fail(EXIT_FOUND, "%s: not as it should be: the log says what", name ? name : "a cache");
	return EXIT_OK;
}
