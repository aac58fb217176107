// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A driver's use of zmem, by its exported symbols: loading the module does all
 * of it and fails with -EINVAL, naming the check, if something is not as
 * promised.  A cache with live objects stays until the module goes.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <zmem/zmem.h>

#define NR_OBJECTS	1000
#define NR_BULK		64
#define MAGIC		0x0b1ec7ULL

/* Says which promise was broken, and gives up. */
#define check(condition) do {						\
	if (!(condition)) {						\
		pr_err("line %d: %s\n", __LINE__, #condition);		\
		return -EINVAL;						\
	}								\
} while (0)

struct thing {
	u64 magic;
	u64 users;
	char text[100];
};

static bool offline;
module_param(offline, bool, 0444);
MODULE_PARM_DESC(offline, "also take a CPU off and on (default no)");

static struct zmem_cache *things;
static struct thing *kept[NR_OBJECTS];

static void thing_construct(void *object)
{
	struct thing *thing = object;

	memset(thing, 0, sizeof(*thing));
	thing->magic = MAGIC;
}

static const struct zmem_cache_args thing_args = {
	.align = 64,
	.ctor = thing_construct,
};

static int check_create(void)
{
	check(PTR_ERR(zmem_cache_create("client things", 8, NULL)) == -EINVAL);
	check(PTR_ERR(zmem_cache_create("client-zero", 0, NULL)) == -EINVAL);
	check(PTR_ERR(zmem_cache_create("client-things", 8, NULL)) == -EEXIST);
	check(PTR_ERR(__zmem_cache_create("client-old", 8, NULL,
					  ZMEM_LAYOUT + 1)) == -ENOEXEC);
	check(zmem_cache_size(things) == sizeof(struct thing));
	return 0;
}

/* Objects are constructed, aligned, and each its own. */
static int check_objects(void)
{
	unsigned int n;

	for (n = 0; n < NR_OBJECTS; n++) {
		kept[n] = zmem_cache_alloc(things, GFP_KERNEL);
		check(kept[n]);
		check(IS_ALIGNED((unsigned long)kept[n], 64));
		check(kept[n]->magic == MAGIC);
		check(!kept[n]->users);
		kept[n]->users = n + 1;
	}
	for (n = 0; n < NR_OBJECTS; n++)
		check(kept[n]->users == n + 1);
	return 0;
}

/* Half of the objects go, constructed as they came. */
static int check_free(void)
{
	struct thing *thing;
	unsigned int n;

	for (n = 0; n < NR_OBJECTS; n += 2) {
		kept[n]->users = 0;
		zmem_cache_free(things, kept[n]);
		kept[n] = NULL;
	}
	thing = zmem_cache_alloc(things, GFP_ATOMIC);
	check(thing);
	check(thing->magic == MAGIC && !thing->users);
	zmem_cache_free(things, thing);
	for (n = 1; n < NR_OBJECTS; n += 2)
		check(kept[n]->users == n + 1);
	return 0;
}

static int check_bulk(void)
{
	void *objects[NR_BULK];
	struct thing *thing;
	unsigned int n;

	check(zmem_cache_alloc_bulk(things, GFP_KERNEL, NR_BULK, objects) ==
	      NR_BULK);
	for (n = 0; n < NR_BULK; n++) {
		thing = objects[n];
		check(thing->magic == MAGIC && !thing->users);
		thing->users = n + 1;
	}
	for (n = 0; n < NR_BULK; n++) {
		thing = objects[n];
		check(thing->users == n + 1);
		thing->users = 0;
	}
	zmem_cache_free_bulk(things, NR_BULK, objects);
	return zmem_cache_shrink(things);
}

static int check_nodes(void)
{
	void *p;
	int node;

	for_each_node_state(node, N_MEMORY) {
		p = zmem_cache_alloc_node(things, GFP_KERNEL | __GFP_THISNODE,
					  node);
		check(p);
		check(page_to_nid(virt_to_page(p)) == node);
		zmem_cache_free(things, p);

		p = zmem_alloc_node(100, GFP_KERNEL | __GFP_THISNODE, node);
		check(p);
		check(page_to_nid(virt_to_page(p)) == node);
		zmem_free(p);
	}
	return 0;
}

