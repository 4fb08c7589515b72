# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""The recipes of doc/RECIPES.md and README.md, and the examples of the
original's, typed as they stand there: one machine is the server of all names,
the other the client.

What a tunnel is for is an echo here, on the port of the real thing."""

import re
import shutil

import pytest

import harness
import readme
from harness import READY, need, until
from servers import need_stream_module
from tunnels import need_tun
from wireguard import SERVER as WG_SERVER, Wireguard, line, one

SERVER, CLIENT = "10.78.0.5", "10.78.0.77"
NAMES = "vpn.example.com dns.example.com game.example.com example.com"
PUBLIC = "/etc/letsencrypt/live/example.com"


class Pair:
    """A server and a client with a cable between them, in whose working
    folders lie the files that gencert made, as the recipes have it."""

    def __init__(self, machine, start, adit):
        self.start = start
        self.server, self.client = machine("server"), machine("client")
        self.server.connect("eth0", self.client, "eth0")
        self.server.up("eth0", SERVER + "/24")
        self.client.up("eth0", CLIENT + "/24")
        for m in self.server, self.client:
            with open(m.etc / "hosts", "a") as f:
                f.write(f"{SERVER} {NAMES}\n")
        harness.run(adit, "gencert", "-d", self.server.folder,
                    *NAMES.split(), SERVER)
        for name in "ca.pem", "client.pem", "client.key":
            shutil.copy(self.server.folder / name, self.client.folder)

    def trust(self):
        """Our CA is a public one, for the client."""
        store = self.client.etc / "ssl" / "certs" / "ca-certificates.crt"
        store.parent.mkdir(parents=True, exist_ok=True)
        with open(store, "a") as f:
            f.write((self.server.folder / "ca.pem").read_text())

    def daemon(self, machine, line, says=READY):
        process = self.start(*machine.prefix, *line.split())
        process.wait(says)
        return process

    def echo(self, port):
        self.daemon(self.server, f"adit echo 127.0.0.1:{port}",
                    "listening on")

    def passes(self, port=8911, status=0):
        """Whether echoes come back to the client."""
        self.client.run("adit", "ping", "-q", "-c", "10", "-r", "50",
                        f"127.0.0.1:{port}", status=status)

    def both(self, heading, port, target=None):
        """The first command of a pair, then the second, then echoes."""
        self.echo(target or port)
        typed = readme.commands(heading)
        self.daemon(self.server, typed[0])
        self.daemon(self.client, typed[1])
        self.passes(port)
        return typed


@pytest.fixture
def pair(machine, start, adit):
    return Pair(machine, start, adit)


def test_openvpn(pair):
    pair.both("OpenVPN", 8911, 1194)


CARRIERS = ["tls", "dtls", "uott", "tcp"]


def carrier(kind):
    """What is typed on the server, and on the client."""
    typed = readme.commands("Each carrier")
    assert len(typed) == 2 * len(CARRIERS)
    return [line for line in typed if re.search(rf" {kind}(-listen)?:", line)]


def test_openvpn_through_each_carrier(pair, dtls):
    """A real one, with the certificates that gencert made."""
    need("openvpn", "ping")
    need_tun()
    client = [text for text in readme.of_language(
        readme.blocks("OpenVPN"), "") if "remote" in text][0]
    both = "dev tun\nca ca.pem\nifconfig 10.76.0.{} 10.76.0.{}\n"
    (pair.server.folder / "server.conf").write_text(
        both.format(1, 2) + "proto udp\nlocal 127.0.0.1\nport 1194\n"
        "tls-server\ndh none\ncert server.pem\nkey server.key\n")
    (pair.client.folder / "client.conf").write_text(
        both.format(2, 1) + client.replace("203.0.113.5", SERVER) +
        "nobind\ntls-client\nremote-cert-tls server\ncert client.pem\n"
        "key client.key\n")
    key = pair.server.folder / "alice.psk"
    key.write_text(pair.server.run("adit", "genpsk", "alice").stdout)
    key.chmod(0o600)
    shutil.copy(key, pair.client.folder)
    # The recipe's route to the server, which is a neighbour here, wants one.
    pair.client.ip("route", "add", "default", "via", SERVER)
    for kind in CARRIERS:
        running = [pair.daemon(m, typed) for typed, m in zip(
            carrier(kind), (pair.server, pair.client))]
        for m, says in (pair.server, "UDPv4 link remote"), \
                (pair.client, "Initialization Sequence Completed"):
            running.append(pair.daemon(
                m, f"openvpn {m.name}.conf", says))
        pair.client.run("ping", "-c", "3", "-i", "0.2", "-s", "1300",
                        "10.76.0.1")
        for p in reversed(running):
            p.stop()


def test_wireguard_starts_the_tunnel(machine, start, adit, dtls):
    """Of each carrier, by PreUp, and ends it by PostDown."""
    dial, listen = readme.of_language(
        readme.blocks("WireGuard starts the tunnel"), "ini")
    v = Wireguard(machine, start)
    harness.run(adit, "gencert", "-d", v.server.etc / "adit",
                "vpn.example.com", WG_SERVER)
    key = v.server.etc / "adit" / "alice.psk"
    key.write_text(harness.run(adit, "genpsk", "alice").stdout)
    key.chmod(0o600)
    for name in "ca.pem", "alice.psk":
        shutil.copy(v.server.etc / "adit" / name, v.client.etc / "adit")
    sides = (v.server, "On the server", "ListenPort", listen), \
        (v.client, "On the client", "Endpoint", dial)
    for kind in CARRIERS:
        for typed, (m, heading, what, hooks) in zip(carrier(kind), sides):
            found = readme.blocks(heading)
            # The same ends, with the files where wg-quick finds them.
            ends = re.sub("=(?=[a-z]*[.])", "=/etc/adit/",
                          typed.split(" ", 2)[2]).replace(":1194", ":51820")
            changed = re.sub(r"(?<=%i\.pid ).*", ends, hooks)
            assert (changed == hooks) == (kind == "tls")
            conf = one(readme.of_language(found, "ini"), what)
            conf = conf.replace("[Interface]\n", "[Interface]\n" + changed)
            v.up(m, conf,
                 line(readme.of_language(found, "sh"), "wg-quick"))
        assert v.pings()
        v.down()
        for m in v.server, v.client:
            until("it has ended", lambda: not re.search(
                ":(443|8911) ", m.run("ss", "-Hlntu").stdout))
            m.run("ls", "/run/adit-wg0.pid", status=2)


def test_dns(pair):
    need("dnsmasq", "dig")
    server, client, dig = readme.commands("DNS")
    pair.start(*pair.server.prefix, "dnsmasq", "-k", "--conf-file=/dev/null",
               "--no-resolv", "--no-hosts", "--user=root",
               "--listen-address=127.0.0.1", "--bind-interfaces",
               "--pid-file=", "--log-facility=-",
               "--address=/example.org/192.0.2.7").wait("started")
    pair.daemon(pair.server, server)
    pair.daemon(pair.client, client)
    assert "192.0.2.7" in pair.client.run(*dig.split()).stdout


def test_a_game_server(pair):
    pair.both("A game server", 30000)


def test_only_clients_with_a_certificate(pair):
    heading = "Only clients with a certificate"
    pair.both(heading, 8911, 51820)
    typed = readme.commands(heading)
    # The pair of another client.
    pair.server.sh("\n".join(typed[2:]))
    for kind in "pem", "key":
        shutil.copy(pair.server.folder / f"alice.{kind}",
                    pair.client.folder / f"client.{kind}")
    pair.daemon(pair.client, typed[1] + " -p 8912")
    pair.passes(8912)
    # And without one.
    line = re.sub(" -[ck] [^ ]*", "", typed[1])
    assert "client." not in line
    pair.daemon(pair.client, line + " -p 8913")
    pair.passes(8913, status=1)


def test_port_443_together_with_a_web_server(pair):
    need("haproxy")
    heading = "Port 443 together with a web server"
    config, = readme.of_language(readme.blocks(heading), "haproxy")
    server, client = readme.commands(heading)
    (pair.server.folder / "haproxy.cfg").write_text(config)
    pair.start(*pair.server.prefix, "haproxy", "-db", "-f", "haproxy.cfg")
    pair.echo(51820)
    adit = pair.daemon(pair.server, server)
    until("haproxy listens", lambda: ":443" in pair.server.run(
        "ss", "-Hltn").stdout)
    pair.daemon(pair.client, client)
    pair.passes()
    adit.wait(f"flow 1.*{CLIENT}:")
    # The web server gets all others.
    need("nginx", "curl")
    path = pair.server.folder / "nginx.conf"
    path.write_text(NGINX.replace("ssl proxy_protocol", "ssl").replace(
        "real_ip_header proxy_protocol;", ""))
    pair.start(*pair.server.prefix, "nginx", "-e", "stderr", "-c", path)
    until("nginx listens", lambda: ":4443" in pair.server.run(
        "ss", "-Hltn").stdout)
    assert pair.client.run("curl", "-fsS", "--cacert", "ca.pem",
                           "https://example.com/").stdout == \
        "hello 127.0.0.1"


NGINX = """
events {}
daemon off;
http {
    access_log off;
    server {
        listen 127.0.0.1:4443 ssl proxy_protocol;
        server_name www.example.com;
        ssl_certificate server.pem;
        ssl_certificate_key server.key;
        set_real_ip_from 127.0.0.1;
        real_ip_header proxy_protocol;
        return 200 "hello $remote_addr";
    }
}
"""


def test_port_443_together_with_a_web_server_by_nginx(pair):
    """Which sees the client's address, too."""
    need("nginx", "curl")
    need_stream_module()
    heading = "Port 443 together with a web server"
    config, = readme.of_language(readme.blocks(heading), "nginx")
    server, client = readme.commands(heading)
    path = pair.server.folder / "nginx.conf"
    path.write_text("load_module modules/ngx_stream_module.so;" + NGINX +
                    config)
    pair.start(*pair.server.prefix, "nginx", "-e", "stderr", "-c", path)
    pair.echo(51820)
    adit = pair.daemon(pair.server, server)
    until("nginx listens", lambda: ":443" in pair.server.run(
        "ss", "-Hltn").stdout)
    pair.daemon(pair.client, client)
    pair.passes()
    adit.wait(f"flow 1.*{CLIENT}:")
    page = pair.client.run("curl", "-fsS", "--cacert", "ca.pem",
                           "https://example.com/").stdout
    assert page == f"hello {CLIENT}"
    # One that dials the address says the name, else it gets the web server.
    typed = client.replace("vpn.example.com", SERVER)
    pair.daemon(pair.client, typed + " -p 8912 --tls-servername "
                "vpn.example.com")
    pair.passes(8912)
    assert page in pair.client.run("curl", "-fsS", "--cacert", "ca.pem",
                                   f"https://{SERVER}/").stdout


