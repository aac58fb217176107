// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Allocations charged to a memory cgroup: what is charged, what its limit
 * does, and that a cgroup that is gone is let go.
 */
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "zmem_test.h"
#include "kselftest_harness.h"

#define ROOT	"/sys/fs/cgroup"
#define GROUP	ROOT "/zmem-test"
#define OTHER	ROOT "/zmem-other"
#define LIMIT	(9UL << 20)	/* no whole number of chunks: the test needs some of it */
#define PAGE	4096UL
#define CHUNK	512

static long read_number(const char *path, const char *key)
{
	char *text = read_file(path), *at = text;
	long n = -1;

	if (text && key) {
		at = strstr(text, key);
		at = at ? at + strlen(key) : NULL;
	}
	if (at)
		n = strtol(at, NULL, 10);
	free(text);
	return n;
}

static long charged(void)
{
	return read_number(GROUP "/memory.current", NULL);
}

static int alloc_charged(int fd, uint64_t size, uint64_t *handles, uint32_t count)
{
	/* Without sleeping: at its limit a call that may sleep has the group's
	 * tasks killed first, as any of the kernel's does.
	 */
	uint32_t flags = ZMEM_IOC_GFP_ACCOUNT | ZMEM_IOC_GFP_NOWAIT | ZMEM_IOC_FILL;

	return objects_alloc(fd, 0, size, flags, handles, count);
}

FIXTURE(account) {
	int fd;
};

FIXTURE_SETUP(account)
{
	char limit[32];

	mkdir(ROOT, 0755);
	mount("none", ROOT, "cgroup2", 0, NULL);
	if (access(ROOT "/cgroup.controllers", F_OK))
		SKIP(return, "no cgroup2");
	write_file(ROOT "/cgroup.subtree_control", "+memory");
	ASSERT_EQ(0, mkdir(GROUP, 0755));
	ASSERT_EQ(0, access(GROUP "/memory.max", F_OK));
	snprintf(limit, sizeof(limit), "%lu", LIMIT);
	ASSERT_EQ(0, write_file(GROUP "/memory.max", limit));
	self->fd = open(DEVICE, O_RDWR);
	ASSERT_LE(0, self->fd);
	/* At the limit the test's own pages must all be there. */
	ASSERT_EQ(0, mlockall(MCL_CURRENT | MCL_FUTURE));
}

FIXTURE_TEARDOWN(account)
{
	close(self->fd);
	write_file(ROOT "/cgroup.procs", "0");
	rmdir(GROUP);
}

/* The charge is a page for each small object, and a run's pages exactly. */
TEST_F(account, charge)
{
	uint64_t small[256], large;
	long before, after;

	ASSERT_EQ(0, write_file(GROUP "/cgroup.procs", "0"));
	before = charged();
	ASSERT_EQ(0, alloc_charged(self->fd, 64, small, 256));
	after = charged();
	EXPECT_LE(256 * PAGE, after - before);
	/* The kernel charges a CPU some pages ahead, and the file its handles. */
	EXPECT_GE(256 * PAGE + 128 * PAGE, after - before);
	EXPECT_EQ(256, objects_good(self->fd, small, 256));
	EXPECT_EQ(0, objects_free(self->fd, small, 256));

	before = charged();
	ASSERT_EQ(0, alloc_charged(self->fd, 1000000, &large, 1));
	after = charged();
	EXPECT_LE(245 * PAGE, after - before + 128 * PAGE);
	EXPECT_GE(245 * PAGE + 128 * PAGE, after - before);
	EXPECT_EQ(0, objects_free(self->fd, &large, 1));
}

/*
 * The group's limit refuses; what there was stays good; a free makes room.
 * Some pages at a time, all or none.
 */
TEST_F(account, limit)
{
	static uint64_t handles[LIMIT / PAGE + CHUNK];
	uint32_t n = 0;
	int err = 0;

	ASSERT_EQ(0, write_file(GROUP "/cgroup.procs", "0"));
	while (!err && n + CHUNK <= ARRAY_LEN(handles)) {
		if (alloc_charged(self->fd, 64, &handles[n], CHUNK))
			err = errno;
		else
			n += CHUNK;
	}
	EXPECT_EQ(ENOMEM, err);
	EXPECT_LT(LIMIT / PAGE / 2, n);
	EXPECT_GE(LIMIT, charged());
	/* Others are not held to it. */
	ASSERT_EQ(0, write_file(ROOT "/cgroup.procs", "0"));
	EXPECT_EQ(0, alloc_charged(self->fd, 64, &handles[n], CHUNK));
	EXPECT_EQ(n + CHUNK, objects_good(self->fd, handles, n + CHUNK));
	EXPECT_EQ(0, objects_free(self->fd, handles, n + CHUNK));
	/* There is room again. */
	ASSERT_EQ(0, write_file(GROUP "/cgroup.procs", "0"));
	EXPECT_EQ(0, alloc_charged(self->fd, 64, handles, CHUNK));
	EXPECT_EQ(0, objects_free(self->fd, handles, CHUNK));
}

/* Charges another group on every CPU. */
static int charge_elsewhere(int fd)
{
	cpu_set_t all, one;
	uint64_t handle;
	int cpu, err;

	err = mkdir(OTHER, 0755) || write_file(OTHER "/cgroup.procs", "0") ||
	      sched_getaffinity(0, sizeof(all), &all);
	for (cpu = 0; !err && cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		err = sched_setaffinity(0, sizeof(one), &one) ||
		      alloc_charged(fd, 64, &handle, 1) || objects_free(fd, &handle, 1);
	}
	return write_file(ROOT "/cgroup.procs", "0") || err ? -1 : 0;
}

/* Objects keep their dead group; their frees let it go. */
TEST_F(account, dead)
{
	uint64_t *handles;
	int tries, status;
	pid_t child;

	/* Of the parent's group, whoever writes there. */
	handles = mmap(NULL, 64 * sizeof(*handles), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, handles);
	child = fork();
	if (!child)
		_exit(write_file(GROUP "/cgroup.procs", "0") ||
		      alloc_charged(self->fd, 64, handles, 64));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_EQ(0, status);
	ASSERT_EQ(0, rmdir(GROUP));
	EXPECT_LE(1, read_number(ROOT "/cgroup.stat", "nr_dying_descendants "));
	ASSERT_EQ(0, objects_free(self->fd, handles, 64));
	/* A CPU keeps the last group that it charged until it charges another. */
	ASSERT_EQ(0, charge_elsewhere(self->fd));
	for (tries = 0; tries < 100; tries++) {
		write_file("/proc/sys/vm/drop_caches", "3");
		if (!read_number(ROOT "/cgroup.stat", "nr_dying_descendants "))
			break;
		usleep(100000);
	}
	EXPECT_EQ(0, read_number(ROOT "/cgroup.stat", "nr_dying_descendants "));
	rmdir(OTHER);
}

TEST_HARNESS_MAIN
