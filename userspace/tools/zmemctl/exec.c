// SPDX-License-Identifier: GPL-2.0 OR MIT
/* zmemctl record, replay: done by programs of their own, which stand beside. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>
#include "zmemctl.h"

/* Runs @argv[0] from zmemctl's own folder, else from $PATH; never returns. */
static void run(char **argv)
{
	char path[PATH_MAX], *slash;
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	fflush(stdout);
	if (length > 0) {
		path[length] = '\0';
		slash = strrchr(path, '/') + 1;
		length = slash - path;
		if (snprintf(slash, sizeof(path) - length, "%s", argv[0]) <
		    (int)sizeof(path) - length)
			execv(path, argv);
	}
	execvp(argv[0], argv);
	fail(EXIT_ERROR, "%s: %s", argv[0], strerror(errno));
}

int cmd_record(int argc, char **argv)
{
	argv[0] = "zmem-record";
	run(argv);
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
	char **args = xalloc((argc + 2) * sizeof(*args));
	static char option[64];
	int n = 0;

	args[n++] = "zmem-replay";
	if (common.json) {
		json_to_stdout(option, sizeof(option));
		args[n++] = option;
	}
	memcpy(args + n, argv + 1, (argc - 1) * sizeof(*args));
	run(args);
	return EXIT_ERROR;
}
