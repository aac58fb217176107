// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Tests of what needs no module: units, tables, histograms, sorting.  TAP. */
#include <stdlib.h>
#include <string.h>
#include "dump.h"
#include "fields.h"
#include "histogram.h"
#include "table.h"
#include "top.h"
#include "units.h"
#include "zmemctl.h"

const char *tool_name = "zmemctl-test";
struct common common;
static unsigned int failures;

static void expect(bool good, const char *what, int line)
{
	if (good)
		return;
	printf("# line %d: not so: %s\n", line, what);
	failures++;
}

#define EXPECT(what)	expect(what, #what, __LINE__)
#define EXPECT_TEXT(have, want)	expect_text(have, want, __LINE__)

static void expect_text(const char *have, const char *want, int line)
{
	if (!strcmp(have, want))
		return;
	printf("# line %d: '%s', not '%s'\n", line, have, want);
	failures++;
}

static void test_texts(void)
{
	char buf[UNIT_TEXT];

	EXPECT_TEXT(text_count(buf, 0), "0");
	EXPECT_TEXT(text_count(buf, 999), "999");
	EXPECT_TEXT(text_count(buf, 1000), "1.0k");
	EXPECT_TEXT(text_count(buf, 12345), "12.3k");
	EXPECT_TEXT(text_count(buf, 999499), "999k");
	EXPECT_TEXT(text_count(buf, 999999), "1.0M");
	EXPECT_TEXT(text_count(buf, UNKNOWN - 1), "18.4E");
	EXPECT_TEXT(text_count(buf, UNKNOWN), "-");
	EXPECT_TEXT(text_bytes(buf, 1023), "1023");
	EXPECT_TEXT(text_bytes(buf, 1024), "1.0K");
	EXPECT_TEXT(text_bytes(buf, 10 << 20), "10.0M");
	EXPECT_TEXT(text_bytes(buf, UNKNOWN), "-");
	EXPECT_TEXT(text_share(buf, 9999), "99.99%");
	EXPECT_TEXT(text_share(buf, 5), "0.05%");
	EXPECT_TEXT(text_share(buf, UNKNOWN), "-");
	EXPECT_TEXT(text_ns(buf, 64), "64 ns");
	EXPECT_TEXT(text_ns(buf, 2500), "2.5 us");
	EXPECT_TEXT(text_exact(buf, 1234567), "1234567");
	EXPECT_TEXT(text_exact(buf, UNKNOWN), "-");
}

static void test_numbers(void)
{
	static const char *const bad[] = {
		"", "-1", "+1", " 1", "1 ", "x", "0x10", "1.5",
		"18446744073709551615", "99999999999999999999",
	};
	uint64_t value;
	size_t n;

	EXPECT(parse_number("0", &value) && value == 0);
	EXPECT(parse_number("65536", &value) && value == 65536);
	for (n = 0; n < ARRAY_LEN(bad); n++)
		EXPECT(!parse_number(bad[n], &value));
	EXPECT(parse_bytes("512", &value) && value == 512);
	EXPECT(parse_bytes("4k", &value) && value == 4096);
	EXPECT(parse_bytes("2M", &value) && value == 2 << 20);
	EXPECT(!parse_bytes("4kk", &value));
	EXPECT(!parse_bytes("k", &value));
	EXPECT(!parse_bytes("99999999999T", &value));
	EXPECT(parse_time("2", &value) && value == 2 * NSEC);
	EXPECT(parse_time("0.5", &value) && value == NSEC / 2);
	EXPECT(parse_time("250ms", &value) && value == NSEC / 4);
	EXPECT(parse_time("1m", &value) && value == 60 * NSEC);
	EXPECT(!parse_time("0", &value));
	EXPECT(!parse_time("-1", &value));
	EXPECT(!parse_time("1y", &value));
	EXPECT(!parse_time("nan", &value));
	EXPECT(!parse_time("1e300", &value));
}

