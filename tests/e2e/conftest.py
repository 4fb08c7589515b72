# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Fixtures for tests on machines of our own, and for their figures."""

import pytest

from machines import Machine


class Figures:
    """What was measured, shown at the end of pytest's output."""

    def __init__(self):
        self.lines = []

    def pytest_terminal_summary(self, terminalreporter):
        for line in self.lines:
            terminalreporter.write_line("figures: " + line)


@pytest.fixture(scope="session")
def all_figures(pytestconfig):
    figures = Figures()
    pytestconfig.pluginmanager.register(figures)
    return figures


@pytest.fixture
def figures(request, all_figures):
    """Tells of a measurement."""
    def figures(text):
        all_figures.lines.append(f"{request.node.name}: {text}")
    return figures


@pytest.fixture
def made_machines():
    """Those of a test."""
    made = []
    yield made
    for machine in made:
        machine.end()


@pytest.fixture
def start(made_machines, start):
    """The same as elsewhere; it ends its programs before machines end."""
    return start


@pytest.fixture
def machine(made_machines, adit, tmp_path):
    """Makes machines, by their names."""
    def machine(name):
        made_machines.append(Machine(name, tmp_path / name, adit))
        return made_machines[-1]
    return machine
