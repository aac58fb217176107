// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The replay's ioctl, good and bad, with a good stream: TAP, in the guest. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/zmem_stream.h>
#include "tool.h"

const char *tool_name = "replay-test";

static unsigned int number, failures;
static int device;
static char *stream;
static size_t length;

static void ok(int good, const char *what)
{
	printf("%sok %u - %s\n", good ? "" : "not ", ++number, what);
	fflush(stdout);
	failures += !good;
}

/* A request that is good as it stands. */
static struct zmem_replay request(__u32 target, __u32 flags)
{
	return (struct zmem_replay){
		.stream = (uintptr_t)stream, .stream_bytes = length,
		.target = target, .flags = flags, .repeats = 1,
	};
}

static int replay(struct zmem_replay *r)
{
	return ioctl(device, ZMEM_IOC_REPLAY, r) ? errno : 0;
}

static void refuses(struct zmem_replay r, int error, const char *what)
{
	int got = replay(&r);

	if (got != error)
		printf("# %s instead of %s\n", strerror(got), strerror(error));
	ok(got == error, what);
}

/* Caches of replays which are there now. */
static unsigned int caches(void)
{
	char *text = read_text("/sys/kernel/debug/zmem/caches"), *p = text;
	unsigned int count = 0;

	while (p && (p = strstr(p, "\nrp"))) {
		count++;
		p++;
	}
	free(text);
	return count;
}

static void test_size(void)
{
	struct {
		struct zmem_replay r;
		__u64 more;
	} longer = { .r = request(ZMEM_REPLAY_NULL, 0) };
	unsigned int cmd = ZMEM_IOC_REPLAY & ~(_IOC_SIZEMASK << _IOC_SIZESHIFT);
	unsigned int size = sizeof(longer) << _IOC_SIZESHIFT;

	ok(!ioctl(device, cmd | size, &longer), "a longer structure");
	longer.more = 1;
	ok(ioctl(device, cmd | size, &longer) && errno == E2BIG,
	   "a longer structure with something in it");
	size = (ZMEM_REPLAY_BYTES_V1 - 8) << _IOC_SIZESHIFT;
	ok(ioctl(device, cmd | size, &longer) && errno == EINVAL,
	   "a structure that is too short");
}

static void test_request(void)
{
	struct zmem_replay good = request(ZMEM_REPLAY_NULL, 0), r;

	refuses(good, 0, "a good request");
	r = good;
	r.target = 3;
	refuses(r, EINVAL, "an unknown target");
	r = good;
	r.flags = ZMEM_REPLAY_FLAGS + 1;
	refuses(r, EINVAL, "an unknown flag");
	r = good;
	r.repeats = 0;
	refuses(r, EINVAL, "no pass");
	r = good;
	r.repeats = ZMEM_REPLAY_REPEATS_MAX + 1;
	refuses(r, EINVAL, "too many passes");
	r = good;
	r.repeats = 2;
	r.flags = ZMEM_REPLAY_HOLD;
	refuses(r, EINVAL, "two passes to be held");
	r = good;
	r.nr_caches = 1;
	refuses(r, EINVAL, "room for caches nowhere");
	r = good;
	r.stop_at = ~0ull;
	refuses(r, EINVAL, "a stop behind the end");
	r = good;
	r.stream_bytes = ZMEM_STREAM_BYTES_MAX + 1ull;
	refuses(r, E2BIG, "a stream that is too long");
	r = good;
	r.stream = 8;
	refuses(r, EFAULT, "a stream that is not there");
	r = request(ZMEM_REPLAY_ZMEM, ZMEM_REPLAY_CLASSES);
	r.caches = 8;
	r.nr_caches = 1;
	refuses(r, EFAULT, "room for caches that is not there");
}

