// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * malloc() among threads, across fork(), in signal handlers, at the ends of
 * threads, and loaded late: as malloc_test.c, linked and preloaded.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "malloc_test.h"

#define HELD	64

/* A thread's own stream of numbers. */
static unsigned int next_random(unsigned int *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 8;
}

static size_t random_size(unsigned int *seed)
{
	unsigned int r = next_random(seed);

	return r % 100 ? 1 + r % 2000 : 1 + r % 200000;
}

/* Each block holds its owner's mark at both ends; 0 if one was touched. */
static int churn(unsigned int seed, int rounds)
{
	char *p[HELD] = { NULL };
	size_t size[HELD] = { 0 };
	char mark = seed;
	int i, ok = 1;

	while (rounds--) {
		i = next_random(&seed) % HELD;
		if (p[i]) {
			ok &= p[i][0] == mark && p[i][size[i] - 1] == mark;
			free(p[i]);
		}
		size[i] = random_size(&seed);
		p[i] = malloc(size[i]);
		if (!p[i])
			return 0;
		p[i][0] = mark;
		p[i][size[i] - 1] = mark;
	}
	for (i = 0; i < HELD; i++)
		free(p[i]);
	return ok;
}

static void *churn_thread(void *seed)
{
	return (void *)(intptr_t)churn((uintptr_t)seed, 20000);
}

/* More threads than CPUs, and than slots for some. */
static void run_threads(int nr, void *(*fn)(void *arg))
{
	pthread_t *t = calloc(nr, sizeof(*t));
	void *ok;
	int i;

	for (i = 0; i < nr; i++)
		assert_int_equal(pthread_create(&t[i], NULL, fn, (void *)(uintptr_t)(i + 1)), 0);
	for (i = 0; i < nr; i++) {
		assert_int_equal(pthread_join(t[i], &ok), 0);
		assert_non_null(ok);
	}
	free(t);
}

static void test_threads(void **state)
{
	run_threads(64, churn_thread);
}

static void *short_churn(void *seed)
{
	return (void *)(intptr_t)churn((uintptr_t)seed, 300);
}

static pthread_barrier_t crowd;

/* Nobody leaves before the last has come. */
static void *crowd_thread(void *seed)
{
	int ok = churn((uintptr_t)seed, 300);

	pthread_barrier_wait(&crowd);
	return (void *)(intptr_t)(ok && churn((uintptr_t)seed, 300));
}

static void test_more_threads_than_slots(void **state)
{
	enum { NR = 400 };

	pthread_barrier_init(&crowd, NULL, NR);
	run_threads(NR, crowd_thread);
	pthread_barrier_destroy(&crowd);
}

/* What a thread held goes on to others when it ends. */
static void test_thread_deaths(void **state)
{
	size_t before = 0;
	int i;

	for (i = 0; i < 200; i++) {
		run_threads(8, short_churn);
		if (i == 1)
			before = rss();
	}
	assert_true(rss() < before + (4 << 20));
}

struct relay {
	pthread_mutex_t lock;
	pthread_cond_t turn;
	char *box[256];
	int nr;
	int done;
};

static struct relay relay = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.turn = PTHREAD_COND_INITIALIZER,
};

/* Frees what another thread made. */
static void *consumer(void *arg)
{
	char *mine[256];
	intptr_t ok = 1;
	int i, nr;

	do {
		pthread_mutex_lock(&relay.lock);
		while (!relay.nr && !relay.done)
			pthread_cond_wait(&relay.turn, &relay.lock);
		nr = relay.nr;
		memcpy(mine, relay.box, nr * sizeof(*mine));
		relay.nr = 0;
		pthread_cond_broadcast(&relay.turn);
		pthread_mutex_unlock(&relay.lock);
		for (i = 0; i < nr; i++) {
			ok &= mine[i][0] == 'x';
			free(mine[i]);
		}
	} while (nr);
	return (void *)ok;
}

static void test_producer(void **state)
{
	unsigned int seed = 1;
	pthread_t t;
	size_t before = 0;
	void *ok;
	char *p;
	int i;

	pthread_create(&t, NULL, consumer, NULL);
	for (i = 0; i < 200000; i++) {
		p = malloc(1 + next_random(&seed) % 500);
		*p = 'x';
		pthread_mutex_lock(&relay.lock);
		while (relay.nr == 256)
			pthread_cond_wait(&relay.turn, &relay.lock);
		relay.box[relay.nr++] = p;
		pthread_cond_broadcast(&relay.turn);
		pthread_mutex_unlock(&relay.lock);
		if (i == 20000)
			before = rss();
	}
	pthread_mutex_lock(&relay.lock);
	relay.done = 1;
	pthread_cond_broadcast(&relay.turn);
	pthread_mutex_unlock(&relay.lock);
	pthread_join(t, &ok);
	assert_non_null(ok);
	assert_true(rss() < before + (8 << 20));
}

/* Late destructors: they run when ours may have, and again after that. */
static pthread_key_t late_key;
static int late_runs;

static void late_destructor(void *p)
{
	free(p);
	p = malloc(300);
	memset(p, 1, 300);
	if (++late_runs < 3) {
		pthread_setspecific(late_key, p);
		return;
	}
	free(p);
	late_runs += 100 * churn(7, 1000);
}

static void *late_thread(void *arg)
{
	pthread_setspecific(late_key, malloc(100));
	return arg;
}

static void test_late_frees(void **state)
{
	assert_int_equal(pthread_key_create(&late_key, late_destructor), 0);
	run_threads(1, late_thread);
	assert_int_equal(late_runs, 103);
	pthread_key_delete(late_key);
}

static int stop;

