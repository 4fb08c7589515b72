# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""A long cable between two networks: delay.py NETNS DEVICE NETNS DEVICE MS.

Makes a TUN device in each, and passes packets between them, each MS
milliseconds late.  For kernels without netem."""

import collections
import ctypes
import fcntl
import os
import selectors
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454ca, 1, 0x1000


def device(netns, name):
    """Opens a new TUN device of that network."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(netns) as f:
        if libc.setns(f.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(),
                                           IFF_TUN | IFF_NO_PI))
    return fd


def main(netns_a, name_a, netns_b, name_b, delay_s):
    a, b = device(netns_a, name_a), device(netns_b, name_b)
    other = {a: b, b: a}
    waiting = collections.deque()
    select = selectors.DefaultSelector()
    for fd in other:
        select.register(fd, selectors.EVENT_READ)
    print("here", flush=True)
    while True:
        left = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        for key, _ in select.select(left):
            try:
                while True:
                    packet = os.read(key.fd, 65536)
                    waiting.append((time.monotonic() + delay_s, key.fd,
                                    packet))
            except OSError:
                pass
        while waiting and waiting[0][0] <= time.monotonic():
            _, fd, packet = waiting.popleft()
            try:
                os.write(other[fd], packet)
            except OSError:
                pass


if __name__ == "__main__":
    main(*sys.argv[1:5], float(sys.argv[5]) / 1000)
