# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""The status on the web: metrics, health, and the page in a browser.

The pictures of doc/ are taken with ADIT_PICTURES=FOLDER."""

import http.client
import json
import os
import random
import re
import socket
import subprocess
import time

import pytest

from browser import Browser
from harness import PATIENCE, READY, Udp, free_port, need, refused, run, \
    until

TOKEN = "0123456789abcdef0123456789abcdef"

# Names as strangers may choose them, and as they are shown.  Identities of DTLS
# are quoted already; what else there may be is in tests/unit/test_web_reply.c.
NAMES = {
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    "\"' onmouseover=x&amp;": "\"'\\x20onmouseover=x&amp;",
    "\u202egnp.exe": "\\xe2\\x80\\xaegnp.exe",
    "<b>{name}</b>": "<b>{name}</b>",
}
KEY = "00112233445566778899aabbccddeeff"


def section(name, left, right, *more):
    return "\n".join([f"[tunnel {name}]", f"left = {left}",
                      f"right = {right}", *more, ""])


class Web:
    """A process with a status, of the sections of a configuration."""

    def __init__(self, start, folder, sections, *daemon, port=None):
        self.port = port or free_port()
        path = folder / "page.conf"
        # With a control socket of its own: others run at the same time.
        path.write_text(f"[daemon]\nstatus = 127.0.0.1:{self.port}\n"
                        f"control = {folder}/{self.port}\n" +
                        "".join(line + "\n" for line in daemon) + sections)
        path.chmod(0o600)
        self.process = start("run", "-c", path)
        self.process.wait(READY)
        self.url = f"http://127.0.0.1:{self.port}/"

    def connect(self):
        s = socket.create_connection(("127.0.0.1", self.port))
        s.settimeout(PATIENCE)
        return s

    def get(self, path="/", method="GET", **fields):
        """The answer, whose body is `text`."""
        c = http.client.HTTPConnection("127.0.0.1", self.port,
                                       timeout=PATIENCE)
        c.request(method, path, headers=fields)
        answer = c.getresponse()
        answer.text = answer.read().decode()
        c.close()
        return answer

    def raw(self, data):
        """All that is answered to some bytes."""
        with self.connect() as s:
            s.sendall(data)
            return read_all(s)

    def json(self, query=""):
        return json.loads(self.get("/status.json" + query).text)

    def metrics(self):
        """The samples of the metrics, by name and labels."""
        return {m[1]: float(m[2]) for m in re.finditer(
            r"^([^#\s].*) (\S+)$", self.get("/metrics").text, re.M)}


def carry(u, size, times=1):
    """Datagrams there and back, no two alike."""
    for _ in range(times):
        carry.number += 1
        data = b"%012d" % carry.number + b"x" * (size - 12)
        assert u.ask(data) == data


carry.number = 0


def read_all(s):
    data = b""
    while True:
        part = s.recv(65536)
        if not part:
            return data
        data += part


@pytest.fixture(scope="module", autouse=True)
def has_status(adit):
    """A build without the server has no such tests."""
    done = run(adit, "tunnel", "--status", "x", "udp-listen:127.0.0.1:1",
               "udp:127.0.0.1:1", status=2)
    if "without-status" in done.stderr:
        pytest.skip("this build has no status server")


@pytest.fixture
def tunnels(start, echo, tmp_path):
    """A client and a server of the pool over TCP, and one tunnel that cannot
    run; and the client's port."""
    client, server = free_port(), free_port()
    web = Web(start, tmp_path,
              section("home", f"udp-listen:127.0.0.1:{client}",
                      f"tcp:127.0.0.1:{server}", "right.pool = 2") +
              section("office", f"tcp-listen:127.0.0.1:{server}",
                      f"udp:127.0.0.1:{echo}") +
              section("garage", f"udp-listen:127.0.0.1:{echo}",
                      "udp:127.0.0.1:1"))
    return web, client


@pytest.fixture
def quiet(start, echo, tmp_path):
    """One tunnel that runs."""
    return Web(start, tmp_path,
               section("one", f"udp-listen:127.0.0.1:{free_port()}",
                       f"udp:127.0.0.1:{echo}"))


