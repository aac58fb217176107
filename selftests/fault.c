// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Every allocation and every copy that a request makes in the module fails in
 * turn, by the kernel's fault injection (/proc/thread-self/fail-nth): the
 * request says so, nothing is lost, and it works right afterwards.
 *
 * fault.sh sets the framework up, so that only calls from within the module
 * count, and keeps the stack of each failure.
 */
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include "zmem_test.h"
#include "stream.h"
#include "kselftest_harness.h"

#define MODULE	"/zmem/zmem.ko"

/* Far more than any request makes. */
#define FAULTS_MAX	3000
#define ROUNDS_MAX	5

/* A machine at work on other things is slow with a kernel that checks all. */
#define TIMEOUT		600

FIXTURE(fault) {
	int fd;
	int nth;
	int cache;
	struct test_stream stream;
};

typedef int (*fault_fn)(FIXTURE_DATA(fault) *self);

static bool nth_set(int nth, unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	return pwrite(nth, text, len, 0) == len;
}

/* Of the last n; 0: the failure came. */
static unsigned int nth_left(int nth)
{
	char text[16] = "";

	return pread(nth, text, sizeof(text) - 1, 0) > 0 ? strtoul(text, NULL, 10) : ~0u;
}

FIXTURE_SETUP(fault)
{
	self->fd = open(DEVICE, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->nth = open("/proc/thread-self/fail-nth", O_RDWR);
	ASSERT_LE(0, self->nth);
	self->cache = cache_create(self->fd, "test-fault", 200);
	ASSERT_LT(0, self->cache);
	stream_make(&self->stream, 100000);
}

FIXTURE_TEARDOWN(fault)
{
	struct zmem_ioc_info info = {};

	EXPECT_EQ(0, cache_destroy(self->fd, self->cache));
	EXPECT_EQ(0, ioctl(self->fd, ZMEM_IOC_INFO, &info));
	EXPECT_EQ(0, info.used);
	EXPECT_EQ(0, info.objects);
	EXPECT_EQ(0, info.caches);
	close(self->nth);
	close(self->fd);
}

/*
 * Files in debugfs take most of the allocations of a cache's making, and nobody
 * minds whether they fail: once is enough.
 */
static bool spare_debugfs(bool spare)
{
	return !write_file("/sys/kernel/slab/dentry/failslab", spare ? "0" : "1");
}

/*
 * Whether pages fail, too.  When one is wanted depends on what was before: with
 * this on, another call is the n-th each time, and some are never.
 */
static bool pages_fail(bool on)
{
	return !write_file("/sys/kernel/debug/fail_page_alloc/min-order", on ? "0" : "99");
}

/* Which errors a failed allocation or copy may become. */
static bool is_good_error(int err)
{
	return err == ENOMEM || err == EFAULT;
}

/* Each of a request's allocations in turn; returns how many failed. */
static unsigned int fail_each(struct __test_metadata *_metadata, FIXTURE_DATA(fault) *self,
			      fault_fn fn)
{
	unsigned int n, left = 0;
	int ret, err;

	for (n = 1; !left && n < FAULTS_MAX; n++) {
		ASSERT_TRUE(nth_set(self->nth, n));
		ret = fn(self);
		err = errno;
		left = nth_left(self->nth);
		ASSERT_TRUE(nth_set(self->nth, 0));
		/* Some calls can do with less: a fault need not be an error. */
		if (ret >= 0)
			continue;
		EXPECT_EQ(0, left);
		EXPECT_TRUE(is_good_error(err)) {
			TH_LOG("fault %u: %s", n, strerror(err));
		}
	}
	EXPECT_LT(0, left);
	return n - 2;
}

/*
 * A request that allocates once more than the last, since a slab was used up,
 * lets a fault slip past the call that it was meant for.  So all is done twice
 * at least, and until a round meets as many faults as the one before.
 */
static void with_faults(struct __test_metadata *_metadata, FIXTURE_DATA(fault) *self,
			fault_fn fn, unsigned int at_least)
{
	struct state before, after;
	unsigned int round, faults = 0, last;

	before = state_of(self->fd);
	for (round = 0; round < ROUNDS_MAX; round++) {
		last = faults;
		faults = fail_each(_metadata, self, fn);
		EXPECT_LE(at_least, faults);
		if (faults == last)
			break;
	}
	ASSERT_LE(0, fn(self));
	after = state_of(self->fd);
	EXPECT_TRUE(same_state(&before, &after));
	TH_LOG("%u faults in round %u", faults, round + 1);
}

static int call_open(FIXTURE_DATA(fault) *self)
{
	int fd = open(DEVICE, O_RDWR);

	return fd < 0 ? fd : close(fd);
}

TEST_F_TIMEOUT(fault, opens, TIMEOUT)
{
	with_faults(_metadata, self, call_open, 0);
}

/* A cache from its making to its end, with some of all that it can do. */
static int live(FIXTURE_DATA(fault) *self, struct zmem_ioc_cache *arg)
{
	static uint64_t handles[40];
	int id = ioctl(self->fd, ZMEM_IOC_CACHE_CREATE, arg), ret, err;

	if (id < 0)
		return id;
	ret = objects_alloc(self->fd, id, 0, ZMEM_IOC_FILL, handles, ARRAY_LEN(handles));
	err = errno;
	if (!ret && objects_free(self->fd, handles, ARRAY_LEN(handles))) {
		/* The list could not be copied: nothing is freed. */
		ret = -1;
		err = errno;
		nth_set(self->nth, 0);
		if (objects_good(self->fd, handles, ARRAY_LEN(handles)) != ARRAY_LEN(handles) ||
		    objects_free(self->fd, handles, ARRAY_LEN(handles)))
			err = EIO;
	}
	/* A copy may fail here, a cache without objects may not stay. */
	while (cache_destroy(self->fd, id))
		if (errno != EFAULT)
			return -1;
	errno = err;
	return ret;
}

static int call_balanced(FIXTURE_DATA(fault) *self)
{
	struct zmem_ioc_cache arg = { .name = "test-balanced", .size = 100, .mode = 2 };

	return live(self, &arg);
}

static int call_debug(FIXTURE_DATA(fault) *self)
{
	struct zmem_ioc_cache arg = { .name = "test-debug", .size = 100, .mode = 3 };

	return live(self, &arg);
}

/* The first cache of a file, which goes with it. */
static int call_create(FIXTURE_DATA(fault) *self)
{
	int fd = open(DEVICE, O_RDWR), ret, err;

	if (fd < 0)
		return fd;
	ret = cache_create(fd, "test-create", 8);
	err = errno;
	close(fd);
	errno = err;
	return ret;
}

/* From so many bytes on, all of this task's allocations fail; -1: none. */
static bool shortage_set(int space)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", space < 0 ? 0 : space);
	return !write_file("/sys/kernel/debug/failslab/probability", "0") &&
	       !write_file("/sys/kernel/debug/failslab/task-filter", "Y") &&
	       !write_file("/sys/kernel/debug/failslab/times", "-1") &&
	       !write_file("/sys/kernel/debug/failslab/space", text) &&
	       !write_file("/proc/self/make-it-fail", space < 0 ? "0" : "1") &&
	       !write_file("/sys/kernel/debug/failslab/probability", space < 0 ? "0" : "100");
}

