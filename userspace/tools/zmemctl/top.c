// SPDX-License-Identifier: GPL-2.0 OR MIT
/* zmemctl top: caches, CPUs or nodes, live. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "json.h"
#include "screen.h"
#include "top.h"
#include "units.h"
#include "zmemctl.h"

enum view { VIEW_CACHES, VIEW_CPUS, VIEW_NODES };

static const char *const view_names[] = { "caches", "cpus", "nodes" };

/**
 * struct top - what is shown
 * @view: which
 * @by: what caches are sorted by
 * @by_rate: by allocations a second instead
 * @by_part: the column that CPUs or nodes are sorted by, from 1; 0: by number
 * @reverse: the other way round
 * @help: the keys instead
 * @only: one cache, or NULL
 * @interval: ns between two looks
 * @count: looks; 0: until it is ended
 * @now: caches
 * @before: at the last look
 * @parts: of the view by CPU or node
 * @parts_before: at the last look; empty after a change of the view
 */
struct top {
	enum view view;
	const struct field *by;
	bool by_rate;
	size_t by_part;
	bool reverse;
	bool help;
	const char *only;
	uint64_t interval;
	uint64_t count;
	struct caches now, before;
	struct parts parts, parts_before;
};

/* Keys that sort, and what they sort by. */
static const struct {
	char key;
	const char *field;
} sort_keys[] = {
	{ 'N', "name" }, { 'o', "objects" }, { 'b', "bytes_held" },
	{ 'A', "allocs" }, { 'h', "hit_rate" }, { 'm', "misses" },
	{ 'e', "exchanges" }, { 'C', "contended" }, { 'R', "remote_frees" },
	{ 'x', "external" }, { 'f', "failures" },
};

static const char help_text[] =
	"  t  caches     c  CPUs     n  nodes\n"
	"\n"
	"  sort caches by\n"
	"  a  allocations a second        A  allocations\n"
	"  b  bytes held                  o  live objects\n"
	"  h  hit rate                    m  misses\n"
	"  e  depot exchanges             C  contention\n"
	"  R  remote frees                x  external fragmentation\n"
	"  f  failures                    N  name\n"
	"\n"
	"  sort CPUs or nodes by\n"
	"  >  the next column             <  the one before\n"
	"\n"
	"  r  the other way round\n"
	"\n"
	"  + -  look less, more often     space  look now\n"
	"  ?  these keys                  q  end\n";

static uint64_t rate(uint64_t now, uint64_t before, const struct top *top)
{
	uint64_t ns = top->now.when - top->before.when;

	if (!top->before.nr || !ns)
		return UNKNOWN;
	return now < before ? 0 : (double)(now - before) * NSEC / ns;
}

static uint64_t alloc_rate(const struct top *top, const struct zmem_ioc_snapshot *s)
{
	const struct zmem_ioc_snapshot *old = caches_find(&top->before, s->name);

	return old ? rate(s->allocs, old->allocs, top) : UNKNOWN;
}

static uint64_t free_rate(const struct top *top, const struct zmem_ioc_snapshot *s)
{
	const struct zmem_ioc_snapshot *old = caches_find(&top->before, s->name);

	return old ? rate(s->frees, old->frees, top) : UNKNOWN;
}

static const struct top *sorted;

static int compare_rates(const void *a, const void *b)
{
	uint64_t x = alloc_rate(sorted, a) + 1, y = alloc_rate(sorted, b) + 1;
	int order = (x < y) - (x > y);

	return sorted->reverse ? -order : order;
}

static void sort(struct top *top)
{
	fields_sort(top->now.snap, top->now.nr, top->by, top->reverse);
	sorted = top;
	if (top->by_rate)
		qsort(top->now.snap, top->now.nr, sizeof(*top->now.snap), compare_rates);
}

static void caches_row(struct table *t, const struct top *top,
		       const struct zmem_ioc_snapshot *s)
{
	static const char *const names[] = {
		"object_size", "objects", "cached", "bytes_held", "external",
		"hit_rate", "exchanges", "contended", "remote_frees", "failures",
	};
	char text[UNIT_TEXT];
	size_t n;

	table_add(t, "%s", s->name);
	table_add(t, "%s", text_count(text, alloc_rate(top, s)));
	table_add(t, "%s", text_count(text, free_rate(top, s)));
	for (n = 0; n < ARRAY_LEN(names); n++)
		table_add(t, "%s", field_text(text, field_find(names[n]), s, false));
}

