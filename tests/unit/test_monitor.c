/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * net/monitor.h: the privileged process, asked by somebody who has taken over
 * the daemon and sends what it likes.  It needs no rights here: what it is
 * asked for, this user may do.
 *
 * NOTES.  A build without MONITOR leaves this out.
 */

#include "compat.h"

#include "tap.h"

#ifdef _WIN32

int
main(void)
{
	puts("1..0 # SKIP no such process on Windows");
	return 0;
}

#else

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "net/hook.h"
#include "net/monitor.h"
#include "net/sockaddr.h"
#include "sock_pass.h"

#include "base/log.h"

enum { MANY = 5000 };		/* requests */

static char folder[] = "/tmp/adit-test-XXXXXX";
static char conf[100], key[100], other[100], pidfile[100], program[100];
static struct addr free_at;	/* nobody listens there, */
static char free_host[32] = "127.0.0.1";	/* at this address */
static int fd = -1;		/* our end of the pair */
static pid_t pid;		/* of the process */
static struct allow_request request;
static struct monitor_reply reply;
static int passed;		/* what came with the reply */

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f == NULL)
		exit(1);
	fputs(text, f);
	fclose(f);
}

/* A configuration is a text; with "bad" it is refused, with "key" the key is
 * allowed. */
static int
read_conf(void *arg, struct allow *list, const struct allow *old,
    char text[MONITOR_WHY])
{
	struct hostport at;
	char command[120];
	const char *why;
	size_t len;
	char *words = file_read(arg, 100, &len, &why);

	(void)old;
	if (words == NULL || strstr(words, "bad") != NULL) {
		strlcpy(text, words == NULL ? why : "a bad word", MONITOR_WHY);
		free(words);
		return -1;
	}
	if (strstr(words, "key") != NULL)
		allow_add_file(list, "a", key);
	free(words);
	memset(&at, 0, sizeof(at));
	strlcpy(at.host, free_host, sizeof(at.host));
	at.port = free_at.port;
	allow_add_bind(list, "a", ALLOW_UDP, &at);
	allow_add_mark(list, "a", 7);
	snprintf(command, sizeof(command), "%s  word", program);
	allow_add_hook(list, "a", command);
	return 0;
}

static void
wipe_nothing(void *arg)
{
	(void)arg;
}

static const struct monitor_job job = {
	read_conf, wipe_nothing, conf, pidfile
};

/* Receives a reply; false at end of file. */
static bool
receive(void)
{
	if (passed >= 0)
		close(passed);
	memset(&reply, 0, sizeof(reply));
	return sock_take(fd, &reply, sizeof(reply), &passed) == 1;
}

/* Starts the process; its first reply says how it was. */
static void
start(void)
{
	int pair[2];

	if (sock_pass_pair(pair) != 0)
		exit(1);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		monitor_run(pair[1], &job);
	}
	close(pair[1]);
	fd = pair[0];
	ok(receive(), "it says that it has started");
}

/* Closes the pair; the exit status of the process. */
static int
stop(void)
{
	int status = -1;

	close(fd);
	waitpid(pid, &status, 0);
	return status;
}

static void
begin(uint32_t kind, const char *text)
{
	memset(&request, 0, sizeof(request));
	request.kind = kind;
	strlcpy(request.text, text, sizeof(request.text));
}

/* Sends the request with a descriptor (-1: none); the errno of the reply, or
 * -1 when there is none. */
static int
ask_with(int with)
{
	if (sock_pass(fd, &request, sizeof(request), with) != 0 || !receive())
		return -1;
	return reply.error;
}

static int
ask(uint32_t kind, const char *text)
{
	begin(kind, text);
	return ask_with(-1);
}

