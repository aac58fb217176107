// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Leaks memory on purpose when it is loaded. kmemleak switches itself off for
 * good at the first inconsistency and then reports nothing, so boot.sh takes
 * "no leak" for an answer only if this one is found.
 */
#include <linux/module.h>
#include <linux/slab.h>

/* A stale copy of a pointer on some stack can hide a leak, but not so many. */
#define PLANTED 16

/* Not __init: the backtrace must still resolve to this module afterwards. */
static noinline void plant_leak(void)
{
	volatile unsigned char *p = kmalloc(48, GFP_KERNEL);

	if (p)
		*p = 1;
}

static int zmem_plant_leak_init(void)
{
	int i;

	for (i = 0; i < PLANTED; i++)
		plant_leak();
	return 0;
}
module_init(zmem_plant_leak_init);

static void zmem_plant_leak_exit(void)
{
}
module_exit(zmem_plant_leak_exit);

MODULE_DESCRIPTION("Leaks memory on load, to show that kmemleak is alive");
MODULE_LICENSE("Dual MIT/GPL");
