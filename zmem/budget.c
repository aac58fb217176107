// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * How much memory one opening of /dev/zmem may come to: objects and their
 * handles, workloads, replays.  A replay that is held outlives the file that it
 * was started through, and its share of the budget with it.
 */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include "budget.h"

/*
 * A quarter of the memory: a mistake in a load stays one, and four such at
 * once are no accident.
 */
#define BUDGET_SHARE	4

/**
 * struct zmem_budget - a budget
 * @users: the file, and replays that are held
 * @used: bytes that are held
 * @limit: bytes that may be
 */
struct zmem_budget {
	refcount_t users;
	atomic64_t used;
	u64 limit;
};

/**
 * zmem_budget_create() - make a budget for one user
 *
 * Context: may sleep.
 * Return: the budget, or NULL.
 */
struct zmem_budget *zmem_budget_create(void)
{
	struct zmem_budget *budget = kzalloc(sizeof(*budget), GFP_KERNEL);

	if (!budget)
		return NULL;
	refcount_set(&budget->users, 1);
	budget->limit = (u64)totalram_pages() / BUDGET_SHARE << PAGE_SHIFT;
	return budget;
}

/**
 * zmem_budget_get() - one user more
 * @budget: budget
 *
 * Return: @budget.
 */
struct zmem_budget *zmem_budget_get(struct zmem_budget *budget)
{
	refcount_inc(&budget->users);
	return budget;
}

/**
 * zmem_budget_put() - one user less; the last one's takes the budget along
 * @budget: budget
 */
void zmem_budget_put(struct zmem_budget *budget)
{
	if (refcount_dec_and_test(&budget->users))
		kfree(budget);
}

/**
 * zmem_budget_charge() - take bytes from a budget
 * @budget: budget
 * @bytes: to be held
 *
 * Return: 0 or -EDQUOT.
 */
int zmem_budget_charge(struct zmem_budget *budget, u64 bytes)
{
	s64 used = atomic64_read(&budget->used);

	do {
		if (bytes > budget->limit - used)
			return -EDQUOT;
	} while (!atomic64_try_cmpxchg(&budget->used, &used, used + bytes));
	return 0;
}

/**
 * zmem_budget_uncharge() - give bytes back to a budget
 * @budget: budget
 * @bytes: no longer held
 */
void zmem_budget_uncharge(struct zmem_budget *budget, u64 bytes)
{
	atomic64_sub(bytes, &budget->used);
}

/**
 * zmem_budget_limit() - bytes that may be held
 * @budget: budget
 */
u64 zmem_budget_limit(const struct zmem_budget *budget)
{
	return budget->limit;
}

/**
 * zmem_budget_used() - bytes that are held
 * @budget: budget
 */
u64 zmem_budget_used(const struct zmem_budget *budget)
{
	return atomic64_read(&budget->used);
}
