// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The text in which a program tells of its caches: a head of "#", then files as
 * debugfs has them, each behind a line "@ CACHE/FILE", and "@ end".
 */
#include <stdlib.h>
#include <string.h>
#include "dump.h"
#include "fields.h"
#include "zmemctl.h"

#define HEAD		"# zmem dump, version 1\n"
#define STATS_VERSION	"version: 1\n"

/* The next line of "@", or NULL. */
static char *next_mark(char *text)
{
	char *mark = strstr(text, "\n@ ");

	return mark ? mark + 1 : NULL;
}

/* @line is " CACHE/FILE"; both are cut off where they end. */
static bool add_file(struct dump *d, char *line)
{
	char *end = strchr(line, '\n'), *slash;

	*end = '\0';
	slash = strrchr(line, '/');
	if (!slash)
		return false;
	*slash = '\0';
	d->file = xgrow(d->file, d->nr, &d->room, sizeof(*d->file));
	d->file[d->nr++] = (struct dump_file){
		.cache = line + 1, .name = slash + 1, .text = end + 1,
	};
	return true;
}

const char *dump_parse(struct dump *d, char *text)
{
	char *mark, *next;

	memset(d, 0, sizeof(*d));
	d->text = text;
	if (strncmp(text, HEAD, strlen(HEAD)))
		return "not zmem's statistics, or of another version";
	for (mark = next_mark(text); mark; mark = next) {
		if (!strcmp(mark + 1, " end\n"))
			return NULL;
		next = next_mark(mark + 1);
		if (!next || !add_file(d, mark + 1))
			break;
		*next = '\0';		/* the file before it ends there */
	}
	return "it ends too early";
}

void dump_free(struct dump *d)
{
	free(d->text);
	free(d->file);
	memset(d, 0, sizeof(*d));
}

const char *dump_find(const struct dump *d, const char *cache, const char *name)
{
	size_t n;

	for (n = 0; n < d->nr; n++)
		if (!strcmp(d->file[n].cache, cache) && !strcmp(d->file[n].name, name))
			return d->file[n].text;
	return NULL;
}

const char *dump_nth(const struct dump *d, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < d->nr; i++)
		if (!strcmp(d->file[i].name, name) && !n--)
			return d->file[i].text;
	return NULL;
}

/* What follows "KEY: " on a line of its own, up to the line's end. */
static bool value_of(char *value, size_t size, const char *stats, const char *key)
{
	size_t length = strlen(key);
	const char *line, *end;

	for (line = stats; line; line = end ? end + 1 : NULL) {
		end = strchr(line, '\n');
		if (strncmp(line, key, length) || strncmp(line + length, ": ", 2))
			continue;
		line += length + 2;
		snprintf(value, size, "%.*s", (int)(end ? end - line : (long)strlen(line)), line);
		return true;
	}
	return false;
}

const char *dump_snapshot(struct zmem_ioc_snapshot *s, const char *stats)
{
	const struct field *f;
	char value[64];

	if (strncmp(stats, STATS_VERSION, strlen(STATS_VERSION)))
		return "statistics of another version";
	memset(s, 0, sizeof(*s));
	for (f = fields; f < fields + nr_fields; f++)
		if (!value_of(value, sizeof(value), stats, f->name) ||
		    !field_parse(f, s, value))
			return "statistics that lack a number";
	return NULL;
}
