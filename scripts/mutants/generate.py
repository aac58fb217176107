# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Mechanical mutants of a C file in kernel style: small changes inside its
functions, each of a class.

	condition	a condition is flipped, or an operator in it
	statement	a statement is dropped
	unlock		the statement that lets go of something is dropped
	fence		a barrier is dropped
	order		an acquire or a release is weakened
	off-by-one	a bound or a number is one more or less
	arguments	two neighbouring arguments are swapped

Line breaks are kept, so that only what was changed moves.
"""
import collections
import re

UNLOCK = re.compile(r"unlock|_exit$|^mutex_unlock|_irqrestore$|local_.*enable$|^preempt_enable")
FENCE = re.compile(r"^(smp_(r|w)?mb|smp_mb__\w+|barrier)$")
ORDERED = {"smp_load_acquire": "READ_ONCE", "atomic_read_acquire": "atomic_read",
           "atomic_set_release": "atomic_set", "atomic_long_read_acquire": "atomic_long_read",
           "atomic_long_set_release": "atomic_long_set",
           "test_and_set_bit_lock": "test_and_set_bit", "clear_bit_unlock": "clear_bit"}
KEYWORDS = {"if", "else", "for", "while", "do", "switch", "case", "default", "return", "goto",
            "break", "continue", "sizeof", "struct", "enum", "union", "static", "const",
            "unsigned", "typeof"}
JUMPS = {"return", "goto", "break", "continue"}
FLIP = {"==": "!=", "!=": "==", "&&": "||", "||": "&&", "<": ">=", ">": "<=", "<=": ">", ">=": "<"}
EDGE = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
COMMUTE = {"min", "max", "min_t", "max_t"}
ASSIGN = {"=", "+=", "-=", "*=", "/=", "|=", "&=", "^=", "<<=", ">>="}

TOKEN = re.compile(r"""
	(?P<blank>\s+|//[^\n]*|/\*.*?\*/|\\\n)
	|(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
	|(?P<number>0[xX][0-9a-fA-F]+[uUlL]*|\d+[uUlL]*)
	|(?P<name>[A-Za-z_]\w*)
	|(?P<op><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)
""", re.X | re.S)

Token = collections.namedtuple("Token", "kind text start end")
Mutant = collections.namedtuple("Mutant", "file line function kind start end new")


def tokens(text, start, end):
    found = []
    for m in TOKEN.finditer(text, start, end):
        if m.lastgroup != "blank":
            found.append(Token(m.lastgroup, m.group(), m.start(), m.end()))
    return found


def functions(text):
    """Of each function: its name and where its body starts and ends."""
    for m in re.finditer(r"^\{\n(.*?)^\}", text, re.M | re.S):
        head = text[:m.start()].rsplit("\n\n", 1)[-1]
        head = re.sub(r"/\*.*?\*/", "", head, flags=re.S)
        name = re.search(r"(\w+)\s*\(", head)
        if name:
            yield name.group(1), m.start(1), m.end(1)


def partners(toks):
    """Where each bracket's other half is."""
    other, stack = {}, []
    for i, t in enumerate(toks):
        if t.text in ("(", "[", "{"):
            stack.append(i)
        elif t.text in (")", "]", "}") and stack:
            j = stack.pop()
            other[i], other[j] = j, i
    return other


class Body:
    """One function's mutants."""

    def __init__(self, path, text, name, start, end):
        self.path, self.text, self.name = path, text, name
        self.toks = tokens(text, start, end)
        self.other = partners(self.toks)
        self.found = []

    def source(self, first, last):
        """The text of tokens, both included."""
        return self.text[self.toks[first].start:self.toks[last].end]

    def add(self, kind, first, last, new):
        start, end = self.toks[first].start, self.toks[last].end
        new += "\n" * (self.text.count("\n", start, end) - new.count("\n"))
        self.found.append(Mutant(self.path, self.text.count("\n", 0, start) + 1, self.name,
                                 kind, start, end, new))

    def statement_starts(self):
        """Indices of the tokens that statements start with."""
        toks, starts = self.toks, {0}
        for i, t in enumerate(toks[:-1]):
            if t.text in (";", "{", "}", "else", "do"):
                starts.add(i + 1)
            elif t.text == ")" and i in self.other:
                before = toks[self.other[i] - 1].text if self.other[i] else ""
                if before in ("if", "for", "while", "switch") or before.startswith("for_each_") \
                        or before.startswith("list_for_each_"):
                    starts.add(i + 1)
            elif t.text == ":" and toks[i - 1].kind == "name" and (
                    i == 1 or toks[i - 2].text in (";", "}", "{", "case")):
                starts.add(i + 1)
        return sorted(starts)

    def end_of(self, i):
        """The index of the semicolon of a statement without a block."""
        while i < len(self.toks) and self.toks[i].text not in (";", "{", "}"):
            i = self.other[i] if self.toks[i].text in ("(", "[") else i
            i += 1
        return i if i < len(self.toks) and self.toks[i].text == ";" else None

    def is_expression(self, i):
        t = self.toks[i]
        if t.text in ("*", "(", "++", "--"):
            return True
        after = self.toks[i + 1].text
        return t.kind == "name" and t.text not in KEYWORDS and (
            after in ASSIGN or after in ("(", "[", "->", ".", "++", "--"))

    def in_for(self, i):
        """Whether a token stands within the brackets of a call or a loop."""
        return any(a < i < b for a, b in self.other.items()
                   if a < b and self.toks[a].text == "(")

    def drop(self):
        for i in self.statement_starts():
            if self.toks[i].text in KEYWORDS - JUMPS or self.toks[i].text in ("{", "}", ";"):
                continue
            end = self.end_of(i)
            if end is None or self.in_for(i):
                continue
            if self.toks[i].text in JUMPS:
                self.add("statement", i, end, "{ }")
            elif self.is_expression(i):
                self.add(self.kind_of(i), i, end, "{ }")

    def kind_of(self, i):
        name = self.toks[i].text
        if self.toks[i + 1].text != "(":
            return "statement"
        if FENCE.match(name):
            return "fence"
        return "unlock" if UNLOCK.search(name) else "statement"

    def conditions(self):
        for i, t in enumerate(self.toks[:-1]):
            if t.text in ("if", "while") and self.toks[i + 1].text == "(":
                end = self.other[i + 1]
                self.add("condition", i + 1, end, "(!" + self.source(i + 1, end) + ")")
            elif t.text in FLIP and i:
                self.add("condition", i, i, FLIP[t.text])
            elif t.text == "!":
                self.add("condition", i, i, "")

    def edges(self):
        for i, t in enumerate(self.toks[:-1]):
            if t.text in EDGE and i:
                self.add("off-by-one", i, i, EDGE[t.text])
            elif t.kind == "number":
                value = int(re.sub("[uUlL]*$", "", t.text), 0)
                suffix = re.search("[uUlL]*$", t.text).group()
                self.add("off-by-one", i, i, "%d%s" % (value + 1, suffix))
                if value:
                    self.add("off-by-one", i, i, "%d%s" % (value - 1, suffix))

    def arguments(self, i):
        """The spans of the arguments of a call, its bracket at i."""
        spans, first, j = [], i + 1, i + 1
        while j <= self.other[i]:
            if self.toks[j].text == "," or j == self.other[i]:
                spans.append((first, j - 1))
                first = j + 1
            elif self.toks[j].text in ("(", "[", "{"):
                j = self.other[j]
            j += 1
        return spans

    def swaps(self):
        for i, t in enumerate(self.toks[:-1]):
            if t.kind != "name" or t.text in KEYWORDS or self.toks[i + 1].text != "(":
                continue
            if t.text in ORDERED:
                self.add("order", i, i, ORDERED[t.text])
            spans = [] if t.text in COMMUTE else self.arguments(i + 1)
            for (a, b), (c, d) in zip(spans, spans[1:]):
                if a > b or c > d or self.source(a, b) == self.source(c, d):
                    continue
                self.add("arguments", a, d, self.source(c, d) + ", " + self.source(a, b))

    def mutants(self):
        if self.toks:
            self.drop()
            self.conditions()
            self.edges()
            self.swaps()
        return self.found


def mutants(path, text):
    """All of a file."""
    found = []
    for name, start, end in functions(text):
        found += Body(path, text, name, start, end).mutants()
    return found


def apply(mutant, text):
    return text[:mutant.start] + mutant.new + text[mutant.end:]


def squeeze(text):
    return " ".join(text.split())


def key(mutant, text):
    """Names a mutant whatever its line: function, its lines, and what they become."""
    first = text.rfind("\n", 0, mutant.start) + 1
    last = text.find("\n", mutant.end)
    old = text[first:last]
    new = text[first:mutant.start] + mutant.new + text[mutant.end:last]
    return (mutant.function, squeeze(old), squeeze(new))
