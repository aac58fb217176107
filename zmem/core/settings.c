// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The settings of a cache that may change while it lives.
 *
 * The tuner reads them under zmem_caches_lock, the depot and who makes a
 * magazine without a lock: each is one word, and an old value is as good as a
 * new one for a moment.  Magazines of the old size live on until they are
 * exchanged.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "internal.h"
#include "core/cache.h"
#include "core/settings.h"

struct setting {
	const char *name;
	unsigned int min;
	unsigned int max;
	void (*set)(struct zmem_common *c, unsigned int value);
};

static void set_magazine_max(struct zmem_common *c, unsigned int value)
{
	WRITE_ONCE(c->magazine_max, value);
	if (c->magazine_size > value)
		WRITE_ONCE(c->magazine_size, value);
}

static void set_depot_max_kib(struct zmem_common *c, unsigned int value)
{
	WRITE_ONCE(c->depot_max_kib, value);
}

/* The tuner's next look is an interval away, whatever it was before. */
static void set_tune_interval_ms(struct zmem_common *c, unsigned int value)
{
	WRITE_ONCE(c->tune_interval_ms, value);
	c->tuner.next = jiffies + msecs_to_jiffies(value);
}

/* Without @set: fixed when the cache is made. */
static const struct setting settings[] = {
	{ "magazine_max", 1, ZMEM_MAGAZINE_MAX, set_magazine_max },
	{ "depot_max_kib", 0, ZMEM_DEPOT_MAX_KIB, set_depot_max_kib },
	{ "tune_interval_ms", 1, INT_MAX, set_tune_interval_ms },
	{ "mode" },
	{ "debug_flags" },
};

static const struct setting *setting_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(settings); i++)
		if (!strcmp(settings[i].name, name))
			return &settings[i];
	return NULL;
}

/**
 * zmem_cache_set() - change a setting of a cache
 * @c: the cache; it must not go meanwhile
 * @name: of the setting, as its module parameter's
 * @value: new
 *
 * Context: may sleep; zmem_caches_lock is not held.
 * Return: 0, -ENOENT if there is no such setting, -EPERM if it is fixed when
 * the cache is made, -ERANGE if @value is out of bounds.
 */
int zmem_cache_set(struct zmem_common *c, const char *name, unsigned int value)
{
	const struct setting *s = setting_find(name);

	if (!s)
		return -ENOENT;
	if (!s->set)
		return -EPERM;
	if (value < s->min || value > s->max)
		return -ERANGE;
	mutex_lock(&zmem_caches_lock);
	s->set(c, value);
	mutex_unlock(&zmem_caches_lock);
	return 0;
}
