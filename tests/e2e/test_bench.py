# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""The benchmark measures, and its plots are pictures of what it measured."""

import os
import subprocess
import sys
import xml.etree.ElementTree

import pytest

import harness

BENCH = os.path.abspath(
    os.path.join(os.path.dirname(__file__), "..", "bench"))


def script(name, *args, **options):
    """Runs one where its ports are free."""
    return subprocess.run(
        harness.alone("sh", os.path.join(BENCH, name), *args),
        capture_output=True, text=True, check=True, **options).stdout


def values(path):
    """Of each tool and measure in a file of results."""
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file
                if not line.startswith("#")]
    return {(tool, measure): float(value) for _, tool, measure, value in rows}


@pytest.fixture
def build(adit):
    """The build folder, where the benchmark can be built."""
    build = os.path.dirname(os.path.realpath(adit))
    try:
        with open(os.path.join(build, "Makefile"), encoding="utf-8") as file:
            makefile = file.read()
    except OSError:
        pytest.skip("the program is in no build folder")
    if sys.platform != "linux" or "-fsanitize" in makefile or \
            os.environ.get("EXEC_WRAPPER"):
        pytest.skip("the benchmark is not built here")
    return build


def test_the_closed_search_measures_and_appends(build, tmp_path):
    common = [build, os.path.join(BENCH, "..", ".."), "--search", "--rounds",
              "1", "--out", str(tmp_path)]
    script("run.sh", *common, "--only", "relay1", "--measure",
           "rtt memory rate", "--pairs", "1", "--flows", "1", "--probe", "50",
           "--many", "0 10")
    found = values(tmp_path / "results.tsv")
    for measure in "rate-512-1", "rtt5000", "mem-10":
        assert found["relay1", measure] > 0
    report = script("run.sh", *common, "--only", "udp-udp", "--measure",
                    "rtt", "--pairs", "1", "--append")
    assert values(tmp_path / "results.tsv").keys() > found.keys()
    assert "udp-udp" in report and "relay1" in report


def test_idle_flows_are_opened_and_measured(build, tmp_path):
    for tool in "many-chain", "many-assoc":
        script("run.sh", build, os.path.join(BENCH, "..", ".."), "--search",
               "--rounds", "1", "--out", str(tmp_path), "--only", tool,
               "--measure", "idle-steps", "--idle", "60", "--pairs", "4")
        found = values(tmp_path / "results.tsv")
        rounds = [line.split("\t")[0] for line in
                  (tmp_path / "results.tsv").read_text().splitlines()
                  if "\tidle-steps-share\t" in line]
        assert rounds == ["1.1", "1.2", "1.3", "1.4"]
        for which in tool, tool.replace("many", "none"):
            assert found[which, "idle-steps"] > 0
        assert 0.05 < found[tool, "idle-steps-share"] < 20
        assert found[tool, "idle-bytes-server"] > 0


def test_the_profile_has_a_line_for_each_side(build):
    written = script("profile.sh", "--only", "udp-udp", "--flows", "1",
                     "--steps", "40", cwd=build)
    rows = [[cell.strip() for cell in line.strip("| ").split("|")]
            for line in written.splitlines() if "udp-udp," in line]
    table = [row for row in rows if len(row) == 7]
    assert [row[0] for row in table] == ["udp-udp, server", "udp-udp, client"]
    for row in table:
        assert row[1] == "1"
        for cell in row[2:]:
            assert cell == "-" or float(cell) >= 0, row
        # In some way the work was counted; a datagram needs a call.
        assert "-" in row[2] or 0 < float(row[2]) < 10
        assert any(cell not in ("-", "0.00") for cell in row[2:]), row


RESULTS = """\
# 2026-01-02 03:04; adit 0.1; Linux 6.1; 2 x Some CPU; load 0.1; run.sh --search
1	gso	rate-512-1	100000
1	tls	rate-512-1	90000
2	tls	rate-512-1	70000
1	tls	cpu-512-1	2.5
1	tls	rtt100	40
1	tls	rtt5000	60
1	tls	rtt9900	160
1	tls	mem-0	2000
1	tls	mem-64	4000
# 2026-01-03 03:04; adit 0.1; Linux 6.1; 2 x Some CPU; load 0.1; tun.sh BUILD
1	ip_udp	tun-tcp	5000
1	ip_udp	tcp-1420	5000
1	ip_udp	tcp-9000	9000
"""


def test_plots_show_medians_spread_and_where_they_come_from(tmp_path):
    (tmp_path / "results.tsv").write_text(RESULTS)
    written = harness.run(sys.executable, os.path.join(BENCH, "plots.py"),
                          tmp_path, tmp_path / "results.tsv").stdout
    assert len(written.split()) == 6
    for path in written.split():
        picture = xml.etree.ElementTree.parse(path).getroot()
        text = "".join(picture.itertext())
        assert int(picture.get("width")) <= 700
        assert "Some CPU" in text and "2026-01-0" in text
        assert ("tun.sh BUILD" if "tun" in path else "--search") in text
    text = (tmp_path / "performance-throughput.svg").read_text()
    assert "adit tls, 512 bytes: 80.0 (70.0 to 90.0)" in text


def test_the_first_method_is_drawn_by_the_same_program(tmp_path):
    (tmp_path / "results.tsv").write_text(
        "# 2026-01-02 03:04; adit 0.1; Linux 6.1; 2 x Some CPU; load 0.1; "
        "run.sh --quick\n"
        "1\ttls\trate-64-1\t100000\n1\ttls\trate-512-64\t90000\n"
        "1\tuotp-tls\trtt5000\t60\n1\tuotp-tls\trtt9900\t90\n"
        "1\ttls\tcpu-512-1\t2.5\n")
    written = harness.run(sys.executable, os.path.join(BENCH, "plots.py"),
                          tmp_path, tmp_path / "results.tsv").stdout
    assert [os.path.basename(path) for path in written.split()] == [
        f"performance-{name}.svg" for name in ("throughput", "cpu", "rtt")]
    text = (tmp_path / "performance-throughput.svg").read_text()
    assert "64 flows" in text and "random" not in text
    assert "run.sh --quick" in text


def test_tables_have_medians_and_ratios_of_a_round(tmp_path):
    (tmp_path / "results.tsv").write_text(RESULTS)
    written = harness.run(sys.executable, os.path.join(BENCH, "tables.py"),
                          tmp_path / "results.tsv").stdout
    assert "| adit tls | - | 80 [70 90] |" in written
    # The relay was not there in the second round.
    assert "| adit tls | 0.90 | - | 2.50 |" in written
