// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Printing, strings, stacks, random numbers: the small change of a kernel. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/random.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/spinlock.h>
#include <linux/stackdepot.h>
#include <linux/string.h>
#include <shim/shim.h>
#include "shim_internal.h"

static unsigned long shim_warnings;
static bool shim_is_quiet;

static void shim_vprintk(const char *fmt, va_list args)
{
	char level = '6', buf[1024], *text = buf;
	int n = vscnprintf(buf, sizeof(buf), fmt, args);

	if (text[0] == '\001' && text[1]) {
		level = text[1];
		text += 2;
	}
	if (level <= '4')
		__atomic_fetch_add(&shim_warnings, 1, __ATOMIC_RELAXED);
	if (READ_ONCE(shim_is_quiet))
		return;
	/* One call a line, and none of stdio: it might allocate. */
	if (write(STDERR_FILENO, text, n - (text - buf)) < 0)
		return;
}

int _printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	shim_vprintk(fmt, args);
	va_end(args);
	return 0;
}

void dump_stack(void)
{
	unsigned long trace[16];

	stack_trace_print(trace, stack_trace_save(trace, ARRAY_SIZE(trace), 1), 1);
}

void print_hex_dump(const char *level, const char *prefix, int prefix_type, int row,
		    int group, const void *buf, size_t len, bool ascii)
{
	const u8 *bytes = buf;
	char line[128];
	size_t at, i;
	int n;

	for (at = 0; at < len; at += 16) {
		n = scnprintf(line, sizeof(line), "%s%08zx:", prefix, at);
		for (i = at; i < min(len, at + 16); i++)
			n += scnprintf(line + n, sizeof(line) - n, " %02x", bytes[i]);
		_printk("%s%s\n", level, line);
	}
}

static void shim_vreport(const char *what, const char *file, int line,
			 const char *fmt, va_list args)
{
	char buf[512];

	vscnprintf(buf, sizeof(buf), fmt, args);
	_printk(KERN_WARNING "%s: %s:%d: %s", what, file, line, buf);
}

void shim_warn(const char *file, int line, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	shim_vreport("WARNING", file, line, fmt, args);
	va_end(args);
	dump_stack();
}

void shim_bug(const char *file, int line, const char *fmt, ...)
{
	va_list args;

	WRITE_ONCE(shim_is_quiet, false);
	va_start(args, fmt);
	shim_vreport("BUG", file, line, fmt, args);
	va_end(args);
	dump_stack();
	abort();
}

unsigned long shim_take_warnings(void)
{
	return __atomic_exchange_n(&shim_warnings, 0, __ATOMIC_RELAXED);
}

void shim_quiet(bool quiet)
{
	WRITE_ONCE(shim_is_quiet, quiet);
}

/* Interrupts */

bool shim_signals;
static __thread sigset_t shim_saved_mask;

void shim_irqs_are_signals(bool on)
{
	WRITE_ONCE(shim_signals, on);
}

void shim_signals_block(void)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	shim_saved_mask = old;
}

void shim_signals_unblock(void)
{
	pthread_sigmask(SIG_SETMASK, &shim_saved_mask, NULL);
}

#ifdef __SANITIZE_THREAD__
void __attribute__((no_sanitize_thread, __noinline__))
shim_read_unseen(void *dst, const volatile void *src, unsigned long size)
{
	switch (size) {
	case 1: *(u8 *)dst = *(const volatile u8 *)src; break;
	case 2: *(u16 *)dst = *(const volatile u16 *)src; break;
	case 4: *(u32 *)dst = *(const volatile u32 *)src; break;
	case 8: *(u64 *)dst = *(const volatile u64 *)src; break;
	default: shim_bug(__FILE__, __LINE__, "READ_ONCE() of %lu bytes\n", size);
	}
}
#endif

/* Strings */

int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	int n = vsnprintf(buf, size, fmt, args);

	if (!size || n < 0)
		return 0;
	return min((size_t)n, size - 1);
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vscnprintf(buf, size, fmt, args);
	va_end(args);
	return n;
}

char *kvasprintf(gfp_t gfp, const char *fmt, va_list args)
{
	va_list again;
	char *s;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, args);
	s = kmalloc(n + 1, gfp);
	if (s)
		vsnprintf(s, n + 1, fmt, again);
	va_end(again);
	return s;
}

char *kasprintf(gfp_t gfp, const char *fmt, ...)
{
	va_list args;
	char *s;

	va_start(args, fmt);
	s = kvasprintf(gfp, fmt, args);
	va_end(args);
	return s;
}

ssize_t shim_strscpy(char *dst, const char *src, size_t size)
{
	size_t len = strnlen(src, size);

	if (!size)
		return -E2BIG;
	if (len == size) {
		memcpy(dst, src, size - 1);
		dst[size - 1] = '\0';
		return -E2BIG;
	}
	memcpy(dst, src, len + 1);
	return len;
}

