// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Interrupts at every instruction of the fast path.
 *
 * A task allocates and frees, over and over, with a timer set so that it goes
 * off somewhere in between. Its handler notes where it interrupted zmem, and
 * then allocates and frees from the same cache itself: objects of its own, and
 * one that it and the task hand to each other. In a guest whose clock counts
 * instructions (boot.sh --icount) an interrupt comes at exactly the instruction
 * that it was set for, so that over many rounds none is left out: hammer.sh
 * looks whether that is so.
 *
 * Nothing may be given twice, which shows at once in what was written to an
 * object, and nothing may be lost, which shows when the cache is destroyed.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/prandom.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>
#include <asm/irq_regs.h>
#include <zmem/zmem.h>

static unsigned long text;
module_param(text, ulong, 0444);
MODULE_PARM_DESC(text, "where zmem's code is");

static unsigned long text_size;
module_param(text_size, ulong, 0444);
MODULE_PARM_DESC(text_size, "and how long it is");

static unsigned int interrupts = 20000;
module_param(interrupts, uint, 0444);
MODULE_PARM_DESC(interrupts, "how many there are to be");

static unsigned int seed = 1;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "of all random numbers");

#define NR_BULK		6
#define NR_HELD		40	/* more than two magazines take: see hammer.sh */

/* Who has an object. */
enum { NOBODY, TASK, INTERRUPT };

struct thing {
	unsigned long owner;
	unsigned long check;
	unsigned long more[6];
};

static struct zmem_cache *cache;
static struct rnd_state rnd;		/* the task's */
static u32 *hits;			/* by offset in zmem's code; the handler's */
static unsigned long fired, inside;	/* the handler's */
static unsigned long calls, bad;	/* bad is written by both, one at a time */
static struct thing *shared;		/* between the two; see swap_shared() */
static struct dentry *dir;
static struct hrtimer timer;

static void take(struct thing *thing, unsigned long owner)
{
	if (thing->owner != NOBODY)
		bad++;
	thing->owner = owner;
	thing->check = ~owner ^ (unsigned long)thing;
}

static void give(struct thing *thing, unsigned long owner)
{
	if (thing->owner != owner || thing->check != (~owner ^ (unsigned long)thing))
		bad++;
	thing->owner = NOBODY;
}

static void constructor(void *object)
{
	((struct thing *)object)->owner = NOBODY;
}

/* Puts one there for the other, and frees what the other put there. */
static void swap_shared(struct thing *mine)
{
	struct thing *other;

	give(mine, mine->owner);
	other = xchg(&shared, mine);
	if (other)
		zmem_free(other);
}

static void note(struct pt_regs *regs)
{
	unsigned long at = instruction_pointer(regs) - text;

	fired++;
	if (at < text_size) {
		hits[at]++;
		inside++;
	}
}

/* Of the cache that a size finds when it is not known to the compiler. */
static void pair_by_size(unsigned long owner)
{
	size_t size = sizeof(struct thing);
	struct thing *thing;

	OPTIMIZER_HIDE_VAR(size);
	thing = zmem_alloc(size, GFP_ATOMIC);
	if (!thing)
		return;
	thing->owner = NOBODY;
	take(thing, owner);
	give(thing, owner);
	zmem_free(thing);
}

static enum hrtimer_restart timer_fires(struct hrtimer *unused)
{
	struct thing *one, *two;
	void *bulk[NR_BULK];
	unsigned int n;

	note(get_irq_regs());
	one = zmem_cache_alloc(cache, GFP_ATOMIC);
	two = zmem_cache_alloc(cache, GFP_ATOMIC);
	if (one)
		take(one, INTERRUPT);
	if (two)
		take(two, INTERRUPT);
	if (fired % 4 == 0 && zmem_cache_alloc_bulk(cache, GFP_ATOMIC, NR_BULK, bulk)) {
		for (n = 0; n < NR_BULK; n++)
			take(bulk[n], INTERRUPT);
		for (n = 0; n < NR_BULK; n++)
			give(bulk[n], INTERRUPT);
		zmem_cache_free_bulk(cache, NR_BULK, bulk);
	}
	if (one) {
		give(one, INTERRUPT);
		zmem_cache_free(cache, one);
	}
	if (two)
		swap_shared(two);
	pair_by_size(INTERRUPT);
	return HRTIMER_NORESTART;
}

/* ---- what is interrupted ---- */

static void one_pair(void)
{
	struct thing *thing = zmem_cache_alloc(cache, GFP_KERNEL);

	if (!thing)
		return;
	take(thing, TASK);
	give(thing, TASK);
	zmem_cache_free(cache, thing);
}

static void sized_pair(void)
{
	pair_by_size(TASK);
}

static void shared_pair(void)
{
	struct thing *thing = zmem_cache_alloc(cache, GFP_KERNEL);

	if (!thing)
		return;
	take(thing, TASK);
	swap_shared(thing);
}

static void bulk_pair(void)
{
	void *bulk[NR_BULK];
	unsigned int n;

	if (!zmem_cache_alloc_bulk(cache, GFP_KERNEL, NR_BULK, bulk))
		return;
	for (n = 0; n < NR_BULK; n++)
		take(bulk[n], TASK);
	for (n = 0; n < NR_BULK; n++)
		give(bulk[n], TASK);
	zmem_cache_free_bulk(cache, NR_BULK, bulk);
}

