# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# The part of ../openwrt.sh about the packages: the Makefiles, driven by the
# stand-ins in make/, with a cross compiler for MIPS and musl, shared, as
# OpenWrt has it.
#
# NOTES.  The compiler is Debian's with hard float, and the library is compiled
# for it; Adit has no floating point.  As OpenWrt's toolchain does it uses PLTs,
# no PIE, and MIPS16 code but for libc.  The archive of BearSSL is that of
# Debian's source package under upstream's name.
#
# shellcheck shell=sh disable=SC2154

# shellcheck source=tests/portability/cache.sh
. "$srcdir/tests/portability/cache.sh"

cross=mips-linux-gnu-
cache_folder
toolchain=$cache/openwrt-mips

# build_musl: with its shared library, into $toolchain.
build_musl() {
	source=$(sh "$srcdir/tests/portability/source.sh" musl) || return
	within "$work/musl" sh -c "'$source/configure' \
		--target=mips-linux-musl --prefix='$toolchain' CC=${cross}gcc \
		AR=${cross}ar RANLIB=${cross}ranlib CFLAGS=-Os \
		--enable-wrapper=gcc && make -s $jobs && make -s install" ||
		return
	for headers in linux asm asm-generic; do
		from=/usr/${cross%-}/include/$headers
		[ -d "$from" ] || from=/usr/include/$headers
		cp -RL "$from" "$toolchain/include/" || return
	done
	: >"$toolchain/done"
}

# sources: the archives, as OpenWrt would download them.
sources() {
	mkdir -p "$work/out/dl" &&
		bearssl=$(sh "$srcdir/tests/portability/source.sh" bearssl) &&
		tar -C "$(dirname "$bearssl")" -czf \
			"$work/out/dl/bearssl-0.6.tar.gz" \
			"$(basename "$bearssl")" &&
		within "$work/out/dl" sh "$srcdir/tests/dist.sh" "$srcdir" \
			"adit-$(sed -n 's/^version=//p' "$srcdir/configure")"
}

# features: as Config.in has them by default, for make.
features() {
	sed -n '/^config /{s/^config //;h;}
		/default y/{g;s/^/CONFIG_/;s/$/=y/;p;}' \
		"$package/adit/Config.in"
}

# package PACKAGE ARGUMENT...
make_package() {
	folder=$package/$1
	shift
	# A list of words.
	# shellcheck disable=SC2046
	make -s -C "$folder" TOPDIR="$stubs/make" OUT="$work/out" \
		CROSS="$cross" GNU_TARGET_NAME=mips-openwrt-linux-musl \
		TARGET_CC="$toolchain/bin/musl-gcc -fno-pie -no-pie -mplt" \
		TARGET_OPTIMIZATION='-Os -pipe -mno-branch-likely -mips32r2 -mtune=24kc' \
		MIPS16='-mips16 -minterlink-mips16' $(features) "$@"
}

# has_files NAME: those of the list, with their modes.
has_files() {
	(cd "$work/out/packages/$1" && find . -type f -printf '%m %P\n' |
		LC_ALL=C sort -k 2) >"$work/files"
	diff "$stubs/make/files" "$work/files"
}

# is_at_most NAME BYTES: the package, compressed as firmware is.
is_at_most() {
	tar -C "$work/out/packages/$1" --sort=name --owner=0 --group=0 \
		-cf "$work/$1.tar" .
	xz -9e --check=crc32 -k -f "$work/$1.tar"
	bytes=$(wc -c <"$work/$1.tar.xz")
	program=$work/out/packages/$1/usr/sbin/adit
	words="$1: $bytes bytes in xz; the program alone $(wc -c <"$program"),"
	words="$words in xz $(xz -9e --check=crc32 -c "$program" | wc -c)"
	echo "$words"
	echo "# $words" >>"$work/sizes"
	[ "$bytes" -le "$2" ]
}

# runs NAME: prints the version, in the emulator.
runs() {
	mkdir -p "$work/qemu/lib"
	ln -sf "$toolchain/lib/libc.so" "$work/qemu/lib/ld-musl-mips.so.1"
	qemu-mips -L "$work/qemu" "$work/out/packages/$1/usr/sbin/adit" \
		--version | grep "^adit $(sed -n 's/^version=//p' \
		"$srcdir/configure")\$"
}

if [ "$(sed -n 's/^PKG_VERSION:=//p' "$package/adit/Makefile")" = \
	"$(sed -n 's/^version=//p' "$srcdir/configure")" ]; then
	check 'packages: the version is that of configure' true
else
	check 'packages: the version is that of configure' false
fi
# Each feature of Config.in is an option, and makes the package anew.
check 'packages: features are options of configure' sh -c "
	sed -n 's/^config ADIT_//p' '$package/adit/Config.in' |
	while read -r name; do
		grep -q \"CONFIG_ADIT_\$name\" '$package/adit/Makefile' ||
			exit 1
		option=\$(sed -n \"s/.*call feature,\$name,\\([a-z-]*\\).*/\\1/p\" \
			'$package/adit/Makefile')
		sh '$srcdir/configure' --help |
			grep -q -e \"--without-\$option \" || exit 1
	done"
if [ "$whole" = 0 ]; then
	echo '# packages: they are not built with --ci'
elif ! command -v ${cross}gcc >/dev/null; then
	skip 'packages' "${cross}gcc is not installed"
else
	[ -f "$toolchain/done" ] ||
		check 'packages: a libc for MIPS' build_musl
	check 'packages: the sources' sources
	check 'packages: bearssl' make_package bearssl
	for variant in full:adit:276000 mini:adit-mini:200000; do
		of=${variant#*:} of=${of%:*}
		check "packages: $of" make_package adit \
			BUILD_VARIANT="${variant%%:*}" || continue
		check "packages: $of: files and modes" has_files "$of"
		check "packages: $of: ${variant##*:} bytes at most" \
			is_at_most "$of" "${variant##*:}"
		if command -v qemu-mips >/dev/null; then
			check "packages: $of runs" runs "$of"
		else
			skip "packages: $of runs" 'there is no qemu-mips'
		fi
	done
	cat "$work/sizes" 2>/dev/null
fi
