# SPDX-License-Identifier: GPL-2.0 OR MIT
#
# The build folder's Makefile of the kernel that trixie.sh unpacks: goes on as
# the unpacked system's own make, with Debian's own Makefile, in a mount
# namespace where that system's /usr has taken the place of the host's.  All
# else is the host's: paths stay what they are.

folder := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
usr := $(abspath $(folder)/../..)
goals := $(or $(MAKECMDGOALS),all)
# Who is not root is root of the namespace.
root := $(if $(filter-out 0,$(shell id -u)),--map-root-user)

.PHONY: inside $(goals)
$(goals): inside
	@:
inside:
	+@unshare --mount $(root) sh -c 'mount --bind "$$0" /usr && exec "$$@"' $(usr) \
		make -C /usr/src/$(notdir $(folder)) -f Makefile.debian $(MAKECMDGOALS)
