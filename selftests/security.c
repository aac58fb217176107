// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Who may do what through /dev/zmem and debugfs, and what they may learn:
 * Documentation/security.rst promises what is tested here.
 */
#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stddef.h>
#include <sys/klog.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include "zmem_test.h"
#include "stream.h"
#include "kselftest_harness.h"

#define NOBODY		65534
#define TIMEOUT		300

/* Where kernels map memory and themselves, with page tables of 4 levels or 5. */
#define KERNEL_BEGIN	0xff00000000000000ull

FIXTURE(security) {
	int fd;
	int cache;
	struct test_stream stream;
};

FIXTURE_SETUP(security)
{
	self->fd = open(DEVICE, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->cache = cache_create(self->fd, "test-security", 120);
	ASSERT_LT(0, self->cache);
	stream_make(&self->stream, 100000);
}

FIXTURE_TEARDOWN(security)
{
	EXPECT_EQ(0, cache_destroy(self->fd, self->cache));
	close(self->fd);
}

/* Some of all that there is to see: live objects, a workload, misuse of none. */
static int work(FIXTURE_DATA(security) *self, uint64_t *handles, uint32_t count)
{
	struct zmem_ioc_run run = {
		.kind = ZMEM_IOC_RUN_MIX, .ops = 500, .size = 8, .size_max = 20000,
		.held = 20, .node = ZMEM_IOC_NODE_ANY, .flags = ZMEM_IOC_FILL,
	};

	return ioctl(self->fd, ZMEM_IOC_RUN, &run) ?:
	       objects_alloc(self->fd, self->cache, 0, ZMEM_IOC_FILL, handles, count);
}

/* ---- no byte of an answer that the kernel did not mean to send ---- */

static struct zmem_replay replay_of(const struct test_stream *stream,
				    struct zmem_replay_cache *caches, uint32_t nr)
{
	return (struct zmem_replay) {
		.stream = (uintptr_t)stream, .stream_bytes = sizeof(*stream),
		.caches = (uintptr_t)caches, .nr_caches = nr,
		.target = ZMEM_REPLAY_ZMEM, .repeats = 1,
	};
}

/*
 * The request, which has room for so much more than the structure, once over
 * bytes of one kind and once of another: what is behind the structure must be
 * zero in both, and each byte of the structure the kernel's or the caller's.
 */
static int unwritten(int fd, unsigned int cmd, const void *request, size_t in,
		     unsigned char *answer)
{
	size_t size = _IOC_SIZE(cmd), more = 64, n, bad = 0;
	unsigned char room[2][1024];
	int pass;

	for (pass = 0; pass < 2; pass++) {
		memset(room[pass], pass ? 0x5a : 0xa5, sizeof(room[pass]));
		memcpy(room[pass], request, in);
		memset(room[pass] + size, 0, more);
		if (ioctl(fd, _IOC(_IOC_DIR(cmd), _IOC_TYPE(cmd), _IOC_NR(cmd), size + more),
			  room[pass]))
			return -errno;
	}
	for (n = in; n < size; n++)
		bad += room[0][n] == 0xa5 && room[1][n] == 0x5a;
	for (n = size; n < size + more; n++)
		bad += room[0][n] || room[1][n];
	memcpy(answer, room[1], size);
	return bad;
}

TEST_F_TIMEOUT(security, whole_answers, TIMEOUT)
{
	unsigned char answer[1024];
	uint64_t handles[8];
	struct zmem_ioc_handles verify = { .handles = (uintptr_t)handles, .count = 8 };
	struct zmem_ioc_snapshot snap = { .by = ZMEM_IOC_BY_NAME, .name = "test-security" };
	struct zmem_ioc_run run = {
		.ops = 20, .size = 64, .held = 2, .node = ZMEM_IOC_NODE_ANY,
	};
	struct zmem_ioc_snapshot *got = (void *)answer;
	size_t n;

	memset(handles, 0xa5, sizeof(handles));
	ASSERT_EQ(0, work(self, handles, 8));
	for (n = 0; n < ARRAY_LEN(handles); n++)
		EXPECT_NE(0xa5a5a5a5a5a5a5a5ull, handles[n]);
	/* @reserved is looked at: all of the structure is given. */
	EXPECT_EQ(0, unwritten(self->fd, ZMEM_IOC_INFO, &(struct zmem_ioc_info){},
			       sizeof(struct zmem_ioc_info), answer));
	EXPECT_EQ(0, unwritten(self->fd, ZMEM_IOC_VERIFY, &verify,
			       offsetof(struct zmem_ioc_handles, checked), answer));
	EXPECT_EQ(0, unwritten(self->fd, ZMEM_IOC_RUN, &run, sizeof(run), answer));
	EXPECT_EQ(0, unwritten(self->fd, ZMEM_IOC_SNAPSHOT, &snap,
			       offsetof(struct zmem_ioc_snapshot, object_size), answer));
	for (n = strlen(got->name); n < sizeof(got->name); n++)
		EXPECT_EQ(0, got->name[n]);
	EXPECT_EQ(0, objects_free(self->fd, handles, 8));
}

TEST_F_TIMEOUT(security, whole_replay, TIMEOUT)
{
	struct zmem_replay_cache caches[2][4];
	unsigned char answer[1024];
	unsigned int pass, n, bad = 0;
	struct zmem_replay arg;

	for (pass = 0; pass < 2; pass++) {
		memset(caches[pass], pass ? 0x5a : 0xa5, sizeof(caches[pass]));
		arg = replay_of(&self->stream, caches[pass], 3);
		ASSERT_EQ(0, ioctl(self->fd, ZMEM_IOC_REPLAY, &arg));
		ASSERT_LE(2, arg.nr_caches);
	}
	for (n = 0; n < 2 * sizeof(caches[0][0]); n++)
		bad += ((unsigned char *)caches[0])[n] == 0xa5 &&
		       ((unsigned char *)caches[1])[n] == 0x5a;
	EXPECT_EQ(0, bad);
	for (n = strlen(caches[1][0].name); n < sizeof(caches[1][0].name); n++)
		EXPECT_EQ(0, caches[1][0].name[n]);
	/* Beyond the last nothing was written. */
	EXPECT_EQ(0x5a5a5a5a5a5a5a5aull, caches[1][3].allocs);
	arg = replay_of(&self->stream, NULL, 0);
	EXPECT_EQ(0, unwritten(self->fd, ZMEM_IOC_REPLAY, &arg,
			       offsetof(struct zmem_replay, fd), answer));
}

/* ---- no address ---- */

static bool is_address(uint64_t word)
{
	return word >= KERNEL_BEGIN && word != ~0ull && word < ~0ull - 4095;
}

/* The first number of a text that is an address; 0: none. */
static uint64_t address_in(const char *text)
{
	for (; *text; text++) {
		char *end;
		uint64_t value;

		if (!isxdigit(*text))
			continue;
		value = strtoull(text, &end, 16);
		if (end - text >= 16 && is_address(value))
			return value;
		if (isdigit(*text)) {
			value = strtoull(text, NULL, 10);
			if (is_address(value))
				return value;
		}
		/* Only whole words. */
		while (isxdigit(*text))
			text++;
		if (!*text)
			break;
	}
	return 0;
}

/* Calls @fn for every file below a directory. */
static void walk(const char *dir, void (*fn)(const char *path, void *arg), void *arg)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char path[512];

	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (e->d_type == DT_DIR)
			walk(path, fn, arg);
		else
			fn(path, arg);
	}
	if (d)
		closedir(d);
}

