# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a page strictly: as a tree, and only if it is made of nothing but what pages are made of."""
import base64
import hashlib
from html.parser import HTMLParser

VOID = {"meta"}
ELEMENTS = VOID | set("html head title style body main header footer section h1 h2 h3 p div span strong b small code ul li dl dt dd details summary "
                      "table caption thead tbody tr th td svg rect line text".split())
ATTRIBUTES = set("lang charset name http-equiv content class scope role tabindex aria-label aria-hidden colspan title "
                 "width height x y x1 x2 y1 y2".split())
SHOWN_ONLY_AS_ESCAPES = [*range(0x20), 0x7F, *range(0x80, 0xA0), 0xAD, 0x61C, *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xFEFF]


class Node:
    def __init__(self, name, attributes, parent):
        self.name, self.attributes, self.parent, self.children = name, attributes, parent, []

    def text(self):
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)

    def words(self):
        return " ".join(self.text().split())

    def all(self, name, **attributes):
        """Those below it, in their order; `class_` is one of the classes."""
        found = []
        for child in self.children:
            if isinstance(child, str):
                continue
            classes = child.attributes.get("class", "").split()
            if child.name == name and all(value in classes if key == "class_" else child.attributes.get(key) == value for key, value in attributes.items()):
                found.append(child)
            found += child.all(name, **attributes)
        return found

    def one(self, name, **attributes):
        (node,) = self.all(name, **attributes)
        return node


class Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.root = self.node = Node("", {}, None)

    def handle_starttag(self, tag, attrs):
        assert tag in ELEMENTS, f"<{tag}> in a page"
        attributes = dict(attrs)
        assert len(attributes) == len(attrs), f"an attribute twice in <{tag}>"
        assert set(attributes) <= ATTRIBUTES, f"<{tag}> has {sorted(set(attributes) - ATTRIBUTES)}"
        node = Node(tag, attributes, self.node)
        self.node.children.append(node)
        if tag not in VOID:
            self.node = node

    def handle_startendtag(self, tag, attrs):
        raise AssertionError(f"<{tag}/>")

    def handle_endtag(self, tag):
        assert self.node.name == tag, f"</{tag}> ends <{self.node.name}>"
        self.node = self.node.parent

    def handle_data(self, data):
        self.node.children.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl):
        assert decl == "DOCTYPE html", decl

    def unknown_decl(self, data):
        raise AssertionError(data)

    handle_pi = unknown_decl


def read(content):
    """The tree of a page; fails when it is not well-formed, refers to anything, could run anything, or holds what cannot be seen."""
    text = content.decode("utf-8") if isinstance(content, bytes) else content
    assert text.startswith("<!DOCTYPE html>\n<html")
    for code in SHOWN_ONLY_AS_ESCAPES:
        assert code == 10 or chr(code) not in text, f"U+{code:04X} in a page"
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.node is reader.root, f"<{reader.node.name}> is not ended"
    root = reader.root
    style = root.one("style").text()
    for word in ("url(", "@import", "//", "expression"):
        assert word not in style, word
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = [meta.attributes["content"] for meta in root.all("meta") if meta.attributes.get("http-equiv") == "Content-Security-Policy"]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'", policy
    for table in root.all("table"):
        assert table.one("caption").words(), "a table without a caption"
        heads = table.one("thead").all("th", scope="col")
        for row in table.one("tbody").all("tr"):
            cells = [child for child in row.children if not isinstance(child, str)]
            assert len(cells) == len(heads), f"{len(cells)} cells under {len(heads)} titles"
            assert cells[0].name == "th" and cells[0].attributes.get("scope") == "row", cells[0].name
    for drawing in root.all("svg"):
        assert drawing.attributes.get("aria-hidden") == "true" or (drawing.attributes.get("role") == "img" and drawing.one("title").words()), "a drawing without words"
    return root


def table(root, caption):
    """The table whose caption begins so."""
    (node,) = [node for node in root.all("table") if node.one("caption").words().startswith(caption)]
    return node


def rows(node):
    """The words of each cell of a table's body."""
    return [[cell.words() for cell in row.children if not isinstance(cell, str)] for row in node.one("tbody").all("tr")]
