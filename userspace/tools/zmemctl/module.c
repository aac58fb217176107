// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The module's side: /dev/zmem and debugfs. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "source.h"
#include "zmemctl.h"

#define DEBUGFS		"/sys/kernel/debug"

int device(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open_device();
	return fd;
}

static int module_snapshot(uint32_t by, uint32_t index, struct zmem_ioc_snapshot *s)
{
	s->by = by;
	s->index = index;
	if (!ioctl(device(), ZMEM_IOC_SNAPSHOT, s))
		return 0;
	if (errno != ENOENT)
		fail(EXIT_ERROR, ZMEM_DEVICE ": snapshot: %s", strerror(errno));
	return -1;
}

static void refuse_debugfs(const char *path, int error)
{
	if (error == EACCES || error == EPERM)
		fail(EXIT_NO_PERMISSION, "%s: not permitted: only root may", path);
	if (error != ENOENT)
		fail(EXIT_ERROR, "%s: %s", path, strerror(error));
	if (access(ZMEM_DEVICE, F_OK))
		fail(EXIT_NO_MODULE, "the module is not loaded: no " ZMEM_DEVICE);
	fail(EXIT_ERROR, "no " DEBUGFS "/zmem: is debugfs mounted?");
}

static char *module_view(const char *cache, const char *view, char *path)
{
	char *text;

	snprintf(path, PATH_MAX, DEBUGFS "/zmem/%s/%s", cache, view);
	text = read_text(path);
	if (text || ((errno == ENOENT || errno == EIO) && !access(DEBUGFS "/zmem", F_OK)))
		return text;
	refuse_debugfs(path, errno);
	return NULL;
}

static int module_control(const char *cache, const char *command)
{
	char path[PATH_MAX];
	int fd, error = 0;

	snprintf(path, sizeof(path), DEBUGFS "/zmem/%s%scontrol",
		 cache ? cache : "", cache ? "/" : "");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		refuse_debugfs(path, errno);
	if (write(fd, command, strlen(command)) < 0)
		error = errno;
	close(fd);
	return error;
}

const struct source source_module = {
	.snapshot = module_snapshot,
	.view = module_view,
	.control = module_control,
};
