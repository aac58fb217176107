// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * One table of a snapshot's fields, from which every surface is made.
 *
 * What is not known is "-" in text, null in JSON and ZMEM_IOC_UNKNOWN in the
 * ioctl's structure.
 */
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/seq_file.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <uapi/linux/zmem.h>
#include <zmem/zmem.h>
#include "core/stats.h"
#include "render.h"

enum field_kind {
	FIELD_U32,
	FIELD_U64,
	FIELD_FLAGS,	/* a u32 of bits */
	FIELD_MODE,	/* a u32, enum zmem_mode */
	FIELD_SHARE,	/* computed, in units of 1/10000 */
};

/**
 * struct field - a value of a snapshot
 * @name: its key
 * @kind: what it is
 * @width: of its column in the table of caches; 0: it has none
 * @offset: in struct zmem_snapshot, unless computed
 * @share: computes it
 */
struct field {
	const char *name;
	enum field_kind kind;
	int width;
	size_t offset;
	u64 (*share)(const struct zmem_snapshot *snap);
};

#define FIELD(_kind, _name, _width) {					\
	.name = #_name,							\
	.kind = FIELD_##_kind,						\
	.width = _width,						\
	.offset = offsetof(struct zmem_snapshot, _name),		\
}

#define SHARE(_name, _width) {						\
	.name = #_name,							\
	.kind = FIELD_SHARE,						\
	.width = _width,						\
	.share = zmem_snapshot_##_name,					\
}

/* Exactly in the order of struct zmem_ioc_snapshot. */
static const struct field fields[] = {
	FIELD(U32, object_size, 11),
	FIELD(U32, size, 8),
	FIELD(U32, align, 0),
	FIELD(U32, order, 0),
	FIELD(U32, objects_per_slab, 0),
	FIELD(MODE, mode, 8),
	FIELD(FLAGS, flags, 0),
	FIELD(U32, magazine_size, 13),
	FIELD(U32, magazine_max, 0),
	FIELD(U32, depot_max_kib, 0),
	FIELD(U32, tune_interval_ms, 0),
	FIELD(FLAGS, debug_flags, 0),
	FIELD(U64, allocs, 12),
	FIELD(U64, frees, 12),
	FIELD(U64, hits, 0),
	FIELD(U64, misses, 0),
	FIELD(U64, free_hits, 0),
	FIELD(U64, free_misses, 0),
	FIELD(U64, failures, 8),
	FIELD(U64, fresh, 0),
	FIELD(U64, remote_frees, 12),
	FIELD(U64, busy, 0),
	FIELD(U64, exchanges, 10),
	FIELD(U64, contended, 10),
	FIELD(U64, depot_locks, 0),
	FIELD(U64, slab_trips, 0),
	FIELD(U64, errors, 6),
	FIELD(U64, objects, 9),
	FIELD(U64, slabs, 7),
	FIELD(U64, slabs_empty, 0),
	FIELD(U64, cached, 8),
	FIELD(U64, magazines, 9),
	FIELD(U64, bytes_requested, 15),
	FIELD(U64, bytes_allocated, 15),
	FIELD(U64, bytes_held, 12),
	SHARE(hit_rate, 8),
	SHARE(reuse, 8),
	SHARE(internal, 8),
	SHARE(external, 8),
	FIELD(U64, latency_samples, 0),
	FIELD(U64, latency_mean_ns, 0),
	FIELD(U64, latency_p99_ns, 0),
	FIELD(U64, latency_detour_ns, 0),
	FIELD(U64, tuner_runs, 0),
	FIELD(U64, tuner_grown, 0),
	FIELD(U64, tuner_shrunk, 0),
	FIELD(U64, tuner_trimmed, 0),
};

static const struct field *const fields_end = fields + ARRAY_SIZE(fields);

/* Long enough for a 64-bit number, a share, or a mode in quotes. */
#define VALUE_MAX	24

static u64 field_value(const struct field *f, const struct zmem_snapshot *snap)
{
	const char *p = (const char *)snap + f->offset;

	switch (f->kind) {
	case FIELD_SHARE:
		return f->share(snap);
	case FIELD_U64:
		return *(const u64 *)p;
	default:
		return *(const u32 *)p;
	}
}

static const char *mode_name(u64 mode)
{
	switch (mode) {
	case ZMEM_MODE_FAST:
		return "fast";
	case ZMEM_MODE_BALANCED:
		return "balanced";
	case ZMEM_MODE_DEBUG:
		return "debug";
	default:
		return "unknown";
	}
}

