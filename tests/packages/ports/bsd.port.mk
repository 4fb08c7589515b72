# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# A stand-in for bsd.port.mk of FreeBSD's ports tree: what our port uses of it.
# The test sets WRKSRC, STAGEDIR and LOCALBASE.

PREFIX = /usr/local
ETCDIR = ${PREFIX}/etc/${PORTNAME}
MKDIR = /bin/mkdir -p

.if defined(WITH_OLDNAMES)
CONFIGURE_ARGS += ${OLDNAMES_CONFIGURE_ON}
.endif

configure:
	cd ${WRKSRC} && sh ./configure -q ${CONFIGURE_ARGS}

stage: post-install

.for name in PORTNAME DISTVERSION CATEGORIES MASTER_SITES MAINTAINER COMMENT \
    LICENSE LICENSE_FILE INSTALL_TARGET TEST_TARGET USE_RC_SUBR
.if empty(${name})
.error ${name} is not set
.endif
.endfor
