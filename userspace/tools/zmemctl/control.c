// SPDX-License-Identifier: GPL-2.0 OR MIT
/* zmemctl set, drain, open, shrink: what debugfs's control files do. */
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

/* @what of "cpu" or "node", whose number is @text. */
static void refuse_numbered(const char *what, const char *text, int error)
{
	switch (error) {
	case ENODEV:
	case ERANGE:
		fail(EXIT_USAGE, "%s %s is not online", what, text);
	case EINVAL:
		fail(EXIT_USAGE, "%s %s has no memory, or is the last that is open", what, text);
	case EBUSY:
		fail(EXIT_BUSY, "%s %s is closed, but has live objects: the log names their caches",
		     what, text);
	default:
		fail(EXIT_ERROR, "%s %s: %s", what, text, strerror(error));
	}
}

static int do_numbered(const char *verb, const char *what, const char *text)
{
	char command[80];
	uint64_t number;
	int error;

	if (!parse_number(text, &number))
		usage(verb);
	snprintf(command, sizeof(command), "%s %s %llu", verb, what, (unsigned long long)number);
	error = control(NULL, command);
	if (error)
		refuse_numbered(what, text, error);
	if (!common.json)
		return EXIT_OK;
	json_open(NULL, '{');
	json_string("done", verb);
	json_number(what, number);
	json_close('}');
	json_end();
	return EXIT_OK;
}

int cmd_drain(int argc, char **argv)
{
	if (argc != 3 || (strcmp(argv[1], "cpu") && strcmp(argv[1], "node")))
		usage("drain");
	return do_numbered("drain", argv[1], argv[2]);
}

int cmd_open(int argc, char **argv)
{
	if (argc != 3 || strcmp(argv[1], "node"))
		usage("open");
	return do_numbered("open", "node", argv[2]);
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
