// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What debugfs shows: it parses, it agrees with the ioctl's snapshot, and
 * reading it does no harm to a cache that goes.
 */
#include <ctype.h>
#include <pthread.h>
#include <stddef.h>
#include "zmem_test.h"
#include "kselftest_harness.h"

#define NAME	"test-debugfs"

enum kind { NUMBER, BITS, MODE, SHARE };

/* Written down once more: that these names are stable is what is tested. */
static const struct {
	const char *name;
	enum kind kind;
	size_t offset;
} fields[] = {
#define FIELD(_kind, _name) { #_name, _kind, offsetof(struct zmem_ioc_snapshot, _name) }
	FIELD(NUMBER, object_size), FIELD(NUMBER, size), FIELD(NUMBER, align),
	FIELD(NUMBER, order), FIELD(NUMBER, objects_per_slab),
	FIELD(MODE, mode), FIELD(BITS, flags), FIELD(NUMBER, magazine_size),
	FIELD(NUMBER, magazine_max), FIELD(NUMBER, depot_max_kib),
	FIELD(NUMBER, tune_interval_ms), FIELD(BITS, debug_flags),
	FIELD(NUMBER, allocs), FIELD(NUMBER, frees), FIELD(NUMBER, hits),
	FIELD(NUMBER, misses), FIELD(NUMBER, free_hits),
	FIELD(NUMBER, free_misses), FIELD(NUMBER, failures),
	FIELD(NUMBER, fresh), FIELD(NUMBER, remote_frees), FIELD(NUMBER, busy),
	FIELD(NUMBER, exchanges), FIELD(NUMBER, contended),
	FIELD(NUMBER, depot_locks), FIELD(NUMBER, slab_trips),
	FIELD(NUMBER, errors), FIELD(NUMBER, objects), FIELD(NUMBER, slabs),
	FIELD(NUMBER, slabs_empty), FIELD(NUMBER, cached),
	FIELD(NUMBER, magazines), FIELD(NUMBER, bytes_requested),
	FIELD(NUMBER, bytes_allocated), FIELD(NUMBER, bytes_held),
	FIELD(SHARE, hit_rate), FIELD(SHARE, reuse), FIELD(SHARE, internal),
	FIELD(SHARE, external), FIELD(NUMBER, latency_samples),
	FIELD(NUMBER, latency_mean_ns), FIELD(NUMBER, latency_p99_ns),
	FIELD(NUMBER, latency_detour_ns), FIELD(NUMBER, tuner_runs),
	FIELD(NUMBER, tuner_grown), FIELD(NUMBER, tuner_shrunk),
	FIELD(NUMBER, tuner_trimmed),
};

static const char *const modes[] = { "", "fast", "balanced", "debug" };

FIXTURE(debugfs) {
	int fd;
	int id;
	uint64_t handles[300];
};