static void test_lists(void)
{
	uint32_t list[8];

	EXPECT(parse_list("0", list, 8) == 1 && list[0] == 0);
	EXPECT(parse_list("0-3", list, 8) == 4 && list[3] == 3);
	EXPECT(parse_list("5,0-1\n", list, 8) == 3 && list[0] == 5 && list[2] == 1);
	EXPECT(parse_list("1,1,0-1", list, 8) == 2);
	EXPECT(parse_list("0-7", list, 8) == 8);
	EXPECT(!parse_list("0-8", list, 8));
	EXPECT(!parse_list("0-4294967295", list, 8));
	EXPECT(!parse_list("", list, 8));
	EXPECT(!parse_list("3-1", list, 8));
	EXPECT(!parse_list("a", list, 8));
	EXPECT(!parse_list("1;2", list, 8));
	EXPECT(!parse_list("-1", list, 8));
}

#define HEAD	"# zmem nodes, version 1\n# node   full\n"

static void test_parse(void)
{
	static const struct {
		const char *text;
		const char *wrong;
	} bad[] = {
		{ "", "not that table, or of another version" },
		{ "# zmem nodes, version 2\n# node full\n",
		  "not that table, or of another version" },
		{ "# zmem slabs, version 1\n# node full\n",
		  "not that table, or of another version" },
		{ "# zmem nodes, version 1\n", "it has no names of columns" },
		{ "# zmem nodes, version 1\n# node", "it has no names of columns" },
		{ "# zmem nodes, version 1\n#\n", "it has no names of columns" },
		{ HEAD "0 1\n1 2", "it ends in the middle of a line" },
		{ HEAD "0 1\n1\n", "a line has other columns than its head" },
		{ HEAD "0 1 2\n", "a line has other columns than its head" },
	};
	struct table t;
	size_t n;

	EXPECT(!table_parse(&t, HEAD "  0   12\n  1    -\n", "nodes", 1));
	EXPECT(table_rows(&t) == 2);
	EXPECT(table_value(&t, 0, "full") == 12);
	EXPECT(table_value(&t, 1, "node") == 1);
	EXPECT(table_value(&t, 1, "full") == UNKNOWN);
	EXPECT(table_value(&t, 0, "other") == UNKNOWN);
	EXPECT(table_sum(&t, "full") == 12);
	table_free(&t);
	EXPECT(!table_parse(&t, HEAD, "nodes", 1) && table_rows(&t) == 0);
	table_free(&t);
	for (n = 0; n < ARRAY_LEN(bad); n++) {
		const char *wrong = table_parse(&t, bad[n].text, "nodes", 1);

		expect_text(wrong ? wrong : "nothing", bad[n].wrong, 1000 + n);
		table_free(&t);
	}
}

/* With a bar for each end of a line. */
static char *printed(const struct table *t, size_t width, size_t rows, bool colour)
{
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	table_print(t, f, width, rows, colour);
	fclose(f);
	for (char *p = text; *p; p++)
		*p = *p == '\n' ? '|' : *p;
	return text;
}

static void expect_printed(const struct table *t, size_t width, size_t rows,
			   bool colour, const char *want, int line)
{
	char *have = printed(t, width, rows, colour);

	expect_text(have, want, line);
	free(have);
}

static void test_print(void)
{
	struct table t;

	table_init(&t, 2);
	table_add(&t, "NAME");
	table_add(&t, "N");
	table_add(&t, "a");
	table_add(&t, "%d", 1);
	table_add(&t, "longer");
	table_add(&t, "%d", 234);
	expect_printed(&t, 0, 0, false, "NAME      N|a         1|longer  234|", __LINE__);
	expect_printed(&t, 7, 0, false, "NAME   |a      |longer |", __LINE__);
	expect_printed(&t, 0, 1, false, "NAME      N|a         1|", __LINE__);
	expect_printed(&t, 5, 1, true, "\033[1mNAME \033[0m|a    |", __LINE__);
	table_free(&t);
}