/* What tries again when it gets nothing, gets nothing again. */
TEST_F_TIMEOUT(fault, shortage, TIMEOUT)
{
	int space, ret = -1;

	for (space = 0; ret < 0 && space < 200000; space += 48 + space / 8) {
		ASSERT_TRUE(shortage_set(space));
		ret = call_create(self);
		EXPECT_TRUE(ret >= 0 || errno == ENOMEM);
		ASSERT_TRUE(shortage_set(-1));
	}
	EXPECT_LE(0, ret);
	EXPECT_LT(300, space);
}

TEST_F_TIMEOUT(fault, creation, TIMEOUT)
{
	with_faults(_metadata, self, call_create, 10);
}

TEST_F_TIMEOUT(fault, balanced_cache, TIMEOUT)
{
	ASSERT_TRUE(spare_debugfs(true));
	with_faults(_metadata, self, call_balanced, 10);
	ASSERT_TRUE(spare_debugfs(false));
}

TEST_F_TIMEOUT(fault, debug_cache, TIMEOUT)
{
	ASSERT_TRUE(spare_debugfs(true));
	with_faults(_metadata, self, call_debug, 5);
	ASSERT_TRUE(spare_debugfs(false));
}

/* Longer than what lists are built in else, and of every kind of size. */
static int call_sizes(FIXTURE_DATA(fault) *self)
{
	static const uint32_t sizes[] = { 40, 2000, 30000, 1000000 };
	uint64_t handles[4];
	unsigned int n;
	int ret = 0, err = 0;

	for (n = 0; n < ARRAY_LEN(sizes) && !ret; n++) {
		ret = objects_alloc(self->fd, 0, sizes[n],
				    n % 2 ? 0 : ZMEM_IOC_GFP_ZERO, handles, 4);
		err = errno;
		if (!ret)
			while (objects_free(self->fd, handles, 4))
				if (errno != EFAULT && errno != ENOMEM)
					return -1;
	}
	errno = err;
	return ret;
}