def test_inside_an_ssh_forward(pair):
    need("dropbear", "dropbearkey", "ssh", "ssh-keygen")
    server, ssh, client = readme.commands("Inside an SSH forward")
    # What users have set up already; nobody's own ~/.ssh is touched.
    home = pair.server.folder / "home"
    (home / ".ssh").mkdir(mode=0o700, parents=True)
    pair.server.run("dropbearkey", "-t", "ed25519", "-f", "host")
    pair.client.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                    "user")
    shutil.copy(pair.client.folder / "user.pub",
                home / ".ssh" / "authorized_keys")
    passwd = pair.server.etc / "passwd"
    passwd.write_text(re.sub("(?m)^root:.*$", f"root:x:0:0::{home}:/bin/sh",
                             passwd.read_text()))
    (pair.client.etc / "ssh").mkdir(exist_ok=True)
    (pair.client.etc / "ssh" / "ssh_config").write_text(
        f"IdentityFile {pair.client.folder}/user\n"
        "IdentitiesOnly yes\nIdentityAgent none\n"
        "StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\n")
    pair.start(*pair.server.prefix, "dropbear", "-F", "-E", "-s", "-r",
               "host", "-P", "", "-p", f"{SERVER}:22").wait("Not background")
    pair.echo(51820)
    pair.daemon(pair.server, server)
    # The user is root, and has no configuration of its own.
    forward = pair.start(*pair.client.prefix, "env", "HOME=/nonexistent",
                         *ssh.replace("user@", "root@").split())
    until("ssh listens", lambda: ":8443" in pair.client.run(
        "ss", "-Hltn").stdout)
    pair.daemon(pair.client, client)
    pair.passes()
    forward.stop()


