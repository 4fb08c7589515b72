# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""What contrib/ has for those who run a server: hooks for renewed
certificates, fail2ban's filter, Prometheus, logrotate."""

import grp
import os
import pwd
import re
import shutil
import socket
import ssl
import sys

import pytest

import harness
import readme
from harness import READY, Udp, free_port, need, until
from pki import CA
from reloads import RELOADED, Daemon, Talk

CONTRIB = os.path.join(readme.TOP, "contrib")
SYSTEM_PYTHON = "/usr/bin/python3"      # which has what packages bring


@pytest.fixture
def daemon(adit, start, tmp_path):
    return Daemon(start, tmp_path / "adit.conf", adit)


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


# --- Renewed certificates ---------------------------------------------------

# What `certbot renew` does after a renewal, by its own code.
CERTBOT = """
import sys, types
from certbot._internal import hooks
from certbot._internal.display import obj
obj.set_display(obj.NoninteractiveDisplay(sys.stdout))
config = types.SimpleNamespace(
    directory_hooks=True, renewal_deploy_hooks_dir=sys.argv[1],
    deploy_hook=None, renew_hook=None, dry_run=False,
    run_deploy_hooks=False)
hooks.renew_hook(config, ["vpn.example.com"], sys.argv[2])
"""

# What acme.sh does with --install-cert, and later after each renewal: it
# writes into the files that are there, or makes them, the key for its owner
# alone, and then runs the command.
ACME_SH = """
set -e
[ -f "$2/privkey.pem" ] || install -m 600 /dev/null "$2/privkey.pem"
cat "$1/privkey.pem" >"$2/privkey.pem"
cat "$1/fullchain.pem" >"$2/fullchain.pem"
eval "$3"
"""


def recipe_line(begin):
    """That line of the recipes."""
    with open(os.path.join(readme.TOP, "doc", "RECIPES.md")) as f:
        return next(line.strip() for line in f if line.startswith(begin))


def served(port, cafile):
    """The common name of the certificate that a server shows."""
    context = ssl.create_default_context(cafile=cafile)
    context.check_hostname = False
    with socket.create_connection(("127.0.0.1", port)) as s, \
            context.wrap_socket(s) as t:
        return dict(x[0] for x in t.getpeercert()["subject"])["commonName"]


class Renewal:
    """A server, flows through it, and a lineage that is renewed."""

    def __init__(self, daemon, start, ca, echo, folder, cert):
        self.folder, self.ca, self.number = folder, ca, 0
        self.live = folder / "live" / "vpn.example.com"
        self.live.mkdir(parents=True)
        self.port, local = free_port(), free_port()
        self.control = folder / "control"
        self.reload = f"{harness.adit_path()} ctl --control {self.control} " \
            "reload"
        self.renew()
        daemon.daemon = f"[daemon]\ncontrol = {self.control}\n"
        daemon.set("vpn", f"tls-listen:127.0.0.1:{self.port}",
                   f"udp:127.0.0.1:{echo}", *cert)
        self.start_server = daemon.run
        self.talk = Talk(lambda: Udp(local))
        self.start_client = lambda: start(
            "tunnel", f"udp-listen:127.0.0.1:{local}",
            f"tls:127.0.0.1:{self.port},cafile={ca.pem},no-name-check,pool=2")

    def renew(self):
        """The files that a CA would send."""
        self.number += 1
        pem, key = self.ca.issue(f"number{self.number}")
        shutil.copy(pem, self.live / "fullchain.pem")
        shutil.copy(key, self.live / "privkey.pem")

    def name(self):
        return served(self.port, self.ca.pem)

    def go(self, hook):
        """Renews twice while flows pass, and none is lost."""
        server = self.start_server()
        client = self.start_client()
        client.wait(READY)
        assert self.name() == "number1"
        self.talk.start()
        self.talk.next_round()
        for _ in range(2):
            self.renew()
            mark = server.mark()
            hook()
            server.wait(RELOADED, since=mark)
            assert self.name() == f"number{self.number}"
            self.talk.next_round(2)
        self.talk.finish()
        for p in server, client:
            assert "ERROR" not in p.text()
            assert " ended: " not in p.text()


