// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The commands that debugfs's control files take, one a write:
 *
 *	zmem/control		shrink
 *				drain cpu N
 *	zmem/<cache>/control	shrink
 *				KEY=VALUE
 */
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/string.h>
#include <compat/work.h>

#include "internal.h"
#include "control.h"
#include "core/cache.h"
#include "core/magazine.h"
#include "core/settings.h"

static int drain_cache(struct zmem_common *c, void *unused)
{
	if (!(c->flags & ZMEM_NO_MAGAZINES))
		zmem_magazines_drain_this_cpu(c);
	return 0;
}

static void drain_this_cpu(void *unused)
{
	zmem_caches_for_each(drain_cache, NULL);
}

static int drain_cpu(const char *number)
{
	unsigned int cpu;
	int err = kstrtouint(number, 10, &cpu);

	if (err)
		return err;
	if (cpu >= nr_cpu_ids || !cpu_online(cpu))
		return -ENODEV;
	zmem_on_each_cpu(drain_this_cpu, NULL, cpumask_of(cpu));
	return 0;
}

static int shrink_all(void)
{
	zmem_on_each_cpu(drain_this_cpu, NULL, NULL);
	zmem_caches_reclaim(ULONG_MAX);
	return 0;
}

/**
 * zmem_control() - a command to all caches
 * @command: changed while it is read
 *
 * Context: may sleep.
 * Return: 0, -EINVAL if there is no such command, or its error.
 */
int zmem_control(char *command)
{
	static const char drain[] = "drain cpu ";

	command = strim(command);
	if (!strcmp(command, "shrink"))
		return shrink_all();
	if (strstarts(command, drain))
		return drain_cpu(command + strlen(drain));
	return -EINVAL;
}

/**
 * zmem_control_cache() - a command to one cache
 * @c: the cache; it must not go meanwhile
 * @command: changed while it is read
 *
 * Context: may sleep.
 * Return: 0, -EINVAL if there is no such command, or as zmem_cache_set().
 */
int zmem_control_cache(struct zmem_common *c, char *command)
{
	unsigned int value;
	char *name;
	int err;

	command = strim(command);
	if (!strcmp(command, "shrink"))
		return zmem_cache_shrink(c->cache);
	name = strsep(&command, "=");
	if (!command)
		return -EINVAL;
	/* Of a setting that cannot be changed, any value says so. */
	err = kstrtouint(command, 10, &value);
	if (err)
		return zmem_cache_set(c, name, UINT_MAX) == -EPERM ? -EPERM : err;
	return zmem_cache_set(c, name, value);
}
