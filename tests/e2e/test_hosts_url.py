# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""The map of hosts from a URL: what web servers do, and what may go wrong
there.  Whatever it is, it is said, and the old map stays."""

import json
import re
import signal
import ssl
import threading

import pytest

from harness import until
from lan import Lan, Web, body, moved, ping, pings, reach, tls_context

INTERVAL = "hosts-interval=0.2,timeout=1"


@pytest.fixture
def lan(machine, start, adit):
    return Lan(machine, start, adit)


@pytest.fixture
def web(request):
    """Makes web servers."""
    made = []

    def web(*args, **options):
        made.append(Web(*args, **options))
        return made[-1]
    yield web
    for server in made:
        server.close()


def hosts(*machines):
    return json.dumps({"nodes": {f"192.168.111.{m.number}": {
        "host": m.address} for m in machines}})


def map_of(n):
    """A map of that many hosts that lead nowhere."""
    return json.dumps({"nodes": {f"10.1.{i >> 8}.{i & 255}": {
        "host": "127.0.0.1"} for i in range(n)}})


def dial(lan, m, url, more="", device="udptun"):
    """A tunnel with that map."""
    return lan.run(m, "adit", "tunnel",
                   f"tun:{device},addr=192.168.111.{m.number}/24",
                   f"ip-udp:,hosts-url={url},{INTERVAL}{more}")


def knows_web(m, web_machine):
    with open(m.etc / "hosts", "a") as f:
        f.write(f"{web_machine.address} web.example.com other.example.com\n")


def chunked(text, size=3):
    def answer(s, request):
        s.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for i in range(0, len(text), size):
            piece = text[i:i + size].encode()
            s.sendall(b"%x;x=y\r\n%s\r\n" % (len(piece), piece))
        s.sendall(b"0\r\nTrailer: z\r\n\r\n")
    return answer


def to_the_end(text, cut=False):
    """An answer without length, by a server that is old; cut: TLS is not
    ended, either."""
    def answer(s, request):
        s.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + text.encode())
        if cut:
            s.shutdown(2)
    return answer


def tagged(text, seen):
    """One with an entity tag."""
    def answer(s, request):
        found = re.search(r'If-None-Match: "one"', request)
        seen.append(bool(found))
        if found:
            s.sendall(b"HTTP/1.1 304 Not Modified\r\n\r\n")
        else:
            body(text, fields='ETag: "one"\r\n')(s, request)
    return answer


def hang(s, request):
    try:
        s.recv(1)
    except OSError:
        pass


def drip(s, request):
    """A byte now and then, for ever."""
    s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    event = threading.Event()
    for _ in range(200):
        s.sendall(b" ")
        event.wait(0.1)


def drip_fields(s, request):
    """A field now and then, for ever."""
    s.sendall(b"HTTP/1.1 200 OK\r\n")
    event = threading.Event()
    for _ in range(200):
        s.sendall(b"X: y\r\n")
        event.wait(0.1)


def slowly_moved(to):
    """A redirect that takes a while."""
    def answer(s, request):
        threading.Event().wait(0.3)
        moved(to)(s, request)
    return answer


def sent(*pieces):
    """Just these bytes, and the end of the connection."""
    def answer(s, request):
        for piece in pieces:
            s.sendall(piece)
    return answer


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def flood(fields):
    """1 GB, if it is taken."""
    def answer(s, request):
        s.sendall(f"HTTP/1.1 200 OK\r\n{fields}\r\n".encode())
        piece = b"10000\r\n" + bytes(65536) + b"\r\n" \
            if "chunked" in fields else bytes(65536)
        answer.sent = 0
        for _ in range(1 << 14):
            s.sendall(piece)
            answer.sent += len(piece)
    return answer


def test_every_kind_of_body_and_redirect(lan, web, ca):
    a, w = lan.host(), lan.host()
    knows_web(a, w)
    tls = tls_context(ca)
    answer = {
        "/plain": body(map_of(1)),
        "/chunked": chunked(map_of(2)),
        "/end": to_the_end(map_of(3)),
        "/big": body(map_of(15000)),
        "/relative/of": moved("../../plain?x=y", "301 Moved Permanently"),
        "/plain?x=y": chunked(map_of(4), 1000),
        "/query": moved("?q"), "/query?q": body(map_of(5)),
        "/seen": moved("//web.example.com/plain", "303 See Other"),
        "/secure": moved("https://web.example.com/plain",
                         "307 Temporary Redirect"),
        "/hop9": body(map_of(9)),
        **{f"/hop{n}": moved(f"/hop{n + 1}") for n in range(9)}}
    web(w, answer)
    web(w, answer, port=443, tls=tls)
    trust = f",cafile={ca.pem}"
    for scheme in "http", "https":
        for path, n in ("/plain", 1), ("/chunked", 2), ("/end", 3), \
                ("/big", 15000), ("/relative/of", 4), ("/query", 5), \
                ("/seen", 1), ("/secure", 1), ("/hop0", 9):
            dial(lan, a, f"{scheme}://web.example.com{path}", trust)
            a.daemon.wait(f"a map of {n} hosts")
            assert a.daemon.stop() == 0


def test_what_is_current_is_not_fetched_again(lan, web):
    a, w = lan.host(), lan.host()
    seen = []
    server = web(w, {"/h": moved("/real"), "/real": tagged(map_of(1), seen)})
    dial(lan, a, f"http://{w.address}/h")
    until("it asked often", lambda: len(seen) >= 4)
    assert not seen[0] and all(seen[1:])
    assert a.daemon.text().count("a map of ") == 1
    # Another text is a new map.
    server.answer["/real"] = body(map_of(2), fields='ETag: "two"\r\n')
    a.daemon.wait("a map of 2 hosts")
    # What another place calls by the same name is not asked for by it.
    elsewhere = []
    server.answer["/elsewhere"] = tagged(map_of(3), elsewhere)
    server.answer["/real"] = body(map_of(4), fields='ETag: "one"\r\n')
    a.daemon.wait("a map of 4 hosts")
    server.answer["/h"] = moved("/elsewhere")
    a.daemon.wait("a map of 3 hosts")
    until("it asked there often", lambda: len(elsewhere) >= 3)
    assert not elsewhere[0] and all(elsewhere[1:])
    # A "not modified" that nobody asked for is no answer.
    server.answer["/elsewhere"] = body("", "404 Not Found")
    server.answer["/fresh"] = sent(b"HTTP/1.1 304 Not Modified\r\n\r\n")
    server.answer["/h"] = moved("/fresh")
    assert "304" in a.daemon.wait("at .*/fresh: .*; the map before "
                                  "stays").string


def test_a_reload_fetches_at_once(lan, web, ca, tmp_path):
    a, w = lan.host(), lan.host()
    knows_web(a, w)
    server = web(w, {"/h": body(map_of(1))}, port=443,
                 tls=tls_context(ca))
    pem = tmp_path / "trusted.pem"
    pem.write_bytes(ca.pem.read_bytes())
    lan.run(a, "adit", "tunnel", "tun:udptun,addr=192.168.111.1/24",
            f"ip-udp:,hosts-url=https://web.example.com/h,cafile={pem}")
    a.daemon.wait("a map of 1 hosts")
    server.answer["/h"] = body(map_of(2))
    a.daemon.send_signal(signal.SIGHUP)
    a.daemon.wait("a map of 2 hosts")
    # One that hangs is not waited for.
    server.answer["/h"] = hang
    a.daemon.send_signal(signal.SIGHUP)
    until("it is asked", lambda: len(server.asked) >= 3)
    server.answer["/h"] = body(map_of(3))
    a.daemon.send_signal(signal.SIGHUP)
    a.daemon.wait("a map of 3 hosts")
    # Its certificates are read again, too.
    pem.write_text("none\n")
    a.daemon.send_signal(signal.SIGHUP)
    a.daemon.wait(f"ERROR .*{pem}")


def test_a_reload_reads_the_file_at_once(lan, tmp_path):
    a = lan.host()
    path = tmp_path / "hosts.json"
    path.write_text(map_of(1))
    lan.run(a, "adit", "tunnel", "tun:udptun,addr=192.168.111.1/24",
            f"ip-udp:,hosts-file={path}")
    a.daemon.wait("a map of 1 hosts")
    path.write_text(map_of(2))
    a.daemon.send_signal(signal.SIGHUP)
    a.daemon.wait("a map of 2 hosts")
    path.write_text("{")
    mark = a.daemon.mark()
    a.daemon.send_signal(signal.SIGHUP)
    a.daemon.wait(f"ERROR .*{path}: the map of hosts is no good", since=mark)
    assert a.daemon.text().count("a map of ") == 2
    path.write_text(map_of(3))
    a.daemon.send_signal(signal.SIGHUP)
    a.daemon.wait("a map of 3 hosts")


def test_map_stays_whatever_fails_later(lan, web):
    a, b, w = lan.host(), lan.host(), lan.host()
    good = body(hosts(a, b))
    server = web(w, {"/h": good})
    lan.udptun(b, "-A", a.address)
    dial(lan, a, f"http://{w.address}/h")
    reach(a, "192.168.111.2")
    huge = flood("")
    for answer, says in (
            (body("", "404 Not Found"), "404"),
            (body("", "500 Oops"), "500"),
            (body('{"nodes": {\n "10.0.0.1" {} } }'), "line 2, column 13"),
            (body(""), "line 1, column 1"),
            (body('{"nodes": {"10.0.0.1": {"host": ""}}}'), "line 1, column"),
            (lambda s, request: None, "closed by the peer"),
            (lambda s, request: s.sendall(b"SSH-2.0-x\r\n"), "HTTP"),
            (lambda s, request: s.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
             "1 of 100|connection|ended"),
            (body("", fields="Content-Encoding: gzip\r\n"), "the body is compressed"),
            (moved("/h"), "after 9 redirects.*more than 9"),
            (moved("ftp://x/"), "cannot be used: "),
            (hang, "no complete response in 1000 ms"),
            (drip, "no complete response in 1000 ms"),
            (flood("Content-Length: 1073741824\r\n"), "1048576|1 MiB|large"),
            (flood("Transfer-Encoding: chunked\r\n"), "1048576|1 MiB|large"),
            (huge, "1048576|1 MiB|large")):
        since = a.daemon.mark()
        server.answer["/h"] = answer
        line = a.daemon.wait("; the map before stays", since=since).string
        assert re.search(says, line), line
        assert pings(a, "192.168.111.2")
        since = a.daemon.mark()
        server.answer["/h"] = good
        a.daemon.wait("fetched again", since=since)
    assert huge.sent < 100 << 20
    server.close()
    a.daemon.wait("Connection refused.*; the map before stays")
    assert pings(a, "192.168.111.2")
    # It neither spins nor grows.
    assert a.daemon.text().count("the map before stays") < 20


def test_answer_that_breaks_off_or_has_no_end_is_none(lan, web):
    a, w = lan.host(), lan.host()
    answer = map_of(1).encode()
    server = web(w, {"/h": body(map_of(2))})
    dial(lan, a, f"http://{w.address}/h")
    a.daemon.wait("a map of 2 hosts")
    inside = "inside a body of chunks, after"
    for answer, says in (
            # Within a chunk, though all of the map was there; behind one;
            # before the line that ends the last one.
            (sent(CHUNKED, b"fff\r\n", answer),
             f"{inside} {len(answer)} bytes"),
            (sent(CHUNKED, b"%x\r\n" % len(answer), answer, b"\r\n"),
             f"{inside} {len(answer)} bytes"),
            (sent(CHUNKED, b"%x\r\n" % len(answer), answer, b"\r\n0\r\n"),
             f"{inside} {len(answer)} bytes"),
            (sent(CHUNKED[:-2]), "inside the answer's fields"),
            (sent(b"HTTP/1.1 200 OK\r\nX: ", b"y" * (1 << 17)),
             "more than 65536 bytes besides its body"),
            (sent(b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * (1 << 14)),
             "more than 65536 bytes besides its body"),
            (sent(CHUNKED, b"0\r\n", *[b"X: y\r\n"] * (1 << 14)),
             "more than 65536 bytes besides its body"),
            (drip_fields, "no complete response in 1000 ms"),
            (slowly_moved("/h"), "no complete response in 1000 ms")):
        since = a.daemon.mark()
        server.answer["/h"] = answer
        line = a.daemon.wait("; the map before stays", since=since).string
        assert re.search(says, line), line
        since = a.daemon.mark()
        server.answer["/h"] = body(map_of(2))
        a.daemon.wait("fetched again", since=since)
    assert "a map of 1 hosts" not in a.daemon.text()


def test_first_map_is_waited_for(lan, web):
    a, b, w = lan.host(), lan.host(), lan.host()
    lan.udptun(b, "-A", a.address)
    daemon = dial(lan, a, f"http://{w.address}:8080/h")
    daemon.wait("Connection refused.*there is no map yet")
    ping(a, "-c", 1, "-W", 1, "192.168.111.2", status=1)
    server = web(w, {"/h": body(hosts(b))}, port=8080)
    reach(a, "192.168.111.2")
    assert daemon.text().count("there is no map yet") == 1
    assert len(server.asked) >= 1


def test_certificates_are_checked(lan, web, ca, tmp_path):
    a, w = lan.host(), lan.host()
    knows_web(a, w)
    answer = {"/h": body(map_of(1)),
              "/down": moved("http://web.example.com/h")}
    web(w, answer)
    web(w, answer, port=443, tls=tls_context(ca))
    web(w, answer, port=444, tls=tls_context(
        ca, "new", minimum_version=ssl.TLSVersion.TLSv1_3))
    trust = f",cafile={ca.pem}"
    for url, more, says in (
            ("https://other.example.com/h", trust,
             r"other\.example\.com"),
            ("https://web.example.com/h", "", "CA|signed|trust"),
            ("https://web.example.com:444/h", trust,
             r"does not speak TLS 1\.2.*TLS 1\.3"),
            ("https://web.example.com:80/h", trust,
             r"does not speak TLS: an answer of a web server \(HTTP\)"),
            ("https://web.example.com/down", trust,
             "leads from https to http,")):
        daemon = dial(lan, a, url, more)
        line = daemon.wait("; there is no map yet").string
        assert re.search(says, line), line
        assert daemon.stop() == 0
    # As the original does it: any name, but not any CA.
    dial(lan, a, "https://other.example.com/h", trust + ",no-name-check")
    a.daemon.wait("a map of 1 hosts")
    assert a.daemon.stop() == 0
    dial(lan, a, "https://web.example.com/down", trust + ",no-name-check")
    a.daemon.wait("a map of 1 hosts")
    assert a.daemon.stop() == 0
    dial(lan, a, "https://other.example.com/h", ",no-name-check")
    a.daemon.wait("there is no map yet")


def test_answer_that_is_cut_is_no_answer(lan, web, ca):
    """TLS tells the end of an answer from the end of a connection."""
    a, w = lan.host(), lan.host()
    knows_web(a, w)
    web(w, {"/h": to_the_end(map_of(1), cut=True)}, port=443,
        tls=tls_context(ca))
    dial(lan, a, "https://web.example.com/h", f",cafile={ca.pem}")
    a.daemon.wait("the connection was cut.*there is no map yet")


def test_names_in_the_map_are_looked_up(lan, web):
    a, b, w = lan.host(), lan.host(), lan.host()
    with open(a.etc / "hosts", "a") as f:
        f.write(f"{b.address} b.example.com\n")
    lan.udptun(b, "-A", a.address)
    text = json.dumps({"nodes": {
        **{f"192.168.111.{n}": {"host": f"none{n}.invalid"}
           for n in range(20, 60)},
        "192.168.111.2": {"host": "b.example.com"}}})
    web(w, {"/h": body(text)})
    dial(lan, a, f"http://{w.address}/h")
    reach(a, "192.168.111.2")
    a.daemon.wait(r'"none\d+\.invalid": ')
    # Those without address are answered like those that are not there.
    assert "Destination Host Unreachable" in ping(
        a, "-c", 1, "192.168.111.20", status=1)
    assert pings(a, "192.168.111.2")


def test_mark_of_the_packets_is_that_of_the_fetch(lan, web):
    a, w = lan.host(), lan.host()
    web(w, {"/h": body(map_of(1))})
    a.sh("""ip rule add fwmark 77 prohibit
        ip rule add fwmark 78 lookup main""")
    dial(lan, a, f"http://{w.address}/h", ",mark=77")
    a.daemon.wait("ermission denied.*there is no map yet")
    assert a.daemon.stop() == 0
    dial(lan, a, f"http://{w.address}/h", ",mark=78")
    a.daemon.wait("a map of 1 hosts")