/* How many descriptors a process has; 0: the system does not say. */
static unsigned
descriptors(pid_t of)
{
	char path[50];
	unsigned n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%ld/fd", (long)of);
	dir = opendir(path);
	if (dir == NULL)
		return 0;
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static void
test_files(void)
{
	char text[10] = "";

	is_int(ask(ALLOW_OPEN, key), 0, "a file of the configuration");
	ok(passed >= 0 && read(passed, text, sizeof(text) - 1) == 3,
	    "  comes along");
	is_str(text, "KEY", "  and can be read");
	ok((fcntl(passed, F_GETFL) & O_ACCMODE) == O_RDONLY,
	    "  but not written");
	is_int(ask(ALLOW_OPEN, other), EACCES, "a different file is refused");
	is_int(passed, -1, "  and does not come along");
	ok(*reply.text != '\0', "  in words");
	is_int(ask(ALLOW_OPEN, "/etc/passwd"), EACCES, "/etc/passwd, too");
	is_int(ask(ALLOW_OPEN, conf), EACCES, "and the configuration itself");
	is_int(ask(ALLOW_LOOK, key), 0, "a look at the file");
	is_int(passed, -1, "  is without descriptor");
	is_int(reply.stamp.size, 3, "  and says its size");
	is_int(ask(ALLOW_LOOK, other), EACCES, "no look at a different one");
	is_int(reply.stamp.size, 0, "  which says nothing");
	is_int(ask(ALLOW_LOG, key), EACCES, "it is no log");
}

/* The daemon's user replaces the file by a link. */
static void
test_replaced_file(void)
{
	is_int(unlink(key), 0, "the file goes");
	is_int(ask(ALLOW_OPEN, key), ENOENT, "  and cannot be opened");
	is_int(chmod(folder, 0777), 0, "others may write to its folder");
	write_file(key, "KEY");
	is_int(ask(ALLOW_OPEN, key), EACCES, "  and it cannot be opened");
	is_int(passed, -1, "  nor comes along");
	is_int(chmod(folder, 0700), 0, "they may no longer");
	is_int(ask(ALLOW_OPEN, key), 0, "  and it can be opened");
}

/* Asks for the free address with a descriptor that it closes. */
static int
bind_with(int with)
{
	int result;

	begin(ALLOW_BIND, "");
	request.number = ALLOW_UDP;
	request.addr = free_at;
	result = ask_with(with);
	close(with);
	return result;
}

static void
test_sockets(void)
{
	int with = socket(AF_INET, SOCK_DGRAM, 0), pair[2];
	union sock_addr sa;
	struct addr at;

	begin(ALLOW_BIND, "");
	request.number = ALLOW_UDP;
	request.addr = free_at;
	is_int(ask_with(with), 0, "a socket gets its address");
	if (sock_local(with, &sa) == 0)
		sockaddr_to(&at, &sa);
	ok(addr_same(&at, &free_at), "  which it has");
	is_int(bind_with(socket(AF_INET, SOCK_DGRAM, 0)), EADDRINUSE,
	    "a second one does not");
	close(with);
	is_int(bind_with(socket(AF_INET, SOCK_STREAM, 0)), EPROTOTYPE,
	    "nor does a TCP socket for UDP");
	is_int(bind_with(socket(AF_INET6, SOCK_DGRAM, 0)), EPROTOTYPE,
	    "nor one of IPv6 for IPv4");
	is_int(bind_with(socket(AF_UNIX, SOCK_DGRAM, 0)), EPROTOTYPE,
	    "nor one of AF_UNIX");
	is_int(bind_with(open(key, O_RDONLY)), EPROTOTYPE, "nor a file");
	is_int(bind_with(open(folder, O_RDONLY)), EPROTOTYPE, "nor a folder");
	if (pipe(pair) != -1) {
		is_int(bind_with(pair[1]), EPROTOTYPE, "nor a pipe");
		close(pair[0]);
	}
	is_int(bind_with(dup(fd)), EPROTOTYPE, "nor the pair itself");
	begin(ALLOW_MARK, "");
	request.number = 7;
	with = open(key, O_RDONLY);
	is_int(ask_with(with), EPROTOTYPE, "no mark for a file");
	close(with);
	with = socket(AF_INET, SOCK_DGRAM, 0);
	request.number = 8;
	is_int(ask_with(with), EACCES, "no other mark for a socket");
	request.number = 7;
	(void)ask_with(with);
	ok(reply.error == 0 || reply.error == EPERM ||
	    reply.error == ENOPROTOOPT, "the mark, as far as the user may");
	request.addr = free_at;
	is_int(ask_with(with), EACCES, "no mark with an address");
	request.kind = ALLOW_BIND;
	request.number = ALLOW_UDP;
	request.addr.port = 22;
	is_int(ask_with(with), EACCES, "no other port");
	is_int(ask(ALLOW_TUN, "adit0"), EACCES, "no device");
	close(with);
}

/* Asks for a reload; how many files come, or -1 after an error. */
static int
reload(void)
{
	int n = 0;

	begin(ALLOW_RELOAD, "");
	if (ask_with(-1) != 0)
		return -1;
	for (; reply.more; n++)
		if (passed < 0 || !receive())
			return -1;
	return reply.error == 0 ? n : -1;
}

static void
test_reload(void)
{
	write_file(conf, "nothing");
	is_int(reload(), 1, "a reload passes the file");
	is_int(ask(ALLOW_OPEN, key), EACCES, "what is not named is refused");
	write_file(conf, "key");
	is_int(reload(), 1, "a second reload");
	is_int(ask(ALLOW_OPEN, key), 0, "what is named again is allowed");
	write_file(conf, "bad");
	is_int(reload(), -1, "a reload with a fault");
	is_str(reply.text, "a bad word", "  says it");
	is_int(ask(ALLOW_OPEN, key), 0, "  and changes nothing");
	write_file(conf, "nothing");
	is_int(chmod(conf, 0666), 0, "others may write the configuration");
	is_int(reload(), -1, "  and it is not read");
	is_int(ask(ALLOW_OPEN, key), 0, "  and changes nothing");
	chmod(conf, 0600);
	write_file(conf, "key");
	is_int(reload(), 1, "a good one is read");
}

/* Sends a message with n copies of a descriptor. */
static bool
send_many(int to, int with, unsigned n)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(16 * sizeof(int))];
	} control;
	struct iovec part = { &request, sizeof(request) };
	struct msghdr m;
	unsigned i;

	memset(&m, 0, sizeof(m));
	memset(&control, 0, sizeof(control));
	m.msg_iov = &part;
	m.msg_iovlen = 1;
	m.msg_control = &control;
	m.msg_controllen = CMSG_SPACE(n * sizeof(int));
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(n * sizeof(int));
	for (i = 0; i < n; i++)
		memcpy(CMSG_DATA(&control.head) + i * sizeof(int), &with,
		    sizeof(int));
	return sendmsg(to, &m, 0) == (ssize_t)sizeof(request);
}

