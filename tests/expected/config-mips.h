/* Written by configure; changes belong there, or on its command line. */

#define ADIT_SYSCONFDIR "/usr/local/etc"
#define ADIT_VERSION "0.1"
#define HAVE_ACCEPT4 1
#define HAVE_ARC4RANDOM_BUF 1
#define HAVE_BEARSSL 1
#define HAVE_CLOCK_GETTIME 1
#define HAVE_DTLS 1
#define HAVE_EPOLL 1
#define HAVE_EXPLICIT_BZERO 1
#define HAVE_GETENTROPY 1
#define HAVE_GETRANDOM 1
#define HAVE_IPI_SPEC_DST 1
#define HAVE_KQUEUE 0
#define HAVE_POLL 1
#define HAVE_RECVMMSG 1
#define HAVE_RTLGENRANDOM 0
#define HAVE_SENDMMSG 1
#define HAVE_SOCK_NONBLOCK 1
#define HAVE_STRLCPY 0
#define HAVE_STRNDUP 1
#define HAVE_TLS 1
#define HAVE_TUN 1
#define _FILE_OFFSET_BITS 64
#define _GNU_SOURCE 1
#define _TIME_BITS 64
