# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""adit run as a user that a supervisor has chosen, as the units of systemd do:
with capabilities, and keys that its group reads."""

import json
import os
import subprocess

import pytest

from harness import READY, until

USER = GROUP = 4711
CONF = """
[tunnel one]
left = dtls-listen:127.0.0.1:443
left.psk-file = /etc/adit/keys
right = udp:nohost.invalid:7
"""


@pytest.fixture
def service(machine, start):
    """A machine with keys, and a function that starts adit run there as the
    user."""
    m = machine("one")
    m.sh("cd /etc/adit && chown root:4711 . && chmod 750 . && umask 077 && "
         "adit genpsk alice >keys && chgrp 4711 keys && "
         "install -d -m 750 -o 4711 -g 4711 /run/adit/service")
    (m.etc / "adit/adit.conf").write_text(CONF)
    caps = "+net_admin,+net_bind_service"

    def run():
        return start(*m.prefix, "setpriv", f"--reuid={USER}",
                     f"--regid={GROUP}", "--clear-groups",
                     f"--inh-caps={caps}", f"--ambient-caps={caps}",
                     "adit", "run", "--control", "/run/adit/service/adit")
    return m, run


def capabilities(pid):
    with open(f"/proc/{pid}/status") as f:
        lines = dict(line.rstrip("\n").split(":\t", 1) for line in f
                     if ":\t" in line)
    return {lines[name].strip("0") for name in
            ("CapInh", "CapPrm", "CapEff", "CapAmb")}


def test_keys_are_read_by_its_group(service):
    m, run = service
    keys = m.etc / "adit/keys"
    keys.chmod(0o640)
    run().wait(READY)
    for mode in 0o644, 0o604:
        keys.chmod(mode)
        done = m.run("adit", "ctl", "--control", "/run/adit/service/adit",
                     "reload", status=1)
        assert "users other than its owner may read" in done.stderr
    # A key that belongs to the user is for that user alone.
    keys.chmod(0o640)
    os.chown(keys, USER, GROUP)
    done = m.run("adit", "ctl", "--control", "/run/adit/service/adit",
                 "reload", status=1)
    assert "users other than its owner may read" in done.stderr


def test_adit_status_finds_it(service):
    m, run = service
    (m.etc / "adit/keys").chmod(0o640)
    p = run()
    p.wait(READY)
    shown = m.run("adit", "status", "--json").stdout
    assert json.loads(shown)["process"]["pid"] == p.pid


def test_helpers_have_none_of_its_capabilities(service):
    m, run = service
    (m.etc / "adit/keys").chmod(0o640)
    p = run()
    p.wait(READY)
    assert capabilities(p.pid) == {"14"}
    with open(f"/proc/{p.pid}/task/{p.pid}/children") as f:
        helpers = f.read().split()
    assert helpers
    for pid in helpers:
        until("it has none", lambda pid=pid: capabilities(pid) == {""})
        done = subprocess.run(["grep", "-c", "^NoNewPrivs:.1$",
                               f"/proc/{pid}/status"], capture_output=True)
        assert done.returncode == 0


def test_a_reload_opens_a_port_below_1024(service):
    m, run = service
    (m.etc / "adit/keys").chmod(0o640)
    run().wait(READY)
    conf = m.etc / "adit/adit.conf"
    conf.write_text(CONF.replace("443", "444"))
    assert "reload" in m.run("adit", "ctl", "reload").stdout
    assert ":444 " in m.run("ss", "-uln").stdout


def test_a_user_in_the_file_is_the_users_mistake(service):
    """A supervisor that gets status 2 does not start it again."""
    m, run = service
    (m.etc / "adit/keys").chmod(0o640)
    conf = m.etc / "adit/adit.conf"
    for key in "user = nobody", "group = nogroup":
        conf.write_text(f"[daemon]\n{key}\n{CONF}")
        p = run()
        p.wait("only root may change it.*started as user 4711")
        assert p.exit_status() == 2
