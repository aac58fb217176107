// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The requests: how each is made, what is wrong with it, what it changes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "fuzz.h"
#include "../stream.h"

#define ALLOC_MAX	(4u << 20)
#define OBJECT_MAX	32768u
#define FLAGS		0x7fu
#define ZONES		(ZMEM_IOC_GFP_DMA | ZMEM_IOC_GFP_DMA32)
#define KNOWN		(ZMEM_IOC_GFP_ZERO | ZMEM_IOC_FILL)
#define NODES		2
#define CPUS		2

static struct cache *find_cache(struct file *f, uint32_t id)
{
	unsigned int n;

	for (n = 0; id && n < CACHES; n++)
		if (f->caches[n].id == id)
			return &f->caches[n];
	return NULL;
}

static struct cache *pick_cache(struct fuzz *z)
{
	return &z->f->caches[fuzz_random(z) % CACHES];
}

static struct object *find_object(struct file *f, uint64_t handle)
{
	uint32_t n;

	for (n = 0; n < f->nr_objects; n++)
		if (f->objects[n].handle == handle)
			return &f->objects[n];
	return NULL;
}

static void forget_object(struct file *f, struct object *o)
{
	struct cache *c = find_cache(f, o->cache);

	if (c)
		c->live--;
	f->used -= o->size + OBJECT_COST;
	*o = f->objects[--f->nr_objects];
}

static void op_info(struct fuzz *z)
{
	struct zmem_ioc_info arg = { .abi = 0x5a5a5a5a, .used = 0x5a5a5a5a5a5a5a5a };

	fuzz_spoil(z, &arg, sizeof(arg), 0);
	fuzz_wrong(z, arg.reserved, EINVAL);
	if (fuzz_ioctl(z, ZMEM_IOC_INFO, &arg))
		return;
	if (arg.abi != ZMEM_IOC_ABI || arg.object_max != OBJECT_MAX ||
	    arg.alloc_max != ALLOC_MAX || arg.budget != fuzz_budget || arg.reserved)
		fuzz_fail(z, "info: other limits");
	if (arg.used != z->f->used || arg.objects != z->f->nr_objects ||
	    arg.caches != z->f->nr_caches)
		fuzz_fail(z, "info: %llu bytes, %llu objects, %u caches; known: %llu, %u, %u",
			  arg.used, arg.objects, arg.caches,
			  (unsigned long long)z->f->used, z->f->nr_objects, z->f->nr_caches);
}

static bool name_is_bad(const char *name)
{
	size_t n, len = strnlen(name, ZMEM_IOC_NAME_MAX);

	for (n = 0; n < len; n++)
		if (name[n] <= ' ' || name[n] > '~' || name[n] == '/')
			return true;
	return !len || len == ZMEM_IOC_NAME_MAX || name[0] == '.';
}

/* Bytes beyond ASCII are letters to the kernel, some of them. */
static bool name_is_odd(const char *name)
{
	while (*name > 0)
		name++;
	return *name;
}

static void cache_faults(struct fuzz *z, const struct zmem_ioc_cache *arg)
{
	bool odd = strnlen(arg->name, sizeof(arg->name)) < sizeof(arg->name) &&
		   name_is_odd(arg->name);

	fuzz_wrong(z, !odd && name_is_bad(arg->name), EINVAL);
	fuzz_wrong(z, !arg->size || arg->size > OBJECT_MAX, EINVAL);
	fuzz_wrong(z, arg->align & (arg->align - 1) || arg->align > 4096, EINVAL);
	fuzz_wrong(z, arg->flags & ~7u || arg->mode > ZMEM_IOC_MODE_DEBUG, EINVAL);
	fuzz_wrong(z, arg->magazine_max > 1020 || arg->depot_max_kib > 1048576, EINVAL);
	fuzz_wrong(z, z->f->nr_caches >= ZMEM_IOC_CACHES_MAX, EDQUOT);
	if (odd || arg->debug_flags || (arg->flags & 6) == 6)
		z->may |= ERR(EINVAL);
}