void *kmemdup(const void *p, size_t len, gfp_t gfp)
{
	void *q = kmalloc(len, gfp);

	return q ? memcpy(q, p, len) : NULL;
}

char *kstrdup(const char *s, gfp_t gfp)
{
	return s ? kmemdup(s, strlen(s) + 1, gfp) : NULL;
}

char *kstrndup(const char *s, size_t max, gfp_t gfp)
{
	size_t len = strnlen(s, max);
	char *q = kmalloc(len + 1, gfp);

	if (q) {
		memcpy(q, s, len);
		q[len] = '\0';
	}
	return q;
}

void *memchr_inv(const void *p, int c, size_t len)
{
	const u8 *s = p;

	for (; len; s++, len--)
		if (*s != (u8)c)
			return (void *)s;
	return NULL;
}

char *skip_spaces(const char *s)
{
	while (isspace((u8)*s))
		s++;
	return (char *)s;
}

char *strim(char *s)
{
	size_t n = strlen(s);

	while (n && isspace((u8)s[n - 1]))
		s[--n] = '\0';
	return skip_spaces(s);
}

bool sysfs_streq(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return !strcmp(a, b) || (!strcmp(a, "\n") && !*b) || (!*a && !strcmp(b, "\n"));
}

int match_string(const char *const *array, size_t n, const char *s)
{
	size_t i;

	for (i = 0; i < n && array[i]; i++)
		if (!strcmp(array[i], s))
			return i;
	return -EINVAL;
}

static int shim_parsed(const char *s, const char *end, int err)
{
	if (end == s || err == EINVAL)
		return -EINVAL;
	if (*end == '\n')
		end++;
	return *end ? -EINVAL : -err;
}

int kstrtoull(const char *s, unsigned int base, unsigned long long *res)
{
	unsigned long long v;
	char *end;
	int err;

	if (*s != '+' && !isalnum((u8)*s))
		return -EINVAL;
	errno = 0;
	v = strtoull(s, &end, base);
	err = shim_parsed(s, end, errno);
	if (!err)
		*res = v;
	return err;
}

int kstrtoll(const char *s, unsigned int base, long long *res)
{
	long long v;
	char *end;
	int err;

	if (isspace((u8)*s))
		return -EINVAL;
	errno = 0;
	v = strtoll(s, &end, base);
	err = shim_parsed(s, end, errno);
	if (!err)
		*res = v;
	return err;
}

int kstrtoul(const char *s, unsigned int base, unsigned long *res)
{
	return kstrtoull(s, base, (unsigned long long *)res);
}

int kstrtouint(const char *s, unsigned int base, unsigned int *res)
{
	unsigned long long v;
	int err = kstrtoull(s, base, &v);

	if (err)
		return err;
	if (v != (unsigned int)v)
		return -ERANGE;
	*res = v;
	return 0;
}

int kstrtoint(const char *s, unsigned int base, int *res)
{
	long long v;
	int err = kstrtoll(s, base, &v);

	if (err)
		return err;
	if (v != (int)v)
		return -ERANGE;
	*res = v;
	return 0;
}

int kstrtobool(const char *s, bool *res)
{
	switch (tolower((u8)s[0])) {
	case 'y': case 't': case '1':
		*res = true;
		return 0;
	case 'n': case 'f': case '0':
		*res = false;
		return 0;
	case 'o':
		if (tolower((u8)s[1]) == 'n' || tolower((u8)s[1]) == 'f') {
			*res = tolower((u8)s[1]) == 'n';
			return 0;
		}
	}
	return -EINVAL;
}

/* seq_file */

void seq_write(struct seq_file *m, const void *data, size_t len)
{
	if (m->count + len + 1 > m->size) {
		size_t size = max(2 * m->size, m->count + len + 1);
		char *buf = krealloc(m->buf, size, GFP_KERNEL);

		if (!buf)
			return;
		m->buf = buf;
		m->size = size;
	}
	memcpy(m->buf + m->count, data, len);
	m->count += len;
	m->buf[m->count] = '\0';
}

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	va_list args;
	char *s;

	va_start(args, fmt);
	s = kvasprintf(GFP_KERNEL, fmt, args);
	va_end(args);
	if (s)
		seq_write(m, s, strlen(s));
	kfree(s);
}

void seq_puts(struct seq_file *m, const char *s)
{
	seq_write(m, s, strlen(s));
}

void seq_putc(struct seq_file *m, char c)
{
	seq_write(m, &c, 1);
}

