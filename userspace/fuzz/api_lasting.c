// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Calls whose effect is seen later: prefills, frees by RCU, settings. */
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>

#include "api.h"
#include "core/cache.h"
#include "core/free_rcu.h"
#include "core/settings.h"

#define FUZZ_PREFILL	200

/* One a cache.  What a limit makes of prefills is nobody's promise. */
void op_prefill(struct fuzz_input *in)
{
	struct fuzz_cache *fc = pick_cache(in);
	unsigned int nr = fuzz_u8(in) % FUZZ_PREFILL;
	gfp_t gfp = pick_gfp(in, fc);

	if (!fc || fc->prefill || fc->limit)
		return;
	fc->prefill = zmem_cache_prefill(fc->cache, gfp, nr);
	must_have(fc->prefill);
	fc->prefilled = fc->prefill ? nr : 0;
}

/* Needs no memory, whatever there is. */
void op_alloc_prefilled(struct fuzz_input *in)
{
	struct fuzz_cache *fc = pick_cache(in);
	struct fuzz_object *o = fuzz_find(fuzz_u8(in), NULL, false);
	gfp_t gfp = pick_gfp(in, fc);
	void *p;

	if (!fc || !o || !fc->prefill)
		return;
	p = zmem_cache_alloc_prefilled(fc->cache, gfp, fc->prefill);
	fuzz_check(!p == !fc->prefilled, "%p of a prefill with %u objects\n", p, fc->prefilled);
	if (!p)
		return;
	fc->prefilled--;
	fuzz_object_add(o, p, fc->size, fc, gfp);
}

void return_prefilled(struct fuzz_cache *fc)
{
	zmem_cache_return_prefilled(fc->cache, fc->prefill);
	fc->prefill = NULL;
	fc->prefilled = 0;
}

void op_return_prefilled(struct fuzz_input *in)
{
	struct fuzz_cache *fc = pick_cache(in);

	if (fc)
		return_prefilled(fc);
}

/*
 * Up to a few batches of an owner's objects.  Constructed ones are freed as
 * they are, and small ones have no room for a head: the call waits for readers.
 */
static void free_rcu(struct fuzz_input *in, const struct fuzz_cache *fc)
{
	unsigned int nr = fuzz_u8(in);
	u8 hint = fuzz_u8(in);
	void *p;

	rcu_read_lock();
	while (nr--) {
		struct fuzz_object *o = fuzz_find(hint, fc, true);

		if (!o || o->size < sizeof(struct rcu_head) || (fc && fc->ctor))
			break;
		p = fuzz_object_take(o);
		__zmem_free_rcu(p, p);
	}
	rcu_read_unlock();
}

void op_free_rcu(struct fuzz_input *in)
{
	struct fuzz_cache *fc = pick_cache(in);

	if (!fc)
		return;
	fc->scattered = true;
	free_rcu(in, fc);
	zmem_rcu_drain();
}

void op_sized_free_rcu(struct fuzz_input *in)
{
	struct fuzz_object *o;

	free_rcu(in, NULL);
	o = fuzz_find(fuzz_u8(in), NULL, true);
	if (o)
		zmem_free_rcu_mightsleep(fuzz_object_take(o));
	zmem_rcu_drain();
}

void op_set(struct fuzz_input *in)
{
	static const char * const names[] = {
		"magazine_max", "depot_max_kib", "tune_interval_ms", "mode", "debug_flags", "",
	};
	struct fuzz_cache *fc = pick_cache(in);
	u8 which = fuzz_u8(in) % ARRAY_SIZE(names);
	unsigned int value = fuzz_u16(in);
	int err;

	value <<= fuzz_u8(in) % 17;
	if (!fc)
		return;
	err = zmem_cache_set(zmem_common(fc->cache), names[which], value);
	if (which > 2)
		fuzz_check(err, "%s was changed\n", names[which]);
	else if (value && value <= ZMEM_MAGAZINE_MAX)
		fuzz_check(!err, "%s = %u: %d\n", names[which], value, err);
}
