// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The shim, tested for itself: what the core relies on must be so. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/cpuhotplug.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/seq_file.h>
#include <linux/stackdepot.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <compat/page.h>
#include <compat/work.h>
#include <shim/poison.h>
#include <shim/shim.h>
#include <zmem/cpu.h>
#include "contest.h"

/* Valgrind runs one thread at a time, fifty times slower. */
#ifdef SHIM_VALGRIND
#define ROUNDS(n)	((n) / 20)
#else
#define ROUNDS(n)	(n)
#endif

/* Runs fn(arg) in a child; whether it ended by exit(0). */
static bool child_survives(void (*fn)(void *arg), void *arg)
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
static void hush(void)
{
	close(STDERR_FILENO);
}

/* ---- small helpers ---- */

struct item {
	struct list_head list;
	int value;
};

static void list_test(struct kunit *test)
{
	struct item items[5], *pos, *n;
	LIST_HEAD(head);
	LIST_HEAD(other);
	int i, sum = 0;

	for (i = 0; i < 5; i++) {
		items[i].value = i;
		list_add_tail(&items[i].list, &head);
	}
	KUNIT_EXPECT_EQ(test, list_first_entry(&head, struct item, list)->value, 0);
	list_move(&items[4].list, &head);
	KUNIT_EXPECT_EQ(test, list_first_entry(&head, struct item, list)->value, 4);
	list_for_each_entry_safe(pos, n, &head, list)
		if (pos->value % 2) {
			list_del(&pos->list);
			list_add(&pos->list, &other);
		}
	KUNIT_EXPECT_EQ(test, list_count_nodes(&head), 3);
	KUNIT_EXPECT_EQ(test, list_count_nodes(&other), 2);
	list_splice_tail_init(&other, &head);
	KUNIT_EXPECT_TRUE(test, list_empty(&other));
	list_for_each_entry(pos, &head, list)
		sum = sum * 10 + pos->value;
	KUNIT_EXPECT_EQ(test, sum, 40231);
}

static void bits_test(struct kunit *test)
{
	DECLARE_BITMAP(map, 200);
	unsigned long bit, n = 0;

	bitmap_zero(map, 200);
	KUNIT_EXPECT_EQ(test, find_first_bit(map, 200), 200);
	bitmap_set(map, 60, 10);
	__set_bit(199, map);
	KUNIT_EXPECT_EQ(test, find_first_bit(map, 200), 60);
	KUNIT_EXPECT_EQ(test, find_next_zero_bit(map, 200, 60), 70);
	KUNIT_EXPECT_EQ(test, find_next_bit(map, 200, 70), 199);
	KUNIT_EXPECT_EQ(test, find_next_bit(map, 199, 70), 199);
	KUNIT_EXPECT_EQ(test, find_last_bit(map, 200), 199);
	for_each_set_bit(bit, map, 200)
		n++;
	KUNIT_EXPECT_EQ(test, n, 11);
	KUNIT_EXPECT_EQ(test, bitmap_weight(map, 200), 11);
	KUNIT_EXPECT_EQ(test, bitmap_weight(map, 69), 9);
	KUNIT_EXPECT_EQ(test, bitmap_find_next_zero_area(map, 200, 55, 8, 0), 70);
	KUNIT_EXPECT_EQ(test, bitmap_find_next_zero_area(map, 200, 55, 8, 15), 80);
	KUNIT_EXPECT_GT(test, bitmap_find_next_zero_area(map, 200, 0, 130, 0), 200);
	KUNIT_EXPECT_EQ(test, ilog2(1), 0);
	KUNIT_EXPECT_EQ(test, ilog2(4097), 12);
	KUNIT_EXPECT_EQ(test, ilog2(1ULL << 40), 40);
	KUNIT_EXPECT_EQ(test, order_base_2(65), 7);
	KUNIT_EXPECT_EQ(test, roundup_pow_of_two(65), 128);
	KUNIT_EXPECT_EQ(test, get_order(1), 0);
	KUNIT_EXPECT_EQ(test, get_order(PAGE_SIZE + 1), 1);
	KUNIT_EXPECT_EQ(test, get_order(4 * PAGE_SIZE), 2);
	KUNIT_EXPECT_TRUE(test, IS_ENABLED(CONFIG_SMP));
	KUNIT_EXPECT_FALSE(test, IS_ENABLED(CONFIG_NO_SUCH_THING));
	KUNIT_EXPECT_EQ(test, array_size(SIZE_MAX / 2, 4), SIZE_MAX);
}

