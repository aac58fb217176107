// SPDX-License-Identifier: GPL-2.0 OR MIT
/* zmemctl: look at zmem, steer it, measure it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "zmemctl.h"

const char *tool_name = "zmemctl";
struct common common;

const struct command commands[] = {
	{ "list", "[-s FIELD] [-r] [-c FIELD,...] [-n N] [-b]",
	  "a line for each cache", cmd_list, ANYWHERE },
	{ "top", "[-s FIELD] [-d SECONDS] [-n COUNT] [-v caches|cpus|nodes] [CACHE]",
	  "the same, live", cmd_top, ANYWHERE },
	{ "stat", "[-b] CACHE", "all about one cache", cmd_stat, ANYWHERE },
	{ "watch", "[-d SECONDS] [-n COUNT] [CACHE]",
	  "rates, a line each time", cmd_watch, ANYWHERE },
	{ "set", "CACHE KEY=VALUE...", "change settings", cmd_set, ANYWHERE },
	{ "drain", "cpu N | node N", "put a CPU's or a node's objects back",
	  cmd_drain, ANYWHERE },
	{ "open", "node N", "place objects on a node again that was drained",
	  cmd_open, ANYWHERE },
	{ "shrink", "[CACHE]", "give unused memory back", cmd_shrink, ANYWHERE },
	{ "validate", "[CACHE]", "look whether all is as it should be",
	  cmd_validate, ANYWHERE },
	{ "traces", "CACHE", "who allocated what is live in a debug cache",
	  cmd_traces, ANYWHERE },
	{ "bench", "[-k KIND] [-S SIZE[-MAX]] [-H HELD] [-t THREADS] [-C CPUS] [-N NODES] [-p NODE] [-m MODE] [-d TIME] [-o OPS]",
	  "measure in the kernel", cmd_bench, MODULE_ONLY },
	{ "stress", "[-C CPUS] [-N NODES] [-d TIME] [-x SEED]",
	  "work hard and check every byte", cmd_stress, MODULE_ONLY },
	{ "record", "[-b KIB] -o FILE -- COMMAND...",
	  "record the kernel's allocations", cmd_record, MODULE_ONLY },
	{ "replay", "[-n N] [-a|-t] [-c] [-w] STREAM",
	  "replay a recording", cmd_replay, MODULE_ONLY },
	{ "report", "--out FILE RESULT...",
	  "benchmarks' results as a page of HTML", cmd_report, ANYWHERE },
};

const size_t nr_commands = ARRAY_LEN(commands);

static void help(FILE *f)
{
	size_t n;

	fputs("usage: zmemctl [--json] [--color=WHEN] [--from=PATH] COMMAND ...\n\n", f);
	for (n = 0; n < nr_commands; n++)
		fprintf(f, "  %-8s %s\n           %s\n", commands[n].name,
			commands[n].help, commands[n].args);
	fputs("\n  --json        for programs; a number that is not known is null\n"
	      "  --color=WHEN  always, never, or auto: on a terminal only\n"
	      "  --from=PATH   of a program that has libzmem and ZMEM_STATS=PATH\n"
	      "Exit status: 0 good, 1 error, 2 usage, 3 no module or no such program,\n"
	      "4 no permission, 5 no such cache, 6 something wrong was found, 7 live objects\n"
	      "on the node.  See zmemctl(8).\n", f);
}

static const struct command *find(const char *name)
{
	size_t n;

	for (n = 0; n < nr_commands; n++)
		if (!strcmp(commands[n].name, name))
			return &commands[n];
	return NULL;
}

void usage(const char *command)
{
	const struct command *c = command ? find(command) : NULL;

	if (c)
		fprintf(stderr, "usage: zmemctl %s %s\n", c->name, c->args);
	else
		help(stderr);
	exit(EXIT_USAGE);
}

static bool want_colour(const char *when)
{
	const char *term = getenv("TERM");

	if (!strcmp(when, "always"))
		return true;
	if (!strcmp(when, "never"))
		return false;
	if (strcmp(when, "auto"))
		fail(EXIT_USAGE, "--color=%s: always, never or auto", when);
	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR") &&
	       term && strcmp(term, "dumb");
}

/* Takes the common options out, wherever they stand before "--". */
static int take_common(int argc, char **argv)
{
	const char *when = "auto";
	int from, to = 1;

	for (from = 1; from < argc && strcmp(argv[from], "--"); from++) {
		if (!strcmp(argv[from], "--json"))
			common.json = true;
		else if (!strncmp(argv[from], "--color=", 8))
			when = argv[from] + 8;
		else if (!strncmp(argv[from], "--from=", 7))
			common.from = argv[from] + 7;
		else
			argv[to++] = argv[from];
	}
	while (from < argc)
		argv[to++] = argv[from++];
	argv[to] = NULL;
	common.colour = want_colour(when);
	return to;
}

int main(int argc, char **argv)
{
	const struct command *c;
	int status;

	opterr = 0;	/* the usage line says it */
	argc = take_common(argc, argv);
	if (argc < 2)
		usage(NULL);
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help")) {
		help(stdout);
		check_output();
		return EXIT_OK;
	}
	c = find(argv[1]);
	if (!c)
		fail(EXIT_USAGE, "no command '%s'; zmemctl help lists them",
		     argv[1]);
	if (common.from && c->where == MODULE_ONLY)
		fail(EXIT_USAGE, "%s works on the module only, not --from a program", c->name);
	status = c->run(argc - 1, argv + 1);
	check_output();
	return status;
}
