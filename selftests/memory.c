// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Memory that comes, goes and comes again: of a node that has a CPU and no
 * other memory, as boot.sh --dimm MB --dimm-only makes it.
 *
 * The first block comes as movable memory, where neither zmem nor the kernel
 * places its own: the node's kernel threads start then, and would else put
 * their stacks on the block that is to go again.  For the same reason the
 * node's CPU is offline while memory is to go.
 */
#include "zmem_test.h"
#include <glob.h>
#include <sys/klog.h>
#include "kselftest.h"

#define CACHE	"test-memory"
#define BLOCKS	"/sys/devices/system/memory/memory*"
#define COUNT	2000
#define CPU	1	/* of the node */

static glob_t blocks;	/* in order, the first one's number is no matter */
static int node = -1, fd = -1, cache;
static uint64_t small[COUNT], large;

static int block_set(const char *block, const char *state)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/state", block);
	return write_file(path, state);
}

static bool block_is(const char *block, const char *state)
{
	char path[128], *text;
	bool is;

	snprintf(path, sizeof(path), "%s/state", block);
	text = read_file(path);
	is = text && !strncmp(text, state, strlen(state));
	free(text);
	return is;
}

/* Keeps those blocks that are offline: the DIMM's. */
static void find_blocks(void)
{
	size_t i, kept = 0;

	if (glob(BLOCKS, 0, NULL, &blocks))
		return;
	for (i = 0; i < blocks.gl_pathc; i++)
		if (block_is(blocks.gl_pathv[i], "offline"))
			blocks.gl_pathv[kept++] = blocks.gl_pathv[i];
	blocks.gl_pathc = kept;
}

static int node_of(const char *block)
{
	char pattern[128];
	glob_t found;
	int n = -1;

	snprintf(pattern, sizeof(pattern), "%s/node[0-9]*", block);
	if (!glob(pattern, 0, NULL, &found)) {
		n = atoi(strrchr(found.gl_pathv[0], '/') + strlen("/node"));
		globfree(&found);
	}
	return n;
}

static bool blocks_online(void)
{
	bool good = !block_set(blocks.gl_pathv[0], "online_movable");
	size_t i;

	for (i = 1; i < blocks.gl_pathc; i++)
		good &= !block_set(blocks.gl_pathv[i], "online_kernel");
	return good;
}

/* How many of the blocks that can hold objects went offline. */
static size_t blocks_offline(void)
{
	size_t i, gone = 0;

	for (i = 1; i < blocks.gl_pathc; i++)
		gone += !block_set(blocks.gl_pathv[i], "offline");
	return gone;
}

static int node_action(uint32_t action)
{
	struct zmem_ioc_node arg = { .node = node, .action = action };

	return ioctl(fd, ZMEM_IOC_NODE, &arg) ? -errno : 0;
}

static int alloc_there(uint32_t from, uint64_t size, uint64_t *handles, uint32_t count)
{
	struct zmem_ioc_alloc arg = {
		.handles = (uintptr_t)handles,
		.size = size,
		.cache = from,
		.count = count,
		.node = node,
		.flags = ZMEM_IOC_GFP_THISNODE | ZMEM_IOC_FILL,
	};

	return ioctl(fd, ZMEM_IOC_ALLOC, &arg) ? -errno : 0;
}

/* Some objects live on, and others rest in magazines and the depot. */
static bool alloc_objects(void)
{
	uint64_t idle[COUNT];

	return !alloc_there(cache, 0, idle, COUNT) &&
	       !alloc_there(cache, 0, small, COUNT) && !objects_free(fd, idle, COUNT) &&
	       !alloc_there(0, 100000, &large, 1);
}

static bool objects_are_good(void)
{
	return objects_good(fd, small, COUNT) == COUNT && objects_good(fd, &large, 1) == 1;
}

static bool free_objects(void)
{
	return !objects_free(fd, small, COUNT) && !objects_free(fd, &large, 1);
}

static long pages_there(void)
{
	return table_value(CACHE, "slabs", node, "pages");
}

/* The module hears of memory by a notifier, and moves homes by work. */
static bool home_becomes(long home)
{
	int tries;

	for (tries = 0; tries < 100; tries++) {
		if (table_value(CACHE, "magazines", CPU, "home") == home)
			return true;
		usleep(20000);
	}
	ksft_print_msg("CPU %d's home is %ld, not %ld\n", CPU,
		       table_value(CACHE, "magazines", CPU, "home"), home);
	return false;
}

