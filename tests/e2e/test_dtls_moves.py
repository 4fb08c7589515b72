# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""DTLS between machines with several addresses, or with another one while they
run."""

import subprocess
import sys

import pytest

from harness import READY

pytestmark = pytest.mark.usefixtures("dtls")

KEY = "00112233445566778899aabbccddeeff"
NEW_ADDRESS = """
ip address del 10.77.1.1/24 dev a1
ip address add 10.77.1.9/24 dev a1
ip route replace 10.99.0.1/32 via 10.77.1.2
"""


# Makes 127.0.0.1:4433 a server on all addresses of its machine, whose answers
# come from the one that the system chooses.
ANYWHERE = """
import select, socket
outside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
inside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
outside.bind(("0.0.0.0", 2815))
inside.connect(("127.0.0.1", 4433))
print("ready", flush=True)
while True:
    for s in select.select([outside, inside], [], [])[0]:
        if s is outside:
            data, client = outside.recvfrom(70000)
            inside.send(data)
        else:
            outside.sendto(inside.recv(70000), client)
"""


class Asker:
    """A process on a machine that asks an echo for each line that it gets,
    until it comes back, and writes it."""

    CODE = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("127.0.0.1", int(sys.argv[1])))
s.settimeout(0.2)
for line in sys.stdin:
    word, answer = line.strip(), "silence"
    for i in range(int(sys.argv[2])):
        s.send(word.encode())
        try:
            while answer != word:   # copies of answers to earlier words
                answer = s.recv(2000).decode()
            break
        except OSError:
            answer = "silence"
    print(answer, flush=True)
"""

    def __init__(self, machine, port, tries=150):
        self.process = subprocess.Popen(
            [*machine.prefix, sys.executable, "-c", self.CODE, str(port),
             str(tries)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)

    def ask(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)


@pytest.fixture
def askers():
    """Makes them."""
    made = []

    def askers(*args):
        made.append(Asker(*args))
        return made[-1]

    yield askers
    for asker in made:
        asker.end()


@pytest.fixture
def tunnel(machine, start, askers):
    """Two machines with two cables, and a tunnel between them."""
    near, far = machine("near"), machine("far")
    for i in 1, 2:
        near.connect(f"a{i}", far, f"b{i}")
        near.up(f"a{i}", f"10.77.{i}.1/24")
        far.up(f"b{i}", f"10.77.{i}.2/24")
    far.ip("address", "add", "10.99.0.1/32", "dev", "lo")
    near.ip("route", "add", "10.99.0.1/32", "via", "10.77.1.2")

    def tunnel(*more):
        start(*far.prefix, "adit", "echo", "127.0.0.1:7").wait("listening")
        server = start(*far.prefix, "adit", "tunnel", "-v", "debug",
                       ",".join(("dtls-listen:10.99.0.1:4433",
                                 f"psk={KEY}", *more)), "udp:127.0.0.1:7")
        server.wait(READY)
        client = start(*near.prefix, "adit", "tunnel", "-v", "debug",
                       "udp-listen:127.0.0.1:8", ",".join(
                           ("dtls:10.99.0.1:4433", f"psk={KEY}", *more)))
        client.wait(READY)
        return near, far, client, server, askers(near, 8)

    return tunnel


def test_an_address_that_goes_away_is_replaced(tunnel):
    near, _, client, server, asker = tunnel()
    assert asker.ask("one") == "one"
    near.sh(NEW_ADDRESS)
    assert asker.ask("two") == "two"
    client.wait("flow 1: continues from 10.77.1.9")
    server.wait("flow 1: moved from 10.77.1.1:[0-9]* to 10.77.1.9:")
    server.wait(" began")
    assert server.text().count(" began") == 1


def test_another_network_is_used_when_the_first_is_dead(tunnel):
    """Both addresses stay, so the system goes on to send from the old one,
    which gets no answers any more."""
    near, far, client, server, asker = tunnel()
    assert asker.ask("one") == "one"
    near.ip("route", "replace", "10.99.0.1/32", "via", "10.77.2.2")
    far.ip("route", "add", "blackhole", "10.77.1.1/32")
    assert asker.ask("two") == "two"
    client.wait("flow 1: continues from 10.77.2.1")
    server.wait("flow 1: moved from 10.77.1.1:[0-9]* to 10.77.2.1:")
    assert server.text().count(" began") == 1


def test_without_connection_ids_another_association_is_made(tunnel):
    near, _, client, server, asker = tunnel("no-cid")
    assert asker.ask("one") == "one"
    near.sh(NEW_ADDRESS)
    assert asker.ask("two") == "two"
    client.wait("flow 1: our address has changed; it has a new "
                "association")
    assert server.text().count(" began") == 2
    assert "flow 2" not in client.text()


@pytest.mark.parametrize("keys", ["", ",no-cid"], ids=["cid", "no-cid"])
def test_a_server_that_answers_from_another_address_is_reached(
        machine, start, askers, keys):
    """As dtlspipe's does, on a wildcard address."""
    near, far = machine("near"), machine("far")
    near.connect("a1", far, "b1")
    near.up("a1", "10.77.1.1/24")
    far.up("b1", "10.77.1.2/24", "10.77.1.3/24")
    start(*far.prefix, "adit", "echo", "127.0.0.1:7").wait("listening")
    server = start(*far.prefix, "adit", "tunnel", "dtls-listen:127.0.0.1:4433,"
                   f"psk={KEY}{keys}", "udp:127.0.0.1:7")
    server.wait(READY)
    start(*far.prefix, sys.executable, "-c", ANYWHERE).wait("ready")
    client = start(*near.prefix, "adit", "tunnel", "-v", "debug",
                   "udp-listen:127.0.0.1:8",
                   f"dtls:10.77.1.3:2815,psk={KEY}{keys}")
    client.wait(READY)
    asker = askers(near, 8)
    for word in "one", "two", "three":
        assert asker.ask(word) == word
    client.wait("flow 1: the server replies from 10.77.1.2:2815")
    server.wait(" began")
    assert server.text().count(" began") == 1