static void op_create(struct fuzz *z)
{
	struct cache *c = pick_cache(z);
	struct zmem_ioc_cache arg = {
		.size = 1 + fuzz_random(z) % (fuzz_rarely(z, 4) ? OBJECT_MAX : 600),
		.align = fuzz_rarely(z, 3) ? 1u << fuzz_random(z) % 13 : 0,
		.flags = fuzz_rarely(z, 4) ? 1u << fuzz_random(z) % 3 : 0,
		.mode = fuzz_random(z) % 4,
		.magazine_max = fuzz_rarely(z, 2) ? fuzz_random(z) % 1021 : 0,
		.depot_max_kib = fuzz_rarely(z, 2) ? fuzz_random(z) % 512 : 0,
		.tune_interval_ms = fuzz_rarely(z, 2) ? 1 + fuzz_random(z) % 100 : 0,
	};
	int id;

	snprintf(arg.name, sizeof(arg.name), "fuzz-%u-%u-%u", z->number,
		 (unsigned int)(z->f - z->files), (unsigned int)(c - z->f->caches));
	if (fuzz_rarely(z, 2))
		fuzz_spoil(z, arg.name, sizeof(arg.name), 0);
	fuzz_spoil(z, &arg, sizeof(arg), sizeof(arg.name));
	cache_faults(z, &arg);
	fuzz_wrong(z, c->id && !strcmp(c->name, arg.name), EEXIST);
	/* Another's name, spoilt into this one. */
	z->may |= ERR(EEXIST);
	id = fuzz_ioctl(z, ZMEM_IOC_CACHE_CREATE, &arg);
	if (id < 0)
		return;
	if (!id)
		fuzz_fail(z, "a cache with the id 0");
	if (c->id) {
		/* No room for two: it goes again. */
		struct zmem_ioc_target target = { .cache = id };

		if (ioctl(z->f->fd, ZMEM_IOC_CACHE_DESTROY, &target))
			fuzz_fail(z, "a new cache would not go: %s", strerror(errno));
		return;
	}
	*c = (struct cache){ .id = id, .size = arg.size };
	memcpy(c->name, arg.name, sizeof(c->name));
	z->f->nr_caches++;
}

static void op_destroy(struct fuzz *z)
{
	struct zmem_ioc_target arg = { .cache = pick_cache(z)->id };
	struct cache *c;

	fuzz_spoil(z, &arg, sizeof(arg), 0);
	c = find_cache(z->f, arg.cache);
	fuzz_wrong(z, arg.reserved, EINVAL);
	fuzz_wrong(z, !c, ENOENT);
	fuzz_wrong(z, c && c->live, EBUSY);
	if (fuzz_ioctl(z, ZMEM_IOC_CACHE_DESTROY, &arg))
		return;
	c->id = 0;
	z->f->nr_caches--;
}

static void op_shrink(struct fuzz *z)
{
	struct zmem_ioc_target arg = { .cache = pick_cache(z)->id };

	fuzz_spoil(z, &arg, sizeof(arg), 0);
	fuzz_wrong(z, arg.reserved, EINVAL);
	fuzz_wrong(z, !find_cache(z->f, arg.cache), ENOENT);
	fuzz_ioctl(z, ZMEM_IOC_CACHE_SHRINK, &arg);
}

static uint64_t some_size(struct fuzz *z)
{
	return 1 + fuzz_random(z) % (fuzz_rarely(z, 40) ? ALLOC_MAX :
				     fuzz_rarely(z, 4) ? 20000 : 300);
}

/* What allocations and workloads have in common. */
static void source_faults(struct fuzz *z, uint32_t cache, uint32_t flags, int32_t node)
{
	fuzz_wrong(z, flags & ~FLAGS || (flags & KNOWN) == KNOWN, EINVAL);
	fuzz_wrong(z, (flags & ZONES) == ZONES, EINVAL);
	fuzz_wrong(z, cache && flags & (ZONES | ZMEM_IOC_GFP_ACCOUNT), EINVAL);
	fuzz_wrong(z, node < ZMEM_IOC_NODE_ANY || node >= NODES, ENODEV);
	fuzz_wrong(z, cache && !find_cache(z->f, cache), ENOENT);
}