struct seen {
	unsigned int files;
	unsigned int bad;
};

static void look_for_address(const char *path, void *arg)
{
	struct seen *seen = arg;
	char *text = read_file(path);
	uint64_t address = text ? address_in(text) : 0;

	seen->files += !!text;
	if (address) {
		printf("# %s shows %llx\n", path, (unsigned long long)address);
		seen->bad++;
	}
	free(text);
}

/* That what looks for addresses finds one. */
TEST(addresses_are_found)
{
	EXPECT_EQ(0xffff888012345678ull, address_in("object at ffff888012345678, size 8"));
	EXPECT_EQ(0xffff888012345678ull, address_in("=0xffff888012345678"));
	EXPECT_EQ(0xffff888012345678ull, address_in("x 18446612682375452280"));
	EXPECT_EQ(0, address_in("0xffffffffffffffff 123 deadbeef 18446744073709551615 -1"));
}

TEST_F_TIMEOUT(security, no_address_in_debugfs, TIMEOUT)
{
	struct seen seen = {};
	uint64_t handles[100];

	ASSERT_EQ(0, work(self, handles, 100));
	walk(DEBUGFS, look_for_address, &seen);
	walk("/sys/module/zmem/parameters", look_for_address, &seen);
	EXPECT_EQ(0, seen.bad);
	EXPECT_LT(50, seen.files);
	EXPECT_EQ(0, objects_free(self->fd, handles, 100));
}

