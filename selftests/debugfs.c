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

/* A part's table: its name, its columns, and how many lines it has at least. */
static const struct {
	const char *file, *columns;
	int lines;
} views[] = {
	{ "magazines",
	  "cpu home node loaded closed hits misses free_hits free_misses failures remote_frees busy",
	  1 },
	{ "nodes",
	  "node full empty objects full_min empty_min exchanges locks contended", 1 },
	{ "slabs", "node slabs empty pages desc_bytes in_use fresh trips", 1 },
	{ "histogram", "from_ns below_ns calls", 32 },
};

/* Whether a line's words are those of a list with single blanks. */
static bool same_words(const char *line, const char *list)
{
	while (*list) {
		size_t n = strcspn(list, " ");

		line += strspn(line, " ");
		if (strncmp(line, list, n) || !strchr(" ", line[n]))
			return false;
		line += n;
		list += n + (list[n] == ' ');
	}
	return !line[strspn(line, " ")];
}

/* The sum of a column of a part's table; -1: no such table or column. */
static long long column_sum(const char *cache, const char *file, int column)
{
	char path[128], *text, *line, *word, *rest, *more;
	long long sum = 0;
	int n;

	snprintf(path, sizeof(path), DEBUGFS "/%s/%s", cache, file);
	text = read_file(path);
	if (!text)
		return -1;
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (*line == '#')
			continue;
		word = strtok_r(line, " ", &more);
		for (n = 0; n < column && word; n++)
			word = strtok_r(NULL, " ", &more);
		if (!word)
			sum = -1;
		if (sum < 0)
			break;
		sum += strtoll(word, NULL, 10);
	}
	free(text);
	return sum;
}

TEST_F(debugfs, views)
{
	char path[128], head[64];
	char *text, *line, *rest;
	size_t v;
	int lines;

	for (v = 0; v < ARRAY_LEN(views); v++) {
		snprintf(path, sizeof(path), DEBUGFS "/" NAME "/%s", views[v].file);
		snprintf(head, sizeof(head), "# zmem %s, version 1", views[v].file);
		text = read_file(path);
		ASSERT_NE(NULL, text);
		line = strtok_r(text, "\n", &rest);
		ASSERT_STREQ(head, line);
		line = strtok_r(NULL, "\n", &rest);
		ASSERT_NE(NULL, line);
		ASSERT_EQ('#', *line);
		EXPECT_TRUE(same_words(line + 1, views[v].columns)) {
			TH_LOG("columns of %s: %s", views[v].file, line);
		}
		for (lines = 0; (line = strtok_r(NULL, "\n", &rest)); lines++)
			EXPECT_EQ(words(views[v].columns), words(line));
		EXPECT_LE(views[v].lines, lines);
		free(text);
	}
}

/* The parts add up to the whole. */
TEST_F(debugfs, views_add_up)
{
	struct zmem_ioc_snapshot snap;

	/* Enough that magazines are exchanged, and the previous one serves. */
	ASSERT_EQ(0, objects_alloc(self->fd, self->id, 0, 0, self->handles, 200));
	ASSERT_EQ(0, objects_free(self->fd, self->handles, 200));
	ASSERT_EQ(0, objects_alloc(self->fd, self->id, 0, 0, self->handles, 200));
	ASSERT_EQ(0, snapshot(self->fd, ZMEM_IOC_BY_ID, self->id, NULL, &snap));
	EXPECT_EQ(700, snap.allocs);
	EXPECT_EQ(snap.hits, column_sum(NAME, "magazines", 5));
	EXPECT_EQ(snap.misses, column_sum(NAME, "magazines", 6));
	EXPECT_EQ(snap.free_hits, column_sum(NAME, "magazines", 7));
	EXPECT_EQ(snap.free_misses, column_sum(NAME, "magazines", 8));
	EXPECT_EQ(snap.exchanges, column_sum(NAME, "nodes", 6));
	EXPECT_EQ(snap.depot_locks, column_sum(NAME, "nodes", 7));
	EXPECT_EQ(snap.slabs, column_sum(NAME, "slabs", 1));
	EXPECT_EQ(snap.fresh, column_sum(NAME, "slabs", 6));
	EXPECT_EQ(snap.objects + snap.cached, column_sum(NAME, "slabs", 5));
}

TEST_F(debugfs, tuner)
{
	static const char *const lines[] = {
		"version: 1\n", "\nmagazine_size: ", "\nmagazine_max: 252\n",
		"\ntune_interval_ms: 1000000\n", "\nnext_ms: ", "\ncontended: ",
		"\nexchanges: ", "\nidle: ", "\nruns: 0\n", "\ngrown: 0\n",
		"\nshrunk: 0\n", "\ntrimmed: 0\n",
	};
	char *text = read_file(DEBUGFS "/" NAME "/tuner"), *from = text;
	size_t n;

	ASSERT_NE(NULL, text);
	for (n = 0; n < ARRAY_LEN(lines); n++) {
		from = strstr(from, lines[n]);
		ASSERT_NE(NULL, from) {
			TH_LOG("no %s in order in: %s", lines[n], text);
		}
	}
	free(text);
}