/* Objects of a cache with a policy: of its node, or of no node too few. */
static int check_placed(struct zmem_cache *cache, const struct zmem_cache_args *args)
{
	static void *placed[NR_OBJECTS];
	static unsigned int on[MAX_NUMNODES];
	unsigned int n;
	int node;

	check(!IS_ERR(cache));
	memset(on, 0, sizeof(on));
	for (n = 0; n < NR_OBJECTS; n++) {
		placed[n] = zmem_cache_alloc(cache, GFP_KERNEL);
		check(placed[n]);
		on[page_to_nid(virt_to_page(placed[n]))]++;
	}
	for (n = 0; n < NR_OBJECTS; n++)
		zmem_cache_free(cache, placed[n]);
	zmem_cache_destroy(cache);
	if (args->node_policy == ZMEM_NODE_STRICT) {
		check(on[args->node] == NR_OBJECTS);
		return 0;
	}
	for_each_node_state(node, N_MEMORY)
		check(on[node] >= NR_OBJECTS / num_node_state(N_MEMORY) / 2);
	return 0;
}

static int check_policies(void)
{
	struct zmem_cache_args args = { .node_policy = ZMEM_NODE_INTERLEAVE };
	int err;

	err = check_placed(zmem_cache_create("client-turns", 64, &args), &args);
	args.node_policy = ZMEM_NODE_STRICT;
	for_each_node_state(args.node, N_MEMORY)
		err = err ?: check_placed(zmem_cache_create("client-node", 64, &args),
					  &args);
	check(PTR_ERR(zmem_cache_create("client-none", 64, &args)) == -EINVAL);
	return err;
}

static int check_size(size_t size)
{
	unsigned long align = max_t(size_t, ARCH_KMALLOC_MINALIGN,
				    min_t(size_t, size & -size, PAGE_SIZE));
	char *p = zmem_alloc(size, GFP_KERNEL);

	check(p);
	check(IS_ALIGNED((unsigned long)p, align));
	check(zmem_usable_size(p) >= size);
	memset(p, 0xa5, zmem_usable_size(p));
	zmem_free(p);

	p = zmem_zalloc(size, GFP_KERNEL);
	check(p);
	check(!memchr_inv(p, 0, size));
	zmem_free(p);
	return 0;
}

/* Powers of two are naturally aligned, at every size. */
static int check_power(size_t size)
{
	void *p[3];
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(p); n++) {
		p[n] = zmem_alloc(size, GFP_KERNEL);
		check(p[n]);
		check(IS_ALIGNED((unsigned long)p[n], size));
	}
	while (n--)
		zmem_free(p[n]);
	return 0;
}

static int check_sizes(void)
{
	static const size_t sizes[] = {
		1, 7, 8, 9, 24, 96, 100, 255, 256, 257, 1000, 4095, 4096, 4097,
		8191, 8192, 8193, 12288, 65537, 1 << 20, ZMEM_ALLOC_MAX,
	};
	size_t size;
	unsigned int n;
	int err = 0;

	for (n = 0; n < ARRAY_SIZE(sizes) && !err; n++)
		err = check_size(sizes[n]);
	for (size = 8; size <= ZMEM_ALLOC_MAX && !err; size *= 2)
		err = check_power(size);
	if (err)
		return err;

	check(zmem_alloc(0, GFP_KERNEL) == ZERO_SIZE_PTR);
	check(!zmem_usable_size(ZERO_SIZE_PTR));
	check(!zmem_alloc(ZMEM_ALLOC_MAX + 1, GFP_KERNEL | __GFP_NOWARN));
	zmem_free(ZERO_SIZE_PTR);
	zmem_free(NULL);
	return 0;
}

/* A constant size, whose class is picked here, not there. */
static int check_constants(void)
{
	void *small = zmem_alloc(64, GFP_KERNEL);
	void *medium = zmem_zalloc(3000, GFP_KERNEL);
	void *large = zmem_alloc(20000, GFP_KERNEL);

	check(small && medium && large);
	check(zmem_usable_size(small) == 64);
	check(zmem_usable_size(medium) >= 3000);
	check(zmem_usable_size(large) >= 20000);
	check(!memchr_inv(medium, 0, 3000));
	zmem_free(large);
	zmem_free(medium);
	zmem_free(small);
	return 0;
}

