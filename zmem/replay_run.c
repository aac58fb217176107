// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The events of a replay.  Each target has a loop of its own, made of the
 * same lines: the null target's is the others' without the calls.
 *
 * On the CPUs that the events name, a thread each, all events still come in
 * the stream's order: a thread does a run of its events and hands the turn
 * over.  That costs time, and no figure depends on luck.
 */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait.h>
#include "replay_run.h"

#define REPLAY_GFP	(GFP_KERNEL | __GFP_NOWARN)
#define REPLAY_CHUNK	4096u	/* events between two looks at signals */
#define REPLAY_TOUCH	64u	/* bytes written to a new object */
#define REPLAY_SPINS	1000u	/* before a waiting thread lets others run */

static __always_inline void *
zmem_target_alloc(const struct replay *r, const struct replay_cache *c,
		  u32 size, int node)
{
	struct zmem_cache *cache = c->zmem;

	if (c->classes)
		cache = r->class[zmem_size_class(size)]->zmem;
	if (cache)
		return node == NUMA_NO_NODE ?
		       zmem_cache_alloc(cache, REPLAY_GFP) :
		       zmem_cache_alloc_node(cache, REPLAY_GFP, node);
	return node == NUMA_NO_NODE ? zmem_alloc(size, REPLAY_GFP) :
				      zmem_alloc_node(size, REPLAY_GFP, node);
}

static __always_inline void
zmem_target_free(const struct replay *r, const struct replay_cache *c,
		 u32 size, void *p)
{
	struct zmem_cache *cache = c->zmem;

	if (c->classes)
		cache = r->class[zmem_size_class(size)]->zmem;
	if (cache)
		zmem_cache_free(cache, p);
	else
		zmem_free(p);
}

static __always_inline void *
kmem_target_alloc(const struct replay_cache *c, u32 size, int node)
{
	if (c->kmem)
		return node == NUMA_NO_NODE ?
		       kmem_cache_alloc(c->kmem, REPLAY_GFP) :
		       kmem_cache_alloc_node(c->kmem, REPLAY_GFP, node);
	return node == NUMA_NO_NODE ? kmalloc(size, REPLAY_GFP) :
				      kmalloc_node(size, REPLAY_GFP, node);
}

static __always_inline void
kmem_target_free(const struct replay_cache *c, void *p)
{
	if (c->kmem)
		kmem_cache_free(c->kmem, p);
	else
		kfree(p);
}

static __always_inline int node_of(const struct zmem_stream_event *e)
{
	int node = e->kind >> ZMEM_STREAM_NODE_SHIFT;

	return likely(node == ZMEM_STREAM_NODE_ANY) || !node_online(node) ?
	       NUMA_NO_NODE : node;
}

static __always_inline void
one_alloc(struct replay *r, const struct zmem_stream_event *e,
	  const unsigned int target)
{
	const struct replay_cache *c = &r->caches[replay_cache_index(e)];
	u32 size = replay_size(e);
	int node = node_of(e);
	void *p = r;

	if (target == ZMEM_REPLAY_ZMEM)
		p = zmem_target_alloc(r, c, size, node);
	else if (target == ZMEM_REPLAY_KMEM)
		p = kmem_target_alloc(c, size, node);
	r->objects[replay_object(e)] = p;
	if (unlikely(!p))
		r->failures++;
	else if (target != ZMEM_REPLAY_NULL && r->flags & ZMEM_REPLAY_TOUCH)
		memset(p, 0x5a, min(size, REPLAY_TOUCH));
}

static __always_inline void
one_free(struct replay *r, const struct zmem_stream_event *e,
	 const unsigned int target)
{
	const struct replay_cache *c = &r->caches[replay_cache_index(e)];
	u32 size = replay_size(e);
	void **slot = &r->objects[replay_object(e)];
	void *p = *slot;

	*slot = NULL;
	if (unlikely(!p))
		return;
	if (target == ZMEM_REPLAY_ZMEM)
		zmem_target_free(r, c, size, p);
	else if (target == ZMEM_REPLAY_KMEM)
		kmem_target_free(c, p);
}

