// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The fields of a snapshot, by name. */
#include <stdlib.h>
#include <string.h>
#include "fields.h"
#include "json.h"
#include "units.h"
#include "zmemctl.h"

#define FIELD(_kind, _name, _head) {					\
	.name = #_name,							\
	.head = _head,							\
	.kind = FIELD_##_kind,						\
	.offset = offsetof(struct zmem_ioc_snapshot, _name),		\
}

const struct field fields[] = {
	FIELD(NAME, name, "NAME"),
	FIELD(NUMBER, object_size, "OBJSIZE"),
	FIELD(NUMBER, size, "SIZE"),
	FIELD(NUMBER, align, "ALIGN"),
	FIELD(NUMBER, order, "ORDER"),
	FIELD(NUMBER, objects_per_slab, "PERSLAB"),
	FIELD(MODE, mode, "MODE"),
	FIELD(BITS, flags, "FLAGS"),
	FIELD(NUMBER, magazine_size, "MAGSIZE"),
	FIELD(NUMBER, magazine_max, "MAGMAX"),
	FIELD(NUMBER, depot_max_kib, "DEPOTKIB"),
	FIELD(NUMBER, tune_interval_ms, "TUNEMS"),
	FIELD(BITS, debug_flags, "DEBUG"),
	FIELD(COUNT, allocs, "ALLOCS"),
	FIELD(COUNT, frees, "FREES"),
	FIELD(COUNT, hits, "HITS"),
	FIELD(COUNT, misses, "MISSES"),
	FIELD(COUNT, free_hits, "FHITS"),
	FIELD(COUNT, free_misses, "FMISSES"),
	FIELD(COUNT, failures, "FAILED"),
	FIELD(COUNT, fresh, "FRESH"),
	FIELD(COUNT, remote_frees, "REMOTE"),
	FIELD(COUNT, busy, "BUSY"),
	FIELD(COUNT, exchanges, "EXCHGS"),
	FIELD(COUNT, contended, "CONTEND"),
	FIELD(COUNT, depot_locks, "LOCKS"),
	FIELD(COUNT, slab_trips, "TRIPS"),
	FIELD(COUNT, errors, "ERRORS"),
	FIELD(COUNT, objects, "OBJECTS"),
	FIELD(COUNT, slabs, "SLABS"),
	FIELD(COUNT, slabs_empty, "EMPTY"),
	FIELD(COUNT, cached, "CACHED"),
	FIELD(COUNT, magazines, "MAGS"),
	FIELD(BYTES, bytes_requested, "REQUESTED"),
	FIELD(BYTES, bytes_allocated, "ALLOCATED"),
	FIELD(BYTES, bytes_held, "HELD"),
	FIELD(SHARE, hit_rate, "HIT%"),
	FIELD(SHARE, reuse, "REUSE%"),
	FIELD(SHARE, internal, "INTFRAG"),
	FIELD(SHARE, external, "EXTFRAG"),
	FIELD(COUNT, latency_samples, "SAMPLES"),
	FIELD(NS, latency_mean_ns, "MEAN"),
	FIELD(NS, latency_p99_ns, "P99"),
	FIELD(NS, latency_detour_ns, "DETOUR"),
	FIELD(COUNT, tuner_runs, "LOOKS"),
	FIELD(COUNT, tuner_grown, "GROWN"),
	FIELD(COUNT, tuner_shrunk, "SHRUNK"),
	FIELD(COUNT, tuner_trimmed, "TRIMMED"),
};

const size_t nr_fields = ARRAY_LEN(fields);

const struct field *field_find(const char *name)
{
	size_t n;

	for (n = 0; n < nr_fields; n++)
		if (!strcmp(fields[n].name, name))
			return &fields[n];
	return NULL;
}

const struct field *field_need(const char *name)
{
	const struct field *f = field_find(name);

	if (!f)
		fail(EXIT_USAGE, "no field '%s'; they are named as in zmemctl(8)", name);
	return f;
}

uint64_t field_value(const struct field *f, const struct zmem_ioc_snapshot *s)
{
	uint64_t value;

	if (f->kind == FIELD_NAME)
		return UNKNOWN;
	memcpy(&value, (const char *)s + f->offset, sizeof(value));
	return value;
}

