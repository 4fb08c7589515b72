#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Boots a big-endian kernel, s390x of Debian in qemu-system without KVM, and
# runs there: the unit tests, every carrier with floods of datagrams through
# UDP_SEGMENT and UDP_GRO, TUN devices in two networks, and the simulations.
# qemu-user does not convert UDP's control messages, so that only a kernel can
# tell whether they are right.
#
# NOTES.  Takes a quarter of an hour; what is downloaded (32 MB) is kept in
# $ADIT_CACHE.  ADIT_S390X_BUILD is a folder in which all and the tests were
# built already.  ADIT_NO_SIM leaves the simulations out.

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/portability/cache.sh
. "$srcdir/tests/portability/cache.sh"

cache_folder
kernel=$cache/kernel-s390x
patience=${ADIT_PATIENCE:-3600}
needs qemu-system-s390x s390x-linux-gnu-gcc apt-get dpkg cpio make timeout

# apt ARGUMENT...: apt-get for s390x, apart from that of the machine.
apt() {
	APT_CONFIG=$kernel.new/apt.conf apt-get -q "$@"
}

# fetch: the kernel, its modules tun and veth, and busybox.
fetch() {
	rm -rf "$kernel.new"
	mkdir -p "$kernel.new/lists/partial" "$kernel.new/cache/partial" \
		"$kernel.new/root"
	: >"$kernel.new/status"
	cat >"$kernel.new/apt.conf" <<END
APT::Architecture "s390x";
APT::Architectures { "s390x"; };
APT::Sandbox::User "";
Acquire::Languages "none";
Dir::State::Lists "$kernel.new/lists";
Dir::State::status "$kernel.new/status";
Dir::Cache "$kernel.new/cache";
Dir::Etc::SourceList "$kernel.new/sources.list";
Dir::Etc::SourceParts "/dev/null";
END
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
		"$(debian_mirror) bookworm main" \
		>"$kernel.new/sources.list"
	apt update || return 1
	image=$(APT_CONFIG=$kernel.new/apt.conf apt-cache depends \
		linux-image-s390x | sed -n 's/.*Depends: \(linux-image-.*\)/\1/p')
	(cd "$kernel.new" && apt download "$image" busybox-static &&
		for deb in ./*.deb; do
			dpkg -x "$deb" root || exit 1
		done) || return 1
	mkdir "$kernel.new/keep"
	cp "$kernel.new"/root/boot/vmlinuz-* "$kernel.new/keep/vmlinuz"
	cp "$kernel.new/root/bin/busybox" "$kernel.new/keep"
	for module in tun veth; do
		find "$kernel.new/root/lib/modules" -name "$module.ko" \
			-exec cp {} "$kernel.new/keep" \;
	done
	mv "$kernel.new/keep" "$kernel" || return 1
	rm -rf "$kernel.new"
}

if [ ! -f "$kernel/veth.ko" ] && ! fetch >"$work/fetched" 2>&1; then
	sed 's/^/# /' "$work/fetched"
	echo '1..0 # SKIP no kernel for s390x'
	exit 0
fi

build=${ADIT_S390X_BUILD:-}
if [ -z "$build" ]; then
	if ! bearssl=$(sh "$srcdir/tests/portability/bearssl.sh" s390x \
		s390x-linux-gnu-gcc s390x-linux-gnu-ar 2>"$work/errors"); then
		sed 's/^/# /' "$work/errors"
		echo '1..0 # SKIP no BearSSL for s390x'
		exit 0
	fi
	build=$work/build
	check 'configure --host=s390x-linux-gnu' within build \
		"$srcdir/configure" --host=s390x-linux-gnu \
		--with-bearssl="$bearssl"
	check 'make, without a warning' silent make -C build "$jobs" all tests
fi

# --- The root folder of the guest -------------------------------------------

root=$work/root
mkdir -p "$root/bin" "$root/dev" "$root/etc" "$root/proc" "$root/sys" \
	"$root/tmp" "$root/t/unit" "$root/t/sim"
cp "$kernel/busybox" "$root/bin"
cp "$kernel/tun.ko" "$kernel/veth.ko" "$root"
ln -s busybox "$root/bin/sh"
# The libc of the cross compiler.
mkdir "$root/lib"
for library in ld64.so.1 libc.so.6; do
	cp "/usr/s390x-linux-gnu/lib/$library" "$root/lib" || exit 1
done
printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
printf 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' \
	>"$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
cp -R "$srcdir/tests/data" "$root/t/data"
s390x-linux-gnu-strip -o "$root/bin/adit" "$build/adit" || exit 1
kinds=unit
[ -n "${ADIT_NO_SIM:-}" ] || kinds="unit sim"
for kind in $kinds; do
	for program in "$build/tests/$kind"/test_*; do
		case $program in
		*.[do]) ;;
		*) s390x-linux-gnu-strip -o "$root/t/$kind/${program##*/}" \
			"$program" ;;
		esac
	done
done
check 'a helper of the guest' s390x-linux-gnu-gcc -static -o "$root/bin/veth" \
	"$srcdir/tests/portability/veth.c"
cp "$srcdir/tests/portability/bigendian_guest.sh" "$root/init"
chmod 755 "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/initrd"

# --- The boot ---------------------------------------------------------------

# @@ lines of the guest are results: ok or not ok, and a name.
timeout "$patience" qemu-system-s390x -M s390-ccw-virtio -smp 2 -m 2048 \
	-nographic -no-reboot -nic none -kernel "$kernel/vmlinuz" \
	-initrd "$work/initrd" \
	-append 'console=ttysclp0 loglevel=3 panic=-1' \
	</dev/null >"$work/raw" 2>&1
tr -d '\r' <"$work/raw" >"$work/console"
while read -r mark result name; do
	case $mark$result in
	@@ok) check "$name" true ;;
	@@failed) check "$name" false ;;
	'##'*) echo "# $result $name" ;;
	esac
done <"$work/console"
check 'the guest came to its end' grep -q '^@@ end' "$work/console" ||
	tail -n 40 "$work/console" | sed 's/^/# /'
done_testing
