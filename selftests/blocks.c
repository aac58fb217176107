// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A block of memory that goes, or nearly: of a node that has other memory, as
 * boot.sh --dimm MB makes it.  While the block is on its way out nothing new is
 * placed on its node, and afterwards it is again, whatever became of the block.
 */
#include <glob.h>
#include <signal.h>
#include <sys/time.h>
#include "zmem_test.h"
#include "kselftest.h"

#define STATES	"/sys/devices/system/memory/memory*/state"
#define TRIES	200

static char *block;	/* its state's file */
static int node, fd;

static bool block_is(const char *path, const char *state)
{
	char *text = read_file(path);
	bool is = text && !strncmp(text, state, strlen(state));

	free(text);
	return is;
}

/* The first block that is offline: the DIMM's. */
static void find_block(void)
{
	char pattern[256];
	glob_t found;
	size_t i;

	if (glob(STATES, 0, NULL, &found))
		return;
	for (i = 0; i < found.gl_pathc && !block; i++)
		if (block_is(found.gl_pathv[i], "offline"))
			block = strdup(found.gl_pathv[i]);
	globfree(&found);
	if (!block)
		return;
	snprintf(pattern, sizeof(pattern), "%.*s/node[0-9]*",
		 (int)(strlen(block) - strlen("/state")), block);
	if (glob(pattern, 0, NULL, &found))
		return;
	node = atoi(strrchr(found.gl_pathv[0], '/') + strlen("/node"));
	globfree(&found);
}

/* By pages that are new each time: slabs that are there serve on. */
static bool node_serves(void)
{
	uint64_t object;
	struct zmem_ioc_alloc arg = {
		.handles = (uintptr_t)&object, .size = 100000, .count = 1, .node = node,
		.flags = ZMEM_IOC_GFP_THISNODE | ZMEM_IOC_FILL,
	};

	return !ioctl(fd, ZMEM_IOC_ALLOC, &arg) && objects_good(fd, &object, 1) == 1 &&
	       !objects_free(fd, &object, 1);
}

static void on_alarm(int signal)
{
}

/* Signals come all the time, until one finds the block half-way out. */
static bool is_interrupted(void)
{
	struct itimerval often = {
		.it_value.tv_usec = 500, .it_interval.tv_usec = 500,
	};
	struct itimerval never = {};
	struct sigaction action = { .sa_handler = on_alarm };
	int tries = TRIES, ret = 0;

	sigaction(SIGALRM, &action, NULL);
	while (tries-- && ret != -EINTR) {
		setitimer(ITIMER_REAL, &often, NULL);
		ret = write_file(block, "offline");
		setitimer(ITIMER_REAL, &never, NULL);
		if (!ret)
			write_file(block, "online_movable");
	}
	return ret == -EINTR && block_is(block, "online");
}

int main(void)
{
	ksft_print_header();
	find_block();
	if (!block)
		ksft_exit_fail_msg("no block of memory is offline\n");
	fd = open(DEVICE, O_RDWR);
	if (fd < 0)
		ksft_exit_fail_msg("%s: %s\n", DEVICE, strerror(errno));
	ksft_print_msg("%s, node %d\n", block, node);
	ksft_set_plan(6);
	/* Movable: nobody's objects are there, and it can go. */
	ksft_test_result(!write_file(block, "online_movable"), "a block comes\n");
	ksft_test_result(node_serves(), "its node serves\n");
	ksft_test_result(is_interrupted(), "a signal keeps it\n");
	ksft_test_result(node_serves(), "its node serves again\n");
	ksft_test_result(!write_file(block, "offline") && block_is(block, "offline"),
			 "it goes\n");
	ksft_test_result(node_serves(), "its node serves without it\n");
	ksft_finished();
}