/* What zmem itself says there; other parts of the kernel have habits of their own. */
TEST_F_TIMEOUT(security, no_address_in_log, TIMEOUT)
{
	size_t size = 16 << 20, lines = 0;
	char *log = calloc(1, size), *line, *rest;

	ASSERT_NE(NULL, log);
	ASSERT_LT(0, klogctl(3, log, size - 1));
	for (line = strtok_r(log, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (!strstr(line, "zmem: "))
			continue;
		lines++;
		EXPECT_EQ(0, address_in(line)) {
			TH_LOG("%s", line);
		}
	}
	/* That of the module's loading is always there. */
	EXPECT_LT(0, lines);
	free(log);
}

TEST_F_TIMEOUT(security, no_address_in_answers, TIMEOUT)
{
	struct zmem_replay_cache caches[8] = {};
	struct zmem_replay replay = replay_of(&self->stream, caches, 8);
	struct zmem_ioc_snapshot snap;
	struct zmem_ioc_info info = {};
	uint64_t handles[100];
	size_t n, i;

	ASSERT_EQ(0, work(self, handles, 100));
	for (n = 0; n < ARRAY_LEN(handles); n++)
		EXPECT_FALSE(is_address(handles[n]));
	ASSERT_EQ(0, ioctl(self->fd, ZMEM_IOC_INFO, &info));
	for (i = 0; i < sizeof(info) / 8; i++)
		EXPECT_FALSE(is_address(((uint64_t *)&info)[i]));
	for (n = 0; !snapshot(self->fd, ZMEM_IOC_BY_INDEX, n, NULL, &snap); n++)
		for (i = 0; i < sizeof(snap) / 8; i++)
			EXPECT_FALSE(is_address(((uint64_t *)&snap)[i]));
	EXPECT_LT(10, n);
	ASSERT_EQ(0, ioctl(self->fd, ZMEM_IOC_REPLAY, &replay));
	for (i = 0; i < sizeof(replay) / 8; i++)
		EXPECT_FALSE(is_address(((uint64_t *)&replay)[i]));
	for (i = 0; i < sizeof(caches) / 8; i++)
		EXPECT_FALSE(is_address(((uint64_t *)caches)[i]));
	EXPECT_EQ(0, objects_free(self->fd, handles, 100));
}

/* ---- root alone ---- */

static void check_mode(const char *path, void *arg)
{
	struct seen *seen = arg;
	bool control = strstr(path, "/control");
	struct stat st;

	seen->files++;
	if (stat(path, &st) || st.st_uid || st.st_gid || st.st_mode & 077 ||
	    !!(st.st_mode & 0200) != control) {
		printf("# %s: mode %o\n", path, st.st_mode);
		seen->bad++;
	}
}

static void check_closed(const char *path, void *arg)
{
	struct seen *seen = arg;
	int fd = open(path, strstr(path, "/control") ? O_WRONLY : O_RDONLY);

	seen->files++;
	if (fd >= 0 || errno != EACCES) {
		printf("# %s is open to anyone\n", path);
		seen->bad++;
	}
}

TEST_F_TIMEOUT(security, root_alone, TIMEOUT)
{
	struct seen seen = {};
	pid_t child;
	int status;

	walk(DEBUGFS, check_mode, &seen);
	EXPECT_EQ(0, seen.bad);
	EXPECT_LT(50, seen.files);

	/* As if the way there were open to all. */
	ASSERT_EQ(0, chmod("/sys/kernel/debug", 0755));
	child = fork();
	if (!child) {
		seen = (struct seen){};
		if (setgid(NOBODY) || setuid(NOBODY))
			_exit(2);
		walk(DEBUGFS, check_closed, &seen);
		_exit(seen.bad || seen.files < 50 || open(DEVICE, O_RDWR) >= 0 ||
		      errno != EACCES);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, chmod("/sys/kernel/debug", 0700));

	/* A mode that lets anyone in does not make anyone an administrator. */
	ASSERT_EQ(0, chmod(DEVICE, 0666));
	child = fork();
	if (!child)
		_exit(setuid(NOBODY) || open(DEVICE, O_RDWR) >= 0 || errno != EPERM);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, chmod(DEVICE, 0600));
}

