#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Makes the image of the Dockerfile without Docker: see usage().
#
# NOTES.  The archive is a layout of OCI's image specification: an index, and
# for each processor a manifest, a configuration and one layer.  The same
# programs give the same archive: times are SOURCE_DATE_EPOCH or 0, owners are
# numbers, and the layer is written by GNU tar in the order of names.

set -eu
LC_ALL=C
export LC_ALL

usage() {
	cat <<'END'
usage: sh contrib/container/image.sh -o FILE [-t TAG] ARCH=PROGRAM...
Writes FILE, an image for docker load, podman load and skopeo. PROGRAM is a
static adit for ARCH: amd64, arm64, arm (ARMv7), 386, riscv64, s390x and so on.
`../configure --enable-static --host=aarch64-linux-musl` builds one; glibc in
the place of musl looks names up by libraries that are not in the image.
END
}

here=$(cd "$(dirname "$0")" && pwd)
out='' tag=latest
while [ $# -gt 0 ]; do
	case $1 in
	-o) out=${2-}; shift ;;
	-t) tag=${2-}; shift ;;
	-h | --help) usage; exit 0 ;;
	*) break ;;
	esac
	shift
done
if [ -z "$out" ] || [ $# = 0 ]; then
	usage >&2
	exit 2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' 0
trap 'exit 130' 1 2 15
epoch=${SOURCE_DATE_EPOCH:-0}
created=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)
blobs=$work/layout/blobs/sha256
mkdir -p "$blobs"

# archive FOLDER: as a tar file, the same for the same contents.
archive() {
	(cd "$1" && tar --format=ustar --sort=name --mtime="@$epoch" \
		--numeric-owner --owner=0 --group=0 -cf - -- *)
}

# blob FILE: moves it to its place, and sets digest and size.
blob() {
	digest=$(sha256sum <"$1")
	digest=${digest%% *}
	size=$(($(wc -c <"$1")))
	mv "$1" "$blobs/$digest"
}

# add ARCH PROGRAM: an image; adds its manifest to $manifests.
manifests=''
add() {
	sh "$here/rootfs.sh" "$2" "$work/root"
	# The one folder of the user, in place of that of root.
	rmdir "$work/root/run/adit"
	archive "$work/root" >"$work/layer"
	mkdir -p "$work/run/run/adit"
	chmod 700 "$work/run/run/adit"
	(cd "$work/run" && tar --format=ustar --mtime="@$epoch" \
		--numeric-owner --owner=9999 --group=9999 \
		-rf "$work/layer" run/adit)
	rm -rf "$work/root" "$work/run"
	plain=$(sha256sum <"$work/layer")
	plain=${plain%% *}
	gzip -9 -n <"$work/layer" >"$work/layer.gz"
	blob "$work/layer.gz"
	layer=$digest layer_size=$size
	arch=$1 variant=''
	case $1 in
	arm) variant=',"variant":"v7"' ;;
	esac
	# Times of the health check are in nanoseconds.
	cat >"$work/config" <<END
{"created":"$created","architecture":"$arch"$variant,"os":"linux",
"config":{"User":"9999:9999","Env":["XDG_RUNTIME_DIR=/run"],
"Entrypoint":["/usr/bin/adit"],"Cmd":["run"],"StopSignal":"SIGTERM",
"Healthcheck":{"Test":["CMD","/usr/bin/adit","status"],
"Interval":30000000000,"Timeout":10000000000,"StartPeriod":10000000000,
"Retries":3}},
"rootfs":{"type":"layers","diff_ids":["sha256:$plain"]},
"history":[{"created":"$created","created_by":"contrib/container/image.sh"}]}
END
	blob "$work/config"
	cat >"$work/manifest" <<END
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
"config":{"mediaType":"application/vnd.oci.image.config.v1+json",
"digest":"sha256:$digest","size":$size},
"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip",
"digest":"sha256:$layer","size":$layer_size}]}
END
	blob "$work/manifest"
	manifests="$manifests${manifests:+,}
{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",
\"digest\":\"sha256:$digest\",\"size\":$size,
\"platform\":{\"architecture\":\"$arch\"$variant,\"os\":\"linux\"}}"
	echo "$arch: $layer_size bytes"
}

for pair in "$@"; do
	case $pair in
	?*=?*) ;;
	*) usage >&2; exit 2 ;;
	esac
	add "${pair%%=*}" "${pair#*=}"
done

# One index for all processors, and one that gives it a name.
printf '{"schemaVersion":2,\n"mediaType":"%s",\n"manifests":[%s]}\n' \
	application/vnd.oci.image.index.v1+json "$manifests" >"$work/index"
blob "$work/index"
cat >"$work/layout/index.json" <<END
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json",
"manifests":[{"mediaType":"application/vnd.oci.image.index.v1+json",
"digest":"sha256:$digest","size":$size,
"annotations":{"io.containerd.image.name":"docker.io/library/adit:$tag",
"org.opencontainers.image.ref.name":"$tag"}}]}
END
echo '{"imageLayoutVersion":"1.0.0"}' >"$work/layout/oci-layout"
archive "$work/layout" >"$out"
