# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""adit.exe under wine."""

from harness import READY, free_port


def test_a_tunnel_with_a_native_peer_carries_traffic(windows, start, echo,
                                                     udp):
    server, client = free_port(), free_port()
    start("tunnel", f"tcp-listen:127.0.0.1:{server}",
          f"udp:127.0.0.1:{echo}").wait(READY)
    windows.start("tunnel", f"udp-listen:127.0.0.1:{client}",
                  f"tcp:127.0.0.1:{server}").wait(READY)
    assert udp(client).ask(b"through wine") == b"through wine"