static const char *const mode_names[] = { "?", "fast", "balanced", "debug" };

static const char *mode_text(uint64_t mode)
{
	return mode_names[mode < ARRAY_LEN(mode_names) ? mode : 0];
}

static bool parse_mode(const char *text, uint64_t *value)
{
	for (*value = 0; *value < ARRAY_LEN(mode_names); ++*value)
		if (!strcmp(text, mode_names[*value]))
			return true;
	return false;
}

static bool parse_bits(const char *text, uint64_t *value)
{
	char *end;

	*value = strtoull(text, &end, 16);
	return end != text && !*end;
}

/* 12.34%, in units of 1/10000. */
static bool parse_share(const char *text, uint64_t *value)
{
	unsigned int percent, hundredths;
	int end = 0;

	if (sscanf(text, "%3u.%2u%%%n", &percent, &hundredths, &end) != 2 || text[end] || !end)
		return false;
	*value = percent * 100 + hundredths;
	return true;
}

static bool parse_value(enum field_kind kind, const char *text, uint64_t *value)
{
	*value = UNKNOWN;
	if (!strcmp(text, "-"))
		return true;
	switch (kind) {
	case FIELD_MODE:
		return parse_mode(text, value);
	case FIELD_BITS:
		return parse_bits(text, value);
	case FIELD_SHARE:
		return parse_share(text, value);
	default:
		return parse_number(text, value);
	}
}

bool field_parse(const struct field *f, struct zmem_ioc_snapshot *s, const char *text)
{
	uint64_t value;

	if (f->kind == FIELD_NAME)
		return *text && snprintf(s->name, sizeof(s->name), "%s", text) <
				(int)sizeof(s->name);
	if (!parse_value(f->kind, text, &value))
		return false;
	memcpy((char *)s + f->offset, &value, sizeof(value));
	return true;
}

const char *field_text(char *buf, const struct field *f,
		       const struct zmem_ioc_snapshot *s, bool exact)
{
	uint64_t value = field_value(f, s);

	switch (f->kind) {
	case FIELD_NAME:
		return s->name;
	case FIELD_MODE:
		return mode_text(value);
	case FIELD_BITS:
		snprintf(buf, UNIT_TEXT, "%#llx", (unsigned long long)value);
		return buf;
	case FIELD_SHARE:
		return text_share(buf, value);
	case FIELD_COUNT:
		return exact ? text_exact(buf, value) : text_count(buf, value);
	case FIELD_BYTES:
		return exact ? text_exact(buf, value) : text_bytes(buf, value);
	case FIELD_NS:
		return exact ? text_exact(buf, value) : text_ns(buf, value);
	default:
		return text_exact(buf, value);
	}
}

void fields_json(const char *key, const struct zmem_ioc_snapshot *s)
{
	const struct field *f;

	json_open(key, '{');
	for (f = fields; f < fields + nr_fields; f++) {
		if (f->kind == FIELD_NAME)
			json_string(f->name, s->name);
		else if (f->kind == FIELD_MODE)
			json_string(f->name, mode_text(s->mode));
		else if (f->kind == FIELD_SHARE)
			json_share(f->name, field_value(f, s));
		else
			json_number(f->name, field_value(f, s));
	}
	json_close('}');
}

static const struct field *sort_by;
static bool sort_reverse;

/* What is not known comes last. */
static int compare(const void *one, const void *other)
{
	const struct zmem_ioc_snapshot *a = one, *b = other;
	uint64_t x = field_value(sort_by, a) + 1, y = field_value(sort_by, b) + 1;
	int order = sort_by->kind == FIELD_NAME ? 0 : (x < y) - (x > y);

	if (!order)
		order = strcmp(a->name, b->name);
	return sort_reverse ? -order : order;
}

void fields_sort(struct zmem_ioc_snapshot *snaps, size_t nr,
		 const struct field *by, bool reverse)
{
	sort_by = by;
	sort_reverse = reverse;
	qsort(snaps, nr, sizeof(*snaps), compare);
}