static void string_test(struct kunit *test)
{
	struct seq_file m = { 0 };
	unsigned long long v;
	char buf[4];
	u8 bytes[9];
	int i;

	KUNIT_EXPECT_EQ(test, strscpy(buf, "abc"), 3);
	KUNIT_EXPECT_EQ(test, strscpy(buf, "abcd", sizeof(buf)), -E2BIG);
	KUNIT_EXPECT_STREQ(test, buf, "abc");
	KUNIT_EXPECT_EQ(test, kstrtoull("12\n", 10, &v), 0);
	KUNIT_EXPECT_EQ(test, v, 12);
	KUNIT_EXPECT_EQ(test, kstrtoull("12x", 10, &v), -EINVAL);
	KUNIT_EXPECT_EQ(test, kstrtoull("-1", 10, &v), -EINVAL);
	KUNIT_EXPECT_EQ(test, kstrtoull("99999999999999999999", 10, &v), -ERANGE);
	KUNIT_EXPECT_TRUE(test, sysfs_streq("fast\n", "fast"));
	KUNIT_EXPECT_FALSE(test, sysfs_streq("faster", "fast"));
	memset(bytes, 7, sizeof(bytes));
	KUNIT_EXPECT_NULL(test, memchr_inv(bytes, 7, sizeof(bytes)));
	bytes[8] = 6;
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(bytes, 7, sizeof(bytes)), (void *)&bytes[8]);
	for (i = 0; i < 1000; i++)
		seq_printf(&m, "%d\n", i % 10);
	KUNIT_EXPECT_EQ(test, m.count, 2000);
	KUNIT_EXPECT_MEMEQ(test, m.buf, "0\n1\n2\n3\n", 8);
	shim_seq_free(&m);
}

static void stack_test(struct kunit *test)
{
	unsigned long trace[8], *fetched;
	depot_stack_handle_t a, b;
	unsigned int n = stack_trace_save(trace, 8, 0);

	KUNIT_ASSERT_GT(test, n, 1);
	a = stack_depot_save(trace, n, GFP_KERNEL);
	b = stack_depot_save(trace, n, GFP_KERNEL);
	KUNIT_EXPECT_NE(test, a, 0);
	KUNIT_EXPECT_EQ(test, a, b);
	KUNIT_EXPECT_NE(test, stack_depot_save(trace, n - 1, GFP_KERNEL), a);
	KUNIT_ASSERT_EQ(test, stack_depot_fetch(a, &fetched), n);
	KUNIT_EXPECT_MEMEQ(test, fetched, trace, n * sizeof(*trace));
	KUNIT_EXPECT_EQ(test, stack_depot_fetch(9999, &fetched), 0);
}

static void warn_test(struct kunit *test)
{
	DEFINE_SPINLOCK(lock);

	shim_take_warnings();
	shim_quiet(true);
	WARN_ON(1);
	pr_info("not a warning\n");
	spin_lock(&lock);
	lockdep_assert_held(&lock);
	KUNIT_EXPECT_EQ(test, preempt_count(), 1);
	might_sleep();
	spin_unlock(&lock);
	shim_quiet(false);
	KUNIT_EXPECT_GE(test, shim_take_warnings(), 2);
	might_sleep();
	KUNIT_EXPECT_EQ(test, shim_take_warnings(), 0);
}

static struct kunit_case helper_cases[] = {
	KUNIT_CASE(list_test),
	KUNIT_CASE(bits_test),
	KUNIT_CASE(string_test),
	KUNIT_CASE(stack_test),
	KUNIT_CASE(warn_test),
	{}
};

static struct kunit_suite helper_suite = {
	.name = "shim_helpers",
	.test_cases = helper_cases,
};

/* ---- pages ---- */

#define RUNS	512

struct run {
	struct page *page;
	unsigned int order;
	u64 mark;
};

/* The first word of each page of a run says whose it is. */
static void run_mark(struct run *r)
{
	unsigned long i;

	for (i = 0; i < 1UL << r->order; i++)
		*(u64 *)page_address(r->page + i) = r->mark + i;
}

static bool run_is_intact(struct run *r)
{
	unsigned long i;

	for (i = 0; i < 1UL << r->order; i++)
		if (*(u64 *)page_address(r->page + i) != r->mark + i)
			return false;
	return true;
}

static void run_alloc(struct kunit *test, struct run *r, int node, gfp_t gfp)
{
	void *p;

	/* Small ones are common, the greatest rare. */
	r->order = __ffs(get_random_u32() | 1 << MAX_PAGE_ORDER);
	r->mark = get_random_u64();
	r->page = alloc_pages_node(node, gfp, r->order);
	KUNIT_ASSERT_NOT_NULL(test, r->page);
	p = page_address(r->page);
	KUNIT_ASSERT_TRUE(test, IS_ALIGNED((unsigned long)p, PAGE_SIZE << r->order));
	KUNIT_ASSERT_PTR_EQ(test, virt_to_page((char *)p + 123), r->page);
	KUNIT_ASSERT_EQ(test, page_to_nid(r->page), node);
	KUNIT_ASSERT_EQ(test, page_ref_count(r->page), 1);
	if (gfp & __GFP_ZERO)
		KUNIT_ASSERT_NULL(test, memchr_inv(p, 0, PAGE_SIZE << r->order));
	run_mark(r);
}