static __always_inline void
walk(struct replay *r, u64 from, u64 to, const unsigned int target)
{
	const struct zmem_stream_event *e = &r->stream.events[from];
	const struct zmem_stream_event *end = &r->stream.events[to];

	for (; e < end; e++) {
		if (replay_is_free(e))
			one_free(r, e, target);
		else
			one_alloc(r, e, target);
	}
}

static noinline void walk_null(struct replay *r, u64 from, u64 to)
{
	walk(r, from, to, ZMEM_REPLAY_NULL);
}

static noinline void walk_zmem(struct replay *r, u64 from, u64 to)
{
	walk(r, from, to, ZMEM_REPLAY_ZMEM);
}

static noinline void walk_kmem(struct replay *r, u64 from, u64 to)
{
	walk(r, from, to, ZMEM_REPLAY_KMEM);
}

static void walk_target(struct replay *r, u64 from, u64 to)
{
	if (r->target == ZMEM_REPLAY_ZMEM)
		walk_zmem(r, from, to);
	else if (r->target == ZMEM_REPLAY_KMEM)
		walk_kmem(r, from, to);
	else
		walk_null(r, from, to);
}

/* All events where the caller runs. */
static int pass_here(struct replay *r)
{
	u64 to;

	r->cpus = 1;
	while (r->done < r->stop_at) {
		to = min_t(u64, r->done + REPLAY_CHUNK, r->stop_at);
		walk_target(r, r->done, to);
		r->done = to;
		cond_resched();
		if (signal_pending(current))
			return -EINTR;
	}
	return 0;
}

/**
 * struct relay - threads that take turns
 * @r: the replay
 * @next: the event that is next; whoever's it is has the turn
 * @running: threads that are not done
 * @stop: no more events, please
 * @ran: the threads were woken
 * @wait: for @running to become 0
 * @threads: by worker
 * @nr: of them
 * @owner: worker by the stream's CPU
 */
struct relay {
	struct replay *r;
	u64 next;
	atomic_t running;
	bool stop;
	bool ran;
	wait_queue_head_t wait;
	struct task_struct **threads;
	unsigned int nr;
	u16 owner[ZMEM_STREAM_CPUS_MAX];
};

struct relay_worker {
	struct relay *relay;
	unsigned int number;
};

static unsigned int owner_of(const struct relay *relay, u64 at)
{
	return relay->owner[relay->r->stream.events[at].cpu];
}

/* Where the run of events ends that starts at @at and is one worker's. */
static u64 run_end(const struct relay *relay, u64 at)
{
	u64 to = at + 1, most = min_t(u64, at + REPLAY_CHUNK, relay->r->stop_at);
	unsigned int owner = owner_of(relay, at);

	while (to < most && owner_of(relay, to) == owner)
		to++;
	return to;
}

static void take_turns(struct relay *relay, unsigned int me)
{
	unsigned int spins = 0;
	u64 at, to;

	while (!READ_ONCE(relay->stop)) {
		/* Pairs with the release below: sees what others allocated. */
		at = smp_load_acquire(&relay->next);
		if (at >= relay->r->stop_at)
			break;
		if (owner_of(relay, at) == me) {
			to = run_end(relay, at);
			walk_target(relay->r, at, to);
			/* Pairs with the acquire above. */
			smp_store_release(&relay->next, to);
			cond_resched();
			continue;
		}
		cpu_relax();
		if (++spins % REPLAY_SPINS == 0)
			cond_resched();
	}
}

