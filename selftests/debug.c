// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Debug caches from outside: their flags, who allocated what, validation. */
#include "zmem_test.h"
#include "kselftest_harness.h"

#define NAME	"test-debug"
#define COUNT	7

static int debug_create(int fd, const char *name, uint32_t mode, uint32_t flags)
{
	struct zmem_ioc_cache arg = { .size = 100, .mode = mode, .debug_flags = flags };

	snprintf(arg.name, sizeof(arg.name), "%s", name);
	return ioctl(fd, ZMEM_IOC_CACHE_CREATE, &arg);
}

FIXTURE(debug) {
	int fd, id;
	uint64_t handles[COUNT];
};

FIXTURE_SETUP(debug)
{
	self->fd = open(DEVICE, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->id = debug_create(self->fd, NAME, ZMEM_IOC_MODE_DEBUG, 0);
	ASSERT_LT(0, self->id);
	ASSERT_EQ(0, objects_alloc(self->fd, self->id, 0, 0, self->handles, COUNT));
}

FIXTURE_TEARDOWN(debug)
{
	close(self->fd);
}

static uint32_t flags_of(int fd, int id)
{
	struct zmem_ioc_snapshot snap;

	return snapshot(fd, ZMEM_IOC_BY_ID, id, NULL, &snap) ? UINT32_MAX : snap.debug_flags;
}

/* All checks unless some are named; those of another mode are refused. */
TEST_F(debug, flags)
{
	int id;

	EXPECT_EQ(0x1f, flags_of(self->fd, self->id));
	id = debug_create(self->fd, "test-some", 0, ZMEM_IOC_DEBUG_POISON);
	ASSERT_LT(0, id);
	EXPECT_EQ(ZMEM_IOC_DEBUG_POISON, flags_of(self->fd, id));
	ASSERT_EQ(0, cache_destroy(self->fd, id));
	id = debug_create(self->fd, "test-random", ZMEM_IOC_MODE_FAST, ZMEM_IOC_DEBUG_RANDOM);
	ASSERT_LT(0, id);
	EXPECT_EQ(ZMEM_IOC_DEBUG_RANDOM, flags_of(self->fd, id));
	ASSERT_EQ(0, cache_destroy(self->fd, id));
	EXPECT_EQ(-1, debug_create(self->fd, "test-bad", ZMEM_IOC_MODE_FAST,
				   ZMEM_IOC_DEBUG_POISON));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, debug_create(self->fd, "test-bad", 0, 0x40));
	EXPECT_EQ(EINVAL, errno);
}

/* What is asked for is known to the byte. */
TEST_F(debug, requested)
{
	struct zmem_ioc_snapshot snap;

	ASSERT_EQ(0, snapshot(self->fd, ZMEM_IOC_BY_ID, self->id, NULL, &snap));
	EXPECT_EQ(100 * COUNT, snap.bytes_requested);
	EXPECT_LT(100, snap.size);
	EXPECT_EQ(0, snap.hits);
}

struct traces {
	long objects, bytes, lines;
	bool named;
};

/* The sums of a table of traces, and whether each line names functions. */
static bool traces_read(const char *cache, struct traces *t)
{
	char path[128], site[256], callers[2048], *text, *line, *rest;

	memset(t, 0, sizeof(*t));
	t->named = true;
	snprintf(path, sizeof(path), DEBUGFS "/%s/traces", cache);
	text = read_file(path);
	if (!text)
		return false;
	line = strtok_r(text, "\n", &rest);
	if (!line || strcmp(line, "# zmem traces, version 1"))
		t->named = false;
	line = strtok_r(NULL, "\n", &rest);
	if (!line || strncmp(line, "# objects ", 10))
		t->named = false;
	while ((line = strtok_r(NULL, "\n", &rest))) {
		long objects = 0, bytes = 0, newest = 1, oldest = 0;

		if (sscanf(line, "%ld %ld %ld %ld %255s %2047s", &objects, &bytes, &newest,
			   &oldest, site, callers) != 6 || newest > oldest ||
		    !strstr(site, "+0x") || !strstr(callers, "+0x"))
			t->named = false;
		t->objects += objects;
		t->bytes += bytes;
		t->lines++;
	}
	free(text);
	return true;
}

