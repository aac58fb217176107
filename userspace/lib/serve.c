// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * ZMEM_STATS=PATH: the statistics of this process, for zmemctl --from PATH.
 *
 * While the process lives, PATH is a Unix socket that a thread answers at; when
 * it ends by exit(), a file with the last statistics takes its place.  "%p" in
 * PATH becomes the process's number.  Without that, of several programs that
 * inherit the variable the last one has the path.
 *
 * A connection asks one thing, a line, and has its answer:
 *
 *	dump			"ok", then all there is: see dump.h
 *	control CACHE COMMAND	"ok" or "error ERRNO"; as debugfs's control
 *				files, those of all caches if CACHE is "-"
 *
 * Only the user whose process it is may connect.  The thread exists only when
 * it was asked for, and not in children of fork().
 */
#define _GNU_SOURCE	/* accept4(), secure_getenv() */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "internal.h"
#include "control.h"
#include "core/cache.h"
#include "dump.h"
#include "init.h"
#include "serve.h"
#include "shim_internal.h"

/* Who connects and is silent keeps others waiting for so long. */
#define PATIENCE_S	2

/* Out of the way of programs that count on their numbers. */
#define FD_FROM		200

/**
 * struct serve - what there is of it in this process
 * @owner: the process, not one that it forked; 0 if it was not asked for
 * @fd: the socket
 * @inode: its inode; the program may close all files, and open others
 * @alive: its thread runs
 * @path: of the socket, and of the file in the end
 * @next: a name beside it, to be renamed
 */
static struct serve {
	pid_t owner;
	int fd;
	ino_t inode;
	bool alive;
	char path[sizeof_field(struct sockaddr_un, sun_path)];
	char next[sizeof_field(struct sockaddr_un, sun_path)];
} serve;

/*
 * Whether all of it fits; "%p" is this process.  From the root: the program may
 * change its folder.
 */
static bool path_set(const char *from)
{
	const char *p = strstr(from, "%p");
	char folder[sizeof(serve.path)] = "", number[16] = "";
	int length;

	if (*from != '/' && !getcwd(folder, sizeof(folder) - 1))
		return false;
	if (*folder)
		strcat(folder, "/");
	if (p)
		snprintf(number, sizeof(number), "%d", getpid());
	length = snprintf(serve.path, sizeof(serve.path), "%s%.*s%s%s", folder,
			  (int)(p ? p - from : (ssize_t)strlen(from)), from, number, p ? p + 2 : "");
	if (length >= (int)sizeof(serve.path))
		return false;
	return snprintf(serve.next, sizeof(serve.next), "%s.%d", serve.path, getpid()) <
	       (int)sizeof(serve.next);
}

static bool write_all(int fd, const char *text, size_t length)
{
	ssize_t n;

	for (; length; text += n, length -= n) {
		n = write(fd, text, length);
		if (n < 0)
			return false;
	}
	return true;
}

/* A pipe whose reader went would raise a signal. */
static void send_all(int fd, const char *text, size_t length)
{
	ssize_t n;

	for (; length; text += n, length -= n) {
		n = send(fd, text, length, MSG_NOSIGNAL);
		if (n < 0)
			return;
	}
}

static void answer(int fd, int error)
{
	char text[32];

	snprintf(text, sizeof(text), error ? "error %d\n" : "ok\n", error);
	send_all(fd, text, strlen(text));
}

static void send_dump(int fd)
{
	struct seq_file m = {};

	zmem_user_dump(&m);
	answer(fd, m.buf ? 0 : ENOMEM);
	send_all(fd, m.buf, m.count);
	shim_seq_free(&m);
}

static int control(char *words)
{
	const char *name = strsep(&words, " ");

	if (!words)
		return -EINVAL;
	if (!strcmp(name, "-"))
		return zmem_control(words);
	return zmem_user_on_cache(name, zmem_control_cache, words);
}

static void serve_request(int fd, char *line)
{
	if (!strcmp(line, "dump"))
		send_dump(fd);
	else if (str_has_prefix(line, "control "))
		answer(fd, -control(line + strlen("control ")));
	else
		answer(fd, EINVAL);
}

static void serve_one(int fd)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	char line[ZMEM_CONTROL_MAX + ZMEM_NAME_MAX + 16], *end = NULL;
	size_t length = 0;
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	while (!end && length < sizeof(line)) {
		n = recv(fd, line + length, sizeof(line) - length, 0);
		if (n <= 0)
			return;
		length += n;
		end = memchr(line, '\n', length);
	}
	if (!end)
		return answer(fd, EINVAL);
	*end = '\0';
	serve_request(fd, line);
}

static bool is_still_ours(void)
{
	struct stat st;

	return !fstat(serve.fd, &st) && S_ISSOCK(st.st_mode) && st.st_ino == serve.inode;
}

static void *serve_thread(void *unused)
{
	struct pollfd p = { .fd = serve.fd, .events = POLLIN };
	int fd;

	/* All signals are blocked here. */
	while (poll(&p, 1, -1) > 0 && is_still_ours()) {
		fd = accept4(serve.fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		serve_one(fd);
		close(fd);
	}
	return NULL;
}

/* Nobody can connect before listen(), and by then only the user may. */
static int socket_at(const char *path, const char *next)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int low = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int fd = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, FD_FROM);

	close(low);
	strscpy(to.sun_path, next);
	unlink(next);
	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)))
		goto no;
	if (chmod(next, 0600) || listen(fd, 8) || rename(next, path)) {
		unlink(next);
		goto no;
	}
	return fd;
no:
	close(fd);
	return -1;
}

static void say(const char *what)
{
	pr_err("zmem: ZMEM_STATS: %s: %s\n", serve.path, what);
}

void zmem_user_serve(void)
{
	const char *path = secure_getenv("ZMEM_STATS");
	sigset_t all, before;
	int err = errno;
	struct stat st;

	if (!path || !*path)
		return;
	if (!path_set(path))
		return say("too long for a socket");
	serve.fd = socket_at(serve.path, serve.next);
	if (serve.fd < 0 || fstat(serve.fd, &st))
		return say(strerror(errno));
	serve.inode = st.st_ino;
	serve.owner = getpid();
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	shim_daemon_start(&serve.alive, serve_thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = err;
}

/* Not over the socket of another process, which came later. */
static bool path_is_ours(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct ucred peer = {};
	socklen_t size = sizeof(peer);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strscpy(to.sun_path, serve.path);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&to, sizeof(to)))
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	close(fd);
	return peer.pid == serve.owner;
}

static void __attribute__((destructor)) leave_file(void)
{
	struct seq_file m = {};
	int fd;

	if (serve.owner != getpid() || !path_is_ours())
		return;
	zmem_user_dump(&m);
	fd = open(serve.next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || !write_all(fd, m.buf, m.count) || close(fd) ||
	    rename(serve.next, serve.path)) {
		say(strerror(errno));
		unlink(serve.next);
	}
	shim_seq_free(&m);
}
