/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The text in which a program tells of its caches. */
#ifndef ZMEMCTL_DUMP_H
#define ZMEMCTL_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/zmem.h>

/**
 * struct dump_file - a file in it
 * @cache: whose
 * @name: which
 * @text: what is in it
 */
struct dump_file {
	const char *cache;
	const char *name;
	const char *text;
};

/**
 * struct dump - a whole text, cut into files
 * @text: all of it
 * @file: in their order; the files of a cache stand together
 * @nr: of them
 * @room: for them
 */
struct dump {
	char *text;
	struct dump_file *file;
	size_t nr;
	size_t room;
};

/* Takes @text, which is malloc()'s; NULL, or what is wrong with it. */
const char *dump_parse(struct dump *d, char *text);
void dump_free(struct dump *d);
const char *dump_find(const struct dump *d, const char *cache, const char *name);
/* The @n-th file of that name; NULL if there are fewer. */
const char *dump_nth(const struct dump *d, size_t n, const char *name);
/* From a cache's "stats"; NULL, or what is wrong with it. */
const char *dump_snapshot(struct zmem_ioc_snapshot *s, const char *stats);

#endif /* ZMEMCTL_DUMP_H */
