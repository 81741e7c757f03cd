"""The recipe inside a picture file: as text in PNG, in an XMP packet in JPEG, WebP and TIFF, in the metadata of SVG."""

import re
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import escape

PNG_KEYWORD = "gesso"

_NAMESPACE = "urn:gesso:1.0:"
_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:gesso="{namespace}"><gesso:recipe>{text}</gesso:recipe></rdf:Description>'
    '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
)
# Characters that JSON may hold but neither UTF-8 nor XML can: lone surrogates (from undecodable file names), U+FFFE/F.
_UNWRITABLE = re.compile("[\ud800-\udfff\ufffe\uffff]")


def writable(json_text: str) -> str:
    """The same JSON with the characters that a file's metadata cannot hold written as \\uXXXX."""
    return _UNWRITABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json_text)


def xmp_packet(json_text: str) -> bytes:
    """An XMP packet that holds the recipe, as UTF-8."""
    text = escape(json_text, {"\r": "&#13;"})  # XML parsers turn a bare carriage return into a line feed
    return _PACKET.format(namespace=_NAMESPACE, text=text).encode()


def svg_with_recipe(svg: str, json_text: str) -> str:
    """The drawing with the recipe as its first element."""
    text = escape(writable(json_text), {"\r": "&#13;"})
    recipe = f'<metadata><gesso:recipe xmlns:gesso="{_NAMESPACE}">{text}</gesso:recipe></metadata>'
    return re.sub(r"<svg\b[^>]*>", lambda opening: f"{opening[0]}\n{recipe}", svg, count=1)


def recipe_in_xmp(packet: bytes | str) -> str | None:
    """The recipe in an XMP packet or an SVG drawing, also after another program rewrote it; None if there is none."""
    text = packet if isinstance(packet, str) else packet.decode("utf-8", "replace")
    # XMP has no document type; where there is one, its entities can be a bomb.
    if _NAMESPACE not in text or "<!DOCTYPE" in text:
        return None
    name = f"{{{_NAMESPACE}}}recipe"
    try:
        root = ElementTree.fromstring(text.strip("\ufeff\0 \r\n\t"))
    except ElementTree.ParseError:
        return None
    for element in root.iter():
        if element.tag == name:
            return element.text
        if name in element.attrib:
            return element.attrib[name]
    return None
