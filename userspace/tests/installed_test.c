// SPDX-License-Identifier: GPL-2.0 OR MIT
/* A program with nothing but the installed header and library. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zmem.h>

static int nr, failed;

static void check(bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++nr, what);
	failed += !ok;
}

static bool zero(const void *p, size_t size)
{
	const char *c = p;

	return c && !c[0] && !memcmp(c, c + 1, size - 1);
}

static bool bulk(struct zmem_cache *cache)
{
	void *objects[100];

	if (zmem_cache_alloc_bulk(cache, GFP_KERNEL, 100, objects) != 100)
		return false;
	zmem_cache_free_bulk(cache, 100, objects);
	return true;
}

static bool sizes(void)
{
	char *p = zmem_alloc(100, GFP_KERNEL), *q = zmem_zalloc(100000, GFP_NOWAIT);
	bool ok = p && zero(q, 100000) && zmem_usable_size(p) >= 100;

	memset(p, 7, 100);
	p = zmem_realloc(p, 5000, GFP_KERNEL);
	ok = ok && p && p[99] == 7 && !zmem_alloc(ZMEM_ALLOC_MAX + 1, GFP_NOWAIT);
	zmem_free(p);
	zmem_free(q);
	return ok;
}

static bool settings(void)
{
	struct zmem_settings s, again;

	zmem_settings_get(&s, sizeof(s));
	s.magazine_max = 60;
	if (zmem_settings_set(&s, sizeof(s)))
		return false;
	s.magazine_max = 1000000;
	if (zmem_settings_set(&s, sizeof(s)) != -EINVAL)
		return false;
	zmem_settings_get(&again, sizeof(again));
	return again.magazine_max == 60;
}

int main(void)
{
	struct zmem_cache_args args = { .align = 128, .mode = ZMEM_MODE_FAST };
	struct zmem_cache *cache = zmem_cache_create("test", 96, &args);
	struct zmem_snapshot snap;
	unsigned int n = 0;
	void *p;

	puts("TAP version 13\n1..10");
	check(cache && zmem_cache_size(cache) == 96, "a cache");
	check(!zmem_cache_create("test", 10, NULL) && errno == EEXIST, "EEXIST");
	check(!zmem_cache_create("", 10, NULL) && errno == EINVAL, "EINVAL");
	p = zmem_cache_zalloc(cache, GFP_KERNEL);
	check(zero(p, 96) && !((size_t)p % 128), "a zeroed, aligned object");
	zmem_snapshot(cache, &snap, sizeof(snap));
	check(!strcmp(snap.name, "test") && snap.align == 128 && snap.objects == 1 &&
	      snap.allocs == 1 && snap.bytes_requested == 96 && snap.bytes_held >= 4096 &&
	      snap.latency_mean_ns == ZMEM_UNKNOWN && snap.tuner_trimmed == 0,
	      "a snapshot");
	zmem_cache_free(cache, p);
	check(bulk(cache), "bulk");
	check(sizes(), "by size");
	check(settings(), "settings");
	while (zmem_snapshot_at(n, &snap, sizeof(snap)) && strcmp(snap.name, "test"))
		n++;
	check(!strcmp(snap.name, "test") && snap.frees == 101, "all caches");
	check(zmem_cache_shrink(cache) == 0 && zmem_trim() < ((size_t)1 << 30), "trim");
	zmem_cache_destroy(cache);
	return failed != 0;
}
