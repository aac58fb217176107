// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The side of a program that has ZMEM_STATS: a socket while it lives, and then
 * a file.  All is asked for at once, anew for each look at the first cache or
 * at one by name; other looks see the same moment.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "dump.h"
#include "source.h"
#include "units.h"
#include "zmemctl.h"

static struct dump dump;

static void refuse(int error)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
		fail(EXIT_NO_MODULE, "%s: no program with ZMEM_STATS=%s runs, or left a file",
		     common.from, common.from);
	case EPERM:
	case EACCES:
		fail(EXIT_NO_PERMISSION, "%s: not permitted", common.from);
	default:
		fail(EXIT_ERROR, "%s: %s", common.from, strerror(error));
	}
}

/* @request is a line. */
static char *ask(const char *request)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char *reply;

	if (strlen(common.from) >= sizeof(to.sun_path))
		fail(EXIT_USAGE, "%s: too long for a socket", common.from);
	memcpy(to.sun_path, common.from, strlen(common.from));
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) ||
	    send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		refuse(errno);
	reply = read_fd(fd);
	if (!reply)
		refuse(errno);
	close(fd);
	return reply;
}

/* What the program says of it: 0 or errno; the rest of the reply is in @text. */
static int judge(char *reply, char **text)
{
	uint64_t error;
	char *end = strchr(reply, '\n');

	if (!end)
		fail(EXIT_ERROR, "%s: the program did not answer", common.from);
	*end = '\0';
	*text = end + 1;
	if (!strcmp(reply, "ok"))
		return 0;
	if (strncmp(reply, "error ", 6) || !parse_number(reply + 6, &error) || error > INT_MAX)
		fail(EXIT_ERROR, "%s: not a program with zmem", common.from);
	return error;
}

static char *dump_of_socket(void)
{
	char *reply = ask("dump\n"), *text;
	int error = judge(reply, &text);

	if (error)
		refuse(error);
	memmove(reply, text, strlen(text) + 1);
	return reply;
}

static void look(void)
{
	const char *wrong;
	struct stat st;
	char *text;

	if (stat(common.from, &st))
		refuse(errno);
	text = S_ISSOCK(st.st_mode) ? dump_of_socket() : read_text(common.from);
	if (!text)
		refuse(errno);
	dump_free(&dump);
	wrong = dump_parse(&dump, text);
	if (wrong)
		fail(EXIT_ERROR, "%s: %s", common.from, wrong);
}

static int program_snapshot(uint32_t by, uint32_t index, struct zmem_ioc_snapshot *s)
{
	const char *stats, *wrong;

	if (by == ZMEM_IOC_BY_NAME || !index)
		look();
	stats = by == ZMEM_IOC_BY_NAME ? dump_find(&dump, s->name, "stats") :
		dump_nth(&dump, index, "stats");
	if (!stats)
		return -1;
	wrong = dump_snapshot(s, stats);
	if (wrong)
		fail(EXIT_ERROR, "%s: %s", common.from, wrong);
	return 0;
}

static char *program_view(const char *cache, const char *view, char *path)
{
	const char *text = dump_find(&dump, cache, view);
	char *copy = text ? strdup(text) : NULL;

	snprintf(path, PATH_MAX, "%s: %s/%s", common.from, cache, view);
	if (text && !copy)
		die("out of memory");
	return copy;
}

static int program_control(const char *cache, const char *command)
{
	char request[256], *reply, *text;
	struct stat st;
	int error;

	if (stat(common.from, &st))
		refuse(errno);
	if (!S_ISSOCK(st.st_mode))
		fail(EXIT_ERROR, "%s: the program has ended", common.from);
	snprintf(request, sizeof(request), "control %s %s\n", cache ? cache : "-", command);
	reply = ask(request);
	error = judge(reply, &text);
	free(reply);
	return error;
}

const struct source source_program = {
	.snapshot = program_snapshot,
	.view = program_view,
	.control = program_control,
};
