# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Keep-alive over connections to software that is not ours."""

import queue
import socket
import ssl
import threading

from harness import PATIENCE, READY, free_port


class TlsServer:
    """OpenSSL, as Python has it: one connection after the other."""

    def __init__(self, cert, key):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.got = queue.Queue()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.got.put("connection")
            try:
                with self.context.wrap_socket(connection,
                                              server_side=True) as s:
                    while data := s.recv(4096):
                        self.got.put(data)
            except OSError as e:
                self.got.put(e)

    def next(self):
        return self.got.get(timeout=PATIENCE)


def test_openssl_takes_records_without_data(ca, start, udp):
    """It closes a connection on which 33 of them follow each other."""
    server = TlsServer(*ca.issue("server"))
    port = free_port()
    start("tunnel", "--idle", "0", f"udp-listen:127.0.0.1:{port}",
          f"tls:127.0.0.1:{server.port},cafile={ca.pem},no-name-check,"
          "pool=1,keepalive=0.05").wait(READY)
    s = udp(port)
    s.send(b"first")
    assert server.next() == "connection"
    assert server.next()[16:] == b"\0\5first"
    for _ in range(3):
        assert s.silent_for(2)
        assert server.got.empty()
        s.send(b"more")
        assert server.next() == b"\0\4more"
    server.listener.close()
