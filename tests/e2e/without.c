/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Runs a program on a kernel that lacks some of its calls and options:
 * without LIST PROGRAM [ARGUMENT]..., where LIST is names from the tables below
 * with commas in between, `all` of them, or `memory=KIBIBYTES` of address space
 * as `ulimit -v` sets it.  `without --list` prints the names.
 *
 * NOTES.  A filter of seccomp(2) makes the kernel answer as one that is too
 * old: ENOSYS for a call, ENOPROTOOPT for an option, EINVAL for a flag or a
 * request.  It holds for all processes that the program starts.
 */

#define _GNU_SOURCE

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/if_tun.h>
#include <linux/seccomp.h>

#ifndef TUNSETVNETLE
#define TUNSETVNETLE _IOW('T', 220, int)
#endif

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#ifndef SYS_epoll_create	/* which newer machines lack */
#define SYS_epoll_create SYS_epoll_create1
#endif
#ifndef SYS_eventfd
#define SYS_eventfd SYS_eventfd2
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* The names, and the calls that are answered by ENOSYS. */
static const struct {
	const char *name;
	int call;
} calls[] = {
	{ "epoll", SYS_epoll_create1 },
	{ "epoll", SYS_epoll_create },
	{ "recvmmsg", SYS_recvmmsg },
	{ "sendmmsg", SYS_sendmmsg },
	{ "accept4", SYS_accept4 },
	{ "getrandom", SYS_getrandom },
	{ "eventfd", SYS_eventfd2 },
	{ "eventfd", SYS_eventfd },
	{ "timerfd", SYS_timerfd_create },
	{ "close_range", SYS_close_range },
};

/* The names, and the options of sockets that are answered by ENOPROTOOPT. */
static const struct {
	const char *name;
	int level, option;
} options[] = {
	{ "SO_MARK", SOL_SOCKET, SO_MARK },
	{ "UDP_SEGMENT", IPPROTO_UDP, UDP_SEGMENT },
	{ "UDP_GRO", IPPROTO_UDP, UDP_GRO },
	{ "IP_PKTINFO", IPPROTO_IP, IP_PKTINFO },
	{ "IPV6_RECVPKTINFO", IPPROTO_IPV6, IPV6_RECVPKTINFO },
	{ "IP_MTU_DISCOVER", IPPROTO_IP, IP_MTU_DISCOVER },
	{ "IPV6_MTU_DISCOVER", IPPROTO_IPV6, IPV6_MTU_DISCOVER },
	{ "IP_FREEBIND", IPPROTO_IP, IP_FREEBIND },
	{ "TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT },
	{ "TCP_NOTSENT_LOWAT", IPPROTO_TCP, TCP_NOTSENT_LOWAT },
	{ "TCP_INFO", IPPROTO_TCP, TCP_INFO },
};

/* The names, and what of TUN devices is answered by EINVAL: a request of
 * ioctl(2), with any of those bits in its argument, or (0) with any. */
static const struct {
	const char *name;
	unsigned long request;
	uint32_t bits;
} requests[] = {
	{ "IFF_VNET_HDR", TUNGETFEATURES, 0 },
	{ "TUNSETOFFLOAD", TUNSETOFFLOAD, 0 },
	{ "TUNSETVNETHDRSZ", TUNSETVNETHDRSZ, 0 },
	{ "TUNSETVNETLE", TUNSETVNETLE, 0 },
	{ "TUN_F_USO4", TUNSETOFFLOAD, 0x60 },
};

/* The flags of socket(2) and socketpair(2), answered by EINVAL. */
static const char flags[] = "SOCK_NONBLOCK";

enum {
	MOST = 256,
	BIG_ENDIAN_LOW = 4 * (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__),
};

static struct sock_filter filter[MOST];
static unsigned short n;

/* Adds an instruction. */
static void
add(int code, uint32_t k, unsigned when, unsigned otherwise)
{
	if (n == MOST)
		abort();
	filter[n].code = (uint16_t)code;
	filter[n].k = k;
	filter[n].jt = (uint8_t)when;
	filter[n++].jf = (uint8_t)otherwise;
}

/* Loads the number of the call, or the low half of an argument. */
static void
load_call(void)
{
	add(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
}

static void
load_argument(unsigned i)
{
	add(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offsetof(struct seccomp_data,
	    args) + 8 * i + BIG_ENDIAN_LOW), 0, 0);
}

/* Goes on if the loaded value is k, else skips that many instructions. */
static void
is(int k, unsigned skip)
{
	add(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)k, 0, skip);
}

