// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Surfaces at their edges: the module's parameters, nodes by debugfs's control
 * file, CPUs that are away, and signals while a file's lock is another's.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include "zmem_test.h"
#include "kselftest_harness.h"

#define CACHE		"test-surfaces"
#define CONTROL		DEBUGFS "/control"
#define PARAMETERS	"/sys/module/zmem/parameters/"
#define COUNT		20000
#define TRIES		2000

FIXTURE(surfaces) {
	int fd;
	int cache;
};

FIXTURE_SETUP(surfaces)
{
	self->fd = open(DEVICE, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->cache = cache_create(self->fd, CACHE, 96);
	ASSERT_LT(0, self->cache);
}

FIXTURE_TEARDOWN(surfaces)
{
	cpu_set_online(1, true);
	write_file(CONTROL, "open node 1");
	close(self->fd);
}

static bool file_says(const char *path, const char *text)
{
	char *found = read_file(path);
	bool same = found && !strcmp(found, text);

	free(found);
	return same;
}

/* The defaults, to be read and not to be written. */
TEST(parameters)
{
	EXPECT_TRUE(file_says(PARAMETERS "mode", "balanced\n"));
	EXPECT_TRUE(file_says(PARAMETERS "magazine_max", "252\n"));
	EXPECT_TRUE(file_says(PARAMETERS "depot_max_kib", "2048\n"));
	EXPECT_TRUE(file_says(PARAMETERS "tune_interval_ms", "1000\n"));
	EXPECT_NE(0, write_file(PARAMETERS "mode", "fast"));
	EXPECT_TRUE(file_says(PARAMETERS "mode", "balanced\n"));
}

static int alloc_on_node_1(int fd, uint64_t *handle)
{
	struct zmem_ioc_alloc arg = {
		.handles = (uintptr_t)handle, .size = 64, .count = 1, .node = 1,
		.flags = ZMEM_IOC_GFP_THISNODE,
	};

	return ioctl(fd, ZMEM_IOC_ALLOC, &arg) ? -errno : 0;
}

TEST_F(surfaces, control_of_nodes)
{
	uint64_t object;

	if (access("/sys/devices/system/node/node1", F_OK))
		SKIP(return, "one node; two are needed");
	EXPECT_EQ(0, write_file(CONTROL, "drain node 1\n"));
	EXPECT_EQ(-ENOMEM, alloc_on_node_1(self->fd, &object));
	EXPECT_EQ(0, write_file(CONTROL, "open node 1\n"));
	EXPECT_EQ(0, alloc_on_node_1(self->fd, &object));
	EXPECT_EQ(-EBUSY, write_file(CONTROL, "drain node 1\n"));
	EXPECT_EQ(0, write_file(CONTROL, "open node 1\n"));
	EXPECT_EQ(0, objects_free(self->fd, &object, 1));
}

TEST_F(surfaces, control_of_no_nodes)
{
	EXPECT_EQ(-EINVAL, write_file(CONTROL, "drain node 100000"));
	EXPECT_EQ(-EINVAL, write_file(CONTROL, "open node 100000"));
	EXPECT_EQ(-EINVAL, write_file(CONTROL, "open node -1"));
	EXPECT_EQ(-EINVAL, write_file(CONTROL, "close node 1"));
}

static int run_on_cpu_1(int fd)
{
	uint32_t cpu = 1;
	struct zmem_ioc_run run = {
		.cpus = (uintptr_t)&cpu, .nr_cpus = 1, .ops = 100, .held = 10,
		.size = 64, .node = ZMEM_IOC_NODE_ANY,
	};

	return ioctl(fd, ZMEM_IOC_RUN, &run) ? -errno : 0;
}

/* A CPU that is away: shown if it ever was of use, and asked for nothing. */
TEST_F(surfaces, absent_cpu)
{
	uint64_t object;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "one CPU; two are needed");
	ASSERT_EQ(0, run_on(0));
	ASSERT_EQ(0, run_on_cpu_1(self->fd));
	ASSERT_EQ(0, cpu_set_online(1, false));
	EXPECT_EQ(-1, table_value(CACHE, "magazines", 1, "hits"));
	EXPECT_LE(0, table_value(CACHE, "magazines", 0, "hits"));
	EXPECT_EQ(-ENODEV, write_file(CONTROL, "drain cpu 1"));
	EXPECT_EQ(-ENODEV, run_on_cpu_1(self->fd));
	ASSERT_EQ(0, cpu_set_online(1, true));

	ASSERT_EQ(0, run_on(1));
	ASSERT_EQ(0, objects_alloc(self->fd, self->cache, 0, 0, &object, 1));
	ASSERT_EQ(0, objects_free(self->fd, &object, 1));
	ASSERT_EQ(0, run_on(0));
	ASSERT_EQ(0, cpu_set_online(1, false));
	EXPECT_EQ(1, table_value(CACHE, "magazines", 1, "hits") +
		     table_value(CACHE, "magazines", 1, "misses"));
	ASSERT_EQ(0, cpu_set_online(1, true));
}