static uint32_t some_flags(struct fuzz *z, uint32_t cache)
{
	static const uint32_t contents[] = { 0, ZMEM_IOC_GFP_ZERO, ZMEM_IOC_FILL, ZMEM_IOC_FILL };
	uint32_t flags = contents[fuzz_random(z) % 4];

	if (fuzz_rarely(z, 3))
		flags |= ZMEM_IOC_GFP_NOWAIT;
	if (fuzz_rarely(z, 10))
		flags |= ZMEM_IOC_GFP_THISNODE;
	if (!cache && fuzz_rarely(z, 8))
		flags |= ZMEM_IOC_GFP_DMA << fuzz_random(z) % 3;
	return flags;
}

static void alloc_faults(struct fuzz *z, const struct zmem_ioc_alloc *arg)
{
	const struct cache *c = find_cache(z->f, arg->cache);
	uint64_t cost = (c ? c->size : arg->size) + OBJECT_COST;
	bool large = arg->count > ZMEM_IOC_COUNT_MAX || arg->size > ALLOC_MAX;

	fuzz_wrong(z, !arg->count || !arg->size == !arg->cache, EINVAL);
	fuzz_wrong(z, large, E2BIG);
	source_faults(z, arg->cache, arg->flags, arg->node);
	fuzz_wrong(z, fuzz_list_bad(z, arg->handles, arg->count * 8ull), EFAULT);
	fuzz_wrong(z, !large && cost * arg->count > fuzz_budget - z->f->used, EDQUOT);
}

/* Takes objects that the model has room for; the rest go back at once. */
static void take_objects(struct fuzz *z, const struct zmem_ioc_alloc *arg)
{
	struct file *f = z->f;
	struct cache *c = find_cache(f, arg->cache);
	uint64_t size = c ? c->size : arg->size;
	const char *from = (char *)(uintptr_t)arg->handles;
	struct zmem_ioc_handles rest = { .handles = arg->handles };
	uint32_t n, keep;

	for (keep = 0; keep < arg->count && f->nr_objects + keep < HANDLES &&
	     f->used + (keep + 1) * (size + OBJECT_COST) < HOLD_MAX; keep++)
		;
	rest.handles += keep * 8ull;
	rest.count = arg->count - keep;
	if (rest.count && ioctl(f->fd, ZMEM_IOC_FREE, &rest))
		fuzz_fail(z, "new objects would not go: %s", strerror(errno));
	for (n = 0; n < keep; n++) {
		struct object *o = &f->objects[f->nr_objects];
		uint64_t handle;

		memcpy(&handle, from + 8 * n, 8);
		if (!handle || find_object(f, handle))
			fuzz_fail(z, "handle %llx is 0, or another's", (unsigned long long)handle);
		*o = (struct object){
			.handle = handle, .size = size, .cache = arg->cache,
			.known = arg->flags & KNOWN,
		};
		f->nr_objects++;
		f->used += size + OBJECT_COST;
		if (c)
			c->live++;
	}
}

static void op_alloc(struct fuzz *z)
{
	uint32_t cache = fuzz_rarely(z, 2) ? pick_cache(z)->id : 0;
	struct zmem_ioc_alloc arg = {
		.size = cache ? 0 : some_size(z),
		.cache = cache,
		.count = 1 + fuzz_random(z) % (fuzz_rarely(z, 10) ? 400 : 30),
		.node = fuzz_rarely(z, 3) ? (int)(fuzz_random(z) % NODES) : ZMEM_IOC_NODE_ANY,
		.flags = some_flags(z, cache),
	};

	fuzz_spoil(z, &arg, sizeof(arg), sizeof(arg.handles));
	/* A long list is slow, and tells no more than a short one. */
	if (arg.count <= ZMEM_IOC_COUNT_MAX && arg.count > 1000 && arg.size <= ALLOC_MAX &&
	    arg.size * arg.count <= fuzz_budget)
		arg.count = 1000;
	if (arg.size <= ALLOC_MAX && arg.size * arg.count > HOLD_MAX &&
	    arg.size * arg.count <= fuzz_budget)
		arg.count = 1;
	arg.handles = fuzz_list_pointer(z, arg.count * 8ull);
	alloc_faults(z, &arg);
	memset(z->list, 0, 4096);
	if (!fuzz_ioctl(z, ZMEM_IOC_ALLOC, &arg))
		take_objects(z, &arg);
}

