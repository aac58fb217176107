# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=bash disable=SC2034,SC2154 # shared with kernel-stock.sh
#
# For kernel-stock.sh: takes the kernel from Debian 13's backports. Its build
# tools want a newer C library and compiler than the host's, so that these are
# unpacked beside it, and the build sees them in place of the host's /usr.
# Sourced, never run.

lists=$cache/apt-trixie
mkdir -p "$lists"
case $cache/ in
/usr/*) die "the cache is in /usr, which the build of this kernel hides" ;;
esac

# The rest of apt's settings, such as proxies, is the host's.
apt_options=(
	-o "Dir::State::lists=$lists/lists"
	-o "Dir::State::status=$lists/status"
	-o "Dir::Cache=$lists"
	-o "Dir::Etc::sourcelist=$lists/sources.list"
	-o "Dir::Etc::sourceparts=-"
	-o "Dir::Etc::preferences=-"
	-o "Dir::Etc::preferencesparts=-"
	-o "APT::Default-Release="
)

# The mirror that the host's apt takes Debian from.
mirror() {
	# shellcheck disable=SC2016 # apt's variables
	apt-get indextargets --format '$(ORIGIN) $(LABEL) $(COMPONENT) $(REPO_URI)' \
		'Created-By: Packages' |
		sed -n 's/^Debian Debian main //p' | head -n 1
}

update() {
	local suite uri

	uri=$(mirror)
	if [ -z "$uri" ]; then
		"$top/scripts/deps.sh" --update >&2
		uri=$(mirror)
	fi
	[ -n "$uri" ] || die "apt knows no Debian mirror"
	mkdir -p "$lists/lists"
	# No package is installed: all that a package depends on is fetched.
	: >"$lists/status"
	for suite in trixie trixie-backports; do
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main"
	done >"$lists/sources.list"
	apt_get update >"$lists/log" 2>&1 ||
		say "cannot update: $(tail -n 1 "$lists/log")"
}

# linux-image-* only holds the other two together and wants an initramfs; the
# rest is what recipes of kbuild's call.
packages() {
	echo "linux-binary-$1 linux-modules-$1 linux-headers-$1"
	echo make binutils dpkg mawk bash dash coreutils diffutils findutils grep sed
}

fetch() {
	local list

	mkdir -p deb/partial
	read -ra list -d '' < <(packages "$1") || :
	apt_get -o "Dir::Cache::archives=$dir/deb" install --yes \
		--download-only --no-install-recommends "${list[@]}" \
		>fetch.log 2>&1
}

# The links of merged /usr come first.
unpack() {
	local deb

	for deb in deb/base-files_*.deb deb/*.deb; do
		dpkg -x "$deb" .
	done
	rm -rf deb usr/share var
	ln -s mawk usr/bin/awk
}

set_up() {
	local build=usr/src/linux-headers-$1

	mv "$build/Makefile" "$build/Makefile.debian"
	cp "$here/trixie.mk" "$build/Makefile"
	ln -s "../lib/modules/$1/vmlinuz" "boot/vmlinuz-$1"
}

if [ ! -s "$lists/sources.list" ] || [ /var/lib/apt/lists -nt "$lists/log" ]; then
	update
fi
