# SPDX-License-Identifier: GPL-2.0 OR MIT
# A file of results as tables. The bars, for the kernels that have such, are for
# one node and for two; ratios are of medians.

def bars:
	if .boot | test("mitigations=off init_on_alloc=0") | not then {}
	elif .kernel | test("^7\\.") then {
		cache_pair_64: [0.28, 0.35],
		size_pair_64: [0.40, 0.48],
		burst100_64: [0.33, 0.40],
		bulk16_64: [0.30, 0.50],
		bulk100_64: [0.32, 0.57]
	} elif .kernel | test("^6\\.12\\..*[0-9]-amd64") then {
		cache_pair_64: [0.26, 0.32],
		size_pair_64: [0.40, 0.48],
		burst100_64: [0.22, 0.27],
		bulk16_64: [0.10, 0.22],
		bulk100_64: [0.05, 0.19]
	} else {} end;

def left($n): tostring | . + " " * ([$n - length, 0] | max);
def right($n): tostring | " " * ([$n - length, 0] | max) + .;

# With a fixed number of digits behind the point.
def fixed($digits):
	(. * pow(10; $digits) | round | tostring) as $d |
	("0" * ([$digits + 1 - ($d | length), 0] | max) + $d) |
	.[:-$digits] + "." + .[-$digits:];

def cells: map(.[0] as $width | .[1] | right($width)) | join("");

# What a row has beside it: its bar, or that the kernel's allocator is ahead.
def verdict($ratio; $bar):
	if $ratio == null then ""
	elif $bar and $ratio > $bar then "  \($bar | fixed(2))  missed"
	elif $bar then "  \($bar | fixed(2))"
	elif $ratio >= 1 then "        behind"
	else "" end;

def row($bars):
	(if .name == "null" then null else .zmem.median / .kmem.median end) as $ratio |
	"\(.name | left(20))" +
	([[5, .nodes], [11, (.zmem.min | fixed(1))], [11, (.zmem.median | fixed(1))],
	  [11, (.kmem.min | fixed(1))], [11, (.kmem.median | fixed(1))],
	  [8, (if $ratio then $ratio | fixed(3) else "-" end)]] | cells) +
	verdict($ratio; ($bars[.name] // [])[.nodes - 1]);

# Locks and trips a thousand calls; and what of them a magazine costs: at most
# one is wished for. An allocation that misses loads a magazine, which someone
# has filled.
def count:
	.zmem as $z | ($z.allocs + $z.frees) as $calls |
	"\(.name | left(20))" +
	([[5, .nodes], [11, $z.magazine_size],
	  [13, ($z.depot_locks * 1000 / $calls | fixed(2))],
	  [13, ($z.contended * 1000 / $calls | fixed(2))],
	  [13, ($z.slab_trips * 1000 / $calls | fixed(2))],
	  [17, ($z.depot_locks / ([$z.misses, 1] | max) / 2 | fixed(2))],
	  [17, ($z.slab_trips * $z.magazine_size / $calls | fixed(2))]] | cells);

bars as $bars |
"\(.kernel): \(.boot)",
"",
"row                 nodes   zmem min     median   kmem min     median   ratio   bar",
(.rows[] | row($bars)),
(.rows[] | select(.name == "replay") |
	"",
	"replay, bytes held at the peak: zmem \(.zmem.held_peak), kmem \(.kmem.held_peak)"),
(if .counts | length > 0 then
	"",
	"two CPUs, counted by zmem               a thousand calls                         a magazine; at most 1",
	"work                nodes   magazine  depot locks  not at once   slab trips  locks on a side       slab trips",
	(.counts[] | count)
else empty end),
""