static void test_stream(void)
{
	struct zmem_replay good = request(ZMEM_REPLAY_ZMEM, 0), r;
	struct zmem_stream_header *h = (void *)stream;

	r = good;
	r.stream_bytes = 0;
	refuses(r, ENODATA, "no stream at all");
	r = good;
	r.stream_bytes = length / 2;
	refuses(r, ENODATA, "a truncated stream");
	r = good;
	r.stream_bytes--;
	refuses(r, ENODATA, "a stream truncated by a byte");
	stream[0] ^= 1;
	refuses(good, ENOEXEC, "something else");
	stream[0] ^= 1;
	h->version ^= 2;
	refuses(good, EPROTONOSUPPORT, "another version");
	h->version ^= 2;
	h->nr_events ^= 1ull << 62;
	refuses(good, EOVERFLOW, "an absurd number of events");
	h->nr_events ^= 1ull << 62;
	h->duration_ns ^= 1;
	refuses(good, EBADMSG, "a wrong checksum");
	h->duration_ns ^= 1;
}

static void test_replay(__u32 target, __u32 flags, const char *what)
{
	struct zmem_replay r = request(target, flags);
	int error = replay(&r);

	ok(!error && !r.failures && r.allocs && r.frees <= r.allocs &&
	   r.min_ns && r.min_ns <= r.median_ns, what);
	if (error)
		printf("# %s\n", strerror(error));
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void test_signal(__u32 flags, const char *what)
{
	struct itimerval when = { .it_value.tv_usec = 300000 };
	struct zmem_replay r = request(ZMEM_REPLAY_ZMEM,
				       flags | ZMEM_REPLAY_CLASSES);
	struct sigaction action = { .sa_handler = on_alarm };

	r.repeats = ZMEM_REPLAY_REPEATS_MAX;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &when, NULL);
	ok(replay(&r) == EINTR && !caches(), what);
}

static void test_hold(void)
{
	struct zmem_replay r = request(ZMEM_REPLAY_ZMEM, ZMEM_REPLAY_HOLD |
				       ZMEM_REPLAY_CLASSES);

	r.stop_at = 1000;
	ok(!replay(&r) && r.fd >= 0 && caches(), "a held replay has caches");
	close(r.fd);
	ok(!caches(), "they go with the file");
}

/* A process that is killed leaves nothing. */
static void test_kill(void)
{
	struct zmem_replay r = request(ZMEM_REPLAY_ZMEM, ZMEM_REPLAY_HOLD |
				       ZMEM_REPLAY_CLASSES);
	unsigned int tries = 50;
	pid_t pid;
	int pipes[2];
	char byte;

	if (pipe(pipes))
		die("pipe: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		byte = replay(&r);
		if (write(pipes[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	ok(read(pipes[0], &byte, 1) == 1 && !byte && caches(),
	   "another process holds a replay");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (caches() && tries--)
		usleep(100000);
	ok(!caches(), "killed, it leaves nothing");
}

int main(int argc, char **argv)
{
	if (argc != 2)
		die("usage: replay-test STREAM");
	stream = read_stream(argv[1], &length);
	device = open("/dev/zmem", O_RDWR | O_CLOEXEC);
	if (device < 0)
		die("/dev/zmem: %s", strerror(errno));
	puts("TAP version 13");
	test_size();
	test_request();
	test_stream();
	test_replay(ZMEM_REPLAY_ZMEM, ZMEM_REPLAY_TOUCH, "zmem, touched");
	test_replay(ZMEM_REPLAY_KMEM, ZMEM_REPLAY_TOUCH | ZMEM_REPLAY_CLASSES,
		    "kmem_cache, touched");
	test_replay(ZMEM_REPLAY_NULL, ZMEM_REPLAY_CPUS, "null, on all CPUs");
	test_signal(0, "a signal ends it");
	test_signal(ZMEM_REPLAY_CPUS, "a signal ends it on all CPUs");
	test_hold();
	test_kill();
	printf("1..%u\n", number);
	return failures != 0;
}