static void format_share(char *buf, u64 share, const char *unit)
{
	u32 hundredths;
	u64 percent = div_u64_rem(share, 100, &hundredths);

	snprintf(buf, VALUE_MAX, "%llu.%02u%s", percent, hundredths, unit);
}

static const char *format_text(char *buf, const struct field *f, u64 value)
{
	if (value == ZMEM_UNKNOWN)
		return "-";

	switch (f->kind) {
	case FIELD_SHARE:
		format_share(buf, value, "%");
		return buf;
	case FIELD_MODE:
		return mode_name(value);
	case FIELD_FLAGS:
		snprintf(buf, VALUE_MAX, "%#llx", value);
		return buf;
	default:
		snprintf(buf, VALUE_MAX, "%llu", value);
		return buf;
	}
}

static const char *format_json(char *buf, const struct field *f, u64 value)
{
	if (value == ZMEM_UNKNOWN)
		return "null";

	switch (f->kind) {
	case FIELD_SHARE:
		format_share(buf, value, "");
		return buf;
	case FIELD_MODE:
		snprintf(buf, VALUE_MAX, "\"%s\"", mode_name(value));
		return buf;
	default:
		snprintf(buf, VALUE_MAX, "%llu", value);
		return buf;
	}
}

/**
 * zmem_render_header() - print the head of the table of caches
 * @m: file
 */
void zmem_render_header(struct seq_file *m)
{
	const struct field *f;

	seq_printf(m, "# zmem caches, version %d\n# %-*s",
		   ZMEM_RENDER_VERSION, ZMEM_NAME_MAX - 3, "name");
	for (f = fields; f < fields_end; f++)
		if (f->width)
			seq_printf(m, " %*s", f->width, f->name);
	seq_putc(m, '\n');
}

/**
 * zmem_render_line() - print a cache's line in the table of caches
 * @m: file
 * @snap: the cache's
 */
void zmem_render_line(struct seq_file *m, const struct zmem_snapshot *snap)
{
	const struct field *f;
	char buf[VALUE_MAX];

	seq_printf(m, "%-*s", ZMEM_NAME_MAX - 1, snap->name);
	for (f = fields; f < fields_end; f++)
		if (f->width)
			seq_printf(m, " %*s", f->width,
				   format_text(buf, f, field_value(f, snap)));
	seq_putc(m, '\n');
}

/**
 * zmem_render_text() - print all of a snapshot, a "key: value" a line
 * @m: file
 * @snap: the cache's
 */
void zmem_render_text(struct seq_file *m, const struct zmem_snapshot *snap)
{
	const struct field *f;
	char buf[VALUE_MAX];

	seq_printf(m, "version: %d\nname: %s\n", ZMEM_RENDER_VERSION,
		   snap->name);
	for (f = fields; f < fields_end; f++)
		seq_printf(m, "%s: %s\n", f->name,
			   format_text(buf, f, field_value(f, snap)));
}

/**
 * zmem_render_json() - print all of a snapshot as a JSON object
 * @m: file
 * @snap: the cache's
 */
void zmem_render_json(struct seq_file *m, const struct zmem_snapshot *snap)
{
	const struct field *f;
	char buf[VALUE_MAX];

	seq_printf(m, "{\"version\":%d,\"name\":\"", ZMEM_RENDER_VERSION);
	seq_escape(m, snap->name, "\"\\");
	seq_putc(m, '"');
	for (f = fields; f < fields_end; f++)
		seq_printf(m, ",\"%s\":%s", f->name,
			   format_json(buf, f, field_value(f, snap)));
	seq_putc(m, '}');
}

/**
 * zmem_render_ioc() - put a snapshot into the ioctl's form
 * @out: all but the fields of the request are set
 * @snap: the cache's
 */
void zmem_render_ioc(struct zmem_ioc_snapshot *out,
		     const struct zmem_snapshot *snap)
{
	u64 *to = &out->object_size;
	const struct field *f;

	BUILD_BUG_ON(sizeof(*out) != offsetof(struct zmem_ioc_snapshot, object_size) +
				     ARRAY_SIZE(fields) * sizeof(u64));
	BUILD_BUG_ON(sizeof(out->name) != sizeof(snap->name));
	BUILD_BUG_ON(ZMEM_IOC_UNKNOWN != ZMEM_UNKNOWN);

	strscpy_pad(out->name, snap->name, sizeof(out->name));
	for (f = fields; f < fields_end; f++)
		*to++ = field_value(f, snap);
}
