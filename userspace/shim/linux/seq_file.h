/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_SEQ_FILE_H
#define _SHIM_LINUX_SEQ_FILE_H

#include <linux/types.h>
#include <linux/compiler.h>

/* A buffer that grows; @private is for the show function. */
struct seq_file {
	char *buf;
	size_t size;
	size_t count;
	void *private;
};

void seq_printf(struct seq_file *m, const char *fmt, ...) __printf(2, 3);
void seq_puts(struct seq_file *m, const char *s);
void seq_putc(struct seq_file *m, char c);
/* Those of @esc as octal numbers. */
void seq_escape(struct seq_file *m, const char *s, const char *esc);
void seq_write(struct seq_file *m, const void *data, size_t len);
void shim_seq_free(struct seq_file *m);
#define seq_has_overflowed(m)	((void)(m), false)

#endif /* _SHIM_LINUX_SEQ_FILE_H */