TEST_F_TIMEOUT(fault, sizes, TIMEOUT)
{
	with_faults(_metadata, self, call_sizes, 5);
	ASSERT_TRUE(pages_fail(true));
	with_faults(_metadata, self, call_sizes, 10);
	ASSERT_TRUE(pages_fail(false));
}

/* With a node closed, pages come by another way. */
TEST_F_TIMEOUT(fault, closed_node, TIMEOUT)
{
	struct zmem_ioc_node node = { .node = 1, .action = ZMEM_IOC_NODE_DRAIN };

	if (ioctl(self->fd, ZMEM_IOC_NODE, &node))
		SKIP(return, "node 1 cannot be drained: %s", strerror(errno));
	ASSERT_TRUE(pages_fail(true));
	with_faults(_metadata, self, call_sizes, 10);
	ASSERT_TRUE(pages_fail(false));
	node.action = ZMEM_IOC_NODE_OPEN;
	EXPECT_EQ(0, ioctl(self->fd, ZMEM_IOC_NODE, &node));
}

static int call_snapshot(FIXTURE_DATA(fault) *self)
{
	struct zmem_ioc_snapshot snap;
	struct zmem_ioc_info info = {};
	struct zmem_ioc_target target = { .cache = self->cache };

	if (snapshot(self->fd, ZMEM_IOC_BY_NAME, 0, "test-fault", &snap) ||
	    snapshot(self->fd, ZMEM_IOC_BY_ID, self->cache, NULL, &snap) ||
	    ioctl(self->fd, ZMEM_IOC_CACHE_SHRINK, &target))
		return -1;
	return ioctl(self->fd, ZMEM_IOC_INFO, &info);
}

TEST_F_TIMEOUT(fault, answers, TIMEOUT)
{
	with_faults(_metadata, self, call_snapshot, 6);
}

static uint32_t run_kind;

static int call_run(FIXTURE_DATA(fault) *self)
{
	uint32_t cpus[] = { 0, 1 };
	struct zmem_ioc_run run = {
		.cpus = (uintptr_t)cpus, .nr_cpus = 2, .kind = run_kind, .ops = 300,
		.cache = self->cache, .held = 40, .node = ZMEM_IOC_NODE_ANY,
	};

	return ioctl(self->fd, ZMEM_IOC_RUN, &run);
}

TEST_F_TIMEOUT(fault, runs, TIMEOUT)
{
	for (run_kind = ZMEM_IOC_RUN_BURST; run_kind <= ZMEM_IOC_RUN_MIX; run_kind++)
		with_faults(_metadata, self, call_run, 8);
}

static uint32_t replay_target, replay_flags;

