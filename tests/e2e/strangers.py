# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Strangers at a port: strangers.py PORT KIND CROWD SECONDS [HOST RATE].

Keeps a CROWD of connections to HOST, 127.0.0.1 if it is missing, makes a new
one for each that was closed, at most RATE a second, and ends after SECONDS.  What it counted is a line of JSON."""

import errno
import json
import random
import selectors
import socket
import ssl
import struct
import sys
import time

rng = random.Random(1)


def client_hello():
    """The first flight of an honest TLS client."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    tls = context.wrap_bio(incoming, outgoing)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


HELLO = client_hello()


def garbage():
    return rng.randbytes(rng.choice([1, 5, 16, 100, 1000, 20000]))


def half_handshake():
    """Half a hello, a whole one, or one with a broken second flight."""
    whole = HELLO[:-32] + rng.randbytes(32)
    return rng.choice([
        HELLO[:rng.randrange(1, len(HELLO))], HELLO, HELLO,
        HELLO + struct.pack("!BHH", 22, 0x303, 70) + rng.randbytes(70),
        whole])


def says(kind):
    """What a stranger says, and whether it closes then."""
    if kind == "all":
        kind = rng.choice(["garbage", "stall", "half", "crowd"])
    if kind == "garbage":
        return garbage(), rng.random() < 0.5
    if kind == "half":
        return half_handshake(), rng.random() < 0.2
    if kind == "crowd":
        return rng.choice([b"", b"x", HELLO]), False
    if kind == "hello":
        return HELLO, False
    return b"", False


def main(port, kind, crowd, seconds, host="127.0.0.1", rate=2000):
    select = selectors.EpollSelector()
    here, connections, most, refused = {}, 0, 0, 0
    began = time.monotonic()
    told = False

    def close(s):
        select.unregister(s)
        del here[s]
        s.close()

    while True:
        now = time.monotonic()
        if now - began >= seconds:
            break
        due = int((now - began) * rate)
        while len(here) < crowd and connections < due:
            s = socket.socket()
            s.setblocking(False)
            connections += 1
            code = s.connect_ex((host, port))
            if code not in (0, errno.EINPROGRESS):
                refused += 1
                s.close()
                continue
            here[s] = says(kind)
            select.register(s, selectors.EVENT_READ | selectors.EVENT_WRITE)
        most = max(most, len(here))
        if not told and connections >= min(crowd, 200):
            told = True
            print("here", flush=True)
        for key, events in select.select(0.005):
            s = key.fileobj
            try:
                if events & selectors.EVENT_WRITE:
                    words, leaves = here[s]
                    if words:
                        s.send(words)
                    select.modify(s, selectors.EVENT_READ)
                    if leaves:
                        close(s)
                        continue
                if events & selectors.EVENT_READ and not s.recv(65536):
                    close(s)
            except OSError:
                close(s)
    print(json.dumps(dict(connections=connections, most=most,
                          refused=refused)), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]),
         float(sys.argv[4]), *sys.argv[5:6],
         *map(int, sys.argv[6:7]))
