# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# A stand-in of OpenWrt's rules.mk: what a package's Makefile may expect of it.
#
# NOTES.  The command line sets CROSS (a prefix like mips-linux-gnu-), TARGET_CC,
# GNU_TARGET_NAME, TARGET_OPTIMIZATION, MIPS16 (flags for it, if the CPU has
# that), and OUT, a folder for all that is made; $(OUT)/dl has the sources.

INCLUDE_DIR = $(TOPDIR)/include
BUILD_DIR = $(OUT)/build
STAGING_DIR = $(OUT)/staging
DL_DIR = $(OUT)/dl
TARGET_AR = $(CROSS)gcc-ar
TARGET_STRIP = $(CROSS)strip
INSTALL_DIR = install -d -m0755
INSTALL_BIN = install -m0755
INSTALL_DATA = install -m0644
INSTALL_CONF = install -m0600
SED = sed -i -e
CP = cp -fpR
