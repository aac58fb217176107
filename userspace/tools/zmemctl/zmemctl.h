/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What zmemctl's commands share. */
#ifndef ZMEMCTL_H
#define ZMEMCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <linux/zmem.h>
#include "../tool.h"

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))
#define UNKNOWN		ZMEM_IOC_UNKNOWN
#define NSEC		1000000000ull

/* Options that every command takes. */
struct common {
	bool json;
	bool colour;
	const char *from;	/* a program's socket or file, not the module */
};

extern struct common common;

enum command_where { ANYWHERE, MODULE_ONLY };

/**
 * struct command - a command
 * @name: what it is called
 * @args: of its usage line
 * @help: what it does, in a few words
 * @run: does it; argv[0] is its name
 * @where: on what it works
 */
struct command {
	const char *name;
	const char *args;
	const char *help;
	int (*run)(int argc, char **argv);
	enum command_where where;
};

extern const struct command commands[];
extern const size_t nr_commands;

void usage(const char *command) __attribute__((__noreturn__));

int cmd_list(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_watch(int argc, char **argv);
int cmd_set(int argc, char **argv);
int cmd_drain(int argc, char **argv);
int cmd_open(int argc, char **argv);
int cmd_shrink(int argc, char **argv);
int cmd_validate(int argc, char **argv);
int cmd_traces(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_stress(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_report(int argc, char **argv);

#endif /* ZMEMCTL_H */