/* Makes a list of live handles, some of them perhaps spoilt. */
static void make_handles(struct fuzz *z, struct zmem_ioc_handles *arg)
{
	struct file *f = z->f;
	uint32_t n, count = 1 + fuzz_random(z) % 40, first;
	uint64_t *list = (uint64_t *)z->list;

	if (count > f->nr_objects)
		count = f->nr_objects;
	first = f->nr_objects ? fuzz_random(z) % f->nr_objects : 0;
	for (n = 0; n < count; n++)
		list[n] = f->objects[(first + n) % f->nr_objects].handle;
	list[n] = 0;
	if (count && fuzz_rarely(z, 4))
		fuzz_spoil(z, list, count * 8, 0);
	if (count && fuzz_rarely(z, 12))
		list[0] = list[count - 1];
	arg->count = count;
	fuzz_spoil(z, arg, sizeof(*arg), sizeof(arg->handles));
	arg->handles = fuzz_list_pointer(z, arg->count * 8ull);
}

/* Whether all of a list are live, and, if @once, each there once. */
static bool handles_good(struct fuzz *z, const struct zmem_ioc_handles *arg, bool once,
			 uint64_t *known)
{
	const char *from = (char *)(uintptr_t)arg->handles;
	bool seen[HANDLES] = {};
	struct object *o;
	uint64_t handle;
	uint32_t n;

	for (*known = 0, n = 0; n < arg->count; n++) {
		memcpy(&handle, from + 8ull * n, 8);
		o = find_object(z->f, handle);
		if (!o || (once && seen[o - z->f->objects]))
			return false;
		seen[o - z->f->objects] = true;
		*known += o->known;
	}
	return true;
}

static uint64_t handles_faults(struct fuzz *z, const struct zmem_ioc_handles *arg, bool once)
{
	uint64_t known = 0;
	bool readable = !fuzz_list_bad(z, arg->handles, arg->count * 8ull);

	fuzz_wrong(z, !arg->count || arg->reserved, EINVAL);
	fuzz_wrong(z, arg->count > ZMEM_IOC_COUNT_MAX, E2BIG);
	fuzz_wrong(z, !readable, EFAULT);
	if (readable && arg->count <= ZMEM_IOC_COUNT_MAX)
		fuzz_wrong(z, !handles_good(z, arg, once, &known), ENOENT);
	return known;
}

static void op_free(struct fuzz *z)
{
	struct zmem_ioc_handles arg = {};
	uint64_t handle;
	uint32_t n;

	make_handles(z, &arg);
	handles_faults(z, &arg, true);
	if (fuzz_ioctl(z, ZMEM_IOC_FREE, &arg))
		return;
	for (n = 0; n < arg.count; n++) {
		memcpy(&handle, (char *)(uintptr_t)arg.handles + 8ull * n, 8);
		forget_object(z->f, find_object(z->f, handle));
	}
	/* What is freed is never found again. */
	z->must = ERR(ENOENT);
	arg.count = 1;
	if (!ioctl(z->f->fd, ZMEM_IOC_VERIFY, &arg) || errno != ENOENT)
		fuzz_fail(z, "a freed handle was found");
}

static void op_verify(struct fuzz *z)
{
	struct zmem_ioc_handles arg = { .checked = ~0ull, .mismatches = ~0ull };
	uint64_t known;

	make_handles(z, &arg);
	known = handles_faults(z, &arg, false);
	if (fuzz_ioctl(z, ZMEM_IOC_VERIFY, &arg))
		return;
	if (arg.checked != known || arg.mismatches)
		fuzz_fail(z, "verify: %llu checked, %llu bad; known: %llu", arg.checked,
			  arg.mismatches, (unsigned long long)known);
}