/* Does a receiver get no descriptor that it has no room for?  Emulators of a
 * processor hand these over, without a number (qemu-user). */
static bool
cuts_descriptors(int with)
{
	unsigned before = descriptors(getpid());
	int pair[2], first = -1;
	bool cut = false;

	if (sock_pass_pair(pair) != 0)
		return false;
	if (send_many(pair[0], with, 16) &&
	    sock_take(pair[1], &request, sizeof(request), &first) == 1) {
		close(first);
		cut = descriptors(getpid()) == before + 2;
	}
	close(pair[0]);
	close(pair[1]);
	return cut;
}

static void
test_many(void)
{
	unsigned before = descriptors(pid), i, answered = 0, allowed = 0;
	uint32_t x = 1;
	int file;
	size_t n;
	uint8_t *bytes = (uint8_t *)&request;

	/* xorshift32: kinds, numbers, addresses and texts of any bytes. */
	for (i = 0; i < MANY; i++) {
		for (n = 0; n < sizeof(request); n++) {
			x ^= x << 13;
			x ^= x >> 17;
			x ^= x << 5;
			bytes[n] = (uint8_t)x;
		}
		if (i % 2 == 0) {
			request.kind %= 16;
			memset(request.text, 0, sizeof(request.text));
		}
		if (request.kind == ALLOW_RELOAD)
			request.number |= 1;
		if (ask_with(i % 3 == 0 ? fd : -1) < 0)
			break;
		answered++;
		allowed += reply.error == 0 || passed >= 0;
	}
	is_int(answered, MANY, "each of thousands of requests is answered");
	is_int(allowed, 0, "and refused");
	begin(ALLOW_OPEN, key);
	file = open(key, O_RDONLY);
	for (i = 0, answered = 0; i < 50; i++)
		answered += send_many(fd, file, 1 + i % 16) && receive() &&
		    reply.error == EACCES;
	is_int(answered, 50, "requests with many descriptors are refused");
	if (cuts_descriptors(file))
		is_int(descriptors(pid), before, "it keeps none of these");
	else
		ok(true, "it keeps none of these # SKIP emulators hand them over");
	close(file);
	is_int(ask(ALLOW_OPEN, key), 0, "it still serves what is allowed");
}

