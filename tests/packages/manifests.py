# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""manifests.py FOLDER: the manifests in there have what winget, Scoop and
Chocolatey want, by their documentation; nothing of a template is left."""

import json
import pathlib
import re
import sys
import xml.etree.ElementTree

import yaml

WINGET = {
    "version": {"PackageIdentifier", "PackageVersion", "DefaultLocale",
                "ManifestType", "ManifestVersion"},
    "defaultLocale": {"PackageIdentifier", "PackageVersion", "PackageLocale",
                      "Publisher", "PackageName", "License",
                      "ShortDescription", "ManifestType", "ManifestVersion"},
    "installer": {"PackageIdentifier", "PackageVersion", "Installers",
                  "ManifestType", "ManifestVersion"},
}
ARCHITECTURES = {"x86", "x64", "arm", "arm64", "neutral"}
SWITCHES = {"Silent", "SilentWithProgress", "Interactive", "InstallLocation",
            "Log", "Upgrade", "Custom", "Repair"}


def check_winget(folder):
    seen = set()
    for path in folder.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        # Numbers would not be versions.
        document = yaml.load(text, Loader=yaml.BaseLoader)
        kind = document["ManifestType"]
        seen.add(kind)
        missing = WINGET[kind] - set(document)
        assert not missing, (path, missing)
        assert document["PackageVersion"] == "0.0.2", path
        assert re.fullmatch(r"[^.\s]{1,32}(\.[^.\s]{1,32}){1,7}",
                            document["PackageIdentifier"]), path
        assert path.name.startswith(document["PackageIdentifier"] + "."), path
        assert f"manifest.{kind}.{document['ManifestVersion']}." in \
            text.splitlines()[0], path
        if kind == "installer":
            check_installers(document)
    assert seen == set(WINGET), seen


def check_installers(document):
    assert document["InstallerType"] == "nullsoft"
    assert document["Scope"] in ("user", "machine")
    assert document["UpgradeBehavior"] in ("install", "uninstallPrevious",
                                           "deny")
    assert document["ElevationRequirement"] in (
        "elevationRequired", "elevationProhibited", "elevatesSelf")
    assert set(document["InstallerSwitches"]) <= SWITCHES
    assert document["Installers"]
    for one in document["Installers"]:
        assert one["Architecture"] in ARCHITECTURES, one
        assert one["InstallerUrl"].startswith("https://"), one
        assert one["InstallerUrl"].endswith(
            f"-{one['Architecture']}-setup.exe"), one
        assert re.fullmatch("[0-9A-F]{64}", one["InstallerSha256"]), one


def check_scoop(folder):
    document = json.loads((folder / "adit.json").read_text(encoding="utf-8"))
    assert {"version", "description", "homepage", "license", "bin",
            "architecture"} <= set(document)
    assert set(document["architecture"]) <= {"32bit", "64bit", "arm64"}
    for one in document["architecture"].values():
        assert one["url"].startswith("https://") and \
            re.fullmatch("[0-9a-f]{64}", one["hash"]), one


def check_chocolatey(folder):
    root = xml.etree.ElementTree.parse(folder / "adit.nuspec").getroot()
    space = root.tag.split("}")[0] + "}"
    metadata = root.find(space + "metadata")
    for name in "id", "version", "authors", "description", "title", "tags":
        assert metadata.findtext(space + name), name
    assert re.fullmatch("[a-z.-]+", metadata.findtext(space + "id"))
    script = (folder / "tools" / "chocolateyInstall.ps1").read_text(
        encoding="utf-8")
    for key in "url64bit", "checksum64", "checksumType64":
        assert re.search(rf"^    {key} += '\S+'$", script, re.M), (key, script)


def main():
    folder = pathlib.Path(sys.argv[1])
    for path in folder.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not re.search("@[A-Z]+@", text), path
    check_winget(folder / "winget")
    check_scoop(folder / "scoop")
    check_chocolatey(folder / "chocolatey")


if __name__ == "__main__":
    main()