static void cpu_faults(struct fuzz *z, const struct zmem_ioc_run *arg)
{
	const char *from = (char *)(uintptr_t)arg->cpus;
	unsigned int seen = 0;
	uint32_t n, cpu;

	fuzz_wrong(z, arg->nr_cpus > ZMEM_IOC_CPUS_MAX, E2BIG);
	fuzz_wrong(z, !arg->nr_cpus && arg->cpus, EINVAL);
	if (!arg->nr_cpus || arg->nr_cpus > ZMEM_IOC_CPUS_MAX)
		return;
	if (fuzz_list_bad(z, arg->cpus, arg->nr_cpus * 4ull)) {
		z->must |= ERR(EFAULT);
		return;
	}
	for (n = 0; n < arg->nr_cpus; n++) {
		memcpy(&cpu, from + 4 * n, 4);
		fuzz_wrong(z, cpu >= CPUS, ENODEV);
		fuzz_wrong(z, cpu < CPUS && seen & 1u << cpu, EINVAL);
		seen |= cpu < CPUS ? 1u << cpu : 0;
	}
}

static void run_faults(struct fuzz *z, const struct zmem_ioc_run *arg)
{
	uint64_t most = arg->size > arg->size_max ? arg->size : arg->size_max;

	fuzz_wrong(z, arg->reserved || arg->flags & ZMEM_IOC_GFP_ACCOUNT, EINVAL);
	fuzz_wrong(z, !arg->ops || !arg->held, EINVAL);
	fuzz_wrong(z, arg->held > ZMEM_IOC_HELD_MAX || most > ALLOC_MAX, E2BIG);
	fuzz_wrong(z, arg->kind > ZMEM_IOC_RUN_MIX, EINVAL);
	if (arg->kind == ZMEM_IOC_RUN_BULK)
		fuzz_wrong(z, !arg->cache || arg->node != ZMEM_IOC_NODE_ANY, EINVAL);
	fuzz_wrong(z, !arg->size == !arg->cache, EINVAL);
	fuzz_wrong(z, arg->size_max && (arg->cache || arg->size_max < arg->size), EINVAL);
	source_faults(z, arg->cache, arg->flags, arg->node);
	cpu_faults(z, arg);
	/* What a worker needs beside its objects is its own affair. */
	if (most <= ALLOC_MAX && arg->held * (most + OBJECT_MAX) * CPUS > fuzz_budget / 2)
		z->may |= ERR(EDQUOT);
}

static void op_run(struct fuzz *z)
{
	uint32_t cpus[CPUS] = { fuzz_random(z) % CPUS };
	struct zmem_ioc_run arg = {
		.nr_cpus = fuzz_random(z) % (CPUS + 1),
		.kind = fuzz_random(z) % 4,
		.ops = 1 + fuzz_random(z) % 64,
		.seed = fuzz_random(z),
		.held = 1 + fuzz_random(z) % 32,
		.node = ZMEM_IOC_NODE_ANY,
		.cache = fuzz_rarely(z, 2) ? pick_cache(z)->id : 0,
		.allocs = ~0ull, .frees = ~0ull, .op_ps = ~0ull,
	};

	cpus[1] = cpus[0] ^ 1;
	if (!arg.cache) {
		arg.size = 1 + fuzz_random(z) % 600;
		arg.size_max = fuzz_rarely(z, 2) ? arg.size + fuzz_random(z) % 600 : 0;
	}
	arg.flags = some_flags(z, arg.cache) & ~ZMEM_IOC_GFP_ACCOUNT;
	fuzz_spoil(z, &arg, sizeof(arg), sizeof(arg.cpus));
	/* It is to end some time. */
	arg.ops %= 1000;
	if (arg.held <= ZMEM_IOC_HELD_MAX)
		arg.held %= 200;
	if (arg.size_max <= ALLOC_MAX)
		arg.size_max %= 20000;
	memcpy(z->list, cpus, sizeof(cpus));
	memset(z->list + sizeof(cpus), 0, 4096);
	arg.cpus = arg.nr_cpus ? fuzz_list_pointer(z, arg.nr_cpus * 4ull) : 0;
	run_faults(z, &arg);
	if (fuzz_ioctl(z, ZMEM_IOC_RUN, &arg))
		return;
	if (arg.allocs != arg.frees || arg.mismatches || arg.allocs + arg.failures > CPUS * arg.ops)
		fuzz_fail(z, "run: %llu allocated, %llu freed, %llu failed, %llu bad of %llu",
			  arg.allocs, arg.frees, arg.failures, arg.mismatches, arg.ops);
}

