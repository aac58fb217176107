// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A CPU that goes gives its magazines back, and comes again as it was, while
 * another one works on.
 */
#include "zmem_test.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "kselftest_harness.h"

#define CACHE	"test-cpus"
#define ROUNDS	5
#define COUNT	1000

FIXTURE(cpus) {
	int fd;
	int cache;
	pid_t worker;
	volatile bool *stop;
};

/* Other objects come and go on CPU 0 all the while; exits with 0 if they are good. */
static void work_on(volatile bool *stop)
{
	uint32_t cpu = 0;
	struct zmem_ioc_run arg = {
		.cpus = (uintptr_t)&cpu,
		.nr_cpus = 1,
		.kind = ZMEM_IOC_RUN_MIX,
		.ops = 20000,
		.size = 1,
		.size_max = 512,
		.held = 500,
		.node = ZMEM_IOC_NODE_ANY,
		.flags = ZMEM_IOC_FILL,
	};
	int fd = open(DEVICE, O_RDWR);
	bool good = fd >= 0;

	while (good && !*stop) {
		arg.seed++;
		good = !ioctl(fd, ZMEM_IOC_RUN, &arg) && arg.frees == arg.ops &&
		       !arg.failures && !arg.mismatches;
	}
	_exit(good ? 0 : 1);
}

FIXTURE_SETUP(cpus)
{
	if (access("/sys/devices/system/cpu/cpu1/online", W_OK))
		SKIP(return, "no CPU that can go");
	self->fd = open(DEVICE, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->cache = cache_create(self->fd, CACHE, 100);
	ASSERT_LT(0, self->cache);
	self->stop = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->stop);
	self->worker = fork();
	ASSERT_LE(0, self->worker);
	if (!self->worker)
		work_on(self->stop);
}

FIXTURE_TEARDOWN(cpus)
{
	cpu_set_online(1, true);
	if (self->worker > 0)
		kill(self->worker, SIGKILL);
	close(self->fd);
}

/* Objects that the cache holds free, those that depots hold apart. */
static long in_magazines(int fd)
{
	struct zmem_ioc_snapshot snap;

	if (snapshot(fd, ZMEM_IOC_BY_NAME, 0, CACHE, &snap))
		return -1;
	return snap.cached - table_value(CACHE, "nodes", -1, "objects");
}

/* Calls that a CPU made. */
static long calls_of(int cpu)
{
	return table_value(CACHE, "magazines", cpu, "hits") +
	       table_value(CACHE, "magazines", cpu, "misses");
}

TEST_F_TIMEOUT(cpus, offline_and_back, 120)
{
	uint64_t objects[COUNT], *kept = objects + COUNT / 2;
	int round, status;
	long calls;

	for (round = 0; round < ROUNDS; round++) {
		ASSERT_EQ(0, run_on(1));
		calls = calls_of(1);
		ASSERT_EQ(0, objects_alloc(self->fd, self->cache, 0, ZMEM_IOC_FILL,
					   objects, COUNT));
		ASSERT_EQ(0, objects_free(self->fd, objects, COUNT / 2));
		EXPECT_LE(calls + COUNT, calls_of(1));

		/* What is in magazines now is this CPU's. */
		ASSERT_EQ(0, write_file(DEBUGFS "/control", "drain cpu 0"));
		EXPECT_LT(0, in_magazines(self->fd));

		/* Its magazines go back, and live objects are none the worse. */
		ASSERT_EQ(0, run_on(0));
		ASSERT_EQ(0, cpu_set_online(1, false));
		EXPECT_EQ(0, table_value(CACHE, "magazines", 1, "loaded"));
		EXPECT_EQ(0, in_magazines(self->fd));
		EXPECT_EQ(COUNT / 2, objects_good(self->fd, kept, COUNT / 2));

		/* Another CPU takes what is the absent one's. */
		ASSERT_EQ(0, objects_free(self->fd, kept, COUNT / 4));
		ASSERT_EQ(0, objects_alloc(self->fd, self->cache, 0, ZMEM_IOC_FILL,
					   kept, COUNT / 4));
		ASSERT_EQ(0, cpu_set_online(1, true));
		ASSERT_EQ(0, run_on(1));
		EXPECT_EQ(COUNT / 2, objects_good(self->fd, kept, COUNT / 2));
		ASSERT_EQ(0, objects_free(self->fd, kept, COUNT / 2));
	}
	*self->stop = true;
	ASSERT_EQ(self->worker, waitpid(self->worker, &status, 0));
	self->worker = 0;
	EXPECT_EQ(0, status);
	ASSERT_EQ(0, cache_destroy(self->fd, self->cache));
}

TEST_HARNESS_MAIN
