# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Every carrier between adit.exe and a program of this machine."""

import os

import pytest

import harness
from harness import READY, free_port

PSK = "00112233445566778899aabbccddeeff"
SIZES = 1, 500, 1400
FLOWS = 20


def ends(left, right):
    """The arguments of a server and of a client, for `adit tunnel`."""
    return (("tunnel", left, "udp:127.0.0.1:{target}"),
            ("tunnel", "udp-listen:127.0.0.1:{here}", right))


OWN = "cert={server_pem},key={server_key}"
GCM = "TLS_PSK_WITH_AES_128_GCM_SHA256"
CBC = "TLS_PSK_WITH_AES_128_CBC_SHA256"

# {port} is the one that the carrier uses.
CARRIERS = {
    "udp": ends("udp-listen:127.0.0.1:{port}", "udp:127.0.0.1:{port}"),
    "tcp": ends("tcp-listen:127.0.0.1:{port}", "tcp:127.0.0.1:{port}"),
    "tls": ends("tls-listen:127.0.0.1:{port}," + OWN,
                "tls:127.0.0.1:{port},cafile={ca_pem}"),
    "uott": ends("uott-listen:127.0.0.1:{port}", "uott:127.0.0.1:{port}"),
    "uott-tls": ends("uott-listen:127.0.0.1:{port},tls," + OWN,
                     "uott:127.0.0.1:{port},tls,cafile={ca_pem}"),
    "udp2tcp": ends("udp2tcp-listen:127.0.0.1:{port}",
                    "udp2tcp:127.0.0.1:{port}"),
    "dtls-gcm": ends("dtls-listen:127.0.0.1:{port},psk=" + PSK,
                     f"dtls:127.0.0.1:{{port}},psk={PSK},ciphers={GCM}"),
    "dtls-cbc": ends("dtls-listen:127.0.0.1:{port},psk=" + PSK,
                     f"dtls:127.0.0.1:{{port}},psk={PSK},ciphers={CBC}"),
    "uotp": (
        ("uotp-server", "-c", "{server_pem}", "-k", "{server_key}", "-a",
         "127.0.0.1", "-p", "{port}", "127.0.0.1", "{target}"),
        ("uotp-client", "-C", "{ca_pem}", "-p", "{here}", "127.0.0.1",
         "{port}")),
    "uotp-no-tls": (
        ("uotp-server", "--no-tls", "-a", "127.0.0.1", "-p", "{port}",
         "127.0.0.1", "{target}"),
        ("uotp-client", "--no-tls", "-p", "{here}", "127.0.0.1", "{port}")),
    "dtlspipe": (
        ("dtlspipe", "-psk", PSK, "-rate-limit", "1000/1s", "server",
         "127.0.0.1:{port}", "127.0.0.1:{target}"),
        ("dtlspipe", "-psk", PSK, "-rate-limit", "1000/1s", "client",
         "127.0.0.1:{here}", "127.0.0.1:{port}")),
}


def echoed(source, data):
    """Waits for that datagram; late answers to repeated ones come before."""
    source.send(data)
    while source.recv(70000) != data:
        pass


@pytest.mark.parametrize("role", ["client", "server"])
@pytest.mark.parametrize("carrier", CARRIERS)
def test_every_carrier_with_a_native_peer(windows, start, certs, echo, udp,
                                          carrier, role):
    """Datagrams of all sizes, many flows, and again after the peer was
    restarted."""
    words = {"port": free_port(), "here": free_port(), "target": echo}
    server, client = CARRIERS[carrier]

    def arguments(args, path):
        files = {name.replace(".", "_"): path(str(certs / name))
                 for name in ("server.pem", "server.key", "ca.pem")}
        return [arg.format(**words, **files) for arg in args]

    def native(args):
        process = start(*arguments(args, str))
        process.wait(READY)
        return process

    def foreign(args):
        windows.start(*arguments(args, windows.path)).wait(READY)

    if role == "client":
        peer, restart = native(server), server
        foreign(client)
    else:
        foreign(server)
        peer, restart = native(client), client
    sources = [udp(words["here"]) for _ in range(FLOWS)]
    # Before handshakes are done some carriers lose a datagram.
    sources[0].ask_until_answered(timeout=3 * harness.PATIENCE)
    for source in sources:
        for size in SIZES:
            echoed(source, os.urandom(size))
    peer.kill()
    native(restart)
    sources[0].ask_until_answered(timeout=6 * harness.PATIENCE)
    for size in SIZES:
        echoed(sources[0], os.urandom(size))


@pytest.mark.parametrize("args", [
    ("tunnel", "tun:", "udp:127.0.0.1:9"),
    ("tunnel", "udp-listen:127.0.0.1:0", "tun:"),
    ("udptun", "-A", "127.0.0.1"),
    ("udptunnel", "{config}"),
], ids=" ".join)
def test_one_line_says_that_there_is_no_tun(windows, tmp_path, args):
    config = tmp_path / "config.json"
    config.write_text('{"TunnelAddress": "10.0.0.1", "NetworkAddress": '
                      '"127.0.0.1:8000", "AllowedPorts": [22]}')
    done = windows.run(*(a.format(config=windows.path(config)) for a in args),
                       status=1)
    errors = [line for line in done.stderr.splitlines() if " ERROR " in line]
    assert len(errors) == 1, done.stderr
    assert "Adit knows no TUN devices of this system" in errors[0]