static int pages_stress(void *data)
{
	struct kunit *test = data;
	struct run *runs = kcalloc(RUNS, sizeof(*runs), GFP_KERNEL);
	int i;

	for (i = 0; i < ROUNDS(20000); i++) {
		struct run *r = &runs[get_random_u32_below(RUNS)];

		if (r->page) {
			KUNIT_EXPECT_TRUE(test, run_is_intact(r));
			__free_pages(r->page, r->order);
			r->page = NULL;
		} else {
			run_alloc(test, r, get_random_u32_below(nr_node_ids),
				  i % 8 ? GFP_KERNEL : GFP_KERNEL | __GFP_ZERO);
		}
	}
	for (i = 0; i < RUNS; i++)
		if (runs[i].page) {
			KUNIT_EXPECT_TRUE(test, run_is_intact(&runs[i]));
			__free_pages(runs[i].page, runs[i].order);
		}
	kfree(runs);
	return 0;
}

static void pages_stress_test(struct kunit *test)
{
	unsigned long before = shim_pages_allocated();
	struct task_struct *threads[4];
	int i;

	for (i = 0; i < 4; i++)
		threads[i] = kthread_run(pages_stress, test, "pages/%d", i);
	for (i = 0; i < 4; i++)
		kthread_stop(threads[i]);
	KUNIT_EXPECT_EQ(test, shim_pages_allocated(), before);
}

/* All that was cut off merges again: the same block of the greatest order. */
static void pages_merge_test(struct kunit *test)
{
	struct page *block = alloc_pages_node(0, GFP_KERNEL, MAX_PAGE_ORDER), *again;
	unsigned long before = shim_pages_allocated(), left = MAX_ORDER_NR_PAGES - 1;

	KUNIT_ASSERT_NOT_NULL(test, block);
	shim_pages_cut(block, MAX_PAGE_ORDER, left);
	KUNIT_EXPECT_EQ(test, shim_pages_allocated(), before - 1);
	again = alloc_pages_node(0, GFP_KERNEL, 0);
	KUNIT_EXPECT_PTR_EQ(test, again, block + left);
	shim_pages_free(block, left);
	KUNIT_EXPECT_EQ(test, shim_pages_allocated(), before - left);
	KUNIT_EXPECT_EQ(test, page_ref_count(block), 0);
	__free_page(again);
	again = alloc_pages_node(0, GFP_KERNEL, MAX_PAGE_ORDER);
	KUNIT_EXPECT_PTR_EQ(test, again, block);
	__free_pages(again, MAX_PAGE_ORDER);
	KUNIT_EXPECT_NULL(test, alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER + 1));
}

/* Whether a page is in memory. */
static bool page_has_memory(struct kunit *test, struct page *page)
{
	unsigned char in = 0;

	KUNIT_EXPECT_EQ(test, mincore(page_address(page), PAGE_SIZE, &in), 0);
	return in & 1;
}

/* A large block that holds memory is taken before a small one that does not. */
static void pages_warm_test(struct kunit *test)
{
	struct page *cold[8], *warm, *page;
	int i;

	shim_pages_trim(true);
	for (i = 0; i < 8; i++)
		cold[i] = alloc_pages(GFP_KERNEL, 4 + i / 2);
	warm = alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER);
	memset(page_address(warm), 1, PAGE_SIZE << MAX_PAGE_ORDER);
	__free_pages(warm, MAX_PAGE_ORDER);
	page = alloc_pages(GFP_KERNEL, 4);
	KUNIT_EXPECT_TRUE(test, page_has_memory(test, page));
	__free_pages(page, 4);
	for (i = 0; i < 8; i++)
		__free_pages(cold[i], 4 + i / 2);
}

static void pages_fail_test(struct kunit *test)
{
	struct page *a, *b;

	shim_fail_pages(1, 2);
	a = alloc_page(GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, a);
	KUNIT_EXPECT_NULL(test, alloc_page(GFP_KERNEL));
	b = alloc_page(GFP_KERNEL | __GFP_NOFAIL);
	KUNIT_EXPECT_NOT_NULL(test, b);
	KUNIT_EXPECT_NULL(test, alloc_page(GFP_KERNEL));
	__free_page(b);
	b = alloc_page(GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, b);
	__free_page(a);
	__free_page(b);
}

static void pages_limit_test(struct kunit *test)
{
	struct page *page;

	page = alloc_pages_node(0, GFP_KERNEL, 0);
	shim_limit_node(0, 1);
	KUNIT_EXPECT_NULL(test, alloc_pages_node(0, GFP_KERNEL | __GFP_THISNODE, 0));
	if (nr_node_ids > 1) {
		struct page *other = alloc_pages_node(0, GFP_KERNEL, 0);

		KUNIT_ASSERT_NOT_NULL(test, other);
		KUNIT_EXPECT_EQ(test, page_to_nid(other), 1);
		__free_page(other);
	}
	shim_limit_node(0, 0);
	__free_page(page);
}

