// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The commands that debugfs's control files take, one a write:
 *
 *	zmem/control		shrink
 *				drain cpu N
 *				drain node N
 *				open node N
 *				validate [NAME]
 *	zmem/<cache>/control	shrink
 *				validate
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
#include "core/nodes.h"
#include "core/settings.h"

static int drain_cpu(unsigned int cpu)
{
	if (cpu >= nr_cpu_ids || !cpu_online(cpu))
		return -ENODEV;
	zmem_on_each_cpu(zmem_caches_drain_this_cpu, NULL, cpumask_of(cpu));
	return 0;
}

static int drain_node(unsigned int node)
{
	return node < nr_node_ids ? zmem_node_drain(node) : -EINVAL;
}

static int open_node(unsigned int node)
{
	return node < nr_node_ids ? zmem_node_undrain(node) : -EINVAL;
}

/* Commands that a number follows. */
static const struct {
	const char *words;
	int (*fn)(unsigned int number);
} numbered[] = {
	{ "drain cpu ", drain_cpu },
	{ "drain node ", drain_node },
	{ "open node ", open_node },
};

static int shrink_all(void)
{
	zmem_on_each_cpu(zmem_caches_drain_this_cpu, NULL, NULL);
	zmem_caches_reclaim(ULONG_MAX);
	return 0;
}

/* A cache by name, or all, and what looking at them came to. */
struct validation {
	const char *name;
	int err;
};

static int validate_named(struct zmem_common *c, void *arg)
{
	struct validation *v = arg;

	if (*v->name && strcmp(v->name, c->name))
		return 0;
	if (v->err == -ENOENT)
		v->err = 0;
	if (zmem_cache_validate(c->cache))
		v->err = -EUCLEAN;
	return *v->name;
}

static int validate(const char *name)
{
	struct validation v = { .name = name, .err = -ENOENT };

	zmem_caches_for_each(validate_named, &v);
	return v.err;
}

/**
 * zmem_control() - a command to all caches
 * @command: changed while it is read
 *
 * Context: may sleep.
 * Return: 0, -EINVAL if there is no such command, or its error; of validate
 * -ENOENT: there is no such cache, -EUCLEAN: something is not as it should be.
 */
int zmem_control(char *command)
{
	unsigned int i, number;
	int err;

	command = strim(command);
	if (!strcmp(command, "shrink"))
		return shrink_all();
	if (!strcmp(command, "validate"))
		return validate("");
	if (strstarts(command, "validate "))
		return validate(strim(command + strlen("validate ")));
	for (i = 0; i < ARRAY_SIZE(numbered); i++) {
		if (!strstarts(command, numbered[i].words))
			continue;
		err = kstrtouint(command + strlen(numbered[i].words), 10, &number);
		return err ? err : numbered[i].fn(number);
	}
	return -EINVAL;
}

/**
 * zmem_control_cache() - a command to one cache
 * @c: the cache; it must not go meanwhile
 * @command: changed while it is read
 *
 * Context: may sleep.
 * Return: 0, -EINVAL if there is no such command, or as zmem_control() and
 * zmem_cache_set().
 */
int zmem_control_cache(struct zmem_common *c, char *command)
{
	unsigned int value;
	char *name;
	int err;

	command = strim(command);
	if (!strcmp(command, "shrink"))
		return zmem_cache_shrink(c->cache);
	if (!strcmp(command, "validate"))
		return zmem_cache_validate(c->cache) ? -EUCLEAN : 0;
	name = strsep(&command, "=");
	if (!command)
		return -EINVAL;
	/* Of a setting that cannot be changed, any value says so. */
	err = kstrtouint(command, 10, &value);
	if (err)
		return zmem_cache_set(c, name, UINT_MAX) == -EPERM ? -EPERM : err;
	return zmem_cache_set(c, name, value);
}
