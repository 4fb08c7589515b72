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
#include <fcntl.h>	/* FreeBSD has another FD_NONE there */
#include <unistd.h>
typedef int fd_t;
#undef FD_NONE
#define FD_NONE (-1)
#endif

/* A socket address of either family. */
union sock_addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage space;
};

/* How many bytes of a system's own struct sockaddr there are, of at most so
 * many: BSD cuts masks off behind their last bit. */
#if HAVE_SA_LEN
#define SOCK_ADDR_BYTES(sa, most) \
	((sa)->sa_len < (most) ? (size_t)(sa)->sa_len : (most))
#else
#define SOCK_ADDR_BYTES(sa, most) (most)
#endif

#ifdef _WIN32
/* The errno that stands for an error of Winsock; for the sock_ files. */
int sock_errno(int error);
#endif

/* Makes sockets usable (WSAStartup; ignores SIGPIPE).  0, or -1 and errno. */
int sock_init(void);

/* Raises the limit of descriptors to its hard limit, where there is one;
 * returns the limit, or 0 when it is unknown. */
unsigned long sock_raise_limit(void);

/* The words for an errno that a sock_ function left; never NULL. */
const char *sock_strerror(int error);

/* A new socket, e.g. (AF_INET6, SOCK_DGRAM).  FD_NONE and errno on failure. */
fd_t sock_open(int family, int type);

/* Closes; fd may be FD_NONE. */
void sock_close(fd_t fd);

/* Two connected descriptors for waking a poller: what is written to pair[1]
 * by sock_send() (from a signal handler or another thread, too) makes pair[0]
 * readable.  0, or -1 and errno. */
int sock_pair(fd_t pair[2]);

/* bind, listen, connect, shutdown of the sending side, as POSIX has them:
 * 0, or -1 and errno; a connection under way is -1 and EINPROGRESS. */
int sock_bind(fd_t fd, const union sock_addr *addr, socklen_t len);
int sock_listen(fd_t fd, int backlog);
int sock_connect(fd_t fd, const union sock_addr *addr, socklen_t len);
int sock_shutdown(fd_t fd);

/* The next connection, non-blocking already; FD_NONE and errno (EAGAIN when
 * there is none). */
fd_t sock_accept(fd_t fd, union sock_addr *from, socklen_t *len);

/* Bytes sent or received, 0 at end of file, or -1 and errno; EAGAIN (never
 * EWOULDBLOCK) when it would block. EINTR is retried inside. */
ssize_t sock_recv(fd_t fd, void *buf, size_t size);
ssize_t sock_send(fd_t fd, const void *buf, size_t len);

/* One datagram in.  from and local may be NULL; local gets the address that
 * the datagram was sent to (port 0; family AF_UNSPEC when the system does not
 * tell, or sock_opt_pktinfo() was not set).  Returns its bytes that fit in
 * size and sets *truncated when there were more; -1 and errno. */
ssize_t sock_recv_from(fd_t fd, void *buf, size_t size, union sock_addr *from,
    union sock_addr *local, bool *truncated);

/* One datagram out; to is NULL on a connected socket; local is NULL or the
 * source address to use (family AF_UNSPEC: none).  -1 and errno on failure. */
ssize_t sock_send_to(fd_t fd, const void *buf, size_t len,
    const union sock_addr *to, socklen_t to_len, const union sock_addr *local);

/* The socket's own or the peer's address; 0, or -1 and errno. */
int sock_local(fd_t fd, union sock_addr *addr);
int sock_peer(fd_t fd, union sock_addr *addr);

/* The pending error of a socket, as an errno; 0 for none. */
int sock_error(fd_t fd);

/* Bytes in the send queue that the peer has not acknowledged, or -1 when the
 * system does not tell. */
long sock_unsent(fd_t fd);

/*
 * Options: 0, or -1 and errno; ENOPROTOOPT where the system has no such
 * thing.  Nobody needs to ask whether it has before calling.
 */

/* For listening sockets: they may be bound again at once; on Windows, where
 * that would let others take the port, SO_EXCLUSIVEADDRUSE. */
int sock_opt_reuseaddr(fd_t fd);
int sock_opt_v6only(fd_t fd, bool on);
int sock_opt_nodelay(fd_t fd);
int sock_opt_keepalive(fd_t fd, int idle_s, int interval_s, int count);
int sock_opt_user_timeout(fd_t fd, int timeout_ms);
int sock_opt_notsent_lowat(fd_t fd, int bytes);
int sock_opt_mark(fd_t fd, uint32_t mark);		/* Linux SO_MARK */
int sock_opt_buffers(fd_t fd, int receive, int send);	/* bytes; 0: leave */
int sock_opt_pktinfo(fd_t fd, int family);	/* tell local addresses */

/* Keeps ICMP errors of one peer from failing the reads of a socket with many:
 * SIO_UDP_CONNRESET on Windows, elsewhere nothing. */
int sock_opt_udp_quiet(fd_t fd);

#endif
