// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What /dev/zmem refuses: each bad request has its documented errno, and
 * leaves everything as it was.
 */
#include <linux/capability.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "zmem_test.h"
#include "kselftest_harness.h"

#define NR_LIVE	4

/* Nothing is mapped there, and nobody may map it. */
#define BAD_POINTER	((void *)(uintptr_t)0xdead000000000000)

FIXTURE(dev) {
	int fd;
	int cache;
	uint64_t live[NR_LIVE];
};

FIXTURE_SETUP(dev)
{
	self->fd = open(DEVICE, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->cache = cache_create(self->fd, "test-errors", 96);
	ASSERT_LT(0, self->cache);
	ASSERT_EQ(0, objects_alloc(self->fd, self->cache, 0, ZMEM_IOC_FILL,
				   self->live, NR_LIVE));
}

FIXTURE_TEARDOWN(dev)
{
	EXPECT_EQ(NR_LIVE, objects_good(self->fd, self->live, NR_LIVE));
	EXPECT_EQ(0, objects_free(self->fd, self->live, NR_LIVE));
	EXPECT_EQ(0, cache_destroy(self->fd, self->cache));
	close(self->fd);
}

/* The call fails with the errno, and nothing was lost or gained by it. */
#define EXPECT_REFUSED(_errno, _call) do {				\
	struct state before_ = state_of(self->fd), after_;		\
	int ret_ = (_call), errno_ = errno;				\
									\
	after_ = state_of(self->fd);					\
	EXPECT_EQ(-1, ret_);						\
	EXPECT_EQ(_errno, errno_) {					\
		TH_LOG("%s", #_call);					\
	}								\
	EXPECT_TRUE(same_state(&before_, &after_)) {			\
		TH_LOG("%s", #_call);					\
	}								\
} while (0)

/* The same request with a structure of another size. */
#define RESIZED(_cmd, _size) \
	_IOC(_IOC_DIR(_cmd), _IOC_TYPE(_cmd), _IOC_NR(_cmd), _size)

static const struct zmem_ioc_cache good_cache = {
	.name = "test-errors-2", .size = 64,
};

TEST_F(dev, unknown)
{
	char arg[512] = {};

	EXPECT_REFUSED(ENOTTY, ioctl(self->fd, _IO(ZMEM_IOC_MAGIC, 0x4f), arg));
	EXPECT_REFUSED(ENOTTY, ioctl(self->fd, _IO(ZMEM_IOC_MAGIC, 0x3f), arg));
	EXPECT_REFUSED(ENOTTY, ioctl(self->fd, _IO(ZMEM_IOC_MAGIC, 0xff), arg));
	/* Another driver's, and one of ours in the wrong direction. */
	EXPECT_REFUSED(ENOTTY, ioctl(self->fd, 0x5401, arg));
	EXPECT_REFUSED(ENOTTY, ioctl(self->fd, _IOR(ZMEM_IOC_MAGIC, 0x44, char[32]), arg));
}

/* Each request, one byte short of its first version, and without any. */
TEST_F(dev, short_struct)
{
	static const unsigned int requests[] = {
		ZMEM_IOC_INFO, ZMEM_IOC_CACHE_CREATE, ZMEM_IOC_CACHE_DESTROY,
		ZMEM_IOC_CACHE_SHRINK, ZMEM_IOC_ALLOC, ZMEM_IOC_FREE,
		ZMEM_IOC_VERIFY, ZMEM_IOC_RUN, ZMEM_IOC_SNAPSHOT,
	};
	char arg[512] = {};
	size_t n;

	for (n = 0; n < ARRAY_LEN(requests); n++) {
		unsigned int cmd = requests[n];

		EXPECT_REFUSED(EINVAL, ioctl(self->fd, RESIZED(cmd, _IOC_SIZE(cmd) - 1), arg));
		EXPECT_REFUSED(EINVAL, ioctl(self->fd, RESIZED(cmd, 0), arg));
	}
}

TEST_F(dev, overlong_struct)
{
	struct {
		struct zmem_ioc_cache cache;
		uint64_t more;
	} arg = { .cache = good_cache, .more = 1 };
	unsigned int cmd = RESIZED(ZMEM_IOC_CACHE_CREATE, sizeof(arg));
	int id;

	EXPECT_REFUSED(E2BIG, ioctl(self->fd, cmd, &arg));
	arg.more = 0;
	id = ioctl(self->fd, cmd, &arg);
	EXPECT_LT(0, id);
	EXPECT_EQ(0, cache_destroy(self->fd, id));
}

TEST_F(dev, reserved)
{
	struct zmem_ioc_info info = { .reserved = 1 };
	struct zmem_ioc_target target = { .cache = self->cache, .reserved = 1 };
	struct zmem_ioc_handles handles = {
		.handles = (uintptr_t)self->live, .count = NR_LIVE, .reserved = 1,
	};
	struct zmem_ioc_run run = {
		.ops = 1, .held = 1, .size = 64, .reserved = 1,
	};

	EXPECT_REFUSED(EINVAL, ioctl(self->fd, ZMEM_IOC_INFO, &info));
	EXPECT_REFUSED(EINVAL, ioctl(self->fd, ZMEM_IOC_CACHE_SHRINK, &target));
	EXPECT_REFUSED(EINVAL, ioctl(self->fd, ZMEM_IOC_CACHE_DESTROY, &target));
	EXPECT_REFUSED(EINVAL, ioctl(self->fd, ZMEM_IOC_FREE, &handles));
	EXPECT_REFUSED(EINVAL, ioctl(self->fd, ZMEM_IOC_VERIFY, &handles));
	EXPECT_REFUSED(EINVAL, ioctl(self->fd, ZMEM_IOC_RUN, &run));
}

TEST_F(dev, pointers)
{
	static const unsigned int requests[] = {
		ZMEM_IOC_INFO, ZMEM_IOC_CACHE_CREATE, ZMEM_IOC_CACHE_DESTROY,
		ZMEM_IOC_CACHE_SHRINK, ZMEM_IOC_ALLOC, ZMEM_IOC_FREE,
		ZMEM_IOC_VERIFY, ZMEM_IOC_RUN, ZMEM_IOC_SNAPSHOT,
	};
	size_t n;

	for (n = 0; n < ARRAY_LEN(requests); n++) {
		EXPECT_REFUSED(EFAULT, ioctl(self->fd, requests[n], NULL));
		EXPECT_REFUSED(EFAULT, ioctl(self->fd, requests[n], BAD_POINTER));
	}
}

/* Lists that cannot be read, or, when all is allocated, not be written. */
TEST_F(dev, list_pointers)
{
	uint64_t *list = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct zmem_ioc_run run = {
		.cpus = (uintptr_t)BAD_POINTER, .nr_cpus = 1, .ops = 1,
		.held = 1, .size = 64, .node = ZMEM_IOC_NODE_ANY,
	};

	ASSERT_NE(MAP_FAILED, list);
	ASSERT_EQ(0, munmap(list + 512, 4096));

	EXPECT_REFUSED(EFAULT, objects_alloc(self->fd, self->cache, 0, 0, NULL, 4));
	EXPECT_REFUSED(EFAULT, objects_alloc(self->fd, self->cache, 0, 0, BAD_POINTER, 4));
	EXPECT_REFUSED(EFAULT, objects_alloc(self->fd, self->cache, 0, 0, list + 510, 4));
	EXPECT_REFUSED(EFAULT, objects_alloc(self->fd, 0, 100000, 0, list + 510, 4));
	EXPECT_REFUSED(EFAULT, objects_free(self->fd, NULL, 1));
	EXPECT_REFUSED(EFAULT, objects_free(self->fd, list + 510, 4));
	EXPECT_REFUSED(EFAULT, objects_good(self->fd, BAD_POINTER, 1));
	EXPECT_REFUSED(EFAULT, ioctl(self->fd, ZMEM_IOC_RUN, &run));
	munmap(list, 4096);
}

/* Results into memory that may only be read. */
TEST_F(dev, read_only_results)
{
	struct zmem_ioc_snapshot *snap = mmap(NULL, 4096, PROT_READ,
					      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, snap);
	EXPECT_REFUSED(EFAULT, ioctl(self->fd, ZMEM_IOC_SNAPSHOT, snap));
	EXPECT_REFUSED(EFAULT, ioctl(self->fd, ZMEM_IOC_INFO, snap));
	munmap(snap, 4096);
}

TEST_F(dev, names)
{
	static const char *const bad[] = {
		"", "a/b", "../x", ".", "..", "with blank", "new\nline", "tab\t", "\177",
	};
	struct zmem_ioc_cache arg = good_cache;
	size_t n;

	for (n = 0; n < ARRAY_LEN(bad); n++)
		EXPECT_REFUSED(EINVAL, cache_create(self->fd, bad[n], 64));

	memset(arg.name, 'x', sizeof(arg.name));
	EXPECT_REFUSED(EINVAL, ioctl(self->fd, ZMEM_IOC_CACHE_CREATE, &arg));

	EXPECT_REFUSED(EEXIST, cache_create(self->fd, "test-errors", 96));
	EXPECT_REFUSED(EEXIST, cache_create(self->fd, "zmem-64", 64));
}

TEST_F(dev, caches)
{
	struct zmem_ioc_cache arg;

#define EXPECT_BAD_CACHE(_field, _value) do {				\
	arg = good_cache;						\
	arg._field = _value;						\
	EXPECT_REFUSED(EINVAL, ioctl(self->fd, ZMEM_IOC_CACHE_CREATE, &arg)); \
} while (0)
	EXPECT_BAD_CACHE(size, 0);
	EXPECT_BAD_CACHE(size, 32769);
	EXPECT_BAD_CACHE(size, UINT_MAX);
	EXPECT_BAD_CACHE(align, 3);
	EXPECT_BAD_CACHE(align, 8192);
	EXPECT_BAD_CACHE(align, 1u << 31);
	EXPECT_BAD_CACHE(flags, 8);
	EXPECT_BAD_CACHE(flags, UINT_MAX);
	EXPECT_BAD_CACHE(mode, 4);
	EXPECT_BAD_CACHE(mode, UINT_MAX);
	EXPECT_BAD_CACHE(magazine_max, UINT_MAX);
	EXPECT_BAD_CACHE(depot_max_kib, UINT_MAX);
}

TEST_F(dev, cache_ids)
{
	struct zmem_ioc_target target = {};
	struct zmem_ioc_snapshot snap;
	uint64_t handle;
	int other = open(DEVICE, O_RDWR);
	int theirs, gone;

	ASSERT_LE(0, other);
	theirs = cache_create(other, "test-theirs", 64);
	ASSERT_LT(0, theirs);
	gone = cache_create(self->fd, "test-gone", 64);
	ASSERT_LT(0, gone);
	ASSERT_EQ(0, cache_destroy(self->fd, gone));

	EXPECT_REFUSED(ENOENT, cache_destroy(self->fd, 0));
	EXPECT_REFUSED(ENOENT, cache_destroy(self->fd, UINT_MAX));
	EXPECT_REFUSED(ENOENT, cache_destroy(self->fd, theirs));
	EXPECT_REFUSED(ENOENT, cache_destroy(self->fd, gone));
	EXPECT_REFUSED(ENOENT, objects_alloc(self->fd, theirs, 0, 0, &handle, 1));
	EXPECT_REFUSED(ENOENT, objects_alloc(self->fd, gone, 0, 0, &handle, 1));
	target.cache = theirs;
	EXPECT_REFUSED(ENOENT, ioctl(self->fd, ZMEM_IOC_CACHE_SHRINK, &target));
	EXPECT_REFUSED(ENOENT, snapshot(self->fd, ZMEM_IOC_BY_ID, theirs, NULL, &snap));
	EXPECT_REFUSED(ENOENT, snapshot(self->fd, ZMEM_IOC_BY_ID, gone, NULL, &snap));

	/* With live objects it stays. */
	EXPECT_REFUSED(EBUSY, cache_destroy(self->fd, self->cache));
	close(other);
}

TEST_F(dev, cache_quota)
{
	int ids[ZMEM_IOC_CACHES_MAX - 1];
	char name[ZMEM_IOC_NAME_MAX];
	size_t n;

	for (n = 0; n < ARRAY_LEN(ids); n++) {
		snprintf(name, sizeof(name), "test-quota-%zu", n);
		ids[n] = cache_create(self->fd, name, 64);
		ASSERT_LT(0, ids[n]);
	}
	EXPECT_REFUSED(EDQUOT, cache_create(self->fd, "test-quota", 64));
	for (n = 0; n < ARRAY_LEN(ids); n++)
		EXPECT_EQ(0, cache_destroy(self->fd, ids[n]));
}

TEST_F(dev, allocations)
{
	struct zmem_ioc_alloc arg;
	uint64_t handles[4];

#define EXPECT_BAD_ALLOC(_errno, ...) do {				\
	arg = (struct zmem_ioc_alloc) {					\
		.handles = (uintptr_t)handles, .count = 4,		\
		.node = ZMEM_IOC_NODE_ANY, __VA_ARGS__			\
	};								\
	EXPECT_REFUSED(_errno, ioctl(self->fd, ZMEM_IOC_ALLOC, &arg));	\
} while (0)
	EXPECT_BAD_ALLOC(EINVAL, .size = 0);
	EXPECT_BAD_ALLOC(EINVAL, .size = 96, .cache = self->cache);
	EXPECT_BAD_ALLOC(EINVAL, .size = 64, .flags = 0x80);
	EXPECT_BAD_ALLOC(EINVAL, .size = 64, .flags = UINT_MAX);
	EXPECT_BAD_ALLOC(EINVAL, .size = 64, .flags = ZMEM_IOC_FILL | ZMEM_IOC_GFP_ZERO);
	EXPECT_BAD_ALLOC(EINVAL, .size = 64,
			 .flags = ZMEM_IOC_GFP_DMA | ZMEM_IOC_GFP_DMA32);
	EXPECT_BAD_ALLOC(EINVAL, .cache = self->cache, .flags = ZMEM_IOC_GFP_DMA);
	EXPECT_BAD_ALLOC(EINVAL, .cache = self->cache, .flags = ZMEM_IOC_GFP_ACCOUNT);
	EXPECT_BAD_ALLOC(E2BIG, .size = (4 << 20) + 1);
	EXPECT_BAD_ALLOC(E2BIG, .size = ULLONG_MAX);
	EXPECT_BAD_ALLOC(ENODEV, .size = 64, .node = -2);
	EXPECT_BAD_ALLOC(ENODEV, .size = 64, .node = 63);
	EXPECT_BAD_ALLOC(ENODEV, .size = 64, .node = INT_MAX);
	EXPECT_BAD_ALLOC(ENODEV, .size = 64, .node = INT_MIN);

	EXPECT_REFUSED(EINVAL, objects_alloc(self->fd, 0, 64, 0, handles, 0));
	EXPECT_REFUSED(E2BIG, objects_alloc(self->fd, 0, 64, 0, handles,
					    ZMEM_IOC_COUNT_MAX + 1));
	EXPECT_REFUSED(E2BIG, objects_alloc(self->fd, 0, 64, 0, handles, UINT_MAX));
}