static void snapshot_check(struct fuzz *z, const struct zmem_ioc_snapshot *s,
			   const struct cache *c)
{
	size_t len = strnlen(s->name, sizeof(s->name)), n;

	for (n = len; n < sizeof(s->name); n++)
		if (s->name[n])
			fuzz_fail(z, "snapshot: something behind the name");
	if (len == sizeof(s->name) || !s->mode || s->mode > ZMEM_IOC_MODE_DEBUG ||
	    (s->hit_rate > 10000 && s->hit_rate != ZMEM_IOC_UNKNOWN))
		fuzz_fail(z, "snapshot: not what a cache has");
	if (c && (strcmp(s->name, c->name) || s->object_size != c->size))
		fuzz_fail(z, "snapshot: of another cache");
	if (c && s->objects != c->live)
		fuzz_fail(z, "snapshot: %llu live, known: %u", s->objects, c->live);
}

static void op_snapshot(struct fuzz *z)
{
	struct cache *own = pick_cache(z), *c = NULL;
	struct zmem_ioc_snapshot arg;
	int ret;

	memset(&arg, fuzz_random(z), sizeof(arg));
	arg.by = fuzz_random(z) % 3;
	arg.index = arg.by == ZMEM_IOC_BY_ID ? own->id : fuzz_random(z) % 40;
	memcpy(arg.name, own->name, sizeof(arg.name));
	fuzz_spoil(z, &arg, sizeof(arg), 0);
	switch (arg.by) {
	case ZMEM_IOC_BY_INDEX:
		z->may |= ERR(ENOENT);
		break;
	case ZMEM_IOC_BY_NAME:
		fuzz_wrong(z, strnlen(arg.name, sizeof(arg.name)) == sizeof(arg.name), EINVAL);
		if (own->id && !strcmp(own->name, arg.name))
			c = own;
		else
			z->may |= ERR(ENOENT);
		break;
	case ZMEM_IOC_BY_ID:
		c = find_cache(z->f, arg.index);
		fuzz_wrong(z, !c, ENOENT);
		break;
	default:
		z->must |= ERR(EINVAL);
	}
	ret = fuzz_ioctl(z, ZMEM_IOC_SNAPSHOT, &arg);
	if (!ret)
		snapshot_check(z, &arg, c);
}

/* Draining waits for all CPUs: seldom. */
static void op_node(struct fuzz *z)
{
	struct zmem_ioc_node arg = { .node = fuzz_random(z) % NODES, .action = 0 };

	if (!fuzz_rarely(z, 8))
		return;
	fuzz_spoil(z, &arg, sizeof(arg), 0);
	fuzz_wrong(z, arg.node >= NODES || arg.action > ZMEM_IOC_NODE_OPEN, EINVAL);
	/* The last open one; objects of anyone's. */
	z->may |= ERR(EINVAL) | ERR(EBUSY);
	fuzz_ioctl(z, ZMEM_IOC_NODE, &arg);
	arg.action = ZMEM_IOC_NODE_OPEN;
	if (arg.node < NODES && ioctl(z->f->fd, ZMEM_IOC_NODE, &arg))
		fuzz_fail(z, "node %u would not open: %s", arg.node, strerror(errno));
}

/* What a spoilt stream is refused for. */
static const errors_t stream_errors =
	ERR(ENODATA) | ERR(EMSGSIZE) | ERR(ENOEXEC) | ERR(EPROTONOSUPPORT) | ERR(EPROTO) |
	ERR(E2BIG) | ERR(EOVERFLOW) | ERR(EINVAL) | ERR(EDOM) | ERR(ECHRNG) | ERR(ERANGE) |
	ERR(ENXIO) | ERR(ENODEV) | ERR(EEXIST) | ERR(ENOENT) | ERR(ESTALE) | ERR(EUCLEAN) |
	ERR(EBADMSG) | ERR(EDQUOT);

