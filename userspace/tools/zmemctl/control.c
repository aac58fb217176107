// SPDX-License-Identifier: GPL-2.0 OR MIT
/* zmemctl set, drain, shrink: what debugfs's control files do. */
#include <errno.h>
#include <string.h>
#include "json.h"
#include "source.h"
#include "units.h"
#include "zmemctl.h"

static void refuse_set(const char *setting, int error)
{
	switch (error) {
	case EPERM:
		fail(EXIT_USAGE, "%s: fixed when a cache is made", setting);
	case ENOENT:
		fail(EXIT_USAGE, "%s: no such setting (magazine_max, depot_max_kib, tune_interval_ms)",
		     setting);
	case ERANGE:
		fail(EXIT_USAGE, "%s: out of bounds", setting);
	case EINVAL:
		fail(EXIT_USAGE, "%s: not KEY=NUMBER", setting);
	default:
		fail(EXIT_ERROR, "%s: %s", setting, strerror(error));
	}
}

/* What the cache has now; nothing is printed for people. */
static void print_settings(const char *name)
{
	struct zmem_ioc_snapshot s;

	if (!common.json)
		return;
	snapshot_by_name(name, &s);
	json_open(NULL, '{');
	json_string("name", name);
	json_number("magazine_max", s.magazine_max);
	json_number("depot_max_kib", s.depot_max_kib);
	json_number("tune_interval_ms", s.tune_interval_ms);
	json_close('}');
	json_end();
}

int cmd_set(int argc, char **argv)
{
	struct zmem_ioc_snapshot s;
	int n, error;

	if (argc < 3)
		usage("set");
	snapshot_by_name(argv[1], &s);
	for (n = 2; n < argc; n++) {
		error = control(argv[1], argv[n]);
		if (error)
			refuse_set(argv[n], error);
	}
	print_settings(argv[1]);
	return EXIT_OK;
}

int cmd_drain(int argc, char **argv)
{
	char command[80];
	uint64_t number;
	int error;

	if (argc != 3 || (strcmp(argv[1], "cpu") && strcmp(argv[1], "node")) ||
	    !parse_number(argv[2], &number))
		usage("drain");
	snprintf(command, sizeof(command), "drain %s %s", argv[1], argv[2]);
	error = control(NULL, command);
	if (error == ENODEV || error == ERANGE)
		fail(EXIT_USAGE, "%s %s is not online", argv[1], argv[2]);
	if (error == EINVAL)
		fail(EXIT_ERROR, "this module cannot drain a %s", argv[1]);
	if (error)
		fail(EXIT_ERROR, "drain: %s", strerror(error));
	return EXIT_OK;
}

/* Bytes that a cache holds, or all do. */
static uint64_t bytes_held(const char *name)
{
	static struct caches c;
	struct zmem_ioc_snapshot s;
	uint64_t bytes = 0;
	size_t n;

	if (name) {
		snapshot_by_name(name, &s);
		return s.bytes_held;
	}
	caches_read(&c);
	for (n = 0; n < c.nr; n++)
		bytes += c.snap[n].bytes_held;
	return bytes;
}

int cmd_shrink(int argc, char **argv)
{
	const char *name = argc == 2 ? argv[1] : NULL;
	char before_text[UNIT_TEXT], after_text[UNIT_TEXT];
	uint64_t before, after;
	int error;

	if (argc > 2)
		usage("shrink");
	before = bytes_held(name);
	error = control(name, "shrink");
	if (error)
		fail(EXIT_ERROR, "shrink: %s", strerror(error));
	after = bytes_held(name);
	if (!common.json) {
		printf("%s: held %s, now %s\n", name ? name : "all caches",
		       text_bytes(before_text, before), text_bytes(after_text, after));
		return EXIT_OK;
	}
	json_open(NULL, '{');
	json_number("held_before", before);
	json_number("held_after", after);
	json_close('}');
	json_end();
	return EXIT_OK;
}