static void test_histogram(void)
{
	struct histogram h, more;
	struct table t;

	EXPECT(!table_parse(&t, "# zmem histogram, version 1\n# from_ns below_ns calls\n"
			    "0 2 0\n2 4 500\n4 8 480\n8 16 20\n16 - 0\n", "histogram", 1));
	histogram_of(&h, &t);
	table_free(&t);
	EXPECT(h.nr == 5 && histogram_calls(&h) == 1000 && histogram_most(&h) == 500);
	EXPECT(histogram_first(&h) == 1 && histogram_end(&h) == 4);
	EXPECT(histogram_below(&h, 500) == 4);
	EXPECT(histogram_below(&h, 501) == 8);
	EXPECT(histogram_below(&h, 980) == 8);
	EXPECT(histogram_below(&h, 990) == 16);
	EXPECT(histogram_below(&h, 999) == 16);
	more = h;
	histogram_add(&more, &h);
	EXPECT(histogram_calls(&more) == 2000);
	histogram_subtract(&more, &h);
	EXPECT(histogram_calls(&more) == 1000);
	h.calls[3] = 19;
	/* 999 calls: the slowest of a thousand is not among them. */
	EXPECT(histogram_below(&h, 999) == UNKNOWN);

	EXPECT(!table_parse(&t, "# zmem histogram, version 1\n# from_ns below_ns calls\n- - -\n",
			    "histogram", 1));
	histogram_of(&h, &t);
	table_free(&t);
	EXPECT(!h.nr && histogram_below(&h, 500) == UNKNOWN);
	EXPECT(histogram_first(&h) == histogram_end(&h));
}

static void test_fields(void)
{
	struct zmem_ioc_snapshot s[3] = {
		{ .name = "b", .allocs = 5000, .hit_rate = UNKNOWN, .bytes_held = 4096 },
		{ .name = "a", .allocs = 7, .hit_rate = 9900, .mode = 2 },
		{ .name = "c", .allocs = 5000, .hit_rate = 10000 },
	};
	char buf[UNIT_TEXT];

	EXPECT(field_find("allocs") && !field_find("nothing"));
	EXPECT_TEXT(field_text(buf, field_find("allocs"), &s[0], false), "5.0k");
	EXPECT_TEXT(field_text(buf, field_find("allocs"), &s[0], true), "5000");
	EXPECT_TEXT(field_text(buf, field_find("bytes_held"), &s[0], false), "4.0K");
	EXPECT_TEXT(field_text(buf, field_find("hit_rate"), &s[0], false), "-");
	EXPECT_TEXT(field_text(buf, field_find("hit_rate"), &s[1], false), "99.00%");
	EXPECT_TEXT(field_text(buf, field_find("mode"), &s[1], false), "balanced");
	fields_sort(s, 3, field_find("allocs"), false);
	EXPECT(*s[0].name == 'b' && *s[1].name == 'c' && *s[2].name == 'a');
	fields_sort(s, 3, field_find("allocs"), true);
	EXPECT(*s[0].name == 'a' && *s[2].name == 'b');
	fields_sort(s, 3, field_find("hit_rate"), false);
	EXPECT(*s[0].name == 'c' && *s[1].name == 'a' && *s[2].name == 'b');
	fields_sort(s, 3, field_find("name"), false);
	EXPECT(*s[0].name == 'a' && *s[2].name == 'c');
}

/* What text tells of a field is what it was told of. */
static void test_field_parse(void)
{
	static const char *const bad[][2] = {
		{ "allocs", "" }, { "allocs", "x" }, { "allocs", "1 " }, { "mode", "slow" },
		{ "hit_rate", "12%" }, { "hit_rate", "1.50" }, { "hit_rate", "1.50%%" },
		{ "flags", "" }, { "flags", "0xg" },
	};
	struct zmem_ioc_snapshot s = { 0 };
	size_t n;

	EXPECT(field_parse(field_find("name"), &s, "a-cache") && !strcmp(s.name, "a-cache"));
	EXPECT(!field_parse(field_find("name"), &s, "a-name-of-as-many-as-32-characters"));
	EXPECT(field_parse(field_find("allocs"), &s, "12") && s.allocs == 12);
	EXPECT(field_parse(field_find("allocs"), &s, "-") && s.allocs == UNKNOWN);
	EXPECT(field_parse(field_find("hit_rate"), &s, "99.07%") && s.hit_rate == 9907);
	EXPECT(field_parse(field_find("reuse"), &s, "100.00%") && s.reuse == 10000);
	EXPECT(field_parse(field_find("mode"), &s, "debug") && s.mode == ZMEM_IOC_MODE_DEBUG);
	EXPECT(field_parse(field_find("flags"), &s, "0x500") && s.flags == 0x500);
	for (n = 0; n < ARRAY_LEN(bad); n++)
		EXPECT(!field_parse(field_find(bad[n][0]), &s, bad[n][1]));
}