def test_certbot_has_adit_use_what_it_has_renewed(daemon, start, ca, echo,
                                                  tmp_path):
    need("certbot")
    if harness.subprocess.run(
            [SYSTEM_PYTHON, "-c", "import certbot"]).returncode:
        pytest.skip("certbot is not that of the system")
    own = tmp_path / "etc"
    hooks = tmp_path / "deploy"
    own.mkdir()
    hooks.mkdir()
    pem = own / "vpn.example.com.pem"
    r = Renewal(daemon, start, ca, echo, tmp_path, [f"left.cert = {pem}"])
    hook = hooks / "adit-deploy"
    shutil.copy(os.path.join(CONTRIB, "acme", "adit-deploy"), hook)
    env = {**os.environ, "ADIT_DIR": str(own), "ADIT_RELOAD": r.reload}
    lineage = {**env, "RENEWED_LINEAGE": str(r.live)}
    # A certificate that is none of adit's.
    harness.run(hook, env=lineage)
    assert not pem.exists()
    # As the recipe makes it; the group is one that this machine has.
    group = 1 if os.geteuid() == 0 else os.getgid()
    install = recipe_line("install ")
    assert install in open(hook).read().replace("NAME", "vpn.example.com")
    harness.run(*install.replace("-g adit", f"-g {group}")
                .replace("/etc/adit", str(own)).split())
    assert pem.stat().st_mode & 0o777 == 0o640
    harness.run(hook, env={**lineage, "ADIT_RELOAD": ":"})
    r.go(lambda: harness.run(SYSTEM_PYTHON, "-c", CERTBOT, hooks, r.live,
                             env=env))
    assert pem.stat().st_mode & 0o777 == 0o640
    assert pem.stat().st_gid == group
    assert os.listdir(own) == [pem.name]
    # An error is one for certbot, too.
    harness.run(hook, env={**lineage, "ADIT_RELOAD": "false"}, status=1)
    harness.run(hook, env=env, status=2)


def test_acme_sh_has_adit_use_what_it_has_renewed(daemon, start, ca, echo,
                                                  tmp_path):
    own = tmp_path / "etc"
    own.mkdir()
    r = Renewal(daemon, start, ca, echo, tmp_path,
                [f"left.cert = {own}/fullchain.pem",
                 f"left.key = {own}/privkey.pem"])
    group = 1 if os.geteuid() == 0 else os.getgid()
    command = re.search('--reloadcmd "(.*)"', recipe_line("acme.sh --"))[1] \
        .replace("/etc/adit", str(own)).replace("chgrp adit", f"chgrp {group}")

    def acme_sh(reload):
        harness.run("sh", "-c", ACME_SH, "sh", r.live, own,
                    command.replace("adit ctl reload", reload))

    acme_sh(":")
    r.go(lambda: acme_sh(r.reload))
    key = (own / "privkey.pem").stat()
    assert (key.st_mode & 0o777, key.st_gid) == (0o640, group)


# --- Strangers --------------------------------------------------------------

def fail2ban(log):
    """The address of each line that the filter matches."""
    path = os.path.join(CONTRIB, "fail2ban", "filter", "adit.conf")
    return harness.run("fail2ban-regex", "-o", "ip", log, path).stdout.split()


def jail(folder):
    """fail2ban takes the jail, with the filter; also behind a proxy."""
    shutil.copytree("/etc/fail2ban", folder)
    for kind in "filter", "jail":
        shutil.copy(os.path.join(CONTRIB, "fail2ban", kind, "adit.conf"),
                    folder / (kind + ".d"))
    done = harness.run("fail2ban-client", "-c", folder, "-d")
    assert "['start', 'adit']" in done.stdout
    # A name that any program may have is none.
    assert re.findall(r"'adit', 'addjournalmatch', (.*)\]",
                      done.stdout) == ["'_SYSTEMD_UNIT=adit.service'"]
    own = folder / "jail.d" / "adit.conf"
    own.write_text(own.read_text().replace("#ignoreip", "ignoreip"))
    done = harness.run("fail2ban-client", "-c", folder, "-d")
    assert "['set', 'adit', 'addignoreip', '127.0.0.1/8', '::1', " \
        "'10.0.0.2']" in done.stdout


def strange(port, data, wait=True):
    """A stranger says that, and is closed."""
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.settimeout(harness.PATIENCE)
        s.sendall(data)
        try:
            while wait and s.recv(1000):
                pass
        except ConnectionResetError:
            pass


