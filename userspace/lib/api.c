// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What libzmem exports besides the core's own functions (public.h): those that
 * are inline in the kernel, and what the kernel's surfaces do there.  Each is
 * named for the symbol that programs see.
 */
#include <errno.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <compat/work.h>
#include <shim/shim.h>

#include "internal.h"
#include "init.h"
#include "core/cache.h"
#include "core/magazine.h"
#include "core/pool.h"
#include "core/stats.h"
#include "serve.h"

#define API(type, name, args)	\
	__attribute__((visibility("default"))) type api_##name args __asm__("zmem_" #name)

API(struct zmem_cache *, cache_create, (const char *name, unsigned int size,
					const struct zmem_cache_args *args));
API(void *, cache_zalloc, (struct zmem_cache *cache, gfp_t gfp));
API(void *, alloc, (size_t size, gfp_t gfp));
API(void *, zalloc, (size_t size, gfp_t gfp));
API(void, snapshot, (struct zmem_cache *cache, struct zmem_snapshot *snap, size_t size));
API(bool, snapshot_at, (unsigned int n, struct zmem_snapshot *snap, size_t size));
API(void, settings_get, (struct zmem_settings *settings, size_t size));
API(int, settings_set, (const struct zmem_settings *settings, size_t size));
API(size_t, trim, (void));
API(void, tune, (bool on));

struct zmem_cache *api_cache_create(const char *name, unsigned int size,
				    const struct zmem_cache_args *args)
{
	struct zmem_cache *cache;
	int err = zmem_user_init();

	cache = err ? ERR_PTR(err) : __zmem_cache_create(name, size, args, ZMEM_LAYOUT);
	if (!IS_ERR(cache))
		return cache;
	errno = -PTR_ERR(cache);
	return NULL;
}

void *api_cache_zalloc(struct zmem_cache *cache, gfp_t gfp)
{
	return zmem_cache_alloc(cache, gfp | __GFP_ZERO);
}

void *api_alloc(size_t size, gfp_t gfp)
{
	return __zmem_alloc(size, gfp);
}

void *api_zalloc(size_t size, gfp_t gfp)
{
	return __zmem_alloc(size, gfp | __GFP_ZERO);
}

static void snapshot_copy(struct zmem_snapshot *to, const struct zmem_snapshot *from,
			  size_t size)
{
	memset(to, 0, size);
	memcpy(to, from, min(size, sizeof(*from)));
}

void api_snapshot(struct zmem_cache *cache, struct zmem_snapshot *snap, size_t size)
{
	struct zmem_snapshot own;

	zmem_snapshot_take(zmem_common(cache), &own);
	snapshot_copy(snap, &own, size);
}

bool api_snapshot_at(unsigned int n, struct zmem_snapshot *snap, size_t size)
{
	struct zmem_snapshot own;

	if (zmem_snapshot_nth(n, &own))
		return false;
	snapshot_copy(snap, &own, size);
	return true;
}

void api_settings_get(struct zmem_settings *settings, size_t size)
{
	memset(settings, 0, size);
	memcpy(settings, &zmem_defaults, min(size, sizeof(zmem_defaults)));
}

static bool settings_are_good(const struct zmem_settings *s)
{
	return s->mode > ZMEM_MODE_DEFAULT && s->mode <= ZMEM_MODE_DEBUG &&
	       s->magazine_max && s->magazine_max <= ZMEM_MAGAZINE_MAX &&
	       s->depot_max_kib && s->depot_max_kib <= ZMEM_DEPOT_MAX_KIB &&
	       s->tune_interval_ms;
}

int api_settings_set(const struct zmem_settings *settings, size_t size)
{
	struct zmem_settings new = zmem_defaults;

	memcpy(&new, settings, min(size, sizeof(new)));
	if (!settings_are_good(&new))
		return -EINVAL;
	zmem_defaults = new;
	return 0;
}

static void drain_this_cpu(void *unused)
{
	struct zmem_common *c;

	mutex_lock(&zmem_caches_lock);
	list_for_each_entry(c, &zmem_caches, list)
		zmem_magazines_drain_this_cpu(c);
	mutex_unlock(&zmem_caches_lock);
}

size_t zmem_user_trim(void)
{
	zmem_on_each_cpu(drain_this_cpu, NULL, NULL);
	zmem_caches_reclaim(ULONG_MAX);
	return shim_pages_trim(true) * PAGE_SIZE;
}

size_t api_trim(void)
{
	return zmem_user_trim();
}

void api_tune(bool on)
{
	zmem_user_tune(on);
}

/* After the library itself; here, so that whoever links the archive has it. */
static void __attribute__((constructor(202))) serve_before_main(void)
{
	zmem_user_serve();
}
