/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * KUnit for userspace: suites written for the kernel run here, and report in
 * the same KTAP.  A failed assertion leaves the case by longjmp().
 */
#ifndef _SHIM_KUNIT_TEST_H
#define _SHIM_KUNIT_TEST_H

#include <setjmp.h>
#include <string.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>

#define KUNIT_PARAM_DESC_SIZE	128

struct kunit;

enum kunit_status {
	KUNIT_SUCCESS,
	KUNIT_FAILURE,
	KUNIT_SKIPPED,
};

enum kunit_speed {
	KUNIT_SPEED_NORMAL,
	KUNIT_SPEED_SLOW,
};

struct kunit_attributes {
	enum kunit_speed speed;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
	struct kunit_attributes attr;
};

struct kunit_suite {
	const char name[256];
	int (*suite_init)(struct kunit_suite *suite);
	void (*suite_exit)(struct kunit_suite *suite);
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
	struct kunit_attributes attr;
};

typedef void (kunit_action_t)(void *ctx);
struct kunit_action;

struct kunit {
	void *priv;
	const char *name;
	const void *param_value;
	int param_index;
	/* private: */
	enum kunit_status status;
	char status_comment[256];
	jmp_buf abort;
	struct kunit_action *actions;
};

#define KUNIT_CASE(fn)		{ .run_case = fn, .name = #fn }
#define KUNIT_CASE_ATTR(fn, a)	{ .run_case = fn, .name = #fn, .attr = a }
#define KUNIT_CASE_SLOW(fn)	\
	{ .run_case = fn, .name = #fn, .attr.speed = KUNIT_SPEED_SLOW }
#define KUNIT_CASE_PARAM(fn, gen) \
	{ .run_case = fn, .name = #fn, .generate_params = gen }
#define KUNIT_CASE_PARAM_ATTR(fn, gen, a) \
	{ .run_case = fn, .name = #fn, .generate_params = gen, .attr = a }

#define KUNIT_ARRAY_PARAM(name, array, get_desc)				\
	static const void *name##_gen_params(const void *prev, char *desc)	\
	{									\
		__typeof__((array)[0]) *next = prev ?				\
			((__typeof__(next))prev) + 1 : (array);			\
		void (*describe)(__typeof__(next), char *) = get_desc;		\
										\
		if (next - (array) >= (long)ARRAY_SIZE(array))			\
			return NULL;						\
		if (describe)							\
			describe(next, desc);					\
		return next;							\
	}
#define KUNIT_ARRAY_PARAM_DESC(name, array, member)				\
	static const void *name##_gen_params(const void *prev, char *desc)	\
	{									\
		__typeof__((array)[0]) *next = prev ?				\
			((__typeof__(next))prev) + 1 : (array);			\
										\
		if (next - (array) >= (long)ARRAY_SIZE(array))			\
			return NULL;						\
		strscpy(desc, next->member, KUNIT_PARAM_DESC_SIZE);		\
		return next;							\
	}

void kunit_register(struct kunit_suite *suite);
#define kunit_test_suites(...)						\
	static void __attribute__((constructor(301), used))		\
	__UNIQUE_ID(kunit_register)(void)				\
	{								\
		struct kunit_suite *_s[] = { __VA_ARGS__ };		\
		size_t _i;						\
									\
		for (_i = 0; _i < ARRAY_SIZE(_s); _i++)			\
			kunit_register(_s[_i]);				\
	}
#define kunit_test_suite(suite)	kunit_test_suites(&suite)

/* Runs what the arguments name ("suite", "suite.case", globs), or all. */
int kunit_main(int argc, char **argv);

void kunit_log(const char *fmt, ...) __printf(1, 2);
void kunit_fail(struct kunit *test, const char *file, int line, const char *fmt, ...)
	__printf(4, 5);
void kunit_note(struct kunit *test, const char *fmt, ...) __printf(2, 3);
void kunit_abort(struct kunit *test) __noreturn;

#define kunit_info(test, fmt, ...)	kunit_log("# %s: " fmt, (test)->name, ##__VA_ARGS__)
#define kunit_warn(test, fmt, ...)	kunit_info(test, fmt, ##__VA_ARGS__)
#define kunit_err(test, fmt, ...)	kunit_info(test, fmt, ##__VA_ARGS__)

#define kunit_mark_skipped(test, fmt, ...) do {				\
	WRITE_ONCE((test)->status, KUNIT_SKIPPED);			\
	scnprintf((test)->status_comment, sizeof((test)->status_comment), \
		  fmt, ##__VA_ARGS__);					\
} while (0)
#define kunit_skip(test, fmt, ...) do {					\
	kunit_mark_skipped(test, fmt, ##__VA_ARGS__);			\
	kunit_abort(test);						\
} while (0)

/* Run in reverse order when the case ends, however it does. */
int kunit_add_action(struct kunit *test, kunit_action_t *action, void *ctx);
int kunit_add_action_or_reset(struct kunit *test, kunit_action_t *action, void *ctx);
void kunit_remove_action(struct kunit *test, kunit_action_t *action, void *ctx);
void kunit_release_action(struct kunit *test, kunit_action_t *action, void *ctx);
#define KUNIT_DEFINE_ACTION_WRAPPER(wrapper, orig, type)	\
	static void wrapper(void *in) { orig((type)in); }

void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t gfp);
void kunit_kfree(struct kunit *test, const void *p);

static inline void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	return kunit_kmalloc(test, size, gfp | __GFP_ZERO);
}

static inline void *kunit_kcalloc(struct kunit *test, size_t n, size_t size, gfp_t gfp)
{
	return kunit_kmalloc(test, array_size(n, size), gfp | __GFP_ZERO);
}

static inline void *kunit_kmalloc_array(struct kunit *test, size_t n, size_t size, gfp_t gfp)
{
	return kunit_kmalloc(test, array_size(n, size), gfp);
}

#define KUNIT_SUCCEED(test)	((void)(test))
#define KUNIT_FAIL(test, fmt, ...)	\
	kunit_fail(test, __FILE__, __LINE__, fmt, ##__VA_ARGS__)
#define KUNIT_FAIL_AND_ABORT(test, fmt, ...)	\
	do { KUNIT_FAIL(test, fmt, ##__VA_ARGS__); kunit_abort(test); } while (0)

#define kunit_expect(test, end, ok, why, whyargs, fmt, ...) do {	\
	if (unlikely(!(ok))) {						\
		kunit_fail(test, __FILE__, __LINE__, why, KUNIT_ARGS whyargs); \
		kunit_note(test, fmt, ##__VA_ARGS__);			\
		end;							\
	}								\
} while (0)
#define KUNIT_ARGS(...)	__VA_ARGS__
#define KUNIT_NOTHING
#define KUNIT_ABORT	kunit_abort(test_)

#define kunit_binary(test, end, l, op, r, fmt, ...) do {		\
	struct kunit *test_ = (test);					\
	const __auto_type l_ = (l);					\
	const __auto_type r_ = (r);					\
	kunit_expect(test_, end, l_ op r_, "%s %s %s, but %lld and %lld", \
		     (#l, #op, #r, (long long)l_, (long long)r_),	\
		     fmt, ##__VA_ARGS__);				\
} while (0)
#define kunit_pointers(test, end, l, op, r, fmt, ...) do {		\
	struct kunit *test_ = (test);					\
	const void *l_ = (const void *)(l);				\
	const void *r_ = (const void *)(r);				\
	kunit_expect(test_, end, l_ op r_, "%s %s %s, but %p and %p",	\
		     (#l, #op, #r, l_, r_), fmt, ##__VA_ARGS__);	\
} while (0)
#define kunit_unary(test, end, want, c, fmt, ...) do {			\
	struct kunit *test_ = (test);					\
	kunit_expect(test_, end, (!!(c)) == (want), "%s is not %s",		\
		     (#c, want ? "true" : "false"), fmt, ##__VA_ARGS__); \
} while (0)
#define kunit_pointer(test, end, p, how, what, fmt, ...) do {		\
	struct kunit *test_ = (test);					\
	const void *p_ = (const void *)(p);				\
	kunit_expect(test_, end, how, "%s is " what ": %p",		\
		     (#p, p_), fmt, ##__VA_ARGS__);			\
} while (0)
#define kunit_strings(test, end, l, op, r, fmt, ...) do {		\
	struct kunit *test_ = (test);					\
	const char *l_ = (l);						\
	const char *r_ = (r);						\
	kunit_expect(test_, end, l_ && r_ && strcmp(l_, r_) op 0,	\
		     "%s %s %s, but \"%s\" and \"%s\"",			\
		     (#l, #op, #r, l_ ?: "(null)", r_ ?: "(null)"),	\
		     fmt, ##__VA_ARGS__);				\
} while (0)
#define kunit_memory(test, end, l, op, r, n, fmt, ...) do {		\
	struct kunit *test_ = (test);					\
	kunit_expect(test_, end, memcmp(l, r, n) op 0,			\
		     "%zu bytes: %s %s %s, but they do not",		\
		     ((size_t)(n), #l, #op, #r), fmt, ##__VA_ARGS__);	\
} while (0)

#define KUNIT_EXPECT_EQ(test, l, r)	\
	kunit_binary(test, KUNIT_NOTHING, l, ==, r, " ")
#define KUNIT_EXPECT_EQ_MSG(test, l, r, fmt, ...)	\
	kunit_binary(test, KUNIT_NOTHING, l, ==, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_EQ(test, l, r)	\
	kunit_binary(test, KUNIT_ABORT, l, ==, r, " ")
#define KUNIT_ASSERT_EQ_MSG(test, l, r, fmt, ...)	\
	kunit_binary(test, KUNIT_ABORT, l, ==, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_NE(test, l, r)	\
	kunit_binary(test, KUNIT_NOTHING, l, !=, r, " ")
#define KUNIT_EXPECT_NE_MSG(test, l, r, fmt, ...)	\
	kunit_binary(test, KUNIT_NOTHING, l, !=, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_NE(test, l, r)	\
	kunit_binary(test, KUNIT_ABORT, l, !=, r, " ")
#define KUNIT_ASSERT_NE_MSG(test, l, r, fmt, ...)	\
	kunit_binary(test, KUNIT_ABORT, l, !=, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_LT(test, l, r)	\
	kunit_binary(test, KUNIT_NOTHING, l, <, r, " ")
#define KUNIT_EXPECT_LT_MSG(test, l, r, fmt, ...)	\
	kunit_binary(test, KUNIT_NOTHING, l, <, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_LT(test, l, r)	\
	kunit_binary(test, KUNIT_ABORT, l, <, r, " ")
#define KUNIT_ASSERT_LT_MSG(test, l, r, fmt, ...)	\
	kunit_binary(test, KUNIT_ABORT, l, <, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_LE(test, l, r)	\
	kunit_binary(test, KUNIT_NOTHING, l, <=, r, " ")
#define KUNIT_EXPECT_LE_MSG(test, l, r, fmt, ...)	\
	kunit_binary(test, KUNIT_NOTHING, l, <=, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_LE(test, l, r)	\
	kunit_binary(test, KUNIT_ABORT, l, <=, r, " ")
#define KUNIT_ASSERT_LE_MSG(test, l, r, fmt, ...)	\
	kunit_binary(test, KUNIT_ABORT, l, <=, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_GT(test, l, r)	\
	kunit_binary(test, KUNIT_NOTHING, l, >, r, " ")
#define KUNIT_EXPECT_GT_MSG(test, l, r, fmt, ...)	\
	kunit_binary(test, KUNIT_NOTHING, l, >, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_GT(test, l, r)	\
	kunit_binary(test, KUNIT_ABORT, l, >, r, " ")
#define KUNIT_ASSERT_GT_MSG(test, l, r, fmt, ...)	\
	kunit_binary(test, KUNIT_ABORT, l, >, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_GE(test, l, r)	\
	kunit_binary(test, KUNIT_NOTHING, l, >=, r, " ")
#define KUNIT_EXPECT_GE_MSG(test, l, r, fmt, ...)	\
	kunit_binary(test, KUNIT_NOTHING, l, >=, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_GE(test, l, r)	\
	kunit_binary(test, KUNIT_ABORT, l, >=, r, " ")
#define KUNIT_ASSERT_GE_MSG(test, l, r, fmt, ...)	\
	kunit_binary(test, KUNIT_ABORT, l, >=, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_PTR_EQ(test, l, r)	\
	kunit_pointers(test, KUNIT_NOTHING, l, ==, r, " ")
#define KUNIT_EXPECT_PTR_EQ_MSG(test, l, r, fmt, ...)	\
	kunit_pointers(test, KUNIT_NOTHING, l, ==, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_PTR_EQ(test, l, r)	\
	kunit_pointers(test, KUNIT_ABORT, l, ==, r, " ")
#define KUNIT_ASSERT_PTR_EQ_MSG(test, l, r, fmt, ...)	\
	kunit_pointers(test, KUNIT_ABORT, l, ==, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_PTR_NE(test, l, r)	\
	kunit_pointers(test, KUNIT_NOTHING, l, !=, r, " ")
#define KUNIT_EXPECT_PTR_NE_MSG(test, l, r, fmt, ...)	\
	kunit_pointers(test, KUNIT_NOTHING, l, !=, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_PTR_NE(test, l, r)	\
	kunit_pointers(test, KUNIT_ABORT, l, !=, r, " ")
#define KUNIT_ASSERT_PTR_NE_MSG(test, l, r, fmt, ...)	\
	kunit_pointers(test, KUNIT_ABORT, l, !=, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_TRUE(test, c)	\
	kunit_unary(test, KUNIT_NOTHING, true, c, " ")
#define KUNIT_EXPECT_TRUE_MSG(test, c, fmt, ...)	\
	kunit_unary(test, KUNIT_NOTHING, true, c, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_TRUE(test, c)	\
	kunit_unary(test, KUNIT_ABORT, true, c, " ")
#define KUNIT_ASSERT_TRUE_MSG(test, c, fmt, ...)	\
	kunit_unary(test, KUNIT_ABORT, true, c, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_FALSE(test, c)	\
	kunit_unary(test, KUNIT_NOTHING, false, c, " ")
#define KUNIT_EXPECT_FALSE_MSG(test, c, fmt, ...)	\
	kunit_unary(test, KUNIT_NOTHING, false, c, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_FALSE(test, c)	\
	kunit_unary(test, KUNIT_ABORT, false, c, " ")
#define KUNIT_ASSERT_FALSE_MSG(test, c, fmt, ...)	\
	kunit_unary(test, KUNIT_ABORT, false, c, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_NULL(test, p)	\
	kunit_pointer(test, KUNIT_NOTHING, p, !p_, "not NULL", " ")
#define KUNIT_EXPECT_NULL_MSG(test, p, fmt, ...)	\
	kunit_pointer(test, KUNIT_NOTHING, p, !p_, "not NULL", fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_NULL(test, p)	\
	kunit_pointer(test, KUNIT_ABORT, p, !p_, "not NULL", " ")
#define KUNIT_ASSERT_NULL_MSG(test, p, fmt, ...)	\
	kunit_pointer(test, KUNIT_ABORT, p, !p_, "not NULL", fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_NOT_NULL(test, p)	\
	kunit_pointer(test, KUNIT_NOTHING, p, p_, "NULL", " ")
#define KUNIT_EXPECT_NOT_NULL_MSG(test, p, fmt, ...)	\
	kunit_pointer(test, KUNIT_NOTHING, p, p_, "NULL", fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_NOT_NULL(test, p)	\
	kunit_pointer(test, KUNIT_ABORT, p, p_, "NULL", " ")
#define KUNIT_ASSERT_NOT_NULL_MSG(test, p, fmt, ...)	\
	kunit_pointer(test, KUNIT_ABORT, p, p_, "NULL", fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_NOT_ERR_OR_NULL(test, p)	\
	kunit_pointer(test, KUNIT_NOTHING, p, !IS_ERR_OR_NULL(p_), "an error or NULL", " ")
#define KUNIT_EXPECT_NOT_ERR_OR_NULL_MSG(test, p, fmt, ...)	\
	kunit_pointer(test, KUNIT_NOTHING, p, !IS_ERR_OR_NULL(p_), "an error or NULL", \
		      fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p)	\
	kunit_pointer(test, KUNIT_ABORT, p, !IS_ERR_OR_NULL(p_), "an error or NULL", " ")
#define KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, p, fmt, ...)	\
	kunit_pointer(test, KUNIT_ABORT, p, !IS_ERR_OR_NULL(p_), "an error or NULL", \
		      fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_STREQ(test, l, r)	\
	kunit_strings(test, KUNIT_NOTHING, l, ==, r, " ")
#define KUNIT_EXPECT_STREQ_MSG(test, l, r, fmt, ...)	\
	kunit_strings(test, KUNIT_NOTHING, l, ==, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_STREQ(test, l, r)	\
	kunit_strings(test, KUNIT_ABORT, l, ==, r, " ")
#define KUNIT_ASSERT_STREQ_MSG(test, l, r, fmt, ...)	\
	kunit_strings(test, KUNIT_ABORT, l, ==, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_STRNEQ(test, l, r)	\
	kunit_strings(test, KUNIT_NOTHING, l, !=, r, " ")
#define KUNIT_EXPECT_STRNEQ_MSG(test, l, r, fmt, ...)	\
	kunit_strings(test, KUNIT_NOTHING, l, !=, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_STRNEQ(test, l, r)	\
	kunit_strings(test, KUNIT_ABORT, l, !=, r, " ")
#define KUNIT_ASSERT_STRNEQ_MSG(test, l, r, fmt, ...)	\
	kunit_strings(test, KUNIT_ABORT, l, !=, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_MEMEQ(test, l, r, n)	\
	kunit_memory(test, KUNIT_NOTHING, l, ==, r, n, " ")
#define KUNIT_EXPECT_MEMEQ_MSG(test, l, r, n, fmt, ...)	\
	kunit_memory(test, KUNIT_NOTHING, l, ==, r, n, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_MEMEQ(test, l, r, n)	\
	kunit_memory(test, KUNIT_ABORT, l, ==, r, n, " ")
#define KUNIT_ASSERT_MEMEQ_MSG(test, l, r, n, fmt, ...)	\
	kunit_memory(test, KUNIT_ABORT, l, ==, r, n, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_MEMNEQ(test, l, r, n)	\
	kunit_memory(test, KUNIT_NOTHING, l, !=, r, n, " ")
#define KUNIT_EXPECT_MEMNEQ_MSG(test, l, r, n, fmt, ...)	\
	kunit_memory(test, KUNIT_NOTHING, l, !=, r, n, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_MEMNEQ(test, l, r, n)	\
	kunit_memory(test, KUNIT_ABORT, l, !=, r, n, " ")
#define KUNIT_ASSERT_MEMNEQ_MSG(test, l, r, n, fmt, ...)	\
	kunit_memory(test, KUNIT_ABORT, l, !=, r, n, fmt, ##__VA_ARGS__)

#endif /* _SHIM_KUNIT_TEST_H */
