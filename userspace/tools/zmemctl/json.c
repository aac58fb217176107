// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Writes JSON to standard output, with the commas where they belong. */
#include <stdbool.h>
#include <stdio.h>
#include <linux/zmem.h>
#include "json.h"

/* Whether what comes next follows another value. */
static bool follows;

static void quoted(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if ((unsigned char)*text < ' ')
			printf("\\u%04x", *text);
		else
			putchar(*text);
	}
	putchar('"');
}

static void begin(const char *key)
{
	if (follows)
		putchar(',');
	follows = true;
	if (!key)
		return;
	quoted(key);
	putchar(':');
}

void json_open(const char *key, char bracket)
{
	begin(key);
	putchar(bracket);
	follows = false;
}

void json_close(char bracket)
{
	putchar(bracket);
	follows = true;
}

void json_number(const char *key, uint64_t value)
{
	begin(key);
	if (value == ZMEM_IOC_UNKNOWN)
		fputs("null", stdout);
	else
		printf("%llu", (unsigned long long)value);
}

void json_share(const char *key, uint64_t value)
{
	begin(key);
	if (value == ZMEM_IOC_UNKNOWN)
		fputs("null", stdout);
	else
		printf("%llu.%02llu", (unsigned long long)value / 100,
		       (unsigned long long)value % 100);
}

void json_real(const char *key, double value)
{
	begin(key);
	if (value < 0)
		fputs("null", stdout);
	else
		printf("%.3f", value);
}

void json_string(const char *key, const char *value)
{
	begin(key);
	quoted(value);
}

void json_end(void)
{
	putchar('\n');
	follows = false;
}
