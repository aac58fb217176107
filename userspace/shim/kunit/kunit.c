// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Runs KUnit suites and reports in KTAP. */
#include <fnmatch.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/mutex.h>

#define KUNIT_SUITES_MAX	256

struct kunit_action {
	struct kunit_action *next;
	kunit_action_t *fn;
	void *ctx;
};

struct kunit_tally {
	unsigned int passed, failed, skipped;
};

static struct kunit_suite *kunit_suites[KUNIT_SUITES_MAX];
static unsigned int kunit_nr_suites;
static int kunit_nr_patterns;
static char **kunit_patterns;
static int kunit_indent;
static DEFINE_MUTEX(kunit_lock);	/* actions and output: threads may expect, too */
static __thread bool kunit_in_case;	/* only the case's own thread can leave it */

void kunit_register(struct kunit_suite *suite)
{
	if (kunit_nr_suites < KUNIT_SUITES_MAX)
		kunit_suites[kunit_nr_suites++] = suite;
}

static void kunit_vlog(const char *fmt, va_list args)
{
	char buf[1024];
	int n = vscnprintf(buf, sizeof(buf), fmt, args);

	while (n && buf[n - 1] == '\n')
		buf[--n] = '\0';
	printf("%*s%s\n", kunit_indent, "", buf);
}

void kunit_log(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	kunit_vlog(fmt, args);
	va_end(args);
	fflush(stdout);
}

void kunit_fail(struct kunit *test, const char *file, int line, const char *fmt, ...)
{
	char buf[512];
	va_list args;

	WRITE_ONCE(test->status, KUNIT_FAILURE);
	va_start(args, fmt);
	vscnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	kunit_log("# %s: EXPECTATION FAILED at %s:%d: %s", test->name, file, line, buf);
}

void kunit_note(struct kunit *test, const char *fmt, ...)
{
	char buf[512];
	va_list args;

	va_start(args, fmt);
	/* A blank is what macros pass that take no message. */
	if (vscnprintf(buf, sizeof(buf), fmt, args) && strcmp(buf, " "))
		kunit_log("#    %s", buf);
	va_end(args);
}

void kunit_abort(struct kunit *test)
{
	if (!kunit_in_case)
		pthread_exit(NULL);
	longjmp(test->abort, 1);
}

int kunit_add_action(struct kunit *test, kunit_action_t *fn, void *ctx)
{
	struct kunit_action *a = kmalloc(sizeof(*a), GFP_KERNEL);

	if (!a)
		return -ENOMEM;
	a->fn = fn;
	a->ctx = ctx;
	mutex_lock(&kunit_lock);
	a->next = test->actions;
	test->actions = a;
	mutex_unlock(&kunit_lock);
	return 0;
}

int kunit_add_action_or_reset(struct kunit *test, kunit_action_t *fn, void *ctx)
{
	int err = kunit_add_action(test, fn, ctx);

	if (err)
		fn(ctx);
	return err;
}

/* Unlinks the newest action that matches; any, if @fn is NULL. */
static bool kunit_pop(struct kunit *test, kunit_action_t **fn, void **ctx)
{
	struct kunit_action **pos, *a;

	mutex_lock(&kunit_lock);
	for (pos = &test->actions; (a = *pos); pos = &a->next)
		if (!*fn || (a->fn == *fn && a->ctx == *ctx))
			break;
	if (a) {
		*pos = a->next;
		*fn = a->fn;
		*ctx = a->ctx;
	}
	mutex_unlock(&kunit_lock);
	kfree(a);
	return a != NULL;
}

void kunit_remove_action(struct kunit *test, kunit_action_t *fn, void *ctx)
{
	kunit_pop(test, &fn, &ctx);
}

void kunit_release_action(struct kunit *test, kunit_action_t *fn, void *ctx)
{
	if (kunit_pop(test, &fn, &ctx))
		fn(ctx);
}

static void kunit_free_action(void *p)
{
	kfree(p);
}

void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	void *p = kmalloc(size, gfp);

	if (p && kunit_add_action_or_reset(test, kunit_free_action, p))
		return NULL;
	return p;
}

void kunit_kfree(struct kunit *test, const void *p)
{
	kunit_release_action(test, kunit_free_action, (void *)p);
}

static bool kunit_wanted(const char *suite, const char *test)
{
	char name[512];
	int i;

	snprintf(name, sizeof(name), "%s.%s", suite, test);
	for (i = 0; i < kunit_nr_patterns; i++)
		if (!fnmatch(kunit_patterns[i], name, 0) ||
		    !fnmatch(kunit_patterns[i], suite, 0))
			return true;
	return !kunit_nr_patterns;
}