static void pages_foreign_test(struct kunit *test)
{
	static int global;
	int local;
	void *heap = malloc(10);
	const void *all[] = {
		NULL, &global, &local, heap, (void *)1, (void *)-1L, pages_foreign_test,
		(void *)0xdead000000000100UL, ZERO_SIZE_PTR, (void *)(shim_base - 1),
		(void *)(shim_base + SHIM_MEMORY), (void *)shim_base,
		(void *)(shim_base + SHIM_MEMORY - 1),
		/* Inside, and never handed out. */
		(void *)(shim_base + SHIM_MEMORY / 2 + 12345),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		const struct page *page = virt_to_page(all[i]);

		KUNIT_EXPECT_EQ(test, page->index, 0);
		page = zmem_virt_to_page(all[i]);
		KUNIT_EXPECT_FALSE(test, page && zmem_page_tagged(page));
	}
	free(heap);
}

static void free_dirty(void *page)
{
	hush();
	set_page_private((struct page *)page, 1);
	__free_page((struct page *)page);
}

static void free_dirty_tail(void *page)
{
	hush();
	((struct page *)page)[1].index = 1;
	__free_pages(page, 1);
}

static void free_twice(void *page)
{
	hush();
	__free_pages(page, 1);
	__free_pages(page, 1);
}

static void free_well(void *page)
{
	__free_pages(page, 1);
}

static void pages_check_test(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, 1);

	KUNIT_EXPECT_TRUE(test, child_survives(free_well, page));
	KUNIT_EXPECT_FALSE(test, child_survives(free_dirty, page));
	if (IS_ENABLED(CONFIG_DEBUG_VM))
		KUNIT_EXPECT_FALSE(test, child_survives(free_dirty_tail, page));
	KUNIT_EXPECT_FALSE(test, child_survives(free_twice, page));
	__free_pages(page, 1);
}

static void read_freed(void *arg)
{
	struct page *page = alloc_page(GFP_KERNEL);
	volatile char *p = page_address(page);

	hush();
	__free_page(page);
#ifdef SHIM_VALGRIND
	/* It only counts errors; a clean exit would show them to the run as a whole. */
	VALGRIND_DISABLE_ERROR_REPORTING;
	if (VALGRIND_CHECK_MEM_IS_ADDRESSABLE((char *)p, 1)) {
		VALGRIND_ENABLE_ERROR_REPORTING;
		abort();
	}
	VALGRIND_ENABLE_ERROR_REPORTING;
#endif
	(void)p[5];
}

static void pages_poison_test(struct kunit *test)
{
	if (!SHIM_POISON)
		kunit_skip(test, "no checker in this build");
	KUNIT_EXPECT_FALSE(test, child_survives(read_freed, NULL));
}

static int kmalloc_stress(void *data)
{
	struct kunit *test = data;
	void *p[64] = { 0 };
	size_t size[64];
	int i;

	for (i = 0; i < ROUNDS(20000); i++) {
		int n = get_random_u32_below(64);

		if (p[n]) {
			KUNIT_EXPECT_NULL(test, memchr_inv(p[n], n, size[n]));
			kfree(p[n]);
		}
		size[n] = 1UL << get_random_u32_below(i % 64 ? 13 : 18);
		p[n] = kmalloc(size[n], GFP_KERNEL);
		KUNIT_EXPECT_NOT_NULL(test, p[n]);
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)p[n],
						   min(size[n], PAGE_SIZE)));
		memset(p[n], n, size[n]);
	}
	for (i = 0; i < 64; i++)
		kfree(p[i]);
	return 0;
}