static int call_replay(FIXTURE_DATA(fault) *self)
{
	struct zmem_replay_cache caches[8];
	struct zmem_replay arg = {
		.stream = (uintptr_t)&self->stream,
		.stream_bytes = sizeof(self->stream),
		.caches = (uintptr_t)caches,
		.nr_caches = ARRAY_LEN(caches),
		.target = replay_target,
		.flags = replay_flags,
		.repeats = 1,
	};

	if (ioctl(self->fd, ZMEM_IOC_REPLAY, &arg))
		return -1;
	return replay_flags & ZMEM_REPLAY_HOLD ? close(arg.fd) : 0;
}

TEST_F_TIMEOUT(fault, replays, TIMEOUT)
{
	ASSERT_TRUE(spare_debugfs(true));
	replay_target = ZMEM_REPLAY_ZMEM;
	replay_flags = ZMEM_REPLAY_CLASSES;
	with_faults(_metadata, self, call_replay, 20);
	replay_flags = ZMEM_REPLAY_CPUS;
	with_faults(_metadata, self, call_replay, 20);
	replay_target = ZMEM_REPLAY_KMEM;
	replay_flags = ZMEM_REPLAY_TOUCH | ZMEM_REPLAY_HOLD;
	with_faults(_metadata, self, call_replay, 20);
	/* Nothing but holding, so that no other calls' number varies. */
	replay_target = ZMEM_REPLAY_NULL;
	with_faults(_metadata, self, call_replay, 8);
	replay_target = ZMEM_REPLAY_KMEM;
	/* Its caches are new, and not among those that are made to fail. */
	replay_flags = 0;
	ASSERT_EQ(0, write_file("/sys/kernel/debug/failslab/cache-filter", "N"));
	with_faults(_metadata, self, call_replay, 20);
	ASSERT_EQ(0, write_file("/sys/kernel/debug/failslab/cache-filter", "Y"));
	ASSERT_TRUE(spare_debugfs(false));
}

/* No descriptor is left for a replay to be held by. */
TEST_F_TIMEOUT(fault, no_descriptor, TIMEOUT)
{
	struct state before = state_of(self->fd), after;
	struct rlimit none = {}, usual;

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &usual));
	none.rlim_max = usual.rlim_max;
	replay_target = ZMEM_REPLAY_ZMEM;
	replay_flags = ZMEM_REPLAY_HOLD;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	EXPECT_EQ(-1, call_replay(self));
	EXPECT_EQ(EMFILE, errno);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &usual));
	after = state_of(self->fd);
	EXPECT_TRUE(same_state(&before, &after));
	EXPECT_EQ(0, call_replay(self));
}

static int read_path(const char *path)
{
	char *text = read_file(path);
	int err = errno;

	if (!text && access(path, F_OK))
		return 0;
	free(text);
	errno = err;
	return text ? 0 : -1;
}

static int call_debugfs(FIXTURE_DATA(fault) *self)
{
	if (read_path(DEBUGFS "/caches") || read_path(DEBUGFS "/caches.json") ||
	    read_path(DEBUGFS "/test-fault/stats") ||
	    read_path(DEBUGFS "/test-fault/stats.json") ||
	    read_path(DEBUGFS "/test-fault/nodes"))
		return -1;
	return write_file(DEBUGFS "/test-fault/control", "shrink") ? -1 : 0;
}

TEST_F_TIMEOUT(fault, debugfs, TIMEOUT)
{
	with_faults(_metadata, self, call_debugfs, 5);
}

/* A table too long for anything but pages. */
static int call_traces(FIXTURE_DATA(fault) *self)
{
	return read_path(DEBUGFS "/test-traces/traces");
}

TEST_F_TIMEOUT(fault, traces, TIMEOUT)
{
	struct zmem_ioc_cache debug = { .name = "test-traces", .size = 100, .mode = 3 };
	int id = ioctl(self->fd, ZMEM_IOC_CACHE_CREATE, &debug);

	ASSERT_LT(0, id);
	ASSERT_TRUE(pages_fail(true));
	with_faults(_metadata, self, call_traces, 1);
	ASSERT_TRUE(pages_fail(false));
	EXPECT_EQ(0, cache_destroy(self->fd, id));
}