/* More than the file may hold: refused after the budget was used up. */
TEST_F(dev, budget)
{
	struct zmem_ioc_info info = {};
	uint64_t *handles = calloc(ZMEM_IOC_COUNT_MAX, sizeof(*handles));
	uint32_t fit;

	ASSERT_NE(NULL, handles);
	ASSERT_EQ(0, ioctl(self->fd, ZMEM_IOC_INFO, &info));
	fit = (info.budget - info.used) >> 16;
	ASSERT_GT(ZMEM_IOC_COUNT_MAX, fit);
	EXPECT_REFUSED(EDQUOT, objects_alloc(self->fd, 0, 1 << 16, 0, handles,
					     fit + 1));
	free(handles);
}

TEST_F(dev, handles)
{
	uint64_t list[] = {
		self->live[0], self->live[1], self->live[2], 0,
	};
	uint64_t stale, again, theirs;
	int other = open(DEVICE, O_RDWR);

	ASSERT_LE(0, other);
	ASSERT_EQ(0, objects_alloc(other, 0, 64, ZMEM_IOC_FILL, &theirs, 1));
	ASSERT_EQ(0, objects_alloc(self->fd, 0, 64, ZMEM_IOC_FILL, &stale, 1));
	ASSERT_EQ(0, objects_free(self->fd, &stale, 1));

	/* Double free, while the index is free and when it is not. */
	EXPECT_REFUSED(ENOENT, objects_free(self->fd, &stale, 1));
	ASSERT_EQ(0, objects_alloc(self->fd, 0, 64, ZMEM_IOC_FILL, &again, 1));
	EXPECT_REFUSED(ENOENT, objects_free(self->fd, &stale, 1));
	EXPECT_REFUSED(ENOENT, objects_good(self->fd, &stale, 1));

	/* Another file's, here and as it was given. */
	EXPECT_REFUSED(ENOENT, objects_free(self->fd, &theirs, 1));
	EXPECT_REFUSED(ENOENT, objects_good(self->fd, &theirs, 1));
	EXPECT_EQ(1, objects_good(other, &theirs, 1));

	/* A list with one bad entry, or with one twice, frees nothing. */
	EXPECT_REFUSED(ENOENT, objects_free(self->fd, list, 4));
	list[3] = ULLONG_MAX;
	EXPECT_REFUSED(ENOENT, objects_free(self->fd, list, 4));
	list[3] = self->live[1];
	EXPECT_REFUSED(ENOENT, objects_free(self->fd, list, 4));
	list[3] = stale;
	EXPECT_REFUSED(ENOENT, objects_free(self->fd, list, 4));

	EXPECT_REFUSED(EINVAL, objects_free(self->fd, list, 0));
	EXPECT_REFUSED(E2BIG, objects_free(self->fd, list, ZMEM_IOC_COUNT_MAX + 1));
	EXPECT_REFUSED(E2BIG, objects_free(self->fd, list, UINT_MAX));
	EXPECT_REFUSED(EINVAL, objects_good(self->fd, list, 0));
	EXPECT_REFUSED(E2BIG, objects_good(self->fd, list, UINT_MAX));

	EXPECT_EQ(1, objects_good(self->fd, &again, 1));
	EXPECT_EQ(0, objects_free(self->fd, &again, 1));
	close(other);
}