static void kmalloc_test(struct kunit *test)
{
	size_t before = shim_kmalloc_bytes();
	struct task_struct *threads[4];
	char *p;
	int i;

	for (i = 0; i < 4; i++)
		threads[i] = kthread_run(kmalloc_stress, test, "kmalloc/%d", i);
	for (i = 0; i < 4; i++)
		kthread_stop(threads[i]);
	p = kstrdup("hello", GFP_KERNEL);
	p = krealloc(p, 100000, GFP_KERNEL);
	KUNIT_EXPECT_STREQ(test, p, "hello");
	kfree(p);
	KUNIT_EXPECT_NULL(test, kmalloc_array(SIZE_MAX / 2, 4, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, shim_kmalloc_bytes(), before);
}

static struct kunit_case page_cases[] = {
	KUNIT_CASE(pages_stress_test),
	KUNIT_CASE(pages_merge_test),
	KUNIT_CASE(pages_warm_test),
	KUNIT_CASE(pages_fail_test),
	KUNIT_CASE(pages_limit_test),
	KUNIT_CASE(pages_foreign_test),
	KUNIT_CASE(pages_check_test),
	KUNIT_CASE(pages_poison_test),
	KUNIT_CASE(kmalloc_test),
	{}
};

static struct kunit_suite page_suite = {
	.name = "shim_pages",
	.test_cases = page_cases,
};

/* ---- CPUs ---- */

/* More than there are slots. */
#define CROWD	(SHIM_NR_CPUS + 44)

struct crowd {
	struct kunit *test;
	unsigned long *counter;		/* per CPU */
	struct completion go;
	atomic_t ready;
	atomic_t with_slot;
	struct cpumask seen;
};

static void *crowd_member(void *data)
{
	struct crowd *c = data;
	unsigned int cpu;
	int i;

	while (!zmem_slot_get() && cpumask_weight(cpu_online_mask) < SHIM_NR_CPUS)
		sched_yield();
	cpu = smp_processor_id();
	if (cpu) {
		atomic_inc(&c->with_slot);
		KUNIT_EXPECT_FALSE(c->test, test_and_set_bit(cpu, cpumask_bits(&c->seen)));
		KUNIT_EXPECT_PTR_EQ(c->test, this_cpu_ptr(c->counter),
				    per_cpu_ptr(c->counter, cpu));
	}
	atomic_inc(&c->ready);
	wait_for_completion(&c->go);
	for (i = 0; i < 100; i++)
		this_cpu_inc(*c->counter);
	return NULL;
}

static void slots_crowd_test(struct kunit *test)
{
	struct crowd *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	unsigned int online, cpu, want;
	pthread_t threads[CROWD];
	unsigned long sum = 0;
	int i;

	zmem_slot_get();
	online = num_online_cpus();
	want = min(CROWD, (int)(SHIM_NR_CPUS - online));
	c->test = test;
	c->counter = alloc_percpu(unsigned long);
	init_completion(&c->go);
	for (i = 0; i < CROWD; i++)
		KUNIT_ASSERT_EQ(test, pthread_create(&threads[i], NULL, crowd_member, c), 0);
	while (atomic_read(&c->ready) < CROWD)
		msleep(1);
	KUNIT_EXPECT_EQ(test, atomic_read(&c->with_slot), want);
	KUNIT_EXPECT_EQ(test, num_online_cpus(), online + want);
	complete_all(&c->go);
	for (i = 0; i < CROWD; i++)
		pthread_join(threads[i], NULL);
	KUNIT_EXPECT_EQ(test, num_online_cpus(), online);
	for_each_possible_cpu(cpu)
		sum += *per_cpu_ptr(c->counter, cpu);
	KUNIT_EXPECT_EQ(test, sum, CROWD * 100);
	free_percpu(c->counter);

	c->counter = alloc_percpu(unsigned long);
	for_each_possible_cpu(cpu)
		KUNIT_EXPECT_EQ(test, *per_cpu_ptr(c->counter, cpu), 0);
	free_percpu(c->counter);
}

static void percpu_test(struct kunit *test)
{
	char *a = __alloc_percpu(100, 64), *b = __alloc_percpu(5000, PAGE_SIZE);
	char *huge = __alloc_percpu(3UL << SHIM_UNIT_SHIFT, 64);

	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_NULL(test, huge);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)a, 64));
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)per_cpu_ptr(b, 3), PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, a + 100 <= b || b + 5000 <= a);
	free_percpu(a);
	free_percpu(b);
	free_percpu(NULL);
}

static atomic_t ups, downs;
static atomic_t last_down;

static int came_up(unsigned int cpu)
{
	atomic_inc(&ups);
	return 0;
}

static int went_down(unsigned int cpu)
{
	atomic_inc(&downs);
	atomic_set(&last_down, cpu);
	return 0;
}

static int report_cpu(void *data)
{
	*(unsigned int *)data = smp_processor_id();
	return 7;
}

static void hotplug_test(struct kunit *test)
{
	struct task_struct *t;
	unsigned int cpu = 0;
	int state;

	zmem_slot_get();
	atomic_set(&ups, 0);
	atomic_set(&downs, 0);
	state = cpuhp_setup_state(CPUHP_BP_PREPARE_DYN, "shim:test", came_up, went_down);
	KUNIT_ASSERT_GT(test, state, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&ups), num_online_cpus());
	t = kthread_run(report_cpu, &cpu, "reporter");
	KUNIT_EXPECT_EQ(test, kthread_stop(t), 7);
	KUNIT_EXPECT_NE(test, cpu, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&downs), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&last_down), cpu);
	KUNIT_EXPECT_FALSE(test, cpu_online(cpu));
	cpuhp_remove_state_nocalls(state);

	t = kthread_run_on_cpu(report_cpu, &cpu, 20, "reporter/%u");
	kthread_stop(t);
	KUNIT_EXPECT_EQ(test, cpu, 20);
	t = kthread_create_on_node(report_cpu, &cpu, nr_node_ids - 1, "reporter");
	wake_up_process(t);
	kthread_stop(t);
	KUNIT_EXPECT_EQ(test, cpu_to_node(cpu), nr_node_ids - 1);
}

static int contest_owner(void *data)
{
	struct contest *c = data;
	unsigned long n = 0;

	while (!READ_ONCE(c->stop)) {
		struct zmem_cpu *zc = zmem_cpu_enter(c->pc);

		if (!zc) {
			zmem_cpu_poll();
			/* Valgrind switches threads at the same place of a loop each time. */
			sched_yield();
			continue;
		}
		contest_touch(c, zc, false);
		zmem_cpu_exit(zc);
		n++;
	}
	__atomic_fetch_add(&c->entered, n, __ATOMIC_RELAXED);
	return 0;
}

