# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Our ends of DTLS, for tests with peers that are not ours, and those."""

import subprocess

import pytest

from harness import READY, free_port, need

PSK = {
    "alice": "00112233445566778899aabbccddeeff",
    "bob": "8c9f0f6a35e17ab4a25b1d1e3c8d40f7"
           "5a6e21b0c4d39e8877665544332211f0",
}

C037 = "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256"
C0A4 = "TLS_PSK_WITH_AES_128_CCM"
C0A8 = "TLS_PSK_WITH_AES_128_CCM_8"
C0A9 = "TLS_PSK_WITH_AES_256_CCM_8"
GCM_PSK = "TLS_PSK_WITH_AES_128_GCM_SHA256"
CBC_PSK = "TLS_PSK_WITH_AES_128_CBC_SHA256"
CCAB = "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256"
CCAC = "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256"
D001 = "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256"

# What GnuTLS is to offer where the suite does not matter.
GNUTLS_SUITE = "NONE:+VERS-DTLS1.2:+COMP-NULL:+SIGN-ALL:+GROUP-ALL:+PSK:" \
    "+AES-128-CCM:+AEAD"

# The server asks for a cookie, or does not.
VERIFY = pytest.mark.parametrize("verify", [True, False],
                                 ids=["cookie", "no-cookie"])


def key_file(folder, *names):
    """A file with the keys of those, or of all."""
    path = folder / ("keys-" + "-".join(names))
    path.write_text("".join(f"{name}:{PSK[name]}\n"
                            for name in names or PSK))
    path.chmod(0o600)
    return path


def listen(start, folder, target, *keys, verify=True):
    """An `adit tunnel` that lets alice and bob in, with more keys for its
    spec; the process and its port."""
    port = free_port()
    spec = [f"dtls-listen:127.0.0.1:{port}", f"psk-file={key_file(folder)}",
            *keys]
    if not verify:
        spec.append("skip-verify")
    process = start("tunnel", "-v", "debug", ",".join(spec),
                    f"udp:127.0.0.1:{target}")
    process.wait(READY)
    return process, port


def dial(start, folder, server, *keys, name="alice"):
    """An `adit tunnel` to that port, as alice, with more keys for its spec;
    the process and the port for datagrams."""
    port = free_port()
    spec = [f"dtls:127.0.0.1:{server}",
            f"psk-file={key_file(folder, name)}", *keys]
    process = start("tunnel", "-v", "debug", f"udp-listen:127.0.0.1:{port}",
                    ",".join(spec))
    process.wait(READY)
    return process, port


def openssl(start, tool, where, port, *args, name="alice", key=None):
    """s_client or s_server, as alice or bob."""
    need("openssl")
    return start("/usr/bin/env", "openssl", tool, "-dtls1_2", where,
                 f"127.0.0.1:{port}", "-psk", key or PSK[name],
                 "-psk_identity", name, *args, stdin=subprocess.PIPE)


def gnutls_cli(start, port, *args, name="alice", key=None):
    need("gnutls-cli")
    return start("/usr/bin/env", "gnutls-cli", "--udp", "-p", port,
                 "--pskusername", name, "--pskkey", key or PSK[name], *args,
                 "127.0.0.1", stdin=subprocess.PIPE)


def gnutls_serv(start, folder, *args):
    """An echo server that knows alice and bob; the process and its port."""
    need("gnutls-serv")
    port = free_port()
    p = start("/usr/bin/env", "gnutls-serv", "--udp", "--echo", "-p", port,
              "--pskpasswd", key_file(folder), *args)
    p.wait("Echo Server listening on IPv4 .*done")
    return p, port