static bool done;

/* Holds the file's lock most of the time. */
static void *hold_lock(void *arg)
{
	static uint64_t handles[COUNT];
	int fd = *(int *)arg;

	while (!__atomic_load_n(&done, __ATOMIC_RELAXED))
		if (!objects_alloc(fd, 0, 64, ZMEM_IOC_FILL, handles, COUNT))
			objects_free(fd, handles, COUNT);
	return NULL;
}

static void on_alarm(int signal)
{
}

/* Tries until a signal finds it waiting; what it fails with then. */
#define INTERRUPTED(_call) ({						\
	int tries_ = TRIES, errno_ = 0;					\
									\
	while (tries_-- && errno_ != EINTR)				\
		errno_ = (_call) < 0 ? errno : 0;			\
	errno_;								\
})

/* Each request that takes the lock gives way to a signal. */
TEST_F_TIMEOUT(surfaces, signals_while_locked, 120)
{
	struct itimerval often = {
		.it_value.tv_usec = 2000, .it_interval.tv_usec = 2000,
	};
	struct sigaction action = { .sa_handler = on_alarm };
	struct zmem_ioc_cache cache = { .name = CACHE, .size = 64 };
	struct zmem_ioc_target target = { .cache = self->cache };
	struct zmem_ioc_target nobody = { .cache = self->cache + 1000 };
	struct zmem_ioc_snapshot snap;
	struct zmem_ioc_info info = {};
	uint64_t handle = 1;
	pthread_t holder;
	sigset_t alarms;

	/* Signals are this thread's alone. */
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarms, NULL);
	ASSERT_EQ(0, pthread_create(&holder, NULL, hold_lock, &self->fd));
	pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &often, NULL));

	EXPECT_EQ(EINTR, INTERRUPTED(ioctl(self->fd, ZMEM_IOC_INFO, &info)));
	EXPECT_EQ(EINTR, INTERRUPTED(ioctl(self->fd, ZMEM_IOC_CACHE_CREATE, &cache)));
	EXPECT_EQ(EINTR, INTERRUPTED(ioctl(self->fd, ZMEM_IOC_CACHE_DESTROY, &nobody)));
	EXPECT_EQ(EINTR, INTERRUPTED(ioctl(self->fd, ZMEM_IOC_CACHE_SHRINK, &target)));
	EXPECT_EQ(EINTR, INTERRUPTED(snapshot(self->fd, ZMEM_IOC_BY_ID, self->cache, NULL, &snap)));
	EXPECT_EQ(EINTR, INTERRUPTED(objects_alloc(self->fd, nobody.cache, 0, 0, &handle, 1)));
	EXPECT_EQ(EINTR, INTERRUPTED(objects_free(self->fd, &handle, 1)));
	EXPECT_EQ(EINTR, INTERRUPTED(objects_good(self->fd, &handle, 1)));
	EXPECT_EQ(EINTR, INTERRUPTED(run_on_cpu_1(self->fd)));

	__atomic_store_n(&done, true, __ATOMIC_RELAXED);
	ASSERT_EQ(0, pthread_join(holder, NULL));
	memset(&often, 0, sizeof(often));
	setitimer(ITIMER_REAL, &often, NULL);
	/* Whoever was interrupted has left nothing, and the cache is there. */
	ASSERT_EQ(0, ioctl(self->fd, ZMEM_IOC_INFO, &info));
	EXPECT_EQ(1, info.caches);
	EXPECT_EQ(0, info.objects);
	EXPECT_EQ(0, info.used);
}

TEST_HARNESS_MAIN