static void borrow_test(struct kunit *test)
{
	struct contest c = { .test = test, .pc = alloc_percpu(struct zmem_cpu) };
	unsigned int own, online, i;
	struct task_struct *owners[3];
	int round;

	zmem_slot_get();
	own = smp_processor_id();
	online = num_online_cpus();
	for (i = 0; i < 3; i++)
		owners[i] = kthread_run(contest_owner, &c, "owner/%u", i);
	while (num_online_cpus() < online + 3)
		msleep(1);
	for (round = 0; round < ROUNDS(400); round++)
		zmem_on_each_cpu(contest_visit, &c, NULL);
	WRITE_ONCE(c.stop, true);
	for (i = 0; i < 3; i++)
		kthread_stop(owners[i]);
	KUNIT_EXPECT_EQ(test, smp_processor_id(), own);
	KUNIT_EXPECT_GT(test, c.entered, 0);
	KUNIT_EXPECT_EQ(test, contest_sum(&c), c.entered + c.visits);
	free_percpu(c.pc);
}

static int sleeper(void *data)
{
	char c;

	return read(*(int *)data, &c, 1) == 1 ? 0 : -EIO;
}

static void count_visit(void *data)
{
	atomic_inc(data);
}

/* A thread that sleeps in a system call keeps nobody waiting. */
static void borrow_sleeper_test(struct kunit *test)
{
	atomic_t visits = ATOMIC_INIT(0);
	unsigned int online;
	struct task_struct *t;
	struct cpumask mask;
	int fds[2];

	zmem_slot_get();
	online = num_online_cpus();
	KUNIT_ASSERT_EQ(test, pipe(fds), 0);
	t = kthread_run(sleeper, &fds[0], "sleeper");
	while (num_online_cpus() == online)
		msleep(1);
	zmem_on_each_cpu(count_visit, &visits, NULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&visits), online + 1);
	cpumask_clear(&mask);
	cpumask_set_cpu(smp_processor_id(), &mask);
	cpumask_set_cpu(0, &mask);
	zmem_on_each_cpu(count_visit, &visits, &mask);
	KUNIT_EXPECT_EQ(test, atomic_read(&visits), online + 2);
	KUNIT_EXPECT_EQ(test, write(fds[1], "x", 1), 1);
	KUNIT_EXPECT_EQ(test, kthread_stop(t), 0);
	close(fds[0]);
	close(fds[1]);
}

/* Many ask at once, while threads come and go. */
static int asker(void *data)
{
	struct contest *c = data;
	atomic_t visits = ATOMIC_INIT(0);
	int i;

	for (i = 0; i < ROUNDS(200); i++)
		zmem_on_each_cpu(count_visit, &visits, NULL);
	KUNIT_EXPECT_GE(c->test, atomic_read(&visits), ROUNDS(200));
	return 0;
}

static void borrow_churn_test(struct kunit *test)
{
	struct contest c = { .test = test, .pc = alloc_percpu(struct zmem_cpu) };
	struct task_struct *askers[3], *t;
	unsigned int cpu;
	int i;

	for (i = 0; i < 3; i++)
		askers[i] = kthread_run(asker, &c, "asker/%d", i);
	for (i = 0; i < ROUNDS(200); i++) {
		t = kthread_run(report_cpu, &cpu, "passer-by");
		kthread_stop(t);
	}
	for (i = 0; i < 3; i++)
		kthread_stop(askers[i]);
	free_percpu(c.pc);
}

static void signal_test(struct kunit *test)
{
	struct contest c = { .test = test, .pc = alloc_percpu(struct zmem_cpu) };
	u64 end = ktime_get_ns() + 300 * NSEC_PER_MSEC;
	unsigned long n = 0;

	zmem_slot_get();
	contest_ticks_begin(&c);
	while (ktime_get_ns() < end) {
		struct zmem_cpu *zc = zmem_cpu_enter(c.pc);
		int i;

		if (!zc) {
			KUNIT_FAIL(test, "busy after an interrupt");
			break;
		}
		for (i = 0; i < 200; i++)
			contest_touch(&c, zc, false);
		zmem_cpu_exit(zc);
		n += 200;
	}
	contest_ticks_end(&c, n);
	KUNIT_EXPECT_GT(test, tick_entered + tick_refused, 0);
	free_percpu(c.pc);
}

/* ---- fork ---- */

static DEFINE_SPINLOCK(fork_spin);
static DEFINE_MUTEX(fork_mutex);
static bool fork_stop;

/* Holds locks nearly always. */
static int fork_neighbour(void *data)
{
	struct contest *c = data;

	while (!READ_ONCE(fork_stop)) {
		struct zmem_cpu *zc;

		mutex_lock(&fork_mutex);
		spin_lock(&fork_spin);
		spin_unlock(&fork_spin);
		__free_page(alloc_page(GFP_KERNEL));
		kfree(kmalloc(100, GFP_KERNEL));
		mutex_unlock(&fork_mutex);
		zc = zmem_cpu_enter(c->pc);
		if (zc) {
			contest_touch(c, zc, false);
			zmem_cpu_exit(zc);
		}
	}
	return 0;
}