def test_fail2ban_finds_who_was_refused(daemon, start, adit, ca, echo,
                                        tmp_path, dtls):
    need("fail2ban-regex")
    log, keys, own = (tmp_path / n for n in ("log", "keys", "own"))
    pem, key = ca.issue("server")
    ports = {n: free_port() for n in ("tls", "tcp", "uott", "dtls", "own")}
    keys.write_text(f"alice:{'00' * 16}\n")
    own.write_text(f"alice:{'11' * 16}\nmallory (192.0.2.9:1):{'11' * 16}\n")
    for path in keys, own:
        path.chmod(0o600)
    daemon.daemon = f"[daemon]\nlogfile = {log}\n"
    to = f"udp:127.0.0.1:{echo}"
    daemon.set("a", f"tls-listen:127.0.0.1:{ports['tls']}", to,
               f"left.cert = {pem}", f"left.key = {key}",
               f"left.cafile = {ca.pem}", "left.identify = 0.2")
    daemon.set("b", f"tcp-listen:127.0.0.1:{ports['tcp']}", to,
               "left.identify = 0.2")
    daemon.set("c", f"dtls-listen:127.0.0.1:{ports['dtls']}", to,
               f"left.psk-file = {keys}")
    daemon.write()
    start(adit, "run", "-c", daemon.path)
    until("it is ready", lambda: log.exists() and
          len(re.findall("listening on", log.read_text())) == 3)

    def wait(says):
        until(says, lambda: re.search(says, log.read_text()))

    strange(ports["tls"], b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    wait("a: tls-listen: connection closed: .*does not speak TLS")
    strange(ports["tls"], b"")
    wait("no session identifier in time")
    strange(ports["tcp"], b"0123")
    wait("b: tcp-listen: connection closed: no session identifier")
    (tmp_path / "other").mkdir()
    for cert in None, ca.issue("x", names="DNS:x"), \
            CA(tmp_path / "other", "Other CA").issue("c", use="clientAuth"):
        context = ssl.create_default_context(cafile=ca.pem)
        context.check_hostname = False
        if cert is not None:
            context.load_cert_chain(*cert)
        seen = log.read_text().count("connection closed")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            with context.wrap_socket(socket.create_connection(
                    ("127.0.0.1", ports["tls"]))) as t:
                t.recv(1)
        until("it is in the log", lambda: log.read_text().count(
            "connection closed") > seen)
    for identity in "alice", "mallory (192.0.2.9:1)":
        local = free_port()
        p = start("tunnel", f"udp-listen:127.0.0.1:{local}",
                  f"dtls:127.0.0.1:{ports['dtls']},psk-file={own},"
                  f"identity={identity},timeout=1")
        p.wait(READY)
        with Udp(local) as u:
            u.send(b"hello")
            wait("wrong key of identity alice" if identity == "alice" else
                 "unknown identity mallory")
    # Friends, and their ways to fail; the two above that say nothing may be
    # some whose network is lost.
    with socket.create_connection(("127.0.0.1", ports["tcp"])) as s:
        s.sendall(b"0123456789abcdef\0\2hi")
        assert s.recv(4) == b"\0\2hi"
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     b"\1\0\0\0\0\0\0\0")
    text = log.read_text()
    refused = [line for line in text.splitlines() if "WARN" in line and
               re.search("connection closed: (?!Connection reset)|"
                         "no handshake", line) and " in time" not in line]
    assert len(refused) >= 6, text
    assert fail2ban(log) == ["127.0.0.1"] * len(refused)
    # Each line: folded, of IPv6, of syslog, of the journal.
    line = refused[0]
    bare = line.split("adit: ", 1)[1]
    more = tmp_path / "more"
    more.write_text("\n".join([
        line + " (17 more held back)",
        re.sub(r"\(127\.0\.0\.1:", "([2001:db8::7]:", line),
        f"Nov 30 12:00:00 vpn adit[123]: {bare}",
        f"Nov 30 12:00:00 vpn adit[123]: {line}",
        # What the peer chooses is no address.
        line.replace("(127.0.0.1:", "(192.0.2.9:1) \"x\" (127.0.0.1:"),
        line + " x", re.sub(r" \(127.*", "...", line)]) + "\n")
    jail(tmp_path / "fail2ban")
    assert fail2ban(more) == ["127.0.0.1", "2001:db8::7"] + \
        ["127.0.0.1"] * 3


