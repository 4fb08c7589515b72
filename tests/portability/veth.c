/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * veth NAME PEER PID: makes a cable between this network and that of a process,
 * for systems whose `ip` cannot.
 */

#include <sys/socket.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

static union {
	struct nlmsghdr head;
	char space[512];
} message;

static char *
end(void)
{
	return message.space + NLMSG_ALIGN(message.head.nlmsg_len);
}

/* Adds an attribute, which later ones may be put into. */
static struct rtattr *
attribute(int type, const void *data, size_t n)
{
	struct rtattr *a = (struct rtattr *)(void *)end();

	a->rta_type = (unsigned short)type;
	a->rta_len = (unsigned short)RTA_LENGTH(n);
	if (n > 0)
		memcpy(RTA_DATA(a), data, n);
	message.head.nlmsg_len = (uint32_t)(end() - message.space) +
	    RTA_SPACE(n);
	return a;
}

/* Ends one that others are in. */
static void
close_attribute(struct rtattr *a)
{
	a->rta_len = (unsigned short)(end() - (char *)a);
}

int
main(int argc, char **argv)
{
	struct ifinfomsg peer;
	struct rtattr *info, *data, *other;
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	struct nlmsgerr *error;
	char reply[1024];
	uint32_t pid;

	if (argc != 4 || fd == -1)
		return 2;
	pid = (uint32_t)strtoul(argv[3], NULL, 10);
	memset(&peer, 0, sizeof(peer));
	message.head.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg));
	message.head.nlmsg_type = RTM_NEWLINK;
	message.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL |
	    NLM_F_ACK;
	attribute(IFLA_IFNAME, argv[1], strlen(argv[1]) + 1);
	info = attribute(IFLA_LINKINFO, NULL, 0);
	attribute(IFLA_INFO_KIND, "veth", 5);
	data = attribute(IFLA_INFO_DATA, NULL, 0);
	other = attribute(VETH_INFO_PEER, &peer, sizeof(peer));
	attribute(IFLA_IFNAME, argv[2], strlen(argv[2]) + 1);
	attribute(IFLA_NET_NS_PID, &pid, sizeof(pid));
	close_attribute(other);
	close_attribute(data);
	close_attribute(info);
	if (send(fd, &message, message.head.nlmsg_len, 0) == -1 ||
	    recv(fd, reply, sizeof(reply), 0) < (ssize_t)NLMSG_LENGTH(
	    sizeof(*error)))
		return 1;
	error = (struct nlmsgerr *)(void *)(reply + NLMSG_HDRLEN);
	if (error->error != 0)
		fprintf(stderr, "veth: %s\n", strerror(-error->error));
	return error->error != 0;
}