static void
fail(int error)
{
	add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error, 0, 0);
}

static void
refuse_call(int call)
{
	load_call();
	is(call, 1);
	fail(ENOSYS);
}

static void
refuse_option(int call, int level, int option)
{
	load_call();
	is(call, 5);
	load_argument(1);
	is(level, 3);
	load_argument(2);
	is(option, 1);
	fail(ENOPROTOOPT);
}

static void
refuse_request(unsigned long request, uint32_t bits)
{
	load_call();
	is(SYS_ioctl, bits == 0 ? 3 : 5);
	load_argument(1);
	is((int)request, bits == 0 ? 1 : 3);
	if (bits != 0) {
		load_argument(2);
		add(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
	}
	fail(EINVAL);
}

static void
refuse_flags(int call)
{
	load_call();
	is(call, 3);
	load_argument(1);
	add(BPF_JMP | BPF_JSET | BPF_K, SOCK_NONBLOCK | SOCK_CLOEXEC, 0, 1);
	fail(EINVAL);
}

/* Adds what a word of the list asks for; 0 when it is unknown. */
static int
refuse(const char *name)
{
	int all = strcmp(name, "all") == 0, known = all;
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (all || strcmp(name, calls[i].name) == 0) {
			refuse_call(calls[i].call);
			known = 1;
		}
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (all || strcmp(name, options[i].name) == 0) {
			refuse_option(SYS_setsockopt, options[i].level,
			    options[i].option);
			refuse_option(SYS_getsockopt, options[i].level,
			    options[i].option);
			known = 1;
		}
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (all || strcmp(name, requests[i].name) == 0) {
			refuse_request(requests[i].request, requests[i].bits);
			known = 1;
		}
	if (all || strcmp(name, flags) == 0) {
		refuse_flags(SYS_socket);
		refuse_flags(SYS_socketpair);
		known = 1;
	}
	return known;
}

/* Prints each name once. */
static void
list(void)
{
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (i == 0 || strcmp(calls[i].name, calls[i - 1].name) != 0)
			puts(calls[i].name);
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		puts(options[i].name);
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		puts(requests[i].name);
	puts(flags);
}

static int
limit_memory(const char *kibibytes)
{
	struct rlimit limit;

	limit.rlim_cur = limit.rlim_max =
	    (rlim_t)strtoul(kibibytes, NULL, 10) * 1024;
	return setrlimit(RLIMIT_AS, &limit);
}

int
main(int argc, char **argv)
{
	struct sock_fprog program;
	char *word;

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		list();
		return 0;
	}
	if (argc < 3) {
		fputs("usage: without LIST PROGRAM [ARGUMENT]...\n", stderr);
		return 125;
	}
	for (word = strtok(argv[1], ","); word != NULL;
	    word = strtok(NULL, ",")) {
		if (strncmp(word, "memory=", 7) == 0) {
			if (limit_memory(word + 7) == -1) {
				perror("without: setrlimit");
				return 125;
			}
		} else if (!refuse(word)) {
			fprintf(stderr, "without: %s: unknown\n", word);
			return 125;
		}
	}
	add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	program.len = n;
	program.filter = filter;
	/* Root needs no leave for it, and should go on as it would. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1 &&
	    (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1)) {
		perror("without: seccomp");
		return 125;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 126;
}