def test_one_tcp_connection_for_everything(pair):
    """The forward is one of ours, as it may be any."""
    pair.echo(51820)
    server, client = readme.commands("One TCP connection for everything")
    pair.daemon(pair.server, server)
    # The server's port is on its loopback only.
    pair.client.run("adit", "ping", "-q", "-c", "1", "127.0.0.1:9000",
                    status=1)
    pair.daemon(pair.server, "adit tunnel uott-listen:0.0.0.0:9001 "
                "uott:127.0.0.1:9000")
    pair.daemon(pair.client, "adit tunnel uott-listen:127.0.0.1:9000 "
                f"uott:{SERVER}:9001")
    pair.daemon(pair.client, client)
    pair.passes()


@pytest.mark.parametrize("old", [False, True], ids=["tunnel", "udptun"])
def test_a_network_of_hosts_that_trust_each_other(pair, old):
    heading = "A network of hosts that trust each other"
    native, udptun, *set_up = readme.commands(heading)
    hosts = readme.of_language(readme.blocks(heading), "json")[0]
    for m, number, name in ((pair.server, "1", "a"),
                            (pair.client, "2", "b")):
        with open(m.etc / "hosts", "a") as f:
            f.write(f"{SERVER} a.example.com\n{CLIENT} b.example.com\n")
        (m.folder / "hosts.json").write_text(hosts)
        pair.daemon(m, (udptun if old else native).replace(
            "10.89.0.1", "10.89.0." + number))
        for typed in set_up if old else ():
            m.sh(typed.replace("10.89.0.1", "10.89.0." + number))
    pair.client.run("ping", "-c", "3", "-i", "0.2", "10.89.0.1")
    pair.server.run("ping", "-c", "3", "-i", "0.2", "10.89.0.2")


