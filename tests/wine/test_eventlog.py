# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""The event log of Windows.  Wine keeps none, but writes what is reported to
its own debug output; the words come from the program's message table."""

import os
import subprocess

import pytest

from harness import PATIENCE, free_port, need, refused, until

# Prints the text of the message of each severity, with an insertion.
READER = r"""
#include <windows.h>
#include <stdio.h>
int
main(int argc, char **argv)
{
	static const DWORD severities[] = { 0x40000000, 0x80000000,
	    0xc0000000 };
	char text[200], *insertions[] = { "the line" };
	HMODULE program = argc > 1 ? LoadLibraryExA(argv[1], NULL,
	    LOAD_LIBRARY_AS_DATAFILE) : NULL;
	int i;

	for (i = 0; i < 3; i++)
		if (FormatMessageA(FORMAT_MESSAGE_FROM_HMODULE |
		    FORMAT_MESSAGE_ARGUMENT_ARRAY, program, severities[i] | 1,
		    0, text, sizeof(text), (va_list *)insertions) > 0)
			printf("%s", text);
	return 0;
}
"""


@pytest.fixture
def traced(windows):
    """The environment in which wine shows events."""
    return dict(windows.env, WINEDEBUG="-all,+eventlog,+advapi")


def test_entries_have_text_and_severity(windows, traced):
    port = free_port()
    process = windows.start("tunnel", "--eventlog", "-v", "debug",
                            f"udp-listen:127.0.0.1:{port}", "udp:127.0.0.1:1",
                            env=traced)
    # Type 4: information; the number of the message with its severity.
    process.wait(r"advapi:ReportEventW .*,0x0004,0x0000,0x40000001,")
    process.wait(r"eventlog:ReportEventW L\"adit: .*: ready\"")


def test_an_error_is_one(windows, traced):
    port = free_port()
    conf = f"udp-listen:127.0.0.1:{port}"
    first = windows.start("tunnel", conf, "udp:127.0.0.1:1")
    first.wait(": ready")
    second = windows.start("tunnel", "--eventlog=Adit two", conf,
                           "udp:127.0.0.1:1", env=traced)
    second.wait(r"RegisterEventSourceW .*L\"Adit two\"")
    second.wait(r"advapi:ReportEventW .*,0x0001,0x0000,0xc0000001,")
    second.wait(r"eventlog:ReportEventW L\"adit: .*cannot listen")
    until("it has ended", lambda: second.popen.poll() is not None)


def test_a_percent_sign_is_no_reference(windows, traced):
    """The viewer would replace %1 in a text by the text."""
    process = windows.start("tunnel", "--eventlog", "udp-listen:127.0.0.1:0",
                            "tls:127.0.0.1:1,cafile=no%1file", env=traced)
    process.wait(r"ReportEventW L\"adit: .*no% 1file")


def test_the_program_has_the_words(windows, tmp_path):
    need("x86_64-w64-mingw32-gcc")
    (tmp_path / "reader.c").write_text(READER)
    subprocess.run(["x86_64-w64-mingw32-gcc", "-o", tmp_path / "reader.exe",
                    tmp_path / "reader.c"], check=True,
                   timeout=3 * PATIENCE)
    said = windows.tool(tmp_path / "reader.exe", windows.path(windows.exe))
    assert said.stdout.split() == ["the", "line"] * 3


def test_a_service_is_a_source_while_it_is_installed(windows):
    name = f"t{os.getpid()}-source"
    key = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application" \
        "\\" + name

    def values():
        return subprocess.run(["wine", "reg", "query", key],
                              env=windows.env, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True,
                              errors="replace", timeout=3 * PATIENCE,
                              check=False).stdout

    windows.install(name, "--", "echo", "127.0.0.1:1")
    assert windows.path(windows.exe) in values()
    assert "TypesSupported" in values()
    windows.run("service", "uninstall", "--name", name)
    assert "EventMessageFile" not in values()


def test_a_source_has_a_name_that_can_be_one(windows):
    said = windows.run("tunnel", "--eventlog=a\\b", "udp-listen:127.0.0.1:0",
                       "udp:127.0.0.1:1", status=2).stderr
    assert "no name for a source" in said


def test_other_systems_have_none(adit):
    refused(adit, "tunnel", "--eventlog", "udp-listen:127.0.0.1:0",
            "udp:127.0.0.1:1", status=2, says="only Windows has an event log")
