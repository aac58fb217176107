// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Prints what programs were compiled with: built once with the installed
 * header, once (-DCORE) with the core's own, and both print the same.
 */
#include <stdio.h>
#ifdef CORE
#include <linux/gfp.h>
#include "internal.h"
#include "core/cache.h"
#else
#include <zmem.h>
#endif

#define VALUE(v)		printf(#v " %llu\n", (unsigned long long)(v))
#define FIELD(type, field)						\
	printf(#type "." #field " %zu %zu\n", offsetof(struct type, field),	\
	       sizeof(((struct type *)0)->field))

static void snapshot(void)
{
	VALUE(sizeof(struct zmem_snapshot));
	FIELD(zmem_snapshot, name);
	FIELD(zmem_snapshot, object_size);
	FIELD(zmem_snapshot, objects_per_slab);
	FIELD(zmem_snapshot, magazine_size);
	FIELD(zmem_snapshot, debug_flags);
	FIELD(zmem_snapshot, allocs);
	FIELD(zmem_snapshot, fresh);
	FIELD(zmem_snapshot, contended);
	FIELD(zmem_snapshot, errors);
	FIELD(zmem_snapshot, objects);
	FIELD(zmem_snapshot, bytes_requested);
	FIELD(zmem_snapshot, bytes_held);
	FIELD(zmem_snapshot, latency_p99_ns);
	FIELD(zmem_snapshot, tuner_trimmed);
}

static void settings(void)
{
	VALUE(sizeof(struct zmem_cache_args));
	FIELD(zmem_cache_args, align);
	FIELD(zmem_cache_args, ctor);
	FIELD(zmem_cache_args, mode);
	FIELD(zmem_cache_args, debug_flags);
	FIELD(zmem_cache_args, node_policy);
	FIELD(zmem_cache_args, node);
	VALUE(sizeof(struct zmem_settings));
	FIELD(zmem_settings, mode);
	FIELD(zmem_settings, debug_flags);
}

int main(void)
{
	VALUE(GFP_KERNEL);
	VALUE(GFP_NOWAIT);
	VALUE(__GFP_ZERO);
	VALUE(__GFP_THISNODE);
	VALUE(ZMEM_ALLOC_MAX);
	VALUE(ZMEM_OBJECT_MAX);
	VALUE(ZMEM_NAME_MAX);
	VALUE(ZMEM_UNKNOWN);
	VALUE(ZMEM_MODE_DEBUG);
	VALUE(ZMEM_NODE_STRICT);
	VALUE(ZMEM_HWCACHE_ALIGN);
	snapshot();
	settings();
	return 0;
}