void seq_escape(struct seq_file *m, const char *s, const char *esc)
{
	for (; *s; s++) {
		if (strchr(esc, *s))
			seq_printf(m, "\\%03o", *s);
		else
			seq_putc(m, *s);
	}
}

void shim_seq_free(struct seq_file *m)
{
	kfree(m->buf);
	memset(m, 0, sizeof(*m));
}

void shim_sort(void *base, size_t num, size_t size,
	       int (*cmp)(const void *, const void *))
{
	qsort(base, num, size, cmp);
}

/*
 * Stacks.  By frame pointers, without the unwinder, which allocates and takes
 * locks; so it sees as far as code was built with them.
 */

/* Reads a frame, or says that there is nothing to read: it may be no frame. */
static bool shim_frame_read(unsigned long frame[2], const unsigned long *at)
{
	struct iovec to = { frame, 2 * sizeof(*frame) };
	struct iovec from = { (void *)at, 2 * sizeof(*frame) };

	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)to.iov_len;
}

unsigned int __attribute__((no_sanitize_address, no_sanitize_thread, __noinline__))
stack_trace_save(unsigned long *store, unsigned int size, unsigned int skip)
{
	unsigned long *at = __builtin_frame_address(0), frame[2];
	unsigned int n = 0;

	while (n < size && shim_frame_read(frame, at)) {
		unsigned long *next = (unsigned long *)frame[0];

		if (!frame[1])
			break;
		if (skip)
			skip--;
		else
			store[n++] = frame[1];
		/* Frames go up, a little at a time; anything else is no frame. */
		if (next <= at || (unsigned long)next - (unsigned long)at > 65536 ||
		    ((unsigned long)next & 7))
			break;
		at = next;
	}
	return n;
}

void stack_trace_print(const unsigned long *entries, unsigned int nr, int spaces)
{
	unsigned int i;
	Dl_info info;

	for (i = 0; i < nr; i++) {
		if (dladdr((void *)entries[i], &info) && info.dli_sname)
			_printk(KERN_INFO "%*s%s+0x%lx\n", spaces, "", info.dli_sname,
				entries[i] - (unsigned long)info.dli_saddr);
		else
			_printk(KERN_INFO "%*s0x%lx\n", spaces, "", entries[i]);
	}
}

struct shim_stack {
	struct shim_stack *next;
	u32 handle;
	u32 nr;
	unsigned long entries[];
};

#define STACK_BUCKETS	1024
#define STACK_MAX	65536
static DEFINE_SPINLOCK(shim_stack_lock);
static struct shim_stack *shim_stack_hash[STACK_BUCKETS];
static struct shim_stack *shim_stacks[STACK_MAX];
static u32 shim_nr_stacks;

int stack_depot_init(void)
{
	return 0;
}

depot_stack_handle_t stack_depot_save(unsigned long *entries, unsigned int nr, gfp_t gfp)
{
	size_t bytes = nr * sizeof(*entries);
	struct shim_stack *s;
	unsigned long flags;
	u64 hash = nr;
	unsigned int i;

	if (!nr)
		return 0;
	for (i = 0; i < nr; i++)
		hash = (hash ^ entries[i]) * 0x9e3779b97f4a7c15ULL;
	hash >>= 54;
	spin_lock_irqsave(&shim_stack_lock, flags);
	for (s = shim_stack_hash[hash]; s; s = s->next)
		if (s->nr == nr && !memcmp(s->entries, entries, bytes))
			goto out;
	if (shim_nr_stacks + 1 < STACK_MAX)
		s = kmalloc(sizeof(*s) + bytes, gfp);
	if (!s)
		goto out;
	shim_kmalloc_keep(s);
	s->nr = nr;
	s->handle = ++shim_nr_stacks;
	memcpy(s->entries, entries, bytes);
	s->next = shim_stack_hash[hash];
	shim_stack_hash[hash] = s;
	smp_store_release(&shim_stacks[s->handle], s);
out:
	spin_unlock_irqrestore(&shim_stack_lock, flags);
	return s ? s->handle : 0;
}

unsigned int stack_depot_fetch(depot_stack_handle_t handle, unsigned long **entries)
{
	struct shim_stack *s = handle < STACK_MAX ?
		smp_load_acquire(&shim_stacks[handle]) : NULL;

	*entries = s ? s->entries : NULL;
	return s ? s->nr : 0;
}

void stack_depot_print(depot_stack_handle_t handle)
{
	unsigned long *entries;
	unsigned int nr = stack_depot_fetch(handle, &entries);

	stack_trace_print(entries, nr, 1);
}

/* splitmix64, a stream a thread, seeded by the thread's number: repeatable. */
u64 get_random_u64(void)
{
	static __thread u64 state;
	u64 z;

	if (!state)
		state = shim_task_id();
	z = state += 0x9e3779b97f4a7c15ULL;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}