TEST_F(dev, runs)
{
	uint32_t cpus[] = { 0, 0 }, far[] = { 0, 100000 };
	struct zmem_ioc_run arg;

#define EXPECT_BAD_RUN(_errno, ...) do {				\
	arg = (struct zmem_ioc_run) {					\
		.ops = 100, .held = 10, .size = 64,			\
		.node = ZMEM_IOC_NODE_ANY, __VA_ARGS__			\
	};								\
	EXPECT_REFUSED(_errno, ioctl(self->fd, ZMEM_IOC_RUN, &arg));	\
} while (0)
	EXPECT_BAD_RUN(EINVAL, .kind = 4);
	EXPECT_BAD_RUN(EINVAL, .kind = UINT_MAX);
	EXPECT_BAD_RUN(EINVAL, .kind = ZMEM_IOC_RUN_BULK);
	EXPECT_BAD_RUN(EINVAL, .kind = ZMEM_IOC_RUN_BULK, .size = 0,
		       .cache = self->cache, .node = 0);
	EXPECT_BAD_RUN(EINVAL, .ops = 0);
	EXPECT_BAD_RUN(EINVAL, .held = 0);
	EXPECT_BAD_RUN(EINVAL, .size = 0);
	EXPECT_BAD_RUN(EINVAL, .cache = self->cache);
	EXPECT_BAD_RUN(EINVAL, .size_max = 63);
	EXPECT_BAD_RUN(EINVAL, .size = 0, .cache = self->cache, .size_max = 64);
	EXPECT_BAD_RUN(EINVAL, .flags = ZMEM_IOC_GFP_ACCOUNT);
	EXPECT_BAD_RUN(EINVAL, .flags = 0x80);
	EXPECT_BAD_RUN(EINVAL, .cpus = 1);
	EXPECT_BAD_RUN(EINVAL, .cpus = (uintptr_t)cpus, .nr_cpus = 2);
	EXPECT_BAD_RUN(E2BIG, .cpus = (uintptr_t)cpus,
		       .nr_cpus = ZMEM_IOC_CPUS_MAX + 1);
	EXPECT_BAD_RUN(E2BIG, .cpus = (uintptr_t)cpus, .nr_cpus = UINT_MAX);
	EXPECT_BAD_RUN(E2BIG, .held = ZMEM_IOC_HELD_MAX + 1);
	EXPECT_BAD_RUN(E2BIG, .size = (4 << 20) + 1);
	EXPECT_BAD_RUN(E2BIG, .size_max = ULLONG_MAX);
	EXPECT_BAD_RUN(ENODEV, .cpus = (uintptr_t)far, .nr_cpus = 2);
	EXPECT_BAD_RUN(ENODEV, .node = 63);
	EXPECT_BAD_RUN(ENODEV, .node = -2);
	EXPECT_BAD_RUN(ENOENT, .size = 0, .cache = INT_MAX);
	EXPECT_BAD_RUN(EDQUOT, .held = ZMEM_IOC_HELD_MAX, .size_max = 4 << 20);
}

