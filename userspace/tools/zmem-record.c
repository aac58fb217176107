// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Records the kernel's allocations while a command runs. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/zmem_stream.h>
#include "record.h"
#include "tool.h"

const char *tool_name = "zmem-record";
static bool json;

static void usage(void)
{
	fputs("usage: zmem-record [--json] [-b KIB] -o FILE [--] COMMAND...\n"
	      "Records what the kernel allocates while COMMAND runs.\n"
	      "-b: buffer of each CPU, 131072 KiB unless given\n"
	      "--json: says so what came of it; what COMMAND prints goes to stderr\n", stderr);
	exit(2);
}

/* Before the work is done, not after it. */
static void check_writable(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	close(fd);
}

/* Runs the command; a line every few seconds. */
static void run(char **command)
{
	struct timespec tick = { .tv_nsec = 250000000 };
	time_t begin = time(NULL), said = begin, now;
	pid_t pid;
	int status;

	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (!pid) {
		if (json)
			dup2(STDERR_FILENO, STDOUT_FILENO);
		execvp(command[0], command);
		warn("%s: %s", command[0], strerror(errno));
		_exit(127);
	}
	while (!waitpid(pid, &status, WNOHANG)) {
		nanosleep(&tick, NULL);
		now = time(NULL);
		if (json || now - said < 5)
			continue;
		said = now;
		printf("# %ld s, %llu events\n", (long)(now - begin),
		       (unsigned long long)capture_entries());
		fflush(stdout);
	}
	if (status)
		die("%s failed", command[0]);
}

static void print(const struct recording *r)
{
	printf("# %llu calls seen, %zu in the stream; frees of older objects %llu, unmatched %llu, forced ends %llu; bulk calls missed %llu\n",
	       (unsigned long long)r->seen, r->happenings,
	       (unsigned long long)r->dropped,
	       (unsigned long long)r->unmatched,
	       (unsigned long long)r->forced, (unsigned long long)r->lost);
}

static void print_json(const struct recording *r, unsigned int cpus)
{
	printf("{\"version\":1,\"cpus\":%u,\"seen\":%llu,\"events\":%zu,\"older_frees\":%llu,\"unmatched\":%llu,\"forced\":%llu,\"bulks_missed\":%llu}\n",
	       cpus, (unsigned long long)r->seen, r->happenings,
	       (unsigned long long)r->dropped, (unsigned long long)r->unmatched,
	       (unsigned long long)r->forced, (unsigned long long)r->lost);
}

static void judge(const struct recording *r)
{
	uint64_t bad = r->unmatched + r->forced;

	if (!r->happenings)
		die("nothing was recorded");
	if (r->happenings > (ZMEM_STREAM_BYTES_MAX >> 4) - 65536)
		die("too many events for a stream");
	if (bad * 20 > r->seen)
		die("unmatched frees and forced ends are more than 5 %% of the calls");
}

static void convert(unsigned int cpus, uint64_t missed, const char *path)
{
	struct calls *calls = xalloc(cpus * sizeof(*calls));
	struct recording r = { .lost = missed };
	unsigned int cpu;

	for (cpu = 0; cpu < cpus; cpu++)
		capture_read(cpu, &calls[cpu]);
	capture_end();
	match_calls(&r, calls, cpus);
	if (!json)
		print(&r);
	judge(&r);
	write_stream(&r, cpus, path);
	if (json)
		print_json(&r, cpus);
}

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ NULL, 0, NULL, 0 },
};

int main(int argc, char **argv)
{
	unsigned long buffer_kib = 131072;
	const char *path = NULL;
	uint64_t losses, missed;
	unsigned int cpus;
	int c;

	while ((c = getopt_long(argc, argv, "+b:o:", options, NULL)) != -1) {
		if (c == 'b')
			buffer_kib = strtoul(optarg, NULL, 10);
		else if (c == 'o')
			path = optarg;
		else if (c == 'j')
			json = true;
		else
			usage();
	}
	if (!path || !buffer_kib || optind == argc)
		usage();
	cpus = capture_cpus();
	if (cpus > ZMEM_STREAM_CPUS_MAX)
		die("%u CPUs are too many for a stream", cpus);
	check_writable(path);
	capture_start(buffer_kib);
	run(argv + optind);
	capture_stop();
	losses = capture_losses();
	if (losses)
		die("%llu events were lost: a larger buffer (-b) is needed",
		    (unsigned long long)losses);
	missed = capture_missed();
	convert(cpus, missed, path);
	check_output();
	return 0;
}
