/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Socket calls with one meaning on every system: non-blocking, not inherited,
 * no SIGPIPE, errors in errno with the POSIX names.
 *
 * NOTES.  net/ calls the system through these functions only (the batch calls
 * of net/udp_mmsg.c apart), so that tests/sim can link a simulated network
 * under the same names.  sock_posix.c and sock_win32.c hold the calls,
 * sock_opt.c the socket options.
 */

#ifndef SOCK_H
#define SOCK_H

#include "compat.h"

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
typedef SOCKET fd_t;
#define FD_NONE INVALID_SOCKET
#ifndef AI_ADDRCONFIG	/* before Vista */
#define AI_ADDRCONFIG 0
#endif
#else
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <fcntl.h>	/* has a different FD_NONE on FreeBSD */
#include <unistd.h>
typedef int fd_t;
#undef FD_NONE
#define FD_NONE (-1)
#endif

/* A socket address of either family. */
union sock_addr {
	struct sockaddr sa;		/* for calls and the family */
	struct sockaddr_in in;		/* AF_INET */
	struct sockaddr_in6 in6;	/* AF_INET6 */
	struct sockaddr_storage space;	/* size and alignment of the largest */
};

/* Bytes that the system filled in a struct sockaddr, at most `most`: BSD
 * truncates masks after their last byte that is not 0. */
#if HAVE_SA_LEN
#define SOCK_ADDR_BYTES(sa, most) \
	((sa)->sa_len < (most) ? (size_t)(sa)->sa_len : (most))
#else
#define SOCK_ADDR_BYTES(sa, most) (most)
#endif

#ifdef _WIN32
/* The errno for an error of Winsock; for the sock_ files. */
int sock_errno(int error);
#endif

/* Prepares the process for sockets: WSAStartup(), or ignores SIGPIPE.  0, or -1
 * and errno. */
int sock_init(void);

/* Raises the limit of open descriptors to its hard limit; returns the limit, or
 * 0 when there is none or it is unknown. */
unsigned long sock_raise_limit(void);

/* The text of an errno that a sock_ function left; never NULL. */
const char *sock_strerror(int error);

/* Opens a socket, e.g. (AF_INET6, SOCK_DGRAM).  FD_NONE and errno on
 * failure. */
fd_t sock_open(int family, int type);

/* A second descriptor of a socket; FD_NONE and errno on failure, ENOSYS where
 * the system has none. */
fd_t sock_dup(fd_t fd);

/* Closes; fd may be FD_NONE. */
void sock_close(fd_t fd);

/* Opens two connected sockets for waking a poller: sock_send() on pair[1], also
 * in a signal handler or a different thread, makes pair[0] readable.  0, or -1
 * and errno. */
int sock_pair(fd_t pair[2]);

/* bind(), listen(), connect() and shutdown() of the sending side: 0, or -1 and
 * errno, which is EINPROGRESS while a connection is being made. */
int sock_bind(fd_t fd, const union sock_addr *addr, socklen_t len);
int sock_listen(fd_t fd, int backlog);
int sock_connect(fd_t fd, const union sock_addr *addr, socklen_t len);
int sock_shutdown(fd_t fd);

/* Accepts the next connection; from and len may be NULL.  FD_NONE and errno on
 * failure, EAGAIN when there is none. */
fd_t sock_accept(fd_t fd, union sock_addr *from, socklen_t *len);

/* Return the bytes sent or received, 0 at end of file, or -1 and errno; EAGAIN
 * (never EWOULDBLOCK) when they would block.  They retry after EINTR. */
ssize_t sock_recv(fd_t fd, void *buf, size_t size);
ssize_t sock_send(fd_t fd, const void *buf, size_t len);

/* sock_send() on a stream to which more is going to be sent at once: where the
 * system can, the bytes wait for that, or for sock_opt_nodelay(). */
ssize_t sock_send_more(fd_t fd, const void *buf, size_t len);

/* Receives a datagram.  from and local may be NULL; local becomes the address
 * that the datagram was sent to (port 0; family AF_UNSPEC when the system does
 * not report it, or sock_opt_pktinfo() was not set).  Returns its bytes, at
 * most size, and in *truncated whether it had more; -1 and errno. */
