#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# contrib/container: the image is made without a container engine, checked, and
# what is in it is run with a read-only root by uid 9999; also for ARM.  The
# Dockerfile is built by buildah.
#
# needs: gcc make libbearssl-dev binutils python3 python3-yaml util-linux iproute2
# needs if whole: buildah gcc-arm-linux-gnueabihf libc6-dev-armhf-cross qemu-user
#
# NOTES.  Without a network there is no base image: that of the first stage of
# the Dockerfile is an empty one here, with this machine's /usr.

# Commands in single quotes have arguments of their own.
# shellcheck disable=SC2016

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/../portability/tap.sh"
# shellcheck source=tests/packages/init/copied.sh
. "$srcdir/tests/packages/init/copied.sh"
folder=$srcdir/contrib/container
: "${whole=1}"

needs gcc make python3 strip readelf setpriv

# is_static FILE: whether it needs no library and no loader.
is_static() {
	! readelf -l -d "$1" 2>&1 | grep -e INTERP -e NEEDED
}

# image FILE ARCH=PROGRAM...
image() {
	sh "$folder/image.sh" -o "$@"
}

# sizes FILE...: says them.
sizes() {
	for file in "$@"; do
		echo "# ${file##*/}: $(($(wc -c <"$file"))) bytes"
	done
}

check 'configure' within native "$srcdir/configure" -q --enable-static
check 'make' make -C native "$jobs"
strip native/adit
adit=$work/native/adit
check 'the program is static' is_static native/adit
check 'the image is made' image image.tar amd64=native/adit
check 'a second time it is the same' sh -c '
	sh "$1/image.sh" -o again.tar amd64=native/adit && cmp image.tar again.tar' \
	sh "$folder"
check 'layout, configuration and layer' python3 \
	"$srcdir/tests/packages/container/layout.py" image.tar \
	"$folder/Dockerfile" "$work/images" amd64
sizes native/adit image.tar
check 'no archive without a program' sh -c '
	! sh "$1/image.sh" -o none.tar && ! test -e none.tar' sh "$folder"
check 'the configuration of the sidecar has no mistakes' \
	native/adit check -c "$folder/adit.conf"
if python3 -c 'import yaml' 2>/dev/null; then
	check 'compose.yaml' python3 \
		"$srcdir/tests/packages/container/compose.py" \
		"$folder/compose.yaml"
else
	skip 'compose.yaml' 'Python has no yaml'
fi
also=$work/images
if can_copy 'running the image'; then
	run_copied 'amd64' container/inside.sh "$work/images/amd64"
fi
[ "$whole" = 1 ] || done_testing

# --- For a different processor -----------------------------------------------

tools=arm-linux-gnueabihf
if command -v $tools-gcc >/dev/null && command -v qemu-arm >/dev/null; then
	bearssl=$(sh "$srcdir/tests/portability/bearssl.sh" armhf $tools-gcc \
		$tools-ar 2>"$work/errors")
	check 'configure for ARM' within arm "$srcdir/configure" -q \
		--enable-static --host=$tools --with-bearssl="$bearssl"
	check 'make for ARM' make -C arm "$jobs"
	$tools-strip arm/adit
	check 'that program is static' is_static arm/adit
	check 'an image for both' image both.tar amd64=native/adit arm=arm/adit
	rm -rf "$work/images"
	check 'its layouts' python3 \
		"$srcdir/tests/packages/container/layout.py" both.tar \
		"$folder/Dockerfile" "$work/images" amd64 arm
	sizes arm/adit both.tar
	if can_copy 'running that for ARM'; then
		run_copied 'arm' container/inside.sh "$work/images/arm" \
			"$(command -v qemu-arm)"
	fi
else
	skip 'an image for ARM' "no $tools-gcc, or no qemu-arm"
fi

# --- The Dockerfile ----------------------------------------------------------

# build COMMAND...: buildah, with nothing outside of this folder.
build() {
	command=$1
	shift
	buildah --root "$work/storage" --runroot "$work/running" \
		--storage-driver vfs "$command" "$@"
}

# build_base: the image of the first stage.
build_base() {
	echo '{"default":[{"type":"insecureAcceptAnything"}]}' >policy
	mkdir base base/usr base/tmp
	for link in bin sbin lib lib64; do
		ln -s "usr/$link" "base/$link"
	done
	(cd base && tar -cf ../base.tar .)
	container=$(build from scratch) &&
		build add "$container" "$work/base.tar" / &&
		build commit --signature-policy policy "$container" base
}

# build_image: that of the Dockerfile, and its root as $work/built.
build_image() {
	(cd "$srcdir" && git ls-files -z | tar -c --null -T - -f -) |
		within context tar -xf - || return
	build bud --isolation chroot --signature-policy policy \
		--build-arg BASE=localhost/base --pull-never \
		--volume /usr:/usr:ro --volume /etc/alternatives:/etc/alternatives:ro \
		--file context/contrib/container/Dockerfile --format docker \
		--tag adit context || return
	container=$(build from --signature-policy policy --pull-never adit) &&
		mkdir "$work/images/built" &&
		cp -a "$(build mount "$container")/." "$work/images/built/"
}

# inspected TEMPLATE: of the image.
inspected() {
	build inspect --type image --format "$1" adit
}

if command -v buildah >/dev/null && [ "$(id -u)" = 0 ]; then
	check 'an image for the first stage' build_base
	mkdir -p "$work/images"
	check 'buildah builds the Dockerfile' build_image
	inspected '{{.Docker.Config.Healthcheck.Test}} {{.Docker.Config.User}}' \
		>health 2>&1
	check 'with the health check and the user' grep -F -x \
		'[CMD /usr/bin/adit status] 9999:9999' health
	check 'what it has built is static' is_static "$work/images/built/usr/bin/adit"
	if can_copy 'running what buildah has built'; then
		run_copied 'buildah' container/inside.sh "$work/images/built"
	fi
else
	skip 'the Dockerfile' 'no buildah, or not root'
fi
done_testing