#define DUMP_HEAD	"# zmem dump, version 1\n# cat, process 1\n"
#define DUMP_FILES	"@ a/b/stats\nversion: 1\n@ a/b/nodes\n# n\n@ c/stats\n"

static const char *parse_dump(struct dump *d, const char *text)
{
	return dump_parse(d, strdup(text));
}

static void test_dump(void)
{
	static const char *const bad[] = {
		"", "x", "# zmem dump, version 2\n@ end\n", DUMP_HEAD, DUMP_HEAD "@ end",
		DUMP_HEAD DUMP_FILES, DUMP_HEAD "@ nothing\n@ end\n",
		DUMP_HEAD DUMP_FILES "@ end\nand more\n",
	};
	struct zmem_ioc_snapshot s;
	struct dump d;
	size_t n;

	EXPECT(!parse_dump(&d, DUMP_HEAD "@ end\n") && !d.nr);
	dump_free(&d);
	EXPECT(!parse_dump(&d, DUMP_HEAD DUMP_FILES "@ end\n") && d.nr == 3);
	EXPECT_TEXT(dump_find(&d, "a/b", "nodes"), "# n\n");
	EXPECT(!dump_find(&d, "a", "nodes") && !dump_find(&d, "c", "nodes"));
	EXPECT_TEXT(dump_nth(&d, 0, "stats"), "version: 1\n");
	EXPECT_TEXT(dump_nth(&d, 1, "stats"), "");
	EXPECT(!dump_nth(&d, 2, "stats"));
	EXPECT_TEXT(dump_snapshot(&s, "version: 1\n"), "statistics that lack a number");
	EXPECT_TEXT(dump_snapshot(&s, "version: 2\n"), "statistics of another version");
	dump_free(&d);
	for (n = 0; n < ARRAY_LEN(bad); n++) {
		expect(parse_dump(&d, bad[n]), bad[n], 2000 + n);
		dump_free(&d);
	}
}

/* The column at the left of @row of CPUs, sorted so. */
static char first_of(const struct parts *now, const struct parts *before, size_t row,
		     size_t by, bool reverse)
{
	struct table t;
	char first;

	parts_table(&t, &view_cpus, now, before, by, reverse);
	first = *table_at(&t, row, 0);
	table_free(&t);
	return first;
}

static void test_parts(void)
{
	struct part old[2] = { { { 5, 100 } }, { { 5, 100 } } };
	struct part new[3] = { { { 5, 130 } }, { { 5, 190 } }, { { 9, 200 } } };
	struct parts before = { .part = old, .nr = 2, .when = NSEC };
	struct parts now = { .part = new, .nr = 3, .when = 2 * NSEC };
	size_t row;

	for (row = 0; row < 3; row++) {
		/* by number; by misses a second, of which a new CPU has none yet */
		EXPECT(first_of(&now, &before, row, 0, false) == "012"[row]);
		EXPECT(first_of(&now, &before, row, 0, true) == "210"[row]);
		EXPECT(first_of(&now, &before, row, 2, false) == "102"[row]);
		EXPECT(first_of(&now, &before, row, 2, true) == "201"[row]);
	}
}

/* Every field of the structure is there: what a new kernel adds is not lost. */
static void test_all_fields(void)
{
	EXPECT(nr_fields == 1 + (sizeof(struct zmem_ioc_snapshot) -
				 offsetof(struct zmem_ioc_snapshot, object_size)) / 8);
}

int main(void)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} tests[] = {
		{ "texts", test_texts }, { "numbers", test_numbers },
		{ "lists", test_lists }, { "parse", test_parse },
		{ "print", test_print }, { "histogram", test_histogram },
		{ "fields", test_fields }, { "fields of text", test_field_parse },
		{ "dump", test_dump }, { "all fields", test_all_fields },
		{ "parts", test_parts },
	};
	unsigned int before, all = 0;
	size_t n;

	printf("TAP version 13\n1..%zu\n", ARRAY_LEN(tests));
	for (n = 0; n < ARRAY_LEN(tests); n++) {
		before = failures;
		tests[n].run();
		printf("%sok %zu - %s\n", failures == before ? "" : "not ", n + 1,
		       tests[n].name);
		all += failures != before;
	}
	return all ? 1 : 0;
}
