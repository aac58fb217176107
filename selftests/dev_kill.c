// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A process that is killed while its workload runs, with objects and caches
 * left: all is gone when it is.
 */
#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include "zmem_test.h"
#include "kselftest_harness.h"

#define NAME	"test-kill"

FIXTURE(dev) {
	int fd;
};

FIXTURE_SETUP(dev)
{
	self->fd = open(DEVICE, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(dev)
{
	close(self->fd);
}

FIXTURE_VARIANT(dev) {
	uint32_t kind;
};

FIXTURE_VARIANT_ADD(dev, burst) { .kind = ZMEM_IOC_RUN_BURST };
FIXTURE_VARIANT_ADD(dev, bulk) { .kind = ZMEM_IOC_RUN_BULK };
FIXTURE_VARIANT_ADD(dev, cross) { .kind = ZMEM_IOC_RUN_CROSS };
FIXTURE_VARIANT_ADD(dev, mix) { .kind = ZMEM_IOC_RUN_MIX };

/* Holds objects of a cache, of a class and of pages, and runs for ever. */
static void victim(uint32_t kind)
{
	struct zmem_ioc_run run = {
		.kind = kind,
		.ops = 1ULL << 40,
		.held = 1000,
		.node = ZMEM_IOC_NODE_ANY,
		.flags = ZMEM_IOC_FILL,
	};
	uint64_t handles[3000];
	int fd = open(DEVICE, O_RDWR);
	int id = cache_create(fd, NAME, 128);

	if (fd < 0 || id < 0 ||
	    objects_alloc(fd, id, 0, ZMEM_IOC_FILL, handles, 2000) ||
	    objects_alloc(fd, 0, 64, 0, handles + 2000, 900) ||
	    objects_alloc(fd, 0, 100000, 0, handles + 2900, 100))
		_exit(1);
	run.cache = id;
	ioctl(fd, ZMEM_IOC_RUN, &run);
	_exit(2);
}

/* Until its workload has begun; false if that takes half a minute. */
static bool runs(int fd)
{
	struct zmem_ioc_snapshot snap;
	int tries;

	for (tries = 0; tries < 3000; tries++) {
		if (!snapshot(fd, ZMEM_IOC_BY_NAME, 0, NAME, &snap) &&
		    snap.allocs > 5000)
			return true;
		usleep(10000);
	}
	return false;
}

static int threads_left(void)
{
	char path[300], name[32];
	struct dirent *entry;
	DIR *dir = opendir("/proc");
	int left = 0;
	FILE *file;

	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fgets(name, sizeof(name), file))
			left += !strncmp(name, "zmem_run/", 9);
		fclose(file);
	}
	if (!dir)
		return -1;
	closedir(dir);
	return left;
}

/* Without the threads; a stopped one is seen until its last steps are done. */
static bool threads_gone(void)
{
	int tries;

	for (tries = 0; tries < 500; tries++) {
		if (!threads_left())
			return true;
		usleep(10000);
	}
	return false;
}

TEST_F_TIMEOUT(dev, sigkill, 120)
{
	struct state before = state_of(self->fd), during, after;
	struct zmem_ioc_snapshot snap;
	struct timespec begin, end;
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		victim(variant->kind);

	ASSERT_TRUE(runs(self->fd)) {
		kill(pid, SIGKILL);
	}
	EXPECT_LT(0, threads_left());
	during = state_of(self->fd);
	EXPECT_LE(before.live + 3000, during.live);
	EXPECT_EQ(before.caches + 1, during.caches);
	EXPECT_EQ(0, access(DEBUGFS "/" NAME "/stats", F_OK));

	clock_gettime(CLOCK_MONOTONIC, &begin);
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	clock_gettime(CLOCK_MONOTONIC, &end);
	ASSERT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGKILL, WTERMSIG(status));
	EXPECT_GT(20, end.tv_sec - begin.tv_sec);

	after = state_of(self->fd);
	EXPECT_EQ(before.live, after.live);
	EXPECT_EQ(before.caches, after.caches);
	EXPECT_EQ(before.errors, after.errors);
	EXPECT_TRUE(threads_gone());
	EXPECT_EQ(-1, snapshot(self->fd, ZMEM_IOC_BY_NAME, 0, NAME, &snap));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, access(DEBUGFS "/" NAME, F_OK));
}

TEST_HARNESS_MAIN
