# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""A peer that speaks DTLS 1.2 with a pre-shared key by wolfSSL:

    wolfssl_peer.py client|server PORT SUITE IDENTITY HEXKEY [GROUP]

The server echoes, one client after the other, and takes leave when it is told
BYE; the client sends datagrams of
some sizes and wants them back.  Both tell on standard output how it went."""

import ctypes
import ctypes.util
import os
import socket
import sys

BYE = b"bye"
HELLO = b"\x16"         # how the record of a handshake begins
SIZES = [1, 2, 15, 16, 17, 100, 512, 1023, 1200, 1300]
GROUPS = {"X25519": 29, "P-256": 23, "P-384": 24}

# Ask for a key: (ssl, hint, identity, its room, key, its room) and (ssl,
# identity, key, its room).
_client_psk = ctypes.CFUNCTYPE(
    ctypes.c_uint, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p,
    ctypes.c_uint, ctypes.c_void_p, ctypes.c_uint)
_server_psk = ctypes.CFUNCTYPE(
    ctypes.c_uint, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p,
    ctypes.c_uint)


def library():
    """wolfSSL, with the types of the functions that we use; None: it is not
    installed."""
    name = ctypes.util.find_library("wolfssl")
    if name is None:
        return None
    lib = ctypes.CDLL(name)
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    for function, result, *arguments in (
            ("wolfDTLSv1_2_client_method", pointer),
            ("wolfDTLSv1_2_server_method", pointer),
            ("CTX_new", pointer, pointer),
            ("CTX_set_cipher_list", number, pointer, text),
            ("CTX_set_psk_client_callback", None, pointer, _client_psk),
            ("CTX_set_psk_server_callback", None, pointer, _server_psk),
            ("new", pointer, pointer),
            ("free", None, pointer),
            ("set_fd", number, pointer, number),
            ("UseSupportedCurve", number, pointer, ctypes.c_ushort),
            ("connect", number, pointer),
            ("accept", number, pointer),
            ("read", number, pointer, pointer, number),
            ("write", number, pointer, text, number),
            ("shutdown", number, pointer),
            ("get_cipher_name", text, pointer),
            ("get_curve_name", text, pointer),
            ("get_error", number, pointer, number)):
        if not function.startswith("wolf"):
            function = "wolfSSL_" + function
        f = getattr(lib, function)
        f.restype, f.argtypes = result, arguments
    return lib


class Peer:
    def __init__(self, lib, role, suite, identity, key):
        self.lib = lib
        self.client = role == "client"
        method = lib.wolfDTLSv1_2_client_method if self.client else \
            lib.wolfDTLSv1_2_server_method
        self.context = lib.wolfSSL_CTX_new(method())
        done = lib.wolfSSL_CTX_set_cipher_list(self.context, suite.encode())
        assert done == 1, f"wolfSSL has no {suite}"
        self.identity, self.key = identity.encode(), bytes.fromhex(key)
        # Kept, or they are freed while wolfSSL still calls them.
        if self.client:
            self.psk = _client_psk(self.name_psk)
            lib.wolfSSL_CTX_set_psk_client_callback(self.context, self.psk)
        else:
            self.psk = _server_psk(self.find_psk)
            lib.wolfSSL_CTX_set_psk_server_callback(self.context, self.psk)

    def give_key(self, room):
        at, most = room
        assert len(self.key) <= most
        ctypes.memmove(at, self.key, len(self.key))
        return len(self.key)

    def name_psk(self, _ssl, _hint, identity, identity_max, *room):
        """Writes our identity and its key; the key's length."""
        print("asked", flush=True)
        name = self.identity + b"\0"
        assert len(name) <= identity_max
        ctypes.memmove(identity, name, len(name))
        return self.give_key(room)

    def find_psk(self, _ssl, identity, *room):
        """Writes the key of an identity; its length, or 0: nobody's."""
        print("identity", identity.decode(), flush=True)
        return self.give_key(room) if identity == self.identity else 0

    def open(self, sock, group=None):
        """Shakes hands; the connection."""
        ssl = self.lib.wolfSSL_new(self.context)
        self.lib.wolfSSL_set_fd(ssl, sock.fileno())
        if group:
            assert self.lib.wolfSSL_UseSupportedCurve(ssl, GROUPS[group]) == 1
        shake = self.lib.wolfSSL_connect if self.client else \
            self.lib.wolfSSL_accept
        if shake(ssl) != 1:
            print("failed", self.lib.wolfSSL_get_error(ssl, 0), flush=True)
            sys.exit(1)
        print("suite", self.lib.wolfSSL_get_cipher_name(ssl).decode(),
              flush=True)
        print("group", (self.lib.wolfSSL_get_curve_name(ssl) or b"-")
              .decode(), flush=True)
        return ssl

    def receive(self, ssl):
        """The next datagram; None: the connection is over."""
        buffer = ctypes.create_string_buffer(16384)
        n = self.lib.wolfSSL_read(ssl, buffer, len(buffer))
        return buffer.raw[:n] if n > 0 else None


def client(peer, port, group):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", port))
        ssl = peer.open(sock, group)
        for size in SIZES:
            data = os.urandom(size)
            assert peer.lib.wolfSSL_write(ssl, data, size) == size
            assert peer.receive(ssl) == data, f"no echo of {size} bytes"
        peer.lib.wolfSSL_shutdown(ssl)
        peer.lib.wolfSSL_free(ssl)
    print("echoed", len(SIZES), flush=True)


def server(peer, port):
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("127.0.0.1", port))
            print("ready", flush=True)
            # A client that was there before may still say good-bye.
            while (asked := sock.recvfrom(1, socket.MSG_PEEK))[0] != HELLO:
                sock.recv(1)
            sock.connect(asked[1])
            ssl = peer.open(sock)
            while (data := peer.receive(ssl)) not in (None, BYE):
                peer.lib.wolfSSL_write(ssl, data, len(data))
            peer.lib.wolfSSL_shutdown(ssl)
            peer.lib.wolfSSL_free(ssl)
        print("closed", flush=True)


def main():
    role, port, suite, identity, key, *more = sys.argv[1:]
    peer = Peer(library(), role, suite, identity, key)
    if role == "client":
        client(peer, int(port), *(more or [None]))
    else:
        server(peer, int(port))


if __name__ == "__main__":
    main()
