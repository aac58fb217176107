// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * From a recording to a stream: keys become caches, by name where a free or
 * the kernel's own list told it, else by call site.
 */
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <linux/zmem_stream.h>
#include "../../zmem/core/stream.h"
#include "record.h"
#include "tool.h"

#define SLABS		"/sys/kernel/slab"
#define KMALLOC_MAX	8192u

static struct {
	struct zmem_stream_cache *entry;
	uint32_t *name;
	size_t count, room, name_room;
} table;

static long slab_number(const char *slab, const char *file)
{
	char path[384];
	char *text;
	long value = -1;

	snprintf(path, sizeof(path), SLABS "/%s/%s", slab, file);
	text = read_text(path);
	if (text)
		value = strtol(text, NULL, 10);
	free(text);
	return value;
}

/* Every cache there is, for the keys that no free named. */
struct slab {
	uint32_t name;
	long req, alloc;
};

static struct slab *slabs;
static size_t nr_slabs, slabs_room;

static void read_slabs(void)
{
	DIR *dir = opendir(SLABS);
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		if (d->d_type == DT_LNK || strchr(".:", d->d_name[0]) ||
		    strstr(d->d_name, "kmalloc"))
			continue;
		slabs = xgrow(slabs, nr_slabs, &slabs_room, sizeof(*slabs));
		slabs[nr_slabs++] = (struct slab){
			.name = name_number(d->d_name, strlen(d->d_name)),
			.req = slab_number(d->d_name, "object_size"),
			.alloc = slab_number(d->d_name, "slab_size"),
		};
	}
	if (dir)
		closedir(dir);
}

/* The only cache whose objects have these sizes, if there is one. */
static uint32_t only_slab(uint32_t req, uint32_t alloc)
{
	uint32_t found = 0;
	size_t i;

	for (i = 0; i < nr_slabs; i++) {
		if (slabs[i].req != req || slabs[i].alloc != alloc)
			continue;
		if (found)
			return 0;
		found = slabs[i].name;
	}
	return found;
}

static void copy_text(char *to, size_t room, const char *from)
{
	size_t i;

	for (i = 0; i + 1 < room && from[i]; i++)
		to[i] = from[i] > ' ' && from[i] <= '~' ? from[i] : '_';
}

/* Symbols of the call sites, in one pass over a long list. */
static void name_sites(const struct recording *r)
{
	uint64_t *best = xalloc(table.count * sizeof(*best));
	FILE *f = fopen("/proc/kallsyms", "r");
	unsigned long long address;
	char line[512], symbol[48], site[80];
	size_t i;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx %*c %47s", &address, symbol) != 2 ||
		    !address)
			continue;
		for (i = 0; i < table.count; i++) {
			uint64_t at = r->key[table.name[i]].site;

			if (address > at || address < best[i] ||
			    at - address > 65536)
				continue;
			best[i] = address;
			snprintf(site, sizeof(site), "%s+0x%llx", symbol,
				 (unsigned long long)at - address);
			memset(table.entry[i].site, 0,
			       sizeof(table.entry[i].site));
			copy_text(table.entry[i].site,
				  sizeof(table.entry[i].site), site);
		}
	}
	if (f)
		fclose(f);
	free(best);
}

static void fill_entry(struct zmem_stream_cache *e, const struct key *k,
		       size_t number)
{
	uint32_t flags = 0;
	char name[64];
	long align = 0;

	if (k->kmalloc && k->alloc > KMALLOC_MAX) {
		flags = ZMEM_STREAM_KMALLOC | ZMEM_STREAM_LARGE;
		snprintf(name, sizeof(name), "large-%u", k->alloc);
	} else if (k->kmalloc) {
		flags = ZMEM_STREAM_KMALLOC | ZMEM_STREAM_NAMED;
		snprintf(name, sizeof(name), "kmalloc-%u", k->alloc);
	} else if (k->name) {
		flags = ZMEM_STREAM_NAMED;
		snprintf(name, sizeof(name), "%s", name_text(k->name));
		align = slab_number(name, "align");
		if (align < 0 || align > 4096)
			align = 0;
	} else {
		snprintf(name, sizeof(name), "unnamed-%u-%zu", k->req, number);
	}
	memset(e, 0, sizeof(*e));
	copy_text(e->name, sizeof(e->name), name);
	e->bytes_req = htole32(k->req);
	e->bytes_alloc = htole32(k->alloc);
	e->align = htole32(align);
	e->flags = htole32(flags);
}

static bool same_cache(const struct key *a, const struct key *b)
{
	return a->alloc == b->alloc && a->kmalloc == b->kmalloc &&
	       (a->kmalloc || (a->name && a->name == b->name &&
			       a->req == b->req));
}

