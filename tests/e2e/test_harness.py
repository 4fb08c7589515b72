# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""What other tests rely on: answers that are late are forgotten, and no
others."""

import socket
import threading

import pytest

import harness


@pytest.fixture
def peer():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(harness.PATIENCE)
        yield s


def asked(s, peer):
    """Asks until the third attempt is answered; what came, and from where."""
    came = []

    def answer():
        while len(came) < 3:
            came.append(peer.recvfrom(100))
        peer.sendto(*came[2])

    thread = threading.Thread(target=answer)
    thread.start()
    s.ask_until_answered(b"x")
    thread.join()
    return [data for data, _ in came], came[0][1]


def test_late_answers_are_forgotten_once(peer, udp):
    s = udp(peer.getsockname()[1])
    data, source = asked(s, peer)
    assert len(set(data)) == 3
    for late in data[:2]:
        peer.sendto(late, source)
    assert s.silent_for(0.05)
    # A duplicate of one is a duplicate.
    peer.sendto(data[1], source)
    assert not s.silent_for(harness.PATIENCE)
    peer.sendto(data[2], source)
    assert s.recv(100) == data[2]


def test_lost_repeats_swallow_no_answer(peer, udp):
    s = udp(peer.getsockname()[1])
    data, source = asked(s, peer)
    # None of them arrives late, and the same is sent once more.
    s.send(data[0])
    peer.sendto(data[0], source)
    assert s.recv(100) == data[0]
    peer.sendto(data[0], source)
    assert not s.silent_for(harness.PATIENCE)
    # Nor has a second call what the first one had.
    assert not set(data[1:]) & set(asked(s, peer)[0])
