#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Makes all that is in the image: rootfs.sh ADIT FOLDER, with a static program
# and a folder that is made.
#
# NOTES.  The image has no shell, and one user, 9999.  Nothing is written into
# it: it runs with a read-only root, and /run/adit as a tmpfs of that user.

set -eu
umask 022

program=$1
root=$2
mkdir -p "$root/usr/bin" "$root/etc/adit" "$root/etc/ssl/certs" "$root/run/adit"
cp "$program" "$root/usr/bin/adit"
chmod 755 "$root/usr/bin/adit"
echo 'adit:x:9999:9999:Adit:/:/sbin/nologin' >"$root/etc/passwd"
echo 'adit:x:9999:' >"$root/etc/group"
# The CAs that this machine trusts, for servers with certificates of these.
for file in /etc/ssl/certs/ca-certificates.crt /etc/ssl/cert.pem \
	/etc/pki/tls/certs/ca-bundle.crt; do
	[ -f "$file" ] || continue
	cp -L "$file" "$root/etc/ssl/certs/ca-certificates.crt"
	break
done
# Whoever can, gives the folder of the control socket to that user.
chmod 700 "$root/run/adit"
[ "$(id -u)" != 0 ] || chown 9999:9999 "$root/run/adit"
