// SPDX-License-Identifier: GPL-2.0 OR MIT
/* zmemctl stat: all about one cache. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "fields.h"
#include "histogram.h"
#include "json.h"
#include "source.h"
#include "units.h"
#include "zmemctl.h"

static const struct {
	const char *title;
	const char *fields[20];
} sections[] = {
	{ "geometry", { "object_size", "size", "align", "order",
			"objects_per_slab", "flags" } },
	{ "settings", { "mode", "magazine_max", "depot_max_kib",
			"tune_interval_ms", "debug_flags" } },
	{ "calls", { "allocs", "frees", "hit_rate", "reuse", "hits", "misses",
		     "free_hits", "free_misses", "failures", "remote_frees",
		     "busy", "errors" } },
	{ "depots and slabs", { "magazine_size", "magazines", "exchanges",
				"depot_locks", "contended", "slab_trips",
				"slabs", "slabs_empty" } },
	{ "memory", { "objects", "cached", "bytes_requested", "bytes_allocated",
		      "bytes_held", "internal", "external" } },
	{ "tuner", { "tuner_runs", "tuner_grown", "tuner_shrunk",
		     "tuner_trimmed" } },
	{ "latency", { "latency_samples", "latency_mean_ns", "latency_p99_ns",
		       "latency_detour_ns" } },
};

static const char *const views[] = { "magazines", "nodes", "slabs" };

static void title(const char *text)
{
	printf("\n%s%s%s\n", common.colour ? "\033[1m" : "", text,
	       common.colour ? "\033[0m" : "");
}

static void print_fields(const struct zmem_ioc_snapshot *s, bool exact)
{
	char buf[UNIT_TEXT];
	const char *const *name;
	size_t n;

	printf("cache %s\n", s->name);
	for (n = 0; n < ARRAY_LEN(sections); n++) {
		title(sections[n].title);
		for (name = sections[n].fields; *name; name++)
			printf("  %-18s %12s\n", *name,
			       field_text(buf, field_find(*name), s, exact));
	}
}

/* Bars as long as their share of the longest; those without calls left out. */
static void print_histogram(const struct histogram *h)
{
	static const char bar[] = "########################################";
	char from[UNIT_TEXT], count[UNIT_TEXT];
	uint64_t most = histogram_most(h);
	size_t n;

	for (n = histogram_first(h); n < histogram_end(h); n++)
		printf("  %10s %10s %s%.*s%s\n", text_ns(from, h->from[n]),
		       text_exact(count, h->calls[n]),
		       common.colour ? "\033[32m" : "",
		       (int)((h->calls[n] * (sizeof(bar) - 1) + most - 1) / most),
		       bar, common.colour ? "\033[0m" : "");
}

static void print_views(const char *name)
{
	struct histogram h;
	struct table t;
	size_t n;

	histogram_read(&h, name);
	print_histogram(&h);
	for (n = 0; n < ARRAY_LEN(views); n++) {
		view_read(&t, name, views[n]);
		title(views[n]);
		if (t.columns)
			table_print(&t, stdout, 0, 0, false);
		table_free(&t);
	}
}

static void print_json(const struct zmem_ioc_snapshot *s)
{
	struct table t;
	size_t n;

	json_open(NULL, '{');
	json_number("version", 1);
	fields_json("stats", s);
	for (n = 0; n < ARRAY_LEN(views); n++) {
		view_read(&t, s->name, views[n]);
		table_json(views[n], &t);
		table_free(&t);
	}
	view_read(&t, s->name, "histogram");
	table_json("histogram", &t);
	table_free(&t);
	json_close('}');
	json_end();
}

int cmd_stat(int argc, char **argv)
{
	struct zmem_ioc_snapshot s;
	bool exact = false;
	int c;

	while ((c = getopt(argc, argv, "b")) != -1) {
		if (c != 'b')
			usage("stat");
		exact = true;
	}
	if (optind != argc - 1)
		usage("stat");
	snapshot_by_name(argv[optind], &s);
	if (common.json) {
		print_json(&s);
		return EXIT_OK;
	}
	print_fields(&s, exact);
	print_views(s.name);
	return EXIT_OK;
}
