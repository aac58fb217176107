// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The recorder's reading of pages and its matching, on made-up input. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/zmem_stream.h>
#include "record.h"
#include "tool.h"

const char *tool_name = "record-test";

static unsigned int number, failures;

static void ok(bool good, const char *what)
{
	printf("%sok %u - %s\n", good ? "" : "not ", ++number, what);
	failures += !good;
}

static const char header_page[] =
	"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
	"\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
	"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
	"\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";

static const char free_format[] =
	"name: kmem_cache_free\nID: 42\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\n"
	"\tfield:unsigned long call_site;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:const void * ptr;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:__data_loc char[] name;\toffset:24;\tsize:4;\tsigned:0;\n"
	"\nprint fmt: \"ptr=%p\", REC->ptr\n";

static const char bulk_format[] =
	"name: free1\nID: 43\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:u64 count;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:__data_loc char[] name;\toffset:16;\tsize:4;\tsigned:0;\n"
	"\tfield:u64 p0[];\toffset:20;\tsize:32;\tsigned:0;\n";

/* A page that is written word by word. */
struct page {
	uint32_t word[1024];
	unsigned int words;	/* of data */
};

static void put(struct page *p, uint32_t word)
{
	p->word[4 + p->words++] = word;
	p->word[2] = p->words * 4;
}

static void put64(struct page *p, uint64_t value)
{
	put(p, value);
	put(p, value >> 32);
}

struct seen {
	unsigned int count;
	uint64_t time[16];
	unsigned int length[16];
};

static void see(void *arg, uint64_t time, const uint8_t *event,
		unsigned int length)
{
	struct seen *s = arg;

	(void)event;
	s->time[s->count & 15] = time;
	s->length[s->count++ & 15] = length;
}

static struct ring_layout layout;

static int walk(const struct page *p, unsigned int bytes, struct seen *s)
{
	uint8_t *copy = malloc(bytes);	/* no longer, for ASan and valgrind */
	int ret;

	memset(s, 0, sizeof(*s));
	memcpy(copy, p->word, bytes);
	ret = ring_page_walk(&layout, copy, bytes, see, s);
	free(copy);
	return ret;
}

static void test_fields(void)
{
	struct ring_field f = ring_field_find(free_format, "ptr");

	ok(f.offset == 16 && f.size == 8, "a pointer's field");
	f = ring_field_find(free_format, "name");
	ok(f.offset == 24 && f.size == 4, "a string's field");
	f = ring_field_find(bulk_format, "p0");
	ok(f.offset == 20 && f.size == 32, "an array's field");
	ok(!ring_field_find(free_format, "site").size, "no field by half a name");
	ok(!ring_field_find("field:", "x").size &&
	   !ring_field_find("field:x", "x").size, "a format cut short");
	ok(!ring_layout_read(&layout, header_page) && layout.data.offset == 16,
	   "header_page");
	ok(ring_layout_read(&(struct ring_layout){ 0 }, "") < 0,
	   "an empty header_page");
}

static void test_page(void)
{
	struct page p = { .word = { 1000 } };
	struct seen s;
	unsigned int bytes, wrong = 0;

	put(&p, 2 | 5 << 5);		/* two words, 5 ns later */
	put64(&p, 0);
	put(&p, 30 | 3 << 5);		/* more time */
	put(&p, 1);
	put(&p, 0 | 1 << 5);		/* length in the next word: 12 */
	put(&p, 16);
	put64(&p, 0);
	put(&p, 0);
	put(&p, 29 | 2 << 5);		/* padding of one word */
	put(&p, 4);
	put(&p, 31 | 7 << 5);		/* a whole time */
	put(&p, 2);
	put(&p, 1 | 1 << 5);
	put(&p, 0);
	ok(!walk(&p, 4096, &s) && s.count == 3, "a page of all types");
	ok(s.time[0] == 1005 && s.length[0] == 8, "the first event");
	ok(s.time[1] == 1009 + (1u << 27) && s.length[1] == 12,
	   "time that was extended");
	ok(s.time[2] == (2ull << 27) + 8 && s.length[2] == 4,
	   "time as a whole");
	p.word[3] |= 1u << 31;
	ok(walk(&p, 4096, &s) < 0, "a length beyond the page");
	p.word[3] = 0;
	for (bytes = 1; bytes < 16 + p.words * 4; bytes++)
		wrong += walk(&p, bytes, &s) == 0;
	ok(!wrong, "a page cut short anywhere");
	p.word[2] -= 4;
	ok(walk(&p, 4096, &s) < 0, "an event cut short");
	put(&p, 29);
	ok(!walk(&p, 4096, &s), "padding to the end");
}

