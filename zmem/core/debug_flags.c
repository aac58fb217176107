// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Which caches are debug caches, by name:
 *
 *	ENTRY[,ENTRY]...	the first whose name matches counts
 *	ENTRY			NAME[:FLAGS], or FLAGS as a number, for all caches
 *	NAME			with * for any characters
 *	FLAGS			letters, or a number; - or 0: none
 *
 * A name without flags means all that make a debug cache.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <zmem/zmem.h>

#include "core/debug.h"

/* Of an entry: a name, flags, and some. */
#define ZMEM_ENTRY_MAX	64

/* Set before the first cache is made, and not changed any more. */
static char *debug_pattern;

static const struct {
	char letter;
	unsigned int flag;
} letters[] = {
	{ 'Z', ZMEM_DEBUG_RED_ZONE },
	{ 'P', ZMEM_DEBUG_POISON },
	{ 'U', ZMEM_DEBUG_TRACK },
	{ 'Q', ZMEM_DEBUG_QUARANTINE },
	{ 'L', ZMEM_DEBUG_LEAKS },
	{ 'R', ZMEM_DEBUG_RANDOM },
	{ '-', 0 },
};

static bool letter_add(char letter, unsigned int *flags)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(letters); i++) {
		if (letters[i].letter != toupper(letter))
			continue;
		*flags |= letters[i].flag;
		return true;
	}
	return false;
}

static bool number_parse(const char *text, unsigned int *flags)
{
	return !kstrtouint(text, 0, flags) && !(*flags & ~ZMEM_DEBUG_ALL);
}

static bool flags_parse(const char *text, unsigned int *flags)
{
	if (number_parse(text, flags))
		return true;
	*flags = 0;
	if (!*text)
		return false;
	while (*text)
		if (!letter_add(*text++, flags))
			return false;
	return true;
}

/* An entry's name and flags; cuts the text in two. */
static bool entry_parse(char *entry, const char **name, unsigned int *flags)
{
	char *text = strchr(entry, ':');

	*name = entry;
	if (text) {
		*text++ = '\0';
		return *entry && flags_parse(text, flags);
	}
	if (number_parse(entry, flags)) {
		*name = "*";
		return true;
	}
	*flags = ZMEM_DEBUG_CHECKS;
	return isalpha(*entry) || *entry == '_' || *entry == '*';
}

/* As the shell's, with * only: each * gives back what the rest needs. */
static bool name_matches(const char *pattern, const char *name)
{
	const char *star = NULL, *from = NULL;

	while (*name) {
		if (*pattern == '*') {
			star = ++pattern;
			from = name;
		} else if (*pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star;
			name = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

/* The flags of the first entry that matches; -EINVAL if one is bad. */
static int pattern_look(const char *pattern, const char *name)
{
	char entry[ZMEM_ENTRY_MAX];
	unsigned int flags;
	int found = -ENOENT;
	const char *glob;
	size_t len;

	for (;; pattern += len + 1) {
		len = strcspn(pattern, ",");
		if (len >= sizeof(entry))
			return -EINVAL;
		memcpy(entry, pattern, len);
		entry[len] = '\0';
		if (!entry_parse(entry, &glob, &flags))
			return -EINVAL;
		if (found < 0 && name_matches(glob, name))
			found = flags;
		if (!pattern[len])
			return max(found, 0);
	}
}

/**
 * zmem_debug_pattern_set() - say which caches are debug caches
 * @text: as above; "" or NULL for none
 *
 * Context: may sleep; no cache is being made.
 * Return: 0, -EINVAL if @text is not as above, which is said, or -ENOMEM.
 */
int zmem_debug_pattern_set(const char *text)
{
	char *copy = NULL;

	if (text && *text) {
		if (pattern_look(text, "") < 0) {
			pr_err("zmem: bad debug_flags \"%s\": NAME[:FLAGS],..., flags of Z P U Q L R, or a number up to %#x\n",
			       text, ZMEM_DEBUG_ALL);
			return -EINVAL;
		}
		copy = kstrdup(text, GFP_KERNEL);
		if (!copy)
			return -ENOMEM;
	}
	kfree(debug_pattern);
	debug_pattern = copy;
	return 0;
}

/* The text that was set. */
const char *zmem_debug_pattern(void)
{
	return debug_pattern ? debug_pattern : "0";
}

/**
 * zmem_debug_flags_of() - what the pattern says of a cache
 * @name: the cache's
 *
 * Return: ZMEM_DEBUG_*, or 0: nothing.
 */
unsigned int zmem_debug_flags_of(const char *name)
{
	return debug_pattern ? pattern_look(debug_pattern, name) : 0;
}
