"""Left-overs of pages and posts that are no words: tags, scripts, handles.

Works on folded bytes and blanks in place, so that nothing moves. A handle
names the channel or the agency and through it the label, so none is kept, nor
the few words of a channel's signature that follow the last one.
Time is linear in the length of the text, whatever it holds.
"""

from __future__ import annotations

import re
from functools import lru_cache

from fanews_classify.text._codepage import AT, BOUNDARY, TAG_CLOSE, TAG_OPEN

# In folded bytes 0-2 are blanks and line ends, 3-4 punctuation, 5 is "@",
# 6 "<" and 7 ">"; "/" and "!" are punctuation (see _codepage).
_TAG = rb"\x06[\x03\x04a-z][^\x02\x06\x07]{0,300}\x07"
_SCRIPT = rb"\x06(script|style)(?![a-z0-9])"
_BEFORE_AT = rb"[a-z0-9\x03\x04]+\Z"
_AFTER_AT = rb"[a-z0-9\x03-\x05]*"
_LONGEST_LOCAL_PART = 64  # RFC 5321, 4.5.3.1.1
_LONGEST_SIGNATURE = 24  # characters after the last handle of a post

_compiled = lru_cache(re.compile)  # when first needed, not at import


def blank_markup(folded: bytes) -> bytes:
    """Blank tags, scripts, e-mail addresses and @handles; the length stays."""
    has_tag, has_at = TAG_OPEN in folded and TAG_CLOSE in folded, AT in folded
    if not has_tag and not has_at:
        return folded
    data = bytearray(folded)
    if has_tag:
        _blank_scripts(data)
        data = bytearray(_compiled(_TAG).sub(lambda match: bytes(len(match.group())), data))
    if has_at:
        _blank_handles(data)
    return bytes(data)


def _blank_scripts(data: bytearray) -> None:
    """Blank from ``<script`` or ``<style`` to its end tag, within one text."""
    script = _compiled(_SCRIPT)
    missing: set[bytes] = set()
    at = text_end = 0
    while match := script.search(data, at):
        at = match.end()
        if at > text_end:
            text_end = data.find(BOUNDARY, at)
            missing.clear()
        end_tag = b"\x06\x04" + match.group(1) + b"\x07"
        if end_tag in missing:
            continue
        end = data.find(end_tag, at, text_end)
        if end < 0:
            missing.add(end_tag)  # never look again in this text: keeps this linear
        else:
            data[match.start() : end] = bytes(end - match.start())
            at = end


def _blank_handles(data: bytearray) -> None:
    at = data.find(AT)
    while at >= 0:
        before = _compiled(_BEFORE_AT).search(data, max(0, at - _LONGEST_LOCAL_PART), at)
        begin = before.start() if before else at
        after = _compiled(_AFTER_AT).match(data, at + 1)
        end = after.end() if after else at + 1
        if before is None:  # a channel's handle, not an address
            text_end = data.find(BOUNDARY, end, end + _LONGEST_SIGNATURE + 1)
            end = max(end, text_end)
        data[begin:end] = bytes(end - begin)
        at = data.find(AT, end)
