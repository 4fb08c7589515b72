# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""layout.py ARCHIVE DOCKERFILE FOLDER ARCH...: checks an archive of
contrib/container/image.sh by OCI's image specification, compares it with the
Dockerfile, and unpacks the layer of each processor into FOLDER/ARCH."""

import gzip
import hashlib
import io
import json
import os
import re
import sys
import tarfile

OCI = "application/vnd.oci.image."
NS = 1000000000


def blob(archive, descriptor):
    """The bytes that a descriptor names, which must be those."""
    kind, digest = descriptor["digest"].split(":")
    assert kind == "sha256"
    data = archive.extractfile("blobs/sha256/" + digest).read()
    assert len(data) == descriptor["size"]
    assert hashlib.sha256(data).hexdigest() == digest
    return data


def instructions(path):
    """Those of the last stage of a Dockerfile."""
    text = re.sub(r"\\\n\s*", " ", open(path).read())
    stage = text[text.index("\nFROM scratch\n"):]
    return dict(line.split(" ", 1) for line in stage.splitlines()
                if line and not line.startswith("#"))


def seconds(text):
    return int(re.fullmatch(r"(\d+)s", text).group(1)) * NS


def check_config(config, wanted):
    """The same as the instructions."""
    assert config["User"] == wanted["USER"] == "9999:9999"
    assert config["Env"] == [wanted["ENV"]]
    assert config["Entrypoint"] == json.loads(wanted["ENTRYPOINT"])
    assert config["Cmd"] == json.loads(wanted["CMD"])
    assert config["StopSignal"] == wanted["STOPSIGNAL"]
    options, command = wanted["HEALTHCHECK"].split(" CMD ")
    options = dict(re.findall(r"--([a-z-]+)=(\S+)", options))
    health = config["Healthcheck"]
    assert health["Test"] == ["CMD"] + json.loads(command)
    assert health["Interval"] == seconds(options["interval"])
    assert health["Timeout"] == seconds(options["timeout"])
    assert health["StartPeriod"] == seconds(options["start-period"])
    assert health["Retries"] == int(options["retries"])


def check_layer(data, folder):
    """Owners, rights and names; unpacks it."""
    with tarfile.open(fileobj=io.BytesIO(data)) as layer:
        members = {m.name: m for m in layer.getmembers()}
        assert len(members) == len(layer.getmembers())
        for name, m in members.items():
            owner = 9999 if name == "run/adit" else 0
            assert (m.uid, m.gid) == (owner, owner), name
            assert not m.mode & 0o7022, name
            assert m.mtime == 0, name
            assert m.isdir() or m.isfile(), name
        files = {name for name, m in members.items() if m.isfile()}
        files.discard("etc/ssl/certs/ca-certificates.crt")
        assert files == {"usr/bin/adit", "etc/passwd", "etc/group"}, files
        assert members["usr/bin/adit"].mode == 0o755
        layer.extractall(folder)


def main(path, dockerfile, folder, *processors):
    with tarfile.open(path) as archive:
        assert json.load(archive.extractfile("oci-layout")) == {
            "imageLayoutVersion": "1.0.0"}
        top, = json.load(archive.extractfile("index.json"))["manifests"]
        assert top["annotations"]["org.opencontainers.image.ref.name"]
        index = json.loads(blob(archive, top))
        assert index["schemaVersion"] == 2
        assert index["mediaType"] == top["mediaType"] == OCI + "index.v1+json"
        found = []
        for entry in index["manifests"]:
            processor = entry["platform"]["architecture"]
            found.append(processor)
            manifest = json.loads(blob(archive, entry))
            assert manifest["mediaType"] == entry["mediaType"] == \
                OCI + "manifest.v1+json"
            config = json.loads(blob(archive, manifest["config"]))
            assert config["os"] == entry["platform"]["os"] == "linux"
            assert config["architecture"] == processor
            check_config(config["config"], instructions(dockerfile))
            layer, = manifest["layers"]
            assert layer["mediaType"] == OCI + "layer.v1.tar+gzip"
            data = gzip.decompress(blob(archive, layer))
            assert config["rootfs"]["diff_ids"] == [
                "sha256:" + hashlib.sha256(data).hexdigest()]
            check_layer(data, os.path.join(folder, processor))
        assert found == list(processors), found


main(*sys.argv[1:])