/* The table of caches; table.name has the key that each was made from. */
static void make_table(struct recording *r)
{
	struct key *k;
	size_t i, n;

	read_slabs();
	for (i = 0; i < r->keys; i++) {
		k = &r->key[i];
		if (!k->kmalloc && !k->name)
			k->name = only_slab(k->req, k->alloc);
		for (n = 0; n < table.count; n++)
			if (same_cache(k, &r->key[table.name[n]]))
				break;
		k->cache = n;
		if (n < table.count)
			continue;
		table.entry = xgrow(table.entry, n, &table.room,
				    sizeof(*table.entry));
		table.name = xgrow(table.name, n, &table.name_room,
				   sizeof(*table.name));
		fill_entry(&table.entry[n], k, n);
		table.name[n] = i;
		table.count++;
	}
	if (table.count > ZMEM_STREAM_CACHES_MAX)
		die("%zu caches are too many for a stream", table.count);
	name_sites(r);
}

static unsigned int count_nodes(void)
{
	unsigned int nodes = 1, n;
	struct dirent *d;
	DIR *dir = opendir("/sys/devices/system/node");

	while (dir && (d = readdir(dir)))
		if (sscanf(d->d_name, "node%u", &n) == 1 && n >= nodes)
			nodes = n + 1;
	if (dir)
		closedir(dir);
	return nodes;
}

static void fill_header(struct zmem_stream_header *h,
			const struct recording *r, unsigned int cpus)
{
	struct utsname uts;

	memset(h, 0, sizeof(*h));
	memcpy(h->magic, ZMEM_STREAM_MAGIC, sizeof(h->magic));
	h->version = htole32(ZMEM_STREAM_VERSION);
	h->header_bytes = htole32(sizeof(struct zmem_stream_header));
	h->cache_bytes = htole32(sizeof(struct zmem_stream_cache));
	h->event_bytes = htole32(sizeof(struct zmem_stream_event));
	h->trailer_bytes = htole32(sizeof(struct zmem_stream_trailer));
	h->nr_caches = htole32(table.count);
	h->nr_objects = htole32(r->objects);
	h->nr_cpus = htole32(cpus);
	h->nr_nodes = htole32(count_nodes());
	h->nr_events = htole64(r->happenings);
	h->duration_ns = htole64(r->end - r->begin);
	h->seen = htole64(r->seen);
	h->dropped = htole64(r->dropped);
	h->unmatched = htole64(r->unmatched);
	h->forced = htole64(r->forced);
	h->lost = htole64(r->lost);
	if (!uname(&uts))
		copy_text(h->release, sizeof(h->release), uts.release);
}

/* Writes, and reckons the checksum over what was written. */
static void emit(FILE *f, const void *bytes, size_t length, uint32_t *crc,
		 const char *path)
{
	if (crc)
		*crc = zmem_stream_crc(*crc, bytes, length);
	if (length && fwrite(bytes, length, 1, f) != 1)
		die("%s: %s", path, strerror(errno));
}

static void emit_events(FILE *f, const struct recording *r, uint32_t *crc,
			const char *path)
{
	const struct happening *h = r->happening;
	uint64_t before = r->begin, delta;
	struct zmem_stream_event e;
	size_t i;

	for (i = 0; i < r->happenings; i++, h++) {
		delta = h->time - before;
		before = h->time;
		e.delta_ns = htole32(delta < 0xffffffff ? delta : 0xffffffff);
		e.object = htole32(h->object);
		e.size = htole32(h->size);
		e.cache = htole16(r->key[h->key].cache);
		e.cpu = h->cpu;
		e.kind = h->kind;
		emit(f, &e, sizeof(e), crc, path);
	}
}

/**
 * write_stream() - write a recording to a file
 * @r: the recording
 * @cpus: of the machine
 * @path: of the file
 */
void write_stream(struct recording *r, unsigned int cpus, const char *path)
{
	struct zmem_stream_trailer trailer = { 0 };
	struct zmem_stream_header header;
	uint32_t crc = 0;
	FILE *f;

	make_table(r);
	fill_header(&header, r, cpus);
	f = fopen(path, "w");
	if (!f)
		die("%s: %s", path, strerror(errno));
	emit(f, &header, sizeof(header), &crc, path);
	emit(f, table.entry, table.count * sizeof(*table.entry), &crc, path);
	emit_events(f, r, &crc, path);
	memcpy(trailer.magic, ZMEM_STREAM_END, sizeof(trailer.magic));
	trailer.nr_events = htole64(r->happenings);
	trailer.live = htole32(r->live);
	trailer.crc = htole32(crc);
	emit(f, &trailer, sizeof(trailer), NULL, path);
	if (fclose(f))
		die("%s: %s", path, strerror(errno));
}
