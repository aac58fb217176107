/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* A terminal that is refreshed in place; or, where there is none, plain text. */
#ifndef ZMEMCTL_SCREEN_H
#define ZMEMCTL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct screen {
	bool live;		/* a terminal: keys, and in place */
	size_t width;		/* 0: without bound */
	size_t height;
};

void screen_open(struct screen *s);
void screen_close(void);
/* Shows a whole frame of lines, cut to the screen. */
void screen_show(struct screen *s, const char *text);
/* Waits for that long or for a key, which it returns, else 0; -1: end. */
int screen_key(const struct screen *s, uint64_t ns);

#endif /* ZMEMCTL_SCREEN_H */