/* The old bytes go along, from a class to the next and to pages and back. */
static int check_realloc(void)
{
	static const size_t sizes[] = { 10, 100, 5000, 50000, 500000, 3000, 20 };
	size_t common = 0;
	unsigned int n;
	char *p = NULL;

	for (n = 0; n < ARRAY_SIZE(sizes); n++) {
		p = zmem_realloc(p, sizes[n], GFP_KERNEL);
		check(p);
		common = min(common, sizes[n]);
		check(!common || !memchr_inv(p, 0x5a, common));
		check(zmem_usable_size(p) >= sizes[n]);
		memset(p, 0x5a, sizes[n]);
		common = sizes[n];
	}
	check(zmem_realloc(p, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
	return 0;
}

/* What the machine wants zeroed, SLUB and zmem zero alike. */
static int check_init_on_alloc(void)
{
	char *p = zmem_alloc(512, GFP_KERNEL);

	check(p);
	memset(p, 0xa5, 512);
	zmem_free(p);
	p = zmem_alloc(512, GFP_KERNEL);
	check(p);
	check(!want_init_on_alloc(GFP_KERNEL) || !memchr_inv(p, 0, 512));
	zmem_free(p);
	return 0;
}

static int check_zone(gfp_t zone, enum zone_type highest)
{
	void *p = zmem_alloc(100, GFP_KERNEL | zone);

	check(p);
	check(page_zonenum(virt_to_page(p)) <= highest);
	zmem_free(p);
	return 0;
}

/* Memory that old devices reach, if asked for: never out of a magazine. */
static int check_zones(void)
{
	int err = 0;

#ifdef CONFIG_ZONE_DMA
	err = check_zone(__GFP_DMA, ZONE_DMA);
#endif
#ifdef CONFIG_ZONE_DMA32
	err = err ?: check_zone(__GFP_DMA32, ZONE_DMA32);
#endif
	return err;
}

struct remote_free {
	struct work_struct work;
	void *objects[NR_BULK];
	void *sized[NR_BULK];
};

static void free_here(struct work_struct *work)
{
	struct remote_free *remote = container_of(work, struct remote_free, work);
	unsigned int n;

	for (n = 0; n < NR_BULK; n++) {
		zmem_cache_free(things, remote->objects[n]);
		zmem_free(remote->sized[n]);
	}
}

/* Objects that one CPU allocates and another frees. */
static int check_other_cpu(int cpu, struct remote_free *remote)
{
	unsigned int n;

	for (n = 0; n < NR_BULK; n++) {
		remote->objects[n] = zmem_cache_alloc(things, GFP_KERNEL);
		remote->sized[n] = zmem_alloc(50, GFP_KERNEL);
		check(remote->objects[n] && remote->sized[n]);
	}
	INIT_WORK(&remote->work, free_here);
	schedule_work_on(cpu, &remote->work);
	flush_work(&remote->work);
	return 0;
}

static int check_other_cpus(void)
{
	struct remote_free *remote = zmem_zalloc(sizeof(*remote), GFP_KERNEL);
	int cpu, err = 0;

	check(remote);
	for_each_online_cpu(cpu) {
		err = check_other_cpu(cpu, remote);
		if (err)
			break;
	}
	zmem_free(remote);
	return err;
}

/* An object that readers find in a list, say. */
struct entry {
	u64 magic;
	struct rcu_head rcu;
};

static struct entry *entries[NR_OBJECTS];

static int entries_new(struct zmem_cache *cache)
{
	unsigned int n;

	for (n = 0; n < NR_OBJECTS; n++) {
		entries[n] = zmem_cache_alloc(cache, GFP_KERNEL);
		check(entries[n]);
		entries[n]->magic = MAGIC + n;
	}
	return 0;
}

/* All are still there for who looked before, though more than a batch. */
static int check_free_rcu(struct zmem_cache *cache)
{
	unsigned int n, bad = 0;
	int err = entries_new(cache);

	if (err)
		return err;
	rcu_read_lock();
	for (n = 0; n < NR_OBJECTS; n++)
		zmem_free_rcu(entries[n], rcu);
	for (n = 0; n < NR_OBJECTS; n++)
		bad += READ_ONCE(entries[n]->magic) != MAGIC + n;
	rcu_read_unlock();
	check(!bad);
	return 0;
}

static void free_entries(void *unused)
{
	unsigned int n;

	for (n = 0; n < NR_OBJECTS; n++)
		zmem_free_rcu(entries[n], rcu);
}

/* From an interrupt on every CPU: no memory for batches on PREEMPT_RT. */
static int check_free_rcu_irq(struct zmem_cache *cache)
{
	int cpu, err = 0;

	for_each_online_cpu(cpu) {
		err = entries_new(cache);
		if (err)
			break;
		check(!smp_call_function_single(cpu, free_entries, NULL, true));
	}
	return err;
}

/* A CPU goes with objects in its batch. */
static int check_free_rcu_offline(struct zmem_cache *cache)
{
	int cpu = cpumask_last(cpu_online_mask);
	int err;

	if (!offline)
		return 0;
	check(cpu > 0);
	err = entries_new(cache);
	if (err)
		return err;
	check(!smp_call_function_single(cpu, free_entries, NULL, true));
	check(!remove_cpu(cpu));
	err = check_free_rcu(cache);
	check(!add_cpu(cpu));
	return err;
}

/* Destroying the cache waits for all of them: a leak is reported. */
static int check_rcu(void)
{
	struct zmem_cache *cache;
	int err;

	cache = zmem_cache_create("client-rcu", sizeof(struct entry), NULL);
	check(!IS_ERR(cache));
	err = check_free_rcu(cache);
	err = err ?: check_free_rcu_irq(cache);
	err = err ?: check_free_rcu_offline(cache);
	zmem_cache_destroy(cache);
	return err;
}

static int check_typesafe_objects(struct zmem_cache *cache)
{
	struct thing *thing = zmem_cache_alloc(cache, GFP_KERNEL), *again;

	check(thing);
	thing->magic = MAGIC;
	zmem_cache_free(cache, thing);
	/* Whatever the machine wipes, not these. */
	again = zmem_cache_alloc(cache, GFP_KERNEL);
	check(again);
	check(again != thing || again->magic == MAGIC);
	zmem_cache_free(cache, again);
	return 0;
}

/* What is freed stays such an object for a reader. */
static int check_typesafe(void)
{
	static const struct zmem_cache_args args = { .flags = ZMEM_TYPESAFE_BY_RCU };
	struct zmem_cache *cache;
	unsigned int n;
	int err;

	cache = zmem_cache_create("client-safe", sizeof(struct thing), &args);
	check(!IS_ERR(cache));
	err = check_typesafe_objects(cache);
	err = err ?: entries_new(cache);
	for (n = 0; !err && n < NR_OBJECTS; n++)
		zmem_cache_free(cache, entries[n]);
	zmem_cache_shrink(cache);
	zmem_cache_destroy(cache);
	return err;
}

/* Set aside here, taken on each CPU in turn, from its workqueue. */
struct prefilled {
	struct work_struct work;
	struct zmem_prefill *prefill;
	void *objects[NR_BULK];
	unsigned int nr;
};

static void take_here(struct work_struct *work)
{
	struct prefilled *p = container_of(work, struct prefilled, work);
	void *object;

	preempt_disable();
	object = zmem_cache_alloc_prefilled(things, GFP_NOWAIT, p->prefill);
	preempt_enable();
	if (object)
		p->objects[p->nr++] = object;
}

static int take_on_cpus(struct prefilled *p)
{
	unsigned int n;
	int cpu;

	for (n = 0; n < NR_BULK; n += num_online_cpus())
		for_each_online_cpu(cpu) {
			schedule_work_on(cpu, &p->work);
			flush_work(&p->work);
		}
	check(p->nr == NR_BULK);
	for (n = 0; n < NR_BULK; n++)
		check(((struct thing *)p->objects[n])->magic == MAGIC);
	check(!zmem_cache_alloc_prefilled(things, GFP_KERNEL, p->prefill));
	return 0;
}

static int check_prefill(void)
{
	struct prefilled *p = zmem_zalloc(sizeof(*p), GFP_KERNEL);
	int err;

	check(p);
	INIT_WORK(&p->work, take_here);
	p->prefill = zmem_cache_prefill(things, GFP_KERNEL, NR_BULK);
	check(p->prefill);
	err = take_on_cpus(p);
	zmem_cache_return_prefilled(things, p->prefill);
	zmem_cache_free_bulk(things, p->nr, p->objects);
	zmem_free(p);
	return err;
}

#define LIMIT	50
#define RESERVE	10

static unsigned int limit_calls;

static void limit_reached(struct zmem_cache *cache, void *arg)
{
	++*(unsigned int *)arg;
}

/* A free that a call waits for. */
struct late_free {
	struct delayed_work work;
	struct zmem_cache *cache;
	void *object;
};

static void free_late(struct work_struct *work)
{
	struct late_free *late = container_of(to_delayed_work(work),
					      struct late_free, work);

	zmem_cache_free(late->cache, late->object);
}

static int use_limited(struct zmem_cache *cache, void **objects)
{
	static struct late_free late;
	unsigned int n;

	for (n = 0; n < LIMIT; n++) {
		objects[n] = zmem_cache_alloc(cache, n % 2 ? GFP_KERNEL : GFP_ATOMIC);
		check(objects[n]);
	}
	check(!zmem_cache_alloc(cache, GFP_ATOMIC));
	check(limit_calls);
	late.cache = cache;
	late.object = objects[0];
	INIT_DELAYED_WORK(&late.work, free_late);
	schedule_delayed_work(&late.work, HZ / 20);
	objects[0] = zmem_cache_alloc(cache, GFP_KERNEL);
	flush_delayed_work(&late.work);
	check(objects[0]);
	check(!zmem_cache_alloc(cache, GFP_ATOMIC));
	return 0;
}

/* Callers hold what the limit lets them, the reserve's last. */
static int check_limit(void)
{
	static const struct zmem_cache_args args = {
		.reserve = RESERVE, .limit = LIMIT,
		.limit_reached = limit_reached, .limit_arg = &limit_calls,
	};
	static void *objects[LIMIT];
	struct zmem_cache *cache;
	unsigned int n;
	int err;

	limit_calls = 0;
	cache = zmem_cache_create("client-limited", 200, &args);
	check(!IS_ERR(cache));
	err = use_limited(cache, objects);
	for (n = 0; n < LIMIT; n++)
		if (objects[n])
			zmem_cache_free(cache, objects[n]);
	zmem_cache_destroy(cache);
	return err;
}

static int (*const checks[])(void) = {
	check_create, check_objects, check_free, check_bulk, check_nodes, check_policies,
	check_sizes, check_constants, check_realloc, check_init_on_alloc,
	check_zones, check_other_cpus, check_rcu, check_typesafe,
	check_prefill, check_limit,
};

static void release(void)
{
	unsigned int n;

	for (n = 0; n < NR_OBJECTS; n++)
		if (kept[n])
			zmem_cache_free(things, kept[n]);
	zmem_cache_destroy(things);
}

static int __init client_init(void)
{
	unsigned int n;
	int err = 0;

	things = zmem_cache_create("client-things", sizeof(struct thing),
				   &thing_args);
	if (IS_ERR(things))
		return PTR_ERR(things);

	for (n = 0; n < ARRAY_SIZE(checks) && !err; n++)
		err = checks[n]();
	if (err)
		release();
	return err;
}
module_init(client_init);

/* These are for zmem to free when this module is long gone. */
static void leave_behind(void)
{
	struct entry *entry;
	unsigned int n;

	for (n = 0; n < NR_OBJECTS; n++) {
		entry = zmem_alloc(sizeof(*entry), GFP_KERNEL);
		if (entry)
			zmem_free_rcu(entry, rcu);
		zmem_free_rcu_mightsleep(zmem_alloc(10000, GFP_KERNEL));
	}
}

static void __exit client_exit(void)
{
	release();
	leave_behind();
}
module_exit(client_exit);

MODULE_DESCRIPTION("Checks zmem as one of its users");
MODULE_AUTHOR("The zmem authors");
MODULE_LICENSE("Dual MIT/GPL");