@pytest.fixture
def browser(tmp_path):
    browser = Browser(tmp_path / "browser")
    yield browser
    browser.close()


# --- Metrics and health -----------------------------------------------------

def promtool(text):
    """What it finds wrong."""
    done = subprocess.run(["promtool", "check", "metrics"], input=text,
                          capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr + (f"status {done.returncode}"
                                        if done.returncode else "")


def test_promtool_finds_nothing_wrong(tunnels):
    need("promtool")
    web, client = tunnels
    with Udp(client) as u:
        assert u.ask(b"hello") == b"hello"
    text = web.get("/metrics").text
    assert promtool(text) == ""
    # It is a checker that finds something.
    assert promtool("adit_x_total 1\nadit_x_total 2\n") != ""


def test_the_parser_of_prometheus_reads_the_same_numbers(tunnels):
    parser = pytest.importorskip("prometheus_client.parser")
    web, client = tunnels
    with Udp(client) as u:
        carry(u, 1000)
    families = {f.name: f for f in parser.text_string_to_metric_families(
        web.get("/metrics").text)}
    up = {s.labels["tunnel"]: s.value
          for s in families["adit_tunnel_up"].samples}
    assert up == {"home": 1, "office": 1, "garage": 0}
    carried = families["adit_tunnel_payload_bytes"]
    assert carried.type == "counter"
    for s in carried.samples:
        assert s.value == (0 if s.labels["tunnel"] == "garage" else 1000)
    assert families["adit_tunnel_flows"].type == "gauge"


def test_counters_never_go_back(tunnels):
    web, client = tunnels
    before = {}
    for n in range(5):
        with Udp(client) as u:
            carry(u, 100, 50)
        now = web.metrics()
        counters = [k for k in now if "_total{" in k]
        assert len(counters) > 60
        for k in counters:
            assert now[k] >= before.get(k, 0), k
        before = now
    assert before['adit_tunnel_datagrams_total{tunnel="home",'
                  'direction="up"}'] == 250
    assert before['adit_tunnel_flows_begun_total{tunnel="home"}'] == 5


def test_health_is_that_of_all_tunnels(tunnels, quiet):
    web, _ = tunnels
    answer = web.get("/healthz")
    assert answer.status == 503
    assert re.fullmatch(r"tunnel garage: failed: udp-listen:.* in use.*\n",
                        answer.text)
    answer = quiet.get("/healthz")
    assert (answer.status, answer.text) == (200, "ok\n")


# --- The protocol -----------------------------------------------------------

def test_answers_keep_browsers_safe(quiet):
    for path in "/", "/metrics", "/healthz", "/nothing":
        answer = quiet.get(path)
        assert answer.getheader("Content-Security-Policy").startswith(
            "default-src 'none'; ")
        assert answer.getheader("X-Content-Type-Options") == "nosniff"
        assert answer.getheader("Cross-Origin-Resource-Policy") == \
            "same-origin"
        assert answer.getheader("Referrer-Policy") == "no-referrer"
        assert answer.getheader("Cache-Control") == "no-store"
        assert answer.getheader("Connection") == "close"
        assert answer.getheader("Access-Control-Allow-Origin") is None


def test_requests_are_judged(quiet):
    def status(data):
        return int(quiet.raw(data).split(b" ", 2)[1])

    host = b"Host: localhost\r\n"
    assert status(b"GET /healthz HTTP/1.1\r\n" + host + b"\r\n") == 200
    assert status(b"GET /healthz HTTP/1.0\r\n\r\n") == 200
    assert status(b"GET /healthz HTTP/1.1\r\n\r\n") == 400
    assert status(b"GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n") \
        == 421
    assert status(b"GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n") == 421
    for method in b"POST", b"PUT", b"DELETE", b"OPTIONS", b"CONNECT":
        assert status(method + b" / HTTP/1.1\r\n" + host + b"\r\n") == 405
    assert status(b"GET / HTTP/2.0\r\n" + host + b"\r\n") == 505
    assert status(b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\n") == 414
    assert status(b"GET / HTTP/1.1\r\nX: " + b"y" * 5000) == 431
    assert status(b"GET / HTTP/1.1\r\n" + host +
                  b"Content-Length: 9\r\n\r\n123456789") == 400
    assert status(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03") == 400
    # Nothing was logged of all that, nor changed.
    assert quiet.get("/healthz").status == 200
    assert not re.search("WARN|ERROR", quiet.process.text())


def test_head_has_headers_only(quiet):
    answer = quiet.raw(b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\n") and answer.count(b"\r\n\r\n") == 1


def test_of_pipelined_requests_the_first_is_answered(quiet):
    one = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = quiet.raw(one * 20)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.endswith(b"\r\nok\n\r\n0\r\n\r\n")


def test_a_client_that_has_closed_its_side_gets_its_answer(quiet):
    with quiet.connect() as s:
        s.sendall(b"GET / HTTP/1.0\r\n\r\n")
        s.shutdown(socket.SHUT_WR)
        assert read_all(s).endswith(b"</script>")


def test_slow_clients_hold_nobody_up(quiet):
    """Sixteen send a byte at a time, sixteen more read nothing."""
    slow = []
    for request in (b"GET / HTTP/1.1\r\nHost: loc",
                    b"GET / HTTP/1.0\r\n\r\n"):
        for _ in range(16):
            s = quiet.connect()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            s.sendall(request)
            slow.append(s)
    for _ in range(20):
        assert quiet.get("/healthz").text == "ok\n"
    # The first ones have been closed for those after them.
    assert slow[0].recv(100) == b""
    for s in slow:
        s.close()


@pytest.mark.slow
def test_a_request_has_5_seconds(quiet):
    with quiet.connect() as s:
        began = time.monotonic()
        s.sendall(b"GET / HTTP/1.1\r\n")
        assert read_all(s) == b""
        assert time.monotonic() - began > 4.5


# --- Who may read it --------------------------------------------------------

def test_off_loopback_a_token_is_needed(adit, tmp_path):
    ends = "udp-listen:127.0.0.1:1", "udp:127.0.0.1:1"
    refused(adit, "tunnel", "--status", "0.0.0.0:9100", *ends, status=2,
            says=r"--status: .*set a status-token")
    path = tmp_path / "conf"
    path.write_text("[daemon]\nverbosity = info\nstatus = 0.0.0.0:9100\n" +
                    section("a", *ends))
    done = run(adit, "check", "-c", path, status=2)
    assert re.search(r"line 3: status: .*set a status-token", done.stderr)


def test_the_token_opens_and_is_shown_nowhere(adit, start, echo, tmp_path):
    (tmp_path / "token").write_text(TOKEN + "\n")
    port = free_port()
    process = start("tunnel", "--status", f"0.0.0.0:{port}",
                    "--status-token", f"file:{tmp_path}/token",
                    f"udp-listen:127.0.0.1:{free_port()}",
                    f"udp:127.0.0.1:{echo}", "-v", "debug")
    process.wait(READY)

    def status(path="/", **fields):
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        c.request("GET", path, headers=fields)
        answer = c.getresponse()
        text = answer.read().decode()
        assert TOKEN not in text
        return answer.status

    for path in "/", "/metrics", "/healthz", "/nothing":
        assert status(path) == 401
        assert status(path + "?token=" + TOKEN[:-1]) == 401
        assert status(path, Authorization="Bearer " + TOKEN + "0") == 401
    assert status(Authorization="Bearer " + TOKEN) == 200
    assert status("/metrics?token=" + TOKEN) == 200
    assert TOKEN not in process.text()
    # One on the command line is not left there.
    process = start("tunnel", "--status", f"127.0.0.1:{free_port()}",
                    "--status-token=" + TOKEN,
                    f"udp-listen:127.0.0.1:{free_port()}",
                    f"udp:127.0.0.1:{echo}")
    process.wait(READY)
    if os.path.exists("/proc/self/cmdline"):
        with open(f"/proc/{process.pid}/cmdline") as f:
            assert TOKEN not in f.read()


def test_a_token_in_a_file_that_others_can_read_is_warned_of(adit, tmp_path):
    path = tmp_path / "conf"
    path.write_text(f"[daemon]\nstatus = 0.0.0.0:1\nstatus-token = {TOKEN}\n"
                    + section("a", "udp-listen:127.0.0.1:1",
                              "udp:127.0.0.1:1"))
    path.chmod(0o644)
    done = run(adit, "check", "-c", path)
    assert done.stderr.count("a key is in this file") == 1
    assert TOKEN not in done.stdout + done.stderr
    path.chmod(0o600)
    assert run(adit, "check", "-c", path).stderr == ""


def test_further_names_are_answered(start, echo, tmp_path):
    web = Web(start, tmp_path,
              section("one", f"udp-listen:127.0.0.1:{free_port()}",
                      f"udp:127.0.0.1:{echo}"),
              "status-host = router.example,r2")
    for host, status in (("router.example", 200), ("R2:9100", 200),
                         ("router", 421), ("evil.example", 421)):
        assert web.get("/healthz", Host=host).status == status


def test_tunnels_run_while_the_address_is_taken(adit, start, echo, tmp_path):
    port, client = free_port(), free_port()
    with socket.create_server(("127.0.0.1", port)):
        web = Web(start, tmp_path,
                  section("one", f"udp-listen:127.0.0.1:{client}",
                          f"udp:127.0.0.1:{echo}"), port=port)
        web.process.wait(rf"ERROR .*status: cannot listen on 127\.0\.0\.1:"
                         rf"{port}: bind: .*in use; trying again")
        with Udp(client) as u:
            assert u.ask(b"hello") == b"hello"
    web.process.wait(rf"status: http://127\.0\.0\.1:{port}/",
                     timeout=3 * PATIENCE)
    assert web.get("/healthz").status == 200


# --- The page ---------------------------------------------------------------

def rows(browser, tunnel):
    """The table of a tunnel, without its head."""
    return browser.run(
        f"""[...document.querySelectorAll('[data-k="{tunnel}"] tbody tr')]
        .map(r => [...r.children].map(c => c.textContent))""")


def tile(browser, tunnel, label):
    """The texts under a label."""
    return browser.run(
        f"""[...document.querySelectorAll('[data-k="{tunnel}"] dl div')]
        .filter(d => d.querySelector("dt").textContent === "{label}")
        .map(d => [...d.querySelectorAll("dd")].map(e => e.textContent))
        [0]""")


def attribute(browser, tunnel, name):
    return browser.run(f"""document.querySelector('[data-k="{tunnel}"]')
        .dataset.{name}""")


def stays_at_home(browser, web):
    """Nothing but the page's origin was asked, and nothing refused."""
    assert browser.requests
    for url in browser.requests:
        assert url.startswith((web.url, "data:", "about:")), url
    assert browser.complaints == []


def compare(browser, web, name):
    """What is shown of a tunnel is what status.json and the metrics say."""
    whole = web.json()
    (t,) = [t for t in whole["tunnels"] if t["name"] == name]
    m = web.metrics()
    for way, side in ("up", "Up"), ("down", "Down"):
        assert attribute(browser, name, way) == str(t[way]["bytes"])
        assert tile(browser, name, side)[2] == \
            f"{t[way]['datagrams']:,} datagram" + \
            "s" * (t[way]["datagrams"] != 1)
        labels = f'{{tunnel="{name}",direction="{way}"}}'
        assert m["adit_tunnel_payload_bytes_total" + labels] == \
            t[way]["bytes"]
        assert m["adit_tunnel_datagrams_total" + labels] == \
            t[way]["datagrams"]
    assert tile(browser, name, "Peers") == [
        str(t["peers_total"]), f"{t['flows']} flow" + "s" * (t["flows"] != 1)]
    assert tile(browser, name, "Lost")[0] == str(sum(t["lost"].values()))
    for cause, n in t["lost"].items():
        assert m["adit_tunnel_lost_datagrams_total"
                 f'{{tunnel="{name}",cause="{cause}"}}'] == n
    shown = rows(browser, name)
    assert len(shown) == t["peers_total"] == len(t["peers"])
    for row, peer in zip(shown, t["peers"]):
        assert row[0] == (peer["name"] or "without name")
        assert row[1] == peer["address"] + ", ".join(peer["inner"])
        assert row[3] == str(peer["flows"])
        assert row[6] == str(peer["lost"])
    assert browser.run(f"""document.querySelector('[data-k="{name}"] .state')
        .textContent""") == t["state"]
    return t


def test_the_page_shows_what_status_json_says(browser, tunnels):
    web, client = tunnels
    with Udp(client) as u:
        carry(u, 1000, 123)
        browser.look(1100, 900)
        browser.go(web.url)
        browser.until("document.querySelector('#live').dataset.s === "
                      "'running'")
        assert compare(browser, web, "home")["up"]["bytes"] == 123000
        compare(browser, web, "office")
        compare(browser, web, "garage")
        assert attribute(browser, "home", "up") == "123000"
        assert attribute(browser, "home", "down") == "123000"
        assert tile(browser, "home", "Up")[1:] == ["120.1 KiB",
                                                   "123 datagrams"]
        assert tile(browser, "home", "Peers") == ["1", "1 flow"]
        assert tile(browser, "home", "Lost")[0] == "0"
        (row,) = rows(browser, "home")
        assert row[0] == "without name"
        assert row[1] == f"127.0.0.1:{u.getsockname()[1]}"
        assert row[3:7] == ["1", "120.1 KiB", "120.1 KiB", "0"]
        assert browser.run("document.querySelector('header .state')"
                           ".textContent") == "1 of 3 tunnels does not run"
        assert "in use; another program listens there" in browser.run(
            "document.querySelector('[data-k=garage] .error').textContent")
        assert browser.run("document.title") == "! Adit"
        # It goes on by itself, and keeps what the user has selected.
        browser.run("""{const r = document.createRange();
            r.selectNode(document.querySelector("[data-k=home] h2"));
            getSelection().addRange(r);}""")
        carry(u, 1000, 77)
        browser.until("document.querySelector('[data-k=home]').dataset.up "
                      "=== '200000'")
        assert tile(browser, "home", "Up")[1:] == ["195.3 KiB",
                                                   "200 datagrams"]
        assert "home" in browser.run("String(getSelection())")
        browser.until("""document.querySelectorAll('[data-k=home] svg[data-g=up] ' +
            'path')[1].getAttribute("d").split("L").length > 2""")
        assert re.fullmatch(r"[\d.]+ [kM]?bit/s",
                            tile(browser, "home", "Up")[0])
        # A second client is a peer that comes; its host is the same.
        with Udp(client) as second:
            carry(second, 100)
            browser.until("document.querySelector('[data-k=home] tbody')"
                          ".rows[0].cells[3].textContent === '2'")
    stays_at_home(browser, web)


def test_the_page_can_be_read_without_javascript(browser, tunnels):
    web, client = tunnels
    with Udp(client) as u:
        carry(u, 1000)
        browser.scripts(False)
        browser.look(1100, 900)
        browser.go(web.url)
        browser.scripts(True)
        assert tile(browser, "home", "Up") == ["", "1000 B", "1 datagram"]
        (row,) = rows(browser, "office")
        assert row[4:6] == ["1000 B", "1000 B"]
        assert browser.run("""[...document.querySelectorAll("svg")]
            .every(e => getComputedStyle(e).display === "none")""")
    stays_at_home(browser, web)


def test_a_page_that_gets_no_answer_says_so(browser, quiet):
    browser.look(1100, 900)
    browser.go(quiet.url)
    quiet.process.stop()
    browser.until("document.querySelector('#live').textContent"
                  ".startsWith('no answer for ')")
    assert browser.run("document.querySelector('#live').dataset.s") == \
        "failed"


@pytest.fixture
def strangers(dtls, start, echo, tmp_path, adit):
    """A server whose clients have chosen their names."""
    port = free_port()
    keys = tmp_path / "keys"
    keys.write_text("".join(f"{name}:{KEY}\n" for name in NAMES))
    keys.chmod(0o600)
    web = Web(start, tmp_path,
              section("vpn", f"dtls-listen:127.0.0.1:{port}",
                      f"udp:127.0.0.1:{echo}", f"left.psk-file = {keys}") +
              section("other", f"udp-listen:127.0.0.1:{free_port()}",
                      f"udp:127.0.0.1:{echo}"))
    clients = []
    for name in NAMES:
        path = tmp_path / f"key{len(clients)}"
        path.write_text(f"{name}:{KEY}\n")
        path.chmod(0o600)
        local = free_port()
        start("tunnel", f"udp-listen:127.0.0.1:{local}",
              f"dtls:127.0.0.1:{port},psk-file={path}").wait(READY)
        with Udp(local) as u:
            assert u.ask(b"hello") == b"hello"
        clients.append(local)
    return web


def test_hostile_names_are_text(browser, strangers):
    browser.look(1100, 900)
    browser.go(strangers.url)
    for _ in range(2):
        shown = sorted(row[0] for row in rows(browser, "vpn"))
        assert shown == sorted(NAMES.values())
        assert browser.run("""document.querySelectorAll(
            "script, img, [onmouseover], [onload]").length""") == 1
        # And the same after the script has read them.
        browser.until("document.querySelector('#live').dataset.s === "
                      "'running'")
    stays_at_home(browser, strangers)
    if os.path.exists("/usr/bin/promtool"):
        assert promtool(strangers.get("/metrics").text) == ""


def png_size(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return (int.from_bytes(data[16:20], "big"),
            int.from_bytes(data[20:24], "big"))


@pytest.fixture
def scene(dtls, certs, start, echo, tmp_path):
    """What a router may run: clients with names, a tunnel to elsewhere, and
    one that cannot run; and the ports of all applications."""
    vpn, port, office = free_port(), free_port(), free_port()
    names = "alice", "bob", "kitchen-tablet"
    (tmp_path / "keys").write_text("".join(f"{n}:{KEY}\n" for n in names))
    (tmp_path / "keys").chmod(0o600)
    web = Web(start, tmp_path,
              section("garage", f"udp-listen:127.0.0.1:{free_port()}",
                      "tls:garage.example:443",
                      "right.cafile = /etc/adit/garage.pem") +
              section("road-warriors", f"dtls-listen:127.0.0.1:{vpn}",
                      f"udp:127.0.0.1:{echo}",
                      f"left.psk-file = {tmp_path}/keys") +
              section("office", f"udp-listen:127.0.0.1:{office}",
                      f"tls:localhost:{port}",
                      f"right.cafile = {certs}/ca.pem", "right.pool = 2"))
    start("tunnel", f"tls-listen:127.0.0.1:{port},cert={certs}/server.pem,"
          f"key={certs}/server.key", f"udp:127.0.0.1:{echo}").wait(READY)
    ports = [office]
    for name in names:
        (tmp_path / name).write_text(f"{name}:{KEY}\n")
        (tmp_path / name).chmod(0o600)
        ports.append(free_port())
        start("tunnel", f"udp-listen:127.0.0.1:{ports[-1]}",
              f"dtls:127.0.0.1:{vpn},psk-file={tmp_path}/{name}").wait(READY)
    return web, ports


def test_the_page_fits_light_dark_and_telephone(browser, scene, udp):
    """Takes the pictures; the colours and the widths are right."""
    web, ports = scene
    pictures = os.environ.get("ADIT_PICTURES")
    applications = [udp(port) for port in ports]
    chance = random.Random(7)
    browser.look(940, 800)
    browser.go(web.url)

    def talk():
        """Some datagrams; how long the curve is."""
        for u in applications:
            carry(u, chance.randrange(300, 1300), chance.randrange(1, 8))
        return browser.run(
            "document.querySelector('svg[data-g=up] path + path')"
            ".getAttribute('d').split('L').length")

    # For the pictures, a curve that is worth looking at.
    until("there is a curve", lambda: talk() >= (57 if pictures else 3),
          timeout=200)
    for name, width, height, dark, phone in (
            ("light", 940, 800, False, False),
            ("dark", 940, 800, True, False),
            ("phone", 390, 844, False, True)):
        browser.look(width, height, dark, phone)
        data = browser.shot()
        assert png_size(data) == (width, height)
        ground = browser.run("getComputedStyle(document.body)"
                             ".backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", ground))) < 3 * 64) == dark
        # Nothing is wider than the window.
        assert browser.run("document.documentElement.scrollWidth") <= width
        if pictures:
            assert len(data) < 100_000
            with open(f"{pictures}/page-{name}.png", "wb") as f:
                f.write(data)
    stays_at_home(browser, web)
