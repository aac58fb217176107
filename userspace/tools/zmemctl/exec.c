// SPDX-License-Identifier: GPL-2.0 OR MIT
/* zmemctl record, replay, report: done by programs of their own. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>
#include "zmemctl.h"

/* @name in zmemctl's own folder; false if there is nothing such. */
static bool beside(char *path, size_t size, const char *name)
{
	ssize_t length = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	if (length <= 0)
		return false;
	path[length] = '\0';
	slash = strrchr(path, '/') + 1;
	size -= slash - path;
	return snprintf(slash, size, "%s", name) < (int)size && !access(path, F_OK);
}

/* Runs @argv[0] from zmemctl's own folder, else from $PATH; never returns. */
static void run(char **argv)
{
	char path[PATH_MAX];

	fflush(stdout);
	if (beside(path, sizeof(path), argv[0]))
		execv(path, argv);
	execvp(argv[0], argv);
	fail(EXIT_ERROR, "%s: %s", argv[0], strerror(errno));
}

/* As @argv, with @more behind its first; NULL ends both. */
static char **arguments(char *first, char *more, int argc, char **argv)
{
	char **args = xalloc((argc + 2) * sizeof(*args));
	int n = 0;

	args[n++] = first;
	if (more)
		args[n++] = more;
	memcpy(args + n, argv + 1, (argc - 1) * sizeof(*args));
	return args;
}

int cmd_record(int argc, char **argv)
{
	run(arguments("zmem-record", common.json ? "--json" : NULL, argc, argv));
	return EXIT_ERROR;
}

/* The report goes nowhere, its JSON form where the report would have gone. */
static void json_to_stdout(char *option, size_t size)
{
	int out = dup(STDOUT_FILENO);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (out < 0 || null < 0 || dup2(null, STDOUT_FILENO) < 0)
		fail(EXIT_ERROR, "/dev/null: %s", strerror(errno));
	snprintf(option, size, "--json=/proc/self/fd/%d", out);
}

int cmd_replay(int argc, char **argv)
{
	static char option[64];

	if (common.json)
		json_to_stdout(option, sizeof(option));
	run(arguments("zmem-replay", common.json ? option : NULL, argc, argv));
	return EXIT_ERROR;
}

/* Where it is installed, and where it is in the tree. */
int cmd_report(int argc, char **argv)
{
	static const char *const places[] = {
		"../share/zmem/bench/report.py", "../../userspace/bench/report.py",
	};
	static char path[PATH_MAX];
	size_t n;

	if (common.json)
		fail(EXIT_USAGE, "report makes a page of what is JSON already");
	if (argc < 4 || strcmp(argv[1], "--out"))
		usage("report");
	for (n = 0; n < ARRAY_LEN(places); n++)
		if (beside(path, sizeof(path), places[n]))
			run(arguments("python3", path, argc, argv));
	fail(EXIT_ERROR, "the benchmarks' report.py is not installed");
}