static void op_replay(struct fuzz *z)
{
	struct test_stream stream;
	struct zmem_replay_cache caches[8];
	struct zmem_replay arg = {
		.stream = (uintptr_t)&stream,
		.stream_bytes = sizeof(stream),
		.caches = (uintptr_t)caches,
		.nr_caches = 8,
		.target = fuzz_random(z) % 3,
		.flags = fuzz_random(z) & ZMEM_REPLAY_FLAGS,
		.repeats = 1,
		.fd = -7,
	};
	bool held;

	stream_make(&stream, 1 + fuzz_random(z) % 200000);
	/* With the checksum right, the reader has to see what is wrong. */
	fuzz_spoil(z, &stream, sizeof(stream), 0);
	if (fuzz_rarely(z, 2))
		stream.trailer.crc = stream_crc(&stream, offsetof(struct test_stream, trailer));
	fuzz_spoil(z, &arg, offsetof(struct zmem_replay, fd),
		   offsetof(struct zmem_replay, nr_caches));
	if (arg.repeats <= ZMEM_REPLAY_REPEATS_MAX)
		arg.repeats %= 4;
	if (arg.nr_caches > 8)
		arg.nr_caches = 8;
	fuzz_wrong(z, arg.target > ZMEM_REPLAY_KMEM || arg.flags & ~ZMEM_REPLAY_FLAGS, EINVAL);
	fuzz_wrong(z, !arg.repeats || arg.repeats > ZMEM_REPLAY_REPEATS_MAX, EINVAL);
	fuzz_wrong(z, arg.flags & ZMEM_REPLAY_HOLD && arg.repeats != 1, EINVAL);
	z->may |= stream_errors;
	if (fuzz_ioctl(z, ZMEM_IOC_REPLAY, &arg))
		return;
	held = arg.fd >= 0;
	if (held != !!(arg.flags & ZMEM_REPLAY_HOLD))
		fuzz_fail(z, "replay: flags %x, and the file is %d", arg.flags, arg.fd);
	if (arg.fd >= 0)
		close(arg.fd);
}

static void op_unknown(struct fuzz *z)
{
	unsigned int cmd = fuzz_random(z), nr = _IOC_NR(cmd);
	char arg[1 << 14] = {};

	z->count++;
	if (fuzz_rarely(z, 2))
		cmd = _IOC(fuzz_random(z) % 4, ZMEM_IOC_MAGIC, nr, fuzz_random(z) % 512);
	if (nr >= 0x40 && nr <= 0x4f)
		return;
	if (ioctl(z->f->fd, cmd, arg) != -1 || errno != ENOTTY)
		fuzz_fail(z, "request %x is known, or refused by %s", cmd, strerror(errno));
}

void fuzz_open(struct fuzz *z, struct file *f)
{
	memset(f, 0, sizeof(*f));
	f->fd = open("/dev/zmem", O_RDWR);
	if (f->fd < 0)
		fuzz_fail(z, "/dev/zmem: %s", strerror(errno));
}

/* All that it has goes with the file. */
static void op_reopen(struct fuzz *z)
{
	if (!fuzz_rarely(z, 4))
		return;
	close(z->f->fd);
	fuzz_open(z, z->f);
}

static const struct {
	const char *name;
	unsigned int weight;
	void (*fn)(struct fuzz *z);
} ops[] = {
	{ "info", 6, op_info },
	{ "cache_create", 8, op_create },
	{ "cache_destroy", 6, op_destroy },
	{ "cache_shrink", 3, op_shrink },
	{ "alloc", 26, op_alloc },
	{ "free", 18, op_free },
	{ "verify", 10, op_verify },
	{ "run", 5, op_run },
	{ "snapshot", 10, op_snapshot },
	{ "node", 1, op_node },
	{ "replay", 2, op_replay },
	{ "unknown", 4, op_unknown },
	{ "reopen", 1, op_reopen },
};

void fuzz_step(struct fuzz *z)
{
	unsigned int n, pick, all = 0;

	for (n = 0; n < ARRAY_LEN(ops); n++)
		all += ops[n].weight;
	pick = fuzz_random(z) % all;
	for (n = 0; pick >= ops[n].weight; n++)
		pick -= ops[n].weight;
	z->f = &z->files[fuzz_random(z) % FILES];
	z->op = ops[n].name;
	z->must = 0;
	z->may = 0;
	ops[n].fn(z);
	z->step++;
}