/* The part of an answer that only newer callers know can be read, not written. */
TEST_F_TIMEOUT(fault, read_only_tail, TIMEOUT)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct zmem_ioc_info *info;
	struct zmem_replay *replay;

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, mprotect(page + 4096, 4096, PROT_READ));

	info = (void *)(page + 4096 - sizeof(*info));
	EXPECT_EQ(-1, ioctl(self->fd, _IOC(_IOC_READ | _IOC_WRITE, ZMEM_IOC_MAGIC,
					   _IOC_NR(ZMEM_IOC_INFO), sizeof(*info) + 8), info));
	EXPECT_EQ(EFAULT, errno);

	replay = (void *)(page + 4096 - sizeof(*replay));
	*replay = (struct zmem_replay) {
		.stream = (uintptr_t)&self->stream,
		.stream_bytes = sizeof(self->stream),
		.repeats = 1,
	};
	EXPECT_EQ(-1, ioctl(self->fd, _IOC(_IOC_READ | _IOC_WRITE, _IOC_TYPE(ZMEM_IOC_REPLAY),
					   _IOC_NR(ZMEM_IOC_REPLAY), sizeof(*replay) + 8), replay));
	EXPECT_EQ(EFAULT, errno);
	munmap(page, 8192);
}

static int module_load(int ko)
{
	return syscall(SYS_finit_module, ko, "", 0);
}

static int module_unload(void)
{
	return syscall(SYS_delete_module, "zmem", O_NONBLOCK);
}

/* Loads with the n-th allocation failing and unloads; 0 or -errno. */
static int load_once(int ko, int nth, unsigned int n, unsigned int *left)
{
	int ret;

	if (!nth_set(nth, n))
		return -EIO;
	ret = module_load(ko) ? -errno : 0;
	*left = nth_left(nth);
	if (!nth_set(nth, 0) || (!ret && module_unload()))
		return -EIO;
	return ret;
}

FIXTURE(load) {
	int ko;
	int nth;
};

FIXTURE_SETUP(load)
{
	self->ko = open(MODULE, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->ko);
	self->nth = open("/proc/thread-self/fail-nth", O_RDWR);
	ASSERT_LE(0, self->nth);
}

FIXTURE_TEARDOWN(load)
{
	close(self->nth);
	close(self->ko);
}

/* Some of the many allocations of loading, while zmem is not loaded. */
TEST_F_TIMEOUT(load, some, TIMEOUT)
{
	unsigned int n, left, total, failed = 0;
	int ret;

	ASSERT_TRUE(spare_debugfs(true));
	ASSERT_EQ(0, load_once(self->ko, self->nth, 1000000, &left));
	total = 1000000 - left;
	ASSERT_LT(50, total);
	for (n = 1; n <= total; n += n < 8 ? 1 : total / 12) {
		ret = load_once(self->ko, self->nth, n, &left);
		ASSERT_TRUE(!ret || ret == -ENOMEM);
		failed += !!ret;
		ASSERT_NE(0, access(DEVICE, F_OK));
		ASSERT_NE(0, access(DEBUGFS, F_OK));
	}
	ASSERT_TRUE(spare_debugfs(false));
	/* Much of what fails is not zmem's, and does without. */
	EXPECT_LT(3, failed);
	TH_LOG("%u allocations, %u loads failed", total, failed);
}

/* The first of those of the function that fault.sh chose. */
TEST_F_TIMEOUT(load, first, TIMEOUT)
{
	unsigned int n, left = 0;
	int ret;

	for (n = 1; n <= 3 && !left; n++) {
		ret = load_once(self->ko, self->nth, n, &left);
		EXPECT_TRUE(!ret || ret == -ENOMEM);
		EXPECT_NE(0, access(DEVICE, F_OK));
		EXPECT_NE(0, access(DEBUGFS, F_OK));
	}
	/* There is one at least. */
	EXPECT_LT(1, n - !!left);
}

TEST_HARNESS_MAIN