/* A cache that takes no samples has no histogram, and says so. */
TEST_F(debugfs, no_histogram)
{
	struct zmem_ioc_cache arg = {
		.name = "test-fast", .size = 64, .mode = ZMEM_IOC_MODE_FAST,
	};
	int id = ioctl(self->fd, ZMEM_IOC_CACHE_CREATE, &arg);
	char *text;

	ASSERT_LT(0, id);
	text = read_file(DEBUGFS "/test-fast/histogram");
	ASSERT_NE(NULL, text);
	EXPECT_NE(NULL, strstr(text, "\n           -            -            -\n"));
	free(text);
	ASSERT_EQ(0, cache_destroy(self->fd, id));
}

static int command(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	int error = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		error = errno;
	close(fd);
	return error;
}

#define CONTROL	DEBUGFS "/" NAME "/control"

TEST_F(debugfs, control_sets)
{
	struct zmem_ioc_snapshot snap;

	EXPECT_EQ(0, command(CONTROL, "magazine_max=7\n"));
	EXPECT_EQ(0, command(CONTROL, "depot_max_kib=33"));
	EXPECT_EQ(0, command(CONTROL, "tune_interval_ms=77000\n"));
	ASSERT_EQ(0, snapshot(self->fd, ZMEM_IOC_BY_ID, self->id, NULL, &snap));
	EXPECT_EQ(7, snap.magazine_max);
	EXPECT_EQ(7, snap.magazine_size);
	EXPECT_EQ(33, snap.depot_max_kib);
	EXPECT_EQ(77000, snap.tune_interval_ms);
}

TEST_F(debugfs, control_refuses)
{
	static const struct {
		const char *path, *text;
		int error;
	} bad[] = {
		{ CONTROL, "\n", EINVAL }, { CONTROL, "grow", EINVAL },
		{ CONTROL, "mode=fast", EPERM }, { CONTROL, "mode=1", EPERM },
		{ CONTROL, "debug_flags=1", EPERM }, { CONTROL, "size=1", ENOENT },
		{ CONTROL, "magazine_max=", EINVAL },
		{ CONTROL, "magazine_max=-1", EINVAL },
		{ CONTROL, "magazine_max=0", ERANGE },
		{ CONTROL, "magazine_max=5000", ERANGE },
		{ CONTROL, "magazine_max=99999999999", ERANGE },
		{ CONTROL, "depot_max_kib=0x", EINVAL },
		{ CONTROL,
		  "a command that is longer than any could ever be, which is refused as it stands=1",
		  EINVAL },
		{ DEBUGFS "/control", "magazine_max=8", EINVAL },
		{ DEBUGFS "/control", "drain", EINVAL },
		{ DEBUGFS "/control", "drain cpu ", EINVAL },
		{ DEBUGFS "/control", "drain cpu 100000", ENODEV },
		{ DEBUGFS "/control", "drain cpu -1", EINVAL },
	};
	struct zmem_ioc_snapshot before, after;
	size_t n;

	ASSERT_EQ(0, snapshot(self->fd, ZMEM_IOC_BY_ID, self->id, NULL, &before));
	for (n = 0; n < ARRAY_LEN(bad); n++)
		EXPECT_EQ(bad[n].error, command(bad[n].path, bad[n].text)) {
			TH_LOG("case %zu", n);
		}
	ASSERT_EQ(0, snapshot(self->fd, ZMEM_IOC_BY_ID, self->id, NULL, &after));
	EXPECT_EQ(before.magazine_max, after.magazine_max);
	EXPECT_EQ(before.depot_max_kib, after.depot_max_kib);
	EXPECT_EQ(before.mode, after.mode);
}

TEST_F(debugfs, control_shrinks)
{
	struct zmem_ioc_snapshot snap;

	ASSERT_EQ(0, snapshot(self->fd, ZMEM_IOC_BY_ID, self->id, NULL, &snap));
	ASSERT_LT(0, snap.cached);
	EXPECT_EQ(0, command(CONTROL, "shrink\n"));
	ASSERT_EQ(0, snapshot(self->fd, ZMEM_IOC_BY_ID, self->id, NULL, &snap));
	EXPECT_EQ(0, snap.cached);
	EXPECT_EQ(100, snap.objects);

	ASSERT_EQ(0, objects_free(self->fd, self->handles + 200, 50));
	ASSERT_EQ(0, snapshot(self->fd, ZMEM_IOC_BY_ID, self->id, NULL, &snap));
	ASSERT_LT(0, snap.cached);
	EXPECT_EQ(0, command(DEBUGFS "/control", "shrink"));
	ASSERT_EQ(0, snapshot(self->fd, ZMEM_IOC_BY_ID, self->id, NULL, &snap));
	EXPECT_EQ(0, snap.cached);
	EXPECT_EQ(50, snap.objects);
}

/* Draining all CPUs by name leaves only the depots' objects. */
TEST_F(debugfs, control_drains)
{
	char text[40];
	long cpu, cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct zmem_ioc_snapshot snap;

	for (cpu = 0; cpu < cpus; cpu++) {
		snprintf(text, sizeof(text), "drain cpu %ld\n", cpu);
		EXPECT_EQ(0, command(DEBUGFS "/control", text));
	}
	ASSERT_EQ(0, snapshot(self->fd, ZMEM_IOC_BY_ID, self->id, NULL, &snap));
	EXPECT_EQ(snap.cached, column_sum(NAME, "nodes", 3));
	EXPECT_EQ(0, column_sum(NAME, "magazines", 3));
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
		DEBUGFS "/test-race/magazines", DEBUGFS "/test-race/nodes",
		DEBUGFS "/test-race/slabs", DEBUGFS "/test-race/histogram",
		DEBUGFS "/test-race/tuner",
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