def test_two_hosts_and_a_few_ports(pair):
    need("iperf3")
    heading = "Two hosts and a few ports"
    configs = readme.of_language(readme.blocks(heading), "json")
    typed, = readme.commands(heading)
    for m, config in zip((pair.server, pair.client), configs):
        (m.folder / "udptunnel.json").write_text(config)
        pair.daemon(m, typed)
    until("the server knows its client", lambda: pair.client.sh(
        "! ping -c 1 -W 1 10.90.0.1 >&2 || echo up").stdout == "up\n")
    pair.server.run("ping", "-c", "3", "-i", "0.2", "10.90.0.2")
    for port, status, patience_ms in (22, 0, 10000), (23, 1, 1000):
        pair.daemon(pair.server, f"iperf3 -s -p {port} --forceflush",
                    "Server listening")
        pair.client.run("iperf3", "-c", "10.90.0.1", "-p", port, "-n", "100K",
                        "--connect-timeout", patience_ms, status=status)


def test_a_certificate_of_a_public_ca(pair):
    shutil.copy(pair.server.folder / "server.pem",
                pair.server.folder / "fullchain.pem")
    shutil.copy(pair.server.folder / "server.key",
                pair.server.folder / "privkey.pem")
    pair.trust()
    pair.both("A certificate of a public CA", 8911, 51820)


def test_when_it_does_not_work(pair):
    echo, server, client, ping, flood = readme.commands(
        "When it does not work")
    pair.daemon(pair.server, echo, "listening on")
    pair.daemon(pair.server, server)
    pair.daemon(pair.client, client)
    # Without that it goes on until Ctrl-C.
    done = pair.client.run(*ping.split(), "-c", "3")
    assert "received 3," in done.stdout
    done = pair.client.run(*re.sub("--time 10", "--time 1", flood).split())
    assert re.search(r"received [1-9]\d+,", done.stdout)


def test_any_two_ends(pair):
    client, server, plain = readme.commands("Any two ends")
    pair.echo(51820)
    pair.daemon(pair.server, server)
    pair.daemon(pair.client, client)
    pair.passes()
    # The last one needs the port of the first, so it stands on the server.
    pair.echo(7007)
    pair.daemon(pair.server, plain)
    pair.server.run("adit", "ping", "-q", "-c", "3", "-r", "50",
                    "127.0.0.1:8911")


@pytest.mark.parametrize("client", [
    "uotp-client -a 0.0.0.0 example.com 8443",
    "uotp-client --resolve-once --mark 0xca6c example.com 8443"])
def test_the_examples_of_the_original(pair, client):
    """Under its names, with a certificate of a public CA."""
    folder = pair.server.etc / PUBLIC[len("/etc/"):]
    folder.mkdir(parents=True)
    shutil.copy(pair.server.folder / "server.pem", folder / "fullchain.pem")
    shutil.copy(pair.server.folder / "server.key", folder / "privkey.pem")
    pair.trust()
    pair.echo(26611)
    pair.daemon(pair.server, f"uotp-server -c {PUBLIC}/fullchain.pem "
                f"-k {PUBLIC}/privkey.pem 127.0.0.1 26611")
    pair.daemon(pair.client, client)
    pair.passes()
