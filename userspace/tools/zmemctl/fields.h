/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The fields of a snapshot, by name. */
#ifndef ZMEMCTL_FIELDS_H
#define ZMEMCTL_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/zmem.h>

enum field_kind {
	FIELD_NAME,
	FIELD_NUMBER,		/* exact, whatever its size */
	FIELD_COUNT,
	FIELD_BYTES,
	FIELD_SHARE,
	FIELD_NS,
	FIELD_MODE,
	FIELD_BITS,
};

/**
 * struct field - a field
 * @name: as in struct zmem_ioc_snapshot
 * @head: above its column
 * @kind: what it is
 * @offset: in the structure
 */
struct field {
	const char *name;
	const char *head;
	enum field_kind kind;
	size_t offset;
};

extern const struct field fields[];
extern const size_t nr_fields;

const struct field *field_find(const char *name);
const struct field *field_need(const char *name);	/* or ends with one line */
uint64_t field_value(const struct field *f, const struct zmem_ioc_snapshot *s);
/* To @buf of UNIT_TEXT + ZMEM_IOC_NAME_MAX; in full if @exact. */
const char *field_text(char *buf, const struct field *f,
		       const struct zmem_ioc_snapshot *s, bool exact);
/* From debugfs's text; false if it is none. */
bool field_parse(const struct field *f, struct zmem_ioc_snapshot *s, const char *text);
void fields_json(const char *key, const struct zmem_ioc_snapshot *s);

/* Numbers fall, names rise; turned round if @reverse. */
void fields_sort(struct zmem_ioc_snapshot *snaps, size_t nr,
		 const struct field *by, bool reverse);

#endif /* ZMEMCTL_FIELDS_H */