static void *churn_on(void *seed)
{
	intptr_t ok = 1;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		ok &= churn((uintptr_t)seed, 500);
	return (void *)ok;
}

/* What a child does with what it inherited, and makes anew. */
static int child_works(char *inherited)
{
	pthread_t t;
	void *ok;

	if (strcmp(inherited, "inherited"))
		return 1;
	free(inherited);
	if (!churn(99, 2000))
		return 2;
	if (pthread_create(&t, NULL, churn_thread, (void *)5) || pthread_join(t, &ok) || !ok)
		return 3;
	return 0;
}

static int exit_of_child(pid_t pid)
{
	int status;

	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void test_fork(void **state)
{
	enum { NR = 6 };
	pthread_t t[NR];
	void *ok;
	pid_t pid;
	int i;

	stop = 0;
	for (i = 0; i < NR; i++)
		pthread_create(&t[i], NULL, churn_on, (void *)(uintptr_t)(i + 1));
	for (i = 0; i < 60; i++) {
		char *inherited = strdup("inherited");

		pid = fork();
		if (!pid) {
			alarm(60);
			_exit(child_works(inherited));
		}
		assert_int_equal(exit_of_child(pid), 0);
		free(inherited);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < NR; i++) {
		pthread_join(t[i], &ok);
		assert_non_null(ok);
	}
}

/*
 * Handlers that allocate and free, also what the interrupted code made: no
 * standard asks for it.
 */
static volatile sig_atomic_t handled, broken;
static char *volatile handed;

static void handler(int sig)
{
	char *p, *given = __atomic_exchange_n(&handed, NULL, __ATOMIC_ACQ_REL);

	free(given);
	broken |= !churn(handled, 20);
	p = malloc(100 + handled % 30000);
	if (p)
		*p = 1;
	__atomic_store_n(&handed, p, __ATOMIC_RELEASE);
	handled++;
}

/* Signals @arg's thread, at no time of its choosing. */
static void *sender(void *arg)
{
	int i;

	for (i = 0; i < 5000; i++) {
		pthread_kill(*(pthread_t *)arg, SIGUSR1);
		usleep(i % 100);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	return arg;
}

/* Batches that no magazine holds: most of the time is spent behind locks. */
static int slow_calls(unsigned int seed)
{
	enum { NR = 300 };
	char *p[NR];
	int i, ok = 1;

	for (i = 0; i < NR; i++) {
		p[i] = malloc(5000 + (seed + i) % 3 * 1000);
		if (p[i])
			*p[i] = i;
	}
	for (i = 0; i < NR; i++) {
		ok &= p[i] && *p[i] == (char)i;
		free(p[i]);
	}
	return ok;
}

static void test_signals(void **state)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };
	pthread_t self = pthread_self(), t;
	unsigned int i;
	int ok = 1;

	stop = 0;
	sigaction(SIGUSR1, &sa, NULL);
	pthread_create(&t, NULL, sender, &self);
	for (i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
		ok &= slow_calls(i) && churn(i, 50);
		free(__atomic_exchange_n(&handed, NULL, __ATOMIC_ACQ_REL));
	}
	pthread_join(t, NULL);
	assert_true(ok);
	assert_false(broken);
	assert_true(handled >= 100);
}

/* What @fn makes the library say on stderr, in a child that must live. */
static void said(void (*fn)(void), char *buf, size_t size)
{
	int pipes[2];
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (!pid) {
		dup2(pipes[1], STDERR_FILENO);
		fn();
		_exit(0);
	}
	close(pipes[1]);
	assert_int_equal(exit_of_child(pid), 0);
	n = read(pipes[0], buf, size - 1);
	close(pipes[0]);
	buf[n > 0 ? n : 0] = '\0';
}

static char not_heap[100] __attribute__((aligned(16)));

static void free_foreign(void)
{
	void *(*volatile same)(void *) = (void *(*)(void *))(uintptr_t)free;

	same(not_heap + 16);
	same((void *)0x123456789000);
	if (!churn(1, 1000))
		_exit(1);
}

/* The cache line that the block after a freed one is in; @given is another's. */
static void *free_given(void *given)
{
	void *p;

	free(given);
	p = malloc(8);
	free(p);
	return (void *)((uintptr_t)p / 64);
}

static void *neighbours(void *unused)
{
	char *own = malloc(8), *given = malloc(8);
	uintptr_t at = (uintptr_t)given / 64;
	void *line;
	pthread_t t;

	if (pthread_create(&t, NULL, free_given, given) || pthread_join(t, &line))
		return NULL;
	free(own);
	return (void *)(intptr_t)((uintptr_t)line != at);
}

/* Who frees another thread's block gets none of its neighbours, unless they share a slot. */
static void test_neighbours(void **state)
{
	if (SHARED_SLOTS)
		skip();
	run_threads(1, neighbours);
}

static void free_twice(void)
{
	void *volatile p = malloc(100), *volatile q = malloc(50000);

	free(p);
	free(p);
	free(q);
	free(q);
	if (!churn(1, 1000))
		_exit(1);
}

static void test_misuse(void **state)
{
	char text[4096];

	said(free_foreign, text, sizeof(text));
	assert_non_null(strstr(text, "not zmem's"));
	said(free_twice, text, sizeof(text));
	assert_non_null(strstr(text, "double free"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: later ones fill all slots, which a leak of slots would too. */
		cmocka_unit_test(test_thread_deaths),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_more_threads_than_slots),
		cmocka_unit_test(test_producer),
		cmocka_unit_test(test_late_frees),
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_misuse),
	};

	return cmocka_run_group_tests_name("malloc_threads", tests, NULL, NULL);
}
