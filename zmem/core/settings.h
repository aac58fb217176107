/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The settings of a cache that may change while it lives. */
#ifndef _ZMEM_CORE_SETTINGS_H
#define _ZMEM_CORE_SETTINGS_H

struct zmem_common;

int zmem_cache_set(struct zmem_common *cache, const char *name, unsigned int value);

#endif /* _ZMEM_CORE_SETTINGS_H */