static void test_decode(void)
{
	struct event_types types = { .count = 2 };
	struct calls calls = { 0 };
	uint8_t event[64] = { 42 };
	uint64_t value = 0xffff0000;

	types.type[0].what = CACHE_FREE;
	types.type[1].what = BULK_FREE;
	types.type[1].first = 16;
	types.common_type = ring_field_find(free_format, "common_type");
	ok(decode_type(&types.type[0], free_format), "the format of a free");
	ok(decode_type(&types.type[1], bulk_format), "the format of a bulk free");
	ok(!decode_type(&(struct event_type){ .what = KMALLOC }, free_format),
	   "the format of something else");

	memcpy(event + 16, &value, 8);
	event[24] = 28;			/* name: at 28, 7 bytes */
	event[26] = 7;
	memcpy(event + 28, "dentry", 7);
	decode_event(&types, &calls, 5, event, 36);
	ok(calls.count == 1 && calls.call[0].address == value &&
	   calls.call[0].kind == ZMEM_STREAM_FREE &&
	   !strcmp(name_text(calls.call[0].name), "dentry"), "a free");
	event[26] = 200;
	decode_event(&types, &calls, 5, event, 36);
	ok(calls.count == 2 && !calls.call[1].name, "a name beyond the event");
	decode_event(&types, &calls, 5, event, 12);
	ok(calls.count == 2, "an event cut short");

	memset(event, 0, sizeof(event));
	event[0] = 43;
	event[8] = 18;			/* of which 2 are in this piece */
	event[21] = 1;
	event[29] = 1;
	event[37] = 1;
	decode_event(&types, &calls, 5, event, 52);
	ok(calls.count == 4 && calls.call[3].kind ==
	   (ZMEM_STREAM_FREE | ZMEM_STREAM_BULK), "a piece of a bulk free");
	event[8] = 9;
	decode_event(&types, &calls, 5, event, 52);
	ok(calls.count == 4, "a piece that is not needed");
	event[0] = 44;
	decode_event(&types, &calls, 5, event, 52);
	ok(calls.count == 4, "an unknown event");
	free(calls.call);
}

static void add(struct calls *c, uint64_t time, uint64_t address,
		unsigned int kind, const char *name)
{
	c->call = xgrow(c->call, c->count, &c->room, sizeof(*c->call));
	c->call[c->count++] = (struct call){
		.time = time, .address = address, .kind = kind, .site = 0x99,
		.req = kind & ZMEM_STREAM_FREE ? 0 : 100,
		.alloc = kind & ZMEM_STREAM_FREE ? 0 : 104,
		.node = -1, .name = name_number(name, strlen(name)),
	};
}

static void test_match(void)
{
	struct calls calls[2] = { { 0 } };
	struct recording r = { 0 };

	add(&calls[0], 10, 0x1000, ZMEM_STREAM_ALLOC, "");
	add(&calls[0], 30, 0x3000, ZMEM_STREAM_FREE, "");	/* from before */
	add(&calls[0], 40, 0x2000, ZMEM_STREAM_ALLOC, "");
	add(&calls[0], 60, 0x2000, ZMEM_STREAM_ALLOC, "");	/* forced end */
	add(&calls[1], 20, 0x1000, ZMEM_STREAM_FREE, "inode");
	add(&calls[1], 50, 0x1000, ZMEM_STREAM_FREE, "inode");	/* unmatched */
	match_calls(&r, calls, 2);
	ok(r.seen == 6 && r.happenings == 5, "calls and events");
	ok(r.dropped == 1 && r.unmatched == 1 && r.forced == 1,
	   "frees from before, unmatched, forced ends");
	ok(r.objects == 1 && r.live == 1, "ids are used again");
	ok(r.happening[1].time == 20 && r.happening[1].cpu == 1 &&
	   r.happening[1].size == 100, "CPUs are merged by time");
	ok(r.happening[3].kind & ZMEM_STREAM_FORCED &&
	   r.happening[3].kind & ZMEM_STREAM_FREE, "a forced end is a free");
	ok(r.keys == 1 && !strcmp(name_text(r.key[0].name), "inode"),
	   "a free names its cache");
	free(calls[0].call);
	free(calls[1].call);
	free(r.key);
	free(r.happening);
}

int main(void)
{
	puts("TAP version 13");
	test_fields();
	test_page();
	test_decode();
	test_match();
	printf("1..%u\n", number);
	return failures != 0;
}