static int worker_thread(void *arg)
{
	struct relay_worker *worker = arg;
	struct relay *relay = worker->relay;

	take_turns(relay, worker->number);
	kfree(worker);
	if (atomic_dec_and_test(&relay->running))
		wake_up(&relay->wait);
	/* Until the one who waits is there to collect us. */
	set_current_state(TASK_INTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static int add_worker(struct relay *relay, unsigned int cpu)
{
	struct relay_worker *worker = kmalloc(sizeof(*worker), GFP_KERNEL);
	struct task_struct *t;

	if (!worker)
		return -ENOMEM;
	worker->relay = relay;
	worker->number = relay->nr;
	t = kthread_create_on_node(worker_thread, worker, cpu_to_node(cpu),
				   "zmem-replay/%u", cpu);
	if (IS_ERR(t)) {
		kfree(worker);
		return PTR_ERR(t);
	}
	kthread_bind(t, cpu);
	relay->threads[relay->nr++] = t;
	return 0;
}

/* A worker for each CPU of the stream that is there; the rest share them. */
static int add_workers(struct relay *relay)
{
	unsigned int cpu, n = relay->r->stream.nr_cpus;
	int error;

	for (cpu = 0; cpu < n; cpu++) {
		relay->owner[cpu] = relay->nr;
		if (cpu >= nr_cpu_ids || !cpu_online(cpu))
			continue;
		error = add_worker(relay, cpu);
		if (error)
			return error;
	}
	if (!relay->nr)
		return add_worker(relay, raw_smp_processor_id());
	for (cpu = 0; cpu < n; cpu++)
		relay->owner[cpu] %= relay->nr;
	return 0;
}

static int relay_run(struct relay *relay)
{
	unsigned int i;
	int error;

	relay->ran = true;
	relay->r->cpus = relay->nr;
	atomic_set(&relay->running, relay->nr);
	for (i = 0; i < relay->nr; i++)
		wake_up_process(relay->threads[i]);
	error = wait_event_interruptible(relay->wait,
					 !atomic_read(&relay->running));
	if (error) {
		WRITE_ONCE(relay->stop, true);
		wait_event(relay->wait, !atomic_read(&relay->running));
		return -EINTR;
	}
	return 0;
}

/* A thread that was never woken has not freed what it was given. */
static void relay_collect(struct relay *relay)
{
	unsigned int i;

	for (i = 0; i < relay->nr; i++) {
		if (!relay->ran)
			kfree(kthread_data(relay->threads[i]));
		kthread_stop(relay->threads[i]);
	}
}

static int pass_on_cpus(struct replay *r)
{
	struct relay *relay = kzalloc(sizeof(*relay), GFP_KERNEL);
	int error = -ENOMEM;

	if (!relay)
		return -ENOMEM;
	relay->r = r;
	init_waitqueue_head(&relay->wait);
	relay->threads = kcalloc(max(r->stream.nr_cpus, 1u),
				 sizeof(*relay->threads), GFP_KERNEL);
	if (!relay->threads)
		goto out;
	error = add_workers(relay);
	if (!error)
		error = relay_run(relay);
	relay_collect(relay);
	r->done = relay->next;
out:
	kfree(relay->threads);
	kfree(relay);
	return error;
}

/**
 * zmem_replay_pass() - replay the events once
 * @r: the replay, with no live object
 *
 * Context: may sleep.
 * Return: 0, -EINTR or -ENOMEM; objects may be live after each.
 */
int zmem_replay_pass(struct replay *r)
{
	r->failures = 0;
	r->done = 0;
	if (r->flags & ZMEM_REPLAY_CPUS && r->stop_at)
		return pass_on_cpus(r);
	return pass_here(r);
}

static void free_one(struct replay *r, const struct zmem_stream_event *e)
{
	if (r->target == ZMEM_REPLAY_ZMEM)
		one_free(r, e, ZMEM_REPLAY_ZMEM);
	else if (r->target == ZMEM_REPLAY_KMEM)
		one_free(r, e, ZMEM_REPLAY_KMEM);
	else
		one_free(r, e, ZMEM_REPLAY_NULL);
}

/**
 * zmem_replay_drain() - free what is live
 * @r: the replay, after a pass, cut short or not
 *
 * Backwards from the last event that was done: an id that is live there was
 * allocated by the first allocation of it that comes by.
 *
 * Context: may sleep.
 */
void zmem_replay_drain(struct replay *r)
{
	for (; r->done; r->done--) {
		if (!replay_is_free(&r->stream.events[r->done - 1]))
			free_one(r, &r->stream.events[r->done - 1]);
		if (r->done % REPLAY_CHUNK == 0)
			cond_resched();
	}
}
