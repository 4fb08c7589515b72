#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Lays out the files of the package as they are on a router, with the stand-ins
# of OpenWrt's own: root.sh FOLDER.

set -eu

root=$1
stubs=$(cd "$(dirname "$0")" && pwd)
files=$(cd "$stubs/../../../contrib/openwrt/adit/files" && pwd)
mkdir -p "$root/etc/init.d" "$root/etc/config" "$root/usr/lib/adit" \
	"$root/usr/libexec/rpcd" "$root/usr/share/libubox" \
	"$root/lib/netifd/proto" "$root/etc/adit" "$root/etc/ssl"
cp "$files/adit.init" "$root/etc/init.d/adit"
cp "$files/adit.config" "$root/etc/config/adit"
cp "$files/adit.uci" "$root/usr/lib/adit/uci.sh"
cp "$files/netifd-event" "$root/usr/lib/adit/netifd-event"
cp "$files/adit.rpcd" "$root/usr/libexec/rpcd/adit"
cp "$files/adit.proto" "$root/lib/netifd/proto/adit.sh"
cp "$stubs/functions.sh" "$root/lib/functions.sh"
cp "$stubs/netifd-proto.sh" "$root/lib/netifd/netifd-proto.sh"
cp "$stubs/jshn.sh" "$root/usr/share/libubox/jshn.sh"
chmod 755 "$root/usr/lib/adit/netifd-event" "$root/usr/libexec/rpcd/adit"
echo 'adit:x:999:999:adit:/var/run/adit:/bin/false' >"$root/etc/passwd"
