"""What the markup of a widget holds: its elements, and the words and numbers of each step."""

import re
from html.parser import HTMLParser

_VOID = {"input", "br"}


class Page(HTMLParser):
    """Elements by tag with their text, and a check that every element is closed in order."""

    def __init__(self, html):
        super().__init__()
        self.open, self.elements = [], []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        element = (tag, dict(attrs), [])
        self.elements.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), []))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        for element in self.open:
            element[2].append(data)

    def all(self, tag, **wanted):
        return [(a, "".join(t)) for name, a, t in self.elements if name == tag and wanted.items() <= a.items()]


def said(html):
    """The words of each step: one text a step and seed."""
    steps = []
    for item in re.findall(r"<li>.*?</li>", html, re.S):
        words = re.findall(r'<p class="ad-sr"(?: data-s="(\d)")?>(.*?)</p>', item, re.S)
        common = " ".join(text for seed, text in words if not seed)
        steps.append({int(seed): text for seed, text in words if seed} | {"all": common})
    return steps


def numbers(text):
    return [float(n.replace("minus ", "-")) for n in re.findall(r"(?<![a-z\d.])(?:minus )?\d+(?:\.\d+)?", text)]


def shown(text):
    """The number at the end of a formula, powers of ten included."""
    mantissa, *power = numbers(re.split(" = | is about ", text.split(" Result:")[0].rstrip(". "))[-1])
    return mantissa * power[0] ** power[1] if power else mantissa