TEST_F(debug, traces)
{
	struct traces t;

	ASSERT_TRUE(traces_read(NAME, &t));
	EXPECT_TRUE(t.named);
	EXPECT_EQ(1, t.lines);
	EXPECT_EQ(COUNT, t.objects);
	EXPECT_EQ(100 * COUNT, t.bytes);
	ASSERT_EQ(0, objects_free(self->fd, self->handles, 3));
	ASSERT_TRUE(traces_read(NAME, &t));
	EXPECT_EQ(COUNT - 3, t.objects);
	ASSERT_EQ(0, objects_free(self->fd, self->handles + 3, COUNT - 3));
	ASSERT_TRUE(traces_read(NAME, &t));
	EXPECT_EQ(0, t.lines);
}

/* A cache that does not know says so. */
TEST_F(debug, no_traces)
{
	int id = cache_create(self->fd, "test-plain", 64);
	char *text;

	ASSERT_LT(0, id);
	text = read_file(DEBUGFS "/test-plain/traces");
	ASSERT_NE(NULL, text);
	EXPECT_NE(NULL, strstr(text, " - -\n"));
	free(text);
	ASSERT_EQ(0, cache_destroy(self->fd, id));
}

static int validate(int fd, struct zmem_ioc_validate *arg)
{
	return ioctl(fd, ZMEM_IOC_VALIDATE, arg) ? -errno : 0;
}

TEST_F(debug, validate)
{
	struct zmem_ioc_validate arg = { .cache = self->id, .errors = 99 };

	EXPECT_EQ(0, validate(self->fd, &arg));
	EXPECT_EQ(0, arg.errors);
	EXPECT_EQ(0, write_file(DEBUGFS "/" NAME "/control", "validate\n"));
	EXPECT_EQ(0, write_file(DEBUGFS "/control", "validate " NAME "\n"));
	EXPECT_EQ(0, write_file(DEBUGFS "/control", "validate"));
	EXPECT_EQ(-ENOENT, write_file(DEBUGFS "/control", "validate no-such-cache"));
	EXPECT_EQ(-EINVAL, write_file(DEBUGFS "/control", "validated"));
	arg.reserved = 1;
	EXPECT_EQ(-EINVAL, validate(self->fd, &arg));
	arg = (struct zmem_ioc_validate){ .cache = self->id + 1000 };
	EXPECT_EQ(-ENOENT, validate(self->fd, &arg));
}

/* A workload finds its objects' bytes as it left them, and no misuse. */
TEST_F(debug, workload)
{
	struct zmem_ioc_snapshot snap;
	uint32_t cpu = 0;
	struct zmem_ioc_run run = {
		.cpus = (uintptr_t)&cpu,
		.nr_cpus = 1,
		.kind = ZMEM_IOC_RUN_MIX,
		.ops = 20000,
		.cache = self->id,
		.held = 500,
		.node = ZMEM_IOC_NODE_ANY,
		.flags = ZMEM_IOC_FILL,
	};

	ASSERT_EQ(0, ioctl(self->fd, ZMEM_IOC_RUN, &run)) {
		TH_LOG("error %d", errno);
	}
	EXPECT_EQ(0, run.mismatches);
	EXPECT_EQ(run.allocs, run.frees);
	ASSERT_EQ(0, snapshot(self->fd, ZMEM_IOC_BY_ID, self->id, NULL, &snap));
	EXPECT_EQ(0, snap.errors);
	EXPECT_EQ(COUNT, snap.objects);
	EXPECT_EQ(100 * COUNT, snap.bytes_requested);
	EXPECT_EQ(0, write_file(DEBUGFS "/" NAME "/control", "validate"));
}

TEST_HARNESS_MAIN
