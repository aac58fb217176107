// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The shim's pages, and what is made of them: what the core relies on must be so. */
#include <sys/mman.h>
#include <kunit/test.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <compat/page.h>
#include <shim/poison.h>
#include <shim/shim.h>
#include "shim_child.h"

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

kunit_test_suite(page_suite);