/* Whether the kernel's log names the cache. */
static bool log_names_cache(void)
{
	char want[128], *log;
	int size = klogctl(10, NULL, 0), got;
	bool found;

	log = malloc(size + 1);
	got = klogctl(3, log, size);
	log[got > 0 ? got : 0] = '\0';
	snprintf(want, sizeof(want), "zmem: node %d: cache %s has objects on ", node, CACHE);
	found = strstr(log, want);
	free(log);
	return found;
}

/* The CPU's magazines hold some objects of its present home's. */
static bool cpu_works(long home)
{
	uint64_t objects[100];
	bool good;

	if (run_on(CPU))
		return false;
	good = !objects_alloc(fd, cache, 0, ZMEM_IOC_FILL, objects, ARRAY_LEN(objects)) &&
	       table_value(CACHE, "magazines", CPU, "node") == home &&
	       objects_good(fd, objects, ARRAY_LEN(objects)) == ARRAY_LEN(objects) &&
	       !objects_free(fd, objects, ARRAY_LEN(objects));
	return !run_on(0) && good;
}

/* Live objects keep their memory there, and are found in it. */
static void test_live(void)
{
	ksft_test_result(alloc_objects() && pages_there() > 0, "objects are placed there\n");
	ksft_test_result(blocks_offline() < blocks.gl_pathc - 1 && objects_are_good(),
			 "memory with live objects stays\n");
	blocks_online();
	ksft_test_result(node_action(ZMEM_IOC_NODE_DRAIN) == -EBUSY && objects_are_good() &&
			 home_becomes(0), "a drained node is nobody's home\n");
	ksft_test_result(log_names_cache(), "the log names the cache\n");
	ksft_test_result(alloc_there(cache, 0, small, 1) == -ENOMEM,
			 "nothing new is placed there\n");
}

static void test_gone(void)
{
	ksft_test_result(free_objects() && !node_action(ZMEM_IOC_NODE_DRAIN) &&
			 !pages_there(), "a drain gives all back\n");
	ksft_test_result(blocks_offline() == blocks.gl_pathc - 1 &&
			 !block_set(blocks.gl_pathv[0], "offline"), "memory goes\n");
}

static void test_back(void)
{
	ksft_test_result(blocks_online() && !node_action(ZMEM_IOC_NODE_OPEN) &&
			 home_becomes(node), "memory comes again\n");
	ksft_test_result(alloc_objects() && pages_there() > 0 && objects_are_good() &&
			 free_objects(), "objects are placed there again\n");
	ksft_test_result(!cpu_set_online(CPU, true) && cpu_works(node),
			 "the node's CPU takes its objects there\n");
	/* Frees look at objects' nodes since there are two. */
	ksft_test_result(table_value(CACHE, "magazines", 0, "remote_frees") > 0,
			 "objects travel home\n");
}

int main(void)
{
	ksft_print_header();
	find_blocks();
	if (blocks.gl_pathc < 2)
		ksft_exit_fail_msg("%zu blocks of memory are offline, not two\n",
				   (size_t)blocks.gl_pathc);
	node = node_of(blocks.gl_pathv[0]);
	fd = open(DEVICE, O_RDWR);
	cache = cache_create(fd, CACHE, 100);
	if (fd < 0 || cache < 0)
		ksft_exit_fail_msg("%s: %s\n", DEVICE, strerror(errno));
	ksft_print_msg("node %d, %zu blocks\n", node, (size_t)blocks.gl_pathc);
	ksft_set_plan(14);

	ksft_test_result(node > 0 && alloc_there(cache, 0, small, 1) < 0,
			 "a node without memory holds nothing\n");
	ksft_test_result(cpu_works(0) && home_becomes(0), "its CPU lives on another\n");
	if (cpu_set_online(CPU, false))
		ksft_exit_fail_msg("CPU %d stays\n", CPU);
	ksft_test_result(blocks_online() && home_becomes(node), "memory comes\n");
	test_live();
	test_gone();
	test_back();
	cache_destroy(fd, cache);
	ksft_finished();
}
