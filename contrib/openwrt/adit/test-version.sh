#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Run by the feed's CI on a router of its own: test-version.sh PACKAGE VERSION.

case $1 in
adit | adit-mini) adit --version | grep -F "$2" ;;
esac
