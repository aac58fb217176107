/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_JUMP_LABEL_H
#define _SHIM_LINUX_JUMP_LABEL_H

#include <linux/types.h>
#include <linux/compiler.h>

/* One bool; a branch on it is predicted, as a patched jump would be. */
struct static_key {
	bool enabled;
};

struct static_key_true {
	struct static_key key;
};

struct static_key_false {
	struct static_key key;
};

#define STATIC_KEY_TRUE_INIT		{ { true } }
#define STATIC_KEY_FALSE_INIT		{ { false } }
#define DEFINE_STATIC_KEY_TRUE(name)	struct static_key_true name = STATIC_KEY_TRUE_INIT
#define DEFINE_STATIC_KEY_FALSE(name)	struct static_key_false name = STATIC_KEY_FALSE_INIT
#define DEFINE_STATIC_KEY_TRUE_RO(name)	DEFINE_STATIC_KEY_TRUE(name)
#define DEFINE_STATIC_KEY_FALSE_RO(name) DEFINE_STATIC_KEY_FALSE(name)
#define DECLARE_STATIC_KEY_TRUE(name)	extern struct static_key_true name __hidden
#define DECLARE_STATIC_KEY_FALSE(name)	extern struct static_key_false name __hidden

#define static_key_enabled(k)		READ_ONCE(((struct static_key *)(k))->enabled)
/* Compared straight in memory, which an atomic load would not be. */
#ifdef __SANITIZE_THREAD__
#define shim_key(k)			READ_ONCE((k)->key.enabled)
#else
#define shim_key(k)			((k)->key.enabled)
#endif
#define static_branch_likely(k)		likely(shim_key(k))
#define static_branch_unlikely(k)	unlikely(shim_key(k))
#define static_branch_enable(k)		WRITE_ONCE((k)->key.enabled, true)
#define static_branch_disable(k)	WRITE_ONCE((k)->key.enabled, false)
#define static_branch_enable_cpuslocked(k)	static_branch_enable(k)
#define static_branch_disable_cpuslocked(k)	static_branch_disable(k)
#define static_branch_inc(k)		static_branch_enable(k)
#define static_branch_dec(k)		static_branch_disable(k)

#endif /* _SHIM_LINUX_JUMP_LABEL_H */
