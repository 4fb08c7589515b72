# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""The page, the metrics and the health of adit.exe."""

import http.client

import pytest

from harness import PATIENCE, READY, free_port


@pytest.fixture
def page(windows, echo, tmp_path):
    """Two tunnels; the ports of the page and of the first one."""
    ports = [free_port() for _ in range(3)]
    conf = tmp_path / "adit.conf"
    conf.write_text(f"[daemon]\nstatus = 127.0.0.1:{ports[0]}\n"
                    "control = none\n" + "".join(
                        f"[tunnel t{i}]\nleft = udp-listen:127.0.0.1:"
                        f"{ports[i]}\nright = udp:127.0.0.1:{echo}\n"
                        for i in (1, 2)))
    windows.start("run", "-c", windows.path(conf)).wait(READY, count=2)
    return ports[0], ports[1]


def get(port, path, host=None):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    c.request("GET", path, headers={"Host": host or f"127.0.0.1:{port}"})
    answer = c.getresponse()
    return answer.status, answer.read().decode()


def test_the_page_shows_each_tunnel(page):
    status, text = get(page[0], "/")
    assert status == 200 and "t1" in text and "t2" in text
    assert text.rstrip().endswith("</html>") or "</script>" in text


def test_metrics_count_what_passes(page, udp):
    assert udp(page[1]).ask(b"counted") == b"counted"
    status, text = get(page[0], "/metrics")
    assert status == 200
    rows = [r for r in text.splitlines() if r.startswith("adit_")
            and "bytes" in r and 'tunnel="t1"' in r]
    assert rows and any(r.endswith(" 7") for r in rows), rows


def test_health(page):
    assert get(page[0], "/healthz") == (200, "ok\n")


def test_a_foreign_host_is_refused(page):
    assert get(page[0], "/", host="evil.example")[0] in (403, 421)
