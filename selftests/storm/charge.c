// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Allocates what is charged to this process's cgroup until that is refused, and
 * leaves it to the closing of the device to free it all. Exits with 1 if it
 * never was refused.
 */
#include "../zmem_test.h"

#define CHUNK	64
#define SIZE	4096
#define CHUNKS	1024

int main(void)
{
	uint32_t flags = ZMEM_IOC_GFP_ACCOUNT | ZMEM_IOC_GFP_NOWAIT | ZMEM_IOC_FILL;
	static uint64_t handles[CHUNK];
	int fd = open(DEVICE, O_RDWR), n;

	for (n = 0; fd >= 0 && n < CHUNKS; n++)
		if (objects_alloc(fd, 0, SIZE, flags, handles, CHUNK))
			return 0;
	return 1;
}
