#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Runs a command in a copy of this machine, which is gone afterwards:
# copy.sh FOLDER SRCDIR ADIT DEBS ALSO COMMAND...
#
# NOTES.  It is called by unshare, with mounts, processes and a network of its
# own, so that nothing that it does is seen outside.  FOLDER is for its mounts.
# DEBS are names of files, separated by blanks, which are unpacked and not
# installed: a second init system would not go along with that of the machine.
# ALSO is a folder that is seen inside, or empty.

set -eu

folder=$1
srcdir=$2
adit=$3
debs=$4
also=$5
shift 5

mount --make-rprivate /
mount -t tmpfs tmpfs "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/root"
root=$folder/root
mount -t overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" \
	overlay "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
# They may be mounted, or below what has been covered.
for seen in "$srcdir" $also; do
	mkdir -p "$root/$seen"
	mount --bind "$seen" "$root/$seen"
done
rm -f "$root/usr/local/bin/adit" "$root/usr/bin/adit"
cp "$adit" "$root/usr/bin/adit"
for deb in $debs; do
	# Folders that are links, as /sbin, stay what they are.
	dpkg-deb --fsys-tarfile "$deb" |
		tar -x --keep-directory-symlink -C "$root" -f -
done
ip link set lo up
exec chroot "$root" "$@" </dev/null
