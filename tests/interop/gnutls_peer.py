# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""A DTLS client with a pre-shared key by libgnutls, for the suites with ECDHE,
which make gnutls-cli 3.7 crash when the handshake is done:

    gnutls_peer.py PORT PRIORITY IDENTITY HEXKEY

It sends datagrams of some sizes, wants them back, and tells on standard output
how it went."""

import ctypes
import ctypes.util
import os
import socket
import sys

SIZES = [1, 2, 15, 16, 17, 100, 512, 1023, 1100]

# From gnutls.h.
GNUTLS_CLIENT = 1 << 1
GNUTLS_DATAGRAM = 1 << 2
GNUTLS_CRD_PSK = 4
GNUTLS_PSK_KEY_HEX = 1
GNUTLS_SHUT_RDWR = 0


class Datum(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_uint)]


def library():
    """GnuTLS, with the types of the functions that we use; None: it is not
    installed."""
    name = ctypes.util.find_library("gnutls")
    if name is None:
        return None
    lib = ctypes.CDLL(name)
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    handle = ctypes.POINTER(ctypes.c_void_p)
    for function, result, *arguments in (
            ("init", number, handle, ctypes.c_uint),
            ("deinit", None, pointer),
            ("priority_set_direct", number, pointer, text, pointer),
            ("psk_allocate_client_credentials", number, handle),
            ("psk_set_client_credentials", number, pointer, text,
             ctypes.POINTER(Datum), number),
            ("credentials_set", number, pointer, number, pointer),
            ("transport_set_int2", None, pointer, number, number),
            ("handshake", number, pointer),
            ("error_is_fatal", number, number),
            ("session_get_desc", text, pointer),
            ("session_ext_master_secret_status", ctypes.c_uint, pointer),
            ("safe_renegotiation_status", ctypes.c_uint, pointer),
            ("record_send", ctypes.c_ssize_t, pointer, text,
             ctypes.c_size_t),
            ("record_recv", ctypes.c_ssize_t, pointer, pointer,
             ctypes.c_size_t),
            ("bye", number, pointer, number)):
        f = getattr(lib, "gnutls_" + function)
        f.restype, f.argtypes = result, arguments
    return lib


def main():
    port, priority, identity, key = sys.argv[1:]
    lib = library()
    session, psk = ctypes.c_void_p(), ctypes.c_void_p()
    assert lib.gnutls_init(ctypes.byref(session),
                           GNUTLS_CLIENT | GNUTLS_DATAGRAM) == 0
    assert lib.gnutls_priority_set_direct(session, priority.encode(),
                                          None) == 0
    assert lib.gnutls_psk_allocate_client_credentials(ctypes.byref(psk)) == 0
    assert lib.gnutls_psk_set_client_credentials(
        psk, identity.encode(), Datum(key.encode(), len(key)),
        GNUTLS_PSK_KEY_HEX) == 0
    assert lib.gnutls_credentials_set(session, GNUTLS_CRD_PSK, psk) == 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", int(port)))
        lib.gnutls_transport_set_int2(session, sock.fileno(), sock.fileno())
        while (status := lib.gnutls_handshake(session)) < 0:
            if lib.gnutls_error_is_fatal(status):
                print("failed", status, flush=True)
                sys.exit(1)
        print("suite", lib.gnutls_session_get_desc(session).decode(),
              flush=True)
        assert lib.gnutls_session_ext_master_secret_status(session)
        assert lib.gnutls_safe_renegotiation_status(session)
        room = ctypes.create_string_buffer(16384)
        for size in SIZES:
            data = os.urandom(size)
            assert lib.gnutls_record_send(session, data, size) == size
            n = lib.gnutls_record_recv(session, room, len(room))
            assert room.raw[:max(n, 0)] == data, f"{size} bytes: {n}"
        lib.gnutls_bye(session, GNUTLS_SHUT_RDWR)
        lib.gnutls_deinit(session)
    print("echoed", len(SIZES), flush=True)


if __name__ == "__main__":
    main()
