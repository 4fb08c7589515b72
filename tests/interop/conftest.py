# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Fixtures for tests with peers that are not ours."""

import pytest

from relay import UdpRelay


@pytest.fixture
def relay():
    """Makes relays to a server's port, with their fates."""
    relays = []

    def relay(server, fate):
        relays.append(UdpRelay(server, fate))
        return relays[-1]
    yield relay
    for r in relays:
        r.close()
