# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Certificates of all sorts, made with OpenSSL."""

import datetime
import subprocess

CONFIG = """
[ca]
default_ca = d
[d]
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = p
unique_subject = no
[p]
commonName = optional
[req]
distinguished_name = n
[n]
[x]
{extensions}
"""
CA_EXTENSIONS = "basicConstraints=critical,CA:TRUE\n" \
    "keyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash"


def openssl(*args, **options):
    done = subprocess.run(["openssl", *map(str, args)], capture_output=True,
                          text=True, **options)
    assert done.returncode == 0, f"openssl {args}: {done.stderr}"
    return done.stdout


def day(days):
    """So many days from now, as OpenSSL wants it."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return (now + datetime.timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")


def make_key(path, kind):
    """A key in PKCS#8: rsa2048, rsa4096, P-256, P-384, P-521."""
    if kind.startswith("rsa"):
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt",
                f"rsa_keygen_bits:{kind[3:]}", "-out", path)
    else:
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt",
                f"ec_paramgen_curve:{kind}", "-out", path)
    return path


def rewrite_key(path, form):
    """The same key in another form, as a new file."""
    new = path.with_suffix("." + form)
    if form == "sec1":
        openssl("ec", "-in", path, "-out", new)
        marker = "BEGIN EC PRIVATE KEY"
    else:
        openssl("rsa", "-in", path, "-traditional", "-out", new)
        marker = "BEGIN RSA PRIVATE KEY"
    assert marker in new.read_text()
    return new


class CA:
    """A CA, and the folder for its files."""

    def __init__(self, folder, name, kind="P-256", first=-1):
        self.folder = folder
        (folder / "ca").mkdir()
        self.key = make_key(folder / "ca.key", kind)
        self.pem = folder / "ca.pem"
        self._sign(self.key, self.pem, name, CA_EXTENSIONS, first, 3650,
                   "-selfsign")

    def _sign(self, key, pem, name, extensions, first, last, *more):
        config = self.folder / "config"
        config.write_text(CONFIG.format(folder=self.folder / "ca",
                                        extensions=extensions))
        (self.folder / "ca" / "index").write_text("")
        request = self.folder / "request"
        openssl("req", "-new", "-key", key, "-subj", f"/CN={name}",
                "-config", config, "-out", request)
        if not more:
            more = "-cert", self.pem
        openssl("ca", "-batch", "-notext", "-config", config, "-extensions",
                "x", "-in", request, "-keyfile", self.key, "-startdate",
                day(first), "-enddate", day(last), "-out", pem, *more)

    def issue(self, stem, names="DNS:localhost,IP:127.0.0.1,IP:::1",
              kind="P-256", use="serverAuth", first=-1, last=100):
        """Makes a certificate and its key; returns both paths."""
        pem, key = self.folder / f"{stem}.pem", self.folder / f"{stem}.key"
        if not pem.exists():
            make_key(key, kind)
            extensions = "keyUsage=critical,digitalSignature\n" \
                f"extendedKeyUsage={use}\nsubjectKeyIdentifier=hash\n" \
                "authorityKeyIdentifier=keyid"
            if names:
                extensions += f"\nsubjectAltName={names}"
            self._sign(key, pem, stem, extensions, first, last)
        return pem, key