static void fork_child(void *data)
{
	struct contest *c = data;
	atomic_t visits = ATOMIC_INIT(0);
	unsigned int cpu;

	if (num_online_cpus() != 1 || !cpu_online(smp_processor_id()))
		_exit(1);
	if (atomic_read(&downs) < 3)
		_exit(2);
	mutex_lock(&fork_mutex);
	spin_lock(&fork_spin);
	__free_page(alloc_page(GFP_KERNEL));
	kfree(kmalloc(100, GFP_KERNEL));
	spin_unlock(&fork_spin);
	mutex_unlock(&fork_mutex);
	for_each_possible_cpu(cpu)
		if (contest_torn(per_cpu_ptr(c->pc, cpu)))
			_exit(3);
	zmem_on_each_cpu(count_visit, &visits, NULL);
	if (atomic_read(&visits) != 1)
		_exit(4);
	if (!zmem_cpu_enter(c->pc))
		_exit(5);
}

static void fork_test(struct kunit *test)
{
	struct contest c = { .test = test, .pc = alloc_percpu(struct zmem_cpu) };
	struct task_struct *t[3];
	unsigned int online;
	int i, state;

	zmem_slot_get();
	online = num_online_cpus();
	atomic_set(&downs, 0);
	WRITE_ONCE(fork_stop, false);
	state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "shim:fork", NULL, went_down);
	for (i = 0; i < 3; i++)
		t[i] = kthread_run(fork_neighbour, &c, "neighbour/%d", i);
	while (num_online_cpus() < online + 3)
		msleep(1);
	for (i = 0; i < ROUNDS(100) + 1; i++)
		KUNIT_EXPECT_TRUE(test, child_survives(fork_child, &c));
	WRITE_ONCE(fork_stop, true);
	for (i = 0; i < 3; i++)
		kthread_stop(t[i]);
	cpuhp_remove_state_nocalls(state);
	free_percpu(c.pc);
}

static struct kunit_case cpu_cases[] = {
	KUNIT_CASE(percpu_test),
	KUNIT_CASE(slots_crowd_test),
	KUNIT_CASE(hotplug_test),
	KUNIT_CASE(borrow_test),
	KUNIT_CASE(borrow_sleeper_test),
	KUNIT_CASE(borrow_churn_test),
	KUNIT_CASE(signal_test),
	KUNIT_CASE(fork_test),
	{}
};

static struct kunit_suite cpu_suite = {
	.name = "shim_cpus",
	.test_cases = cpu_cases,
};

/* ---- locks, threads, RCU ---- */

struct shared {
	spinlock_t spin;
	struct mutex mutex;
	unsigned long spun, locked, tried;
};

static int locker(void *data)
{
	struct shared *s = data;
	unsigned long flags, tried = 0;
	int i;

	for (i = 0; i < ROUNDS(20000); i++) {
		spin_lock_irqsave(&s->spin, flags);
		s->spun++;
		spin_unlock_irqrestore(&s->spin, flags);
		mutex_lock(&s->mutex);
		s->locked++;
		mutex_unlock(&s->mutex);
		if (spin_trylock(&s->spin)) {
			s->tried++;
			tried++;
			spin_unlock(&s->spin);
		}
	}
	return tried;
}

static void locks_test(struct kunit *test)
{
	struct shared s = { 0 };
	struct task_struct *t[4];
	unsigned long tried = 0;
	int i;

	spin_lock_init(&s.spin);
	mutex_init(&s.mutex);
	for (i = 0; i < 4; i++)
		t[i] = kthread_run(locker, &s, "locker/%d", i);
	for (i = 0; i < 4; i++)
		tried += kthread_stop(t[i]);
	KUNIT_EXPECT_EQ(test, s.spun, 4 * ROUNDS(20000));
	KUNIT_EXPECT_EQ(test, s.locked, 4 * ROUNDS(20000));
	KUNIT_EXPECT_EQ(test, s.tried, tried);
	KUNIT_EXPECT_EQ(test, preempt_count(), 0);
	KUNIT_EXPECT_FALSE(test, irqs_disabled());
}

static int until_stopped(void *data)
{
	complete(data);
	while (!kthread_should_stop())
		msleep(1);
	return 3;
}

static void threads_test(struct kunit *test)
{
	struct completion c = COMPLETION_INITIALIZER(c);
	struct task_struct *t;

	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&c, 5), 0);
	t = kthread_run(until_stopped, &c, "until-stopped");
	KUNIT_EXPECT_GT(test, wait_for_completion_timeout(&c, 10 * HZ), 0);
	KUNIT_EXPECT_FALSE(test, completion_done(&c));
	KUNIT_EXPECT_EQ(test, kthread_stop(t), 3);
	t = kthread_create(until_stopped, &c, "never-woken");
	KUNIT_EXPECT_EQ(test, kthread_stop(t), -EINTR);
}

