// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The shim's small helpers: lists, bits, strings, stacks, warnings. */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/stackdepot.h>
#include <linux/string.h>
#include <shim/shim.h>

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

kunit_test_suite(helper_suite);