ssize_t sock_recv_from(fd_t fd, void *buf, size_t size, union sock_addr *from,
    union sock_addr *local, bool *truncated);

/* Sends a datagram; to is NULL on a connected socket; local is NULL or the
 * source address to use (family AF_UNSPEC: none).  Returns the bytes sent, or
 * -1 and errno. */
ssize_t sock_send_to(fd_t fd, const void *buf, size_t len,
    const union sock_addr *to, socklen_t to_len, const union sock_addr *local);

/* The socket's own or the peer's address; 0, or -1 and errno. */
int sock_local(fd_t fd, union sock_addr *addr);
int sock_peer(fd_t fd, union sock_addr *addr);

/* The pending error of a socket, as an errno; 0 for none. */
int sock_error(fd_t fd);

/* Bytes in the send queue that the peer has not acknowledged; -1 when the
 * system does not report them. */
long sock_unsent(fd_t fd);

/* Those of them that were not sent at all; -1 when the system does not report
 * them. */
long sock_notsent(fd_t fd);

/* What the system reports of a TCP connection. */
struct sock_tcp {
	bool on_way;		/* bytes were sent that the peer did not
				 * acknowledge, although its window is open */
	uint32_t rtt_ms;	/* the smoothed round trip; 0: not reported */
	uint32_t rtt_us;	/* the same */
	uint32_t segments;	/* that were sent; 0: not reported */
	uint32_t again;		/* how many of them were sent once more */
	uint32_t heard_ms;	/* since the newest acknowledgement came, new
				 * or old; or SOCK_TCP_NOT_TOLD */
};

#define SOCK_TCP_NOT_TOLD UINT32_MAX

/* Asks for it; 0, or -1 and errno: ENOPROTOOPT where it is not reported. */
int sock_tcp(fd_t fd, struct sock_tcp *);

/* Does a socket of that type on the wildcard address keep others from having
 * its port on an address of its family, with the options that ours have? */
bool sock_wildcard_excludes(int type);

/*
 * Options: 0, or -1 and errno; ENOPROTOOPT where the system lacks the option,
 * so that callers need not check for it.
 */

/* For listening sockets: lets their address be bound again at once
 * (SO_REUSEADDR); on Windows, where that would let others take the port,
 * SO_EXCLUSIVEADDRUSE. */
int sock_opt_reuseaddr(fd_t fd);
int sock_opt_v6only(fd_t fd, bool on);
int sock_opt_nodelay(fd_t fd);
int sock_opt_keepalive(fd_t fd, int idle_s, int interval_s, int count);
int sock_opt_user_timeout(fd_t fd, int timeout_ms);
int sock_opt_notsent_lowat(fd_t fd, int bytes);

/* Does one socket have all that these four have set on another?  False also
 * where the system does not say. */
bool sock_opt_has_same(fd_t fd, fd_t other);
/* Before connecting or listening: the longest segment, TCP options included
 * (RFC 9293 3.7.1).  On Linux in both directions, elsewhere in those that the
 * system chooses; others refuse values that Linux takes. */
int sock_opt_mss(fd_t fd, int bytes);
/* Which routes its packets take: Linux SO_MARK; the number of a routing table
 * on FreeBSD (SO_SETFIB) and OpenBSD (SO_RTABLE), of an interface on macOS and
 * illumos (IP_BOUND_IF). */
int sock_opt_mark(fd_t fd, uint32_t mark);
int sock_opt_buffers(fd_t fd, int receive, int send);	/* bytes; 0: leave */
int sock_opt_pktinfo(fd_t fd, int family);	/* report local addresses */

/* On: datagrams are never fragmented, and those over the MTU of a path that is
 * known fail with EMSGSIZE.  Off: hosts and, of IPv4, routers fragment them. */
int sock_opt_df(fd_t fd, int family, bool on);

/* Before bind(): takes an address that this machine lacks, too, which it may
 * get later.  Only Linux lets any program do so. */
int sock_opt_freebind(fd_t fd);

/* Lets no ICMP error about one peer fail the reads of a socket with many peers:
 * SIO_UDP_CONNRESET on Windows, elsewhere nothing. */
int sock_opt_udp_quiet(fd_t fd);

#endif