static void caches_table(struct table *t, struct top *top)
{
	static const char *const heads[] = {
		"NAME", "ALLOC/s", "FREE/s", "OBJSIZE", "OBJECTS", "CACHED", "HELD",
		"EXTFRAG", "HIT%", "EXCHGS", "CONTEND", "REMOTE", "FAILED",
	};
	size_t n;

	sort(top);
	table_init(t, ARRAY_LEN(heads));
	for (n = 0; n < ARRAY_LEN(heads); n++)
		table_add(t, "%s", heads[n]);
	for (n = 0; n < top->now.nr; n++)
		if (!top->only || !strcmp(top->only, top->now.snap[n].name))
			caches_row(t, top, &top->now.snap[n]);
}

static const struct part_view *part_view(const struct top *top)
{
	return top->view == VIEW_CPUS ? &view_cpus : &view_nodes;
}

static void build_table(struct table *t, struct top *top)
{
	if (top->view == VIEW_CACHES)
		caches_table(t, top);
	else
		parts_table(t, part_view(top), &top->parts, &top->parts_before,
			    top->by_part, top->reverse);
}

static const char *sorted_by(const struct top *top)
{
	if (top->view == VIEW_CACHES)
		return top->by_rate ? "allocs/s" : top->by->name;
	return top->by_part ? part_view(top)->columns[top->by_part - 1].column : "number";
}

static void head_lines(FILE *f, const struct top *top)
{
	uint64_t held = 0, objects = 0, allocs = 0, before = 0;
	char text[4][UNIT_TEXT];
	size_t n;

	for (n = 0; n < top->now.nr; n++) {
		held += top->now.snap[n].bytes_held;
		objects += top->now.snap[n].objects;
		allocs += top->now.snap[n].allocs;
	}
	for (n = 0; n < top->before.nr; n++)
		before += top->before.snap[n].allocs;
	fprintf(f, "zmem: %zu caches, %s held, %s objects, %s allocs/s, every %s\n",
		top->now.nr, text_bytes(text[0], held), text_count(text[1], objects),
		text_count(text[2], rate(allocs, before, top)),
		text_ns(text[3], top->interval));
	fprintf(f, "%s by %s%s%s%s; ? for keys\n\n", view_names[top->view], sorted_by(top),
		top->reverse ? ", reversed" : "", top->only ? ", of " : "",
		top->only ? top->only : "");
}

static void show(struct top *top, struct screen *screen)
{
	size_t size, rows = screen->height > 5 ? screen->height - 5 : 0;
	struct table t;
	char *frame;
	FILE *f = open_memstream(&frame, &size);

	if (!f)
		die("out of memory");
	head_lines(f, top);
	if (top->help) {
		fputs(help_text, f);
	} else {
		build_table(&t, top);
		table_print(&t, f, screen->width, rows, common.colour && screen->live);
		table_free(&t);
	}
	fclose(f);
	screen_show(screen, frame);
	free(frame);
}

static void show_json(struct top *top)
{
	size_t n;

	json_open(NULL, '{');
	json_number("version", 1);
	json_number("when_ns", top->now.when);
	json_open("caches", '[');
	sort(top);
	for (n = 0; n < top->now.nr; n++)
		if (!top->only || !strcmp(top->only, top->now.snap[n].name))
			fields_json(NULL, &top->now.snap[n]);
	json_close(']');
	json_close('}');
	json_end();
	check_output();
}

static void look(struct top *top)
{
	struct caches caches = top->before;
	struct parts parts = top->parts_before;

	top->before = top->now;
	top->now = caches;
	caches_read(&top->now);
	if (top->only && !caches_find(&top->now, top->only))
		fail(EXIT_NO_CACHE, "no cache is named '%s'", top->only);
	if (top->view == VIEW_CACHES)
		return;
	top->parts_before = top->parts;
	top->parts = parts;
	parts_read(&top->parts, part_view(top), &top->now, top->only);
}

static void set_view(struct top *top, enum view view)
{
	top->view = view;
	top->by_part = 0;
	top->help = false;
	top->parts.nr = 0;
	if (view != VIEW_CACHES)
		parts_read(&top->parts, part_view(top), &top->now, top->only);
	top->parts_before.nr = 0;
}

