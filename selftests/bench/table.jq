# SPDX-License-Identifier: GPL-2.0 OR MIT
# A file of results as a table; the bars are those of the newest and of older
# kernels, for one node and for two.

def bars($new): {
	cache_pair_64: (if $new then [0.28, 0.35] else [0.26, 0.32] end),
	size_pair_64: [0.40, 0.48],
	burst100_64: (if $new then [0.33, 0.40] else [0.22, 0.27] end),
	bulk16_64: (if $new then [0.30, 0.50] else [0.10, 0.22] end),
	bulk100_64: (if $new then [0.32, 0.57] else [0.05, 0.19] end)
};

def pad($n): tostring | . + " " * ([$n - length, 0] | max);
def lpad($n): tostring | " " * ([$n - length, 0] | max) + .;
def fixed($digits):
	pow(10; $digits) as $p | (. * $p | round | fabs | tostring) as $d |
	("0" * ([$digits + 1 - ($d | length), 0] | max) + $d) as $d |
	if $digits == 0 then $d else $d[:-$digits] + "." + $d[-$digits:] end;
def ratio: if .kmem.median == 0 then null else .zmem.median / .kmem.median end;

bars(.kernel | test("^[7-9]\\.")) as $bars |
"\(.kernel), \(.boot)",
"\("row" | pad(26)) nodes   zmem min   median   kmem min   median   ratio   bar",
(.rows | sort_by(.nodes)[] |
	(if .name == "null" then null else ratio end) as $ratio |
	($bars[.name] // [])[.nodes - 1] as $bar |
	"\(.name | pad(26)) \(.nodes | lpad(5)) " +
	([.zmem.min, .zmem.median, .kmem.min, .kmem.median] |
		"\(.[0] | fixed(1) | lpad(10)) \(.[1] | fixed(1) | lpad(8)) " +
		"\(.[2] | fixed(1) | lpad(10)) \(.[3] | fixed(1) | lpad(8)) ") +
	(if $ratio then $ratio | fixed(3) else "-" end | lpad(7)) +
	(if $bar then " \($bar | fixed(2) | lpad(5))" +
		(if $ratio > $bar then "  missed" else "" end) else "" end))