/* ---- what is gone stays gone ---- */

TEST_F_TIMEOUT(security, stale_handles, TIMEOUT)
{
	uint64_t stale, now;
	unsigned int n;

	ASSERT_EQ(0, objects_alloc(self->fd, self->cache, 0, 0, &stale, 1));
	ASSERT_EQ(0, objects_free(self->fd, &stale, 1));
	/* The same place in the table, and perhaps the same object, over and over. */
	for (n = 0; n < 300; n++) {
		ASSERT_EQ(0, objects_alloc(self->fd, self->cache, 0, 0, &now, 1));
		ASSERT_EQ((uint32_t)stale, (uint32_t)now);
		ASSERT_NE(stale, now);
		ASSERT_EQ(-1, objects_free(self->fd, &stale, 1));
		ASSERT_EQ(ENOENT, errno);
		ASSERT_EQ(-1, objects_good(self->fd, &stale, 1));
		ASSERT_EQ(0, objects_free(self->fd, &now, 1));
	}
}

/* ---- numbers that are too large ---- */

static const uint64_t large[] = {
	0x80000000, 0xffffffff, 0x100000001, ~0ull >> 1, ~0ull - 7, ~0ull,
};

/* A large number may still be a good one. */
static void free_all(int fd, const struct zmem_ioc_alloc *arg)
{
	objects_free(fd, (uint64_t *)(uintptr_t)arg->handles, arg->count);
}

/* Each word of a request but its first, a pointer, in turn made large. */
static void with_large(struct __test_metadata *_metadata, FIXTURE_DATA(security) *self,
		       unsigned int cmd, const void *request, size_t first)
{
	size_t size = _IOC_SIZE(cmd), at, width, n;
	struct state before = state_of(self->fd), after;
	unsigned char arg[1024];
	int ret;

	for (width = 4; width <= 8; width += 4) {
		for (at = first; at + width <= size; at += width) {
			for (n = 0; n < ARRAY_LEN(large); n++) {
				memcpy(arg, request, size);
				memcpy(arg + at, &large[n], width);
				ret = ioctl(self->fd, cmd, arg);
				if (!ret && cmd == ZMEM_IOC_ALLOC)
					free_all(self->fd, (void *)arg);
				EXPECT_TRUE(ret == 0 || errno == EINVAL || errno == E2BIG ||
					    errno == ENOENT || errno == ENODEV ||
					    errno == EDQUOT || errno == ENOMEM ||
					    errno == EINTR || errno == EFAULT ||
					    errno == ENODATA || errno == EMSGSIZE) {
					TH_LOG("%x, word at %zu: %s", cmd, at, strerror(errno));
				}
			}
		}
	}
	after = state_of(self->fd);
	EXPECT_TRUE(same_state(&before, &after));
}