/* A request may come in pieces. */
static void
test_pieces(void)
{
	const char *bytes = (const char *)&request;
	size_t i;

	begin(ALLOW_OPEN, key);
	for (i = 0; i < sizeof(request); i++)
		if (send(fd, bytes + i, 1, 0) != 1)
			break;
	ok(receive() && reply.error == 0, "a request in pieces is served");
}

/* Writes a program, which others may or may not change. */
static void
write_program(const char *path, const char *text, mode_t mode)
{
	write_file(path, text);
	if (chmod(path, mode) != 0)
		exit(1);
}

/* Waits for the end of the program; its status, or -1000. */
static int
hook_status(uint32_t number)
{
	begin(ALLOW_HOOK_LOOK, "");
	request.number = number;
	do {
		if (ask_with(-1) != 0)
			return -1000;
	} while (!reply.more);
	return reply.number;
}

static void
test_programs(void)
{
	char text[300];
	uint32_t number;
	unsigned i;
	int output;
	FILE *f;
	size_t n;

	is_int(ask(ALLOW_VARIABLE, "ADIT_A=left over"), 0, "a variable");
	is_int(ask(ALLOW_HOOK, "/bin/sh -c id"), EACCES,
	    "a different program is refused");
	is_int(ask(ALLOW_VARIABLE, "LD_PRELOAD=/tmp/x"), EACCES,
	    "a variable that changes programs, too");
	is_int(ask(ALLOW_VARIABLE, "PATH=/tmp"), EACCES, "and the path");
	write_program(program, "#!/bin/sh\n"
	    "env | grep -v -e PWD -e SHLVL -e _= | sort;"
	    "echo $1; exit 3\n", 0777);
	snprintf(text, sizeof(text), "%s word", program);
	is_int(ask(ALLOW_HOOK, text), EACCES,
	    "a program that others may change is not run");
	chmod(program, 0755);
	(void)ask(ALLOW_VARIABLE, "ADIT_A=left over");
	(void)ask(ALLOW_HOOK, "/bin/sh");
	(void)ask(ALLOW_VARIABLE, "ADIT_B=1 2");
	is_int(ask(ALLOW_HOOK, text), 0, "one that only we may change is");
	number = (uint32_t)reply.number;
	output = dup(passed);
	is_int(hook_status(number), 3, "  with its status");
	n = read(output, text, 6) == 6 ? 6 : 0;
	text[n] = '\0';
	is_str(text, "ADIT_B", "  without variables of one that was refused");
	close(output);
	snprintf(text, sizeof(text), "%s word", program);
	is_int(hook_status(number), -1000, "  which is said once");
	begin(ALLOW_HOOK, text);
	(void)ask_with(-1);
	number = (uint32_t)reply.number;
	fcntl(passed, F_SETFL, 0);
	f = fdopen(dup(passed), "r");
	n = f == NULL ? 0 : fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	if (f != NULL)
		fclose(f);
	is_str(text, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
	    "/sbin:/bin\nword\n", "variables are those of one program");
	(void)hook_status(number);
	begin(ALLOW_HOOK_KILL, "");
	request.number = (uint32_t)getpid();
	is_int(ask_with(-1), EACCES, "nobody else is killed");
	request.number = 0;
	is_int(ask_with(-1), EACCES, "nor is everybody");
	request.number = UINT32_MAX;
	is_int(ask_with(-1), EACCES, "nor all that can be");
	for (i = 0; i < 100; i++)
		if (ask(ALLOW_VARIABLE, "ADIT_A=x") != 0)
			break;
	ok(i < 30, "variables are bounded");
	is_int(ask(ALLOW_VARIABLE, "ADIT_A=x"), 0, "  and not for ever");
	write_program(program, "#!/bin/sh\nexec sleep 1000\n", 0755);
	snprintf(text, sizeof(text), "%s word", program);
	for (i = 0; i < 100 && ask(ALLOW_HOOK, text) == 0; i++)
		number = (uint32_t)reply.number;
	ok(i > 1 && i < 30, "programs that run are bounded");
	begin(ALLOW_HOOK_KILL, "");
	request.number = number;
	is_int(ask_with(-1), 0, "one is killed");
	is_int(hook_status(number), -SIGKILL, "  and has ended by that");
}

