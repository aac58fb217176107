// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Loads the library that it is given beside the C library's malloc(), which
 * goes on to serve the rest of the program, and uses it; forks with it there.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *(*zmalloc)(size_t size);
static void (*zfree)(void *p);

static void *use(void *arg)
{
	char *p[500];
	int i;

	for (i = 0; i < 500; i++) {
		p[i] = zmalloc(i * 40);
		memset(p[i], i, i * 40);
	}
	for (i = 0; i < 500; i++) {
		if (i && (p[i][0] != (char)i || p[i][i * 40 - 1] != (char)i))
			return NULL;
		zfree(p[i]);
	}
	return arg;
}

static int used_by_threads(void)
{
	pthread_t t[4];
	void *ok = use(&t);
	int i, good = ok != NULL;

	for (i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, use, &t);
	for (i = 0; i < 4; i++) {
		pthread_join(t[i], &ok);
		good &= ok != NULL;
	}
	return good;
}

static int used_by_child(void)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(!used_by_threads());
	return waitpid(pid, &status, 0) == pid && !status;
}

static int step(int nr, int ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", nr, what);
	return !ok;
}

int main(int argc, char **argv)
{
	void *lib = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
	int failed;

	puts("TAP version 13\n1..3");
	if (lib) {
		zmalloc = (void *(*)(size_t))dlsym(lib, "malloc");
		zfree = (void (*)(void *))dlsym(lib, "free");
	}
	if (step(1, zmalloc && zfree, "dlopen"))
		return 1;
	failed = step(2, used_by_threads(), "used by threads");
	failed |= step(3, used_by_child(), "used by a child of fork");
	return failed;
}
