# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""A UDP relay between clients and a server, which sees each datagram, and
loses, changes or holds it."""

import random
import selectors
import socket
import threading

UP, DOWN = "up", "down"


class Message:
    """The handshake message that a datagram of DTLS begins with."""

    CLIENT_HELLO, SERVER_HELLO, HELLO_VERIFY_REQUEST = 1, 2, 3
    CLIENT_KEY_EXCHANGE = 16

    def __init__(self, data):
        plain = len(data) > 25 and data[0] == 22 and data[3:5] == b"\0\0"
        self.type = data[13] if plain else None
        self.seq = int.from_bytes(data[17:19], "big") if plain else None


class UdpRelay:
    """Passes on what fate(way, data) returns: the datagram, a different one, or
    None.  It is called from the relay's thread."""

    def __init__(self, server, fate):
        self.server = ("127.0.0.1", server)
        self.fate = fate
        self.front = self._socket()
        self.port = self.front.getsockname()[1]
        self.select = selectors.DefaultSelector()
        self.select.register(self.front, selectors.EVENT_READ, None)
        self.back = {}          # by client: its socket towards the server
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.closed = False
        self.thread.start()

    @staticmethod
    def _socket():
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("127.0.0.1", 0))
        return s

    def rebind(self, client=None):
        """From now on the clients, or that one, have a new port, as behind a
        NAT.  From fate() only."""
        for c in [client] if client else list(self.back):
            self.select.unregister(self.back[c])
            self.back.pop(c).close()

    def _back_of(self, client):
        if client not in self.back:
            self.back[client] = self._socket()
            self.select.register(self.back[client], selectors.EVENT_READ,
                                 client)
        return self.back[client]

    def _run(self):
        while not self.closed:
            for key, _ in self.select.select(0.2):
                try:
                    data, source = key.fileobj.recvfrom(65536)
                except OSError:         # ICMP, or fate() has closed it
                    continue
                self._pass(key.data, data, source)

    def _pass(self, client, data, source):
        data = self.fate(UP if client is None else DOWN, data)
        if data is None:
            return
        try:
            if client is None:
                self._back_of(source).sendto(data, self.server)
            else:
                self.front.sendto(data, client)
        except OSError:
            pass

    def close(self):
        self.closed = True
        self.thread.join()
        for s in [self.front, *self.back.values()]:
            s.close()


class Lossy:
    """A fate that loses so many of 100 datagrams.  Which of them is decided for
    each way by the seed."""

    def __init__(self, seed, loss=30):
        self.loss = loss
        self.chance = {UP: random.Random(seed), DOWN: random.Random(-seed)}
        self.came = {UP: 0, DOWN: 0}
        self.lost = 0

    def __call__(self, way, data):
        self.came[way] += 1
        if self.chance[way].random() * 100 < self.loss:
            self.lost += 1
            return None
        return data
