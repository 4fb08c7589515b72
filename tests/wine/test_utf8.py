# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Names of files, arguments and variables of adit.exe may have any
characters, and paths may be long."""

import pytest

from harness import PATIENCE, READY, free_port, until

# No code page but UTF-8 has all of these.
NAME = "Zażółć папка 目录"


@pytest.fixture
def env(windows):
    """The environment in which wine takes arguments as UTF-8."""
    return dict(windows.env, LC_ALL="C.UTF-8")


@pytest.fixture
def folder(tmp_path):
    """A folder of such a name."""
    folder = tmp_path / NAME
    folder.mkdir()
    return folder


@pytest.fixture
def made(windows, env, folder):
    """Certificates that gencert has made in a new folder in there."""
    made = folder / "ключи"
    windows.run("gencert", "-d", windows.path(made), "localhost", "127.0.0.1",
                env=env)
    assert sorted(f.name for f in made.iterdir()) == [
        "ca.key", "ca.pem", "client.key", "client.pem", "server.key",
        "server.pem"]
    for key in made.glob("*.key"):
        # Wine has no way to say that a group may not what its user may.
        assert key.stat().st_mode & 0o007 == 0, oct(key.stat().st_mode)
        key.chmod(0o600)
    return made


def test_a_tunnel_with_certificates_log_and_include(windows, env, made, folder,
                                                    start, echo, udp):
    port, local = free_port(), free_port()
    start("tunnel", f"tls-listen:127.0.0.1:{port},cert={made}/server.pem,"
          f"key={made}/server.key", f"udp:127.0.0.1:{echo}").wait(READY)
    log, conf = folder / "журнал.log", folder / "настройки.conf"
    parts = folder / "części"
    parts.mkdir()
    (parts / "первый.conf").write_text(
        f"[tunnel one]\nleft = udp-listen:127.0.0.1:{local}\n"
        f"right = tls:127.0.0.1:{port}\n"
        f"right.cafile = {windows.path(made / 'ca.pem')}\n",
        encoding="utf-8")
    conf.write_text(f"include = części/*.conf\n"
                    f"[daemon]\nlogfile = {windows.path(log)}\n",
                    encoding="utf-8")
    windows.run("check", "-c", windows.path(conf), env=env)
    windows.start("run", "-c", windows.path(conf), env=env)
    until("it is ready", lambda: log.exists() and
          "ready" in log.read_text(encoding="utf-8"), 3 * PATIENCE)
    udp(local).ask_until_answered()


def test_a_long_path(windows, env, tmp_path):
    deep = tmp_path
    while len(str(deep)) < 300:
        deep = deep / ("длинно" * 8)
        deep.mkdir()
    windows.run("gencert", "-d", windows.path(deep), "localhost", env=env)
    assert "BEGIN CERTIFICATE" in (deep / "server.pem").read_text()


def test_messages_have_the_characters(windows, env, folder):
    missing = windows.path(folder / "нет.conf")
    said = windows.run("check", "-c", missing, env=env, status=2).stderr
    assert missing in said


def test_a_variable_of_the_environment(windows, env, tmp_path):
    env["SSL_CERT_FILE"] = windows.path(tmp_path / "ąę корень.pem")
    said = windows.run("tunnel", "udp-listen:127.0.0.1:0",
                       "tls:127.0.0.1:1", env=env, status=2).stderr
    assert "ąę корень.pem" in said
