/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Writes JSON to standard output, with the commas where they belong. */
#ifndef ZMEMCTL_JSON_H
#define ZMEMCTL_JSON_H

#include <stdint.h>

/* @key is NULL in a list, and at the top. */
void json_open(const char *key, char bracket);	/* '{' or '[' */
void json_close(char bracket);			/* '}' or ']' */
void json_number(const char *key, uint64_t value);	/* UNKNOWN: null */
void json_share(const char *key, uint64_t value);	/* of 10000, in percent */
void json_real(const char *key, double value);	/* below 0: null */
void json_string(const char *key, const char *value);
void json_end(void);				/* of the top, and its line */

#endif /* ZMEMCTL_JSON_H */