# --- Prometheus and logrotate -----------------------------------------------

def test_prometheus_takes_the_example_and_the_alerts(tmp_path):
    need("promtool")
    folder = tmp_path / "prometheus"
    shutil.copytree(os.path.join(CONTRIB, "prometheus"), folder)
    done = harness.run("promtool", "check", "config", "--syntax-only",
                       folder / "prometheus.yml")
    assert "SUCCESS" in done.stdout
    harness.run("promtool", "test", "rules", folder / "adit-alerts-test.yml",
                cwd=folder)


def test_alerts_name_metrics_that_there_are(start, udp, tmp_path):
    """And labels."""
    status, port = free_port(), free_port()
    start("tunnel", "--status", f"127.0.0.1:{status}",
          f"udp-listen:127.0.0.1:{port}", "udp:127.0.0.1:9").wait(READY)
    need("curl")
    text = harness.run("curl", "-fsS",
                       f"http://127.0.0.1:{status}/metrics").stdout
    with open(os.path.join(CONTRIB, "prometheus", "adit-alerts.yml")) as f:
        rules = f.read()
    for name in set(re.findall(r"\badit_\w+", rules)):
        assert f"# HELP {name} " in text, name


def test_prometheus_scrapes_adit(start, tmp_path):
    need("prometheus", "curl")
    status, own, web = free_port(), free_port(), free_port()
    start("tunnel", "--status", f"127.0.0.1:{status}",
          f"udp-listen:127.0.0.1:{own}", "udp:127.0.0.1:9").wait(READY)
    folder = tmp_path / "prometheus"
    shutil.copytree(os.path.join(CONTRIB, "prometheus"), folder)
    config = folder / "prometheus.yml"
    text = config.read_text()
    text = text[:text.index("  - job_name: adit-remote")]
    config.write_text(text.replace("127.0.0.1:9100", f"127.0.0.1:{status}")
                      .replace("15s", "100ms"))
    start(shutil.which("prometheus"), f"--config.file={config}",
          f"--storage.tsdb.path={tmp_path}/data",
          f"--web.listen-address=127.0.0.1:{web}")
    until("prometheus listens", lambda: listens(web))
    query = f"http://127.0.0.1:{web}/api/v1/query?query=adit_tunnel_up"
    until("the tunnel is up", lambda: '"1"' in harness.subprocess.run(
        ["curl", "-sS", query], capture_output=True, text=True).stdout)


def test_logrotate_turns_the_log(daemon, adit, start, echo, tmp_path):
    need("logrotate")
    for unit in "adit.service", "adit@.service":
        with open(os.path.join(CONTRIB, "systemd", unit)) as f:
            assert "\nLogsDirectory=adit\n" in f.read()
    # The unit's folder, of its user, whom logrotate becomes.
    (tmp_path / "log").mkdir(mode=0o750)
    log, port = tmp_path / "log" / "adit.log", free_port()
    control = tmp_path / "control"
    daemon.daemon = f"[daemon]\nlogfile = {log}\ncontrol = {control}\n"
    daemon.udp("it", port, echo)
    daemon.write()
    start(adit, "run", "-c", daemon.path)
    until("it is ready", lambda: log.exists() and
          ": ready\n" in log.read_text())
    config = tmp_path / "logrotate"
    with open(os.path.join(CONTRIB, "logrotate", "adit")) as f:
        text = f.read()
    user = pwd.getpwuid(os.geteuid()).pw_name
    group = grp.getgrgid(os.getegid()).gr_name
    assert "\n\tsu adit adit\n" in text
    config.write_text(text.replace("/var/log/adit/adit.log", str(log))
                      .replace("su adit adit", f"su {user} {group}")
                      .replace("adit ctl", f"{adit} ctl --control {control}"))
    config.chmod(0o644)
    harness.run("logrotate", "-f", "-s", tmp_path / "state", config)
    assert "ready" in (tmp_path / "log" / "adit.log.1").read_text()
    until("it goes on in the new one", lambda: "reopened" in log.read_text())
    with Udp(port) as u:
        assert u.ask(b"hello") == b"hello"
    until("flows are in it", lambda: "flow 1" in log.read_text())
