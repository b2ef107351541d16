"""Decode the nameConstraints extension: the subtrees of names for which a CA may, or may not, issue certificates."""

from typing import Final

from wssure.frozen import frozen
from wssure.wire.decode import DecodeError
from wssure.wire.der import SEQUENCE, Element

_SECTION: Final = "RFC 5280 section 4.2.1.10"
# The context tags of the fields of GeneralSubtree and NameConstraints.
_MINIMUM: Final = 0x80
_PERMITTED: Final = 0xA0
_EXCLUDED: Final = 0xA1


@frozen
class Subtree:
    """One subtree of names.

    Args:
        tag: The form of the name, as the tag of a GeneralName: 0x82 is a DNS name.
        base: The contents of that GeneralName.
        bounded: True if a minimum other than 0, or a maximum, is given.

    Source: RFC 5280 section 4.2.1.10.
    """

    tag: int
    base: bytes
    bounded: bool


@frozen
class NameConstraints:
    """The constraints of one CA certificate.

    Args:
        permitted: The subtrees that contain every allowed name of these forms.
        excluded: The subtrees that contain forbidden names.

    Source: RFC 5280 section 4.2.1.10.
    """

    permitted: tuple[Subtree, ...]
    excluded: tuple[Subtree, ...]


def read_name_constraints(value: Element) -> NameConstraints:
    """Decode the value of a nameConstraints extension.

    Raises:
        DecodeError: The value contains anything other than the two lists.

    Source: RFC 5280 section 4.2.1.10.
    """
    lists: dict[int, tuple[Subtree, ...]] = {}
    for part in value.expect(SEQUENCE, "NameConstraints").children():
        if part.tag not in (_PERMITTED, _EXCLUDED) or part.tag in lists:
            raise DecodeError(f"NameConstraints got tag 0x{part.tag:02x}", part.begin, _SECTION)
        lists[part.tag] = tuple(_read_subtree(child) for child in part.children())
    return NameConstraints(lists.get(_PERMITTED, ()), lists.get(_EXCLUDED, ()))


def _read_subtree(value: Element) -> Subtree:
    parts = value.expect(SEQUENCE, "GeneralSubtree").children()
    if not parts:
        raise DecodeError("GeneralSubtree is empty", value.begin, _SECTION)
    base, *bounds = parts
    # "minimum [0] BaseDistance DEFAULT 0": an explicit minimum of 0 equals the default.
    bounded = any(bound.tag != _MINIMUM or any(bound.contents) for bound in bounds)
    return Subtree(base.tag, base.contents, bounded)