/* Past the edges of magazines: both are empty, and full, at times. */
static void many_held(void)
{
	static struct thing *held[NR_HELD];
	unsigned int n, nr = 1 + prandom_u32_state(&rnd) % NR_HELD;

	for (n = 0; n < nr; n++) {
		held[n] = zmem_cache_alloc(cache, GFP_KERNEL);
		if (held[n])
			take(held[n], TASK);
	}
	while (n--) {
		if (!held[n])
			continue;
		give(held[n], TASK);
		zmem_cache_free(cache, held[n]);
	}
}

static void many_sized(void)
{
	static void *held[NR_HELD];
	unsigned int n, nr = 1 + prandom_u32_state(&rnd) % NR_HELD;
	size_t size = sizeof(struct thing);

	OPTIMIZER_HIDE_VAR(size);
	for (n = 0; n < nr; n++)
		held[n] = zmem_alloc(size, GFP_KERNEL);
	while (n--)
		zmem_free(held[n]);
}

static void bulks_held(void)
{
	static void *held[NR_HELD / NR_BULK][NR_BULK];
	int n, i, nr = 1 + prandom_u32_state(&rnd) % ARRAY_SIZE(held);

	for (n = 0; n < nr; n++) {
		if (!zmem_cache_alloc_bulk(cache, GFP_KERNEL, NR_BULK, held[n]))
			break;
		for (i = 0; i < NR_BULK; i++)
			take(held[n][i], TASK);
	}
	while (n--) {
		for (i = 0; i < NR_BULK; i++)
			give(held[n][i], TASK);
		zmem_cache_free_bulk(cache, NR_BULK, held[n]);
	}
}

/* Objects of the other node's memory are not for the loaded magazine. */
static void remote_pair(void)
{
	struct thing *thing = zmem_cache_alloc_node(cache, GFP_KERNEL, num_online_nodes() - 1);
	void *p;

	if (!thing)
		return;
	take(thing, TASK);
	give(thing, TASK);
	p = thing;
	if (prandom_u32_state(&rnd) % 2)
		zmem_free(thing);
	else if (prandom_u32_state(&rnd) % 2)
		zmem_cache_free(cache, thing);
	else
		zmem_cache_free_bulk(cache, 1, &p);
}

static void (*const works[])(void) = {
	one_pair, sized_pair, shared_pair, bulk_pair, one_pair, sized_pair, bulk_pair,
	many_held, many_sized, bulks_held, remote_pair,
};

/*
 * The timer's clock may count in steps of 16 instructions.  This takes 3 a turn,
 * so that every remainder comes.
 */
static void wait_turns(unsigned long turns)
{
	asm volatile("1: nop; dec %0; jnz 1b" : "+r" (turns));
}

/* Works until the interrupt has come; when it comes changes from round to round. */
static void work_until_hit(unsigned int n)
{
	void (*work)(void) = works[n % ARRAY_SIZE(works)];
	unsigned long before = fired;

	hrtimer_start(&timer, ns_to_ktime(2000 + prandom_u32_state(&rnd) % 1000),
		      HRTIMER_MODE_REL);
	wait_turns(1 + prandom_u32_state(&rnd) % 32);
	while (READ_ONCE(fired) == before) {
		work();
		calls++;
	}
}

/* ---- what came of it ---- */

static int hits_show(struct seq_file *m, void *unused)
{
	unsigned long at;

	seq_printf(m, "# interrupts %lu inside %lu calls %lu bad %lu\n", fired, inside,
		   calls, bad);
	for (at = 0; at < text_size; at++)
		if (hits[at])
			seq_printf(m, "%lx %u\n", at, hits[at]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(hits);

static int hammer(void)
{
	unsigned int n;

	prandom_seed_state(&rnd, seed);
	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	timer.function = timer_fires;
	for (n = 0; n < interrupts; n++) {
		work_until_hit(n);
		cond_resched();
	}
	hrtimer_cancel(&timer);
	if (shared)
		zmem_free(shared);
	return bad ? -EUCLEAN : 0;
}

static void release(void)
{
	zmem_cache_destroy(cache);
	vfree(hits);
}

static int __init hammer_init(void)
{
	static const struct zmem_cache_args args = {
		.mode = ZMEM_MODE_FAST, .ctor = constructor,
	};
	int err;

	if (!text || !text_size || text_size > SZ_4M)
		return -EINVAL;
	hits = vzalloc(array_size(text_size, sizeof(*hits)));
	if (!hits)
		return -ENOMEM;
	cache = zmem_cache_create("hammer", sizeof(struct thing), &args);
	err = PTR_ERR_OR_ZERO(cache);
	if (!err)
		err = hammer();
	if (err) {
		release();
		return err;
	}
	dir = debugfs_create_dir("zmem_hammer", NULL);
	debugfs_create_file("hits", 0400, dir, NULL, &hits_fops);
	return 0;
}
module_init(hammer_init);

static void __exit hammer_exit(void)
{
	debugfs_remove(dir);
	release();
}
module_exit(hammer_exit);

MODULE_DESCRIPTION("Interrupts zmem's fast path everywhere");
MODULE_AUTHOR("The zmem authors");
MODULE_LICENSE("Dual MIT/GPL");