static void nothing(int sig)
{
}

TEST_F_TIMEOUT(security, overflows, TIMEOUT)
{
	static uint64_t list[ZMEM_IOC_COUNT_MAX];
	struct zmem_ioc_handles handles = { .handles = (uintptr_t)list, .count = 1 };
	struct zmem_ioc_alloc alloc = {
		.handles = (uintptr_t)list, .size = 4 << 20, .count = ZMEM_IOC_COUNT_MAX,
		.node = ZMEM_IOC_NODE_ANY,
	};
	struct zmem_ioc_run run = {
		.ops = 10, .size = 64, .held = 2, .node = ZMEM_IOC_NODE_ANY,
	};
	struct zmem_replay replay = replay_of(&self->stream, NULL, 0);
	struct itimerval soon = { { 0, 50000 }, { 0, 50000 } }, never = {};

	/* Runs that would go on for years end with a signal. */
	ASSERT_EQ(0, sigaction(SIGALRM, &(struct sigaction){ .sa_handler = nothing }, NULL));
	with_large(_metadata, self, ZMEM_IOC_ALLOC, &alloc, 8);
	with_large(_metadata, self, ZMEM_IOC_FREE, &handles, 8);
	with_large(_metadata, self, ZMEM_IOC_VERIFY, &handles, 8);
	with_large(_metadata, self, ZMEM_IOC_REPLAY, &replay, 8);
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &soon, NULL));
	with_large(_metadata, self, ZMEM_IOC_RUN, &run, 8);
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &never, NULL));
}

/* ---- the budget ---- */

static uint64_t used(int fd)
{
	struct zmem_ioc_info info = {};

	return ioctl(fd, ZMEM_IOC_INFO, &info) ? ~0ull : info.used;
}

TEST_F_TIMEOUT(security, replay_budget, TIMEOUT)
{
	struct zmem_replay arg = replay_of(&self->stream, NULL, 0), held = arg;
	struct zmem_ioc_info info = {};
	uint64_t handles[256];
	uint32_t fit;
	int fd;

	held.flags = ZMEM_REPLAY_HOLD;

	/* What is held counts until it is let go. */
	ASSERT_EQ(0, used(self->fd));
	ASSERT_EQ(0, ioctl(self->fd, ZMEM_IOC_REPLAY, &arg));
	EXPECT_EQ(0, used(self->fd));
	arg = held;
	ASSERT_EQ(0, ioctl(self->fd, ZMEM_IOC_REPLAY, &arg));
	EXPECT_LT(4 * 100000, used(self->fd));
	close(arg.fd);
	EXPECT_EQ(0, used(self->fd));

	/* And without the file that it came from. */
	fd = open(DEVICE, O_RDWR);
	ASSERT_LE(0, fd);
	arg = held;
	ASSERT_EQ(0, ioctl(fd, ZMEM_IOC_REPLAY, &arg));
	close(fd);
	close(arg.fd);

	/* A quarter of the memory, and nothing beyond it. */
	ASSERT_EQ(0, ioctl(self->fd, ZMEM_IOC_INFO, &info));
	EXPECT_LT((uint64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / 5, info.budget);
	EXPECT_GE((uint64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / 4, info.budget);
	stream_make(&self->stream, 4 << 20);
	fit = info.budget / ((4 << 20) + 64);
	ASSERT_GT(ARRAY_LEN(handles), fit);
	ASSERT_EQ(0, objects_alloc(self->fd, 0, 4 << 20, 0, handles, fit));
	EXPECT_EQ(-1, ioctl(self->fd, ZMEM_IOC_REPLAY, &held));
	EXPECT_EQ(EDQUOT, errno);
	EXPECT_EQ(-1, objects_alloc(self->fd, 0, 4 << 20, 0, handles + fit, 1));
	EXPECT_EQ(EDQUOT, errno);
	EXPECT_EQ(0, objects_free(self->fd, handles, fit));
	EXPECT_EQ(0, used(self->fd));
}

TEST_HARNESS_MAIN
