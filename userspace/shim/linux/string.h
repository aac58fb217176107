/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_STRING_H
#define _SHIM_LINUX_STRING_H

#include <string.h>
#include <linux/types.h>
#include <linux/err.h>

/* Bytes copied without the NUL, or -E2BIG when cut; always terminates. */
ssize_t shim_strscpy(char *dst, const char *src, size_t size);
#define strscpy_2(dst, src)		shim_strscpy(dst, src, sizeof(dst))
#define strscpy_3(dst, src, size)	shim_strscpy(dst, src, size)
#define strscpy_pick(a, b, c, f, ...)	f
#define strscpy(...)	\
	strscpy_pick(__VA_ARGS__, strscpy_3, strscpy_2)(__VA_ARGS__)
/* The rest of the buffer is zero. */
#define strscpy_pad(dst, src, size)	\
	(memset(dst, 0, size), shim_strscpy(dst, src, size))

char *kstrdup(const char *s, gfp_t gfp);
char *kstrndup(const char *s, size_t max, gfp_t gfp);
void *kmemdup(const void *p, size_t len, gfp_t gfp);
/* The first byte that is not @c, or NULL. */
void *memchr_inv(const void *p, int c, size_t len);
char *skip_spaces(const char *s);
char *strim(char *s);
bool sysfs_streq(const char *a, const char *b);
int match_string(const char *const *array, size_t n, const char *s);

#define kstrdup_const(s, gfp)		kstrdup(s, gfp)
#define kfree_const(p)			kfree(p)
#define memzero_explicit(p, len)	\
	do { memset(p, 0, len); barrier_data(p); } while (0)
#define strstarts(s, p)	(!strncmp(s, p, strlen(p)))
#define str_has_prefix(s, p)	(strncmp(s, p, strlen(p)) ? 0 : strlen(p))

#endif /* _SHIM_LINUX_STRING_H */