static void set_interval(struct top *top, uint64_t ns)
{
	if (ns >= NSEC / 10 && ns <= 3600 * NSEC)
		top->interval = ns;
}

/* One column on, or back; number comes before the first and behind the last. */
static void set_part_sort(struct top *top, char key)
{
	size_t all = part_columns(part_view(top)) + 1;

	if (key == '<' || key == '>')
		top->by_part = (top->by_part + (key == '>' ? 1 : all - 1)) % all;
}

static void set_sort(struct top *top, char key)
{
	size_t n;

	if (top->view != VIEW_CACHES) {
		set_part_sort(top, key);
		return;
	}
	if (key == 'a')
		top->by_rate = true;
	for (n = 0; n < ARRAY_LEN(sort_keys); n++)
		if (sort_keys[n].key == key) {
			top->by = field_find(sort_keys[n].field);
			top->by_rate = false;
		}
}

/* Whether to go on; what is seen changes at once. */
static bool press(struct top *top, int key)
{
	switch (key) {
	case -1:
	case 'q':
		return false;
	case 't':
		set_view(top, VIEW_CACHES);
		break;
	case 'c':
		set_view(top, VIEW_CPUS);
		break;
	case 'n':
		set_view(top, VIEW_NODES);
		break;
	case 'r':
		top->reverse = !top->reverse;
		break;
	case '?':
		top->help = !top->help;
		break;
	case '+':
		set_interval(top, top->interval * 2);
		break;
	case '-':
		set_interval(top, top->interval / 2);
		break;
	default:
		set_sort(top, key);
	}
	return true;
}

/* Shows what keys change until the next look is due, or asked for. */
static bool wait_keys(struct top *top, struct screen *screen)
{
	uint64_t until = now_ns() + top->interval, now;
	int key;

	while ((now = now_ns()) < until) {
		key = screen_key(screen, until - now);
		if (!press(top, key))
			return false;
		if (key == ' ')
			return true;
		if (key)
			show(top, screen);
	}
	return true;
}

static void parse_view(struct top *top, const char *name)
{
	size_t n;

	for (n = 0; n < ARRAY_LEN(view_names); n++)
		if (!strcmp(name, view_names[n])) {
			top->view = n;
			return;
		}
	usage("top");
}

/* Of the view that was asked for: a field of caches, or a column. */
static void parse_sort(struct top *top, const char *name)
{
	const struct part_view *v = part_view(top);
	size_t n;

	if (top->view == VIEW_CACHES) {
		top->by = field_need(name);
		top->by_rate = false;
		return;
	}
	for (n = 0; n < part_columns(v); n++)
		if (!strcmp(name, v->columns[n].column))
			top->by_part = n + 1;
	if (!top->by_part)
		fail(EXIT_USAGE, "no column '%s' in the view %s", name, view_names[top->view]);
}

static void parse(struct top *top, int argc, char **argv)
{
	const char *sort_name = NULL;
	int c;

	while ((c = getopt(argc, argv, "s:d:n:v:r")) != -1) {
		if (c == 's') {
			sort_name = optarg;
		} else if (c == 'v') {
			parse_view(top, optarg);
		} else if (c == 'r') {
			top->reverse = true;
		} else if (c == 'd' ? !parse_time(optarg, &top->interval) :
			   c != 'n' || !parse_number(optarg, &top->count)) {
			usage("top");
		}
	}
	if (optind < argc - 1)
		usage("top");
	top->only = argv[optind];
	if (sort_name)
		parse_sort(top, sort_name);
}

int cmd_top(int argc, char **argv)
{
	static struct top top = { .by_rate = true, .interval = 2 * NSEC };
	struct screen screen = { 0 };
	uint64_t n;

	top.by = field_find("bytes_held");
	parse(&top, argc, argv);
	look(&top);		/* also says what is wrong, on a whole screen */
	if (!common.json)
		screen_open(&screen);
	for (n = 1;; n++) {
		if (common.json)
			show_json(&top);
		else
			show(&top, &screen);
		if (n == top.count || !wait_keys(&top, &screen))
			break;
		look(&top);
	}
	screen_close();
	return EXIT_OK;
}
