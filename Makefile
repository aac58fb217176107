# SPDX-License-Identifier: GPL-2.0 OR MIT
KDIR ?= /lib/modules/$(shell uname -r)/build
OUT ?= $(CURDIR)/build

.PHONY: all modules clean help

all: modules

modules:
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules
