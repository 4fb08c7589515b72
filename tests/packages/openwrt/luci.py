# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Loads the views of the LuCI application with LuCI's own client code.

luci.py LUCI WHAT [PICTURE]: LUCI is a folder with LuCI's sources, WHAT one of
status, forms, mini, protocol; a picture of the page is written to PICTURE.  The
router is recorded answers.
"""

import http.server
import json
import os
import pathlib
import re
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).parent
SOURCES = HERE.parent.parent.parent
APP = SOURCES / "contrib/openwrt/luci-app-adit"
sys.path[:0] = [str(SOURCES / "tests"), str(SOURCES / "tests/e2e")]

# pylint: disable=wrong-import-position
from browser import Browser  # noqa: E402

LUCI = pathlib.Path(sys.argv[1])
ROOTS = [APP / "htdocs", LUCI / "modules/luci-base/htdocs",
         LUCI / "themes/luci-theme-bootstrap/htdocs"]
TYPES = {".js": "text/javascript", ".css": "text/css",
         ".svg": "image/svg+xml", ".png": "image/png"}

PAGE = """<!DOCTYPE html>
<html lang="en" data-darkmode="false"><head><meta charset="utf-8">
<title>Router</title>
<link rel="stylesheet" href="/luci-static/bootstrap/cascade.css">
<link rel="icon" href="data:,">
<script>window.TR = {};</script>
<script src="/luci-static/resources/cbi.js"></script></head>
<body class="lang_en" data-page="x"><header><a class="brand" href="/">OpenWrt</a>
<ul class="nav" id="topmenu" style="display:none"></ul>
<div id="indicators" class="pull-right"></div></header>
<div id="maincontent" class="container"><div id="tabmenu"></div>
<script src="/luci-static/resources/luci.js"></script>
<script>L = new LuCI(ENV);</script>
<div id="view"><script>
L.require('ui').then(ui => ui.instantiateView('VIEW'));
</script></div></div>
<footer><span></span><ul id="modemenu" style="display:none"></ul></footer>
<script>L.require('menu-bootstrap')</script></body></html>
"""

# A view that shows what the protocol has in Network, Interfaces.
PROTOCOL_VIEW = """'use strict';
'require view';
'require form';
'require network';
'require protocol.adit as proto';
return view.extend({
    load: function() { return network.flushCache(); },
    render: function() {
        const m = new form.Map('network', 'Interface');
        const s = m.section(form.NamedSection, 'vpn', 'interface');
        s.tab('general', 'General');
        s.tab('advanced', 'Advanced');
        return network.getNetwork('vpn').then(n => {
            document.body.dataset.name = n.getI18n() + ' ' + n.getIfname();
            n.renderFormOptions(s);
            return m.render();
        });
    }
});
"""


def menu():
    """The tree that LuCI's server makes of the files in menu.d."""
    tree = {"satisfied": True, "children": {
        "admin": {"satisfied": True, "title": "Administration", "order": 10,
                  "action": {"type": "firstchild", "recurse": True},
                  "children": {}}}}
    nodes = {"admin/status": {"title": "Status", "order": 20},
             "admin/services": {"title": "Services", "order": 40},
             "admin/network": {"title": "Network", "order": 50}}
    nodes |= json.loads((APP / "root/usr/share/luci/menu.d/luci-app-adit.json")
                        .read_text())
    for path, node in nodes.items():
        at = tree
        for name in path.split("/")[:-1]:
            at = at["children"][name]
        at.setdefault("children", {})[path.split("/")[-1]] = {
            "satisfied": True, "action": {"type": "firstchild"}, **node}
    return tree


def allowed(rpc_object, method):
    """Whether the ACL of the application has it; LuCI's own calls have."""
    acl = json.loads((APP / "root/usr/share/rpcd/acl.d/luci-app-adit.json")
                     .read_text())
    return rpc_object not in ("adit", "rc") or any(
        method in group.get(right, {}).get("ubus", {}).get(rpc_object, [])
        for group in acl.values() for right in ("read", "write"))


class Router(http.server.ThreadingHTTPServer):
    """What the browser talks to."""

    daemon_threads = True

    def __init__(self, view, answers):
        super().__init__(("127.0.0.1", 0), Handler)
        self.view = view
        self.answers = answers      # "object method": an answer, or a list
        self.calls = []             # (object, method, arguments)
        self.refused = []
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self):
        return f"http://127.0.0.1:{self.server_port}/cgi-bin/luci/"

    def answer(self, message):
        if message["method"] == "list":
            return {"id": message["id"], "jsonrpc": "2.0", "result": {}}
        _, rpc_object, method, arguments = message["params"]
        arguments = {k: v for k, v in arguments.items()
                     if k != "ubus_rpc_session"}
        name = f"{rpc_object} {method}"
        with self.lock:
            self.calls.append((rpc_object, method, arguments))
            if not allowed(rpc_object, method):
                self.refused.append(name)
                result = [6]
            else:
                answer = self.answers.get(
                    f"{name} {arguments.get('config')}",
                    self.answers.get(name, {}))
                if isinstance(answer, list):
                    answer = answer.pop(0) if len(answer) > 1 else answer[0]
                result = [0, answer]
        return {"id": message["id"], "jsonrpc": "2.0", "result": result}

    def called(self, rpc_object, method):
        with self.lock:
            return [c[2] for c in self.calls if c[:2] == (rpc_object, method)]


class Handler(http.server.BaseHTTPRequestHandler):
    """A request."""

    protocol_version = "HTTP/1.1"

    def reply(self, body, content_type, status=200):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):  # pylint: disable=invalid-name
        text = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            asked = json.loads(text)
        except ValueError:
            self.reply(b"{}", "application/json")
            return
        if isinstance(asked, list):
            said = [self.server.answer(message) for message in asked]
        else:
            said = self.server.answer(asked)
        self.reply(json.dumps(said).encode(), "application/json")

    def do_GET(self):  # pylint: disable=invalid-name
        path = self.path.split("?")[0]
        if path.startswith("/cgi-bin/luci/admin/menu"):
            self.reply(json.dumps(menu()).encode(), "application/json")
        elif path.startswith("/cgi-bin/"):
            at = ["admin", "services", *self.server.view.split("/")]
            env = {"media": "/luci-static/bootstrap",
                   "resource": "/luci-static/resources",
                   "scriptname": "/cgi-bin/luci", "pathinfo": "/x",
                   "requestpath": at, "dispatchpath": at, "pollinterval": 1,
                   "ubuspath": "/ubus/", "sessionid": "0" * 32,
                   "token": "0" * 32, "apply_rollback": 90,
                   "apply_holdoff": 4, "apply_timeout": 5,
                   "apply_display": 1.5, "nodespec": {"satisfied": True}}
            page = PAGE.replace("ENV", json.dumps(env)).replace(
                "VIEW", self.server.view)
            self.reply(page.encode(), "text/html")
        elif path.endswith("/view/test/protocol.js"):
            self.reply(PROTOCOL_VIEW.encode(), "text/javascript")
        else:
            for root in ROOTS:
                file = root / path.lstrip("/")
                if file.is_file():
                    self.reply(file.read_bytes(), TYPES.get(
                        file.suffix, "application/octet-stream"))
                    return
            self.reply(b"", "text/plain", 404)

    def log_message(self, *_):
        pass


def recorded(name):
    return json.loads((HERE / "luci" / name).read_text())


# What a peer may be named, and others may say.
MARKUP = '<img src="x" onerror="document.body.dataset.ran = 1"><b>%s&amp;'
MARKUPS = "document.querySelectorAll('img[src=x], [onerror]').length"


def no_markup(browser, seen=None):
    """MARKUP is on the page as it is, and made nothing."""
    if seen:
        browser.until(f"({seen}).includes({json.dumps(MARKUP)})")
    assert browser.run(MARKUPS) == 0, browser.run("document.body.innerHTML")
    assert browser.run("document.body.dataset.ran ?? ''") == ""


def strangers(document):
    """The document, where all that comes from outside is MARKUP."""
    process = document["daemon"]
    process["process"]["version"] = MARKUP
    document["interfaces"][MARKUP] = document["interfaces"]["vpn"]
    for tunnel in process["tunnels"]:
        tunnel["name"] = MARKUP
        tunnel["last_error"] = {"time_s": 1796051200, "text": MARKUP}
        tunnel["lost"] = {MARKUP: 3}
        for end in (tunnel["left"], tunnel["right"]):
            end |= {"kind": MARKUP, "address": MARKUP, "protocol": MARKUP,
                    "suite": MARKUP, "peer_address": MARKUP,
                    "peer_name": MARKUP}
        for peer in tunnel["peers"]:
            peer |= {"name": MARKUP, "address": MARKUP}
    process["tunnels"][0]["state"] = MARKUP
    return document


def picture(browser, width, height):
    if len(sys.argv) > 3:
        browser.look(width, height)
        browser.run("new Promise(done => requestAnimationFrame(() => "
                    "requestAnimationFrame(done)))")
        pathlib.Path(sys.argv[3]).write_bytes(browser.shot())


def press(browser, title):
    """Presses a button of the page, and waits until it has its answer."""
    browser.run("[...document.querySelectorAll('button')].find(b => "
                f"b.innerText.trim() == '{title}').click()")
    browser.until("!document.querySelector('button.spinning')")


def status(router, browser):
    """Figures, rates, an error, peers; and what the buttons ask for."""
    router.answers["adit status"] = [recorded("status-1.json"),
                                     recorded("status-2.json")]
    browser.look(960, 620)
    browser.go(router.url())
    text = "document.querySelector('#adit-status').innerText"
    browser.until(f"document.querySelector('#adit-status') && "
                  f"{text}.includes('Mbit/s')")
    said = browser.run(text)
    for words in ("wireguard", "tls:vpn.example.com:443", "8 connections",
                  "TLS 1.2", "alice", "Interface vpn", "23.4 ms",
                  "connection refused", "certificate: 12 days"):
        assert words in said, (words, said)
    picture(browser, 960, 620)
    for title, call in (("Reconnect", ("adit", "reconnect")),
                        ("Drop", ("adit", "drop")),
                        ("Reload", ("adit", "reload")),
                        ("Stop", ("adit", "service"))):
        press(browser, title)
        assert router.called(*call), title
    assert router.called("adit", "reconnect")[0] == {"tunnel": "wireguard"}
    assert router.called("adit", "drop")[0] == {"tunnel": "server",
                                                "peer": "alice"}
    assert router.called("adit", "service")[0] == {"action": "stop"}
    assert not browser.run(MARKUPS)
    # What others say is text.
    with router.lock:
        router.answers |= {"adit status": strangers(recorded("status-2.json")),
                           "adit reload": {"code": 1, "text": MARKUP}}
    no_markup(browser, text)
    said = browser.run(text)
    for words in (f"Version {MARKUP}", f"ago: {MARKUP}", f"Peers of {MARKUP}",
                  f"Interface {MARKUP}", f"{MARKUP}:{MARKUP}",
                  f"{MARKUP} ({MARKUP})"):
        assert words in said, (words, said)
    press(browser, "Reload")
    no_markup(browser, "document.querySelector('.alert-message.danger')"
              "?.innerText ?? ''")
    # Nothing runs: the page says so, and goes on asking.
    with router.lock:
        router.answers["adit status"] = {"daemon": None, "interfaces": {}}
    browser.until(f"{text}.includes('does not run')")


def click(browser, css, text):
    found = (f"[...document.querySelectorAll({json.dumps(css)})].find(b => "
             f"b.offsetParent && b.innerText.trim() == {json.dumps(text)})")
    browser.until(f"!!({found})")
    browser.run(f"{found}.click()")


def field(option):
    """The field of an option in the dialogue."""
    return ("document.querySelector('#modal_overlay "
            f"[data-name={json.dumps(option)}] input:not([type=hidden]), "
            "#modal_overlay "
            f"[data-name={json.dumps(option)}] select')")


def enter(browser, option, value):
    browser.until(f"!!({field(option)})")
    browser.run(f"(() => {{ const f = {field(option)}; f.value = "
                f"{json.dumps(value)}; for (const e of ['input', 'keyup', "
                "'change', 'blur']) f.dispatchEvent(new Event(e, "
                "{bubbles: true})); })()")


def shown(option):
    return (f"!!document.querySelector('#modal_overlay "
            f"[data-name={json.dumps(option)}]:not(.hidden)')")


def tab(browser, title):
    click(browser, "#modal_overlay .cbi-tabmenu a", title)


def edit(browser, section):
    """Opens the dialogue of a tunnel."""
    found = ("[...document.querySelectorAll('.cbi-section-table-row')].find("
             f"r => r.dataset.sid == '{section}')")
    browser.until(f"!!({found})")
    browser.run(f"{found}.querySelector('.cbi-button-edit').click()")


def choices(browser, option):
    """What a list of the dialogue offers."""
    return browser.run(f"[...{field(option)}.options].map(o => o.value)")


def invalid(option):
    return (f"!!{field(option)}.closest('.cbi-value')"
            ".querySelector('.cbi-input-invalid')")


def forms(router, browser):
    """A tunnel is changed, with mistakes; a key is made; what is saved."""
    values = recorded("uci.json")
    values["strange"] = {".name": "strange", ".type": "tunnel", ".index": 4,
                         ".anonymous": False, "left": MARKUP, "right": MARKUP}
    router.answers |= {
        "uci get adit": {"values": values},
        "adit features": recorded("features.json"),
        "adit genpsk": [{"code": 1, "text": MARKUP},
                        {"code": 0, "text": "0123456789abcdef" * 2}],
        "adit gencert": {"code": 0, "text": f"server.pem: {MARKUP}"}}
    browser.look(960, 620)
    browser.go(router.url())
    browser.until("document.querySelectorAll('.cbi-section-table-row')"
                  ".length == 4")
    for option in "_left", "_right":
        no_markup(browser, "document.querySelector('[data-sid=strange] "
                  f"[data-name={option}]').innerText")
    # A tunnel of an old tool gets no ends.
    edit(browser, "old")
    browser.until(shown("arguments"))
    click(browser, "#modal_overlay button", "Save")
    browser.until("!document.body.classList.contains('modal-overlay-active')")

    edit(browser, "phone")
    tab(browser, "Where it goes to")
    browser.until(shown("right_psk"))
    assert browser.run(f"{field('_right_kind')}.value") == "dtls"
    assert browser.run(f"{field('_right_address')}.value") == \
        "vpn.example.com:443"
    assert not browser.run(shown("right_cafile"))

    # Each end has a title.
    for side in "left", "right":
        assert sorted(choices(browser, f"_{side}_kind")) == \
            sorted(recorded("features.json")[side]), side
    # Fields are those of the kind.
    enter(browser, "_right_kind", "tls")
    browser.until(shown("right_cafile"))
    assert not browser.run(shown("right_psk"))
    enter(browser, "_right_kind", "dtls")
    browser.until(shown("right_psk"))

    # Mistakes are not saved.
    for option, wrong, right in (
            ("_right_address", "vpn.example.com", "vpn2.example.com:4433"),
            ("right_psk", "abc", "ab" * 16)):
        enter(browser, option, wrong)
        browser.until(invalid(option))
        enter(browser, option, right)
        browser.until(f"!({invalid(option)})")
    picture(browser, 960, 620)
    click(browser, "#modal_overlay button", "Make a key")
    no_markup(browser, "document.querySelector('.alert-message.danger')"
              "?.innerText ?? ''")
    click(browser, "#modal_overlay button", "Make a key")
    browser.until(f"{field('right_psk')}.value == '{'0123456789abcdef' * 2}'")
    click(browser, "#modal_overlay button", "Save")
    browser.until("!document.body.classList.contains('modal-overlay-active')")

    click(browser, "button", "Make certificates…")
    browser.until("!!document.querySelector('#adit-names')")
    browser.run("document.querySelector('#adit-names').value = "
                "' vpn.example.com  192.0.2.7'")
    click(browser, "#modal_overlay button", "Make")
    browser.until("!!document.querySelector('#modal_overlay pre')")
    no_markup(browser, "document.querySelector('#modal_overlay pre')"
              ".innerText")
    assert router.called("adit", "gencert") == [
        {"names": ["vpn.example.com", "192.0.2.7"], "clients": []}]
    click(browser, "#modal_overlay button", "Close")

    click(browser, ".cbi-page-actions button", "Save")
    browser.until("!document.querySelector('button.spinning')")
    saved = {}
    for call in router.called("uci", "set"):
        saved.setdefault(call["section"], {}).update(call["values"])
    assert saved["phone"]["right"] == "dtls:vpn2.example.com:4433", saved
    assert saved["phone"]["right_psk"] == "0123456789abcdef" * 2, saved
    # Of others nothing but the flag that LuCI writes each time.
    del saved["phone"]
    assert all(set(values) == {"enabled"} for values in saved.values()), saved


