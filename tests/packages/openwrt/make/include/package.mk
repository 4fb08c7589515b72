# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# A stand-in of OpenWrt's package.mk: unpacks, configures, makes and installs
# with the variables that OpenWrt has, and copies each package into a folder,
# $(OUT)/packages/NAME.
#
# NOTES.  Programs are stripped as by sstrip, OpenWrt's default with musl.
# BUILD_VARIANT chooses the packages with that variant.  The options of
# configure are those that OpenWrt gives to each package.

PKG_BUILD_DIR ?= $(BUILD_DIR)/$(PKG_NAME)-$(PKG_VERSION)
PKG_INSTALL_DIR ?= $(PKG_BUILD_DIR)/ipkg-install
PKG_JOBS = -j2

GC_SECTIONS = -Wl,--gc-sections
has_flag = $(filter $(1),$(PKG_BUILD_FLAGS))
TARGET_CFLAGS = $(TARGET_OPTIMIZATION) \
	$(if $(call has_flag,no-mips16),,$(MIPS16)) -fno-caller-saves \
	-fno-plt -fstack-protector -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=1 \
	-Wl,-z,now -Wl,-z,relro \
	$(if $(call has_flag,gc-sections),-ffunction-sections -fdata-sections) \
	$(if $(call has_flag,lto),-flto=auto -fno-fat-lto-objects)
TARGET_LDFLAGS = -znow -zrelro $(EXTRA_TARGET_LDFLAGS) \
	$(if $(call has_flag,gc-sections),$(GC_SECTIONS)) \
	$(if $(call has_flag,lto),-flto=auto -fuse-linker-plugin)

CONFIGURE_ARGS = --target=$(GNU_TARGET_NAME) --host=$(GNU_TARGET_NAME) \
	--build=x86_64-pc-linux-gnu --disable-dependency-tracking \
	--program-prefix="" --program-suffix="" --prefix=/usr \
	--exec-prefix=/usr --bindir=/usr/bin --sbindir=/usr/sbin \
	--libexecdir=/usr/lib --sysconfdir=/etc --datadir=/usr/share \
	--localstatedir=/var --mandir=/usr/man --infodir=/usr/info \
	--disable-nls
TOOLS = CC="$(TARGET_CC)" AR="$(TARGET_AR)" STRIP="$(TARGET_STRIP)"
FLAGS = CFLAGS="$(TARGET_CFLAGS)" LDFLAGS="$(TARGET_LDFLAGS)"

all: packages

define Build/Prepare
	rm -rf $(PKG_BUILD_DIR)
	mkdir -p $(PKG_BUILD_DIR)
	tar -xf $(DL_DIR)/$(PKG_SOURCE) -C $(PKG_BUILD_DIR) \
		--strip-components=1
endef

define Build/Configure
	cd $(PKG_BUILD_DIR) && $(TOOLS) $(FLAGS) \
		./configure $(CONFIGURE_ARGS)
endef

define Build/Compile
	$(FLAGS) $(MAKE) $(PKG_JOBS) -C $(PKG_BUILD_DIR) $(TOOLS) \
		CROSS="$(CROSS)"
	$(if $(PKG_INSTALL),$(FLAGS) $(MAKE) -C $(PKG_BUILD_DIR) $(TOOLS) \
		DESTDIR="$(PKG_INSTALL_DIR)" install)
endef

# Names that every package has.
define Package/Default
  DEPENDS :=
  PROVIDES :=
  CONFLICTS :=
  VARIANT :=
  BUILDONLY :=
  USERID :=
endef

.PHONY: all built packages
packages: built

built:
	$(Build/Prepare)
	$(Build/Configure)
	$(Build/Compile)
	$(call Build/InstallDev,$(STAGING_DIR))

# install_package NAME
define install_package
packages: package-$(1)
.PHONY: package-$(1)
package-$(1): built
	rm -rf $(OUT)/packages/$(1)
	mkdir -p $(OUT)/packages/$(1)
	$(call Package/$(1)/install,$(OUT)/packages/$(1))
	for file in $(OUT)/packages/$(1)/usr/sbin/*; do \
		$(TARGET_STRIP) --strip-all $$$$file && \
		python3 $(TOPDIR)/sstrip.py $$$$file || exit 1; \
	done
endef

define BuildPackage
$(eval $(Package/Default))
$(eval $(Package/$(1)))
$(foreach field,SECTION CATEGORY TITLE,$(if $($(field)),,$(error Package/$(1) has no $(field))))
$(if $(filter-out $(BUILD_VARIANT),$(VARIANT))$(BUILDONLY),,$(call install_package,$(1)))
endef
