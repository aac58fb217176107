/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What the shim's own tests have in common: how often, and what may die. */
#ifndef _TESTS_SHIM_CHILD_H
#define _TESTS_SHIM_CHILD_H

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Valgrind runs one thread at a time, fifty times slower. */
#ifdef SHIM_VALGRIND
#define ROUNDS(n)	((n) / 20)
#else
#define ROUNDS(n)	(n)
#endif

/* Runs fn(arg) in a child; whether it ended by exit(0). */
static inline bool child_survives(void (*fn)(void *arg), void *arg)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		fn(arg);
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status);
}

/* A child that is to die says nothing of it. */
static inline void hush(void)
{
	close(STDERR_FILENO);
}

#endif /* _TESTS_SHIM_CHILD_H */
