// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Several threads, and what they do to each other through malloc. */
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include "probe.h"

#define SLOTS		1000u
#define RING		1024u	/* a power of two */
#define LIFE		64u

/* Server: connections' objects, handed from thread to thread. */
struct table {
	void *slot[SLOTS];
};

static struct table *mailbox;

static void table_fill(struct worker *w, struct table *t)
{
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		t->slot[i] = take(w->probe, random_size(&w->random, 4, 10));
}

static void table_drain(struct worker *w, struct table *t)
{
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		give(w->probe, t->slot[i]);
}

/* The first worker's second table is the one that lies in the mailbox. */
static void server_begin(struct worker *w)
{
	struct table *t = bench_pages(2 * sizeof(*t));

	w->own = t;
	table_fill(w, t);
	if (w->index)
		return;
	table_fill(w, t + 1);
	__atomic_store_n(&mailbox, t + 1, __ATOMIC_RELEASE);
}

static struct table *server_pass_on(struct worker *w)
{
	struct table *t;

	do {
		t = __atomic_exchange_n(&mailbox, NULL, __ATOMIC_ACQ_REL);
	} while (!t);
	__atomic_store_n(&mailbox, w->own, __ATOMIC_RELEASE);
	w->own = t;
	return t;
}

inline_always void server_body(struct worker *w, struct probe *p)
{
	struct table *t;
	unsigned int j, n;
	uint64_t i;

	for (i = 0; i < w->ops; i += SLOTS) {
		t = server_pass_on(w);
		for (j = 0; j < SLOTS; j++) {
			n = (random_next(&w->random) >> 20) % SLOTS;
			give(p, t->slot[n]);
			t->slot[n] = take(p, random_size(&w->random, 4, 10));
			touch(p, t->slot[n]);
		}
	}
}
TWO_PASSES(server)

static void server_end(struct worker *w)
{
	table_drain(w, w->own);
	if (!w->index)
		table_drain(w, mailbox);
}

/* Relay: a ring of pointers; the even threads make, the odd ones take. */
struct ring {
	uint64_t head lines_apart;
	uint64_t tail lines_apart;
	void *at[RING] lines_apart;
};

static struct ring *rings;

static void relay_setup(unsigned int threads)
{
	if (threads & 1)
		die("relay: needs pairs of threads");
	rings = bench_pages(threads / 2 * sizeof(*rings));
}

static void wait_for(uint64_t *counter, uint64_t value)
{
	unsigned int tries = 0;

	while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) < value)
		if (!(++tries & 1023))
			sched_yield();
}

inline_always void relay_make(struct worker *w, struct probe *p,
			      struct ring *r)
{
	uint64_t i, head = r->head;
	size_t size;
	void *at;

	for (i = 0; i < w->ops; i++, head++) {
		if (head >= RING)
			wait_for(&r->tail, head - RING + 1);
		size = random_size(&w->random, 5, 9);
		at = take(p, size);
		touch(p, at);
		r->at[head & (RING - 1)] = at;
		__atomic_store_n(&r->head, head + 1, __ATOMIC_RELEASE);
	}
}

inline_always void relay_take(struct worker *w, struct probe *p,
			      struct ring *r)
{
	uint64_t i, tail = r->tail;
	void *at;

	for (i = 0; i < w->ops; i++, tail++) {
		wait_for(&r->head, tail + 1);
		at = r->at[tail & (RING - 1)];
		(void)*(volatile uint64_t *)at;
		give(p, at);
		__atomic_store_n(&r->tail, tail + 1, __ATOMIC_RELEASE);
	}
}

inline_always void relay_body(struct worker *w, struct probe *p)
{
	struct ring *r = &rings[w->index / 2];

	if (w->index & 1)
		relay_take(w, p, r);
	else
		relay_make(w, p, r);
}
TWO_PASSES(relay)

/* Births: each thread lives short; its parent frees half of what it made. */
struct life {
	struct probe *probe;
	uint64_t random;
	void *at[LIFE];
};

inline_always void live(struct life *l, struct probe *p)
{
	unsigned int i;

	for (i = 0; i < LIFE; i++) {
		l->at[i] = take(p, random_size(&l->random, 4, 10));
		touch(p, l->at[i]);
	}
	for (i = 0; i < LIFE; i += 2)
		give(p, l->at[i]);
}

static void *live_plain(void *life)
{
	live(life, NULL);
	return NULL;
}

static void *live_probed(void *life)
{
	struct life *l = life;

	live(l, l->probe);
	return NULL;
}

inline_always void births_body(struct worker *w, struct probe *p)
{
	struct life life = { .probe = p, .random = w->random };
	pthread_t id;
	uint64_t i;
	unsigned int j;
	int error;

	for (i = 0; i < w->ops; i++) {
		error = pthread_create(&id, NULL, p ? live_probed : live_plain,
				       &life);
		if (error)
			die("births: %s", strerror(error));
		pthread_join(id, NULL);
		for (j = 1; j < LIFE; j += 2)
			give(p, life.at[j]);
	}
}
TWO_PASSES(births)

/*
 * Sharing: the first thread's objects, neighbours in a cache line, go to the
 * threads.  Each writes to its own, frees it and takes another.  No loop and no
 * reading: whether a processor foresees the end of a hundred turns, and how soon
 * it reads what it just wrote, depends on where the code lies.
 */
static void *handed[BENCH_THREADS_MAX];

static void hand_out(struct worker *w)
{
	unsigned int i;
	void *at;

	for (i = 0; i < w->threads; i++) {
		at = take(w->probe, 8);
		if (!at)
			die("sharing: out of memory");
		__atomic_store_n(&handed[i], at, __ATOMIC_RELEASE);
	}
}

static void sharing_begin(struct worker *w)
{
	if (!w->index)
		hand_out(w);
	do {
		w->own = __atomic_load_n(&handed[w->index], __ATOMIC_ACQUIRE);
	} while (!w->own);
}

inline_always void write_often(volatile uint64_t *own)
{
	unsigned int j;

#pragma GCC unroll 100
	for (j = 0; j < 100; j++)
		*own = j;
}

inline_always void sharing_body(struct worker *w, struct probe *p)
{
	volatile uint64_t *own = w->own;
	uint64_t i;

	for (i = 0; i < w->ops; i++) {
		if (!p)
			write_often(own);
		give(p, (void *)own);
		own = take(p, 8);
	}
	w->own = (void *)own;
}
TWO_PASSES(sharing)

static void sharing_end(struct worker *w)
{
	give(w->probe, w->own);
}

const struct workload thread_workloads[] = {
	{ .name = "server", .threads = 2, .ops = 200000,
	  .question = "What does it cost when another thread frees?",
	  .begin = server_begin, .pass = server_pass, .probed = server_probed,
	  .end = server_end },
	{ .name = "relay", .threads = 2, .ops = 100000, .relay = true,
	  .needs_memory = true,
	  .question = "How do objects fare that one thread makes and another frees, all of them?",
	  .setup = relay_setup, .pass = relay_pass, .probed = relay_probed },
	{ .name = "births", .threads = 1, .ops = 300, .needs_memory = true,
	  .question = "What do a thread's birth and death cost its malloc?",
	  .pass = births_pass, .probed = births_probed },
	{ .name = "sharing", .threads = 2, .ops = 80000,
	  .question = "Do two threads get objects in one cache line?",
	  .begin = sharing_begin, .pass = sharing_pass,
	  .probed = sharing_probed, .end = sharing_end },
	{ }
};
