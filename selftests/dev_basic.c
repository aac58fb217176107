// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The ioctls of /dev/zmem, used as they are meant to be. */
#include <sched.h>
#include <signal.h>
#include <sys/time.h>
#include "zmem_test.h"
#include "kselftest_harness.h"

FIXTURE(dev) {
	int fd;
	struct state before;
};

FIXTURE_SETUP(dev)
{
	self->fd = open(DEVICE, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->before = state_of(self->fd);
	ASSERT_EQ(0, self->before.objects);
	ASSERT_EQ(0, self->before.used);
}

FIXTURE_TEARDOWN(dev)
{
	struct state after = state_of(self->fd);

	EXPECT_TRUE(same_state(&self->before, &after));
	close(self->fd);
}

TEST_F(dev, info)
{
	struct zmem_ioc_info info = {};

	ASSERT_EQ(0, ioctl(self->fd, ZMEM_IOC_INFO, &info));
	EXPECT_EQ(ZMEM_IOC_ABI, info.abi);
	EXPECT_EQ(32768, info.object_max);
	EXPECT_EQ(4 << 20, info.alloc_max);
	EXPECT_LT(16 << 20, info.budget);
	EXPECT_EQ(0, info.reserved);
}

/* An older and a newer caller's structures. */
TEST_F(dev, growth)
{
	struct {
		struct zmem_ioc_info info;
		uint64_t more;
	} newer = {};
	unsigned int cmd = _IOC(_IOC_READ | _IOC_WRITE, ZMEM_IOC_MAGIC,
				_IOC_NR(ZMEM_IOC_INFO), sizeof(newer));

	ASSERT_EQ(0, ioctl(self->fd, cmd, &newer));
	EXPECT_EQ(ZMEM_IOC_ABI, newer.info.abi);
	EXPECT_EQ(0, newer.more);
}

TEST_F(dev, cache_life)
{
	struct zmem_ioc_snapshot snap;
	int id = cache_create(self->fd, "test-life", 100);
	int other = cache_create(self->fd, "test-other", 100);

	ASSERT_LT(0, id);
	ASSERT_LT(0, other);
	EXPECT_NE(id, other);

	ASSERT_EQ(0, snapshot(self->fd, ZMEM_IOC_BY_ID, id, NULL, &snap));
	EXPECT_STREQ("test-life", snap.name);
	EXPECT_EQ(100, snap.object_size);
	EXPECT_LE(100, snap.size);
	EXPECT_EQ(0, snap.objects);

	EXPECT_EQ(0, cache_destroy(self->fd, id));
	EXPECT_EQ(0, cache_destroy(self->fd, other));
	EXPECT_EQ(-1, snapshot(self->fd, ZMEM_IOC_BY_NAME, 0, "test-life", &snap));
	EXPECT_EQ(ENOENT, errno);
}

TEST_F(dev, cache_settings)
{
	struct zmem_ioc_cache arg = {
		.name = "test-settings",
		.size = 24,
		.align = 64,
		.mode = ZMEM_IOC_MODE_FAST,
		.magazine_max = 16,
		.depot_max_kib = 32,
		.tune_interval_ms = 500,
	};
	struct zmem_ioc_snapshot snap;
	int id = ioctl(self->fd, ZMEM_IOC_CACHE_CREATE, &arg);

	ASSERT_LT(0, id);
	ASSERT_EQ(0, snapshot(self->fd, ZMEM_IOC_BY_ID, id, NULL, &snap));
	EXPECT_EQ(24, snap.object_size);
	EXPECT_EQ(64, snap.size);
	EXPECT_EQ(64, snap.align);
	EXPECT_EQ(ZMEM_IOC_MODE_FAST, snap.mode);
	EXPECT_EQ(16, snap.magazine_max);
	EXPECT_EQ(32, snap.depot_max_kib);
	EXPECT_EQ(500, snap.tune_interval_ms);
	EXPECT_EQ(0, cache_destroy(self->fd, id));
}

TEST_F(dev, objects_of_a_cache)
{
	struct zmem_ioc_snapshot snap;
	struct zmem_ioc_info info = {};
	uint64_t handles[1000];
	int id = cache_create(self->fd, "test-objects", 200);
	size_t n;

	ASSERT_LT(0, id);
	ASSERT_EQ(0, objects_alloc(self->fd, id, 0, ZMEM_IOC_FILL, handles, 1000));
	for (n = 1; n < 1000; n++)
		EXPECT_NE(handles[0], handles[n]);

	ASSERT_EQ(0, snapshot(self->fd, ZMEM_IOC_BY_ID, id, NULL, &snap));
	EXPECT_EQ(1000, snap.objects);
	EXPECT_EQ(1000, snap.allocs);
	EXPECT_EQ(1000 * 200, snap.bytes_requested);
	EXPECT_LE(1000 * 200, snap.bytes_allocated);
	EXPECT_LE(snap.bytes_allocated, snap.bytes_held);
	EXPECT_EQ(10000 - 10000 * snap.bytes_allocated / snap.bytes_held,
		  snap.external);

	ASSERT_EQ(0, ioctl(self->fd, ZMEM_IOC_INFO, &info));
	EXPECT_EQ(1000, info.objects);
	EXPECT_LE(1000 * 200, info.used);
	EXPECT_EQ(1, info.caches);

	EXPECT_EQ(1000, objects_good(self->fd, handles, 1000));
	EXPECT_EQ(0, objects_free(self->fd, handles, 500));
	EXPECT_EQ(500, objects_good(self->fd, handles + 500, 500));
	EXPECT_EQ(0, objects_free(self->fd, handles + 500, 500));

	ASSERT_EQ(0, snapshot(self->fd, ZMEM_IOC_BY_ID, id, NULL, &snap));
	EXPECT_EQ(0, snap.objects);
	EXPECT_EQ(1000, snap.frees);
	EXPECT_EQ(0, cache_destroy(self->fd, id));
}

/* One size of each kind: small, medium, page runs up to the largest. */
TEST_F(dev, objects_by_size)
{
	static const uint64_t sizes[] = {
		1, 8, 9, 64, 65, 256, 257, 4096, 8192, 8193, 65536, 1000001,
		4 << 20,
	};
	static const uint32_t flags[] = { 0, ZMEM_IOC_FILL, ZMEM_IOC_GFP_ZERO };
	struct zmem_ioc_info info = {};
	uint64_t handles[3];
	size_t n, f;

	for (n = 0; n < ARRAY_LEN(sizes); n++)
		for (f = 0; f < ARRAY_LEN(flags); f++) {
			ASSERT_EQ(0, objects_alloc(self->fd, 0, sizes[n], flags[f],
						   handles, 3));
			ASSERT_EQ(0, ioctl(self->fd, ZMEM_IOC_INFO, &info));
			EXPECT_LE(3 * sizes[n], info.used);
			EXPECT_EQ(flags[f] ? 3 : 0, objects_good(self->fd, handles, 3));
			EXPECT_EQ(0, objects_free(self->fd, handles, 3));
		}
}

TEST_F(dev, gfp)
{
	static const uint32_t flags[] = {
		ZMEM_IOC_GFP_NOWAIT, ZMEM_IOC_GFP_DMA32, ZMEM_IOC_GFP_ACCOUNT,
		ZMEM_IOC_GFP_DMA, ZMEM_IOC_GFP_NOWAIT | ZMEM_IOC_GFP_ZERO,
	};
	struct zmem_ioc_alloc arg = {
		.size = 128,
		.count = 10,
		.flags = ZMEM_IOC_GFP_THISNODE | ZMEM_IOC_FILL,
	};
	uint64_t handles[10];
	size_t n;

	for (n = 0; n < ARRAY_LEN(flags); n++) {
		/* Not every kernel has every zone. */
		if (objects_alloc(self->fd, 0, 128, flags[n], handles, 10)) {
			EXPECT_EQ(ENOMEM, errno);
			continue;
		}
		EXPECT_EQ(0, objects_free(self->fd, handles, 10));
	}

	arg.handles = (uintptr_t)handles;
	ASSERT_EQ(0, ioctl(self->fd, ZMEM_IOC_ALLOC, &arg));
	EXPECT_EQ(10, objects_good(self->fd, handles, 10));
	EXPECT_EQ(0, objects_free(self->fd, handles, 10));
}

/* An index is used again; the handle is not. */
TEST_F(dev, generations)
{
	uint64_t first, second;

	ASSERT_EQ(0, objects_alloc(self->fd, 0, 64, 0, &first, 1));
	ASSERT_EQ(0, objects_free(self->fd, &first, 1));
	ASSERT_EQ(0, objects_alloc(self->fd, 0, 64, 0, &second, 1));
	EXPECT_EQ((uint32_t)first, (uint32_t)second);
	EXPECT_NE(first, second);
	EXPECT_EQ(0, objects_free(self->fd, &second, 1));
}

TEST_F(dev, shrink)
{
	struct zmem_ioc_snapshot snap;
	struct zmem_ioc_target target = {};
	uint64_t handles[2000];
	int id = cache_create(self->fd, "test-shrink", 512);

	ASSERT_LT(0, id);
	target.cache = id;
	ASSERT_EQ(0, objects_alloc(self->fd, id, 0, 0, handles, 2000));
	ASSERT_EQ(0, objects_free(self->fd, handles, 2000));
	ASSERT_EQ(0, snapshot(self->fd, ZMEM_IOC_BY_ID, id, NULL, &snap));
	EXPECT_LT(0, snap.slabs);

	EXPECT_EQ(0, ioctl(self->fd, ZMEM_IOC_CACHE_SHRINK, &target));
	ASSERT_EQ(0, snapshot(self->fd, ZMEM_IOC_BY_ID, id, NULL, &snap));
	EXPECT_EQ(0, snap.slabs);
	EXPECT_EQ(0, snap.cached);
	EXPECT_EQ(0, cache_destroy(self->fd, id));
}

TEST_F(dev, snapshots)
{
	struct zmem_ioc_snapshot by_index, by_name;
	unsigned int n;

	for (n = 0; !snapshot(self->fd, ZMEM_IOC_BY_INDEX, n, NULL, &by_index); n++) {
		EXPECT_EQ(n, by_index.index);
		ASSERT_EQ(0, snapshot(self->fd, ZMEM_IOC_BY_NAME, 0, by_index.name,
				      &by_name));
		EXPECT_STREQ(by_index.name, by_name.name);
		EXPECT_EQ(by_index.size, by_name.size);
	}
	EXPECT_EQ(ENOENT, errno);
	/* The size classes at the least. */
	EXPECT_LE(36, n);
}

static void run_kind(struct __test_metadata *_metadata, int fd,
		     struct zmem_ioc_run *run, uint32_t nr_cpus)
{
	ASSERT_EQ(0, ioctl(fd, ZMEM_IOC_RUN, run)) {
		TH_LOG("kind %u: %s", run->kind, strerror(errno));
	}
	EXPECT_EQ(run->ops * nr_cpus, run->allocs);
	EXPECT_EQ(run->allocs, run->frees);
	EXPECT_EQ(0, run->failures);
	EXPECT_EQ(0, run->mismatches);
	EXPECT_LT(0, run->elapsed_ns);
	EXPECT_LT(0, run->op_ps);
}

TEST_F(dev, run_in_a_cache)
{
	uint32_t cpus = sysconf(_SC_NPROCESSORS_ONLN), kind;
	struct zmem_ioc_snapshot snap;
	int id = cache_create(self->fd, "test-run", 64);

	ASSERT_LT(0, id);
	for (kind = ZMEM_IOC_RUN_BURST; kind <= ZMEM_IOC_RUN_MIX; kind++) {
		struct zmem_ioc_run run = {
			.kind = kind,
			.ops = 5003,
			.seed = 7,
			.cache = id,
			.held = 100,
			.node = ZMEM_IOC_NODE_ANY,
			.flags = ZMEM_IOC_FILL,
		};

		run_kind(_metadata, self->fd, &run, cpus);
		ASSERT_EQ(0, snapshot(self->fd, ZMEM_IOC_BY_ID, id, NULL, &snap));
		EXPECT_EQ(0, snap.objects);
		EXPECT_EQ((kind + 1) * 5003 * cpus, snap.allocs);
	}
	EXPECT_EQ(0, cache_destroy(self->fd, id));
}

TEST_F(dev, run_by_size)
{
	static const uint32_t kinds[] = {
		ZMEM_IOC_RUN_BURST, ZMEM_IOC_RUN_CROSS, ZMEM_IOC_RUN_MIX,
	};
	static const uint32_t flags[] = { ZMEM_IOC_FILL, ZMEM_IOC_GFP_ZERO };
	uint32_t cpu = 0;
	size_t n, f;

	for (n = 0; n < ARRAY_LEN(kinds); n++)
		for (f = 0; f < ARRAY_LEN(flags); f++) {
			struct zmem_ioc_run run = {
				.cpus = (uintptr_t)&cpu,
				.nr_cpus = 1,
				.kind = kinds[n],
				.ops = 2000,
				.size = 1,
				.size_max = 10000,
				.held = 64,
				.flags = flags[f],
			};

			run_kind(_metadata, self->fd, &run, 1);
		}
}

static void on_alarm(int signal)
{
}

/* A signal ends a run, whose results tell how far it came. */
TEST_F(dev, run_interrupted)
{
	struct zmem_ioc_run run = {
		.kind = ZMEM_IOC_RUN_MIX,
		.ops = 1ULL << 40,
		.size = 64,
		.held = 1000,
		.node = ZMEM_IOC_NODE_ANY,
	};
	struct itimerval timer = { .it_value.tv_usec = 300000 };
	struct sigaction action = { .sa_handler = on_alarm };

	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &timer, NULL));
	EXPECT_EQ(-1, ioctl(self->fd, ZMEM_IOC_RUN, &run));
	EXPECT_EQ(EINTR, errno);
	EXPECT_LT(0, run.allocs);
	EXPECT_EQ(run.allocs, run.frees);
	EXPECT_LT(0, run.elapsed_ns);
}

TEST_HARNESS_MAIN