def mini(router, browser):
    """What adit-mini lacks is not offered; what a tunnel has of it stays."""
    values = recorded("uci.json")
    values["server"] = {".name": "server", ".type": "tunnel", ".index": 4,
                        ".anonymous": False, "left": "tls-listen::443",
                        "right": "udp:127.0.0.1:51820"}
    router.answers |= {"uci get adit": {"values": values},
                       "adit features": recorded("features-mini.json")}
    browser.look(960, 620)
    browser.go(router.url())
    browser.until("document.querySelectorAll('.cbi-section-table-row')"
                  ".length == 4")
    assert browser.run("document.querySelectorAll('#adit-gencert, "
                       "[data-name=status]').length") == 0

    edit(browser, "server")
    tab(browser, "Where traffic comes from")
    browser.until(shown("_left_kind"))
    assert choices(browser, "_left_kind") == ["udp-listen", "tls-listen",
                                              "tun"]
    assert choices(browser, "preset") == ["", "dtlspipe"]
    assert "tun" not in choices(browser, "_right_kind")
    assert browser.run(f"{field('_left_kind')}.value") == "tls-listen"
    browser.until(invalid("_left_kind"))
    enter(browser, "_left_kind", "udp-listen")
    browser.until(f"!({invalid('_left_kind')})")
    click(browser, "#modal_overlay button", "Save")
    browser.until("!document.body.classList.contains('modal-overlay-active')")
    click(browser, ".cbi-page-actions button", "Save")
    browser.until("!document.querySelector('button.spinning')")
    saved = {call["values"].get("left")
             for call in router.called("uci", "set")}
    assert "udp-listen::443" in saved, saved


def protocol(router, browser):
    """The options of an interface."""
    router.answers |= {
        "uci get network": {"values": {"vpn": {
            ".name": "vpn", ".type": "interface", ".index": 0,
            ".anonymous": False, "proto": "adit",
            "right": "dtls:vpn.example.com:443",
            "addresses": ["10.88.0.2/24"]}}},
        "network.interface dump": {"interface": []}}
    browser.go(router.url())
    browser.until("document.querySelectorAll('[data-name=right]').length > 0")
    name = browser.run("document.body.dataset.name")
    assert name == "Adit VPN adit-vpn", name
    assert browser.run("document.querySelector('[data-name=right] input')"
                       ".value") == "dtls:vpn.example.com:443"


def main():
    what = sys.argv[2]
    view = {"status": "adit/status", "forms": "adit/tunnels",
            "mini": "adit/tunnels", "protocol": "test/protocol"}[what]
    router = Router(view, {
        "luci getFeatures": {}, "uci get luci": {"values": {}},
        "session access": {"access": True}})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(folder)
        try:
            globals()[what](router, browser)
        except BaseException:
            print("page:", browser.run("document.body.innerText"))
            print("calls:", router.calls[-20:])
            print("complaints:", browser.complaints)
            raise
        finally:
            browser.close()
    complaints = [c for c in browser.complaints
                  if not re.search(r"404|preload", c)]
    assert not complaints, complaints
    assert not router.refused, router.refused


if __name__ == "__main__":
    main()
    os._exit(0)