/* Writes the pid file and locks it, until any descriptor of it is closed. */
static void
lock_pidfile(const char *text)
{
	struct flock lock;
	int locked;

	write_file(pidfile, text);
	locked = open(pidfile, O_RDWR | O_CLOEXEC);
	memset(&lock, 0, sizeof(lock));
	lock.l_type = F_WRLCK;
	lock.l_whence = SEEK_SET;
	if (locked < 0 || fcntl(locked, F_SETLK, &lock) != 0)
		exit(1);
}

static void
test_end(void)
{
	char text[30];

	snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	write_file(pidfile, text);
	is_int(stop(), 0, "it ends when the pair is closed");
	is_int(access(pidfile, F_OK), -1, "  and removes the pid file");
	write_file(pidfile, text);
	start();
	begin(ALLOW_OPEN, key);
	ok(shutdown(fd, SHUT_RD) == 0 && send(fd, &request, sizeof(request),
	    0) == sizeof(request), "one that cannot reply");
	is_int(stop(), 0, "  ends as well");
	is_int(access(pidfile, F_OK), -1, "  and removes the pid file");
	lock_pidfile(text);
	start();
	is_int(stop(), 0, "one whose daemon lives");
	is_int(access(pidfile, F_OK), 0, "  leaves its pid file");
	write_file(pidfile, "1\n");
	start();
	begin(ALLOW_OPEN, key);
	is_int(send(fd, &request, 100, 0), 100, "a request that is cut");
	is_int(stop(), 0, "  does not keep it");
	is_int(access(pidfile, F_OK), 0, "  nor goes the pid file of others");
}

static void
test_no_start(void)
{
	write_file(conf, "bad");
	start();
	is_int(reply.error, EINVAL, "a configuration with a fault");
	is_str(reply.text, "a bad word", "  is no start");
	is_int(ask(ALLOW_OPEN, key), EACCES, "  and allows nothing");
	stop();
}

/* Finds a port that nobody uses.  On Linux, where all of 127.0.0.0/8 is ours,
 * it is one of an address that no other program has, which could be given the
 * port meanwhile. */
static void
find_port(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	union sock_addr sa;
	socklen_t len;

#ifdef __linux__
	snprintf(free_host, sizeof(free_host), "127.77.%u.%u",
	    (unsigned)getpid() >> 8 & 255, (unsigned)getpid() & 255);
#endif
	if (addr_parse_ip(&free_at, free_host) != 0)
		exit(1);
	len = sockaddr_from(&sa, &free_at);
	if (sock_bind(s, &sa, len) != 0 || sock_local(s, &sa) != 0)
		exit(1);
	sockaddr_to(&free_at, &sa);
	close(s);
}

int
main(void)
{
	char command[100];
	struct stat st;

	passed = -1;
	if (sock_init() != 0 || stat("/tmp", &st) != 0 || st.st_uid != 0 ||
	    (st.st_mode & S_ISVTX) == 0 || mkdtemp(folder) == NULL) {
		puts("1..0 # SKIP no /tmp of root's");
		return 0;
	}
	log_set_level(LEVEL_FATAL);
	umask(022);
	snprintf(conf, sizeof(conf), "%s/conf", folder);
	snprintf(key, sizeof(key), "%s/key", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	snprintf(program, sizeof(program), "%s/program", folder);
	snprintf(pidfile, sizeof(pidfile), "%s/pid", folder);
	write_file(conf, "key");
	write_file(key, "KEY");
	write_file(other, "OTHER");
	find_port();
	start();
	is_int(reply.error, 0, "  and that all is well");
	test_files();
	test_replaced_file();
	test_sockets();
	test_reload();
	test_many();
	test_pieces();
	if (hook_works)
		test_programs();
	test_end();
	test_no_start();
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	if (system(command) != 0)
		puts("# the folder is still there");
	return done_testing();
}

#endif