static atomic_t work_runs;
static struct delayed_work late_work;

static void work_fn(struct work_struct *work)
{
	atomic_inc(&work_runs);
}

static void again_fn(struct work_struct *work)
{
	atomic_inc(&work_runs);
	schedule_delayed_work(&late_work, 1);
}

static void work_test(struct kunit *test)
{
	struct work_struct work;
	u64 start = ktime_get_ns();

	atomic_set(&work_runs, 0);
	INIT_WORK(&work, work_fn);
	INIT_DELAYED_WORK(&late_work, again_fn);
	schedule_delayed_work(&late_work, msecs_to_jiffies(20));
	KUNIT_EXPECT_TRUE(test, schedule_work(&work));
	flush_work(&work);
	KUNIT_EXPECT_GE(test, atomic_read(&work_runs), 1);
	while (atomic_read(&work_runs) < 4)
		msleep(1);
	KUNIT_EXPECT_GE(test, ktime_get_ns() - start, 20 * NSEC_PER_MSEC);
	cancel_delayed_work_sync(&late_work);
	atomic_set(&work_runs, 0);
	msleep(10);
	KUNIT_EXPECT_EQ(test, atomic_read(&work_runs), 0);
}

struct node {
	struct list_head list;
	struct rcu_head rcu;
	int alive;
};

static LIST_HEAD(rcu_nodes);
static bool rcu_stop;
static atomic_t rcu_freed;

static int rcu_reader(void *data)
{
	struct node *n;

	while (!READ_ONCE(rcu_stop)) {
		rcu_read_lock();
		list_for_each_entry_rcu(n, &rcu_nodes, list)
			KUNIT_EXPECT_EQ((struct kunit *)data, READ_ONCE(n->alive), 1);
		rcu_read_unlock();
	}
	return 0;
}

static void node_free(struct rcu_head *head)
{
	struct node *n = container_of(head, struct node, rcu);

	WRITE_ONCE(n->alive, 0);
	kfree(n);
	atomic_inc(&rcu_freed);
}

static void rcu_test(struct kunit *test)
{
	size_t before = shim_kmalloc_bytes();
	struct task_struct *t[2];
	unsigned long state;
	int i, mine = 0;

	WRITE_ONCE(rcu_stop, false);
	atomic_set(&rcu_freed, 0);
	for (i = 0; i < 2; i++)
		t[i] = kthread_run(rcu_reader, test, "reader/%d", i);
	for (i = 0; i < ROUNDS(500); i++) {
		struct node *n = kmalloc(sizeof(*n), GFP_KERNEL);

		n->alive = 1;
		list_add_rcu(&n->list, &rcu_nodes);
		if (i % 4 == 3) {
			n = list_first_entry(&rcu_nodes, struct node, list);
			list_del_rcu(&n->list);
			kfree_rcu(n, rcu);
			n = list_first_entry(&rcu_nodes, struct node, list);
			list_del_rcu(&n->list);
			call_rcu(&n->rcu, node_free);
			mine++;
		}
	}
	while (!list_empty(&rcu_nodes)) {
		struct node *n = list_first_entry(&rcu_nodes, struct node, list);

		list_del_rcu(&n->list);
		call_rcu(&n->rcu, node_free);
		mine++;
	}
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, atomic_read(&rcu_freed), mine);
	state = start_poll_synchronize_rcu();
	for (i = 0; i < 10000 && !poll_state_synchronize_rcu(state); i++)
		msleep(1);
	KUNIT_EXPECT_TRUE(test, poll_state_synchronize_rcu(state));
	state = get_state_synchronize_rcu();
	KUNIT_EXPECT_FALSE(test, poll_state_synchronize_rcu(state));
	WRITE_ONCE(rcu_stop, true);
	for (i = 0; i < 2; i++)
		kthread_stop(t[i]);
	KUNIT_EXPECT_EQ(test, shim_kmalloc_bytes(), before);
}

static void rcu_child(void *data)
{
	struct node *n = kmalloc(sizeof(*n), GFP_KERNEL);

	call_rcu(&n->rcu, node_free);
	rcu_barrier();
	synchronize_rcu();
}

static void rcu_fork_test(struct kunit *test)
{
#ifdef __SANITIZE_THREAD__
	kunit_skip(test, "TSan starts no thread in a child of many threads");
#endif
	rcu_child(NULL);
	KUNIT_EXPECT_TRUE(test, child_survives(rcu_child, NULL));
}

static struct kunit_case sync_cases[] = {
	KUNIT_CASE(locks_test),
	KUNIT_CASE(threads_test),
	KUNIT_CASE(work_test),
	KUNIT_CASE(rcu_test),
	KUNIT_CASE(rcu_fork_test),
	{}
};

static struct kunit_suite sync_suite = {
	.name = "shim_sync",
	.test_cases = sync_cases,
};

kunit_test_suites(&helper_suite, &page_suite, &cpu_suite, &sync_suite);