TEST_F(dev, snapshots)
{
	struct zmem_ioc_snapshot arg = { .by = ZMEM_IOC_BY_NAME };

	EXPECT_REFUSED(EINVAL, snapshot(self->fd, 3, 0, NULL, &arg));
	EXPECT_REFUSED(ENOENT, snapshot(self->fd, ZMEM_IOC_BY_INDEX, UINT_MAX, NULL, &arg));
	EXPECT_REFUSED(ENOENT, snapshot(self->fd, ZMEM_IOC_BY_NAME, 0, "no-such", &arg));
	EXPECT_REFUSED(ENOENT, snapshot(self->fd, ZMEM_IOC_BY_NAME, 0, "", &arg));
	arg.by = ZMEM_IOC_BY_NAME;
	memset(arg.name, 'x', sizeof(arg.name));
	EXPECT_REFUSED(EINVAL, ioctl(self->fd, ZMEM_IOC_SNAPSHOT, &arg));
}

/* A stream that ends in its header or behind it, and one that is not there. */
TEST_F(dev, truncated_stream)
{
	struct zmem_stream_header header = {
		.magic = ZMEM_STREAM_MAGIC,
		.version = ZMEM_STREAM_VERSION,
		.header_bytes = sizeof(struct zmem_stream_header),
		.cache_bytes = sizeof(struct zmem_stream_cache),
		.event_bytes = sizeof(struct zmem_stream_event),
		.trailer_bytes = sizeof(struct zmem_stream_trailer),
		.nr_caches = 1,
		.nr_objects = 1,
		.nr_cpus = 1,
		.nr_nodes = 1,
		.nr_events = 2,
	};
	struct zmem_replay arg = {
		.stream = (uintptr_t)&header,
		.stream_bytes = sizeof(header) / 2,
		.target = ZMEM_REPLAY_ZMEM,
		.repeats = 1,
	};

	EXPECT_REFUSED(ENODATA, ioctl(self->fd, ZMEM_IOC_REPLAY, &arg));
	arg.stream_bytes = sizeof(header);
	EXPECT_REFUSED(ENODATA, ioctl(self->fd, ZMEM_IOC_REPLAY, &arg));
	arg.stream = 0;
	EXPECT_REFUSED(EFAULT, ioctl(self->fd, ZMEM_IOC_REPLAY, &arg));
	EXPECT_REFUSED(EFAULT, ioctl(self->fd, ZMEM_IOC_REPLAY, NULL));
}

static void drop_admin(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		_exit(255);
	data[0].effective &= ~(1u << CAP_SYS_ADMIN);
	if (syscall(SYS_capset, &header, data))
		_exit(255);
}

static void become_nobody(void)
{
	if (setgid(65534) || setuid(65534))
		_exit(255);
}

/* The errno with which a child that gave something up fails to open. */
static int open_without(void (*give_up)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		give_up();
		_exit(open(DEVICE, O_RDWR) < 0 ? errno : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

TEST_F(dev, unprivileged)
{
	/* Root without the capability meets the driver, others the mode. */
	EXPECT_EQ(EPERM, open_without(drop_admin));
	EXPECT_EQ(EACCES, open_without(become_nobody));
}

TEST_HARNESS_MAIN
