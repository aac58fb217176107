// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Numbers as people write and read them. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/zmem.h>
#include "units.h"

#define UNKNOWN	ZMEM_IOC_UNKNOWN

static char *text_unknown(char *buf)
{
	return memcpy(buf, "-", sizeof("-"));
}

char *text_exact(char *buf, uint64_t value)
{
	if (value == UNKNOWN)
		return text_unknown(buf);
	snprintf(buf, UNIT_TEXT, "%llu", (unsigned long long)value);
	return buf;
}

/* Three digits at least, and a unit; whole numbers below the first one. */
static char *scaled(char *buf, uint64_t value, double base, const char *const *units)
{
	const char *const *first = units;
	double scaled = value;

	if (value == UNKNOWN)
		return text_unknown(buf);
	/* What would round up to the next unit is written in it. */
	while (scaled >= base - 0.5 && units[1]) {
		scaled /= base;
		units++;
	}
	if (units == first || scaled >= 99.95)
		snprintf(buf, UNIT_TEXT, "%.0f%s", scaled, *units);
	else
		snprintf(buf, UNIT_TEXT, "%.1f%s", scaled, *units);
	return buf;
}

char *text_count(char *buf, uint64_t value)
{
	static const char *const units[] = { "", "k", "M", "G", "T", "P", "E", NULL };

	return scaled(buf, value, 1000, units);
}

char *text_bytes(char *buf, uint64_t value)
{
	static const char *const units[] = { "", "K", "M", "G", "T", "P", "E", NULL };

	return scaled(buf, value, 1024, units);
}

char *text_ns(char *buf, uint64_t value)
{
	static const char *const units[] = { " ns", " us", " ms", " s", NULL };

	return scaled(buf, value, 1000, units);
}

char *text_share(char *buf, uint64_t value)
{
	if (value == UNKNOWN)
		return text_unknown(buf);
	snprintf(buf, UNIT_TEXT, "%llu.%02llu%%", (unsigned long long)value / 100,
		 (unsigned long long)value % 100);
	return buf;
}

/* A number and where it ends; false if there is none or it is too large. */
static bool number(const char *text, uint64_t *value, const char **end)
{
	char *stop;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoull(text, &stop, 10);
	*end = stop;
	return !errno && *value != UNKNOWN;
}

bool parse_number(const char *text, uint64_t *value)
{
	const char *end;

	return number(text, value, &end) && !*end;
}

bool parse_bytes(const char *text, uint64_t *value)
{
	static const char units[] = "kmgt";
	const char *end, *unit;
	unsigned int shift;

	if (!number(text, value, &end))
		return false;
	if (!*end)
		return true;
	unit = strchr(units, tolower((unsigned char)*end));
	if (!unit || end[1])
		return false;
	shift = 10 * (unit - units + 1);
	if (*value > UINT64_MAX >> shift)
		return false;
	*value <<= shift;
	return true;
}

bool parse_time(const char *text, uint64_t *ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {
		{ "", 1e9 }, { "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 },
		{ "m", 60e9 }, { "h", 3600e9 }, { NULL },
	};
	double value;
	char *end;
	size_t n;

	if (!isdigit((unsigned char)*text) && *text != '.')
		return false;
	value = strtod(text, &end);
	for (n = 0; units[n].name; n++) {
		if (strcmp(end, units[n].name))
			continue;
		value *= units[n].ns;
		if (!isfinite(value) || value < 1 || value > 1e18)
			return false;
		*ns = value;
		return true;
	}
	return false;
}

static bool list_has(const uint32_t *list, size_t nr, uint32_t value)
{
	while (nr--)
		if (list[nr] == value)
			return true;
	return false;
}

/* One number or range; where it ends, or NULL. */
static const char *range(const char *text, uint64_t *first, uint64_t *last)
{
	const char *end;

	if (!number(text, first, &end))
		return NULL;
	*last = *first;
	if (*end == '-' && !number(end + 1, last, &end))
		return NULL;
	return *first <= *last && *last <= UINT32_MAX ? end : NULL;
}

size_t parse_list(const char *text, uint32_t *list, size_t room)
{
	uint64_t first, last;
	size_t nr = 0;

	do {
		text = range(text, &first, &last);
		if (!text)
			return 0;
		for (; first <= last; first++) {
			if (list_has(list, nr, first))
				continue;
			if (nr == room)
				return 0;
			list[nr++] = first;
		}
	} while (*text == ',' && *++text);
	return !*text || *text == '\n' ? nr : 0;
}
