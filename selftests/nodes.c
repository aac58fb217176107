// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Draining a node by name, and opening it again. */
#include "zmem_test.h"
#include "kselftest_harness.h"

#define COUNT	500

FIXTURE(nodes) {
	int fd;
};

static int node_action(int fd, uint32_t node, uint32_t action)
{
	struct zmem_ioc_node arg = { .node = node, .action = action };

	return ioctl(fd, ZMEM_IOC_NODE, &arg) ? -errno : 0;
}

static int alloc_on(int fd, int32_t node, uint64_t size, uint32_t flags,
		    uint64_t *handles, uint32_t count)
{
	struct zmem_ioc_alloc arg = {
		.handles = (uintptr_t)handles,
		.size = size,
		.count = count,
		.node = node,
		.flags = flags,
	};

	return ioctl(fd, ZMEM_IOC_ALLOC, &arg) ? -errno : 0;
}

FIXTURE_SETUP(nodes)
{
	if (access("/sys/devices/system/node/node1", F_OK))
		SKIP(return, "one node; two are needed");
	self->fd = open(DEVICE, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(nodes)
{
	node_action(self->fd, 0, ZMEM_IOC_NODE_OPEN);
	node_action(self->fd, 1, ZMEM_IOC_NODE_OPEN);
	close(self->fd);
}

TEST_F(nodes, drain)
{
	uint32_t here = ZMEM_IOC_GFP_THISNODE;
	uint64_t small[COUNT], large, more;

	ASSERT_EQ(0, alloc_on(self->fd, 1, 100, here | ZMEM_IOC_FILL, small, COUNT));
	ASSERT_EQ(0, alloc_on(self->fd, 1, 100000, here | ZMEM_IOC_FILL, &large, 1));
	/* Live objects stay where they are, and good. */
	EXPECT_EQ(-EBUSY, node_action(self->fd, 1, ZMEM_IOC_NODE_DRAIN));
	EXPECT_EQ(COUNT, objects_good(self->fd, small, COUNT));
	EXPECT_EQ(1, objects_good(self->fd, &large, 1));
	/* Nothing new comes. */
	EXPECT_EQ(-ENOMEM, alloc_on(self->fd, 1, 100, here, &more, 1));
	EXPECT_EQ(-ENOMEM, alloc_on(self->fd, 1, 100000, here, &more, 1));
	EXPECT_EQ(0, alloc_on(self->fd, 1, 100, 0, &more, 1));
	EXPECT_EQ(0, objects_free(self->fd, &more, 1));
	/* Once they are freed, all of it goes. */
	EXPECT_EQ(0, objects_free(self->fd, small, COUNT));
	EXPECT_EQ(0, objects_free(self->fd, &large, 1));
	EXPECT_EQ(0, node_action(self->fd, 1, ZMEM_IOC_NODE_DRAIN));
	EXPECT_EQ(0, node_action(self->fd, 1, ZMEM_IOC_NODE_OPEN));
	EXPECT_EQ(0, alloc_on(self->fd, 1, 100, here, &more, 1));
	EXPECT_EQ(0, objects_free(self->fd, &more, 1));
}

TEST_F(nodes, refused)
{
	EXPECT_EQ(-EINVAL, node_action(self->fd, 1, 2));
	EXPECT_EQ(-EINVAL, node_action(self->fd, 100000, ZMEM_IOC_NODE_DRAIN));
	EXPECT_EQ(-EINVAL, node_action(self->fd, UINT32_MAX, ZMEM_IOC_NODE_OPEN));
	/* Somewhere objects must go. */
	EXPECT_EQ(0, node_action(self->fd, 1, ZMEM_IOC_NODE_DRAIN));
	EXPECT_EQ(-EINVAL, node_action(self->fd, 0, ZMEM_IOC_NODE_DRAIN));
	EXPECT_EQ(0, node_action(self->fd, 1, ZMEM_IOC_NODE_OPEN));
}

TEST_HARNESS_MAIN