FIXTURE_SETUP(debugfs)
{
	struct zmem_ioc_cache arg = {
		.name = NAME, .size = 72, .tune_interval_ms = 1000000,
	};

	self->fd = open(DEVICE, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->id = ioctl(self->fd, ZMEM_IOC_CACHE_CREATE, &arg);
	ASSERT_LT(0, self->id);
	ASSERT_EQ(0, objects_alloc(self->fd, self->id, 0, 0, self->handles, 300));
	ASSERT_EQ(0, objects_free(self->fd, self->handles, 200));
}

FIXTURE_TEARDOWN(debugfs)
{
	close(self->fd);
}

static void format(char *buf, size_t size, enum kind kind, uint64_t value,
		   bool json)
{
	if (value == ZMEM_IOC_UNKNOWN)
		snprintf(buf, size, json ? "null" : "-");
	else if (kind == SHARE)
		snprintf(buf, size, "%llu.%02llu%s", (unsigned long long)value / 100,
			 (unsigned long long)value % 100, json ? "" : "%");
	else if (kind == MODE)
		snprintf(buf, size, json ? "\"%s\"" : "%s", modes[value & 3]);
	else if (kind == BITS && !json)
		snprintf(buf, size, "0x%llx", (unsigned long long)value);
	else
		snprintf(buf, size, "%llu", (unsigned long long)value);
}

static uint64_t field_of(const struct zmem_ioc_snapshot *snap, size_t n)
{
	return *(const uint64_t *)((const char *)snap + fields[n].offset);
}

/*
 * A file's text and a snapshot of the same moment: the tuner may look at the
 * cache in between, but not every time.
 */
static char *read_with_snapshot(int fd, int id, const char *path,
				struct zmem_ioc_snapshot *snap)
{
	struct zmem_ioc_snapshot after;
	char *text;
	int tries;

	for (tries = 0; tries < 10; tries++) {
		if (snapshot(fd, ZMEM_IOC_BY_ID, id, NULL, snap))
			return NULL;
		text = read_file(path);
		if (!text || snapshot(fd, ZMEM_IOC_BY_ID, id, NULL, &after))
			return NULL;
		if (!memcmp(snap, &after, sizeof(after)))
			return text;
		free(text);
	}
	return NULL;
}

TEST_F(debugfs, text)
{
	struct zmem_ioc_snapshot snap;
	char value[40], line[100];
	char *text;
	size_t n;

	text = read_with_snapshot(self->fd, self->id, DEBUGFS "/" NAME "/stats",
				  &snap);
	ASSERT_NE(NULL, text);
	EXPECT_EQ(text, strstr(text, "version: 1\nname: " NAME "\n"));
	for (n = 0; n < ARRAY_LEN(fields); n++) {
		format(value, sizeof(value), fields[n].kind, field_of(&snap, n), false);
		snprintf(line, sizeof(line), "\n%s: %s\n", fields[n].name, value);
		EXPECT_NE(NULL, strstr(text, line)) {
			TH_LOG("no %sin: %s", line + 1, text);
		}
	}
	free(text);
}

/* What stands behind one JSON value, or NULL: no JSON. */
static const char *skip_json(const char *p);

static const char *skip_space(const char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

static const char *skip_string(const char *p)
{
	if (*p++ != '"')
		return NULL;
	while (*p && *p != '"' && *p != '\\' && (unsigned char)*p >= ' ')
		p++;
	return *p == '"' ? p + 1 : NULL;
}

static const char *skip_number(const char *p)
{
	const char *digits = p;

	while (isdigit((unsigned char)*p))
		p++;
	if (p == digits || (*digits == '0' && p - digits > 1))
		return NULL;
	if (*p == '.' && isdigit((unsigned char)p[1]))
		for (p++; isdigit((unsigned char)*p); p++)
			;
	return p;
}

static const char *skip_member(const char *p)
{
	p = skip_string(p);
	p = p ? skip_space(p) : NULL;
	return p && *p == ':' ? skip_json(p + 1) : NULL;
}

/* A list in brackets of values, or in braces of members. */
static const char *skip_list(const char *p, char close,
			     const char *(*skip)(const char *p))
{
	p = skip_space(p + 1);
	if (*p == close)
		return p + 1;
	for (;;) {
		p = skip(skip_space(p));
		p = p ? skip_space(p) : NULL;
		if (!p || *p == close)
			return p ? p + 1 : NULL;
		if (*p++ != ',')
			return NULL;
	}
}

static const char *skip_json(const char *p)
{
	p = skip_space(p);
	switch (*p) {
	case '{':
		return skip_list(p, '}', skip_member);
	case '[':
		return skip_list(p, ']', skip_json);
	case '"':
		return skip_string(p);
	case 'n':
		return strncmp(p, "null", 4) ? NULL : p + 4;
	default:
		return skip_number(p);
	}
}

static bool is_json(const char *text)
{
	const char *end = skip_json(text);

	return end && !*skip_space(end);
}

TEST(json_checker)
{
	EXPECT_TRUE(is_json("{\"a\":[1, 2.50,null,{}],\"b\":\"c\"}\n"));
	EXPECT_FALSE(is_json("{\"a\":1,}"));
	EXPECT_FALSE(is_json("{\"a\":-}"));
	EXPECT_FALSE(is_json("{\"a\":01}"));
	EXPECT_FALSE(is_json("{\"a\" 1}"));
	EXPECT_FALSE(is_json("[1 2]"));
	EXPECT_FALSE(is_json("[1"));
	EXPECT_FALSE(is_json("{} x"));
	EXPECT_FALSE(is_json(""));
}

TEST_F(debugfs, json)
{
	struct zmem_ioc_snapshot snap;
	char value[40], member[100];
	char *text, *end;
	size_t n;

	text = read_with_snapshot(self->fd, self->id, DEBUGFS "/" NAME "/stats.json",
				  &snap);
	ASSERT_NE(NULL, text);
	EXPECT_TRUE(is_json(text));
	EXPECT_EQ(text, strstr(text, "{\"version\":1,\"name\":\"" NAME "\""));
	for (n = 0; n < ARRAY_LEN(fields); n++) {
		format(value, sizeof(value), fields[n].kind, field_of(&snap, n), true);
		snprintf(member, sizeof(member), ",\"%s\":%s", fields[n].name, value);
		end = strstr(text, member);
		EXPECT_TRUE(end && strchr(",}", end[strlen(member)])) {
			TH_LOG("no %s in: %s", member, text);
		}
	}
	free(text);
}

static int words(const char *line)
{
	int nr = 0;

	for (; *line; line++)
		nr += !isspace((unsigned char)*line) &&
		      (!line[1] || isspace((unsigned char)line[1]));
	return nr;
}

/* Every line has as many columns as the header, and ends where it does. */
TEST_F(debugfs, table)
{
	char *text = read_file(DEBUGFS "/caches"), *line, *rest;
	bool seen = false;
	size_t width;
	int columns, lines = 0;

	ASSERT_NE(NULL, text);
	line = strtok_r(text, "\n", &rest);
	ASSERT_STREQ("# zmem caches, version 1", line);
	line = strtok_r(NULL, "\n", &rest);
	ASSERT_NE(NULL, line);
	ASSERT_EQ(line, strstr(line, "# name "));
	columns = words(line + 1);
	width = strlen(line);
	EXPECT_LT(10, columns);
	while ((line = strtok_r(NULL, "\n", &rest))) {
		lines++;
		EXPECT_EQ(columns, words(line));
		EXPECT_EQ(width, strlen(line));
		seen |= !strncmp(line, NAME " ", strlen(NAME " "));
	}
	EXPECT_TRUE(seen);
	EXPECT_LE(37, lines);
	free(text);
}

TEST_F(debugfs, table_json)
{
	char *text = read_file(DEBUGFS "/caches.json");

	ASSERT_NE(NULL, text);
	EXPECT_TRUE(is_json(text));
	EXPECT_EQ(text, strstr(text, "{\"version\":1,\"caches\":["));
	EXPECT_NE(NULL, strstr(text, "\"name\":\"" NAME "\""));
	EXPECT_NE(NULL, strstr(text, "\"name\":\"zmem-64\""));
	free(text);
}

/* A file that is open when its cache goes can be closed, not read. */
TEST_F(debugfs, open_while_destroyed)
{
	int stats = open(DEBUGFS "/" NAME "/stats", O_RDONLY);
	char byte;

	ASSERT_LE(0, stats);
	ASSERT_EQ(1, read(stats, &byte, 1));
	ASSERT_EQ(0, objects_free(self->fd, self->handles + 200, 100));
	ASSERT_EQ(0, cache_destroy(self->fd, self->id));
	EXPECT_EQ(-1, open(DEBUGFS "/" NAME "/stats", O_RDONLY));
	EXPECT_EQ(-1, pread(stats, &byte, 1, 0));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(0, close(stats));
}

struct reader {
	volatile bool stop;
	unsigned long reads;
};

static void *read_all(void *arg)
{
	static const char *const paths[] = {
		DEBUGFS "/test-race/stats", DEBUGFS "/test-race/stats.json",
		DEBUGFS "/caches", DEBUGFS "/caches.json",
	};
	struct reader *reader = arg;
	unsigned int n = 0;
	char *text;

	while (!reader->stop) {
		text = read_file(paths[n++ % ARRAY_LEN(paths)]);
		reader->reads += !!text;
		free(text);
	}
	return NULL;
}

TEST_F_TIMEOUT(debugfs, readers_while_destroyed, 120)
{
	struct reader reader = {};
	pthread_t threads[2];
	size_t n;
	int id;

	for (n = 0; n < ARRAY_LEN(threads); n++)
		ASSERT_EQ(0, pthread_create(&threads[n], NULL, read_all, &reader));
	for (n = 0; n < 200; n++) {
		id = cache_create(self->fd, "test-race", 64);
		ASSERT_LT(0, id);
		if (n % 4 == 0)
			usleep(1000);
		ASSERT_EQ(0, cache_destroy(self->fd, id));
	}
	reader.stop = true;
	for (n = 0; n < ARRAY_LEN(threads); n++)
		pthread_join(threads[n], NULL);
	EXPECT_LT(10, reader.reads);
}

TEST_HARNESS_MAIN