static void kunit_run_one(struct kunit_suite *suite, struct kunit_case *c, struct kunit *test)
{
	kunit_action_t *fn;
	void *ctx;

	kunit_in_case = true;
	if (!setjmp(test->abort)) {
		int err = suite->init ? suite->init(test) : 0;

		if (err)
			KUNIT_FAIL(test, "init failed: %d", err);
		else
			c->run_case(test);
	}
	if (suite->exit && !setjmp(test->abort))
		suite->exit(test);
	while (!setjmp(test->abort)) {
		fn = NULL;
		if (!kunit_pop(test, &fn, &ctx))
			break;
		fn(ctx);
	}
	kunit_in_case = false;
}

static void kunit_report(enum kunit_status status, unsigned int nr, const char *name,
			 const char *comment, struct kunit_tally *tally)
{
	if (status == KUNIT_SKIPPED) {
		tally->skipped++;
		kunit_log("ok %u %s # SKIP %s", nr, name, comment);
	} else if (status == KUNIT_FAILURE) {
		tally->failed++;
		kunit_log("not ok %u %s", nr, name);
	} else {
		tally->passed++;
		kunit_log("ok %u %s", nr, name);
	}
}

static void kunit_run_params(struct kunit_suite *suite, struct kunit_case *c,
			     struct kunit *whole)
{
	struct kunit_tally tally = { 0 };
	const void *param = NULL;
	unsigned int nr = 0;
	char desc[KUNIT_PARAM_DESC_SIZE];

	kunit_indent += 4;
	kunit_log("KTAP version 1");
	kunit_log("# Subtest: %s", c->name);
	for (;;) {
		struct kunit test = { .name = c->name, .param_index = nr };

		snprintf(desc, sizeof(desc), "param-%u", nr);
		param = c->generate_params(param, desc);
		if (!param)
			break;
		test.param_value = param;
		kunit_run_one(suite, c, &test);
		kunit_report(test.status, ++nr, desc, test.status_comment, &tally);
	}
	kunit_log("1..%u", nr);
	kunit_indent -= 4;
	whole->status = tally.failed ? KUNIT_FAILURE :
			tally.passed ? KUNIT_SUCCESS : KUNIT_SKIPPED;
	kunit_log("# %s: pass:%u fail:%u skip:%u total:%u", c->name, tally.passed,
		  tally.failed, tally.skipped, nr);
}

static unsigned int kunit_count(struct kunit_suite *suite)
{
	struct kunit_case *c;
	unsigned int n = 0;

	for (c = suite->test_cases; c->run_case; c++)
		n += kunit_wanted(suite->name, c->name);
	return n;
}

static enum kunit_status kunit_run_suite(struct kunit_suite *suite, struct kunit_tally *total)
{
	u64 start = ktime_get_ns();
	struct kunit_tally tally = { 0 };
	struct kunit_case *c;
	unsigned int nr = 0;
	int err;

	kunit_indent = 4;
	kunit_log("KTAP version 1");
	kunit_log("# Subtest: %s", suite->name);
	kunit_log("1..%u", kunit_count(suite));
	err = suite->suite_init ? suite->suite_init(suite) : 0;
	if (err)
		kunit_log("# %s: suite_init failed: %d", suite->name, err);
	for (c = suite->test_cases; c->run_case; c++) {
		struct kunit test = { .name = c->name };

		if (!kunit_wanted(suite->name, c->name))
			continue;
		if (err)
			test.status = KUNIT_FAILURE;
		else if (c->generate_params)
			kunit_run_params(suite, c, &test);
		else
			kunit_run_one(suite, c, &test);
		kunit_report(test.status, ++nr, c->name, test.status_comment, &tally);
	}
	if (suite->suite_exit && !err)
		suite->suite_exit(suite);
	kunit_indent = 0;
	kunit_log("# %s: pass:%u fail:%u skip:%u total:%u", suite->name, tally.passed,
		  tally.failed, tally.skipped, nr);
	kunit_log("# %s: %.2f seconds", suite->name,
		  (ktime_get_ns() - start) / (double)NSEC_PER_SEC);
	total->passed += tally.passed;
	total->failed += tally.failed;
	total->skipped += tally.skipped;
	return tally.failed ? KUNIT_FAILURE : tally.passed ? KUNIT_SUCCESS : KUNIT_SKIPPED;
}

int kunit_main(int argc, char **argv)
{
	struct kunit_tally total = { 0 }, suites = { 0 };
	unsigned int i, n = 0, nr = 0;

	kunit_patterns = argv + 1;
	kunit_nr_patterns = argc - 1;
	for (i = 0; i < kunit_nr_suites; i++)
		n += kunit_count(kunit_suites[i]) != 0;
	kunit_log("KTAP version 1");
	kunit_log("1..%u", n);
	for (i = 0; i < kunit_nr_suites; i++) {
		struct kunit_suite *suite = kunit_suites[i];

		if (kunit_count(suite))
			kunit_report(kunit_run_suite(suite, &total), ++nr, suite->name, "",
				     &suites);
	}
	kunit_log("# Totals: pass:%u fail:%u skip:%u total:%u", total.passed, total.failed,
		  total.skipped, total.passed + total.failed + total.skipped);
	return total.failed || !total.passed;
}
